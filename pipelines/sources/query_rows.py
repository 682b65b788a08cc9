"""The rows of a query as plain CSV: how each kind of value is written, a column of many rows at a time.

Asking the question is in `origins/sql.py`.
"""

from __future__ import annotations

import datetime as dt
import math
import uuid
from collections.abc import Sequence
from decimal import Decimal

import polars as pl

from pipelines.findings import Place
from pipelines.sources.numbers import plain, written_out
from pipelines.sources.refusal import refused

# What stands in quotes. White space at an end is Python's, which knows four more signs than polars.
_QUOTED = r'^$|^[\s\x1c-\x1f]|[\s\x1c-\x1f]$|[,"\r\n]'


def csv_lines(names: Sequence[str], rows: Sequence[Sequence[object]], place: Place) -> bytes:
    """Rows, of which there are some, as lines of CSV in UTF-8. An empty text is quoted, which tells it from NULL.

    Raises UserError for a value that no cell can hold. `place`: of the query.
    """
    columns = zip(names, zip(*rows, strict=True), strict=True)
    cells = [_quoted(_texts(values, name, place)) for name, values in columns]
    lines = pl.select(pl.concat_str(cells, separator=",")).to_series()
    return (lines.str.join("\n").item() + "\n").encode()


def _quoted(texts: pl.Series) -> pl.Series:
    marked = texts.str.contains(_QUOTED)
    if marked.any():
        quoted = pl.format('"{}"', pl.lit(texts).str.replace_all('"', '""', literal=True))
        texts = pl.select(pl.when(marked).then(quoted).otherwise(texts)).to_series()
    return texts.fill_null("")


def _texts(values: Sequence[object], column: str, place: Place) -> pl.Series:
    """The values of a column as text: one by one, but for those that are met often."""
    kinds = set(map(type, values)) - {type(None)}
    if not kinds - {str}:
        return pl.Series(values, dtype=pl.String)
    if kinds == {float} and (floats := pl.Series(values, dtype=pl.Float64)).is_finite().all():
        return pl.select(written_out(pl.lit(floats)).str.strip_suffix(".0").replace("-0", "0")).to_series()
    if kinds == {int}:
        return pl.Series([None if value is None else str(value) for value in values], dtype=pl.String)
    return pl.Series([_text(value, column, place) for value in values], dtype=pl.String)


def _text(value: object, column: str, place: Place) -> str | None:
    match value:
        case None | str():
            return value
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case Decimal() if value.is_finite():
            return f"{value:f}"
        case float() if math.isfinite(value):
            return plain(Decimal(repr(value)))
        case dt.datetime():
            if value.tzinfo is None:
                return value.isoformat()
            return value.astimezone(dt.UTC).replace(tzinfo=None).isoformat() + "Z"
        case dt.date() | dt.time():
            return value.isoformat()
        case uuid.UUID():
            return str(value)
        case _:
            raise refused("sql-value", place, column=column, kind=type(value).__name__)
