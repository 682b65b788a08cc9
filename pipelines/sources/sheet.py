"""What XLSX and ODS have in common: a sheet's cells, what is suspicious about them, and the table that stands in them.

Each format tells what it found in its own XML (`Suspects`) and which cells it read (`Sheet`). Rows and columns count
from 1 here, as people see them.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import polars as pl

from pipelines.declaration.model import Resource
from pipelines.findings import Finding, Place
from pipelines.sources.numbers import plain_float
from pipelines.sources.raw import RawTable, filled_columns, heading, joined, settled
from pipelines.sources.refusal import MOST_COLUMNS, refused

MOST_CELLS = 20_000_000  # of the rectangles around all cells that hold something, empty ones counted
MOST_ROWS = 1_048_576
MOST_TEXT = 1_000_000_000  # characters of all cells together: one long text can be the text of a million cells
Cell = int | float | str | bool | dt.time | dt.date | dt.datetime | dt.timedelta
Span = tuple[int, int]  # first and last, both included


@dataclass(frozen=True)
class Area:
    """A rectangle of cells."""

    top: int
    left: int
    bottom: int
    right: int

    def __str__(self) -> str:
        return f"{letters(self.left)}{self.top}:{letters(self.right)}{self.bottom}"


@dataclass
class Suspects:
    """What a sheet's XML holds that its cells do not show."""

    errors: list[tuple[int, int, str]] = field(default_factory=list[tuple[int, int, str]])  # row, column, as printed
    uncomputed: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])  # formulas without a value
    merged: list[Area] = field(default_factory=list[Area])
    hidden_rows: list[Span] = field(default_factory=list[Span])
    hidden_columns: list[Span] = field(default_factory=list[Span])
    height: int = 0
    width: int = 0

    def reach(self, row: int, column: int) -> None:
        """There is a cell with something in it at `row`, `column`."""
        if row > self.height:
            self.height = row
        if column > self.width:
            self.width = column


@dataclass(frozen=True)
class Sheet:
    """A sheet as read: `cells[0][0]` is A1."""

    name: str
    file: str
    cells: list[list[Cell]]
    suspects: Suspects


def letters(column: int) -> str:
    """A column's letters: 1 is A, 27 is AA."""
    found = ""
    while column:
        column, rest = divmod(column - 1, 26)
        found = chr(ord("A") + rest) + found
    return found


def number_of(column: str) -> int:
    """The number of a column by its letters."""
    found = 0
    for letter in column.upper():
        found = found * 26 + ord(letter) - ord("A") + 1
    return found


def bounded(sheets: Iterable[Suspects], file: str) -> None:
    """Refuse sheets whose cells stand so far apart that the rectangles around them would not fit into memory."""
    cells = 0
    for suspects in sheets:
        cells += suspects.height * suspects.width
        if suspects.height > MOST_ROWS or cells > MOST_CELLS:
            raise refused("sheet-too-large", Place(file=file), rows=suspects.height, columns=suspects.width)


def bounded_text(characters: int, file: str) -> None:
    """Refuse cells whose texts would not fit into memory."""
    if characters > MOST_TEXT:
        raise refused("sheet-too-much-text", Place(file=file), limit=MOST_TEXT // 1_000_000)


def table(sheet: Sheet, resource: Resource) -> RawTable:
    """The table that the declaration describes on `sheet`. Raises UserError with every fault found."""
    dialect, place = resource.dialect, Place(file=sheet.file, sheet=sheet.name)
    area = _area(sheet, resource.publica.range)
    # Row numbers are those of the sheet; a range whose heading rows are not declared begins with its heading.
    declared = "header_rows" in dialect.model_fields_set or resource.publica.range is None
    headings = sorted(set(dialect.header_rows)) if declared else [area.top]
    if headings[0] < area.top or headings[-1] > area.bottom or not any(_cells(sheet, headings, area)):
        raise refused("blank-header", place, rows=", ".join(map(str, headings)))
    if area.right - area.left >= MOST_COLUMNS:
        raise refused("too-many-columns", place, count=area.right - area.left + 1, limit=MOST_COLUMNS)
    rows = [row for row in range(headings[-1] + 1, area.bottom + 1) if row not in dialect.comment_rows]
    if sign := dialect.comment_char:
        rows = [row for row in rows if not (_text(_at(sheet, row, area.left)) or "").startswith(sign)]
    raw = _raw(sheet, area, headings, rows, dialect.header_join)
    faults = list(_faults(sheet, raw, area, headings, rows, resource.publica.ignore))
    return joined(settled([raw], faults))


def _area(sheet: Sheet, declared: str | None) -> Area:
    used = sheet.suspects
    if declared is None:
        return Area(1, 1, used.height, used.width)
    found = re.fullmatch(r"([A-Z]+)(\d+):([A-Z]+)(\d*)", declared)
    assert found, declared  # noqa: S101 - the declaration's model has the same pattern
    left, top, right, bottom = found.groups()
    # A range may be declared larger than what is there today, not the other way round: cells outside it are not read.
    columns = sorted((number_of(left), number_of(right)))
    rows = sorted((int(top), int(bottom) if bottom else max(used.height, int(top))))
    return Area(rows[0], columns[0], min(rows[1], max(used.height, rows[0])), columns[1])


def _at(sheet: Sheet, row: int, column: int) -> Cell:
    cells = sheet.cells[row - 1] if row <= len(sheet.cells) else []
    return cells[column - 1] if column <= len(cells) else ""


def _cells(sheet: Sheet, rows: Iterable[int], area: Area) -> Iterator[str | None]:
    return (_text(_at(sheet, row, column)) for row in rows for column in range(area.left, area.right + 1))


def _raw(sheet: Sheet, area: Area, headings: list[int], rows: list[int], join: str) -> RawTable:
    columns = range(area.left, area.right + 1)
    found = [sheet.cells[row - 1] if row <= len(sheet.cells) else [] for row in rows]
    cells = {
        str(i): [row[column - 1] if column <= len(row) else "" for row in found] for i, column in enumerate(columns)
    }
    frame = pl.DataFrame(
        {name: pl.Series([_text(cell) for cell in held], dtype=pl.String) for name, held in cells.items()}
    )
    native = pl.DataFrame(
        {
            name: pl.Series([not isinstance(cell, str) for cell in held], dtype=pl.Boolean)
            for name, held in cells.items()
        }
    )
    full = frame.select(pl.any_horizontal(pl.all().str.strip_chars().fill_null("") != "").alias("full"))["full"]
    return RawTable(
        labels=[heading((_text(_at(sheet, row, column)) for row in headings), join) for column in columns],
        frame=frame.filter(full),
        native=native.filter(full),
        rows=pl.Series("rows", rows, dtype=pl.UInt32).filter(full),
        sheet=sheet.name,
        columns=[letters(column) for column in columns],
        file=sheet.file,
        heading=headings[-1],
    )


def _text(cell: Cell) -> str | None:
    match cell:
        case str():
            return cell or None
        case bool():
            return "true" if cell else "false"
        case float() | int():
            return plain_float(float(cell))
        case dt.timedelta():
            minutes, seconds = divmod(round(cell.total_seconds()), 60)
            return f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}"
        case _:
            return cell.isoformat()


def _faults(
    sheet: Sheet, raw: RawTable, area: Area, headings: list[int], rows: list[int], ignored: list[str]
) -> Iterator[Finding]:
    """What is suspicious inside the table: its heading and data rows, without the columns that nobody takes."""
    taken = {number_of(c): label for c, label in zip(raw.columns, raw.labels, strict=True) if label not in ignored}
    inside, suspects = {*headings, *rows}, sheet.suspects

    def place(row: int, column: int) -> Place:
        return Place(sheet=sheet.name, cell=f"{letters(column)}{row}", column=taken.get(column) or None)

    for row, column, printed in suspects.errors:
        if row in inside and column in taken:
            yield Finding("cell-error", params={"printed": printed}, place=place(row, column))
    for row, column in suspects.uncomputed:
        if row in inside and column in taken:
            yield Finding("formula-without-value", place=place(row, column))
    # Of merging and hiding, only rows and columns that hold something matter.
    full = {*headings, *raw.rows.to_list()}
    held = {number_of(raw.columns[i]) for i in filled_columns(raw)}
    for merged in suspects.merged:
        if _meets(merged.top, merged.bottom, full) and _meets(merged.left, merged.right, held):
            yield Finding("merged-cells", params={"range": str(merged)}, place=place(merged.top, merged.left))
    for first, last in suspects.hidden_rows:
        if row := _meets(first, last, full):
            yield Finding("row-hidden", params={"row": row}, place=place(row, area.left))
    for first, last in suspects.hidden_columns:
        if column := _meets(first, last, held & set(taken)):
            yield Finding("column-hidden", params={"letters": letters(column)}, place=place(raw.heading, column))


def _meets(first: int, last: int, numbers: set[int]) -> int:
    """The lowest of `numbers` from `first` to `last`, or 0."""
    if last - first < len(numbers):
        return next((number for number in range(first, last + 1) if number in numbers), 0)
    return min((number for number in numbers if first <= number <= last), default=0)
