"""Publishing to a folder: what is public then, and that asking twice writes once."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from pipelines.errors import UserError
from pipelines.portals.folder import Folder
from pipelines.portals.metadata import About
from pipelines.portals.open import open_portal


def everything(root: Path) -> dict[str, tuple[int, int]]:
    """Every file and link below `root`, with when it was last written."""
    found: dict[str, tuple[int, int]] = {}
    for folder, folders, files in os.walk(root):
        for name in (*folders, *files):
            status = (Path(folder) / name).lstat()
            found[str(Path(folder, name).relative_to(root))] = (status.st_ino, status.st_mtime_ns)
    return found


def test_a_published_version_is_whole_at_its_constant_links(
    portal: Folder, maker: Any, about: About, now: datetime, whole: Any
) -> None:
    receipt = portal.publish(maker.checked("1.0.0", [("2019-S1", 33), ("2019-S2", 35)]), about, now)
    public = portal.root / "paralegals"
    assert whole(public) == []
    assert (public / "latest/data/observations.csv").read_text() == "period,paralegals\n2019-S1,33\n2019-S2,35\n"
    assert (public / "paralegals.zip").read_bytes() == (public / "versions/1.0.0/paralegals-1.0.0.zip").read_bytes()
    there = portal.current("paralegals")
    assert there is not None
    assert (there.status, there.version, there.confirmed) == ("published", "1.0.0", True)
    assert there.signature == receipt.signature
    assert portal.drift("paralegals", receipt) == []


def test_the_plan_names_every_file_that_publishing_then_writes(
    portal: Folder, maker: Any, about: About, now: datetime
) -> None:
    version = maker.checked("1.0.0")
    plan = portal.plan(version, about, now)
    assert not portal.root.exists()
    portal.publish(version, about, now)
    for write in plan:
        path = portal.root / write.path
        if write.action == "link":
            assert str(path.readlink()) == write.target
        else:
            assert path.stat().st_size == write.bytes, write.path
    public = {f"paralegals/{path}" for path in portal.publish(version, about, now).links}
    files = {f"paralegals/{file.path}" for file in portal.publish(version, about, now).files}
    assert {write.path for write in plan} == public | files


def test_the_catalogue_is_written_only_when_its_bytes_change(
    portal: Folder, maker: Any, about: About, now: datetime
) -> None:
    portal.publish(maker.checked("1.0.0"), about, now)
    assert set(portal.refresh()) == {"index.html", "index.ro.html", "index.ru.html", "catalog.json"}
    portal.publish(maker.checked("1.1.0"), about, now)
    assert portal.refresh() == []  # nothing in it is bound to a version
    portal.withdraw("paralegals", "A mistake.", now)
    assert "catalog.json" in portal.refresh()


def test_a_real_folder_of_that_name_is_never_overwritten(
    portal: Folder, maker: Any, about: About, now: datetime
) -> None:
    (portal.root / "paralegals").mkdir(parents=True)
    (portal.root / "paralegals" / "index.html").write_text("mine")
    with pytest.raises(UserError) as told:
        portal.publish(maker.checked("1.0.0"), about, now)
    assert [f.code for f in told.value.findings] == ["portal-name-taken"]
    assert (portal.root / "paralegals" / "index.html").read_text() == "mine"


def test_nothing_written_holds_an_absolute_path_or_an_absolute_link(
    portal: Folder, maker: Any, about: About, now: datetime, tmp_path: Path
) -> None:
    portal.publish(maker.checked("1.0.0"), about, now)
    portal.refresh()
    for folder, folders, files in os.walk(portal.root):
        for name in (*folders, *files):
            path = Path(folder, name)
            if path.is_symlink():
                assert not path.readlink().is_absolute()
            elif path.is_file():
                assert str(tmp_path).encode() not in path.read_bytes()


def test_the_folder_works_after_it_is_moved(
    portal: Folder, maker: Any, about: About, now: datetime, whole: Any, tmp_path: Path
) -> None:
    version = maker.checked("1.0.0")
    portal.publish(version, about, now)
    moved = Folder(portal.root.rename(tmp_path / "elsewhere"))
    assert whole(moved.root / "paralegals") == []
    assert moved.plan(version, about, now) == []


def test_everybody_may_read_what_is_public_whatever_the_umask(
    portal: Folder, maker: Any, about: About, now: datetime
) -> None:
    version = maker.checked("1.0.0")
    before = os.umask(0o077)
    try:
        portal.publish(version, about, now)
        portal.refresh()
    finally:
        os.umask(before)
    public = portal.root / "paralegals"
    for path in (portal.root / "index.html", public / "index.html", public / "latest/data/observations.csv"):
        assert path.stat().st_mode & 0o444 == 0o444
        for folder in path.resolve().parents:
            if folder.is_relative_to(portal.root):
                assert folder.stat().st_mode & 0o555 == 0o555


def test_an_address_of_an_unknown_kind_is_a_finding_with_the_known_ones() -> None:
    with pytest.raises(UserError) as told:
        open_portal("foldr:public", _nobody)
    text = told.value.findings[0].text()
    assert text.startswith("there is no kind of portal called 'foldr'; known: folder, ckan (nearest: folder)")
    with pytest.raises(UserError):
        open_portal("folder:", _nobody)
    portal = open_portal("folder:public", _nobody)
    assert isinstance(portal, Folder)
    assert portal.root == Path("public")


def _nobody() -> str:
    raise AssertionError("opening a portal asks for nothing")
