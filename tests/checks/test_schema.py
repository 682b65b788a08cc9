"""A table against its Table Schema: each code, where it points, what it says."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from pipelines.checks.schema import check_schema
from pipelines.checks.words import MOST_FINDINGS
from pipelines.findings import Finding
from pipelines.languages import LANGUAGES
from pipelines.tables.table import Table

MakeTable = Callable[..., Table]
CONSTRAINT = "constraint-error"


def found(table: Table, *others: Table) -> list[Finding]:
    return check_schema(table, {each.name: each for each in (table, *others)})


def brief(findings: Sequence[Finding]) -> list[tuple[str, int | None, str]]:
    return [(finding.code, finding.row, finding.field) for finding in findings]


@pytest.mark.parametrize(
    ("said", "good", "bad", "code", "note"),
    [
        ({"type": "integer"}, "12", "12,5%", "type-error", 'type is "integer/default"'),
        ({"type": "number"}, "1.5", "x", "type-error", 'type is "number/default"'),
        ({"type": "boolean"}, "true", "da", "type-error", 'type is "boolean/default"'),
        ({"type": "date"}, "2020-02-29", "2021-02-29", "type-error", 'type is "date/default"'),
        ({"type": "time"}, "08:00:00", "24:01:00", "type-error", 'type is "time/default"'),
        ({"type": "datetime"}, "2020-01-01T08:00:00Z", "ieri", "type-error", 'type is "datetime/default"'),
        ({"type": "year"}, "2020", "20200", "type-error", 'type is "year/default"'),
        ({"type": "yearmonth"}, "2020-01", "2020-13", "type-error", 'type is "yearmonth/default"'),
        ({"format": "uuid"}, "123e4567-e89b-12d3-a456-426614174000", "x", "type-error", 'type is "string/uuid"'),
        ({"constraints": {"required": True}}, "a", None, CONSTRAINT, 'constraint "required" is "True"'),
        ({"type": "integer", "constraints": {"minimum": 0}}, "0", "-1", CONSTRAINT, 'constraint "minimum" is "0"'),
        ({"type": "number", "constraints": {"exclusiveMaximum": 0.2}}, "0.1", "0.2", CONSTRAINT, None),
        ({"type": "year", "constraints": {"exclusiveMinimum": 2019}}, "2020", "2019", CONSTRAINT, None),
        ({"type": "date", "constraints": {"maximum": "2020-01-31"}}, "2020-01-31", "2020-02-01", CONSTRAINT, None),
        ({"type": "time", "constraints": {"minimum": "08:00:00"}}, "08:00:00", "07:59:59", CONSTRAINT, None),
        ({"type": "yearmonth", "constraints": {"maximum": "2020-06"}}, "2020-06", "2020-07", CONSTRAINT, None),
        (
            {"type": "datetime", "constraints": {"minimum": "2020-01-01T00:00:00Z"}},
            "2020-01-01T00:00:00Z", "2019-12-31T23:59:59Z", CONSTRAINT, None,
        ),
        ({"constraints": {"minLength": 2}}, "șș", "ș", CONSTRAINT, 'constraint "minLength" is "2"'),
        ({"constraints": {"maxLength": 2}}, "șș", "șșș", CONSTRAINT, 'constraint "maxLength" is "2"'),
        ({"constraints": {"pattern": "[A-Z]{2}"}}, "AB", "ABC", CONSTRAINT, 'constraint "pattern" is "[A-Z]{2}"'),
        ({"constraints": {"enum": ["a", "b"]}}, "a", "c", CONSTRAINT, None),
        ({"type": "integer", "constraints": {"enum": [1, 2]}}, "2", "3", CONSTRAINT, None),
        ({"categories": [{"value": "c", "label": "City"}]}, "c", "C", CONSTRAINT, None),
        # what frictionless lets through
        ({"type": "integer"}, "10", "1_0", "form-error", None),
        ({"type": "number"}, "10", "NaN", "form-error", None),
        ({"type": "number"}, "10", "INF", "form-error", None),
        ({"type": "date"}, "2024-01-05", "2024-1-5", "form-error", None),
        ({"type": "integer"}, "9007199254740992", "9007199254740993", "integer-too-large", None),
        ({"type": "integer"}, "1", "99999999999999999999", "integer-too-large", None),
        ({"type": "number"}, "0.123456789012345", "0.1234567890123456", "number-precision", None),
        ({"constraints": {"pattern": "a|b"}}, "a", "aXX", "pattern-not-whole", None),
        (
            {"categories": [{"value": "c", "label": "City"}], "constraints": {"enum": ["c", "d"]}},
            "c", "d", "category-error", None,
        ),
    ],
)  # fmt: skip
def test_a_wrong_cell_is_found_with_its_code_its_place_and_words_in_three_languages(
    make_table: MakeTable, said: Mapping[str, Any], good: str, bad: str | None, code: str, note: str | None
) -> None:
    table = make_table({"a": said, "other": {}}, [good, "x"], [bad, "y"], [good, "z"])
    findings = found(table)
    assert brief(findings) == [(code, 2, "a")]
    assert findings[0].place.text("en") == "t.csv:3, column 'a'"
    assert findings[0].resource == "t"
    if note:
        assert findings[0].params["note"] == note
    texts = [findings[0].text(language) for language in LANGUAGES]
    assert len(set(texts)) == 3
    if bad:
        assert all(bad in text for text in texts)


def test_the_words_say_what_was_expected_and_what_to_do(make_table: MakeTable) -> None:
    table = make_table(
        {"a": {"type": "integer"}, "b": {"constraints": {"enum": ["Bălți", "Cahul"]}}}, ["12,5%", "Balti"]
    )
    assert [finding.text("en") for finding in found(table)] == [
        "'12,5%' - a whole number was expected; write digits alone, like 1250",
        "'Balti' - one of these was expected: Bălți, Cahul; did you mean 'Bălți'?",
    ]


def test_a_type_error_hides_the_constraints_of_its_cell_and_no_others(make_table: MakeTable) -> None:
    table = make_table(
        {
            "a": {"type": "integer", "constraints": {"minimum": 5}},
            "b": {"type": "integer", "constraints": {"minimum": 5}},
        },
        ["x", "1"],
    )
    assert brief(found(table)) == [("type-error", 1, "a"), (CONSTRAINT, 1, "b")]


def test_a_pattern_that_polars_does_not_know_is_judged_by_python(make_table: MakeTable) -> None:
    table = make_table({"a": {"constraints": {"pattern": r"(?=A)\w\s"}}, "b": {}}, ["A ", "x"], ["B ", "x"])
    assert brief(found(table)) == [(CONSTRAINT, 2, "a")]


def test_a_blank_row_is_a_blank_row_and_not_many_empty_cells(make_table: MakeTable) -> None:
    table = make_table({"a": {"constraints": {"required": True}}, "b": {}}, ["x", "y"], [None, None])
    assert brief(found(table)) == [("blank-row", 2, "")]
    assert found(table)[0].place.line == 3


def test_a_repeated_value_of_a_unique_field_names_the_row_before(make_table: MakeTable) -> None:
    table = make_table(
        {"a": {"type": "number", "constraints": {"unique": True}}, "b": {}},
        ["1", "x"], [None, "x"], ["1.0", "x"], [None, "x"], ["1.00", "x"],
    )  # fmt: skip
    findings = found(table)
    assert brief(findings) == [("unique-error", 3, "a"), ("unique-error", 5, "a")]
    assert [finding.params["note"] for finding in findings] == [
        "the same as in the row at position 2",
        "the same as in the row at position 4",
    ]
    assert "row 1" in findings[0].text("en")


def test_primary_keys_repeated_empty_and_partly_empty(make_table: MakeTable) -> None:
    table = make_table(
        {"a": {}, "b": {"type": "integer"}, "c": {}},
        ["x", "1", "?"], ["x", "1", "?"], [None, None, "?"], ["y", None, "?"],
        primaryKey=["a", "b"],
    )  # fmt: skip
    findings = found(table)
    assert brief(findings) == [("primary-key", 2, "a, b"), ("primary-key", 3, "a, b"), ("primary-key-empty", 4, "b")]
    assert findings[1].params["note"] == 'cells composing the primary keys are all "None"'
    assert findings[2].place.column == "b"


def test_unique_keys_let_rows_with_a_gap_repeat(make_table: MakeTable) -> None:
    rows = [["x", "1"], ["x", "1"], ["x", None], ["x", None]]
    assert brief(found(make_table({"a": {}, "b": {}}, *rows, uniqueKeys=[["a", "b"]]))) == [("unique-key", 2, "a, b")]


def test_a_foreign_key_finds_its_row_in_another_table_or_its_own(make_table: MakeTable) -> None:
    parents = make_table({"id": {"type": "integer"}}, ["1"], ["2"], name="parents")
    keys = [
        {"fields": ["p"], "reference": {"resource": "parents", "fields": ["id"]}},
        {"fields": ["above"], "reference": {"fields": ["name"]}},
    ]
    table = make_table(
        {"name": {}, "p": {"type": "number"}, "above": {}},
        ["a", "1", None], ["b", "3", "a"], ["c", None, "z"],
        foreignKeys=keys,
    )  # fmt: skip
    findings = found(table, parents)
    assert brief(findings) == [("foreign-key", 2, "p"), ("foreign-key", 3, "above")]
    assert findings[0].params["note"] == 'for "p": values "3" not found in the lookup table "parents" as "id"'
    assert "'t'" in findings[1].text("en")


def test_a_foreign_key_between_text_and_numbers_never_matches(make_table: MakeTable) -> None:
    parents = make_table({"id": {"type": "integer"}}, ["1"], name="parents")
    keys = [{"fields": ["p"], "reference": {"resource": "parents", "fields": ["id"]}}]
    assert brief(found(make_table({"p": {}, "q": {}}, ["1", "x"], foreignKeys=keys), parents)) == [
        ("foreign-key", 1, "p")
    ]


def test_beyond_a_thousand_findings_one_says_that_there_are_more(make_table: MakeTable) -> None:
    findings = found(
        make_table({"a": {"type": "integer", "constraints": {"unique": True}}}, *[["x"]] * 800, *[["1"]] * 800)
    )
    assert len(findings) == MOST_FINDINGS + 1
    assert [finding.row for finding in findings[:-1]] == sorted(finding.row or 0 for finding in findings[:-1])
    assert {finding.code for finding in findings[:-1]} == {"type-error", "unique-error"}
    assert findings[-1].code == "findings-cut"


def test_what_is_withheld_is_never_shown(make_table: MakeTable) -> None:
    secret = "Ion Popescu"
    said = {"constraints": {"unique": True, "pattern": "[0-9]+"}}
    keys = [{"fields": ["who"], "reference": {"fields": ["b"]}}]
    table = make_table({"who": said, "b": {}}, [secret, "x"], [secret, "y"], primaryKey=["who"], foreignKeys=keys)
    findings = check_schema(table, {"t": table}, {"who"})
    assert {f.code for f in findings} == {CONSTRAINT, "unique-error", "primary-key", "foreign-key"}
    assert not [finding for finding in findings if secret in str(finding.to_json())]


def test_a_clean_table_does_not_import_frictionless() -> None:
    program = """
import sys
import polars as pl
from pipelines.checks.schema import check_schema
from pipelines.declaration.model import Schema
from pipelines.tables.table import Table
limits = {"unique": True, "minimum": 0}
fields = [{"name": "a", "type": "integer", "constraints": limits}, {"name": "b", "type": "string"}]
schema = Schema.model_validate({"fields": fields, "primaryKey": ["a"]})
frame = pl.DataFrame({"a": [1, 2], "b": ["x", None]})
table = Table("t", schema, frame, frame.cast(pl.String))
assert check_schema(table, {"t": table}) == []
assert "frictionless" not in sys.modules
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
