"""Each milestone of the open government plan at the end of each half-year reported: status, deadline, indicators.

A deadline that comes back every year is a rule and no day: what is not done is then neither overdue nor not. How
tables come in and go out is in `tables/`.
"""

from __future__ import annotations

import calendar
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, cast

from pipelines.tables.rows import DATE, Row, frame_of, records

if TYPE_CHECKING:
    import pandas as pd

ADOPTED = "001_ff133d94113a760d.txt"  # the Romanian plan: the one that the government adopted
_TYPES = {
    "milestone": "string",
    "commitment": "string",
    "period": "string",
    "as_of": DATE,
    "status": "string",
    "due": DATE,
    "due_missing_reason": "string",
    "overdue": "boolean",
    "indicators": "Int64",
    "indicators_reported": "Int64",
    "share_reported": "double[pyarrow]",
}


def progress_milestones(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """One row per half-year and milestone of the plan; shares in percent, empty where there is nothing to share.

    `tables["indicators"]` is what `progress_indicators` made: it says which half-years there are, and their last day.
    `due` is the last day that the deadline of the adopted plan can mean. `overdue`: due before `as_of` and not
    realised; empty where the status or, for what is not realised, the day is not known.
    """
    plan = "open-government-plan"
    indicators = records(tables["indicators"])
    days = {str(row["period"]): cast(date, row["as_of"]) for row in indicators}
    deadlines = {
        row["milestone"]: row for row in records(tables[f"{plan}/deadlines"]) if row["source_document"] == ADOPTED
    }
    statuses = {(row["milestone"], row["period"]): row["status"] for row in records(tables[f"{plan}/statuses"])}
    rows: list[Row] = []
    for period, as_of in sorted(days.items()):
        for milestone in records(tables[f"{plan}/milestones"]):
            code = milestone["code"]
            asked = [row for row in indicators if (row["milestone"], row["period"]) == (code, period)]
            due, reason = _due(deadlines.get(code))
            status = statuses.get((code, period))
            rows.append(
                {"milestone": code, "commitment": milestone["commitment"], "period": period, "as_of": as_of}
                | {"status": status, "due": due, "due_missing_reason": reason, "overdue": _overdue(status, due, as_of)}
                | _reported(asked)
            )
    return frame_of(rows, _TYPES)


def _due(deadline: Row | None) -> tuple[date | None, str | None]:
    """The last day that a deadline can mean, or why it means none."""
    if deadline is None:
        return None, "not-stated"
    year, quarter = cast("int | None", deadline["year"]), cast("int | None", deadline["quarter"])
    if year is None or quarter is None:
        return None, str(deadline["kind"])
    month = quarter * 3
    return date(year, month, calendar.monthrange(year, month)[1]), None


def _overdue(status: object, due: date | None, as_of: date) -> bool | None:
    if status == "realised":
        return False
    return None if status is None or due is None else due < as_of


def _reported(asked: Sequence[Row]) -> Row:
    reported = sum(bool(row["reported"]) for row in asked)
    share = round(100 * reported / len(asked), 1) if asked else None
    return {"indicators": len(asked), "indicators_reported": reported, "share_reported": share}
