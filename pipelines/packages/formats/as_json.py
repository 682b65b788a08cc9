"""JSON as published: an array of records, one record a line, null where a value is missing, UTF-8.

Numbers and booleans are JSON's own; dates and times are the same ISO text as in CSV. Reading JSON is in `sources/`.
"""

from __future__ import annotations

import io

import polars as pl

from pipelines.findings import Finding, Severity
from pipelines.packages.formats.format import LARGEST_EXACT, Format, Lines, where, with_text_datetimes
from pipelines.tables.table import Table

_BETWEEN = b",\n"


def _records(rows: pl.DataFrame) -> memoryview:
    lines = io.BytesIO()
    records = with_text_datetimes(rows).select(pl.struct(pl.all()).struct.json_encode())
    records.write_csv(lines, include_header=False, line_terminator=_BETWEEN.decode(), quote_style="never")
    return lines.getbuffer()[: -len(_BETWEEN)]


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


LINES = Lines(lambda table: b"[", _records, first=b"\n", between=_BETWEEN, last=b"\n", closing=b"]\n")
FORMAT = Format("json", "JSON", "application/json", LINES, limits, descriptor={"encoding": "utf-8"})
