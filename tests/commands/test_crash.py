"""A crash costs nothing: stopped before any change of the disk, the next run ends where the first would have."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

DYING = Path(__file__).parent / "dying.py"
CHANGED = "Loc,Nr\nValea Albă,4\nLunca,1\nDealul Rece,5\n"
OLD, NEW = "place,count\nValea Albă,3\nDealul Rece,5\n", "place,count\nValea Albă,4\nLunca,1\nDealul Rece,5\n"
MOMENTS = {signal.SIGKILL: 18, signal.SIGINT: 8}  # how many, spread over all changes of the disk


def _die(runs: list[tuple[str, int, int]]) -> list[tuple[int, int]]:
    words = [sys.executable, str(DYING)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    done = subprocess.run(words, input=json.dumps(runs), capture_output=True, text=True, env=environment, check=True)
    return [(status, changes) for status, changes in json.loads(done.stdout)]


def _desks(desk: Any, count: int) -> list[Any]:
    """Copies of a desk on which 1.0.0 is public and the source says something new."""
    source = desk.dataset()
    desk.publish()
    source.write_text(CHANGED, "utf-8")
    copies = [replace(desk, root=desk.root.parent / f"desk-{number}") for number in range(count)]
    for copy in copies:
        shutil.copytree(desk.root, copy.root, symlinks=True)
    return copies


def _logical(desk: Any) -> dict[str, Any]:
    """What stands in archive and portal, without times."""
    ledger = desk.archive.ledger("wells")
    return {
        "links": ledger.broken_links(),
        "kinds": [entry.kind for entry in ledger.entries()],
        "numbers": desk.archive.numbers("wells"),
        "manifests": [desk.archive.manifest("wells", n)["content_hash"] for n in desk.archive.numbers("wells")],
        "shown": desk.shown(),
        "rows": desk.rows(),
        "public": [path for path in desk.tree("public") if not path.startswith("public/.states/wells/0")],
    }


@pytest.mark.parametrize("sent", MOMENTS)
def test_g7_a_publisher_stopped_at_any_moment_costs_nothing(desk: Any, sent: signal.Signals) -> None:
    moments = MOMENTS[sent]
    control, *copies = _desks(desk, moments + 1)
    ((status, changes),) = _die([(str(control.root), 0, sent)])
    assert status == 0
    assert changes > moments
    steps = [1 + number * (changes - 1) // (moments - 1) for number in range(moments)]
    died = _die([(str(copy.root), step, sent) for copy, step in zip(copies, steps, strict=True)])
    expected = sent if sent == signal.SIGKILL else 1 << 8  # the exit code 1
    assert [status for status, _ in died] == [expected] * moments
    for copy in copies:
        assert (copy.shown(), copy.rows()) in {("1.0.0", OLD), ("1.1.0", NEW)}
        if sent == signal.SIGINT:
            assert "nothing is half-published" in (copy.root / "told.txt").read_text("utf-8")
    again = _die([(str(copy.root), 0, sent) for copy in copies])
    assert [status for status, _ in again] == [0] * moments
    ends = _logical(control)
    assert ends["rows"] == NEW
    assert ends["links"] == []
    assert ends["kinds"] == ["judged", "version", "published"] * 2
    for copy, step in zip(copies, steps, strict=True):
        assert _logical(copy) == ends, f"step {step} of {changes}"


def test_ctrl_c_stops_the_true_command_and_is_no_bug(desk: Any) -> None:
    desk.dataset()
    desk.publish()
    desk.dataset("late", "Loc,Nr\n" + "".join(f"L{number},{number}\n" for number in range(100_000)))
    before = desk.tree("public/wells")
    process = desk.started("publish", "--yes")
    end = time.monotonic() + 60
    while not (desk.root / "archive" / "late" / "snapshots").exists() and time.monotonic() < end:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "run the same command again" in err
    assert "Traceback" not in err
    assert desk.tree("public/wells") == before
    desk.publish()
    assert desk.archive.ledger("late").broken_links() == []
    assert desk.shown("late") == "1.0.0"
