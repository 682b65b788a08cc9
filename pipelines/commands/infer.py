"""What a file holds, guessed from its cells: encoding, delimiter, where the heading stands, and each column's type.

Reading a file as it is declared is in `sources/`; a draft is made of this in `new.py`, a declaration in `adopt.py`.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.declaration.model import FieldModel, Resource
from pipelines.errors import UserError
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
GUESSES: tuple[dict[str, Any], ...] = (
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
class Inferred:
    """A table as found. `layout`: encoding and dialect as a resource declares them. `fields`: as a schema does."""

    raw: RawTable
    layout: dict[str, Any]
    fields: list[dict[str, Any]]


def infer(table: Path, sheet: str | None = None, *, sample: int | None = SAMPLE_ROWS) -> Inferred:
    """What the file `table` holds, by its first `sample` rows (None: by all). Raises UserError where it is no table."""
    suffix = table.suffix.lower()
    layout = _text_layout(table) if suffix == ".csv" else {"dialect": {"sheetName": sheet} if sheet else {}}
    resource = {"name": "table", "path": f"table{suffix}", **layout}
    raw, dialect = _found(table, resource, layout.get("dialect", {}))
    return Inferred(raw, {**layout, "dialect": dialect}, list(_fields(raw, sample)))


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


def _fields(raw: RawTable, sample: int | None) -> Iterator[dict[str, Any]]:
    used: set[str] = set()
    for index, label in enumerate(raw.labels):
        name = base = re.sub(r"^(?=\d)", "n_", ascii_words(label, "_"))[:60] or f"column_{index + 1}"
        number = 2
        while name in used:
            name, number = f"{base}_{number}", number + 1
        used.add(name)
        rows = slice(sample)
        column = raw.frame.to_series(index)[rows]
        native = raw.native.to_series(index)[rows] if raw.native is not None else None
        field: dict[str, Any] = {"name": name, "type": "string"} | _guess(column, native)
        yield field | ({"from": label} if label != name else {}) | {"title": romanian(label)}


def _guess(column: pl.Series, native: pl.Series | None) -> dict[str, Any]:
    if column.null_count() == len(column) or column.str.contains(r"^\s*0[0-9]+\s*$").any():
        return {"type": "string"}  # nothing to go by, or codes whose leading zeros would be lost
    found = next((guess for guess in GUESSES if values_of(column, native, guess) is not None), None)
    return found or {"type": "string"}


def values_of(column: pl.Series, native: pl.Series | None, field: Mapping[str, Any]) -> pl.Series | None:
    """A column's values as the `field` would publish them, as text; None where a cell is no value of its type."""
    from pipelines.tables.cast import cast, missing

    text = missing(column, [])
    printed, values = cast(text, native, FieldModel.model_validate({**field, "name": "x"}))
    return printed if values.null_count() == text.null_count() else None


def ascii_words(text: str, joint: str) -> str:
    """`text` in small Latin letters and digits, with `joint` between its words."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", joint, plain).strip(joint)
