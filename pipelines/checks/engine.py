"""What Great Expectations says of a table: what came of each expectation, in types of ours.

How a table is handed to the library is in `handed.py`, how the library is driven in `planned.py`; what its results mean
for people is in `suites.py`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import polars as pl

from pipelines.checks.handed import Asked, by_columns, handed_over, whole
from pipelines.tables.held import Held, held

if TYPE_CHECKING:
    from pipelines.checks.planned import Judge

MOST_ROWS = 20  # that are named for one expectation
FEW = 10_000  # rows
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


def evaluate(rows: pl.DataFrame | Held, asked: Sequence[Asked], few: int = FEW) -> list[Outcome]:
    """The outcome of each expectation (type, arguments), in the order asked.

    Of tables with more rows than `few`, no more than the columns that an expectation names are in pandas at a time.
    One that the library cannot make or cannot evaluate is `broken`, never met.
    """
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    from pipelines.checks.planned import Judge

    table = held(rows)
    outcomes: dict[int, Outcome] = {}
    large = table.height > few
    groups = by_columns(table, asked) if large else whole(table, asked)
    for (columns, shape), numbers in groups.items():
        with Judge(handed_over(table, columns, shape)) as judge:
            for number in numbers:
                outcomes[number] = _outcome(judge, *asked[number])
                if large:
                    judge.forget()
    return [outcomes[number] for number in range(len(asked))]


def _outcome(judge: Judge, kind: str, arguments: Mapping[str, Any]) -> Outcome:
    try:
        answer = judge.result(kind, arguments, _MET)
        if answer["success"]:
            return Outcome(True)
        answer = judge.result(kind, arguments, _DETAILS)
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
