"""A dataset's folder made from a file that somebody has: the file copied, its fields inferred, the rest left open.

The draft does not load until a person has filled in what only a person knows, so nothing of it can be published.
Inferring is in `infer.py`, a folder from what a portal shows in `adopt.py`, reading a declaration in `declaration/`.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipelines.commands.infer import FORMATS, ascii_words, infer
from pipelines.commands.workspace import Workspace
from pipelines.declaration.dataset import DECLARATION
from pipelines.declaration.model import PACKAGE_PROFILE
from pipelines.errors import UserError
from pipelines.findings import Finding


@dataclass(frozen=True)
class NewDataset:
    """What was made: the declaration's path, and how many fields were inferred."""

    declaration: str
    fields: int

    def to_json(self) -> dict[str, Any]:
        """JSON value."""
        return asdict(self)


def new_dataset(workspace: Workspace, table: Path, name: str, sheet: str | None) -> NewDataset:
    """Make `<datapackages>/<name>/` from the file `table`. Raises UserError, with nothing made, where it cannot be."""
    home, folder = workspace.datapackages, workspace.datapackages / name
    if not home.is_dir():
        raise UserError(Finding("no-datapackages", params={"folder": str(home)}))
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name):
        raise UserError(Finding("new-name", params={"name": name}))
    if folder.exists():
        raise UserError(Finding("new-exists", params={"folder": str(folder)}))
    if table.suffix.lower() not in FORMATS:
        raise UserError(Finding("new-format", params={"name": table.name, "known": ", ".join(FORMATS)}))
    found = infer(table, sheet)
    path = f"source/{ascii_words(table.stem, '-') or 'table'}{table.suffix.lower()}"
    resource: dict[str, Any] = {"name": "table", "type": "table", "path": path, **found.layout}
    try:
        _place(table, folder, path, _declaration(name, resource, found.fields))
    except OSError as error:
        params = {"folder": str(home), "why": error.strerror or str(error)}
        raise UserError(Finding("new-unwritable", params=params)) from error
    return NewDataset(str(folder / DECLARATION), len(found.fields))


def _place(table: Path, folder: Path, path: str, declaration: str) -> None:
    """The folder, whole or not at all."""
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".new-") as name:
        made = Path(name) / folder.name
        (made / path).parent.mkdir(parents=True)
        shutil.copyfile(table, made / path)
        (made / DECLARATION).write_text(declaration, "utf-8")
        made.rename(folder)


def _declaration(name: str, layout: dict[str, Any], fields: Iterable[dict[str, Any]]) -> str:
    """The draft as text: in the order in which a person fills it in, every open place empty and marked."""
    import yaml

    def block(value: object) -> str:
        return yaml.safe_dump(value, allow_unicode=True, sort_keys=False, default_flow_style=None, width=110)

    said = {key: value for key, value in layout.items() if value}
    resource = {**said, "publica": {"checks": {"rows": {"min": 1}}}, "schema": {"fields": list(fields)}}
    resource_lines = block([resource]).replace("\n", "\n  ").rstrip()
    return f"""\
# A first draft. Fill in every empty "" below, look at the types, then: publica check {name}
$schema: {PACKAGE_PROFILE}
name: {name}
title: ""            # what people search for, in English
description: ""      # what a row is, and what is counted
translations:
  ro: {{title: "", description: ""}}
  ru: {{title: ""}}
keywords: []         # a few words, lower-case
licenses: [{{name: CC-BY-4.0}}]
sources: [{{title: ""}}]
publica:
  organization: ""   # a name from _shared/organizations.yaml
  cadence: ""        # daily, weekly, monthly, quarterly, semester, annual, irregular or never
  theme: ""          # a name from _shared/themes.yaml
resources:
  {resource_lines}
"""
