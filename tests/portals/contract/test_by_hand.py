"""What people change by hand on any kind of portal is found, named, and never overwritten in silence (G8)."""

from __future__ import annotations

from typing import Any

import pytest

from pipelines.errors import UserError

pytestmark = pytest.mark.contract

SLUG = "paralegals"
ROWS = [("2019-S1", 33), ("2019-S2", 35)]


@pytest.fixture
def versions(either: Any) -> list[Any]:
    """Three versions, the first two published."""
    versions = [either.maker.checked(f"1.{n}.0", [*ROWS, ("2020-S1", n)]) for n in range(3)]
    for version in versions[:2]:
        either.publish(version)
    return versions


def test_g8_a_title_edited_by_hand_is_named_and_stops_every_verb(either: Any, versions: list[Any]) -> None:
    either.edit_title("Somebody's title")
    shown = [(f.code, f.params["ours"], f.params["theirs"]) for f in either.drift()]
    assert ("portal-metadata-edited", "Community paralegals", "Somebody's title") in shown
    before = either.touched()
    for verb in (
        lambda: either.publish(versions[1]),
        lambda: either.publish(versions[2]),
        lambda: either.withdraw("No."),
    ):
        with pytest.raises(UserError) as told:
            verb()
        assert "portal-metadata-edited" in [finding.code for finding in told.value.findings]
    assert either.said()["title"] == "Somebody's title"
    assert either.touched() == before


def test_g8_a_title_edited_by_hand_is_put_back_where_a_person_says_so(either: Any, versions: list[Any]) -> None:
    published = either.last
    either.edit_title("Somebody's title")
    receipt = either.publish(versions[1], overwrite=True)
    assert receipt.signature == published.signature
    assert either.said()["title"] == "Community paralegals"
    assert either.verify() == []


def test_g8_a_file_changed_by_hand_is_named_and_put_back_where_a_person_says_so(
    either: Any, versions: list[Any]
) -> None:
    files = either.files()
    either.edit_file()
    assert any("observations" in finding.text() for finding in either.verify())
    edited = either.files()
    assert edited != files
    with pytest.raises(UserError) as told:
        either.publish(versions[2])
    assert any("observations" in finding.text() for finding in told.value.findings)
    assert either.files() == edited
    either.publish(versions[1], overwrite=True)
    assert either.files() == files
    assert either.rows() == [*ROWS, ("2020-S1", 1)]
    assert either.verify() == []


def test_g8_a_dataset_deleted_by_hand_is_not_published_again_unless_a_person_says_so(
    either: Any, versions: list[Any]
) -> None:
    files = either.files()
    either.delete()
    assert [finding.code for finding in either.drift()] == ["portal-deleted"]
    assert either.run().current(SLUG) is None
    with pytest.raises(UserError):
        either.publish(versions[2])
    assert either.said()["status"] == ""
    either.publish(versions[1], versions[:1], overwrite=True)
    assert either.files() == files
    assert list(either.zips()) == ["1.1.0", "1.0.0"]
    assert either.verify() == []


def test_a_name_that_is_somebody_elses_is_never_taken(either: Any) -> None:
    either.take_name()
    before = either.said()
    with pytest.raises(UserError) as told:
        either.publish(either.maker.checked("1.0.0"))
    assert told.value.findings[0].code.endswith("name-taken")
    assert either.said() == before
