"""What people change by hand on a portal is found, named, and never overwritten in silence (G8); what does not read
back as it was written is undone (G9)."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from pipelines.errors import UserError
from pipelines.portals.folder import Folder
from pipelines.portals.metadata import About
from pipelines.portals.receipt import Receipt


@pytest.fixture
def receipt(portal: Folder, maker: Any, about: About, now: datetime) -> Receipt:
    portal.publish(maker.checked("1.0.0"), about, now)
    return portal.publish(maker.checked("1.1.0"), about, now)


def relink(path: Path) -> None:
    path.unlink()
    path.symlink_to("../..")


EDITS: dict[str, tuple[Callable[[Path], object], tuple[str, str]]] = {
    "a page": (lambda p: (p / "ro.html").write_text("x"), ("portal-edited", "paralegals/ro.html")),
    "a file": (
        lambda p: (p / "latest/data/observations.csv").write_text("x"),
        ("portal-edited", "paralegals/versions/1.1.0/data/observations.csv"),
    ),
    "an old file": (
        lambda p: (p / "versions/1.0.0/LICENSE").write_text("x"),
        ("portal-edited", "paralegals/versions/1.0.0/LICENSE"),
    ),
    "a deleted file": (lambda p: (p / "index.html").unlink(), ("portal-deleted", "paralegals/index.html")),
    "an added file": (lambda p: (p / "extra.csv").write_text("x"), ("portal-extra", "paralegals/extra.csv")),
    "an added data file": (
        lambda p: (p / "latest/data/extra.csv").write_text("x"),
        ("portal-extra", "paralegals/versions/1.1.0/data/extra.csv"),
    ),
    "a link": (lambda p: relink(p / "latest"), ("portal-edited", "paralegals/latest")),
    "a deleted link": (lambda p: (p / "paralegals.zip").unlink(), ("portal-deleted", "paralegals/paralegals.zip")),
    "all of it": (lambda p: p.unlink(), ("portal-deleted", "paralegals")),
    "spoiled metadata": (
        lambda p: (p / "dataset.json").write_text("{"),
        ("portal-edited", "paralegals/dataset.json"),
    ),
}


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_by_hand_is_named_and_stops_publication_until_it_is_overwritten(
    portal: Folder, receipt: Receipt, maker: Any, about: About, now: datetime, whole: Any, edit: str
) -> None:
    change, expected = EDITS[edit]
    public = portal.root / "paralegals"
    change(public)
    findings = portal.drift("paralegals", receipt)
    assert [(f.code, f.params["path"]) for f in findings] == [expected]
    for number in ("1.1.0", "1.2.0"):
        with pytest.raises(UserError) as told:
            portal.publish(maker.checked(number), about, now)
        assert [(f.code, f.params["path"]) for f in told.value.findings] == [expected]
    if edit != "all of it":
        with pytest.raises(UserError):
            portal.withdraw("paralegals", "No.", now)
    older = [maker.checked("1.0.0")]
    again = portal.publish(maker.checked("1.1.0"), about, now, older, overwrite=True)
    assert portal.drift("paralegals", again) == []
    assert whole(public) == []
    assert not (public / "extra.csv").exists()


def test_metadata_changed_by_hand_is_shown_field_by_field(portal: Folder, receipt: Receipt) -> None:
    path = portal.root / "paralegals/dataset.json"
    value = json.loads(path.read_bytes())
    value["organization"]["email"] = "someone@example.org"
    value["title"]["ro"] = "Alt titlu"
    value["note"] = "added"
    del value["cadence"]
    path.write_text(json.dumps(value))
    findings = portal.drift("paralegals", receipt)
    shown = {f.params["field"]: (f.params["ours"], f.params["theirs"]) for f in findings}
    assert shown == {
        "title.ro": ("Parajuriști comunitari", "Alt titlu"),
        "organization.email": ("***", "***"),
        "cadence": ("semester", "-"),
        "note": ("-", "added"),
    }


def test_a_file_that_was_only_touched_is_no_edit(portal: Folder, receipt: Receipt) -> None:
    os.utime(portal.root / "paralegals/index.html", ns=(1, 1))
    os.utime(portal.root / "paralegals/latest/LICENSE", ns=(1, 1))
    assert portal.drift("paralegals", receipt) == []


def test_an_edit_that_keeps_the_size_is_found(portal: Folder, receipt: Receipt) -> None:
    path = portal.root / "paralegals/latest/data/observations.csv"
    path.write_bytes(path.read_bytes().replace(b"2019", b"2018"))
    assert [f.code for f in portal.drift("paralegals", receipt)] == ["portal-edited"]


SPOILS = {"dataset.json": b"{}", "index.html": b"<html>200 OK</html>", "latest/data/observations.csv": b"period,par"}


@pytest.mark.parametrize("name", SPOILS)
@pytest.mark.parametrize("first", [True, False])
def test_what_does_not_read_back_puts_the_last_good_version_back(
    portal: Folder, maker: Any, about: About, now: datetime, whole: Any, name: str, first: bool
) -> None:
    """Somebody spoils a file in the very moment of the switch, which no care of the writer's can prevent."""
    public = portal.root / "paralegals"
    if not first:
        portal.publish(maker.checked("1.0.0"), about, now)
    version = maker.checked("1.1.0")
    spoiled: list[str] = []

    def spoil(event: str, args: tuple[Any, ...]) -> None:
        if event == "os.rename" and not spoiled and str(args[1]) == str(public):
            spoiled.append(name)
            state = Path(args[0]).parent / Path(args[0]).readlink().name
            (state / name).write_bytes(SPOILS[name])

    sys.addaudithook(spoil)
    with pytest.raises(UserError) as told:
        portal.publish(version, about, now)
    assert spoiled
    assert {finding.code for finding in told.value.findings} == {"portal-read-back"}
    there = portal.current("paralegals")
    if first:
        assert there is None
        assert not public.exists()
    else:
        assert there is not None
        assert (there.version, there.confirmed) == ("1.0.0", True)
        assert whole(public) == []
    portal.publish(version, about, now)
    assert whole(public) == []


def test_a_switch_that_nobody_read_back_is_read_back_by_the_next_run(
    memory: Path, maker: Any, about: About, now: datetime, forked: Any, whole: Any
) -> None:
    portal = Folder(memory / "public")
    portal.publish(maker.checked("1.0.0"), about, now)
    version = maker.checked("1.1.0")
    before = portal.root.rename(memory / "before")
    for step in itertools.count(1):
        shutil.copytree(before, portal.root, symlinks=True)
        assert forked.dies_at(step, lambda: portal.publish(version, about, now))
        there = portal.current("paralegals")
        if there is not None and not there.confirmed:
            break
        shutil.rmtree(portal.root)
    page = portal.root / "paralegals/index.html"
    page.write_text("spoiled while nobody looked")
    assert portal.refresh()
    there = portal.current("paralegals")
    assert there is not None
    assert (there.version, there.confirmed) == ("1.0.0", True)
    assert whole(portal.root / "paralegals") == []
