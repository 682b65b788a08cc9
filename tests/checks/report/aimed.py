"""Cases aimed at one error type each, over all field types at once, and which pairs of the two a report holds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from pipelines.checks.report.lookup import COMPARED
from tests.checks.report.cases import PROFILE, Case, as_csv
from tests.checks.report.kinds import KINDS, TYPES, Kind

ABLE = sorted({kind.type for kind in KINDS if kind.key})
WITHOUT_FIELD = [""]


def _of_each_type(chance: Random, types: Sequence[str]) -> list[Kind]:
    return [chance.choice([kind for kind in KINDS if kind.type == name]) for name in chance.sample(types, len(types))]


def _fields(kinds: Sequence[Kind], constraints: Sequence[dict[str, Any]] = ()) -> list[dict[str, Any]]:
    fields = [{"name": f"f{number}", "type": kind.type, **kind.said} for number, kind in enumerate(kinds)]
    for field, constraint in zip(fields, constraints, strict=False):
        field["constraints"] = constraint
    return fields


def _rows(chance: Random, kinds: Sequence[Kind], count: int) -> list[list[str]]:
    return [[chance.choice(kind.good) for kind in kinds] for _ in range(count)]


def _case(chance: Random, fields: list[dict[str, Any]], labels: list[str], rows: list[list[str]], **said: Any) -> Case:
    schema = {"fields": fields, **said.pop("schema", {})}
    resource = {"name": "t", "type": "table", "path": "t.csv", "encoding": "utf-8", "schema": schema, **said}
    # the heading is told, so that it is not looked for among ragged rows
    resource.setdefault("dialect", {"headerRows": [1], "delimiter": ",", "quoteChar": '"'})
    return Case({"$schema": PROFILE, "resources": [resource]}, {"t.csv": as_csv(chance, [labels, *rows])}, {})


def _names(fields: Sequence[dict[str, Any]]) -> list[str]:
    return [field["name"] for field in fields]


def _bad_cells(chance: Random) -> Case:
    kinds = _of_each_type(chance, TYPES)
    rows = _rows(chance, kinds, chance.randint(1, 4))
    for column, kind in enumerate(kinds):
        for row in chance.sample(rows, chance.randint(1, len(rows))):
            row[column] = chance.choice(kind.bad or kind.good)
    fields = _fields(kinds)
    return _case(chance, fields, _names(fields), rows)


def _beyond_limits(chance: Random) -> Case:
    kinds = _of_each_type(chance, TYPES)
    constraints: list[dict[str, Any]] = [dict(chance.choice(kind.limits)) for kind in kinds]
    for constraint in constraints:
        if chance.random() < 0.3:
            constraint["required"] = True
    rows = _rows(chance, kinds, chance.randint(3, 6))
    for row in rows:
        for column in range(len(kinds)):
            if chance.random() < 0.2:
                row[column] = ""
    fields = _fields(kinds, constraints)
    return _case(chance, fields, _names(fields), rows)


def _repeated_cells(chance: Random) -> Case:
    kinds = _of_each_type(chance, ABLE)
    rows = _rows(chance, kinds, chance.randint(1, 4))
    rows += [list(row) for row in chance.sample(rows, chance.randint(1, len(rows)))]
    fields = _fields(kinds, [{"unique": True}] * len(kinds))
    return _case(chance, fields, _names(fields), rows)


def _repeated_keys(chance: Random) -> Case:
    kinds = _of_each_type(chance, ABLE)[:4]
    rows = _rows(chance, kinds, chance.randint(1, 5))
    rows += [list(row) for row in chance.sample(rows, chance.randint(1, len(rows)))]
    if chance.random() < 0.3:
        rows.append(["" for _ in kinds])
    fields = _fields(kinds)
    key = chance.sample(_names(fields), chance.choice([1, 4, 4, 4]))
    return _case(chance, fields, _names(fields), rows, schema={"primaryKey": key})


def _strangers(chance: Random) -> Case:
    apart = chance.random() < 0.5  # one type alone that we cannot compare for certain makes the table frictionless'
    kinds = _of_each_type(chance, [name for name in ABLE if (name in COMPARED) == apart])
    rows = _rows(chance, kinds, chance.randint(2, 8))
    fields = _fields(kinds)
    known = [list(row) for row in rows[chance.randint(1, len(rows)) :]]
    there = [{**field, "name": f"k{number}"} for number, field in enumerate(fields)]
    keys = [
        {"fields": [ours["name"]], "reference": {"resource": "p", "fields": [theirs["name"]]}}
        for ours, theirs in zip(fields, there, strict=True)
    ]
    case = _case(chance, fields, _names(fields), rows, schema={"foreignKeys": keys})
    parent = {**case.descriptor["resources"][0], "name": "p", "path": "p.csv", "schema": {"fields": there}}
    case.descriptor["resources"].append(parent)
    return Case(case.descriptor, {**case.files, "p.csv": as_csv(chance, [_names(there), *known])}, {})


def _ragged(chance: Random) -> Case:
    kinds = _of_each_type(chance, TYPES)
    rows = _rows(chance, kinds, chance.randint(2, 5))
    del rows[chance.randrange(len(rows))][chance.randint(0, 1) :]
    rows[chance.randrange(len(rows))] += ["more"] * chance.randint(0, 20)
    chance.shuffle(rows)
    fields = _fields(kinds)
    return _case(chance, fields, _names(fields), rows)


def _long(chance: Random) -> Case:
    kinds = _of_each_type(chance, TYPES)[:3]
    rows = [row + ["", "more"][: chance.randint(1, 2)] for row in _rows(chance, kinds, chance.randint(1, 4))]
    fields = _fields(kinds)
    return _case(chance, fields, _names(fields), rows)


def _blank(chance: Random) -> Case:
    kinds = _of_each_type(chance, TYPES)[:3]
    rows = [row if chance.random() < 0.5 else [""] * chance.choice([0, 3]) for row in _rows(chance, kinds, 6)]
    fields = _fields(kinds)
    return _case(chance, fields, _names(fields), [*rows, ["", "", ""]])


def _headed(change: Callable[[Random, list[str]], list[str]]) -> Callable[[Random], Case]:
    """Cases with the heading changed."""

    def make(chance: Random) -> Case:
        kinds = _of_each_type(chance, TYPES)
        fields = _fields(kinds)
        return _case(chance, fields, change(chance, _names(fields)), _rows(chance, kinds, chance.randint(0, 3)))

    return make


def _counted(name: str, wrong: str | int) -> Callable[[Random], Case]:
    """Cases whose descriptor states what is not so."""

    def make(chance: Random) -> Case:
        kinds = _of_each_type(chance, TYPES)[:3]
        fields = _fields(kinds)
        case = _case(chance, fields, _names(fields), _rows(chance, kinds, chance.randint(1, 4)))
        case.descriptor["resources"][0][name] = wrong
        return case

    return make


def _unmatched(chance: Random) -> Case:
    kinds = _of_each_type(chance, TYPES)[:3]
    schema = {"fieldsMatch": "partial"}
    return _case(chance, _fields(kinds), ["x", "y", "z"], _rows(chance, kinds, chance.randint(0, 4)), schema=schema)


# What each error type can be about, and how such cases are made.
AIMED: dict[str, tuple[Sequence[str], Callable[[Random], Case]]] = {
    "type-error": ([name for name in TYPES if name != "any"], _bad_cells),
    "constraint-error": (TYPES, _beyond_limits),
    "unique-error": (ABLE, _repeated_cells),
    "primary-key": (ABLE, _repeated_keys),
    "foreign-key": (ABLE, _strangers),
    "missing-cell": (TYPES, _ragged),
    "extra-cell": (WITHOUT_FIELD, _long),
    "blank-row": (WITHOUT_FIELD, _blank),
    "blank-label": (TYPES, _headed(lambda chance, names: ["" if chance.random() < 0.97 else name for name in names])),
    "duplicate-label": (TYPES, _headed(lambda chance, names: [chance.choice(names)] * len(names))),
    "incorrect-label": (TYPES, _headed(lambda _, names: [f"{name}?" for name in names])),
    "missing-label": (TYPES, _headed(lambda chance, names: names[: chance.choice([1, 1, 1, 2, 3])])),
    "extra-label": (WITHOUT_FIELD, _headed(lambda chance, names: names + ["more"] * chance.randint(1, 2))),
    "unmatched-header": (WITHOUT_FIELD, _unmatched),
    "hash-count": (WITHOUT_FIELD, _counted("hash", "0" * 32)),
    "byte-count": (WITHOUT_FIELD, _counted("bytes", 1)),
    "field-count": (WITHOUT_FIELD, _counted("fields", 9)),
    "row-count": (WITHOUT_FIELD, _counted("rows", 9)),
}


def pairs(case: Case, report: Any) -> set[tuple[str, str]]:
    """Each error type in a report with the type of each field that it is about; "" where it is about none."""
    found: set[tuple[str, str]] = set()
    for task, resource in zip(report["tasks"], case.descriptor["resources"], strict=True):
        schema = resource["schema"]
        types = {field["name"]: field["type"] for field in schema["fields"]}
        for error in task["errors"]:
            match error["type"]:
                case "primary-key":
                    names = schema["primaryKey"]
                case "foreign-key":
                    names = error["fieldNames"]
                case _:
                    names = [error.get("fieldName", "")]
            found |= {(error["type"], types.get(name, "")) for name in names}
    return found
