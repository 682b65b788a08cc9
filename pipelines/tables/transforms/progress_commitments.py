"""Each commitment of the open government plan at the end of each half-year reported: its milestones, added up.

What a milestone does not say is counted as not said, never as no. How tables come in and go out is in `tables/`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

from pipelines.tables.rows import DATE, Row, frame_of, records

if TYPE_CHECKING:
    import pandas as pd

_STATUSES = ("realised", "in_progress", "initiated", "not_initiated")
_TYPES = {
    "commitment": "string",
    "period": "string",
    "as_of": DATE,
    **dict.fromkeys(("milestones", *_STATUSES, "no_status", "overdue", "overdue_unknown"), "Int64"),
    **dict.fromkeys(("indicators", "indicators_reported"), "Int64"),
    "share_reported": "double[pyarrow]",
}


def progress_commitments(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """One row per half-year and commitment of `tables["milestones"]`; counts, and shares in percent.

    The four statuses and `no_status` add up to `milestones`. `overdue` counts what is known to be overdue,
    `overdue_unknown` what nobody can tell of.
    """
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in records(tables["milestones"]):
        groups.setdefault((str(row["period"]), str(row["commitment"])), []).append(row)
    return frame_of([_row(*key, rows) for key, rows in groups.items()], _TYPES)


def _row(period: str, commitment: str, rows: Sequence[Row]) -> Row:
    statuses = [row["status"] for row in rows]
    overdue = [row["overdue"] for row in rows]
    asked, reported = (sum(cast(int, row[name]) for row in rows) for name in ("indicators", "indicators_reported"))
    return {
        "commitment": commitment,
        "period": period,
        "as_of": rows[0]["as_of"],
        "milestones": len(rows),
        **{status: statuses.count(status) for status in _STATUSES},
        "no_status": statuses.count(None),
        "overdue": overdue.count(True),
        "overdue_unknown": overdue.count(None),
        "indicators": asked,
        "indicators_reported": reported,
        "share_reported": round(100 * reported / asked, 1) if asked else None,
    }
