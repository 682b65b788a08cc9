"""Each indicator of the open government plan at the end of each half-year reported: its latest figure and its target.

Missing is not zero, several figures are not added up, and a figure for something near the indicator is shown as such
and never set against the target. How tables come in and go out is in `tables/`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, cast

from pipelines.tables.rows import DATE, Row, frame_of, records

if TYPE_CHECKING:
    import pandas as pd

ADOPTED = "001_ff133d94113a760d.txt"  # the Romanian plan: the one that the government adopted
_REACHED = ("actual", "cumulative", "delta")  # what a figure of something reached may be, the plainest first
_BREAKDOWN = ("organisation", "channel", "cohort", "group")
_TYPES = {
    "indicator": "string",
    "milestone": "string",
    "commitment": "string",
    "period": "string",
    "as_of": DATE,
    "reported": "boolean",
    "figures": "Int64",
    "latest_value": "double[pyarrow]",
    "latest_date": "string",
    "latest_unit": "string",
    "latest_qualifier": "string",
    "latest_period": "string",
    "proxy": "boolean",
    "target_value": "double[pyarrow]",
    "target_qualifier": "string",
    "target_unit": "string",
    "target_period": "string",
    "share_of_target": "double[pyarrow]",
    "missing_reason": "string",
}


def progress_indicators(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """One row per half-year of the plan's statuses and indicator; shares in percent, values in their unit.

    Known at the end of a half-year is what belongs to a period that ended by then. A figure is `reported` where it is
    of the indicator itself; where only something near it was counted, that is shown and `proxy` is true.
    """
    plan, observed = "open-government-plan", "open-government-observations"
    series = {row["series_id"]: row["indicator_id"] for row in records(tables[f"{observed}/series"])}
    by_indicator: dict[str, list[Row]] = {}
    for row in records(tables[f"{observed}/observations"]):
        indicator = series[row["series_id"]]
        if indicator is not None and row["repeats"] is None:
            by_indicator.setdefault(str(indicator), []).append(row)
    periods = sorted({str(row["period"]) for row in records(tables[f"{plan}/statuses"])})
    indicators = records(tables[f"{plan}/indicators"])
    return frame_of(
        [_row(each, period, by_indicator.get(str(each["code"]), [])) for period in periods for each in indicators],
        _TYPES,
    )


def _row(indicator: Row, period: str, observations: Sequence[Row]) -> Row:
    as_of = _last_day(period)
    known = [row for row in observations if row["kind"] in _REACHED and _end(row) <= as_of]
    figures = [row for row in known if row["value"] is not None or row["date_value"] is not None]
    own = _latest(row for row in figures if not row["proxy"])
    shown = own or _latest(row for row in figures if row["proxy"])
    one = _whole(shown)
    target = _target(observations, _end(one) if one and own else as_of)
    return {
        "indicator": indicator["code"],
        "milestone": indicator["milestone"],
        "commitment": str(indicator["milestone"]).split(".")[0],
        "period": period,
        "as_of": as_of,
        "reported": bool(own),
        "figures": len(own),
        "latest_value": one["value"] if one else None,
        "latest_date": one["date_value"] if one else None,
        "latest_unit": one["unit"] if one else None,
        "latest_qualifier": one["qualifier"] if one else None,
        "latest_period": shown[0]["period"] if shown else None,
        "proxy": bool(shown) and not own,
        "target_value": target["value"] if target else None,
        "target_qualifier": target["qualifier"] if target else None,
        "target_unit": target["unit"] if target else None,
        "target_period": target["period"] if target else None,
        "share_of_target": _share(one if own else None, target),
        "missing_reason": _reason(own, one, known),
    }


def _latest(figures: Iterable[Row]) -> list[Row]:
    """The figures of the last period that has any, and of those the ones of the plainest kind."""
    rows = list(figures)
    if not rows:
        return []
    last = max(rows, key=lambda row: (_end(row), str(row["period"])))["period"]
    rows = [row for row in rows if row["period"] == last]
    kind = min((str(row["kind"]) for row in rows), key=_REACHED.index)
    return [row for row in rows if row["kind"] == kind]


def _whole(rows: Sequence[Row]) -> Row | None:
    """The only figure, or the only one that is not broken down; None where nobody gave a total."""
    if len(rows) == 1:
        return rows[0]
    undivided = [row for row in rows if all(row[name] is None for name in _BREAKDOWN)]
    return undivided[0] if len(undivided) == 1 else None


def _target(observations: Iterable[Row], day: date) -> Row | None:
    """The target of the adopted plan that is due next on `day`, or was due last."""
    targets = [
        row
        for row in observations
        if row["kind"] == "target" and row["value"] is not None and row["source_document"] == ADOPTED
    ]
    targets.sort(key=_end)
    return next((row for row in targets if _end(row) >= day), targets[-1] if targets else None)


def _share(figure: Row | None, target: Row | None) -> float | None:
    """The figure in percent of the target, to one decimal, where both are numbers in one unit."""
    if figure is None or target is None or figure["value"] is None or figure["unit"] != target["unit"]:
        return None
    aim = cast(float, target["value"])
    return round(100 * cast(float, figure["value"]) / aim, 1) if aim > 0 else None


def _reason(own: Sequence[Row], one: Row | None, known: Sequence[Row]) -> str | None:
    """Why there is no single figure of the indicator itself; None where there is one."""
    if own:
        return None if one else "several-figures"
    gaps = sorted((row for row in known if row["missing_reason"] is not None), key=_end)
    return str(gaps[-1]["missing_reason"]) if gaps else "not-reported"


def _end(row: Row) -> date:
    return cast(date, row["period_end"])


def _last_day(half_year: str) -> date:
    year, half = half_year.split("-")
    return date(int(year), 6, 30) if half == "S1" else date(int(year), 12, 31)
