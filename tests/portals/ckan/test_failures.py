"""What goes wrong between publica and a real CKAN, or by somebody's hand there, as the failure modes of `FAILURES.md`
name it. Trouble of the search, the settings and the disk is in `test_failures_of_servers.py`; the table says which test
proves which mode, most of them in something larger.
"""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Callable
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from pipelines.errors import UserError
from pipelines.portals.ckan import tables
from tests.portal.faults import Answer, Call, Delay, Drop, Fault, Seen, Truncate
from tests.portal.proxy import Predicate, action, writes
from tests.portals.ckan.officer import Officer, Table, extras, told
from tests.portals.ckan.officer import officer as officer
from tests.portals.ckan.publishers import ONE, TWO, Town

HERE = Path(__file__).parent
FIELDS = {"place": "string", "depth": "integer"}
OLD = {"wells": Table(FIELDS, [("Valea Albă", 3), ("Dealul Rece", 5)])}
NEW = {"wells": Table(FIELDS, [("Valea Albă", 4), ("Satul Nou", 7)])}  # a row changed, one gone, one added
# All that publica ever writes.
ACTIONS = {
    *("package_create", "package_revise", "resource_view_create"),
    *("datastore_create", "datastore_upsert", "datastore_delete"),
}


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits before further tries are short."""
    monkeypatch.setattr("pipelines.portals.ckan.sending.WAITS", (0.05,) * 4)
    monkeypatch.setattr("pipelines.portals.ckan.api.jitter", lambda _: 0.05)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType] - a stub


def table(officer: Officer) -> str:
    """The id of the table of wells."""
    return officer.resource("wells/csv")["id"]


def shows(officer: Officer, wanted: dict[str, Table]) -> None:
    """Fails where strangers do not see just this, whole, each thing once, with nothing announced."""
    resources = officer.resources()
    assert len({held["id"] for held in resources}) == len(resources)
    assert "publica_moving" not in extras(officer.dataset())
    assert officer.rows(table(officer)) == wanted["wells"].shown()
    assert officer.verify() == []


def refused(officer: Officer, **how: Any) -> dict[str, Any]:
    """What stops a publication."""
    with pytest.raises(UserError) as error:
        officer.publish(**how)
    return told(error)


# --- the way there and back -------------------------------------------------------------------------------------------


def every_second(matches: Predicate) -> Predicate:
    numbers = itertools.count()
    return lambda seen: matches(seen) and next(numbers) % 2 == 0


FAULTS: dict[str, tuple[Fault, Callable[[], Predicate]]] = {
    "every second request is hung up on": (Drop(before=True), lambda: every_second(lambda _: True)),
    "every second write meets a bad gateway": (Answer(502), lambda: every_second(writes)),
    "no write is answered": (Drop(before=False), lambda: writes),
    "a gateway loses patience with every write": (Answer(504, before=False), lambda: writes),
    "half an answer to every write": (Truncate(20), lambda: writes),
    "every answer to a write comes too late": (Delay(0.9), lambda: writes),
    "every second write arrives after it was given up": (Delay(0.9, before=True), lambda: every_second(writes)),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_write_is_done_once_however_its_answer_is_lost(
    officer: Officer, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    trouble, when = FAULTS[fault]
    ids: list[Any] = []
    for number, wanted in enumerate((OLD, NEW)):
        officer.declare(wanted)
        officer.front.when(when(), trouble)
        monkeypatch.setenv("PUBLICA_CKAN_TIMEOUT", "0.6")
        for _ in range(3):  # where a slow machine makes it give up, the next run goes on
            try:
                officer.publish()
                break
            except UserError as error:
                assert {finding.code for finding in error.findings} <= {"ckan-unsure", "ckan-timeout"}
        officer.front.settle()
        assert set(officer.written) <= ACTIONS
        officer.front.rules.clear()
        monkeypatch.delenv("PUBLICA_CKAN_TIMEOUT")
        assert officer.publish().version == f"1.{number}.0"
        shows(officer, wanted)
        ids.append((officer.dataset()["id"], table(officer)))
    assert ids[0] == ids[1]


def test_rows_in_batches_go_on_where_a_lost_one_left_off(officer: Officer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "AT_ONCE", (10, 10_000))
    monkeypatch.setattr(tables, "BATCH", (10, 10_000))
    many = {"wells": Table(FIELDS, [(f"Satul {n}", n) for n in range(40)])}
    officer.declare(many)
    officer.front.when(action("datastore_upsert"), Drop(before=False), first=1, times=1)
    officer.front.when(action("datastore_upsert"), Drop(before=True), first=2, times=1)
    officer.publish()
    assert officer.written.count("datastore_upsert") == 2 + 1 + 2  # two and a lost one; what was not there by then
    assert set(officer.written) <= ACTIONS
    shows(officer, many)


# --- the same name ----------------------------------------------------------------------------------------------------


class Together(Fault):
    """Two requests go on when both are there."""

    def __init__(self) -> None:
        self.both = Barrier(2)

    def on_last_byte(self, seen: Seen) -> None:
        self.both.wait(30)


def test_of_two_who_create_the_dataset_at_once_one_goes_on_and_the_other_stops(town: Town) -> None:
    one, other = town.office(), Town(town.desk, town.folder / "other", *_rest(town)).office()
    other.source(TWO)
    one.front.when(action("package_create"), Together(), times=2)
    runs = [each.start("publish", "--yes") for each in (one, other)]
    ended = [one.publishers.wait(run) for run in runs]
    assert sorted(each.code for each in ended) == [0, 1], ended
    won = ended[0].code == 0
    said = ended[1 if won else 0].said  # it came while the other one was at work, or when it had done
    assert "another publisher" in said or "this archive does not know" in said
    assert one.portal.api("package_search", {"fq": "name:wells"})["count"] == 1
    one.settled(ONE if won else TWO)
    (one if won else other).at_rest("publish", "--yes")


def _rest(town: Town) -> Any:
    return town.portal, town.front, town.publishers


def test_a_name_that_somebody_takes_at_the_last_moment_is_theirs(officer: Officer) -> None:
    officer.declare(OLD)
    hand = Call(lambda _: officer.by_hand("package_create", {"name": "wells", "owner_org": "cnajgs", "title": "Mine"}))
    officer.front.when(action("package_create"), hand, times=1)
    assert set(refused(officer)) == {"ckan-name-taken"}
    assert officer.written == ["package_create"]
    assert (officer.dataset()["title"], officer.resources()) == ("Mine", [])


def test_a_name_that_somebody_else_has_in_secret_is_told(officer: Officer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever may not see the dataset hears no more of it than that the name is taken."""
    monkeypatch.setenv("PUBLICA_CKAN_TOKEN", officer.portal.new_editor("age"))
    mine = {"name": "wells", "owner_org": "cnajgs", "private": True}
    officer.portal.api("package_create", mine, officer.portal.admin_token)
    officer.declare(OLD)
    found = refused(officer)
    assert set(found) == {"ckan-invalid"}
    assert "already in use" in found["ckan-invalid"].text()
    assert officer.written == ["package_create"]


def test_a_deleted_dataset_comes_back_under_its_ids_and_a_name_given_away_does_not(officer: Officer) -> None:
    officer.show(OLD)
    before = officer.dataset()
    officer.by_hand("package_delete", {"id": "wells"})
    assert {finding.code for finding in refused(officer).values()} == {"portal-deleted"}
    assert officer.publish(overwrite=True).status == "published"
    shows(officer, OLD)
    links = [(held["id"], held["url"]) for held in officer.resources()]
    assert (officer.dataset()["id"], links) == (
        before["id"],
        [(held["id"], held["url"]) for held in before["resources"]],
    )
    officer.by_hand("package_delete", {"id": "wells"})
    officer.by_hand("package_create", {"name": "wells", "owner_org": "age", "title": "Mine"})
    for overwrite in (False, True):
        assert {f.code for f in refused(officer, overwrite=overwrite).values()} <= {
            "portal-name-taken",
            "ckan-name-taken",
        }
        assert officer.written == []
    assert officer.dataset()["title"] == "Mine"


def test_a_dataset_that_the_operator_purges_is_made_again_where_a_person_says_so(officer: Officer) -> None:
    officer.show(OLD)
    links = {held["publica_key"]: held["id"] for held in officer.resources()}
    purge = Call(lambda _: officer.portal.api("dataset_purge", {"id": "wells"}, officer.portal.admin_token))
    officer.declare(NEW)
    officer.front.when(action("package_revise"), purge, first=1, times=1)  # the switch
    assert {finding.code for finding in refused(officer).values()} <= {"ckan-missing", "ckan-deleted"}
    officer.front.rules.clear()
    assert {finding.code for finding in refused(officer).values()} == {"ckan-deleted"}
    assert officer.publish(overwrite=True).version == "1.1.0"
    shows(officer, NEW)
    assert links.items() <= {held["publica_key"]: held["id"] for held in officer.resources()}.items()


@pytest.mark.parametrize("write", range(3))
def test_a_table_that_is_dropped_in_the_middle_is_made_again(officer: Officer, write: int) -> None:
    officer.show(OLD)
    key = {"resource_id": table(officer), "force": True}
    drop = Call(lambda _: officer.by_hand("datastore_delete", key))
    officer.declare(NEW)
    officer.front.when(action("datastore_upsert", "datastore_delete"), drop, first=write, times=1)
    assert officer.publish().version == "1.1.0"
    assert "datastore_create" in officer.written
    shows(officer, NEW)


# --- somebody's hand --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("write", range(5))
def test_what_somebody_edits_right_before_a_write_is_never_written_over(officer: Officer, write: int) -> None:
    officer.show(OLD)
    officer.declare(NEW)
    hand = Call(lambda _: officer.by_hand("package_patch", {"id": "wells", "title": "By hand"}))
    officer.front.when(writes, hand, first=write, times=1)
    assert set(refused(officer)) == {"title"}
    officer.front.rules.clear()
    assert officer.dataset()["title"] == "By hand"
    assert set(refused(officer)) == {"title"}
    assert officer.publish(overwrite=True).status == "published"
    shows(officer, NEW)
    assert officer.dataset()["title"] == "Invented wells"


@pytest.mark.parametrize("wanted", [OLD, NEW], ids=["as it was", "and another version"])
def test_an_id_that_somebody_listed_twice_is_named_and_can_be_mended(
    officer: Officer, wanted: dict[str, Table]
) -> None:
    officer.show(OLD)
    twice = {**officer.resource("wells/json"), "name": "Again"}
    officer.by_hand("package_revise", {"match": {"name": "wells"}, "update__resources__extend": [twice]})
    officer.declare(wanted)
    assert "resources.wells/json.name" in refused(officer)
    assert officer.written == []
    assert officer.publish(overwrite=True).status in ("published", "unchanged")
    shows(officer, wanted)
    assert officer.publish().status == "unchanged"
    officer.by_hand("package_patch", {"id": "wells", "notes": "By hand"})  # it can be changed again


def test_a_table_whose_flag_is_gone_is_named_and_flagged_again(officer: Officer) -> None:
    officer.show(OLD)
    officer.by_hand("resource_patch", {"id": table(officer), "datastore_active": False})
    assert [str(finding.params["field"]) for finding in officer.verify()] == ["resources.wells/csv.datastore_active"]
    officer.publish(overwrite=True)
    assert officer.written == ["package_revise"]
    assert officer.resource("wells/csv")["datastore_active"] is True
    shows(officer, OLD)


def test_a_flag_without_a_table_is_named_and_gets_its_table(officer: Officer) -> None:
    officer.show(OLD)
    key = table(officer)
    officer.by_hand("datastore_delete", {"resource_id": key, "force": True})
    officer.by_hand("resource_patch", {"id": key, "datastore_active": True})
    assert [finding.code for finding in officer.verify()] == ["portal-deleted"]
    officer.show(NEW)
    shows(officer, NEW)


def test_a_view_that_an_editor_took_away_or_made_is_theirs(officer: Officer) -> None:
    officer.show(OLD)
    views = {"id": table(officer)}
    (view,) = officer.portal.api("resource_view_list", views)
    officer.by_hand("resource_view_delete", {"id": view["id"]})
    mine = {"resource_id": table(officer), "view_type": "text_view", "title": "Mine"}
    officer.by_hand("resource_view_create", mine)
    officer.show(NEW)
    assert [view["title"] for view in officer.portal.api("resource_view_list", views)] == ["Mine"]


def test_what_a_loader_of_the_portal_makes_of_a_table_is_named_and_put_right(officer: Officer) -> None:
    """By its own calls: the table is dropped and filled anew, all of it text, and the hash becomes an MD5."""
    officer.show(OLD)
    key, columns, digest = table(officer), officer.columns(table(officer)), officer.resource("wells/csv")["hash"]
    load = {
        "resource_id": key,
        "force": True,
        "fields": [{"id": name, "type": "text"} for name in FIELDS],
        "records": [{"place": place, "depth": str(depth)} for place, depth in OLD["wells"].rows],
    }
    officer.by_hand("datastore_delete", {"resource_id": key, "force": True})
    officer.by_hand("datastore_create", load)
    assert {finding.code for finding in officer.verify()} == {"portal-dictionary-edited"}
    officer.by_hand("resource_patch", {"id": key, "hash": "d41d8cd98f00b204e9800998ecf8427e"})
    assert set(refused(officer)) == {"resources.wells/csv.hash"}
    assert officer.publish(overwrite=True).status == "published"
    shows(officer, OLD)
    assert (officer.columns(key), officer.resource("wells/csv")["hash"]) == (columns, digest)


def test_a_dataset_is_of_the_usual_type_and_stays_so(officer: Officer) -> None:
    """CKAN takes any type in a creation, and then fails at every upload."""
    officer.show(OLD)
    officer.by_hand("package_patch", {"id": "wells", "type": "unheard-of"})
    assert officer.dataset()["type"] == "dataset"
    officer.show(NEW)
    shows(officer, NEW)


# --- what the portal does not take ------------------------------------------------------------------------------------


def test_a_text_that_the_search_never_takes_is_told_before_anything_is_written(officer: Officer) -> None:
    officer.show(OLD)
    officer.declare(NEW)
    officer.desk.edit("wells", "Invented figures that tests are made of.", "ș" * 15_001)
    found = refused(officer)
    assert {finding.code for finding in found.values()} == {"ckan-text-long"}
    assert "notes_en" in found
    assert officer.written == []
    assert officer.dataset()["version"] == "1.0.0"


@pytest.mark.parametrize("status", [413, 400])
def test_what_is_refused_for_good_at_the_switch_leaves_the_last_good_version(officer: Officer, status: int) -> None:
    """A page of the web server in front, or a fault of the words: rows were written by then, and go back."""
    officer.show(OLD)
    officer.declare(NEW)
    answer = Answer(413) if status == 413 else Answer(400, b'"Integrity Error"', "application/json")
    officer.front.when(action("package_revise"), answer, first=1, times=1)
    found = refused(officer)
    assert set(found) == {"ckan-too-large" if status == 413 else "ckan-invalid"}
    assert "datastore_upsert" in officer.written
    shows(officer, OLD)
    assert officer.publish().version == "1.1.0"
    shows(officer, NEW)


@pytest.mark.parametrize("most", [4_000, 5_500])
def test_words_too_long_for_one_field_of_a_form_go_in_several(
    officer: Officer, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    """As those of a dataset with hundreds of versions are: what a field may hold is made less here."""
    officer.show(OLD)
    ids = {held["publica_key"]: held["id"] for held in officer.resources()}
    for place in ("api", "steps"):
        monkeypatch.setattr(f"pipelines.portals.ckan.{place}.LARGEST_FIELD", most)
    officer.show(NEW)
    before = dict(officer.dataset())
    assert ids.items() <= {held["publica_key"]: held["id"] for held in before["resources"]}.items()
    officer.show(OLD)
    shows(officer, OLD)
    assert officer.verify() == []
    assert officer.publish().status == "unchanged"


def test_words_that_changed_are_searched_for_by_the_new_ones(officer: Officer) -> None:
    text = {"place": "string", "note": "string"}
    officer.show({"wells": Table(text, [("Valea Albă", "adâncă"), ("Dealul Rece", "secată")])})
    key = table(officer)
    officer.show({"wells": Table(text, [("Valea Albă", "astupată"), ("Dealul Rece", "secată")])})
    assert table(officer) == key

    def found(word: str) -> int:
        return len(officer.portal.api("datastore_search", {"resource_id": key, "q": word})["records"])

    assert [found(word) for word in ("astupată", "adâncă", "secată")] == [1, 0, 1]


# --- the list of them -------------------------------------------------------------------------------------------------

MODES = [*(f"F{n}" for n in range(1, 36)), *(f"S{n}" for n in range(1, 10)), *(f"N{n}" for n in range(1, 11))]


def test_every_failure_mode_is_listed_with_tests_that_are_there() -> None:
    rows = re.findall(r"^\| ([FSN]\d+) \|(.*)\|$", (HERE / "FAILURES.md").read_text("utf-8"), re.MULTILINE)
    assert [number for number, _ in rows] == MODES
    for number, row in rows:
        cells = [cell.strip() for cell in row.split("|")]
        assert len(cells) == 4, number
        assert all(cells[:3]), number
        tests = re.findall(r"`([\w/.]+\.py)::(\w+)`", cells[2])
        assert tests, number
        for file, name in tests:
            assert name in _functions(HERE.parents[1] / file), f"{number}: {file}::{name}"


def _functions(path: Path) -> set[str]:
    tree = ast.parse(path.read_text("utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
