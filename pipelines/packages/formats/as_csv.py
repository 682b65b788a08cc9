"""CSV as published: UTF-8 without BOM, comma, LF, quotes only where needed, dot decimals, ISO dates, true and false.

An empty cell is a missing value: a table has no empty texts, and no row without any value (that is a `blank-row`).
Text that begins with `= + - @` stays as it is: changing data is not a publisher's business. Reading CSV is in
`sources/`.
"""

from __future__ import annotations

import io

import polars as pl

from pipelines.packages.formats.format import Format, Lines, with_text_datetimes
from pipelines.tables.table import Table

# Said in full though all but the last are the standard's defaults: frictionless guesses what is not said.
DIALECT = {"delimiter": ",", "quoteChar": '"', "doubleQuote": True, "skipInitialSpace": False, "lineTerminator": "\n"}


def csv_bytes(rows: pl.DataFrame, *, header: bool = True) -> bytes:
    """Rows as CSV; no column may be a date-time."""
    written = io.BytesIO()
    rows.write_csv(written, include_header=header, line_terminator="\n", quote_style="necessary")
    return written.getvalue()


def _heading(table: Table) -> bytes:
    return csv_bytes(pl.DataFrame(schema=[f.name for f in table.schema.fields]))


def _rows(rows: pl.DataFrame) -> bytes:
    return csv_bytes(with_text_datetimes(rows), header=False)


LINES = Lines(_heading, _rows)
FORMAT = Format("csv", "CSV", "text/csv", LINES, descriptor={"encoding": "utf-8", "dialect": DIALECT})
