"""Suites of expectations: what is met, what is not, what cannot be evaluated, and what it costs."""

# Great Expectations' own types are partial.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import pipelines.declaration
from pipelines.checks.engine import Outcome, evaluate
from pipelines.checks.handed import to_pandas
from pipelines.checks.suites import check_suites, count_expectations
from pipelines.declaration.dataset import Dataset
from pipelines.findings import Finding, Severity
from pipelines.languages import LANGUAGES
from pipelines.tables.table import Table

MakeTable = Callable[..., Table]
MakeDataset = Callable[..., Dataset]
Expect = Callable[..., list[Finding]]

FIELDS: dict[str, dict[str, Any]] = {
    "code": {},
    "count": {"type": "integer"},
    "share": {"type": "number"},
    "day": {"type": "date"},
    "moment": {"type": "datetime"},
    "flag": {"type": "boolean"},
}
ROWS = [
    ["AA", "1", "1.5", "2019-05-01", "2019-05-01T08:00:00Z", "true"],
    ["BB", None, None, None, None, None],
    ["CC", "9007199254740991", "-2", "2020-01-01", "2020-01-01T00:00:00Z", "false"],
    ["DD", "-4", "3", "2020-06-30", "2020-06-30T12:00:00Z", "true"],
]


@pytest.fixture
def table(make_table: MakeTable) -> Table:
    return make_table(FIELDS, *ROWS)


@pytest.fixture
def expect(table: Table, make_dataset: MakeDataset) -> Expect:
    """The findings of one expectation on the table."""

    def run(
        kind: str, use: str | Mapping[str, str] = "good", /, severity: str | None = None, **kwargs: Any
    ) -> list[Finding]:
        written: dict[str, Any] = {"type": kind, "kwargs": kwargs} | ({"severity": severity} if severity else {})
        return check_suites(make_dataset(table, suites={"good": [written]}, expectations=[use]), table)

    return run


def rows(findings: list[Finding]) -> list[int | None]:
    return [finding.row for finding in findings if finding.code == "expectation-row"]


def test_an_expectation_that_is_met_says_nothing(expect: Expect) -> None:
    assert expect("expect_column_values_to_not_be_null", column="code") == []


def test_one_that_is_not_says_so_in_the_words_of_the_suite_with_its_rows_and_their_places(expect: Expect) -> None:
    findings = expect("expect_column_values_to_be_between", column="share", min_value=0)
    assert [(f.code, f.severity, f.field, f.row) for f in findings] == [
        ("expectation", Severity.BLOCK, "share", None),
        ("expectation-row", Severity.BLOCK, "share", 3),
    ]
    assert findings[0].text("en") == "the rule: rows that do not meet this: 1 of 4 (rows 3)"
    assert findings[0].text("ro").startswith("regula: ")
    assert findings[1].line("en") == "t.csv:4, column 'share': '-2' - the rule"
    assert len({findings[1].text(language) for language in LANGUAGES}) == 3


def test_one_about_the_whole_column_says_what_was_found(expect: Expect) -> None:
    findings = expect("expect_column_max_to_be_between", column="share", max_value=1)
    assert [finding.text("en") for finding in findings] == ["the rule: found 3.0"]
    assert [f.code for f in expect("expect_column_to_exist", column="nowhere")] == ["expectation"]


def test_only_the_first_twenty_rows_are_named(make_table: MakeTable, make_dataset: MakeDataset) -> None:
    table = make_table({"a": {"type": "integer"}}, *[["1"]] * 50)
    suites = {"s": [{"type": "expect_column_values_to_be_in_set", "kwargs": {"column": "a", "value_set": [2]}}]}
    findings = check_suites(make_dataset(table, suites=suites, expectations=["s"]), table)
    assert findings[0].params["count"] == 50
    assert rows(findings) == list(range(1, 21))


@pytest.mark.parametrize("severity", ["block", "warn", "info"])
def test_the_severity_is_that_of_the_use(expect: Expect, severity: str) -> None:
    use = {"suite": "good", "severity": severity}
    findings = expect("expect_column_values_to_be_between", use, column="share", min_value=0)
    assert {str(finding.severity) for finding in findings} == {severity}


@pytest.mark.parametrize(("own", "severity"), [("info", "info"), ("warning", "warn"), ("critical", "block")])
def test_unless_the_expectation_has_its_own(expect: Expect, own: str, severity: str) -> None:
    use = {"suite": "good", "severity": "warn"}
    findings = expect("expect_column_values_to_be_between", use, own, column="share", min_value=0)
    assert {str(finding.severity) for finding in findings} == {severity}


def test_several_suites_are_counted_and_told_apart(table: Table, make_dataset: MakeDataset) -> None:
    same = {"type": "expect_column_values_to_be_between", "kwargs": {"column": "share", "min_value": 0}}
    uses = ["one", {"suite": "two", "severity": "warn"}]
    dataset = make_dataset(table, suites={"one": [same, same], "two": [same]}, expectations=uses)
    found = [(f.params["suite"], str(f.severity)) for f in check_suites(dataset, table) if f.code == "expectation"]
    assert found == [("one", "block"), ("one", "block"), ("two", "warn")]
    assert count_expectations(dataset, table) == 3


@pytest.mark.parametrize("limit", ["2020-01-01", "2020-01-01T00:00:00"])
@pytest.mark.parametrize("column", ["day", "moment"])
def test_dates_are_compared_as_dates(expect: Expect, column: str, limit: str) -> None:
    assert rows(expect("expect_column_values_to_be_between", column=column, min_value=limit)) == [1]
    assert (
        expect("expect_column_values_to_be_between", column=column, min_value="2019-05-01", max_value="2020-07-01")
        == []
    )
    assert [f.code for f in expect("expect_column_max_to_be_between", column=column, max_value=limit)] == [
        "expectation"
    ]


def test_dates_in_sets_are_dates_too(expect: Expect) -> None:
    assert rows(expect("expect_column_values_to_be_in_set", column="day", value_set=["2019-05-01", "2020-01-01"])) == [
        4
    ]


def test_whole_numbers_beside_gaps_stay_whole(table: Table, expect: Expect) -> None:
    frame = to_pandas(table.frame)
    assert [str(frame[name].dtype) for name in frame.columns] == [
        "str", "Int64", "Float64", "datetime64[us]", "datetime64[us]", "boolean",
    ]  # fmt: skip
    assert int(frame["count"][2]) == 9007199254740991
    known = [1, -4, 9007199254740991]
    assert expect("expect_column_values_to_be_in_set", column="count", value_set=known) == []
    assert rows(expect("expect_column_values_to_be_in_set", column="count", value_set=[1, -4, 9007199254740992])) == [3]
    assert rows(expect("expect_column_values_to_not_be_null", column="count")) == [2]


@pytest.mark.parametrize(
    ("kind", "kwargs"),
    [
        ("expect_nothing_in_particular", {}),  # no such type
        ("expect_column_values_to_not_be_null", {"column": "nowhere"}),  # no such column
        ("expect_column_values_to_be_between", {"column": "code", "min_value": 3}),  # text against a number
        ("expect_column_values_to_be_between", {"column": "count"}),  # no limit: pydantic refuses
        ("expect_column_max_to_be_between", {"column": "code", "max_value": 3}),  # raised late, in the flat form
        ("expect_table_row_count_to_equal_other_table", {"other_table_name": "x"}),  # not for this engine
    ],
)
def test_what_cannot_be_evaluated_is_a_broken_check_and_blocks(
    expect: Expect, kind: str, kwargs: dict[str, Any]
) -> None:
    findings = expect(kind, {"suite": "good", "severity": "info"}, **kwargs)
    assert [(finding.code, finding.severity) for finding in findings] == [("check-broken", Severity.BLOCK)]
    assert findings[0].params["problem"]
    assert kind in findings[0].text("en")


def test_a_broken_check_leaves_the_others_their_results(table: Table) -> None:
    asked: list[tuple[str, Mapping[str, Any]]] = [
        ("expect_column_values_to_not_be_null", {"column": "code"}),
        ("expect_column_values_to_not_be_null", {"column": "nowhere"}),
        ("expect_nothing", {}),
        ("expect_column_values_to_not_be_null", {"column": "count"}),
    ]
    outcomes = evaluate(table.frame, asked)
    assert [(outcome.met, bool(outcome.broken)) for outcome in outcomes] == [
        (True, False), (False, True), (False, True), (False, False),
    ]  # fmt: skip
    assert outcomes[3] == Outcome(False, rows=(1,), count=1)


def test_nothing_of_a_withheld_column_is_shown(table: Table, make_dataset: MakeDataset) -> None:
    written = [
        {"type": "expect_column_values_to_be_in_set", "kwargs": {"column": "code", "value_set": ["AA"]}},
        {"type": "expect_column_most_common_value_to_be_in_set", "kwargs": {"column": "code", "value_set": ["AA"]}},
    ]
    findings = check_suites(make_dataset(table, suites={"s": written}, expectations=["s"]), table, {"code"})
    assert rows(findings) == [2, 3, 4]
    assert not [finding for finding in findings if "BB" in str(finding.to_json())]


def test_the_list_of_types_is_that_of_the_library() -> None:
    from great_expectations.expectations import core  # importing it fills the registry
    from great_expectations.expectations.registry import list_registered_expectation_implementations

    assert core
    folder = Path(next(iter(pipelines.declaration.__path__)))
    listed = (folder / "expectation_types.txt").read_text("utf-8").split()
    assert listed == sorted(list_registered_expectation_implementations())


def test_great_expectations_is_imported_only_for_a_suite() -> None:
    program = """
import runpy, sys
tools = runpy.run_path(sys.argv[1])
from pipelines.checks.verdict import judge
table = tools["table_of"]({"a": {"type": "integer"}}, ["1"])
dataset = tools["dataset_of"](table, checks={"rows": {"min": 1}})
assert judge(dataset, [table], "c" * 64, {}).passed
for name in ("great_expectations", "pandas", "frictionless"):
    assert name not in sys.modules, name
"""
    conftest = Path(__file__).with_name("conftest.py")
    done = subprocess.run([sys.executable, "-c", program, str(conftest)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_an_empty_table_can_be_evaluated(make_table: MakeTable, make_dataset: MakeDataset) -> None:
    table = make_table(FIELDS)
    written = {"type": "expect_column_values_to_be_between", "kwargs": {"column": "day", "min_value": "2020-01-01"}}
    assert check_suites(make_dataset(table, suites={"s": [written]}, expectations=["s"]), table) == []
    assert to_pandas(pl.DataFrame({"a": []}, schema={"a": pl.Int64}))["a"].dtype == "Int64"
