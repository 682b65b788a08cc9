"""Many datasets are worked on in several processes, and what a person sees is the same."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import pytest

from pipelines import memory
from pipelines.commands.processes import FEW, Team, processes_for
from pipelines.commands.together import ordered
from pipelines.memory import much_follows

MANY = FEW + 4
ROWS = "Loc,Nr\nValea Albă,3\nDealul Rece,5\n"


def _children(pid: int) -> list[int]:
    """The processes that a process made and that still are."""
    with contextlib.suppress(FileNotFoundError):
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def _alive(pid: int) -> bool:
    with contextlib.suppress(FileNotFoundError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def _until(true: Any, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.fixture
def many(desk: Any) -> Iterator[Any]:
    """A desk with many datasets, of which one is wrong."""
    for number in range(MANY):
        desk.dataset(f"wells-{number:02d}", title=f"Wells {number}")
    desk.dataset("wells-03", "Loc,Nr\nValea Albă,many\n", title="Wells 3")
    yield desk


def test_every_dataset_is_answered_as_if_it_had_been_alone(many: Any) -> None:
    alone = {slug: many.process("check", slug, "--json").json[0] for slug in ("wells-00", "wells-03")}
    together = many.process("check", "--json")
    answers = {answer["dataset"]: answer for answer in together.json}
    assert together.code == 1
    assert len(answers) == MANY
    assert {slug: answers[slug] for slug in alone} == alone
    assert {answer["status"] for slug, answer in answers.items() if slug != "wells-03"} == {"passed"}


def test_the_archive_and_the_portal_are_those_of_one_process(many: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert many.process("build").code == 1
    apart = {slug: many.archive.manifest(slug, "1.0.0") for slug in ("wells-00", f"wells-{MANY - 1:02d}")}
    assert many.process("publish", "--yes").code == 1
    assert [many.shown(f"wells-{number:02d}") for number in (0, MANY - 1)] == ["1.0.0", "1.0.0"]
    listed = (many.public / "catalog.json").read_text("utf-8")
    assert all((f"wells-{number:02d}" in listed) == (number != 3) for number in range(MANY))
    for slug, manifest in apart.items():
        monkeypatch.setenv("PUBLICA_ARCHIVE", str(many.root / "other"))
        assert many.process("build", slug).code == 0
        other = json.loads((many.root / "other" / slug / "1.0.0" / "manifest.json").read_bytes())
        assert other == manifest


def test_a_dataset_comes_after_those_that_it_reads() -> None:
    seen: list[str] = []
    waits = {"c": ["b"], "b": ["a"], "a": [], **{f"free-{n}": [] for n in range(9)}}

    def do(slug: str, tell: Any) -> tuple[str, int]:
        tell("reading")
        return slug, os.getpid()

    told: list[tuple[str, str]] = []
    for slug, pid in Team(do, 2).work(ordered(waits), lambda slug, stage: told.append((slug, stage)), _lost):
        assert pid != os.getpid()
        seen.append(slug)
    assert sorted(seen) == sorted(waits)
    assert seen.index("a") < seen.index("b") < seen.index("c")
    assert sorted(told) == sorted((slug, "reading") for slug in waits)


def _lost(slug: str, code: int) -> tuple[str, int]:
    return f"lost {slug}", code


def test_a_process_that_is_killed_loses_its_dataset_and_no_other() -> None:
    def do(slug: str, _tell: Any) -> tuple[str, int]:
        if slug.startswith("killer"):
            os.kill(os.getpid(), signal.SIGKILL)
        return slug, 0

    slugs = ["killer-1", "killer-2", *(f"free-{n}" for n in range(9))]
    made = list(Team(do, 3).work(TopologicalSorter(dict.fromkeys(slugs, ())), _nothing, _lost))
    lost = [("lost killer-1", -9), ("lost killer-2", -9)]
    assert sorted(made) == sorted([*lost, *((slug, 0) for slug in slugs[2:])])


def test_where_all_processes_were_killed_this_one_does_the_rest() -> None:
    here = os.getpid()

    def do(slug: str, _tell: Any) -> tuple[str, int]:
        if os.getpid() != here:
            os.kill(os.getpid(), signal.SIGKILL)
        return slug, 1

    slugs = [f"free-{n}" for n in range(9)]
    made = list(Team(do, 2).work(TopologicalSorter(dict.fromkeys(slugs, ())), _nothing, _lost))
    assert [code for slug, code in made if slug.startswith("lost")] == [-9, -9]
    assert len(made) == len(slugs)


def _nothing(_slug: str, _stage: str) -> None:
    pass


def test_only_one_process_at_a_time_works_on_a_table_too_large_for_memory(tmp_path: Path) -> None:
    def do(slug: str, _tell: Any) -> tuple[str, int]:
        if slug.startswith("large"):
            much_follows()
            much_follows()  # a dataset may have two such tables
        if slug == "large-3":
            os.kill(os.getpid(), signal.SIGKILL)  # while it has the turn
        (tmp_path / slug).touch()
        at_once = len(list(tmp_path.glob("large*")))
        time.sleep(0.05)
        (tmp_path / slug).unlink()
        return slug, at_once

    slugs = [f"{kind}-{n}" for n in range(9) for kind in ("large", "small")]
    made = dict(Team(do, 3).work(TopologicalSorter(dict.fromkeys(slugs, ())), _nothing, _lost))
    assert made.pop("lost large-3") == -9
    assert {most for slug, most in made.items() if slug.startswith("large")} == {1}
    assert len(made) == len(slugs) - 1


def test_a_large_table_is_made_in_turn(desk: Any, in_batches: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    waited = list[int]()
    monkeypatch.setattr(memory, "_waits", [lambda: waited.append(1)])
    desk.dataset(rows=ROWS)
    assert desk.run("check").code == 0
    assert waited == []
    with in_batches(1):
        assert desk.run("check").code == 0
    assert waited == [1]


def test_nothing_is_left_when_somebody_stops_listening() -> None:
    team = Team(lambda slug, _tell: (slug, os.getpid()), 2)
    work = team.work(TopologicalSorter({f"free-{n}": () for n in range(9)}), _nothing, _lost)
    _, pid = next(work)
    assert _alive(pid)
    work.close()
    assert not _alive(pid)


def test_a_process_of_several_threads_is_not_copied() -> None:
    import threading

    ended = threading.Event()
    other = threading.Thread(target=ended.wait)
    other.start()
    try:
        assert processes_for(10 * FEW) == 1
    finally:
        ended.set()
        other.join()
    assert processes_for(FEW) == 1


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGKILL])
def test_whoever_is_stopped_takes_the_other_processes_along(many: Any, sent: signal.Signals) -> None:
    process = many.started("build", start_new_session=True)
    _until(lambda: len(_children(process.pid)) > 1)
    children = _children(process.pid)
    if sent is signal.SIGINT:
        os.killpg(process.pid, sent)  # as a terminal does
    else:
        process.kill()
    out, err = process.communicate(timeout=60)
    _until(lambda: not any(map(_alive, children)))
    if sent is signal.SIGINT and process.returncode == 1:
        assert "Traceback" not in err
    again = many.process("build")
    assert len([line for line in again.out.splitlines() if line.startswith("wells-")]) == MANY
    assert {many.archive.state(f"wells-{n:02d}").built for n in range(MANY) if n != 3} == {"1.0.0"}, out + again.said
