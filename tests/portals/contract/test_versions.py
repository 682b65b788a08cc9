"""Links that hold for ever (G3), every version stays and can be made current again (G4), and what is stronger: withdraw
and erase. On any kind of portal."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

import pytest

from pipelines.errors import UserError
from pipelines.languages import Language

pytestmark = pytest.mark.contract

SLUG = "paralegals"
REASON: dict[Language, str] = {
    "en": "A figure was wrong.",
    "ro": "O cifră era greșită.",
    "ru": "Одна цифра была неверна.",
}
SECRET = 987654321


def published(either: Any, count: int) -> list[Any]:
    """So many versions, the figure of each in its number."""
    versions = [either.maker.checked(f"1.{n}.0", [("2019-S1", n), ("2019-S2", 9)]) for n in range(count)]
    for version in versions:
        either.publish(version)
    return versions


def codes(told: pytest.ExceptionInfo[UserError]) -> list[str]:
    return [finding.code for finding in told.value.findings]


def test_g3_links_hold_through_versions(either: Any) -> None:
    links: set[frozenset[str]] = set()
    zips: dict[str, str] = {}
    for n in range(6):
        rows = [("2019-S1", n), ("2019-S2", 9)]
        receipt = either.publish(either.maker.checked(f"1.{n}.0", rows, title=f"Paralegals {n}"))
        assert either.rows() == rows
        assert (either.said()["title"], receipt.version) == (f"Paralegals {n}", f"1.{n}.0")
        links.add(frozenset(either.files()))
        assert zips.items() <= either.zips().items()
        zips = either.zips()
    assert len(links) == 1
    assert list(zips) == [f"1.{n}.0" for n in reversed(range(6))]


def test_g4_rolling_back_from_every_version_to_every_other(either: Any) -> None:
    versions = published(either, 3)
    signatures = {either.last.version: either.last.signature}
    zips = either.zips()
    for old, new in itertools.permutations(versions, 2):
        either.publish(old)
        receipt = either.publish(new)
        assert either.said()["version"] == new.number == either.run().current(SLUG).version
        assert either.rows() == [("2019-S1", int(new.number[2])), ("2019-S2", 9)]
        assert receipt.signature == signatures.setdefault(new.number, receipt.signature)
    assert either.zips() == zips
    assert either.verify() == []


def test_withdrawing_leaves_the_reason_and_no_data(either: Any) -> None:
    published(either, 2)
    receipt = either.withdraw(REASON)
    said = either.said()
    assert (receipt.status, receipt.version) == ("withdrawn", "")
    assert (said["status"], said["version"], said["reason"]) == ("withdrawn", "", REASON["en"])
    assert said["title"] == "Community paralegals"
    assert either.files() == either.zips() == {}
    there = either.run().current(SLUG)
    assert (there.status, there.signature, there.confirmed) == ("withdrawn", receipt.signature, True)
    assert either.drift() == []
    assert either.verify() == []


def test_withdrawing_twice_changes_nothing(either: Any) -> None:
    published(either, 1)
    receipt = either.withdraw(REASON)
    before = either.touched()
    assert either.withdraw(REASON, now=either.now + timedelta(days=1)) == receipt
    assert either.touched() == before


def test_a_withdrawal_is_taken_back_by_publishing(either: Any) -> None:
    versions = published(either, 2)
    before, files, zips = either.last, either.files(), either.zips()
    either.withdraw("For a while.")
    after = either.publish(versions[1], versions[:1])
    assert after.links.keys() == before.links.keys()
    assert (either.files(), either.zips()) == (files, zips)
    assert either.said()["reason"] == ""
    assert either.verify() == []


def test_what_was_never_published_cannot_be_withdrawn(either: Any) -> None:
    with pytest.raises(UserError) as told:
        either.withdraw("Why not.")
    assert codes(told) == ["portal-not-published"]


def test_an_erased_version_is_gone_for_good(either: Any) -> None:
    secret = either.maker.checked("1.0.0", [("2019-S1", SECRET)])
    either.publish(secret)
    either.publish(either.maker.checked("1.1.0"))
    either.erase(["1.0.0"], REASON)
    said = either.said()
    assert (said["status"], said["version"], said["erased"]) == ("published", "1.1.0", ["1.0.0"])
    assert list(either.zips()) == either.run().kept(SLUG) == ["1.1.0"]
    assert not either.holds(str(SECRET).encode())
    for verb in (either.publish, either.plan):
        with pytest.raises(UserError) as told:
            verb(secret)
        assert codes(told) == ["portal-erased-version"]
    assert either.verify() == []


def test_erasing_the_current_version_says_so_until_another_is_published(either: Any) -> None:
    good = either.maker.checked("1.0.0")
    either.publish(good)
    either.publish(either.maker.checked("1.1.0", [("2019-S1", SECRET)]))
    receipt = either.erase(["1.1.0"], REASON)
    assert (receipt.status, either.said()["status"]) == ("erased", "erased")
    assert either.said()["reason"] == REASON["en"]
    assert not either.holds(str(SECRET).encode())
    assert either.files() == {}
    again = either.publish(good, now=either.now + timedelta(days=1))
    assert (again.status, again.version) == ("published", "1.0.0")
    assert either.said()["erased"] == ["1.1.0"]
    assert either.verify() == []


@pytest.mark.parametrize("withdrawn", [False, True])
def test_erasing_everything_leaves_a_tombstone_and_no_data(either: Any, withdrawn: bool) -> None:
    for n in range(2):
        either.publish(either.maker.checked(f"1.{n}.0", [("2019-S1", SECRET)]))
    if withdrawn:
        either.withdraw("For a while.")
    receipt = either.erase(None, REASON)
    assert receipt.status == either.said()["status"] == "erased"  # nothing is left that could come back
    assert either.said()["erased"] == ["1.1.0", "1.0.0"]
    assert not either.holds(str(SECRET).encode())
    assert either.run().kept(SLUG) == []
    before = either.touched()
    assert either.erase(None, REASON) == receipt
    assert either.touched() == before


def test_erasing_a_version_that_the_portal_does_not_hold_changes_nothing(either: Any) -> None:
    receipt = either.publish(either.maker.checked("1.0.0"))
    before = either.touched()
    assert either.erase(["0.9.0"], REASON) == receipt
    assert either.touched() == before


def test_what_was_never_published_has_nothing_to_erase(either: Any) -> None:
    assert either.erase(["1.0.0"], REASON) is None
    assert either.said() == {"status": ""}
