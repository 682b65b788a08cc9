"""XLSX as published: the rows on the first sheet, the data dictionary on the second, the code lists on a third.

Texts are texts whatever they begin with; numbers, booleans and dates are real ones. What a sheet cannot hold is found
before anything is written. Reading spreadsheets is in `sources/`; the container is repacked by `container.py`.
"""
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# (xlsxwriter has no stubs and types only part of itself)

from __future__ import annotations

import datetime as dt
import io
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any, cast

import polars as pl
import xlsxwriter
from xlsxwriter.exceptions import FileCreateError
from xlsxwriter.format import Format as Style
from xlsxwriter.worksheet import Worksheet

from pipelines.declaration.model import Schema
from pipelines.declaration.vocabulary import FieldType
from pipelines.findings import Finding
from pipelines.packages.container import Member, write_zip
from pipelines.packages.formats.format import LARGEST_EXACT, Format, Unfit, slices
from pipelines.tables.table import Table

MOST_ROWS = 1_048_576  # the header among them
MOST_COLUMNS = 16_384
LONGEST_TEXT = 32_767  # UTF-16 units
FIRST_DATE = dt.date(1900, 3, 1)  # before, Excel counts a 29 February 1900 that never was

DICTIONARY, CODES = "data dictionary", "code lists"  # a resource's name has no blank, so neither can be one
_LONGEST_SHEET_NAME = 31
_OPTIONS = {
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "default_date_format": "yyyy-mm-dd",
}
_SMALL = 50_000  # cells
_CREATED = dt.datetime(2000, 1, 1)  # XLSX insists on a date; this one says nothing
_DATE_STYLES: dict[FieldType, str] = {"date": "yyyy-mm-dd", "datetime": "yyyy-mm-dd hh:mm:ss"}


class _Exact(float):
    """A float that is written with all its digits: xlsxwriter asks for 16, and 17 are needed to read it back."""

    def __format__(self, format_spec: str) -> str:
        return repr(float(self))


def write(table: Table, path: Path) -> None:
    """Write the table as XLSX: a small one in memory, a large one by way of temporary files beside it."""
    if table.height * len(table.schema.fields) <= _SMALL:
        packed = io.BytesIO()
        _write_book(table, packed, {"in_memory": True})
        _repack(packed, path)
        return
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".xlsx-") as scratch:
        book = Path(scratch) / "book.xlsx"
        _write_book(table, str(book), {"constant_memory": True, "tmpdir": scratch})
        _repack(book, path)


def _write_book(table: Table, target: str | io.BytesIO, options: Mapping[str, Any]) -> None:
    book = xlsxwriter.Workbook(target, {**_OPTIONS, **options})
    book.use_zip64()
    book.set_properties({"created": _CREATED})
    heading = book.add_format({"bold": True})
    _write_rows(book, table, heading)
    _write_words(book.add_worksheet(DICTIONARY), heading, _dictionary(table))
    if codes := list(_codes(table)):
        _write_words(book.add_worksheet(CODES), heading, [["field", "value", "label", "label_ro", "label_ru"], *codes])
    try:
        book.close()
    except FileCreateError as error:
        raise cast(OSError, error.args[0]) from error


def _write_rows(book: xlsxwriter.Workbook, table: Table, heading: Style) -> None:
    sheet = book.add_worksheet(sheet_name(table.name))
    sheet.freeze_panes(1, 0)
    for index, field in enumerate(table.schema.fields):
        sheet.set_column(index, index, min(max(len(field.name) + 2, 12), 40))
        sheet.write_string(0, index, field.name, heading)
    writers = [_cell_writer(book, sheet, field.type) for field in table.schema.fields]
    number = 0
    for rows in slices(table):
        for row in rows.iter_rows():
            number += 1
            for index, value in enumerate(row):
                if value is not None:
                    writers[index](number, index, value)


def _cell_writer(book: xlsxwriter.Workbook, sheet: Worksheet, kind: FieldType) -> Callable[[int, int, Any], object]:
    if kind == "boolean":
        return sheet.write_boolean
    if kind in ("integer", "year"):
        return sheet.write_number
    if kind == "number":
        return lambda row, column, value: sheet.write_number(row, column, _Exact(value))
    if pattern := _DATE_STYLES.get(kind):
        style = book.add_format({"num_format": pattern})
        return lambda row, column, value: sheet.write_datetime(row, column, value, style)
    return sheet.write_string


def _write_words(sheet: Worksheet, heading: Style, lines: list[list[str | None]]) -> None:
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, len(lines[0]) - 1, 24)
    for row, line in enumerate(lines):
        for column, word in enumerate(line):
            if word:
                sheet.write_string(row, column, word, None if row else heading)


def _dictionary(table: Table) -> list[list[str | None]]:
    lines: list[list[str | None]] = [
        ["field", "type", "unit", "title", "title_ro", "title_ru", "description", "description_ro", "description_ru"]
    ]
    for field in table.schema.fields:
        ro, ru = field.translations.ro, field.translations.ru
        titles, descriptions = [field.title, ro.title, ru.title], [field.description, ro.description, ru.description]
        lines.append([field.name, field.type, field.unit, *titles, *descriptions])
    return lines


def _codes(table: Table) -> Iterator[list[str | None]]:
    for field in table.schema.fields:
        for category in field.categories or []:
            words = category.translations
            yield [field.name, category.value, category.label, words.ro.title, words.ru.title]


def sheet_name(resource: str) -> str:
    """The name of a resource's sheet: short enough, and never the one word that Excel keeps for itself."""
    return "history_" if resource == "history" else resource[:_LONGEST_SHEET_NAME]


def _repack(packed: Path | io.BytesIO, path: Path) -> None:
    """The same members in our own container, so that no bytes of the system's zlib or clock are left."""
    with zipfile.ZipFile(packed) as book, path.open("wb") as file:
        write_zip(
            file, [Member(info.filename, info.file_size, _opener(book, info.filename)) for info in book.infolist()]
        )


def _opener(book: zipfile.ZipFile, name: str) -> Callable[[], IO[bytes]]:
    return lambda: book.open(name)


def limits(table: Table) -> list[Finding]:
    """Too many rows or columns for a sheet."""
    return [
        Finding(code, params={"count": count, "limit": most}, resource=table.name)
        for code, count, most in (
            ("xlsx-too-many-rows", table.height, MOST_ROWS - 1),
            ("xlsx-too-many-columns", len(table.schema.fields), MOST_COLUMNS),
        )
        if count > most
    ]


def unfit(schema: Schema) -> Iterator[Unfit]:
    """Too long texts, too large numbers, too early dates."""
    for field in schema.fields:
        column = pl.col(field.name)
        if field.type in ("integer", "year"):
            wrong = (column > LARGEST_EXACT) | (column < -LARGEST_EXACT)
            yield Unfit("xlsx-integer-too-large", field.name, wrong)
        elif field.type == "number":
            yield Unfit("number-not-finite", field.name, ~column.is_finite())
        elif field.type in ("date", "datetime"):
            wrong = (column.cast(pl.Date) < FIRST_DATE) | (column.dt.year() > 9999)
            yield Unfit("xlsx-date-too-early", field.name, wrong)
        elif field.type != "boolean":
            units = column.str.len_chars() + column.str.count_matches("[\U00010000-\U0010ffff]")
            nearly = column.str.len_bytes() > LONGEST_TEXT  # UTF-8 never has fewer bytes than UTF-16 has units
            yield Unfit("xlsx-text-too-long", field.name, units > LONGEST_TEXT, nearly=nearly)


FORMAT = Format(
    "xlsx",
    "XLSX",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    write,
    limits,
    unfit,
    packed=True,
)
