"""The verdict: everything at once, bound to a content hash, and the same after it was kept as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from pipelines.checks.verdict import Verdict, judge
from pipelines.declaration.dataset import Dataset
from pipelines.files import canonical_json, sha256
from pipelines.findings import Finding, Place, Severity
from pipelines.tables.table import Table

MakeTable = Callable[..., Table]
MakeDataset = Callable[..., Dataset]
HASH = "c" * 64


def test_everything_is_found_at_once(make_table: MakeTable, make_dataset: MakeDataset) -> None:
    table = make_table(
        {"period": {}, "who": {"constraints": {"pattern": "[A-Z]+"}}, "n": {"type": "integer"}},
        ["1", "ion.popescu@gmail.com", "5"], ["2", "B", "x"], ["3", "C", "4"],
        primaryKey=["period"],
    )  # fmt: skip
    old = make_table({"period": {}, "who": {}, "n": {"type": "integer"}}, ["0", "A", "1"])
    suites = {"s": [{"type": "expect_column_values_to_be_between", "kwargs": {"column": "n", "min_value": 5}}]}
    checks = {"rows": {"min": 9}, "rows_lost": 0, "cumulative": [{"field": "n", "order": "period"}]}
    dataset = make_dataset(table, suites=suites, expectations=["s"], checks=checks)
    verdict = judge(dataset, [table], HASH, {"t": old.frame})
    assert {finding.code for finding in verdict.findings} == {
        "rows-too-few", "personal-email", "constraint-error", "type-error", "expectation", "expectation-row",
        "rows-lost", "series-falls",
    }  # fmt: skip
    assert {(finding.dataset, finding.resource) for finding in verdict.findings} == {("paralegals", "t")}
    assert "popescu" not in canonical_json(verdict.to_json()).decode()
    assert not verdict.passed


def test_warnings_pass(make_table: MakeTable, make_dataset: MakeDataset) -> None:
    table = make_table({"a": {}}, ["x"], ["y"])
    verdict = judge(make_dataset(table, checks={"rows": {"max": 1}}), [table], HASH, {})
    assert [finding.severity for finding in verdict.findings] == [Severity.WARN]
    assert verdict.passed
    assert (verdict.dataset, verdict.content_hash) == ("paralegals", HASH)


@pytest.mark.parametrize("extra", [{}, {"checks": {}}])
def test_a_table_without_checks_is_refused(
    make_table: MakeTable, make_dataset: MakeDataset, extra: dict[str, Any]
) -> None:
    table = make_table({"a": {}}, ["x"])
    verdict = judge(make_dataset(table, **extra), [table], HASH, {})
    assert [(finding.code, finding.severity) for finding in verdict.findings] == [("no-checks", Severity.BLOCK)]
    assert verdict.findings[0].place.file == "paralegals/datapackage.yaml"


def test_an_empty_table_blocks(make_table: MakeTable, make_dataset: MakeDataset) -> None:
    table = make_table({"a": {}})
    assert not judge(make_dataset(table, checks={"rows_lost": 0}), [table], HASH, {}).passed
    assert judge(make_dataset(table, checks={"rows": {"min": 0}}), [table], HASH, {}).passed


def test_checks_are_counted(make_table: MakeTable, make_dataset: MakeDataset) -> None:
    few = make_table({"a": {}}, ["x"])
    more = make_table({"a": {"constraints": {"required": True, "maxLength": 3}}}, ["x"], primaryKey=["a"])
    written = {"type": "expect_column_to_exist", "kwargs": {"column": "a"}}
    counted = [
        judge(make_dataset(few, checks={"rows": {"min": 1}}), [few], HASH, {}).checks,
        judge(make_dataset(more, checks={"rows": {"min": 1}}), [more], HASH, {}).checks,
        judge(
            make_dataset(more, checks={"rows": {"min": 1}}, suites={"s": [written]}, expectations=["s", "s"]),
            [more],
            HASH,
            {},
        ).checks,
    ]
    assert [each - counted[0] for each in counted] == [0, 3, 5]


def test_a_foreign_key_is_judged_across_the_tables(make_table: MakeTable, make_dataset: MakeDataset) -> None:
    parents = make_table({"id": {}}, ["a"], name="parents")
    keys = [{"fields": ["p"], "reference": {"resource": "parents", "fields": ["id"]}}]
    table = make_table({"p": {}}, ["a"], ["b"], foreignKeys=keys)
    verdict = judge(make_dataset(table, parents, checks={"rows": {"min": 1}}), [table, parents], HASH, {})
    assert [(finding.code, finding.resource, finding.row) for finding in verdict.findings] == [("foreign-key", "t", 2)]


def test_it_is_the_same_after_json(make_table: MakeTable, make_dataset: MakeDataset) -> None:
    table = make_table({"a": {"type": "integer"}, "b": {}}, ["x", "y"], [None, None])
    verdict = judge(make_dataset(table, checks={"rows": {"min": 5}}), [table], HASH, {})
    kept = json.loads(canonical_json(verdict.to_json()))
    again = Verdict.from_json(kept)
    assert again == verdict
    assert again.digest == verdict.digest == sha256(canonical_json(kept))


def test_another_finding_place_or_hash_is_another_digest() -> None:
    finding = Finding("empty-table", place=Place(file="a.csv", line=1))
    digests = {
        Verdict("d", HASH, (), 1).digest,
        Verdict("d", HASH, (finding,), 1).digest,
        Verdict("d", HASH, (Finding("empty-table", place=Place(file="a.csv", line=2)),), 1).digest,
        Verdict("d", "d" * 64, (finding,), 1).digest,
        Verdict("d", HASH, (finding,), 2).digest,
    }
    assert len(digests) == 5
