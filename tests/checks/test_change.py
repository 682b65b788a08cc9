"""A table against its last version, and its size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.checks.change import check_change, check_rows
from pipelines.checks.words import MOST_NAMED
from pipelines.declaration.dataset import Dataset
from pipelines.findings import Finding, Severity
from pipelines.tables.table import Table

MakeTable = Callable[..., Table]
MakeDataset = Callable[..., Dataset]
Rows = Sequence[Sequence[str | None]]
FIELDS: dict[str, dict[str, Any]] = {"period": {}, "place": {}, "total": {"type": "integer"}}
KEY = ["period", "place"]
OLD: Rows = [["2019-S1", "Cahul", "5"], ["2019-S2", "Cahul", "7"], ["2019-S1", "Bălți", "1"]]


@pytest.fixture
def change(make_table: MakeTable, make_dataset: MakeDataset) -> Callable[..., list[Finding]]:
    """The findings when `old` became `new` under the declaration's `extra`."""

    def run(old: Rows | None, new: Rows, *, key: Sequence[str] = KEY, **extra: Any) -> list[Finding]:
        table = make_table(FIELDS, *new, primaryKey=list(key))
        previous = None if old is None else make_table(FIELDS, *old).frame
        return check_change(make_dataset(table, **extra).resource("t"), table, previous)

    return run


Change = Callable[..., list[Finding]]


@pytest.mark.parametrize(
    ("rows", "bounds", "code"),
    [
        (0, None, "empty-table"),
        (0, {"max": 5}, "empty-table"),
        (0, {"min": 2}, "empty-table"),
        (0, {"min": 0}, None),
        (1, {"min": 2}, "rows-too-few"),
        (2, {"min": 2, "max": 2}, None),
        (3, {"min": 2, "max": 2}, "rows-too-many"),
        (3, None, None),
    ],
)
def test_too_few_rows_stop_and_too_many_warn(
    make_table: MakeTable, make_dataset: MakeDataset, rows: int, bounds: dict[str, int] | None, code: str | None
) -> None:
    table = make_table({"a": {}}, *[["x"]] * rows)
    extra = {"checks": {"rows": bounds}} if bounds else {}
    findings = check_rows(make_dataset(table, **extra).resource("t"), table)
    assert [finding.code for finding in findings] == ([code] if code else [])
    for finding in findings:
        assert finding.severity is (Severity.WARN if code == "rows-too-many" else Severity.BLOCK)
        assert finding.text("ro") != finding.text("ru")


def test_lost_rows_are_named_by_their_key(change: Change) -> None:
    findings = change(OLD, OLD[:1], checks={"rows_lost": 1})
    assert [(finding.code, finding.severity) for finding in findings] == [("rows-lost", Severity.BLOCK)]
    assert findings[0].params["count"] == 2
    assert findings[0].params["keys"] == "(2019-S2, Cahul), (2019-S1, Bălți)"
    assert "at most 1" in findings[0].text("en")


def test_as_many_as_declared_may_be_lost_and_the_severity_is_the_declared_one(change: Change) -> None:
    assert change(OLD, OLD[:1], checks={"rows_lost": 2}) == []
    findings = change(OLD, OLD[:1], checks={"rows_lost": {"max": 0, "severity": "warn"}})
    assert [finding.severity for finding in findings] == [Severity.WARN]


def test_without_a_limit_or_a_last_version_nothing_is_lost(change: Change) -> None:
    assert change(OLD, [], checks={"rows": {"min": 0}}) == []
    assert change(None, [], checks={"rows_lost": 0, "history_revised": 0}) == []


@pytest.mark.parametrize("history", ["append", "upsert"])
def test_a_table_that_keeps_its_history_may_lose_nothing(change: Change, history: str) -> None:
    assert [finding.code for finding in change(OLD, OLD[:2], history=history)] == ["rows-lost"]
    assert change(OLD, OLD[:2], history=history, checks={"rows_lost": 1}) == []


def test_without_a_key_rows_are_counted_as_often_as_they_stand_there(change: Change) -> None:
    twice = [OLD[0], OLD[0], OLD[1]]
    assert change(twice, [OLD[1], OLD[0], OLD[0]], key=[], checks={"rows_lost": 0}) == []
    findings = change(twice, [OLD[1], OLD[0]], key=[], checks={"rows_lost": 0})
    assert [finding.params["keys"] for finding in findings] == ["(2019-S1, Cahul, 5)"]


def test_only_twenty_keys_are_named_and_all_are_counted(change: Change) -> None:
    many = [[str(number), "x", "1"] for number in range(30)]
    (finding,) = change(many, [], checks={"rows_lost": 0})
    assert finding.params["count"] == 30
    assert str(finding.params["keys"]).count("(") == MOST_NAMED
    assert str(finding.params["keys"]).endswith("…")


def test_keys_are_masked(change: Change) -> None:
    (finding,) = change([["2001001234567", "x", "1"]], [], checks={"rows_lost": 0})
    assert "2001001234567" not in str(finding.to_json())


def test_revised_history_names_the_rows_and_the_fields(change: Change) -> None:
    new = [OLD[1], ["2019-S1", "Cahul", "6"], ["2019-S1", "Bălți", None], ["2020-S1", "Cahul", "9"]]
    (finding,) = change(OLD, new, checks={"history_revised": {"max": 1, "severity": "warn"}})
    assert (finding.code, finding.severity, finding.field, finding.row) == (
        "history-revised",
        Severity.WARN,
        "total",
        2,
    )
    assert finding.params["keys"] == "(2019-S1, Cahul), (2019-S1, Bălți)"
    assert finding.place.line == 3
    assert change(OLD, new, checks={"history_revised": 2}) == []
    assert change(OLD, OLD[::-1], checks={"history_revised": 0}) == []


def test_history_cannot_be_watched_without_a_key(change: Change) -> None:
    assert [f.code for f in change(OLD, OLD, key=[], checks={"history_revised": 0})] == ["history-without-key"]


def test_a_retyped_or_removed_column_is_no_crash(make_table: MakeTable, make_dataset: MakeDataset) -> None:
    table = make_table(FIELDS, *OLD, primaryKey=KEY)
    resource = make_dataset(table, checks={"rows_lost": 0, "history_revised": 0}).resource("t")
    numbers = table.frame.with_columns(pl.col("total").cast(pl.Float64))
    assert check_change(resource, table, numbers) == []
    assert check_change(resource, table, table.frame.drop("total")) == []
    other = table.frame.rename({"period": "year", "place": "town", "total": "sum"})
    assert [finding.code for finding in check_change(resource, table, other)] == ["rows-lost"]


SERIES = {"field": "total", "order": "period", "by": ["place"]}


def test_a_cumulative_series_must_not_fall_within_the_table(change: Change) -> None:
    new = [["2020-S1", "Cahul", "6"], ["2019-S2", "Cahul", "7"], ["2019-S1", "Cahul", "5"], ["2020-S1", "Bălți", "1"]]
    (finding,) = change(None, new, checks={"cumulative": [SERIES]})
    assert (finding.code, finding.severity, finding.field, finding.row) == ("series-falls", Severity.BLOCK, "total", 1)
    assert finding.place.line == 2
    assert "below 7" in finding.text("en")
    assert "Cahul" in finding.text("en")
    assert change(None, new[1:], checks={"cumulative": [SERIES]}) == []


def test_nor_below_what_was_published_before(change: Change) -> None:
    new = [["2020-S1", "Cahul", "6"], ["2020-S1", "Bălți", "1"]]
    (finding,) = change(OLD, new, checks={"cumulative": [{**SERIES, "severity": "warn"}]})
    assert (finding.severity, finding.row) == (Severity.WARN, 1)


def test_a_corrected_old_figure_is_no_fall(change: Change) -> None:
    new = [["2019-S1", "Cahul", "4"], ["2019-S2", "Cahul", "6"], ["2019-S1", "Bălți", "1"]]
    assert change(OLD, new, checks={"cumulative": [SERIES]}) == []


def test_gaps_and_two_values_for_one_period_are_no_fall(change: Change) -> None:
    new = [["1", "a", "5"], ["2", "a", None], ["3", "a", "8"], ["3", "a", "7"], ["4", "a", "8"], [None, "a", "1"]]
    assert change(None, new, key=[], checks={"cumulative": [SERIES]}) == []


OF_A_KIND = {"field": "total", "order": "period", "where": {"place": "sum"}}


def test_only_rows_with_the_values_declared_are_of_the_series(change: Change) -> None:
    new = [["1", "sum", "5"], ["2", "part", "1"], ["3", "sum", "6"], ["4", None, "0"]]
    assert change(None, new, checks={"cumulative": [OF_A_KIND]}) == []
    (finding,) = change(None, [*new, ["5", "sum", "4"]], checks={"cumulative": [OF_A_KIND]})
    assert (finding.code, finding.row) == ("series-falls", 5)


def test_what_was_published_before_counts_by_the_same_values(change: Change) -> None:
    old = [["1", "sum", "5"], ["1", "part", "9"], ["2", "part", "9"]]
    checks = {"cumulative": [OF_A_KIND]}
    assert change(old, [["3", "sum", "6"], ["3", "part", "1"]], checks=checks) == []
    assert [finding.row for finding in change(old, [["3", "part", "1"], ["3", "sum", "4"]], checks=checks)] == [2]


@pytest.mark.parametrize(("said", "value"), [({"type": "integer"}, 1), ({"type": "boolean"}, True)])
def test_the_values_may_be_numbers_or_true_and_were_texts_before(
    make_table: MakeTable, make_dataset: MakeDataset, said: dict[str, str], value: int | bool
) -> None:
    written = str(value).lower()
    rows = [["2", written, "3"], ["3", "0" if said["type"] == "integer" else "false", "1"]]
    table = make_table({**FIELDS, "place": said}, *rows)
    series = {**OF_A_KIND, "where": {"place": value}}
    resource = make_dataset(table, checks={"cumulative": [series]}).resource("t")
    assert check_change(resource, table, None) == []
    before = make_table(FIELDS, ["1", written, "4"]).frame
    assert [finding.row for finding in check_change(resource, table, before)] == [1]


def test_many_falls_are_counted(change: Change) -> None:
    new = [[f"{number:02}", "x", str(99 - number)] for number in range(40)]
    findings = change(None, new, checks={"cumulative": [{"field": "total", "order": "period"}]})
    assert [finding.code for finding in findings] == ["series-falls"] * MOST_NAMED + ["series-falls-more"]
    assert findings[-1].params["count"] == 39


@given(values=st.lists(st.tuples(st.integers(0, 4), st.integers(0, 9)), max_size=12))
def test_a_fall_is_a_value_below_one_of_an_earlier_period(
    make_session_table: MakeTable, make_session_dataset: MakeDataset, values: list[tuple[int, int]]
) -> None:
    table = make_session_table(FIELDS, *[[str(period), "x", str(value)] for period, value in values])
    resource = make_session_dataset(table, checks={"cumulative": [SERIES]}).resource("t")
    falls = [i + 1 for i, (p, v) in enumerate(values) if any(q < p and w > v for q, w in values)]
    assert [finding.row for finding in check_change(resource, table, None)] == falls
