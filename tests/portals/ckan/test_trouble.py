"""Trouble on a real portal while something is published there: its workers die, Solr and PostgreSQL fail or hang, a
second publisher comes, the right to publish is taken away. Readers see the old or the new (G2); the publisher ends it
or says what is wrong; and the next run ends it with nothing lost, nothing twice and nothing left to write.

That the publisher itself dies is in `test_crash.py`.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from threading import Timer
from urllib.parse import urlsplit

import httpx
import pytest

from tests.portal.faults import Call, Delay
from tests.portal.portal import Portal
from tests.portal.proxy import Predicate, Proxy, Rule, action, writes
from tests.portal.reader import Reader
from tests.portals.ckan.publishers import ONE, TWO, Amid, Ended, Office, Town

PUBLISH = ("publish", "--yes")
THREE = "Loc,Nr\nValea Albă,9\nDealul Rece,5\nPîrîul Lung,7\n"


def survives(
    office: Office, rows: str, *words: str, rule: Rule | None = None, mend: Callable[[], object] | None = None
) -> Ended:
    """Do it in trouble, put the trouble right, do it again, and look. How the first time ended."""
    before = office.snapshot()
    with Reader(office.portal.url, office.slug, threads=1) as reader:
        first = office.run(*words)
        assert first.code in (0, 1), first.said  # done, or something that is said to a person
        assert rule is None or rule.met > rule.first, "there was no trouble"
        office.front.rules.clear()
        (mend or office.portal.heal)()
        office.portal.web.wait()
        office.does(*words)
    assert reader.problems(office.allowed(before, office.snapshot()), portal_may_fail=True) == [], first.said
    assert len(reader.looks) >= 20
    office.settled(rows)
    office.at_rest(*words)
    return first


@pytest.fixture
def office(town: Town) -> Office:
    """One version is published, and there is something to publish."""
    office = town.office()
    office.does(*PUBLISH)
    office.source(TWO)
    return office


# --- the portal's own processes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("knows", [False, True])
@pytest.mark.parametrize("write", [0, 1])
def test_workers_killed_before_and_after_the_search_knows(
    office: Office, solr: Proxy, portal: Portal, write: int, knows: bool
) -> None:
    rule = solr.when(writes, Call(lambda _: portal.web.kill_workers(), before=not knows), first=write, times=1)
    survives(office, TWO, *PUBLISH, rule=rule)


@pytest.mark.parametrize("knows", [False, True])
def test_workers_killed_in_a_first_publication(town: Town, solr: Proxy, portal: Portal, knows: bool) -> None:
    office = town.office()
    rule = solr.when(writes, Call(lambda _: portal.web.kill_workers(), before=not knows), times=1)
    survives(office, ONE, *PUBLISH, rule=rule)


def test_a_ghost_in_the_search_saves_nothing_from_an_erasure(town: Town, solr: Proxy, portal: Portal) -> None:
    office = town.office()
    solr.when(writes, Call(lambda _: portal.web.kill_workers(), before=False), times=1)
    office.run(*PUBLISH)
    portal.web.wait()
    office.does(*PUBLISH)
    asked = {"fq": f"name:{office.slug}", "include_private": True}
    assert portal.api("package_search", asked, portal.editor_token)["count"] == 2  # one that is not there
    before = office.snapshot()
    office.does("erase", office.slug, "--reason", "a court said so", "--yes")
    office.settled("")
    assert before
    stored = [path for path in (portal.folder / "storage" / "resources").rglob("*") if path.is_file()]
    assert stored == []
    for held in before.package["resources"]:
        answer = httpx.get(f"{portal.url}{urlsplit(str(held['url'])).path}", follow_redirects=True, trust_env=False)
        assert answer.status_code == 404


@pytest.mark.parametrize("write", ["datastore_upsert", "datastore_delete"])
def test_workers_killed_while_rows_are_written(office: Office, portal: Portal, write: str) -> None:
    rule = office.front.when(action(write), Amid(portal.web.kill_workers), times=1)
    survives(office, TWO, *PUBLISH, rule=rule)


SOLR: dict[str, Callable[[Portal], object]] = {
    "stops": lambda portal: portal.solr.stop(),
    "is killed": lambda portal: portal.solr.kill(),
    "hangs for a while": lambda portal: (portal.solr.pause(), Timer(8, portal.solr.resume).start()),
    "hangs for long": lambda portal: portal.solr.pause(),
}


@pytest.mark.parametrize("trouble", SOLR)
@pytest.mark.parametrize("call", [0, 1])
def test_solr_fails_at_the_announcement_or_the_switch(office: Office, portal: Portal, trouble: str, call: int) -> None:
    office.env["PUBLICA_CKAN_TIMEOUT"] = "6"  # less than CKAN waits for Solr: what became of the call is not known
    rule = office.front.when(action("package_revise"), Call(lambda _: SOLR[trouble](portal)), first=call, times=1)
    ended = survives(office, TWO, *PUBLISH, rule=rule)
    if trouble != "hangs for a while":
        assert ended.code == 1
        assert "the portal" in ended.said


@pytest.mark.parametrize(
    ("matches", "first"),
    [(action("package_revise"), 0), (action("datastore_upsert"), 0), (action("package_revise"), 1)],
)
def test_postgresql_restarts_in_the_middle(office: Office, portal: Portal, matches: Predicate, first: int) -> None:
    rule = office.front.when(matches, Amid(portal.postgres.restart, 0.01), first=first, times=1)
    survives(office, TWO, *PUBLISH, rule=rule)


def test_redis_is_down_all_the_time(office: Office, portal: Portal) -> None:
    portal.redis.stop()
    survives(office, TWO, *PUBLISH)


# --- two publishers ---------------------------------------------------------------------------------------------------


def test_of_two_publishers_with_copied_archives_one_gets_through(office: Office) -> None:
    root = office.desk.root.with_name("copy")
    shutil.copytree(office.desk.root, root)
    env = {**office.env, "PUBLICA_ARCHIVE": str(root / "archive")}
    other = replace(office, desk=replace(office.desk, root=root), env=env)
    other.source(THREE)
    before = office.snapshot()
    office.front.when(writes, Delay(0.3))
    with Reader(office.portal.url, office.slug, threads=1) as reader:
        runs = [each.start(*PUBLISH) for each in (office, other)]
        ended = [office.publishers.wait(run) for run in runs]
        office.front.rules.clear()
        assert sorted(each.code for each in ended) == [0, 1], ended
        won = ended[0].code == 0
    winner, loser = (office, other) if won else (other, office)
    said = ended[1 if won else 0].said
    assert "STOP" in said
    winner.settled(TWO if won else THREE)
    winner.at_rest(*PUBLISH)
    again = loser.run(*PUBLISH)  # it does not write over what the other one wrote
    assert again.code == 1, again.said
    winner.settled(TWO if won else THREE)
    tables = reader.problems(office.allowed(before, office.snapshot()))
    assert tables == []


def test_two_publishers_with_one_archive_do_it_once(office: Office) -> None:
    office.front.clear()
    runs = [office.start(*PUBLISH) for _ in range(2)]
    ended = [office.publishers.wait(run) for run in runs]
    assert [each.code for each in ended] == [0, 0], ended
    assert sorted("nothing changed" in each.said for each in ended) == [False, True], ended
    assert [seen.action for seen in office.front.requests if seen.is_write].count("package_revise") == 2
    office.settled(TWO)
    office.at_rest(*PUBLISH)


# --- the right to publish ---------------------------------------------------------------------------------------------


def role(portal: Portal, role: str) -> None:
    member = {"id": "age", "username": "pub", "role": role}
    portal.api("organization_member_create", member, portal.admin_token)


@pytest.mark.parametrize("write", range(4))
def test_an_editor_is_made_a_member_in_the_middle(office: Office, portal: Portal, write: int) -> None:
    rule = office.front.when(writes, Call(lambda _: role(portal, "member")), first=write, times=1)
    ended = survives(office, TWO, *PUBLISH, rule=rule, mend=lambda: role(portal, "editor"))
    assert ended.code == 1
    assert "does not allow it" in ended.said


@pytest.mark.parametrize("write", range(4))
def test_a_token_is_revoked_in_the_middle(office: Office, portal: Portal, write: int) -> None:
    admin, name = portal.admin_token, {"user": "pub", "name": "another"}
    office.env["PUBLICA_CKAN_TOKEN"] = token = portal.api("api_token_create", name, admin)["token"]

    def mend() -> None:
        ended = office.run(*PUBLISH)  # the token is good for nothing now
        assert ended.code == 1
        assert "token" in ended.said
        office.env["PUBLICA_CKAN_TOKEN"] = portal.editor_token

    revoke = Call(lambda _: portal.api("api_token_revoke", {"token": token}, admin))
    rule = office.front.when(writes, revoke, first=write, times=1)
    ended = survives(office, TWO, *PUBLISH, rule=rule, mend=mend)
    assert ended.code == 1
    assert "does not allow it" in ended.said
    assert token not in ended.said


def test_the_right_is_lost_in_a_first_publication(town: Town, portal: Portal) -> None:
    office = town.office()
    rule = office.front.when(writes, Call(lambda _: role(portal, "member")), first=1, times=1)
    ended = survives(office, ONE, *PUBLISH, rule=rule, mend=lambda: role(portal, "editor"))
    assert ended.code == 1
