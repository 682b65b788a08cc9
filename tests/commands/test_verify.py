"""`verify`: every public byte is looked at, whatever its time of change says, and what differs is named."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipelines.commands.known import last_receipt
from pipelines.commands.verify import verify
from pipelines.commands.workspace import Workspace


def _spoil(file: Path) -> None:
    """Change one byte of a file, in place and without a trace in its size and times."""
    seen = file.stat()
    content = bytearray(file.read_bytes())
    content[-2] ^= 1
    with file.open("r+b") as opened:
        opened.write(content)
    os.utime(file, ns=(seen.st_atime_ns, seen.st_mtime_ns))


def test_what_is_as_it_was_published_is_told_so_and_nothing_is_written(desk: Any) -> None:
    desk.dataset()
    desk.publish()
    before = desk.tree()
    ran = desk.run("verify")
    assert (ran.code, ran.out) == (0, "wells: 1.0.0 is public exactly as it was published\n")
    assert desk.tree() == before


@pytest.mark.parametrize(
    "path",
    ["latest/data/rows.csv", "latest/datapackage.json", "versions/1.0.0/data/rows.csv", "index.html", "wells.zip"],
)
def test_g8_a_changed_byte_that_no_cheap_look_finds_is_named(desk: Any, path: str) -> None:
    source = desk.dataset()
    desk.publish()
    source.write_text("Loc,Nr\nA,1\n", "utf-8")
    desk.publish()
    _spoil((desk.public / "wells" / path).resolve())
    assert desk.run("status").code == 0
    ran = desk.run("verify", "--json")
    assert ran.code == 1
    (answer,) = ran.json
    assert (answer["status"], answer["count"]) == ("differs", 1)
    assert answer["findings"][0]["code"] == "portal-edited"
    assert "publish with --overwrite" in answer["findings"][0]["text"]["en"]


def test_what_is_deleted_or_added_by_hand_is_named(desk: Any) -> None:
    desk.dataset()
    desk.publish()
    (desk.public / "wells" / "ro.html").resolve().unlink()
    (desk.public / "wells" / "mine.txt").write_text("x", "utf-8")
    ran = desk.run("verify", "--json")
    assert {finding["code"] for finding in ran.json[0]["findings"]} == {"portal-deleted", "portal-extra"}


def test_what_was_never_published_is_told_so_and_is_no_mistake(desk: Any) -> None:
    desk.dataset()
    ran = desk.run("verify")
    assert (ran.code, ran.out) == (0, "wells: never published here\n")
    assert desk.tree() == {}


def test_g11_one_that_differs_stops_no_other(desk: Any) -> None:
    for slug in ("mills", "wells"):
        desk.dataset(slug)
    desk.publish()
    _spoil((desk.public / "mills" / "index.html").resolve())
    ran = desk.run("verify")
    assert ran.code == 1
    assert "mills: not as it was published: 1 differences" in ran.out
    assert "wells: 1.0.0 is public exactly as it was published" in ran.out


def test_what_was_taken_away_is_looked_at_as_well(desk: Any) -> None:
    desk.dataset()
    desk.publish()
    desk.run("withdraw", "wells", "--reason", "x", "--yes")
    assert desk.run("verify").out == "wells: taken away, and nothing of it is public\n"
    _spoil((desk.public / "wells" / "index.html").resolve())
    assert desk.run("verify").code == 1


def test_a_dataset_whose_declaration_is_broken_or_gone_is_still_looked_at(desk: Any) -> None:
    desk.dataset("wells")
    desk.dataset("mills")
    desk.publish()
    (desk.datapackages / "wells" / "datapackage.yaml").write_text("- broken", "utf-8")
    (desk.datapackages / "mills").rename(desk.root / "away")
    ran = desk.run("verify")
    assert (ran.code, ran.out.count("exactly as it was published")) == (0, 2)
    assert desk.run("verify", "mills").code == 0


def test_what_a_run_showed_that_died_before_it_noted_it_is_no_hands_work(desk: Any) -> None:
    source = desk.dataset()
    desk.publish()
    source.write_text("Loc,Nr\nA,1\n", "utf-8")
    desk.publish()
    ledger = desk.root / "archive" / "wells" / "ledger"
    newest = max(ledger.glob("*.json"))
    assert b'"published"' in newest.read_bytes()
    newest.unlink()
    workspace = Workspace(desk.datapackages, desk.root / "archive", "folder:public", now=lambda: datetime.now(UTC))
    last = last_receipt(workspace, "wells")
    assert last is not None
    assert last.version == "1.0.0"
    found = verify(workspace, "wells")
    assert (found.status, dict(found.params)) == ("verified", {"version": desk.shown()})
