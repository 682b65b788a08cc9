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


def _published(place: workspace.Workspace) -> None:
    assert publish(place, "wells", person_said_yes).status == "published"
