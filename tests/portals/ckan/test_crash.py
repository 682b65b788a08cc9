"""A publisher that is killed at every request it makes to a real CKAN (G7): a reader who looks on sees the old or the
new (G2), and the next run ends where the first would have, with the same ids, nothing twice, and nothing left to write.

That a request's answer is lost with its publisher (`after`) is, for one that only reads, the same as dying before the
next; both are done where a new version is published, as are the first publication and the withdrawal at every write.
"""

from __future__ import annotations

from typing import get_args

import pytest

from tests.portal.proxy import Predicate, writes
from tests.portal.reader import Reader
from tests.portals.ckan.publishers import ONE, TWO, Moment, Office, Town, anything

PUBLISH = ("publish", "--yes")
VERSIONS = 8  # of one dataset, before another one is taken: each lists its zip


def interrupted(office: Office, rows: str, matches: Predicate, number: int, moment: Moment, *words: str) -> bool:
    """Do it, dying there; do it again, and look. False where it made fewer requests, and so did not die."""
    before = office.snapshot()
    with Reader(office.portal.url, office.slug, threads=1) as reader:
        first = office.dies(matches, number, moment, *words)
        assert first.killed or first.code == 0, first.said
        office.does(*words)
    allowed = office.allowed(before, office.snapshot())
    assert reader.problems(allowed) == [], (number, first.said)
    assert len(reader.looks) >= 20
    office.settled(rows)
    office.at_rest(*words)
    return first.killed


def source(number: int) -> str:
    """A row of these is another in each, one was not in the one before, and one will not be in the next."""
    return f"Loc,Nr\nValea Albă,{number}\nPîrîul Lung,7\nSatul {number},5\n"


@pytest.mark.parametrize("moment", ["before", "after"])
def test_killed_at_any_request_of_a_new_version(town: Town, moment: Moment) -> None:
    assert new_versions(town, anything, moment) >= 20


@pytest.mark.parametrize("moment", ["within", "during"])
def test_killed_in_the_middle_of_any_write_of_a_new_version(town: Town, moment: Moment) -> None:
    assert new_versions(town, writes, moment) >= 5


def new_versions(town: Town, matches: Predicate, moment: Moment) -> int:
    """How many requests of a publication there are, having died at each."""
    number, died, office = 0, True, town.office()
    while died:
        if number % VERSIONS == 0:
            office = town.office(f"wells-{number}")
            office.source(source(number))
            office.does(*PUBLISH)
        number += 1
        office.source(rows := source(number))
        died = interrupted(office, rows, matches, number - 1, moment, *PUBLISH)
    return number - 1


@pytest.mark.parametrize("moment", get_args(Moment))
def test_killed_at_any_write_of_a_first_publication_and_of_a_withdrawal(town: Town, moment: Moment) -> None:
    number, died = 0, True
    while died:
        office = town.office(f"wells-{number}")
        died = interrupted(office, ONE, writes, number, moment, *PUBLISH)
        taken_away = ("withdraw", office.slug, "--reason", "wrong", "--yes")
        died = interrupted(office, "", writes, number, moment, *taken_away) or died
        number += 1
    assert number > 4


@pytest.mark.parametrize("write", range(5))
def test_a_withdrawal_that_died_need_not_be_ended_but_can_be_taken_back(town: Town, write: int) -> None:
    office = town.office()
    for rows in (ONE, TWO):
        office.source(rows)
        office.does(*PUBLISH)
    before = office.snapshot()
    assert office.dies(writes, write, "after", "withdraw", office.slug, "--reason", "wrong", "--yes").killed
    office.does("release", office.slug)
    office.does(*PUBLISH)
    after = office.snapshot()
    office.settled(TWO)
    office.at_rest(*PUBLISH)
    assert before
    assert after
    assert before.files == after.files


@pytest.mark.parametrize("write", range(4))
def test_a_withdrawal_that_died_hides_no_edit_by_hand(town: Town, write: int) -> None:
    office = town.office()
    office.does(*PUBLISH)
    taken_away = ("withdraw", office.slug, "--reason", "wrong", "--yes")
    assert office.dies(writes, write, "after", *taken_away).killed
    office.portal.api("package_patch", {"id": office.slug, "title": "By hand"}, office.portal.editor_token)
    refused = office.run(*taken_away)
    assert refused.code == 1
    assert "By hand" in refused.said
    office.does(*taken_away, "--overwrite")
    office.settled("")
