"""Failure modes of `FAILURES.md` that come of a portal's servers and settings: its search is down, hangs, is ahead or
behind; its disk takes nothing; its limits are low and its tokens expire. The other modes are in `test_failures.py`.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator
from threading import Timer
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import pytest

from pipelines.errors import UserError
from tests.portal.api import RefusedError
from tests.portal.faults import Answer, Call
from tests.portal.proxy import Proxy, action, writes
from tests.portal.settings import STOCK
from tests.portals.ckan.officer import Officer, Table, extras
from tests.portals.ckan.officer import officer as officer

if TYPE_CHECKING:
    from tests.portal.portal import Portal

FIELDS = {"place": "string", "depth": "integer"}
OLD = {"wells": Table(FIELDS, [("Valea Albă", 3), ("Dealul Rece", 5)])}
NEW = {"wells": Table(FIELDS, [("Valea Albă", 4), ("Satul Nou", 7)])}
NAMED = {"fq": "name:wells"}


@pytest.fixture(scope="module")
def index(running_portal: Portal) -> Iterator[Proxy]:
    """In front of Solr. The portal takes files of a megabyte, has tokens that expire, and its search is behind."""
    address, usual = urlsplit(running_portal.solr_url), running_portal.settings
    with Proxy(f"http://{address.netloc}") as proxy:
        running_portal.settings = {
            **usual,
            "solr_url": proxy.url + address.path,
            "ckan.max_resource_size": "1",
            "ckan.search.solr_commit": "false",  # Solr then shows things a second later
            "ckan.plugins": f"{STOCK} expire_api_token",
        }
        running_portal.expose(running_portal.public_port)
        yield proxy
    running_portal.settings = usual
    running_portal.expose(running_portal.public_port)


@pytest.fixture
def solr(index: Proxy) -> Iterator[Proxy]:
    """The same without a rule, for one test."""
    yield index
    index.rules.clear()
    index.clear()


@pytest.fixture(autouse=True)
def hasty(solr: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits before further tries are short."""
    monkeypatch.setattr("pipelines.portals.ckan.sending.WAITS", (0.05,) * 4)
    monkeypatch.setattr("pipelines.portals.ckan.api.jitter", lambda _: 0.05)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType] - a stub


def shows(officer: Officer, wanted: dict[str, Table]) -> None:
    """Fails where strangers do not see just this, whole, with nothing announced, or the next run writes anything."""
    assert "publica_moving" not in extras(officer.dataset())
    assert officer.rows(officer.resource("wells/csv")["id"]) == wanted["wells"].shown()
    assert officer.verify() == []
    assert officer.publish().status == "unchanged"


def refused(officer: Officer, **how: Any) -> set[str]:
    """The codes of what stops a publication."""
    with pytest.raises(UserError) as error:
        officer.publish(**how)
    return {finding.code for finding in error.value.findings}


def documents(portal: Portal) -> list[dict[str, Any]]:
    """What the index has under the name."""
    query = {"q": "name:wells", "wt": "json", "rows": "10"}
    return httpx.get(f"{portal.solr_url}/select", params=query, timeout=30).json()["response"]["docs"]


def found(portal: Portal, **wanted: str) -> bool:
    """Wait until the search tells of the dataset what is wanted; before Solr's own commit it tells of none."""
    for _ in range(200):
        shown = portal.api("package_search", NAMED)["results"]
        if len(shown) == 1 and wanted.items() <= shown[0].items():
            return True
        time.sleep(0.1)
    return False


def until(portal: Portal, count: int) -> None:
    """Wait for so many documents."""
    end = time.monotonic() + 20
    while len(documents(portal)) < count and time.monotonic() < end:
        time.sleep(0.1)
    assert len(documents(portal)) == count


# --- the search is down, or fails -------------------------------------------------------------------------------------


def test_a_first_publication_while_the_search_is_down_leaves_nothing_and_is_made_later(officer: Officer) -> None:
    officer.declare(OLD)
    officer.portal.solr.stop()
    assert refused(officer) == {"ckan-unsure"}
    with pytest.raises(RefusedError):
        officer.dataset()
    officer.portal.solr.start()
    assert officer.publish().version == "1.0.0"
    shows(officer, OLD)


def test_the_search_fails_now_and_then_and_the_publication_gets_through(officer: Officer, solr: Proxy) -> None:
    officer.show(OLD)
    officer.declare(NEW)
    rules = [solr.when(writes, Answer(500), first=first, times=1) for first in (0, 2, 4)]
    assert officer.publish().version == "1.1.0"
    assert all(rule.met > rule.first for rule in rules[:2])
    shows(officer, NEW)


def test_new_bytes_under_old_words_are_announced_and_named(officer: Officer, solr: Proxy) -> None:
    """CKAN puts a file in place before it asks its search: where that fails the words go back, and the bytes stay."""
    officer.show(OLD)
    before = officer.resource("wells/csv")
    officer.declare(NEW)
    solr.when(writes, Answer(500), first=1)  # the switch, each time
    assert refused(officer) == {"ckan-unsure"}
    held, announced = officer.resource("wells/csv"), json.loads(extras(officer.dataset())["publica_moving"])
    content = officer.get(held["url"])
    assert (held["hash"], held["publica_version"]) == (before["hash"], "1.0.0")
    assert b"Satul Nou" in content
    assert announced["files"][held["id"]] == [hashlib.sha256(content).hexdigest()]
    assert announced["to"] == "1.1.0"
    solr.rules.clear()
    assert officer.publish().version == "1.1.0"
    shows(officer, NEW)


def test_a_new_file_that_was_stored_and_never_listed_cannot_be_had_and_is_written_over(
    officer: Officer, solr: Proxy
) -> None:
    officer.show(OLD)
    links = [held["id"] for held in officer.resources()]
    officer.declare({**OLD, "mills": Table({"code": "string", "power": "number"}, [("007", "1.1")])})
    solr.when(writes, Answer(500))  # the announcement, which lists it
    assert refused(officer) == {"ckan-unsure"}
    assert [held["id"] for held in officer.resources()] == links
    solr.rules.clear()
    officer.publish()
    mills = officer.resource("mills/csv")
    assert mills["id"] not in links
    assert officer.digest(mills["url"]) == mills["hash"]
    assert mills["last_modified"]
    shows(officer, OLD)


def test_a_table_that_is_made_while_the_search_is_down_is_flagged_in_the_end(officer: Officer, solr: Proxy) -> None:
    officer.declare(OLD)
    solr.when(writes, Answer(500), first=1, times=1)  # of datastore_create, which flags it
    assert officer.publish().version == "1.0.0"
    assert officer.resource("wells/csv")["datastore_active"] is True
    shows(officer, OLD)


def test_strangers_and_the_publisher_while_the_search_is_down(officer: Officer) -> None:
    """What is public stays so. A run that cannot ask says so and writes nothing."""
    officer.show(OLD)
    officer.portal.solr.stop()
    url = officer.resource("wells/csv")["url"]
    assert officer.digest(url) == officer.resource("wells/csv")["hash"]
    with pytest.raises(RefusedError):
        officer.portal.api("package_search", NAMED)
    assert refused(officer) == {"ckan-unsure"}
    assert officer.written == []
    officer.portal.solr.start()
    shows(officer, OLD)


# --- the search hangs, and does later what it was told ----------------------------------------------------------------


def test_a_ghost_of_a_creation_that_was_given_up_is_seen_by_nobody_and_in_nobodys_way(
    officer: Officer, monkeypatch: pytest.MonkeyPatch
) -> None:
    portal = officer.portal
    officer.declare(OLD)
    with monkeypatch.context() as patch:
        patch.setenv("PUBLICA_CKAN_TIMEOUT", "5")
        patch.setattr("pipelines.portals.ckan.sending.WAITS", ())  # it gives up the first one
        officer.front.when(action("package_create"), Call(lambda _: portal.solr.pause()), times=1)
        assert refused(officer) == {"ckan-timeout"}
    officer.front.settle()
    portal.solr.resume()
    until(portal, 1)
    with pytest.raises(RefusedError):
        portal.api("package_show", {"id": "wells"}, portal.admin_token)
    assert portal.api("package_search", NAMED)["count"] == 0  # it is private from its first moment
    assert officer.publish().version == "1.0.0"
    until(portal, 2)  # nobody but the operator can take the ghost away
    assert found(portal, version="1.0.0")
    shows(officer, OLD)
    officer.show(NEW)
    shows(officer, NEW)


def test_a_phantom_of_a_switch_that_was_given_up_is_followed_by_the_real_one(
    officer: Officer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The search shows a version that the portal does not have; the next run makes it true."""
    portal = officer.portal
    officer.show(OLD)
    officer.declare(NEW)
    with monkeypatch.context() as patch:
        patch.setenv("PUBLICA_CKAN_TIMEOUT", "5")
        patch.setattr("pipelines.portals.ckan.sending.WAITS", ())
        officer.front.when(action("package_revise"), Call(lambda _: portal.solr.pause()), first=1, times=1)
        assert refused(officer) == {"ckan-timeout"}
    officer.front.settle()
    portal.solr.resume()
    assert found(portal, version="1.1.0")
    assert officer.dataset()["version"] == "1.0.0"
    assert officer.publish().version == "1.1.0"
    assert found(portal, metadata_modified=officer.dataset()["metadata_modified"])
    shows(officer, NEW)


def test_workers_killed_while_the_search_hangs_have_written_nothing(
    officer: Officer, monkeypatch: pytest.MonkeyPatch
) -> None:
    portal = officer.portal
    officer.show(OLD)
    before = officer.dataset()
    officer.declare(NEW)
    monkeypatch.setattr("pipelines.portals.ckan.sending.WAITS", ())

    def hang(_: object) -> None:
        portal.solr.pause()
        Timer(0.5, portal.web.kill_workers).start()

    officer.front.when(action("package_revise"), Call(hang), times=1)
    assert refused(officer) == {"ckan-unsure"}
    portal.solr.resume()
    portal.web.wait()
    assert officer.dataset() == before
    assert officer.publish().version == "1.1.0"
    shows(officer, NEW)


# --- the disk ---------------------------------------------------------------------------------------------------------


def test_a_disk_that_takes_nothing_is_told_and_the_last_good_version_stays(officer: Officer) -> None:
    officer.show(OLD)
    officer.declare(NEW)
    folders = [path for path in (officer.portal.folder / "storage").rglob("*") if path.is_dir()]
    modes = [(path, path.stat().st_mode) for path in folders]
    for path in folders:
        path.chmod(0o555)
    try:
        assert refused(officer) == {"ckan-unsure"}
        held = officer.resource("wells/csv")
        assert (officer.digest(held["url"]), held["publica_version"]) == (held["hash"], "1.0.0")
    finally:
        for path, mode in modes:
            path.chmod(mode)
    assert officer.publish().version == "1.1.0"
    shows(officer, NEW)


# --- settings ---------------------------------------------------------------------------------------------------------


def test_a_file_larger_than_the_portal_takes_is_told_and_the_last_good_version_is_back(officer: Officer) -> None:
    big = {"wells": Table({**FIELDS, "note": "string"}, [(f"Satul {n}", n, "x" * 4_000) for n in range(300)])}
    officer.declare(big)
    assert refused(officer) == {"ckan-too-large"}
    assert officer.portal.api("package_list") == []
    assert officer.show(OLD)
    before = officer.resources()
    officer.declare(big)
    assert refused(officer) == {"ckan-too-large"}
    assert [(held["id"], held["hash"]) for held in officer.resources()] == [(h["id"], h["hash"]) for h in before]
    assert officer.rows(officer.resource("wells/csv")["id"]) == OLD["wells"].shown()
    assert "publica_moving" not in extras(officer.dataset())
    officer.show(NEW)
    shows(officer, NEW)


def test_a_search_that_is_a_while_behind_is_not_believed(officer: Officer) -> None:
    officer.show(OLD)
    for wanted in (OLD, NEW):
        officer.declare(wanted)
        officer.publish()
        shows(officer, wanted)  # at once, when the search knows less
    assert found(officer.portal, metadata_modified=officer.dataset()["metadata_modified"])
    assert officer.publish().status == "unchanged"
    assert [seen.action for seen in officer.front.requests] == ["package_search"]


def test_a_token_that_expires_in_the_middle_stops_it_and_another_one_ends_it(
    officer: Officer, monkeypatch: pytest.MonkeyPatch
) -> None:
    portal = officer.portal
    officer.show(OLD)
    officer.declare(NEW)
    asked = {"user": "pub", "name": "short", "expires_in": 6, "unit": 1}
    token = portal.api("api_token_create", asked, portal.admin_token)["token"]
    expiry = time.monotonic() + 6.5
    monkeypatch.setenv("PUBLICA_CKAN_TOKEN", token)
    wait = Call(lambda _: time.sleep(max(0, expiry - time.monotonic())))
    officer.front.when(writes, wait, first=1, times=1)
    with pytest.raises(UserError) as error:
        officer.publish()
    assert {finding.code for finding in error.value.findings} == {"ckan-forbidden"}
    assert token not in str(error.value)
    assert officer.dataset()["version"] == "1.0.0"
    assert refused(officer) == {"ckan-token-unknown"}
    assert officer.written == []
    monkeypatch.setenv("PUBLICA_CKAN_TOKEN", portal.editor_token)
    assert officer.publish().version == "1.1.0"
    shows(officer, NEW)
