"""JSON as published: an array of records, one record a line, null where a value is missing, UTF-8.

Numbers and booleans are JSON's own; dates and times are the same ISO text as in CSV. Reading JSON is in `sources/`.
"""

from __future__ import annotations

import io
from collections.abc import Iterator

import polars as pl

from pipelines.declaration.model import Schema
from pipelines.findings import Severity
from pipelines.packages.formats.format import LARGEST_EXACT, Format, Lines, Unfit, with_text_datetimes

_BETWEEN = b",\n"


def _records(rows: pl.DataFrame) -> memoryview:
    lines = io.BytesIO()
    records = with_text_datetimes(rows).select(pl.struct(pl.all()).struct.json_encode())
    records.write_csv(lines, include_header=False, line_terminator=_BETWEEN.decode(), quote_style="never")
    return lines.getbuffer()[: -len(_BETWEEN)]


def unfit(schema: Schema) -> Iterator[Unfit]:
    """Numbers that JSON has no word for, and integers that JavaScript would read as their neighbour."""
    for field in schema.fields:
        column = pl.col(field.name)
        if field.type == "number":
            yield Unfit("number-not-finite", field.name, ~column.is_finite())
        if field.type == "integer":
            large = (column > LARGEST_EXACT) | (column < -LARGEST_EXACT)
            yield Unfit("json-integer-too-large", field.name, large, Severity.WARN)


LINES = Lines(lambda table: b"[", _records, first=b"\n", between=_BETWEEN, last=b"\n", closing=b"]\n")
FORMAT = Format("json", "JSON", "application/json", LINES, unfit=unfit, descriptor={"encoding": "utf-8"})
