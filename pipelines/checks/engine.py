"""Tables handed to Great Expectations, and its results taken: what came of each expectation, in types of ours.

How the library is driven is in `planned.py`; what its results mean for people is in `suites.py`. It judges pandas
tables. One that is in memory is handed over whole; of one that is on disk, the columns that an expectation names, the
rest only by name: so its columns are in pandas one after the other, and never the table.
"""

# pyarrow's and Great Expectations' own types are partial; what leaves this module is typed.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportMissingTypeStubs=false

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import polars as pl

from pipelines.tables.held import Held, held

if TYPE_CHECKING:
    import pandas as pd

    from pipelines.checks.planned import Rows

Asked = tuple[str, Mapping[str, Any]]

MOST_ROWS = 20  # that are named for one expectation
NAMES, CONDITION = ("column", "column_A", "column_B", "column_list"), "row_condition"  # arguments that name columns
FEW = 10_000  # rows up to which a table is handed over whole
_MET = {"result_format": "BOOLEAN_ONLY"}
_DETAILS = {"result_format": "SUMMARY", "partial_unexpected_count": MOST_ROWS, "return_unexpected_index_query": False}


@dataclass(frozen=True)
class Outcome:
    """What came of one expectation. `broken`: why it could not be evaluated. `rows`: the first that fail, from 0.

    `count`: how many rows fail; None where the expectation is about no rows. `observed`: the value found, as text.
    """

    met: bool
    broken: str = ""
    rows: tuple[int, ...] = ()
    count: int | None = None
    observed: str = ""


def evaluate(rows: pl.DataFrame | Held, asked: Sequence[Asked]) -> list[Outcome]:
    """The outcome of each expectation (type, arguments), in the order asked.

    One that the library cannot make or cannot evaluate is `broken`, never met.
    """
    from pipelines.checks.planned import Rows

    table = held(rows)
    outcomes: dict[int, Outcome] = {}
    for columns, numbers in _together(table, asked).items():
        engine = Rows(_handed_over(table, columns))
        for number in numbers:
            outcomes[number] = _outcome(engine, *asked[number])
    return [outcomes[number] for number in range(len(asked))]


def named_columns(arguments: Mapping[str, Any]) -> list[str]:
    """The columns that an expectation with these arguments is about."""
    named: list[str] = []
    for key in NAMES:
        value = arguments.get(key)
        named += [value] if isinstance(value, str) else value or []
    return named


def to_pandas(frame: pl.DataFrame) -> pd.DataFrame:
    """The frame for pandas: nullable numbers, so that whole numbers beside a gap stay whole; dates as timestamps."""
    import pandas as pd
    import pyarrow as pa

    nullable = {pa.int64(): pd.Int64Dtype(), pa.float64(): pd.Float64Dtype(), pa.bool_(): pd.BooleanDtype()}
    dated = frame.with_columns(pl.col(pl.Date).cast(pl.Datetime("us")))
    return dated.to_arrow().to_pandas(types_mapper=nullable.get)


def _together(table: Held, asked: Sequence[Asked]) -> dict[tuple[str, ...], list[int]]:
    """Which expectations are evaluated on the same columns, by these: each on its own, or in a small table on all."""
    every = tuple(table.schema)
    if table.height <= FEW:
        return {every: list(range(len(asked)))}
    together: dict[tuple[str, ...], list[int]] = {}
    for number, (_, arguments) in enumerate(asked):
        named, condition = named_columns(arguments), str(arguments.get(CONDITION, ""))
        needed = tuple(name for name in every if name in named or name in condition)
        together.setdefault(needed, []).append(number)
    return together


def _handed_over(table: Held, columns: Sequence[str]) -> pd.DataFrame:
    """The table with the values of these columns; the others are there, empty, and weigh nothing."""
    import pandas as pd
    import pyarrow as pa

    if len(columns) == len(table.schema):
        return to_pandas(table.whole())
    values = to_pandas(table.scan().select(columns).collect())
    empty = pd.arrays.ArrowExtensionArray(pa.chunked_array([pa.nulls(table.height)]))
    return pd.DataFrame({name: values[name] if name in values else empty for name in table.schema}, copy=False)


def _outcome(engine: Rows, kind: str, arguments: Mapping[str, Any]) -> Outcome:
    try:
        answer = engine.result(kind, arguments, _MET)
        if answer["success"]:
            return Outcome(True)
        answer = engine.result(kind, arguments, _DETAILS)
    except Exception as error:  # the library's, pydantic's and pandas' own, of many classes
        return Outcome(False, broken=_first_line(error))
    found = cast(Mapping[str, Any], answer.get("result") or {})
    count, observed = found.get("unexpected_count"), found.get("observed_value")
    rows = cast(Sequence[int], found.get("partial_unexpected_index_list") or ())
    return Outcome(
        bool(answer["success"]),
        rows=tuple(sorted(int(row) for row in rows[:MOST_ROWS])),
        count=None if count is None else int(count),
        observed="" if observed is None else str(observed),
    )


def _first_line(error: object) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
