"""How a table is handed to Great Expectations, which judges pandas tables: a small one whole, else what is asked of it.

Of a table that is not small, an expectation gets the values of the columns that it names; the others are there by name
only. Some types get them in a shape that is judged in a tenth of the time, with the same outcome: see `Shape`.
"""

# pyarrow's and pandas' own types are partial; what leaves this module is typed.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportMissingTypeStubs=false

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Any, cast

import polars as pl

from pipelines.tables.held import Held

if TYPE_CHECKING:
    import pandas as pd

Asked = tuple[str, Mapping[str, Any]]

NAMES, CONDITION = ("column", "column_A", "column_B", "column_list"), "row_condition"  # the arguments that name columns
_OF_TABLES = "expect_table_"  # which need no values
_OF_SAMENESS = ("expect_column_values_to_be_unique", "expect_compound_columns_to_be_unique")
_EXACT = 2**53  # whole numbers up to here are themselves as doubles
_NANOSECONDS = (datetime(1700, 1, 1), datetime(2200, 1, 1))  # well within what 64 bits count from 1970


class Shape(Enum):
    """PLAIN: as `to_pandas` gives it. NUMBERS, MOMENTS: without pandas' masks, with which the library compares row by
    row in Python. CODED: a number in place of a text, the same for the same, where only that matters."""

    PLAIN, NUMBERS, MOMENTS, CODED = range(4)


Groups = dict[tuple[tuple[str, ...], Shape], list[int]]


def columns_named(arguments: Mapping[str, Any]) -> list[str]:
    """The columns that an expectation with these arguments is about."""
    given = [arguments.get(key) for key in NAMES]
    lists = [cast(list[Any], value) if isinstance(value, list) else [value] for value in given]
    return [name for names in lists for name in names if isinstance(name, str)]


def whole(table: Held, asked: Sequence[Asked]) -> Groups:
    """All expectations on all columns."""
    return {(tuple(table.schema), Shape.PLAIN): list(range(len(asked)))}


def by_columns(table: Held, asked: Sequence[Asked]) -> Groups:
    """The numbers of the expectations that are evaluated on the same columns in the same shape."""
    every = tuple(table.schema)
    found: Groups = {}
    for number, (kind, arguments) in enumerate(asked):
        named = [] if kind.startswith(_OF_TABLES) else columns_named(arguments)
        condition = str(arguments.get(CONDITION, ""))
        needed = tuple(name for name in every if name in named or name in condition)
        found.setdefault((needed, _shape(kind, arguments)), []).append(number)
    return found


def handed_over(table: Held, columns: Sequence[str], shape: Shape) -> pd.DataFrame:
    """The table with the values of these columns; the others are there, empty, and weigh nothing."""
    import pandas as pd
    import pyarrow as pa

    if len(columns) == len(table.schema) and shape == Shape.PLAIN:
        return to_pandas(table.whole())
    frame = table.scan().select(columns).collect()
    values = {name: _shaped(frame.drop_in_place(name), shape) for name in columns}
    empty = pd.arrays.ArrowExtensionArray(pa.chunked_array([pa.nulls(table.height)]))
    return pd.DataFrame({name: values.get(name, empty) for name in table.schema}, copy=False)


def to_pandas(frame: pl.DataFrame) -> pd.DataFrame:
    """The frame for pandas: nullable numbers, so that whole numbers beside a gap stay whole; dates as timestamps."""
    import pandas as pd
    import pyarrow as pa

    nullable = {pa.int64(): pd.Int64Dtype(), pa.float64(): pd.Float64Dtype(), pa.bool_(): pd.BooleanDtype()}
    dated = frame.with_columns(pl.col(pl.Date).cast(pl.Datetime("us")))
    return dated.to_arrow().to_pandas(types_mapper=nullable.get)


def _shape(kind: str, arguments: Mapping[str, Any]) -> Shape:
    if arguments.get(CONDITION):
        return Shape.PLAIN  # it compares values, too
    if kind in _OF_SAMENESS:
        return Shape.CODED
    limits = [arguments[key] for key in ("min_value", "max_value") if arguments.get(key) is not None]
    if kind == "expect_column_values_to_be_between" and limits:
        if all(isinstance(limit, float) or (type(limit) is int and abs(limit) <= _EXACT) for limit in limits):
            return Shape.NUMBERS
        if all(isinstance(limit, datetime) and not limit.tzinfo for limit in limits):
            return Shape.MOMENTS
    return Shape.PLAIN


def _shaped(column: pl.Series, shape: Shape) -> pd.Series:
    import pandas as pd

    kind = column.dtype
    if shape == Shape.CODED and kind == pl.String:
        column = _codes(column)
    elif shape == Shape.NUMBERS and kind == pl.Int64 and column.is_between(-_EXACT, _EXACT).all():
        return pd.Series(column.cast(pl.Float64).to_numpy())  # a gap is not a number, which is a gap to pandas
    elif shape == Shape.NUMBERS and kind == pl.Float64:
        return pd.Series(column.to_numpy())
    elif shape == Shape.MOMENTS and kind.is_temporal() and column.is_between(*_NANOSECONDS).all():
        return pd.Series(column.cast(pl.Datetime("ns")).to_numpy())
    return to_pandas(column.to_frame())[column.name]


def _codes(texts: pl.Series) -> pl.Series:
    """Texts whose hash no other has get the numbers of their rows; the rest, numbers beyond those, by what they say."""
    hashes = texts.drop_nulls().hash().sort()
    repeated = hashes.filter(hashes == hashes.shift()).unique()
    text, alike = pl.col(texts.name), pl.col(texts.name).hash().is_in(repeated.implode())
    alone = pl.int_range(pl.len(), dtype=pl.Int64)
    said = pl.when(alike).then(text).rank("dense").cast(pl.Int64) + texts.len()
    code = pl.when(alike).then(said).otherwise(alone) if repeated.len() else alone
    return texts.to_frame().select(pl.when(text.is_not_null()).then(code).alias(texts.name)).to_series()
