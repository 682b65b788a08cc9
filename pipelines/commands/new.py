"""A dataset's folder made from a file that somebody has: the file copied, its fields inferred, the rest left open.

The draft does not load until a person has filled in what only a person knows, so nothing of it can be published.
Reading a finished declaration is in `declaration/`.
"""

from __future__ import annotations

import csv
import re
import shutil
import tempfile
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.commands.workspace import Workspace
from pipelines.declaration.dataset import DECLARATION
from pipelines.declaration.model import PACKAGE_PROFILE, FieldModel, Resource
from pipelines.errors import UserError
from pipelines.files import sha256_file
from pipelines.findings import Finding

if TYPE_CHECKING:
    import polars as pl

    from pipelines.sources.raw import RawTable

FORMATS = (".csv", ".ods", ".xlsx")
SAMPLE_ROWS = 1_000
MAX_TITLE_ROWS = 20  # rows above a header, at most

# What a column may be, tried in this order: the first that fits every filled cell of the sample is taken.
_GUESSES: tuple[dict[str, Any], ...] = (
    {"type": "integer"},
    {"type": "number"},
    {"type": "number", "decimalChar": ","},
    {"type": "number", "decimalChar": ",", "groupChar": "."},
    {"type": "date"},
    {"type": "date", "format": "romanian"},
    {"type": "boolean", "trueValues": ["true"], "falseValues": ["false"]},
    {"type": "boolean", "trueValues": ["da", "Da", "DA"], "falseValues": ["nu", "Nu", "NU"]},
)


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
    folder = workspace.datapackages / name
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name):
        raise UserError(Finding("new-name", params={"name": name}))
    if folder.exists():
        raise UserError(Finding("new-exists", params={"folder": str(folder)}))
    if table.suffix.lower() not in FORMATS:
        raise UserError(Finding("new-format", params={"name": table.name, "known": ", ".join(FORMATS)}))
    source = f"source/{_ascii(table.stem, '-') or 'table'}{table.suffix.lower()}"
    layout = _layout(table, source, sheet)
    raw = _read(table, {**layout, "schema": {"fields": [{"name": "any", "type": "string"}]}})
    fields = list(_fields(raw))
    with tempfile.TemporaryDirectory(dir=workspace.datapackages, prefix=".new-") as made:
        (Path(made) / "source").mkdir()
        shutil.copyfile(table, Path(made) / source)
        (Path(made) / DECLARATION).write_text(_declaration(name, layout, fields), "utf-8")
        Path(made).chmod(0o755)
        shutil.copytree(made, folder)
    return NewDataset(str(folder / DECLARATION), len(fields))


def _layout(table: Path, source: str, sheet: str | None) -> dict[str, Any]:
    """How the file is laid out, as a declaration says it: encoding and delimiter, or sheet; and where its header is."""
    value: dict[str, Any] = {"name": "table", "type": "table", "path": source}
    if table.suffix.lower() == ".csv":
        encoding, text = _decoded(table)
        if encoding != "utf-8":
            value["encoding"] = encoding
        delimiter = _delimiter(text)
        rows = list(csv.reader(text.splitlines()[: SAMPLE_ROWS + MAX_TITLE_ROWS], delimiter=delimiter))
        dialect: dict[str, Any] = {} if delimiter == "," else {"delimiter": delimiter}
    else:
        from python_calamine import CalamineError, CalamineWorkbook

        try:
            with CalamineWorkbook.from_path(table) as book:
                chosen = sheet or book.sheet_names[0]
                if chosen not in book.sheet_names:
                    known = ", ".join(book.sheet_names)
                    raise UserError(Finding("new-sheet", params={"sheet": chosen, "known": known}))
                rows = book.get_sheet_by_name(chosen).to_python(skip_empty_area=False, nrows=SAMPLE_ROWS)
        except CalamineError as error:
            raise UserError(Finding("new-unreadable", params={"name": table.name, "why": str(error)})) from error
        dialect = {"sheetName": chosen}
    header = _header_row(rows)
    if header != 1:
        dialect["headerRows"] = [header]
    return {**value, **({"dialect": dialect} if dialect else {})}


def _decoded(table: Path) -> tuple[str, str]:
    """The encoding to declare, and the text. UTF-8 where it is; else by which alphabet the letters then are of."""
    content = table.read_bytes()
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16", content.decode("utf-16")
    try:
        return "utf-8", content.decode("utf-8-sig")
    except UnicodeDecodeError:
        russian = content.decode("cp1251", errors="replace")
        words = re.findall(r"[а-яА-Я]{3,}", russian)
        encoding = "cp1251" if len(words) * 5 > len(russian.split()) else "cp1250"
        return encoding, content.decode(encoding, errors="replace")


def _delimiter(text: str) -> str:
    head = text[:10_000]
    return max(",;\t|", key=head.count)


def _header_row(rows: Sequence[Sequence[object]]) -> int:
    """The number (from 1) of the first row that is as filled as the rows below it: titles above a table are not."""
    filled = [sum(str(cell).strip() != "" for cell in row) for row in rows]
    widest = max(filled, default=0)
    return next((index + 1 for index, count in enumerate(filled[:MAX_TITLE_ROWS]) if count >= max(2, widest - 1)), 1)


def _read(table: Path, resource: dict[str, Any]) -> RawTable:
    from pipelines.sources.read import read
    from pipelines.sources.snapshot import Snapshot

    snapshot = Snapshot(sha256_file(table), table.stat().st_size, table, table.name, table.name)
    return read(snapshot, Resource.model_validate(resource))


def _fields(raw: RawTable) -> Iterator[dict[str, Any]]:
    used: set[str] = set()
    for index, label in enumerate(raw.labels):
        if not label:
            continue
        name = base = re.sub(r"^(?=\d)", "n_", _ascii(label, "_"))[:60] or f"column_{index + 1}"
        number = 2
        while name in used:
            name, number = f"{base}_{number}", number + 1
        used.add(name)
        column = raw.frame.to_series(index).head(SAMPLE_ROWS)
        native = raw.native.to_series(index).head(SAMPLE_ROWS) if raw.native is not None else None
        field: dict[str, Any] = {"name": name, "type": "string"} | _guess(column, native)
        yield field | ({"from": label} if label != name else {}) | {"title": label}


def _guess(column: pl.Series, native: pl.Series | None) -> dict[str, Any]:
    from pipelines.tables.cast import cast, missing

    text = missing(column, [])
    if text.null_count() == len(text) or text.str.contains(r"^0[0-9]").any():
        return {"type": "string"}  # nothing to go by, or codes whose leading zeros would be lost
    for guess in _GUESSES:
        _, values = cast(text, native, FieldModel.model_validate({"name": "x", **guess}))
        if values.null_count() == text.null_count():
            return guess
    return {"type": "string"}


def _ascii(text: str, joint: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", joint, plain).strip(joint)


def _declaration(name: str, layout: dict[str, Any], fields: Iterable[dict[str, Any]]) -> str:
    """The draft as text: in the order in which a person fills it in, every open place empty and marked."""
    import yaml

    def block(value: object) -> str:
        return yaml.safe_dump(value, allow_unicode=True, sort_keys=False, default_flow_style=None, width=110)

    resource = {**layout, "publica": {"checks": {"rows": {"min": 1}}}, "schema": {"fields": list(fields)}}
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
