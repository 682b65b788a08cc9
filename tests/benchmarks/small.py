"""Measures many small datasets: `python -m tests.benchmarks small --datasets 1000`.

Each has three tables of 30 rows and ten columns, and becomes a version in the archive: `publica build` for all of them
in one command, on every core that there is; again with nothing changed; and on one core, for comparison. Without a
suite, and with one of 12 expectations on each table. The rival is the plain way (`plain.py`), which makes no versions;
what the time goes into is told by the stages of one process. At the end, what starting costs with so many declarations.
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

from tests.benchmarks.tables import make_project
from tests.benchmarks.timing import Cost, middle, run

PUBLICA = Path(sys.executable).with_name("publica")
TABLES = 3
PLAIN = 21  # tables that the plain way is tried on
ONE_CORE = ("taskset", "--cpu-list", "0")


def main(arguments: list[str]) -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks small", description="Many small datasets.")
    parser.add_argument("--datasets", type=int, default=1_000)
    parser.add_argument("--with-suite", type=int, default=200, help="datasets of the part with a suite")
    parser.add_argument("--runs", type=int, default=3, help="runs with nothing changed, of which the median is told")
    options = parser.parse_args(arguments)
    click.echo(f"{os.cpu_count()} cores, Python {platform.python_version()}; {TABLES} tables of 30 rows a dataset")
    for suite, count in (("without a suite", options.datasets), ("with 12 expectations a table", options.with_suite)):
        with tempfile.TemporaryDirectory(prefix="publica-benchmark-") as name:
            _many(Path(name), count, options.runs, suite)


def _many(folder: Path, count: int, runs: int, suite: str) -> None:
    """All that is measured of `count` datasets."""
    datapackages = make_project(folder, count, suite=suite.startswith("with "), tables=TABLES)
    os.environ["XDG_CACHE_HOME"] = str(folder / "cache")

    def built(archive: str, *before: str) -> Cost:
        return run([*before, PUBLICA, "--datapackages", datapackages, "--archive", folder / archive, "build"])[0]

    click.echo(f"\n{count:,} datasets {suite}: milliseconds a dataset{'':14}{'wall':>9}{'CPU':>9}")
    _tell("cold", cold := built("archive"), count)
    _tell("unchanged", same := middle(built("archive") for _ in range(runs)), count)
    _tell("cold, on one core", built("archive-1", *ONE_CORE), count)
    _tell("unchanged, on one core", middle(built("archive-1", *ONE_CORE) for _ in range(runs)), count)
    plain = TABLES * _plain(datapackages, folder / "plain", suite)
    click.echo(f"{f'the plain way, {TABLES} tables one after another':60}{plain * 1_000:9.2f}")
    click.echo(f"ours : the plain way, cold {cold.wall / count / plain:.3f}, unchanged {same.wall / count / plain:.4f}")
    _stages(datapackages, folder / "archive-stages", count)
    _starting(datapackages, count)


def _plain(datapackages: Path, out: Path, suite: str) -> float:
    """Seconds a table."""
    words = "with" if suite.startswith("with ") else "without"
    _, done = run([sys.executable, "-m", "tests.benchmarks.plain", datapackages, out, str(PLAIN), words])
    return json.loads(done.stdout)["plain"]["wall"]


def _stages(datapackages: Path, archive: Path, count: int) -> None:
    """What one process spends its time on."""
    _, done = run([sys.executable, "-m", "tests.benchmarks.small_ours", datapackages, archive])
    for name, cost in json.loads(done.stdout).items():
        _tell(f"    one process, {name}", Cost(**cost), count)


def _starting(datapackages: Path, count: int) -> None:
    """Imports, which everybody waits for who types a command or opens the browser."""
    os.environ["PUBLICA_DATAPACKAGES"] = str(datapackages)
    for name, command in (
        ("publica --help", [PUBLICA, "--help"]),
        ("import click", [sys.executable, "-c", "import click"]),
        (f"Dagster's definitions of {count:,} declarations", [sys.executable, "-c", "import pipelines.definitions"]),
        ("import dagster", [sys.executable, "-c", "import dagster"]),
    ):
        walls = [run(command)[0].wall for _ in range(3)]
        click.echo(f"{name:60}{median(walls):9.2f} s")


def _tell(name: str, cost: Cost, count: int) -> None:
    click.echo(f"{name:60}{cost.wall / count * 1_000:9.2f}{cost.cpu / count * 1_000:9.2f}")
