"""A table against the suites of `expectations/` that its declaration names, said in the suites' own words.

How Great Expectations is driven is in `engine.py`; reading suites and refusing types that it does not know is in
`declaration/`. A table without suites costs nothing here.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, cast

from pipelines.checks.engine import evaluate
from pipelines.checks.handed import columns_named
from pipelines.checks.words import in_words, sample
from pipelines.declaration.dataset import Dataset
from pipelines.findings import Finding, Severity
from pipelines.languages import LANGUAGES
from pipelines.tables.table import Table

# Both our words and Great Expectations' own.
_SEVERITIES = {str(severity): severity for severity in Severity} | {
    "critical": Severity.BLOCK,
    "warning": Severity.WARN,
}
_VALUE_KEYS = ("min_value", "max_value", "value_set", "value_pairs_set", "quantile_ranges")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?)?")
_PLACES = 3  # named in the summary; each of the first rows has a finding of its own


@dataclass(frozen=True)
class _Entry:
    suite: str
    kind: str
    arguments: Mapping[str, Any]
    severity: Severity
    words: Mapping[str, str]

    @property
    def columns(self) -> list[str]:
        return columns_named(self.arguments)


def check_suites(dataset: Dataset, table: Table, withheld: Collection[str] = ()) -> list[Finding]:
    """Every expectation of the table's suites that is not met, and every one that could not be evaluated.

    `expectation` sums up one that is not met, `expectation-row` names one row of it; `check-broken`, which blocks
    whatever the severity, says that an expectation does not fit this table.
    """
    entries = _entries(dataset, table)
    if not entries:
        return []
    outcomes = evaluate(table.values, [(entry.kind, entry.arguments) for entry in entries])
    found: list[Finding] = []
    for entry, outcome in zip(entries, outcomes, strict=True):
        params: dict[str, str | int] = {"suite": entry.suite, "type": entry.kind, **_said(entry)}
        if outcome.broken:
            params["problem"] = sample(outcome.broken, entry.columns, withheld)
            place = table.place(None, entry.columns[0]) if _known(table, entry) else table.place(None, None)
            field = ", ".join(entry.columns)
            found.append(Finding("check-broken", params=params, resource=table.name, field=field, place=place))
        elif not outcome.met:
            found += _unmet(table, entry, params, outcome.rows, outcome.count, outcome.observed, withheld)
    return found


def count_expectations(dataset: Dataset, table: Table) -> int:
    """How many expectations `check_suites` evaluates for the table."""
    return len(_entries(dataset, table))


def _entries(dataset: Dataset, table: Table) -> list[_Entry]:
    entries: list[_Entry] = []
    moments = {field.name for field in table.schema.fields if field.type in ("date", "datetime")}
    for use in dataset.resource(table.name).publica.expectations:
        name, severity = (use, "block") if isinstance(use, str) else (use.suite, use.severity)
        for written in dataset.suites[name].expectations:
            arguments = cast(Mapping[str, Any], written.get("kwargs") or {})
            entry = _Entry(
                suite=name,
                kind=str(written["type"]),
                arguments=arguments,
                severity=_SEVERITIES[str(written.get("severity") or severity)],
                words=cast(Mapping[str, str], written.get("meta") or {}),
            )
            entries.append(_comparable(entry) if moments.intersection(entry.columns) else entry)
    return entries


def _comparable(entry: _Entry) -> _Entry:
    """The same expectation, its dates as moments: the library would compare dates written as text with none of ours."""
    turned = {key: _moment(value) if key in _VALUE_KEYS else value for key, value in entry.arguments.items()}
    return _Entry(entry.suite, entry.kind, turned, entry.severity, entry.words)


def _moment(value: Any) -> Any:
    if isinstance(value, list):
        return [_moment(each) for each in cast(list[Any], value)]
    if isinstance(value, dict):
        return {key: _moment(each) for key, each in cast(dict[str, Any], value).items()}
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        value = datetime.fromisoformat(value)
    if isinstance(value, datetime):
        return (value - (value.utcoffset() or timedelta())).replace(tzinfo=None)
    return datetime(value.year, value.month, value.day) if isinstance(value, date) else value


def _known(table: Table, entry: _Entry) -> bool:
    return bool(entry.columns) and entry.columns[0] in table.values.schema


def _said(entry: _Entry) -> dict[str, str]:
    """The rule in each language, as the parameters `rule_en` and so on; where the suite has no words, its type."""
    return {f"rule_{language}": entry.words.get(language) or entry.kind for language in LANGUAGES}


def _unmet(
    table: Table,
    entry: _Entry,
    params: Mapping[str, str | int],
    rows: Sequence[int],
    count: int | None,
    observed: str,
    withheld: Collection[str],
) -> Iterator[Finding]:
    fields = [name for name in entry.columns if name in table.values.schema]
    field = ", ".join(entry.columns)
    column = fields[0] if fields else None
    found = sample(observed, entry.columns, withheld)
    facts: dict[str, str | int] = {"count": count or 0, "total": table.height, "observed": found}
    facts["places"] = ", ".join(str(row + 1) for row in rows[:_PLACES]) + (", …" if (count or 0) > _PLACES else "")
    variant = "expectation-rows" if rows else "expectation-observed" if observed else "expectation-plain"
    yield Finding(
        "expectation",
        entry.severity,
        params={**params, **facts, **in_words(variant, facts)},
        resource=table.name,
        field=field,
        place=table.place(rows[0] if rows else None, column),
    )
    for row in rows:
        values = [table.text(row, name) or "" for name in fields]
        shown = sample(", ".join(values), fields, withheld)
        yield Finding(
            "expectation-row",
            entry.severity,
            params={**params, "sample": shown},
            resource=table.name,
            field=field,
            row=row + 1,
            place=table.place(row, column),
        )
