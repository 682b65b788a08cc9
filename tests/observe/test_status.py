"""Where a dataset stands, in one word and in JSON."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from pipelines.commands import workspace
from pipelines.commands.publish import person_said_yes, publish
from pipelines.observe.status import standing


def _word(desk: Any) -> str:
    return desk.run("status", "--json").json[0]["status"]


def test_a_dataset_goes_from_never_to_current_to_behind(desk: Any) -> None:
    source = desk.dataset()
    assert _word(desk) == "never"
    desk.publish()
    assert _word(desk) == "current"
    source.write_text("Loc,Nr\nA,1\n", "utf-8")
    desk.run("build")
    assert _word(desk) == "behind"
    desk.publish()
    assert _word(desk) == "current"
    desk.run("withdraw", "wells", "--reason", "x", "--yes")
    assert _word(desk) == "gone"
    desk.run("rollback", "wells", "1.0.0", "--reason", "x", "--yes")
    assert _word(desk) == "on-hold"


def test_a_dataset_that_nothing_is_promised_of_is_never_due(desk: Any) -> None:
    desk.dataset()
    desk.edit("wells", "cadence: semester", "cadence: irregular")
    desk.publish()
    ran = desk.run("status")
    assert "nothing is due (irregular)" in ran.out


@pytest.mark.parametrize(
    ("now", "overdue"),
    [
        (datetime(2026, 12, 31, 21, 59, tzinfo=UTC), False),  # 23:59 in Chisinau
        (datetime(2026, 12, 31, 22, 1, tzinfo=UTC), True),
    ],
)
def test_the_last_day_ends_at_midnight_in_chisinau(desk: Any, now: datetime, overdue: bool) -> None:
    desk.dataset()
    at = datetime(2026, 6, 30, 20, 59, tzinfo=UTC)  # 23:59 of 30 June in Chisinau
    place = workspace.Workspace(desk.datapackages, desk.root / "archive", f"folder:{desk.public}", now=lambda: at)
    _published(place)
    found = standing(place.archive, place.dataset("wells"), place.portal_name, now)
    assert found.overdue is overdue
    assert found.word == ("overdue" if overdue else "current")
    assert found.to_json()["due"] == "2026-12-31"


def test_what_is_published_in_the_night_belongs_to_chisinaus_day(desk: Any) -> None:
    desk.dataset()
    at = datetime(2026, 6, 30, 21, 30, tzinfo=UTC)  # half past midnight of 1 July in Chisinau
    place = workspace.Workspace(desk.datapackages, desk.root / "archive", f"folder:{desk.public}", now=lambda: at)
    _published(place)
    found = standing(place.archive, place.dataset("wells"), place.portal_name, at)
    assert (found.params["since"], found.params["due"]) == ("01.07.2026", "30.06.2027")


def _away(desk: Any, slug: str) -> None:
    (desk.datapackages / slug).rename(desk.root / f"{slug}-away")


def test_a_dataset_whose_folder_is_gone_is_still_told(desk: Any) -> None:
    for slug in ("mills", "ponds", "wells"):
        desk.dataset(slug, title=f"Old {slug}")
    desk.publish("mills", "wells")
    _away(desk, "wells")
    ran = desk.run("status")
    assert ran.code == 0, ran.said
    assert [line.split(":")[0] for line in ran.out.splitlines()] == ["mills", "ponds", "wells"]
    assert "no longer declared, still public as version 1.0.0" in ran.out.splitlines()[-1]
    told = desk.run("status", "--json").json[-1]
    assert (told["dataset"], told["status"], told["title"]) == ("wells", "undeclared", "Old wells")
    assert (told["published"], told["cadence"], told["due"], told["overdue"]) == ("1.0.0", None, None, False)
    assert [each["dataset"] for each in desk.run("status", "wells", "--json").json] == ["wells"]
    assert [each["dataset"] for each in desk.run("status", "wells", "mills", "--json").json] == ["mills", "wells"]
    assert desk.run("status", "nosuch").code == 1


def test_what_is_neither_declared_nor_public_says_so(desk: Any) -> None:
    for slug in ("mills", "wells"):
        desk.dataset(slug)
    desk.run("build", "mills")
    desk.publish("wells")
    desk.run("withdraw", "wells", "--reason", "x", "--yes")
    for slug in ("mills", "wells"):
        _away(desk, slug)
    (desk.root / "archive" / "no-ledger").mkdir()
    told = desk.run("status", "--json").json
    assert [(each["dataset"], each["status"]) for each in told] == [
        ("mills", "undeclared-hidden"),
        ("wells", "undeclared-hidden"),
    ]
    assert "nothing of it is public" in desk.run("status").out


def test_a_hand_edit_is_told_of_what_is_no_longer_declared_too(desk: Any) -> None:
    desk.dataset()
    desk.publish()
    _away(desk, "wells")
    assert desk.run("status").code == 0
    (desk.public / "wells" / "index.html").write_text("edited")
    ran = desk.run("status", "--json")
    assert (ran.code, ran.json[0]["status"]) == (1, "undeclared")
    assert ran.json[0]["findings"] != []


def test_what_blocks_is_no_success(desk: Any) -> None:
    for slug in ("mills", "wells"):
        desk.dataset(slug)
    desk.publish()
    assert desk.run("status").code == 0
    (desk.public / "wells" / "index.html").write_text("edited")
    ran = desk.run("status", "--json")
    assert ran.code == 1
    assert [bool(each["findings"]) for each in ran.json] == [False, True]
    assert ran.json[1]["status"] == "current"
    assert desk.run("status", "mills").code == 0
    (desk.datapackages / "mills" / "datapackage.yaml").write_text("- broken", "utf-8")
    ran = desk.run("status", "mills", "--json")
    assert (ran.code, ran.json[0]["status"]) == (1, "broken")


def _published(place: workspace.Workspace) -> None:
    assert publish(place, "wells", person_said_yes).status == "published"
