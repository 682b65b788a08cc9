"""Publishing to any kind of portal: what is public then, and that asking twice writes once (G6)."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pipelines.archive.archive import Archive
from pipelines.errors import UserError
from pipelines.portals.receipt import Receipt

pytestmark = pytest.mark.contract

SLUG = "paralegals"
ROWS = [("2019-S1", 33), ("2019-S2", 35)]


def test_a_published_version_is_whole_for_strangers(either: Any) -> None:
    version = either.maker.checked("1.0.0", ROWS)
    receipt = either.publish(version)
    said = either.said()
    assert (said["status"], said["version"], said["title"]) == ("published", "1.0.0", "Community paralegals")
    assert either.rows() == ROWS
    digests = {file["path"]: file["sha256"] for file in version.manifest["files"]}
    assert either.zips() == {"1.0.0": digests["paralegals-1.0.0.zip"]}
    there = either.run().current(SLUG)
    assert (there.status, there.version, there.manifest) == ("published", "1.0.0", version.digest)
    assert (there.signature, there.confirmed) == (receipt.signature, True)
    assert either.portal.kept(SLUG) == ["1.0.0"]
    assert either.drift() == []
    assert either.verify() == []


def test_what_was_never_published_is_not_there(either: Any) -> None:
    assert either.portal.current(SLUG) is None
    assert either.portal.receipt(SLUG) is None
    assert either.portal.kept(SLUG) == []
    assert either.portal.listing() == []


def test_publishing_the_same_again_writes_nothing(either: Any) -> None:
    version = either.maker.checked("1.0.0")
    first = either.publish(version)
    either.portal.refresh()
    before, later = either.touched(), either.now + timedelta(days=9)
    assert either.plan(version, now=later) == []
    assert either.publish(version, now=later) == first
    assert either.portal.refresh() == []
    assert either.touched() == before


def test_a_plan_writes_nothing_and_names_the_bytes_of_every_file(either: Any) -> None:
    first, second = either.maker.checked("1.0.0"), either.maker.checked("1.1.0")
    assert either.plan(first)
    assert either.said() == {"status": ""}
    either.publish(first)
    before = either.touched()
    planned = {write.sha256: write.bytes for write in either.plan(second)}
    assert either.touched() == before
    for file in second.manifest["files"]:
        if file["path"].endswith((".csv", ".json", ".zip")) and "data/" in file["path"]:
            assert planned[file["sha256"]] == file["bytes"]
    either.publish(second)
    assert either.plan(second) == []


def test_a_new_address_of_the_organisation_makes_no_version(either: Any) -> None:
    version = either.maker.checked("1.0.0")
    before = either.publish(version)
    files = either.files()
    moved = replace(either.about, organization={**either.about.organization, "email": "new@cnajgs.md"})
    later = either.now + timedelta(days=1)
    assert either.plan(version, about=moved, now=later)
    after = either.publish(version, about=moved, now=later)
    assert after.signature != before.signature
    assert (after.links, either.files()) == (before.links, files)
    assert either.portal.kept(SLUG) == ["1.0.0"]
    assert either.plan(version, about=moved, now=later) == []


def test_a_receipt_goes_through_json_unchanged_and_the_portal_has_it_too(either: Any) -> None:
    receipt = either.publish(either.maker.checked("1.0.0"))
    assert Receipt.from_json(json.loads(json.dumps(receipt.to_json()))) == receipt
    assert either.run().receipt(SLUG) == receipt


def test_a_version_number_that_the_portal_knows_with_other_content_is_refused(either: Any, tmp_path: Any) -> None:
    either.publish(either.maker.checked("1.0.0", [("2019-S1", 1)]))
    before = either.touched()
    other = type(either.maker)(Archive(tmp_path / "other")).checked("1.0.0", [("2019-S1", 2)])
    with pytest.raises(UserError) as told:
        either.publish(other)
    assert [finding.code for finding in told.value.findings] == ["portal-other-version"]
    assert either.touched() == before


def test_a_portal_that_was_lost_is_made_again_with_all_versions_and_links(either: Any) -> None:
    versions = [either.maker.checked(f"1.{n}.0") for n in range(3)]
    receipts = [either.publish(version) for version in versions]
    files, zips = either.files(), either.zips()
    either.lose()
    either.last = None
    again = either.publish(versions[2], versions[:2])
    assert either.portal.kept(SLUG) == ["1.2.0", "1.1.0", "1.0.0"]
    assert either.zips() == zips
    assert list(either.files().values()) == list(files.values())
    assert again.links.keys() == receipts[-1].links.keys()


def test_the_listing_names_every_public_version(either: Any) -> None:
    either.publish(either.maker.checked("1.0.0"))
    either.publish(either.maker.checked("1.1.0"), now=either.now + timedelta(days=1))
    listed = {(one.dataset, one.version, one.current): one for one in either.run().listing()}
    assert set(listed) == {(SLUG, "1.1.0", True), (SLUG, "1.0.0", False)}
    first = listed[(SLUG, "1.0.0", False)]
    assert (first.organization, first.title, first.published) == ("cnajgs", "Community paralegals", either.now)
    assert either.portal.listing([SLUG]) == []
    either.withdraw("A mistake.")
    assert either.run().listing() == []


@pytest.mark.parametrize("name", ["data/observations.csv", "data/observations.json"])
def test_g1_a_byte_changed_between_the_gate_and_the_portal_is_refused(either: Any, name: str) -> None:
    either.publish(either.maker.checked("1.0.0", [("2019-S1", 33)]))
    before = either.files()
    checked = either.maker.checked("1.1.0", [("2019-S1", 34_251_867)])
    file = checked.folder / "package" / name
    file.write_bytes(file.read_bytes().replace(b"34251867", b"99251867"))
    with pytest.raises(UserError) as told:
        either.publish(checked)
    assert [finding.code for finding in told.value.findings] == ["gate-file-changed"]
    assert either.files() == before
    assert either.rows() == [("2019-S1", 33)]
    assert not either.holds(b"99251867")
