"""Ids are for ever (G3) and every version stays (G4), on the real CKAN by the true commands."""

from __future__ import annotations

import io
import itertools
import zipfile
from collections.abc import Callable, Collection, Iterator
from copy import deepcopy
from datetime import timedelta
from hashlib import sha256
from typing import Any

import httpx
import pytest

from tests.portals.ckan.officer import POSTGRES, Table, current
from tests.portals.ckan.officer import officer as officer

Tables = dict[str, Table]
Step = Callable[[Tables], object]


def row(table: str, *values: Any) -> Step:
    return lambda tables: tables[table].rows.append(values)


def value(table: str, number: int, column: int, new: Any) -> Step:
    def change(tables: Tables) -> None:
        old = tables[table].rows[number]
        tables[table].rows[number] = (*old[:column], new, *old[column + 1 :])

    return change


def column(table: str, name: str, kind: str, *values: Any) -> Step:
    def add(tables: Tables) -> None:
        tables[table].fields[name] = kind
        tables[table].rows = [(*old, new) for old, new in zip(tables[table].rows, values, strict=True)]

    return add


def retype(table: str, name: str, kind: str) -> Step:
    return lambda tables: tables[table].fields.update({name: kind})


def rename(table: str, old: str, new: str) -> Step:
    def change(tables: Tables) -> None:
        fields = tables[table].fields
        tables[table].fields = {new if name == old else name: kind for name, kind in fields.items()}

    return change


def remove_column(table: str, name: str) -> Step:
    def change(tables: Tables) -> None:
        place = list(tables[table].fields).index(name)
        del tables[table].fields[name]
        tables[table].rows = [(*old[:place], *old[place + 1 :]) for old in tables[table].rows]

    return change


def reorder(table: str) -> Step:
    """The second column goes last."""

    def change(tables: Tables) -> None:
        first, second, *rest = tables[table].fields.items()
        tables[table].fields = dict([first, *rest, second])
        tables[table].rows = [(old[0], *old[2:], old[1]) for old in tables[table].rows]

    return change


def table(name: str, fields: dict[str, str], *rows: Any) -> Step:
    return lambda tables: tables.update({name: Table(dict(fields), list(rows))})


def remove_table(name: str) -> Step:
    return lambda tables: tables.pop(name)


# What each of thirty versions changes, and the table that gets new ids by it.
STEPS: list[tuple[Step, str]] = [
    (table("wells", {"place": "string", "depth": "integer"}, ("Valea Albă", 3), ("Dealul Rece", 5)), ""),
    (row("wells", "Satul Nou", 7), ""),
    (value("wells", 0, 1, 4), ""),
    (lambda tables: tables["wells"].rows.pop(0), ""),
    (column("wells", "dug", "date", "1990-01-31", "2001-12-01"), ""),
    (row("wells", "Pîrîul", 12, "2020-02-29"), ""),
    (table("mills", {"code": "string", "power": "number"}, ("007", "1.10"), ("07", "-2.5")), ""),
    (row("mills", "7", "0"), ""),
    (retype("wells", "depth", "number"), "wells"),
    (value("wells", 0, 1, "5.25"), ""),
    (row("wells", "Бэлць", "8.5", "2021-06-01"), ""),
    (column("mills", "turns", "boolean", "true", "false", "true"), ""),
    (rename("mills", "power", "kilowatts"), "mills"),
    (value("mills", 1, 1, "2.75"), ""),
    (remove_column("wells", "dug"), "wells"),
    (row("wells", "Izvoare", "1"), ""),
    (reorder("mills"), ""),
    (row("mills", "0070", "false", "9.99"), ""),
    (table("roads", {"road": "string", "km": "integer"}, ("M1", 100), ("M2", 200)), ""),
    (remove_table("mills"), ""),
    (value("roads", 1, 1, 201), ""),
    (table("mills", {"code": "string", "power": "number"}, ("007", "1.10")), "mills"),
    (row("mills", "008", "3"), ""),
    (retype("roads", "km", "string"), "roads"),
    (value("roads", 0, 1, "0100"), ""),
    (lambda tables: tables["wells"].rows.clear() or tables["wells"].rows.append(("Doar una", "1")), ""),
    (row("wells", "Și încă una", "2"), ""),
    (column("roads", "paved", "boolean", "true", "true"), ""),
    (value("roads", 1, 2, "false"), ""),
    (row("mills", "009", "4.5"), ""),
]


def seen(officer: Any, known: Collection[str] = ()) -> dict[str, dict[str, Any]]:
    """What a stranger has at every resource: its link, the hash of its bytes, its columns and rows.

    A zip that is `known` is not downloaded again.
    """
    found: dict[str, dict[str, Any]] = {}
    for held in officer.resources():
        told: dict[str, Any] = {"key": held["publica_key"], "link": held["url"], "sha256": held["hash"]}
        if held["id"] not in known or held["format"] != "ZIP":
            assert officer.digest(held["url"]) == held["hash"] == held["publica_sha256"]
        if held["datastore_active"]:
            told |= {"columns": officer.columns(held["id"]), "rows": officer.rows(held["id"])}
        found[held["id"]] = told
    return found


def test_g3_ids_links_and_types_hold_through_thirty_versions_of_every_kind(officer: Any) -> None:
    tables: Tables = {}
    expected: dict[str, str] = {}  # key -> id
    retired: dict[str, dict[str, Any]] = {}
    before: dict[str, dict[str, Any]] = {}
    dataset = ""
    for step, renewed in STEPS:
        step(tables)
        officer.now += timedelta(days=5)
        number = officer.show(tables)
        found = seen(officer, before)
        shown = officer.dataset()
        dataset = dataset or shown["id"]
        assert (shown["id"], shown["name"], shown["version"]) == (dataset, "wells", number)
        ids = {held["publica_key"]: held["id"] for held in current(shown["resources"])}
        assert set(ids) == {f"{name}/{kind}" for name in tables for kind in ("csv", "json")}
        for key, one in ids.items():
            if key.startswith(f"{renewed}/") or key not in expected:
                assert one not in before, f"{number}: {key} has the id of something else"
                expected[key] = one
            assert one == expected[key], f"{number}: {key} moved"
            if one in before:
                assert found[one]["link"] == before[one]["link"]
        for name, told in tables.items():
            csv = found[ids[f"{name}/csv"]]
            assert csv["columns"] == {field: POSTGRES[kind] for field, kind in told.fields.items()}, number
            assert len(csv["rows"]) == len(told.rows)
            assert {row[0] for row in csv["rows"]} == {row[0] for row in told.rows}
        left = {key: held for key, held in before.items() if key not in ids.values() and key not in retired}
        retired |= {key: held for key, held in left.items() if not held["key"].startswith("version/")}
        for key, held in (retired | left).items():
            assert found[key] == held, f"{number}: {held['key']} is no longer what it was"
        expected = {key: one for key, one in expected.items() if key in ids}
        before = found
    assert seen(officer) == before
    assert len(before) == 2 * len(tables) + 30 + len(retired)
    assert {held["key"].split("/")[0] for held in retired.values()} == {"wells", "mills", "roads"}

    officer.now += timedelta(days=200)
    row("wells", "După termen", "3")(tables)
    officer.show(tables)
    there = {held["id"] for held in officer.resources()}
    assert not retired.keys() & there
    assert before.keys() - retired.keys() <= there
    for key, held in retired.items():
        assert httpx.get(held["link"]).status_code == 404
        assert httpx.get(f"{officer.portal.url}/datastore/dump/{key}").status_code == 404


FIVE: list[Tables] = [
    {"wells": Table({"place": "string", "depth": "integer"}, [("Valea Albă", 3), ("Dealul Rece", 5)])},
    {"wells": Table({"place": "string", "depth": "number"}, [("Valea Albă", "3.5"), ("Dealul Rece", "5")])},
    {
        "wells": Table({"place": "string", "depth": "number", "dug": "date"}, [("Valea Albă", "3.5", "1990-01-31")]),
        "mills": Table({"code": "string"}, [("007",), ("07",)]),
    },
    {"wells": Table({"place": "string", "metres": "number"}, [("Satul Nou", "1.25")])},
    {"mills": Table({"code": "string", "works": "boolean"}, [("007", "true"), ("7", "false")])},
]


def every_pair(count: int) -> Iterator[int]:
    """A walk over so many points along every directed pair of them once, beginning and ending at 0."""
    for at in range(count):
        for other in range(at + 2, count):
            yield from (other, at)
        if at + 1 < count:
            yield at + 1
    yield from reversed(range(count - 1))


def test_g4_every_version_can_be_made_current_again_from_every_other(officer: Any) -> None:
    states: list[tuple[str, Any]] = []
    for tables in deepcopy(FIVE):
        number = officer.show(tables)
        states.append((number, shown(officer, tables)))
    officer.rollback(states[0][0])
    walked: set[tuple[int, int]] = set()
    at = 0
    for to in every_pair(len(FIVE)):
        number, state = states[to]
        officer.rollback(number)
        assert (officer.dataset()["version"], shown(officer, FIVE[to])) == (number, state), (at, to)
        walked.add((at, to))
        at = to
    assert len(walked) == 20
    assert [held["publica_version"] for held in zips(officer)] == [number for number, _ in reversed(states)]
    for held in zips(officer):
        content = officer.get(held["url"])
        assert sha256(content).hexdigest() == held["hash"]
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            sums = [line.split("  ") for line in packed.read("SHA256SUMS").decode().splitlines()]
            assert {name for _, name in sums} == set(packed.namelist()) - {"SHA256SUMS"}
            assert all(sha256(packed.read(name)).hexdigest() == digest for digest, name in sums)
    assert officer.verify() == []


def zips(officer: Any) -> list[dict[str, Any]]:
    return [held for held in officer.resources() if held["publica_key"].startswith("version/")]


def shown(officer: Any, tables: Tables) -> dict[str, Any]:
    """The current tables: ids, links, bytes, columns and rows."""
    found: dict[str, Any] = {}
    for held in current(officer.resources()):
        found[held["publica_key"]] = (held["id"], held["url"], officer.digest(held["url"]))
        if held["publica_key"].endswith("/csv"):
            name = held["publica_key"].split("/")[0]
            columns = officer.columns(held["id"])
            assert columns == {field: POSTGRES[kind] for field, kind in tables[name].fields.items()}
            found[name] = (columns, officer.rows(held["id"]))
            assert len(found[name][1]) == len(tables[name].rows)
    return found


@pytest.mark.parametrize("count", [2, 5])
def test_the_walk_meets_every_pair_once(count: int) -> None:
    walk = [0, *every_pair(count)]
    assert sorted(itertools.pairwise(walk)) == sorted((a, b) for a in range(count) for b in range(count) if a != b)
