"""A dataset's folder made from a file that somebody has: the file copied, its fields inferred, the rest left open.

The draft does not load until a person has filled in what only a person knows, so nothing of it can be published.
Reading a finished declaration is in `declaration/`.
"""

from __future__ import annotations

import codecs
import re
import shutil
import tempfile
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.commands.workspace import Workspace
from pipelines.declaration.dataset import DECLARATION
from pipelines.declaration.model import PACKAGE_PROFILE, FieldModel, Resource
from pipelines.errors import UserError
from pipelines.findings import Finding
from pipelines.text import romanian

if TYPE_CHECKING:
    import polars as pl

    from pipelines.sources.raw import RawTable

FORMATS = (".csv", ".ods", ".xlsx")
SAMPLE_ROWS = 1_000
MAX_TITLE_ROWS = 20  # rows above a heading, at most
DELIMITERS = ";\t|,"  # the comma last: it also stands in numbers and sentences

_NOT_A_HEADING = {"blank-header", "blank-label", "extra-cell"}  # what is wrong with a row of titles as a heading
_FIGURE = re.compile(r"(?!(19|20)\d\d$)[\d.,% -]+")  # what is no heading, unless it is a year

# What a column may be, tried in this order: the first that fits every filled cell of the sample is taken.
_GUESSES: tuple[dict[str, Any], ...] = (
    {"type": "integer"},
    {"type": "number"},
    {"type": "number", "decimalChar": ","},
    {"type": "number", "decimalChar": ",", "groupChar": "."},
    {"type": "date"},
    {"type": "date", "format": "%d.%m.%Y"},
    {"type": "date", "format": "%d/%m/%Y"},
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
    home, folder = workspace.datapackages, workspace.datapackages / name
    if not home.is_dir():
        raise UserError(Finding("no-datapackages", params={"folder": str(home)}))
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name):
        raise UserError(Finding("new-name", params={"name": name}))
    if folder.exists():
        raise UserError(Finding("new-exists", params={"folder": str(folder)}))
    if table.suffix.lower() not in FORMATS:
        raise UserError(Finding("new-format", params={"name": table.name, "known": ", ".join(FORMATS)}))
    resource: dict[str, Any] = {
        "name": "table",
        "type": "table",
        "path": f"source/{_ascii(table.stem, '-') or 'table'}{table.suffix.lower()}",
        **(
            _text_layout(table)
            if table.suffix.lower() == ".csv"
            else {"dialect": {"sheetName": sheet} if sheet else {}}
        ),
    }
    raw, resource["dialect"] = _found(table, resource, resource.get("dialect", {}))
    fields = list(_fields(raw))
    try:
        _place(table, folder, resource["path"], _declaration(name, resource, fields))
    except OSError as error:
        params = {"folder": str(home), "why": error.strerror or str(error)}
        raise UserError(Finding("new-unwritable", params=params)) from error
    return NewDataset(str(folder / DECLARATION), len(fields))


def _place(table: Path, folder: Path, path: str, declaration: str) -> None:
    """The folder, whole or not at all."""
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".new-") as name:
        made = Path(name) / folder.name
        (made / path).parent.mkdir(parents=True)
        shutil.copyfile(table, made / path)
        (made / DECLARATION).write_text(declaration, "utf-8")
        made.rename(folder)


def _text_layout(table: Path) -> dict[str, Any]:
    """How a CSV file is laid out, as a declaration says it: encoding and delimiter, where they are unusual."""
    encoding, text = _decoded(table.read_bytes())
    lines = text.splitlines()[:SAMPLE_ROWS]

    def lines_that_agree(delimiter: str) -> int:
        counts = Counter(line.count(delimiter) for line in lines)
        return max((lines for count, lines in counts.items() if count), default=0)

    delimiter = max(DELIMITERS, key=lines_that_agree)
    value: dict[str, Any] = {} if encoding == "utf-8" else {"encoding": encoding}
    return value if delimiter == "," else {**value, "dialect": {"delimiter": delimiter}}


def _decoded(content: bytes) -> tuple[str, str]:
    """The encoding to declare, and the text. UTF-8 where it is; else by which alphabet the letters then are of."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16", content.decode("utf-16", errors="replace")
    try:
        return "utf-8", content.decode("utf-8-sig")
    except UnicodeDecodeError:
        russian = content.decode("cp1251", errors="replace")
        words = re.findall(r"[а-яА-Я]{3,}", russian)
        encoding = "cp1251" if len(words) * 5 > len(russian.split()) else "cp1250"
        return encoding, content.decode(encoding, errors="replace")


def _found(table: Path, resource: Mapping[str, Any], dialect: Mapping[str, Any]) -> tuple[RawTable, dict[str, Any]]:
    """The table, and the dialect that finds it: titles above a heading leave columns without one, so one looks below.

    Raises UserError with what is wrong with the first row as a heading where none of the first rows will do.
    """
    refusal: UserError | None = None
    for row in range(1, MAX_TITLE_ROWS + 2):
        tried = {**dialect, "headerRows": [row]} if row > 1 else dict(dialect)
        try:
            raw = _read(
                table, {**resource, "dialect": tried, "schema": {"fields": [{"name": "any", "type": "string"}]}}
            )
        except UserError as error:
            refusal = refusal or error
            if not _NOT_A_HEADING & {finding.code for finding in error.findings}:
                break
        else:
            if row == 1 or not any(_FIGURE.fullmatch(label) for label in raw.labels):
                return raw, {**({"sheetName": raw.sheet} if raw.sheet else {}), **tried}
    assert refusal is not None  # noqa: S101 - the first row is refused only by raising
    raise refusal


def _read(table: Path, resource: dict[str, Any]) -> RawTable:
    from pipelines.sources.read import read
    from pipelines.sources.snapshot import Snapshot

    snapshot = Snapshot("", table.stat().st_size, table, table.name, table.name)
    return read(snapshot, Resource.model_validate(resource))


def _fields(raw: RawTable) -> Iterator[dict[str, Any]]:
    used: set[str] = set()
    for index, label in enumerate(raw.labels):
        name = base = re.sub(r"^(?=\d)", "n_", _ascii(label, "_"))[:60] or f"column_{index + 1}"
        number = 2
        while name in used:
            name, number = f"{base}_{number}", number + 1
        used.add(name)
        column = raw.frame.to_series(index).head(SAMPLE_ROWS)
        native = raw.native.to_series(index).head(SAMPLE_ROWS) if raw.native is not None else None
        field: dict[str, Any] = {"name": name, "type": "string"} | _guess(column, native)
        yield field | ({"from": label} if label != name else {}) | {"title": romanian(label)}


def _guess(column: pl.Series, native: pl.Series | None) -> dict[str, Any]:
    from pipelines.tables.cast import cast, missing

    text = missing(column, [])
    if text.null_count() == len(text) or text.str.contains(r"^0[0-9]+$").any():
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
