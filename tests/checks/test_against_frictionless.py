"""Our findings are frictionless' own: the same tables, written as CSV, are validated by it and compared."""

from __future__ import annotations

import csv
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from frictionless import Package
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from pipelines.checks.schema import check_schema
from pipelines.declaration.published import published_schema
from pipelines.tables.table import Table

MakeTable = Callable[..., Table]
CELL_CODES = {"type-error", "constraint-error", "blank-row"}
KEY_CODES = {"unique-error", "primary-key", "foreign-key"}
OURS = {"form-error", "integer-too-large", "number-precision", "pattern-not-whole", "primary-key-empty", "unique-key"}

# Per type: ordinary texts, odd ones, and constraints to choose from.
KINDS: dict[str, tuple[list[str], list[str], list[dict[str, Any]]]] = {
    "string": (
        ["a", "b", "AB", "ABC", "ș", "țț", "a b"],
        ["aXX", "b\t", "1", "ＡＢ", "٣"],
        [
            {"pattern": "[A-Z]{2}"}, {"pattern": "a|b"}, {"pattern": r"\w+"}, {"pattern": r"(?=a)\S+"},
            {"pattern": r"\d*"}, {"minLength": 2}, {"maxLength": 2}, {"enum": ["a", "ș"]},
        ],
    ),
    "integer": (
        ["0", "1", "2", "-3", "007", "12"],
        ["1_0", "x", "1.0", "1e3", "12,5%", "9007199254740993", "99999999999999999999", "٣"],
        [{"minimum": 0}, {"maximum": 2}, {"exclusiveMinimum": 1}, {"exclusiveMaximum": 2}, {"enum": [1, 7]}],
    ),
    "number": (
        ["0", "1", "1.0", "1.50", "-2.5", "0.1", "1e3", "-0"],
        ["NaN", "INF", "2_0", "1,5", "x", ".", "0.10000000000000001", "12345678901234567890", "1e400"],
        [{"minimum": 0}, {"maximum": 0.1}, {"exclusiveMinimum": 1}, {"exclusiveMaximum": 1.5}, {"enum": [1, 1.5]}],
    ),
    "boolean": (["true", "false"], ["da", "yes"], [{"enum": [True]}]),
    "date": (
        ["2020-01-01", "2020-02-29", "2021-12-31"],
        ["2021-02-29", "2020-1-5", "01.02.2020"],
        [{"minimum": "2020-02-01"}, {"maximum": "2020-12-31"}, {"exclusiveMinimum": "2020-01-01"}],
    ),
    "time": (["08:00:00", "23:59:59"], ["24:01:00", "8:00", "08:00:00.5"], [{"minimum": "09:00:00"}]),
    "datetime": (
        ["2020-01-01T00:00:00Z", "2020-01-01T08:30:00.500Z"],
        ["2020-01-01", "2020-01-01T25:00:00Z", "2020-01-01T00:00:00+02:00"],
        [{"maximum": "2020-01-01T01:00:00Z"}],
    ),
    "year": (["2019", "2020", "0999"], ["999", "20200", "x", "+200"], [{"minimum": 2020}, {"enum": [2019]}]),
    "yearmonth": (["2020-01", "2020-12", "1999-06"], ["2020-13", "20-1", "2020-1"], [{"minimum": "2020-02"}]),
}  # fmt: skip


@st.composite
def a_field(draw: DrawFn) -> tuple[dict[str, Any], list[str]]:
    """What a declaration says of a field, and the texts that its cells are chosen from."""
    kind = draw(st.sampled_from(sorted(KINDS)))
    ordinary, odd, limits = KINDS[kind]
    constraints: dict[str, Any] = {}
    for limit in draw(st.lists(st.sampled_from(limits), max_size=2)):
        constraints |= limit
    for flag in ("required", "unique"):
        if draw(st.integers(0, 3)) == 0:
            constraints[flag] = True
    return {"type": kind, "constraints": constraints}, ordinary + (odd if draw(st.booleans()) else [])


@st.composite
def tables(draw: DrawFn) -> tuple[dict[str, Any], list[list[str | None]], dict[str, Any]]:
    """Fields, rows and keys of a table whose foreign key looks into itself or into a table with one column."""
    drawn = draw(st.lists(a_field(), min_size=2, max_size=4))
    names = ["a", "b", "c", "d"][: len(drawn)]
    cells: list[SearchStrategy[str | None]] = [st.sampled_from([*texts, *texts, None]) for _, texts in drawn]
    rows = draw(st.lists(st.tuples(*cells).map(list), max_size=8))
    keys: dict[str, Any] = {}
    if draw(st.booleans()):
        keys["primaryKey"] = draw(st.lists(st.sampled_from(names), min_size=1, max_size=2, unique=True))
    if draw(st.booleans()):
        field, there = draw(st.sampled_from(names)), draw(st.sampled_from([*names, "id"]))
        kinds = {name: said["type"] for name, (said, _) in zip(names, drawn, strict=True)} | {"id": "string"}
        # Python holds that False is 0; a key from yes and no to a number is nonsense in any case.
        if kinds[field] == kinds[there] or "boolean" not in (kinds[field], kinds[there]):
            reference = {"resource": "other", "fields": ["id"]} if there == "id" else {"fields": [there]}
            keys["foreignKeys"] = [{"fields": [field], "reference": reference}]
    return dict(zip(names, (said for said, _ in drawn), strict=True)), rows, keys


def theirs(folder: Path, written: Sequence[Table]) -> Counter[tuple[str, int, str, str]]:
    """What frictionless finds in the first of these tables, published as CSV."""
    resources: list[dict[str, Any]] = []
    for table in written:
        with (folder / f"{table.name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(table.texts.columns)
            writer.writerows(table.texts.rows())
        schema = published_schema(table.schema)
        resources.append({"name": table.name, "type": "table", "path": f"{table.name}.csv", "schema": schema})
    descriptor = {"$schema": "https://datapackage.org/profiles/2.0/datapackage.json", "resources": resources}
    report = Package.from_descriptor(descriptor, basepath=str(folder)).validate()
    assert not report.errors, report.errors
    found: Counter[tuple[str, int, str, str]] = Counter()
    for kind, row, field, note in report.tasks[0].flatten(["type", "rowNumber", "fieldName", "note"]):
        found[(kind, row, field or "", note)] += 1
    return found


@settings(max_examples=150, deadline=None)
@given(drawn=tables(), parents=st.lists(st.sampled_from(["a", "b", "1", "2020"]), max_size=3))
def test_what_frictionless_finds_is_found_and_nothing_more_but_in_codes_of_ours(
    make_session_table: MakeTable,
    drawn: tuple[dict[str, Any], list[list[str | None]], dict[str, Any]],
    parents: list[str],
) -> None:
    fields, rows, keys = drawn
    table = make_session_table(fields, *rows, **keys)
    other = make_session_table({"id": {}, "x": {}}, *[[each, "x"] for each in parents], name="other")
    findings = check_schema(table, {"t": table, "other": other})
    codes = {finding.code for finding in findings}
    assert codes <= CELL_CODES | KEY_CODES | OURS
    # What we refuse to read is no value for our keys, and a value for those of frictionless.
    compared = CELL_CODES if codes & {"form-error", "integer-too-large", "number-precision"} else CELL_CODES | KEY_CODES
    ours: Counter[tuple[str, int, str, str]] = Counter()
    for finding in findings:
        if finding.code in compared:
            keyed = finding.code in ("primary-key", "foreign-key")
            note = "" if finding.code == "foreign-key" else str(finding.params["note"])
            ours[(finding.code, (finding.row or 0) + 1, "" if keyed else finding.field, note)] += 1
    with tempfile.TemporaryDirectory() as folder:
        expected: Counter[tuple[str, int, str, str]] = Counter()
        for (kind, row, field, note), count in theirs(Path(folder), [table, other]).items():
            if kind in compared:
                expected[(kind, row, field, "" if kind == "foreign-key" else note)] += count
    assert ours == expected
