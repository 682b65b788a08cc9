"""A dataset whose table does not stay in memory: built, unchanged, changed, broken, and stopped on the way."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks import million
from tests.benchmarks.tables import make_dataset

InBatches = Callable[[int], AbstractContextManager[None]]
ROWS = "Loc,Nr\n" + "".join(f"Satul {n},{n % 7}\n" for n in range(50))
MANY = 1_500_000  # rows; whole in memory, as text, as values and as files, they take twice the limit
FEWER = 1_000_000  # rows; the lines of what changed in them take more than the limit
MOST_MEMORY = 1_000_000_000  # bytes


def _package(desk: Any, number: str) -> dict[str, bytes]:
    folder = desk.archive.version_folder("wells", number)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_g5_a_version_is_the_same_whether_its_tables_stay_in_memory(desk: Any, in_batches: InBatches) -> None:
    edited = ROWS.replace("Satul 7,0", "Satul 7,5").replace("Satul 9,2\n", "") + "Satul 50,1\n"
    made: list[list[dict[str, bytes]]] = []
    for rows in (1_000_000, 3):
        source = desk.dataset(rows=ROWS)
        with in_batches(rows):
            assert desk.run("build").code == 0
            assert "1.0.0" in desk.run("build").out  # nothing changed
            source.write_text(edited, "utf-8")
            assert desk.run("build").code == 0
        made.append([_package(desk, number) for number in ("1.0.0", "1.1.0")])
        shutil.rmtree(desk.root / "archive")
    assert made[0] == made[1]
    changes = list(csv.DictReader(made[1][1]["package/changes.csv"].decode().splitlines()))
    assert [(line["change"], line["key"], line["field"], line["old"], line["new"]) for line in changes] == [
        ("removed", '["Satul 9"]', "place", "Satul 9", ""),
        ("removed", '["Satul 9"]', "count", "2", ""),
        ("added", '["Satul 50"]', "place", "", "Satul 50"),
        ("added", '["Satul 50"]', "count", "", "1"),
        ("revised", '["Satul 7"]', "count", "0", "5"),
    ]


def test_what_would_change_in_a_table_that_does_not_stay_in_memory_is_told(desk: Any, in_batches: InBatches) -> None:
    source = desk.dataset(rows=ROWS)
    with in_batches(3):
        desk.publish()
        source.write_text(ROWS.replace("Satul 7,0", "Satul 7,5"), "utf-8")
        ran = desk.run("diff")
    assert ran.code == 0
    assert "rows Satul 7 count: 0 -> 5" in ran.out


def test_a_build_that_is_stopped_leaves_no_version_and_no_files(
    desk: Any, in_batches: InBatches, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipelines.tables import build

    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    desk.dataset(rows=ROWS)
    cast, done = build.cast, list[int]()

    def stopped(*arguments: Any, **said: Any) -> Any:
        done.append(1)
        if len(done) == 9:
            raise KeyboardInterrupt
        return cast(*arguments, **said)

    monkeypatch.setattr(build, "cast", stopped)
    with in_batches(3):
        assert desk.run("build").code != 0
    assert list((tmp_path / "temporary").iterdir()) == []
    assert desk.archive.numbers("wells") == []
    monkeypatch.setattr(build, "cast", cast)
    with in_batches(3):
        assert desk.run("build").code == 0
    assert desk.archive.numbers("wells") == ["1.0.0"]


def test_memory_does_not_grow_with_the_table(desk: Any) -> None:
    source = make_dataset(desk.datapackages / "large", million.SCHEMA, formats=["csv", "json", "parquet"])
    million.write_csv(source, MANY)
    assert _lines_built(desk, "1.0.0", "data/table.csv") == MANY + 1


def test_memory_does_not_grow_with_the_changes(desk: Any) -> None:
    """The same keys in another order, and every other cell changed."""
    source = make_dataset(desk.datapackages / "large", million.SCHEMA, formats=["csv", "parquet"])
    million.write_csv(source, FEWER)
    _lines_built(desk, "1.0.0", "changes.csv")
    million.write_csv(source, FEWER, seed=7)
    assert _lines_built(desk, "1.0.1", "changes.csv") > 5 * FEWER


def _lines_built(desk: Any, version: str, file: str) -> int:
    """How many lines a file of the version has that is built by a process that must not take too much memory."""
    command = [sys.executable, "-m", "tests.benchmarks.large_ours", "build", str(desk.root)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[2])
    assert done.returncode == 0, done.stderr[-2_000:]
    told = json.loads(done.stdout)
    assert told["told"]["version"] == version
    assert told["most"] < MOST_MEMORY
    with (desk.archive.version_folder("large", version) / "package" / file).open("rb") as lines:
        return sum(1 for _ in lines)
