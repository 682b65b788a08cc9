"""JSON as published: an array of records, one record a line, null where a value is missing, UTF-8.

Numbers and booleans are JSON's own; dates and times are the same ISO text as in CSV. Reading JSON is in `sources/`.
"""

from __future__ import annotations

import io
from pathlib import Path

import polars as pl

from pipelines.findings import Finding, Severity
from pipelines.packages.formats.format import LARGEST_EXACT, Format, encoded, where, with_text_datetimes
from pipelines.tables.table import Table

_BETWEEN = b",\n"


def write(table: Table, path: Path) -> None:
    """Write the table as JSON."""
    with path.open("wb") as file:
        opening = b"[\n"
        for records in encoded(table, _records):
            if records:
                file.write(opening)
                file.write(memoryview(records)[: -len(_BETWEEN)])  # after the last one of all there is none
                opening = _BETWEEN
        file.write(b"\n]\n" if opening == _BETWEEN else b"[]\n")


def _records(rows: pl.DataFrame) -> bytes:
    """The rows as records, each with what stands between two after it."""
    lines = io.BytesIO()
    records = with_text_datetimes(rows).select(pl.struct(pl.all()).struct.json_encode())
    records.write_csv(lines, include_header=False, line_terminator=_BETWEEN.decode(), quote_style="never")
    return lines.getvalue()


def limits(table: Table) -> list[Finding]:
    """Numbers that JSON has no word for, and integers that JavaScript would read as their neighbour."""
    found: list[Finding] = []
    for field in table.schema.fields:
        column = pl.col(field.name)
        if field.type == "number":
            found += where(table, "number-not-finite", field.name, ~column.is_finite())
        if field.type == "integer":
            large = (column > LARGEST_EXACT) | (column < -LARGEST_EXACT)
            found += where(table, "json-integer-too-large", field.name, large, severity=Severity.WARN)
    return found


FORMAT = Format("json", "JSON", "application/json", write, limits, descriptor={"encoding": "utf-8"})
