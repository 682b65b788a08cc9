"""Totals of training and information events by half-year and topic, as far as the documents allow a total.

Only what was held and is marked `counted` is added up; a part, a repetition and an estimated reach are not. Where a
figure is missing or inexact, the total says so. How tables come in and go out is in `tables/`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, cast

from pipelines.tables.rows import DATE, Row, frame_of, records

if TYPE_CHECKING:
    import pandas as pd

_QUALIFIERS = ("exact", "over", "at-least", "about", "none")
_TYPES = {
    "period": "string",
    "period_start": DATE,
    "period_end": DATE,
    "topic": "string",
    "entries": "Int64",
    "events": "Int64",
    "events_complete": "boolean",
    "participants": "Int64",
    "participants_stated": "Int64",
    "participants_total": "string",
    "basis": "string",
}


def trainee_totals(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """One row per period and topic of `tables["events"]`, sorted; counts in entries, events and participations.

    `participants` adds up exact figures only. `participants_stated` adds up every figure, or is the one that a document
    gives for the whole where that is larger; `participants_total` says how to read it: exact, lower-bound, approximate,
    not-stated.
    """
    groups: dict[tuple[str, date, date, str], list[Row]] = {}
    for row in records(tables["events"]):
        start, end = row["period_start"], row["period_end"]
        if isinstance(start, date) and isinstance(end, date) and (row["counted"] or _is_summary(row)):
            groups.setdefault((*_period(start, end), str(row["topic"])), []).append(row)
    totals = [_total(*key, rows) for key, rows in sorted(groups.items())]
    return frame_of(totals, _TYPES)


def _total(period: str, start: date, end: date, topic: str, rows: list[Row]) -> Row:
    counted = [row for row in rows if row["counted"]]
    exact = _figures("participants", [row for row in counted if row["qualifier"] == "exact"])
    stated = _figures("participants", counted)
    summaries = _figures("participants", [row for row in rows if _is_summary(row)])
    largest = max([sum(stated), *summaries]) if stated or summaries else None
    events = _figures("events_number", counted)
    qualifiers = [str(row["qualifier"] or "none") for row in counted]
    return {
        "period": period,
        "period_start": start,
        "period_end": end,
        "topic": topic,
        "entries": len(counted),
        "events": sum(events) if events else None,
        "events_complete": bool(counted) and len(events) == len(counted),
        "participants": sum(exact) if exact else None,
        "participants_stated": largest,
        "participants_total": _worth(largest, qualifiers, whole_is_larger=largest != sum(stated)),
        "basis": ", ".join(f"{word} {qualifiers.count(word)}" for word in _QUALIFIERS if word in qualifiers)
        or "summary",
    }


def _worth(stated: int | None, qualifiers: list[str], *, whole_is_larger: bool) -> str:
    if stated is None:
        return "not-stated"
    if "about" in qualifiers:
        return "approximate"
    return "exact" if set(qualifiers) == {"exact"} and not whole_is_larger else "lower-bound"


def _is_summary(row: Row) -> bool:
    """A figure for a whole whose events have rows of their own: not added, but the total is not below it."""
    return row["not_counted_reason"] == "summary"


def _period(first: date, last: date) -> tuple[str, date, date]:
    """The half-year that holds both days; else the year or the years. With its first and last day."""
    start, end = date(first.year, 1, 1), date(last.year, 12, 31)
    if first.year != last.year:
        return f"{first.year}/{last.year}", start, end
    if last.month <= 6:
        return f"{first.year}-S1", start, date(last.year, 6, 30)
    if first.month > 6:
        return f"{first.year}-S2", date(first.year, 7, 1), end
    return f"{first.year}", start, end


def _figures(name: str, rows: list[Row]) -> list[int]:
    return [cast(int, row[name]) for row in rows if row[name] is not None]
