"""`doctor`: what a folder portal is and can do, and what stands in the way. That of CKAN is in `tests/portals/ckan`."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from pipelines.portals import examined
from pipelines.portals.folder import Folder


class Usage(NamedTuple):
    """What a disk says of itself, bytes."""

    total: int
    used: int
    free: int


@pytest.fixture
def closed() -> Iterator[Path]:
    """A folder that its visitor may read and not write; who tests as administrator visits as nobody."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o555)
        if os.geteuid() == 0:
            os.seteuid(65534)
        try:
            yield folder
        finally:
            if os.getuid() == 0:
                os.seteuid(0)
            folder.chmod(0o755)


def test_a_folder_that_is_not_there_yet_is_no_trouble_and_is_not_made(desk: Any) -> None:
    desk.dataset()
    ran = desk.run("doctor")
    assert ran.code == 0, ran.said
    assert f"portal: the folder {desk.public}, not there yet" in ran.out
    assert "free space: " in ran.out
    assert "follows symbolic links" in ran.out
    assert ran.out.endswith("Nothing stands in the way of publishing.\n")
    assert desk.tree() == {}


def test_a_folder_says_how_many_datasets_it_holds(desk: Any) -> None:
    desk.dataset("wells")
    desk.dataset("mills")
    desk.publish()
    before = desk.tree()
    assert f"portal: the folder {desk.public}; datasets in it: 2" in desk.run("doctor").out
    assert desk.tree() == before


def test_the_doctor_answers_in_json_with_every_language(desk: Any) -> None:
    desk.dataset()
    value = desk.run("doctor", "--json").json
    assert value["findings"] == []
    codes = [fact["code"] for fact in value["facts"]]
    assert codes[0] == "folder-fact-new"
    assert all(sorted(fact["text"]) == ["en", "ro", "ru"] for fact in value["facts"])


def test_a_file_in_the_place_of_the_folder_is_in_the_way(desk: Any) -> None:
    desk.dataset()
    desk.public.write_text("mine", "utf-8")
    for to in ("folder:public", "folder:public/below"):
        ran = desk.run("doctor", "--to", to, "--json")
        assert ran.code == 1
        assert [finding["code"] for finding in ran.json["findings"]] == ["portal-disk"]
    assert "In the way of publishing: 1" in desk.run("doctor").out


def test_a_folder_that_may_not_be_written_is_in_the_way(closed: Path) -> None:
    for root in (closed, closed / "not" / "there"):
        _, findings = Folder(root).diagnose(())
        assert [finding.code for finding in findings] == ["portal-read-only"]


def test_little_space_is_worth_a_look_and_stops_nobody(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.dataset()

    def nearly_full(_folder: Path) -> Usage:
        return Usage(10**12, 10**12, (examined.ROOM - 1) * 1_000_000)

    monkeypatch.setattr(shutil, "disk_usage", nearly_full)
    ran = desk.run("doctor")
    assert ran.code == 0
    assert "little space is left" in ran.err
    assert "Nothing stands in the way" in ran.out


def test_a_portal_that_there_is_not_is_told(desk: Any) -> None:
    desk.dataset()
    ran = desk.run("doctor", "--to", "floder:x", "--json")
    assert ran.code == 1
    assert ran.json[0]["findings"][0]["code"] == "portal-unknown-kind"
