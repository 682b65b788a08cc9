"""How fast a large table is judged: `python -m tests.benchmarks validation`.

In one run, on one generated table (`validation_table.py`): the report of publica, of a table that is clean and of one
with a thousand bad cells; the same by frictionless' Python API; and the hand-written program of `validation_hand.py`,
which only counts. Each is a process of its own; seconds are its whole time, memory is its peak.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from pathlib import Path
from statistics import median

import click

from tests.benchmarks.timing import Weight, weighed

PUBLICA = Path(sys.executable).with_name("publica")
FRICTIONLESS = "import sys; from frictionless import validate; print(validate(sys.argv[1]).to_json())"
CLEAN, DIRTY, HAND, THEIRS = "publica, clean", "publica, bad cells", "written by hand, polars", "frictionless, clean"


def main(arguments: list[str]) -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks validation", description="Judging a large table.")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--bad", type=int, default=1_000, help="bad cells of the table that is not clean")
    parser.add_argument("--runs", type=int, default=3, help="rounds; medians are shown")
    parser.add_argument(
        "--frictionless", type=int, default=1, metavar="RUNS", help="runs of frictionless, slow; 0: none"
    )
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="publica-benchmark-") as folder:
        clean, dirty = (_made(Path(folder) / str(bad), options.rows, bad) for bad in (0, options.bad))
        size = clean.with_name("t.csv").stat().st_size
        _say(f"{os.cpu_count()} cores, Python {platform.python_version()}, load {os.getloadavg()[0]:.1f}")
        _say(f"{options.rows:,} rows, {size / options.rows:.1f} bytes each; medians of {options.runs} rounds\n")
        _show(_rounds(clean, dirty, options.runs, options.frictionless, options.bad))


def _made(folder: Path, rows: int, bad: int) -> Path:
    """The descriptor of a table made by another process: what this one holds would count as memory of those below."""
    weighed([sys.executable, "-m", "tests.benchmarks.validation_table", folder, str(rows), str(bad)])
    return folder / "datapackage.json"


def _rounds(clean: Path, dirty: Path, runs: int, slow: int, bad: int) -> dict[str, list[Weight]]:
    found: dict[str, list[Weight]] = {name: [] for name in (CLEAN, DIRTY, HAND, THEIRS)}
    for number in range(runs):
        for name, path, errors in ((CLEAN, clean, 0), (DIRTY, dirty, bad)):
            weight, out, _ = weighed([PUBLICA, "check", path, "--report", "frictionless", "--limit-errors", "0"])
            found[name].append(weight)
            assert json.loads(out)["stats"]["errors"] == errors, name
        weight, out, _ = weighed([sys.executable, "-m", "tests.benchmarks.validation_hand", clean.with_name("t.csv")])
        found[HAND].append(weight)
        counts = json.loads(out)
        assert not any(count for rule, count in counts.items() if rule != "rows"), counts
        if number < slow:
            weight, out, _ = weighed([sys.executable, "-c", FRICTIONLESS, clean])
            found[THEIRS].append(weight)
            assert json.loads(out)["valid"]
    return found


def _show(found: dict[str, list[Weight]]) -> None:
    _say(f"{'':28}{'wall, s':>9}{'CPU, s':>9}{'peak, MB':>10}")
    for name, weights in found.items():
        if weights:
            wall, cpu = median(each.cost.wall for each in weights), median(each.cost.cpu for each in weights)
            _say(f"{name:28}{wall:9.2f}{cpu:9.2f}{max(each.peak for each in weights) / 1e6:10.0f}")
    _say("")
    _ratio(f"{CLEAN} : {HAND}", found[CLEAN], found[HAND])
    _ratio(f"{DIRTY} : {CLEAN}", found[DIRTY], found[CLEAN])
    if found[THEIRS]:
        _ratio(f"{THEIRS} : {CLEAN}", found[THEIRS], found[CLEAN])
    else:
        _say("frictionless was not run; it takes as many times longer as there are more rows")


def _ratio(name: str, these: list[Weight], those: list[Weight]) -> None:
    """How many times as long, round by round."""
    pairs = list(zip(these, those, strict=False))
    walls, cpus = median(a.cost.wall / b.cost.wall for a, b in pairs), median(a.cost.cpu / b.cost.cpu for a, b in pairs)
    _say(f"{name:56}{walls:8.2f} by the clock{cpus:8.2f} of CPU")


def _say(line: str) -> None:
    click.echo(line)
