"""The version number: by the Data Package version recipe, and above every number ever given."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, get_args

import pytest
import semver
from hypothesis import given
from hypothesis import strategies as st

from pipelines.languages import LANGUAGES
from pipelines.versions.difference import RowCounts
from pipelines.versions.draft import Bump, Reason
from pipelines.versions.number import greatest, next_number, row_reasons
from pipelines.versions.schema_difference import metadata_reasons

NUMBER = st.tuples(st.integers(1, 30), st.integers(0, 30), st.integers(0, 30)).map(lambda n: ".".join(map(str, n)))
BUMPS: tuple[Bump, ...] = get_args(Bump)


@given(given_before=st.lists(NUMBER, min_size=1), bump=st.sampled_from(BUMPS), data=st.data())
def test_a_number_is_above_all_that_were_ever_given(given_before: list[str], bump: Bump, data: st.DataObject) -> None:
    current = data.draw(st.none() | st.sampled_from(given_before))
    number = semver.Version.parse(next_number(given_before, current, bump))
    assert all(number > semver.Version.parse(other) for other in given_before)


@given(given_before=st.lists(NUMBER, min_size=1), bump=st.sampled_from(["major", "minor", "patch"]), data=st.data())
def test_a_number_says_at_least_how_much_changed_since_the_current_one(
    given_before: list[str], bump: Bump, data: st.DataObject
) -> None:
    current = semver.Version.parse(data.draw(st.sampled_from(given_before)))
    number = semver.Version.parse(next_number(given_before, str(current), bump))
    if bump == "major":
        assert number.major > current.major
        assert (number.minor, number.patch) == (0, 0)
    if bump == "minor" and number.major == current.major:
        assert number.minor > current.minor
        assert number.patch == 0


def test_the_first_number_is_one() -> None:
    assert all(next_number([], None, bump) == "1.0.0" for bump in BUMPS)


@pytest.mark.parametrize(
    ("numbers", "current", "bump", "number"),
    [
        (["1.0.0"], "1.0.0", "patch", "1.0.1"),
        (["1.0.0"], "1.0.0", "minor", "1.1.0"),
        (["1.0.0"], "1.0.0", "major", "2.0.0"),
        (["1.0.0", "1.10.0", "1.9.0"], "1.10.0", "minor", "1.11.0"),
        (["1.0.0", "1.1.0"], "1.0.0", "patch", "1.2.0"),  # rolled back: readers of 1.1.0 lose what had come
        (["1.0.0", "2.0.0"], "1.0.0", "patch", "3.0.0"),  # rolled back over a major: 2.0.1 would promise its shape
        (["1.0.0"], None, "first", "2.0.0"),  # everything was erased
    ],
)
def test_numbers_after_what_happened(numbers: list[str], current: str | None, bump: Bump, number: str) -> None:
    assert next_number(numbers, current, bump) == number


@given(st.lists(st.sampled_from(BUMPS), min_size=1))
def test_the_greatest_step_decides(bumps: list[Bump]) -> None:
    order: list[Bump] = ["patch", "minor", "major", "first"]
    wanted = next(bump for bump in reversed(order) if bump in bumps)
    assert greatest(Reason("reason-licence", bump, {}) for bump in bumps) == wanted


@pytest.mark.parametrize(
    ("counts", "bump"),
    [
        (RowCounts(added=1), "minor"),
        (RowCounts(removed=1), "minor"),
        (RowCounts(revised=1), "patch"),
        (RowCounts(added=1, revised=5), "minor"),
    ],
)
def test_rows_that_came_or_went_are_minor_and_values_put_right_a_patch(counts: RowCounts, bump: Bump) -> None:
    assert greatest(row_reasons("t", counts)) == bump


def test_no_rows_changed_is_no_reason() -> None:
    assert row_reasons("t", RowCounts()) == []


# The metadata of two versions, as it is published

FIELD: dict[str, Any] = {"name": "n", "type": "integer", "title": "Number", "constraints": {"minimum": 0, "maximum": 9}}
OTHER: dict[str, Any] = {"name": "k", "type": "string"}


def _metadata(*fields: dict[str, Any], name: str = "t", **said: Any) -> dict[str, Any]:
    schema: dict[str, Any] = {"fields": list(fields or (OTHER, FIELD)), **said.pop("schema", {})}
    return {
        "name": "d", "title": "D", "description": "x", "keywords": ["k"], "translations": {}, "sources": [],
        "licenses": [{"name": "CC-BY-4.0"}], "theme": "JUST", "formats": ["csv", "json"],
        "resources": [{"name": name, "schema": schema, **said.pop("resource", {})}], **said,
    }  # fmt: skip


def _with(**said: Any) -> dict[str, Any]:
    return _metadata(OTHER, {**FIELD, **said})


def _limits(**said: Any) -> dict[str, Any]:
    return _with(constraints={"minimum": 0, "maximum": 9, **said})


def _keys(**said: Any) -> dict[str, Any]:
    return _metadata(schema=said)


FOREIGN = {"fields": ["k"], "reference": {"resource": "", "fields": ["k"]}}
ENUM = {"constraints": {"enum": [1, 2]}}
CASES: dict[str, tuple[dict[str, Any], dict[str, Any], str, Bump]] = {
    "field added": (_metadata(OTHER), _metadata(), "reason-field-added", "major"),
    "field removed": (_metadata(), _metadata(OTHER), "reason-field-removed", "major"),
    "field renamed": (_metadata(), _with(name="m"), "reason-field-removed", "major"),
    "fields reordered": (_metadata(), _metadata(FIELD, OTHER), "reason-fields-reordered", "major"),
    "field retyped": (_metadata(), _with(type="number"), "reason-field-retyped", "major"),
    "field of another format": (
        _metadata({**OTHER, "format": "uri"}),
        _metadata(OTHER),
        "reason-field-retyped",
        "major",
    ),
    "field of another unit": (_with(unit="lei"), _with(unit="thousand lei"), "reason-field-unit", "major"),
    "field given a unit": (_metadata(), _with(unit="lei"), "reason-field-unit", "major"),
    "field reworded": (_metadata(), _with(title="Count"), "reason-words", "patch"),
    "field explained": (_metadata(), _with(description="How many"), "reason-words", "patch"),
    "field translated": (_metadata(), _with(translations={"ro": {"title": "x"}}), "reason-words", "patch"),
    "minimum raised": (_metadata(), _limits(minimum=1), "reason-tightened", "major"),
    "minimum lowered": (_metadata(), _limits(minimum=-1), "reason-loosened", "minor"),
    "maximum lowered": (_metadata(), _limits(maximum=8), "reason-tightened", "major"),
    "maximum raised": (_metadata(), _limits(maximum=10), "reason-loosened", "minor"),
    "limits gone": (_metadata(), _with(constraints={}), "reason-loosened", "minor"),
    "one limit gone, one tightened": (_metadata(), _with(constraints={"maximum": 8}), "reason-tightened", "major"),
    "exclusive limit added": (_metadata(), _limits(exclusiveMinimum=0), "reason-tightened", "major"),
    "required": (_metadata(), _limits(required=True), "reason-tightened", "major"),
    "no longer required": (_limits(required=True), _metadata(), "reason-loosened", "minor"),
    "unique": (_metadata(), _limits(unique=True), "reason-tightened", "major"),
    "longer text needed": (_limits(minLength=1), _limits(minLength=2), "reason-tightened", "major"),
    "longer text allowed": (_limits(maxLength=1), _limits(maxLength=2), "reason-loosened", "minor"),
    "another pattern": (_limits(pattern="a"), _limits(pattern="b"), "reason-tightened", "major"),
    "code added to a list": (_with(**ENUM), _with(constraints={"enum": [1, 2, 3]}), "reason-loosened", "minor"),
    "code taken from a list": (_with(**ENUM), _with(constraints={"enum": [1]}), "reason-tightened", "major"),
    "code replaced in a list": (_with(**ENUM), _with(constraints={"enum": [1, 3]}), "reason-tightened", "major"),
    "retyped with another kind of limit": (
        _metadata(),
        _with(type="date", constraints={"minimum": "2020-01-01"}),
        "reason-field-retyped",
        "major",
    ),
    "key added": (_metadata(), _keys(primaryKey=["k"]), "reason-key", "major"),
    "key gone": (_keys(primaryKey=["k"]), _metadata(), "reason-key", "major"),
    "unique key added": (_metadata(), _keys(uniqueKeys=[["k"]]), "reason-tightened", "major"),
    "unique key gone": (_keys(uniqueKeys=[["k"]]), _metadata(), "reason-loosened", "minor"),
    "foreign key added": (_metadata(), _keys(foreignKeys=[FOREIGN]), "reason-tightened", "major"),
    "foreign key gone": (_keys(foreignKeys=[FOREIGN]), _metadata(), "reason-loosened", "minor"),
    "resource renamed": (_metadata(), _metadata(name="u"), "reason-resource-removed", "major"),
    "resource reworded": (_metadata(), _metadata(resource={"title": "T"}), "reason-words", "patch"),
    "format added": (_metadata(formats=["csv"]), _metadata(), "reason-format-added", "minor"),
    "format gone": (_metadata(), _metadata(formats=["csv"]), "reason-format-removed", "major"),
    "licence": (_metadata(), _metadata(licenses=[{"name": "CC0-1.0"}]), "reason-licence", "minor"),
    "title": (_metadata(), _metadata(title="E"), "reason-words", "patch"),
    "keywords": (_metadata(), _metadata(keywords=["k", "l"]), "reason-words", "patch"),
    "contributors": (_metadata(), _metadata(contributors=[{"title": "A"}]), "reason-words", "patch"),
}


@pytest.mark.parametrize(("old", "new", "code", "bump"), CASES.values(), ids=CASES.keys())
def test_a_change_of_metadata_by_the_recipe(old: dict[str, Any], new: dict[str, Any], code: str, bump: Bump) -> None:
    reasons = list(metadata_reasons(old, new))
    assert code in [reason.code for reason in reasons]
    assert greatest(reasons) == bump
    assert all(reason.text(language) for reason in reasons for language in LANGUAGES)


def test_the_same_metadata_is_no_reason() -> None:
    assert list(metadata_reasons(_metadata(), _metadata())) == []


def _two(*names: str) -> dict[str, Any]:
    return {**_metadata(), "resources": [{"name": name, "schema": {"fields": [OTHER]}} for name in names]}


def test_a_resource_added_is_minor_and_one_removed_is_major() -> None:
    assert [(r.code, r.bump) for r in metadata_reasons(_two("a"), _two("a", "b"))] == [
        ("reason-resource-added", "minor")
    ]
    assert [(r.code, r.bump) for r in metadata_reasons(_two("a", "b"), _two("a"))] == [
        ("reason-resource-removed", "major")
    ]
    assert [r.bump for r in metadata_reasons(_two("a", "b"), _two("b", "a"))] == ["patch"]


def _names(reasons: Iterable[Reason]) -> list[str]:
    return [str(reason.params["resource"]) for reason in reasons]


def test_reasons_are_told_in_the_order_declared() -> None:
    names = [f"table-{n}" for n in range(30)]
    assert _names(metadata_reasons(_two(), _two(*names))) == names
    assert _names(metadata_reasons(_two(*names), _two())) == names
