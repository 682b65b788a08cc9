"""A publisher that is killed, or whose disk refuses, at every single change it makes (G7): readers see the old or the
new, and the next run ends where the first one would have."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipelines.portals.folder import Folder
from pipelines.portals.metadata import About

Work = Callable[[Folder], object]
SCENES = [
    "first",
    "next",
    "rollback",
    "withdraw",
    "take back",
    "erase current",
    "erase old",
    "erase withdrawn",
    "refresh",
]


def view(root: Path) -> dict[str, bytes]:
    """All that a stranger sees of the dataset and the catalogue."""
    seen: dict[str, bytes] = {}
    for folder, folders, files in os.walk(root, followlinks=True):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in files:
            path = Path(folder, name)
            if not name.startswith("."):
                seen[str(path.relative_to(root))] = path.read_bytes()
    return seen


def leftovers(root: Path) -> list[str]:
    """Rubbish, and more states than the current one and the one before."""
    found = [
        str(path) for path in root.rglob("*") if path.name.startswith(".tmp-") or path.name.endswith(".unread.json")
    ]
    for states in (root / ".states").glob("*"):
        found += [str(path) for path in sorted(states.glob("[0-9]*/"))[:-2]]
    return found


@pytest.fixture
def scene(request: pytest.FixtureRequest, maker: Any, about: About, now: datetime) -> tuple[list[Work], Work]:
    """What was done before, and the work that is interrupted."""
    one, two, three = (maker.checked(f"1.{n}.0") for n in range(3))
    later = now + timedelta(hours=1)

    def publish(version: Any) -> Work:
        return lambda portal: portal.publish(version, about, now)

    def refresh(portal: Folder) -> object:
        return portal.refresh()

    def withdraw(portal: Folder) -> object:
        return portal.withdraw("paralegals", {"en": "Wrong", "ro": "Greșit", "ru": "Неверно"}, later)

    def erase(*numbers: str) -> Work:
        return lambda portal: portal.erase("paralegals", numbers, "A court said so.", later)

    all_three = [publish(one), publish(two), publish(three), refresh]
    scenes: dict[str, tuple[list[Work], Work]] = {
        "first": ([], publish(one)),
        "next": ([publish(one)], publish(two)),
        "rollback": (all_three, publish(one)),
        "withdraw": (all_three, withdraw),
        "take back": ([*all_three, withdraw], publish(three)),
        "erase current": (all_three, erase("1.2.0")),
        "erase old": (all_three, erase("1.0.0")),
        "erase withdrawn": ([*all_three, withdraw], erase("1.1.0")),
        "refresh": ([publish(one)], refresh),
    }
    return scenes[request.param]


@pytest.fixture
def portal(memory: Path) -> Folder:
    return Folder(memory / "public")


@pytest.fixture
def before(scene: tuple[list[Work], Work], memory: Path) -> Path:
    folder = memory / "before"
    folder.mkdir()
    for work in scene[0]:
        work(Folder(folder))
    return folder


def copy_of(folder: Path, target: Path) -> Folder:
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(folder, target, symlinks=True)
    return Folder(target)


def dataset(seen: dict[str, bytes]) -> dict[str, bytes]:
    return {path: content for path, content in seen.items() if path.startswith("paralegals/")}


@pytest.mark.parametrize("scene", SCENES, indirect=True)
def test_killed_at_any_step_readers_see_old_or_new_and_the_next_run_ends_it(
    scene: tuple[list[Work], Work], before: Path, portal: Folder, forked: Any, whole: Any
) -> None:
    work = scene[1]
    old = view(before)
    copy_of(before, portal.root)
    work(portal)
    new = view(portal.root)
    step = 0
    while step := step + 1:
        copy_of(before, portal.root)
        if not forked.dies_at(step, lambda: work(portal)):
            break
        seen = view(portal.root)
        assert dataset(seen) in (dataset(old), dataset(new)), step
        for path, content in seen.items():
            assert content in (old.get(path), new.get(path)), (step, path)
        if dataset(seen):
            assert whole(portal.root / "paralegals") == [], step
        work(portal)
        assert view(portal.root) == new, step
        assert leftovers(portal.root) == [], step
    assert step > 4


@pytest.mark.parametrize("scene", ["erase current", "erase old"], indirect=True)
def test_an_erasure_that_was_begun_is_ended_by_the_next_run_of_anything(
    scene: tuple[list[Work], Work], before: Path, portal: Folder, forked: Any
) -> None:
    begun = 0
    step = 0
    while step := step + 1:
        copy_of(before, portal.root)
        if not forked.dies_at(step, lambda: scene[1](portal)):
            break
        erased = [path.stem for path in portal.root.glob(".erased/paralegals/*.json") if not path.name.startswith(".")]
        portal.refresh()
        begun += bool(erased)
        for number in erased:
            assert not list(portal.root.rglob(f"{number}*/data")), step
            assert not list(portal.root.rglob(f"*{number}.zip")), step
        assert leftovers(portal.root) == [], step
    assert begun > 4


@pytest.mark.parametrize("scene", ["next", "withdraw", "erase current", "refresh"], indirect=True)
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS])
def test_a_disk_that_refuses_at_any_step_is_a_finding_and_the_last_good_state_stays(
    scene: tuple[list[Work], Work], number: int, before: Path, portal: Folder, forked: Any, whole: Any
) -> None:
    work = scene[1]
    old = view(before)
    copy_of(before, portal.root)
    work(portal)
    new = view(portal.root)
    step = 0
    while step := step + 1:
        copy_of(before, portal.root)
        code = forked.refused_at(step, number, lambda: work(portal))
        if code == 0:
            break
        assert code == 1, step
        seen = view(portal.root)
        assert dataset(seen) in (dataset(old), dataset(new)), step
        if dataset(seen):
            assert whole(portal.root / "paralegals") == [], step
        work(portal)
        assert view(portal.root) == new, step
    assert step > 1


def test_a_disk_that_is_full_in_the_middle_of_a_file_is_a_finding(
    portal: Folder, maker: Any, about: About, now: datetime, whole: Any
) -> None:
    portal.publish(maker.checked("1.0.0"), about, now)
    big = maker.checked("2.0.0", [(f"{year}-S1", year) for year in range(1000, 9000)])
    pid = os.fork()
    if pid == 0:
        import resource
        import signal

        from pipelines.errors import UserError

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
        code = 2
        try:
            portal.publish(big, about, now)
        except UserError as error:
            code = [finding.code for finding in error.findings] != ["portal-disk-full"]
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert whole(portal.root / "paralegals") == []
    there = portal.current("paralegals")
    assert there is not None
    assert there.version == "1.0.0"
    portal.publish(big, about, now)
    assert leftovers(portal.root) == []
    assert whole(portal.root / "paralegals") == []
