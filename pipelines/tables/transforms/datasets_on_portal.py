"""How many datasets there are, were new or updated: measured on this portal, beside what a report says of another.

Measured is what the portal lists today, dated by first publication; what was withdrawn since is not in it. The figures
of the report are about the government's data portal and are never mixed with the measured ones. How tables come in and
go out is in `tables/`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, cast

from pipelines.tables.rows import Row, frame_of, records

if TYPE_CHECKING:
    import pandas as pd

ALL = "all"  # instead of an institution: the whole portal
_STATED = {  # of what a report counts: measure and kind of figure -> our measure
    ("datasets", "actual"): "datasets-in-all",
    ("datasets", "delta"): "datasets-change",
    ("institutions", "actual"): "institutions-in-all",
}
_DOCUMENT = ("source_document", "source_line", "source_text")
_TYPES = {
    "portal": "string",
    "origin": "string",
    "period": "string",
    "institution": "string",
    "measure": "string",
    "value": "Int64",
    "qualifier": "string",
    "base_period": "string",
    "source_document": "string",
    "source_line": "Int64",
    "source_text": "string",
}


def datasets_on_portal(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """One row per origin, period, institution and measure: counts of datasets, versions or institutions.

    Stated rows come from `datasets-published/portal`, with their place in the document; only what is printed is taken.
    Measured rows come from `portal-versions`: each half-year (UTC) from the first publication to the last one, for
    every institution that has a dataset by then, and for all. A zero among them was counted.
    """
    stated = [_stated(row) for row in records(tables["datasets-published/portal"]) if row["origin"] == "stated"]
    return frame_of([*filter(None, stated), *_measured(records(tables["portal-versions"]))], _TYPES)


def _stated(row: Row) -> Row | None:
    measure = _STATED.get((str(row["measure"]), str(row["kind"])))
    if measure is None:
        return None
    figure: Row = {"portal": "date-gov-md", "origin": "stated", "institution": ALL, "measure": measure}
    return figure | {name: row[name] for name in ("period", "value", "qualifier", "base_period", *_DOCUMENT)}


def _measured(versions: Sequence[Row]) -> Iterator[Row]:
    """Nothing where nothing is listed."""
    for period in _half_years([_half_year(row) for row in versions]):
        known = [row for row in versions if _half_year(row) <= period]
        institutions = sorted({str(row["organization"]) for row in known})
        for institution in (ALL, *institutions):
            ours = [row for row in known if institution in (ALL, row["organization"])]
            counts = _counts(ours, period)
            if institution == ALL:
                counts["institutions-in-all"] = len(institutions)
            for measure, value in counts.items():
                yield {
                    "portal": "this-portal",
                    "origin": "measured",
                    "period": period,
                    "institution": institution,
                    "measure": measure,
                    "value": value,
                    "qualifier": "exact",
                }


def _counts(versions: Sequence[Row], period: str) -> dict[str, int]:
    """Of versions up to the end of a half-year. What was first published in it counts as new, not also as updated."""
    within = [row["dataset"] for row in versions if _half_year(row) == period]
    before = {row["dataset"] for row in versions if _half_year(row) < period}
    new, updated = set(within) - before, set(within) & before
    return {
        "datasets-first-published": len(new),
        "datasets-updated": len(updated),
        "datasets-published-or-updated": len(new) + len(updated),
        "versions-published": len(within),
        "datasets-in-all": len(before | new),
    }


def _half_year(version: Row) -> str:
    moment = cast(datetime, version["published"])
    return f"{moment.year}-S{1 if moment.month <= 6 else 2}"


def _half_years(found: Sequence[str]) -> Iterator[str]:
    """Every half-year from the first of those found to the last one."""
    if found:
        first, last = min(found), max(found)
        years = range(int(first[:4]), int(last[:4]) + 1)
        yield from (name for year in years for half in "12" if first <= (name := f"{year}-S{half}") <= last)
