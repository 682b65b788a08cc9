"""The cases by which frictionless tests its own validation, as CSV: the errors it expects there, and its whole report.

After `resource/__spec__/test_validate*.py` and `package/__spec__/test_validate.py` of frictionless 5.21 (MIT); what is
told there of a table in memory is told here of a file. There is no difference to list.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.checks.report.cases import Case
from tests.checks.report.compare import ours, theirs

V2 = "https://datapackage.org/profiles/2.0/datapackage.json"
INVALID = "id,name,,name\n1,english\n1,english\n\n2,german,1,2,3\n"
STRUCTURE = "id,name,age\n1,Alex,21\n2,John,22\n\n1,Alex,21,a,b\n"
ID_NAME = [{"name": "id", "type": "integer"}, {"name": "name", "type": "string"}]
WORDS = "row,word\n2,a\n3,ab\n4,abc\n5,abcd\n6\n"
SCORES = "row,score\n2,1\n3,2\n4,3\n5,4\n6\n"
NESTED = [{"name": "id", "type": "integer"}, {"name": "cat", "type": "integer"}, {"name": "name", "type": "string"}]
SELF = [{"fields": "cat", "reference": {"resource": "", "fields": "id"}}]
UNIQUE = "id,name\n" + "".join(f"{number},n{number}\n" for number in [1, 2, 3, 4, 5, 6, 7, 8, 8, 10])
REORDERED = "name,id\nenglish,1\n"

Found = list[list[Any]]


@dataclass(frozen=True)
class Told:
    """A table, what its descriptor says and options; `errors`: (row, field, type) of each that frictionless expects."""

    text: str
    errors: Found
    schema: dict[str, Any] | None = None
    said: dict[str, Any] = field(default_factory=dict[str, Any])
    options: dict[str, Any] = field(default_factory=dict[str, Any])

    def case(self) -> Case:
        resource: dict[str, Any] = {"name": "t", "type": "table", "path": "t.csv", **self.said}
        if self.schema is not None:
            resource["schema"] = self.schema
        return Case({"$schema": V2, "resources": [resource]}, {"t.csv": self.text.encode()}, self.options)


def _word(**constraints: Any) -> dict[str, Any]:
    return {
        "fields": [{"name": "row", "type": "integer"}, {"name": "word", "type": "string", "constraints": constraints}]
    }


def _score(**constraints: Any) -> dict[str, Any]:
    return {
        "fields": [{"name": "row", "type": "integer"}, {"name": "score", "type": "integer", "constraints": constraints}]
    }


def _matched(names: list[str], match: str) -> dict[str, Any]:
    return {"fields": [{"name": name, "type": "string"} for name in names], "fieldsMatch": match}


LABELS: Found = [[None, 3, "blank-label"], [None, 4, "duplicate-label"]]
MISSING: Found = [[2, 3, "missing-cell"], [2, 4, "missing-cell"], [3, 3, "missing-cell"], [3, 4, "missing-cell"]]
BLANK: Found = [[4, None, "blank-row"]]
EXTRA: Found = [[5, 5, "extra-cell"]]
CONSTRAINTS = {"pick_errors": ["constraint-error"]}
PERSON = {
    "fields": [
        {"name": "id", "type": "integer", "constraints": {"required": True}},
        {"name": "name", "type": "string", "constraints": {"minLength": 3}},
        {"name": "age", "type": "integer", "constraints": {"maximum": 90}},
    ]
}

TOLD: dict[str, Told] = {
    "a table": Told("id,name\n1,english\n2,中国人\n", []),
    "invalid.csv": Told(INVALID, [*LABELS, *MISSING, *BLANK, *EXTRA]),
    "blank-headers.csv": Told("header1,,header3\nvalue1,value2,value3\n", [[None, 2, "blank-label"]]),
    "duplicate-headers.csv": Told(
        "header1,header2,header2,header4,header1\n1,2,3,4,5\n",
        [[None, 3, "duplicate-label"], [None, 5, "duplicate-label"]],
    ),
    "defective-rows.csv": Told("a,b,c\n1,2\n1,2,3,4\n", [[2, 3, "missing-cell"], [3, 4, "extra-cell"]]),
    "blank-rows.csv": Told("a,b,c\n1,2,3\n4,5,6\n,,\n7,8,9\n", BLANK),
    "blank-rows-multiple.csv": Told(
        "a,b,c\n1,2,3\n4,5,6\n" + ",,\n" * 11 + "7,8,9\n", [[number, None, "blank-row"] for number in range(4, 15)]
    ),
    "blank lines": Told("a,b,c\n1,2,3\n4,5,6\n\n\n7,8,9\n", [*BLANK, [5, None, "blank-row"]]),
    "blank-cells.csv": Told("a,b,c\n1,,3\n,5,\n", []),
    "empty.csv": Told("", [[None, None, "source-error"]]),
    "without-rows.csv": Told("id,name\n", []),
    "pick errors": Told(INVALID, [LABELS[0], *BLANK], options={"pick_errors": ["blank-label", "blank-row"]}),
    "pick errors by tag": Told(INVALID, LABELS, options={"pick_errors": ["#header"]}),
    "skip errors": Told(INVALID, [LABELS[1], *MISSING, *EXTRA], options={"skip_errors": ["blank-label", "blank-row"]}),
    "skip errors by tag": Told(INVALID, [*MISSING, *BLANK, *EXTRA], options={"skip_errors": ["#header"]}),
    "limit errors": Told(INVALID, [*LABELS, MISSING[0]], options={"limit_errors": 3}),
    "structure-errors.csv": Told(STRUCTURE, [*BLANK, [5, 4, "extra-cell"], *EXTRA]),
    "structure errors with a limit": Told(
        STRUCTURE, [*BLANK, [5, 4, "extra-cell"], *EXTRA], options={"limit_errors": 3}
    ),
    "a label of two lines": Told('"a\nb",c\n1,2\n', []),
    "an enum that is not required": Told(
        "a,b\n,1\nx,2\n",
        [],
        {"fields": [{"name": "a", "type": "string", "constraints": {"enum": ["x"]}}, {"name": "b", "type": "integer"}]},
    ),
    "utf-8 named": Told("id,name\n1,șț\n", [], said={"encoding": "utf-8"}),
    "no heading": Told("1,english\n2,german\n", [], {"fields": ID_NAME}, {"dialect": {"header": False}}),
    "extra labels and cells": Told("id,name\n1,a\n2,b\n", [[None, 2, "extra-label"]], {"fields": ID_NAME[:1]}),
    "schema-errors.csv": Told(
        "id,name,age\n1,Alex,21\n2,John,22\nbad,Al,91\n3,Jo,92\n",
        [[4, 1, "type-error"], [4, 2, "constraint-error"], [4, 3, "constraint-error"]],
        PERSON,
        options={"pick_errors": ["#row"], "limit_errors": 3},
    ),
    "minLength": Told(WORDS, [[2, 2, "constraint-error"]], _word(minLength=2), options=CONSTRAINTS),
    "maxLength": Told(
        WORDS, [[4, 2, "constraint-error"], [5, 2, "constraint-error"]], _word(maxLength=2), options=CONSTRAINTS
    ),
    "minimum": Told(SCORES, [[2, 2, "constraint-error"]], _score(minimum=2), options=CONSTRAINTS),
    "maximum": Told(
        SCORES, [[4, 2, "constraint-error"], [5, 2, "constraint-error"]], _score(maximum=2), options=CONSTRAINTS
    ),
    "exclusive bounds": Told(
        SCORES,
        [[2, 2, "constraint-error"], [5, 2, "constraint-error"]],
        _score(exclusiveMinimum=1, exclusiveMaximum=4),
        options=CONSTRAINTS,
    ),
    "nested.csv": Told(
        "id,cat,name\n1,,England\n2,,France\n3,1,London\n4,2,Paris\n", [], {"fields": NESTED, "foreignKeys": SELF}
    ),
    "nested-invalid.csv": Told(
        "id,cat,name\n1,,England\n2,,France\n3,1,London\n4,2,Paris\n5,6,Rome\n",
        [[6, None, "foreign-key"]],
        {"fields": NESTED, "foreignKeys": SELF},
    ),
    "unique-field.csv": Told(
        UNIQUE,
        [[10, 1, "unique-error"], [10, None, "primary-key"]],
        {"fields": [{**ID_NAME[0], "constraints": {"unique": True}}, ID_NAME[1]], "primaryKey": "id"},
    ),
    "unique and type": Told(
        "id,n\na1,100\na2,bad\na3,100\na4,0\na5,0\n",
        [[3, 2, "type-error"], [4, 2, "unique-error"], [6, 2, "unique-error"]],
        {
            "fields": [
                {"name": "id", "type": "string"},
                {"name": "n", "type": "number", "constraints": {"unique": True}},
            ]
        },
    ),
    "composite key": Told(
        "id,name\n1,Alex\n1,John\n,Paul\n1,John\n,\n",
        [[5, None, "primary-key"], [6, None, "blank-row"], [6, None, "primary-key"]],
        {"fields": ID_NAME, "primaryKey": ["id", "name"]},
    ),
    "composite key that is unique": Told(
        "id,name\n1,Alex\n1,John\n2,Alex\n", [], {"fields": ID_NAME, "primaryKey": ["id", "name"]}
    ),
    "a required field that is not there": Told(
        "id,name\n1,a\n",
        [[None, 3, "missing-label"]],
        {"fields": [*ID_NAME, {"name": "bad", "type": "any", "constraints": {"required": True}}]},
    ),
    "a missing label and a short row": Told(
        "a,b\n1\n", [[None, 3, "missing-label"], [2, 2, "missing-cell"]], {"fields": [{"name": name} for name in "abc"]}
    ),
    **{
        f"a key that is not there: {name}": Told(
            "id\n1\n2\n", [[None, 2, "missing-label"]], schema, {"dialect": {"headerCase": False}}
        )
        for name, schema in {
            "unique": {"fields": [{"name": "id"}, {"name": "gone", "constraints": {"unique": True}}]},
            "primary": {"fields": [{"name": "id"}, {"name": "gone"}], "primaryKey": "gone"},
            "foreign": {
                "fields": [{"name": "id"}, {"name": "gone"}],
                "foreignKeys": [{"fields": "gone", "reference": {"resource": "", "fields": "id"}}],
            },
        }.items()
    },
    "labels twice, matched by name": Told("a,a\n1,2\n", [[None, None, "error"]], _matched(["a"], "partial")),
    "labels that differ by case": Told(
        "Name,name\na,b\n", [[None, None, "error"]], _matched(["name"], "partial"), {"dialect": {"headerCase": False}}
    ),
    "heading without case": Told(
        "AA,bb\na,b\n", [], _matched(["aa", "BB"], "equal"), {"dialect": {"headerCase": False}}
    ),
    "heading with case": Told("AA,bb\na,b\n", [[None, None, "unmatched-header"]], _matched(["aa", "BB"], "partial")),
    "exact, another order": Told(
        REORDERED, [[None, 1, "incorrect-label"], [None, 2, "incorrect-label"]], _matched(["id", "name"], "exact")
    ),
    **{
        f"{match}, another order": Told(REORDERED, [], _matched(["id", "name"], match))
        for match in ("equal", "subset", "superset", "partial")
    },
    **{
        f"{match}, one more": Told(REORDERED, [[None, 2, "extra-label"]], _matched(["name"], match))
        for match in ("exact", "equal", "superset")
    },
    **{f"{match}, one more": Told(REORDERED, [], _matched(["name"], match)) for match in ("subset", "partial")},
    **{
        f"{match}, one less": Told(REORDERED, [[None, 3, "missing-label"]], _matched(["name", "id", "more"], match))
        for match in ("exact", "equal", "subset")
    },
    **{
        f"{match}, one less": Told(REORDERED, [], _matched(["name", "id", "more"], match))
        for match in ("superset", "partial")
    },
    "a geopoint that is required": Told(
        'a\n"1,2"\n"200,1"\n',
        [[3, 1, "type-error"]],
        {"fields": [{"name": "a", "type": "geopoint", "constraints": {"required": True}}]},
    ),
    "numbers with groups": Told(
        'a\n"1,000.5"\n"1,0,0"\nx\n',
        [[4, 1, "type-error"]],
        {"fields": [{"name": "a", "type": "number", "groupChar": ","}]},
    ),
    "bytes as told": Told("id,name\n1,english\n2,中国人\n", [], said={"bytes": 30}),
    "bytes otherwise": Told("id,name\n1,english\n2,中国人\n", [[None, None, "byte-count"]], said={"bytes": 40}),
    "hash as told": Told("id,name\n1,english\n2,中国人\n", [], said={"hash": "6c2c61dd9b0e9c6876139a449ed87933"}),
    "hash otherwise": Told("id,name\n1,english\n2,中国人\n", [[None, None, "hash-count"]], said={"hash": "bad"}),
    "sha256 as told": Told(
        "id,name\n1,english\n2,中国人\n",
        [],
        said={"hash": "sha256:a1fd6c5ff3494f697874deeb07f69f8667e903dd94a7bc062dd57550cea26da8"},
    ),
    "comments": Told("id,name\n#1,x\n1,a\n", [], {"fields": ID_NAME}, {"dialect": {"commentChar": "#"}}),
    "semicolons": Told(
        "id;name\n1;a\nx;b\n", [[3, 1, "type-error"]], {"fields": ID_NAME}, {"dialect": {"delimiter": ";"}}
    ),
    "rows limited": Told(
        "id,name\n1,a\nx,b\ny,c\n", [[3, 1, "type-error"]], {"fields": ID_NAME}, options={"limit_rows": 2}
    ),
    "a bad primary key": Told(
        "id,name\n1,a\n", [[None, None, "schema-error"]], {"fields": ID_NAME, "primaryKey": ["bad"]}
    ),
    "a bad constraint": Told(
        "id\n1\n",
        [[None, None, "field-error"]],
        {"fields": [{"name": "id", "type": "integer", "constraints": {"minLength": 1}}]},
    ),
    "an unsafe path": Told("id\n1\n", [[None, None, "resource-error"]], said={"path": "../t.csv"}),
    "no such file": Told("id\n1\n", [[None, None, "scheme-error"]], said={"path": "gone.csv"}),
    "no such compression": Told("id\n1\n", [[None, None, "compression-error"]], said={"compression": "bad"}),
}


def _errors(report: Any) -> Found:
    return [
        [error.get("rowNumber"), error.get("fieldNumber"), error["type"]]
        for part in (report, *report["tasks"])
        for error in part["errors"]
    ]


@pytest.mark.parametrize("name", TOLD)
def test_frictionless_own_cases(name: str, tmp_path: Path) -> None:
    told = TOLD[name]
    case = told.case()
    path = case.write(tmp_path)
    report = ours(path, case.options)
    assert report == theirs(path, case.options)
    assert [[None, *each[1:]] if each[2].endswith("-label") else each for each in _errors(report)] == told.errors


MAIN = {"fields": [{"name": "id", "type": "integer"}, {"name": "from"}, {"name": "to"}]}
KEYS = [{"fields": name, "reference": {"resource": "people", "fields": "label"}} for name in ("from", "to")]
PEOPLE = "label,population\na,1\nb,2\n"


@pytest.mark.parametrize(
    ("rows", "keys", "errors"),
    [
        ("1,a,b\n2,b,a\n", KEYS, []),
        ("1,a,b\n2,c,a\n3,c,d\n", KEYS, [[3, "foreign-key"], [4, "foreign-key"], [4, "foreign-key"]]),
        (
            "1,a,b\n",
            [{"fields": "from", "reference": {"resource": "gone", "fields": "label"}}],
            [[None, "resource-error"]],
        ),
        ("1,,b\n2,a,\n", KEYS, []),
        (
            "1,a,a\n2,b,a\n",
            [{"fields": ["from", "to"], "reference": {"resource": "people", "fields": ["label", "label"]}}],
            [[3, "foreign-key"]],
        ),
    ],
)
@pytest.mark.parametrize("inline", [False, True])
def test_frictionless_own_packages_with_foreign_keys(
    rows: str, keys: list[Any], errors: Found, inline: bool, tmp_path: Path
) -> None:
    people: dict[str, Any] = {"name": "people", "type": "table"}
    people |= {"data": [line.split(",") for line in PEOPLE.split()]} if inline else {"path": "people.csv"}
    main = {"name": "main", "type": "table", "path": "main.csv", "schema": {**MAIN, "foreignKeys": keys}}
    files = {"main.csv": f"id,from,to\n{rows}".encode(), "people.csv": PEOPLE.encode()}
    path = Case({"$schema": V2, "resources": [main, people]}, files, {}).write(tmp_path)
    report = ours(path, {})
    assert report == theirs(path, {})
    assert [[row, code] for row, _, code in _errors(report)] == errors
