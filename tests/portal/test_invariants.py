"""What the reader's judge calls wrong, on looks written by hand: cases that are hard to bring about on a portal in
time. What it says of a real portal is in `test_reader.py`."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.portal.invariants import ANNOUNCEMENT, Allowed, announcement, problems
from tests.portal.looks import Look, Package, Rows, Snapshot

RID, OLD, NEW = "r1", "a" * 64, "b" * 64


def package(title: str, digest: str, moving: Any = None, modified: str = "") -> dict[str, Any]:
    extras = (
        [{"key": ANNOUNCEMENT, "value": moving if isinstance(moving, str) else json.dumps(moving)}] if moving else []
    )
    resource = {"id": RID, "hash": f"sha256:{digest}", "metadata_modified": modified}
    return {"title": title, "resources": [resource], "extras": extras, "metadata_modified": modified}


def table(*rows: tuple[str, str]) -> Rows:
    return tuple({"id": key, "depth": depth} for key, depth in rows)


ROWS_OLD, ROWS_NEW = table(("1", "x"), ("2", "y"), ("3", "z")), table(("1", "x"), ("2", "Y"), ("4", "w"))
FIRST = Snapshot(package("old", OLD), {RID: OLD}, {RID: ROWS_OLD})
SECOND = Snapshot(package("new", NEW), {RID: NEW}, {RID: ROWS_NEW})
ALLOWED = Allowed.of(FIRST, SECOND, keys={RID: ["id"]})
MOVING = package("old", OLD, {"to": "2.0.0", "files": {RID: NEW}})


def dataset(at: float, shown: Package | None, status: int | None = 200) -> Look:
    return Look("dataset", at, at + 0.1, status, shown)


def download(at: float, digest: str, beside: dict[str, Any], status: int | None = 200) -> Look:
    return Look("file", at, at + 0.1, status, beside, RID, digest)


def search(rows: Rows | None, status: int | None = 200) -> Look:
    return Look("table", 1, 1.1, status, package("old", OLD), RID, rows=rows)


def said(*looks: Look, allowed: Allowed = ALLOWED, portal_may_fail: bool = False) -> str:
    return "\n".join(problems(looks, allowed, portal_may_fail))


def test_old_new_and_announced_are_fine_whenever_they_were_written() -> None:
    assert not said(*(dataset(n, shown) for n, shown in enumerate([FIRST.package, MOVING, SECOND.package])))
    assert not said(dataset(0, package("old", OLD, modified="later")))
    told = [{"key": "issued", "value": "2026"}, {"key": "modified", "value": "2027"}]
    orders = [{**FIRST.package, "extras": extras} for extras in (told, told[::-1])]
    assert not said(dataset(0, orders[1]), allowed=Allowed.of(Snapshot(orders[0])))


@pytest.mark.parametrize(
    "nonsense", ["{", "[]", "7", '{"to": "2"}', '{"to": "", "files": {}}', '{"to": "2", "files": []}']
)
def test_an_announcement_that_says_nothing_is_none(nonsense: str) -> None:
    shown = package("old", OLD, nonsense)
    assert announcement(shown) is None
    assert "nor announced: extras" in said(dataset(0, shown))


def test_an_announcement_names_files_of_checked_versions() -> None:
    assert "announces a file that is of no checked version" in said(
        dataset(0, package("old", OLD, {"to": "2", "files": {RID: "c" * 64}}))
    )


def test_a_file_is_named_before_or_after_or_by_what_is_announced() -> None:
    assert not said(download(0, OLD, package("old", OLD)), dataset(1, SECOND.package))
    assert not said(download(0, NEW, package("old", OLD)), dataset(1, SECOND.package))
    assert not said(download(0, NEW, MOVING), dataset(1, MOVING))
    assert "names sha256" in said(download(0, NEW, package("old", OLD)), dataset(1, package("old", OLD)))
    several = package("old", OLD, {"to": "2.0.0", "files": {RID: ["", NEW]}})  # one that goes, and one that comes
    assert not said(dataset(0, several), download(1, NEW, several), dataset(2, several))
    assert "no checked version" in said(dataset(0, package("old", OLD, {"to": "2", "files": {RID: [NEW, "c" * 64]}})))


def test_a_dataset_may_be_absent_only_before_it_was_public() -> None:
    unborn = Allowed.of(None, SECOND)
    looks = [dataset(0, None, 404), dataset(1, None, 403), dataset(2, SECOND.package)]
    assert not said(*looks, allowed=unborn)
    assert "answered 404" in said(*looks, dataset(3, None, 404), allowed=unborn)
    assert "answered 404" in said(dataset(0, None, 404))
    assert "answered 500" in said(dataset(0, None, 500), allowed=unborn)
    assert "without a dataset" in said(dataset(0, None))


def test_a_portal_that_is_being_hurt_may_fail_but_not_lie() -> None:
    looks = [dataset(0, None, 500), download(1, "", package("old", OLD), None), search(None, 503)]
    assert said(*looks).count("answered") == 3
    assert not said(*looks, portal_may_fail=True)
    assert "answered 404" in said(dataset(0, None, 404), portal_may_fail=True)


def test_only_a_resource_that_goes_may_be_gone() -> None:
    assert "answered 404" in said(download(0, "", package("old", OLD), 404))
    without = Snapshot({**package("new", NEW), "resources": []})
    assert not said(download(0, "", package("old", OLD), 404), search(None, None), allowed=Allowed.of(FIRST, without))
    assert "answered 500" in said(download(0, "", package("old", OLD), 500), allowed=Allowed.of(FIRST, without))
    assert "answered None" in said(search(None, None))


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (ROWS_OLD, ""),
        (ROWS_NEW, ""),
        (table(("1", "x"), ("2", "Y"), ("3", "z"), ("4", "w")), ""),  # on the way from old to new
        ((), "is empty"),
        (ROWS_OLD[:1], "lacks ('2', 0), one of 1 rows"),
        (table(("1", "x"), ("2", "?")), "no allowed version, one of 1: ('2', 0) {'id': '2', 'depth': '?'}"),
        ((*ROWS_OLD, ROWS_OLD[0]), "no allowed version, one of 1: ('1', 1)"),  # doubled
        (table(("1", "x"), ("2", "y"), ("9", "x")), "no allowed version, one of 1: ('9', 0)"),
    ],
)
def test_a_table_holds_row_by_row_the_old_or_the_new(rows: Rows, expected: str) -> None:
    found = said(search(rows))
    assert expected in found if expected else not found


def test_a_table_without_a_key_is_judged_by_whole_rows_and_how_often_they_are_there() -> None:
    doubled = table(("1", "x"), ("1", "x"), ("2", "y"))
    allowed = Allowed.of(Snapshot(package("old", OLD), {}, {RID: doubled}))
    assert not said(search(doubled), allowed=allowed)
    assert "lacks ('1', 'x', 1)" in said(search(doubled[1:]), allowed=allowed)
    assert "no allowed version" in said(search((*doubled, doubled[0])), allowed=allowed)


def test_a_new_table_is_whole_from_its_first_look() -> None:
    allowed = Allowed.of(Snapshot(package("old", OLD), {RID: OLD}), SECOND, keys={RID: ["id"]})
    assert "lacks" in said(search(ROWS_NEW[:2]), allowed=allowed)
    assert "is no table of any allowed version" in said(search(ROWS_NEW), allowed=Allowed.of(Snapshot(FIRST.package)))
