"""What suites cost: `python -m tests.benchmarks suites`.

Twelve expectations on tables of thirty rows, ours beside Great Expectations used plainly, in one process, one table
after the other (`suites_small.py`), with where the time goes; and on one large table (`suites_large.py`), each way in a
process of its own, with the most memory that it held. Ratios are taken within a round.
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
from typing import Any

import click

from tests.benchmarks.timing import Weight, run, weighed

WAYS = {"ours": "ours", "plain": "the library used plainly"}
SMALL = {"ours": "ours", "new": "ours, a suite not seen before", "plain": "the library used plainly"}


def main(arguments: list[str]) -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks suites", description="What suites cost.")
    parser.add_argument("--runs", type=int, default=3, help="rounds; medians are shown")
    parser.add_argument("--copies", type=int, default=50, help="small tables in a round")
    parser.add_argument("--rows", type=int, default=1_000_000, help="of the large table")
    options = parser.parse_args(arguments)
    small: list[dict[str, Any]] = []
    large: list[dict[str, Weight]] = []
    with tempfile.TemporaryDirectory(prefix="publica-benchmark-") as folder:
        table = Path(folder) / "table.parquet"
        _child("suites_large", "make", table, options.rows)
        for number in range(options.runs):
            click.echo(f"round {number + 1} of {options.runs} ...", err=True)
            small.append(json.loads(_child("suites_small", options.copies)))
            large.append({way: _large(way, table) for way in WAYS})
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    click.echo(f"{os.cpu_count()} cores, Python {platform.python_version()}, load {load}; medians of {options.runs}")
    _show_small(small)
    _show_large(large, options.rows)


def _child(module: str, *arguments: object) -> str:
    command = [sys.executable, "-m", f"tests.benchmarks.{module}", *map(str, arguments)]
    return run(command)[1].stdout


def _large(way: str, table: Path) -> Weight:
    weight, out, code = weighed([sys.executable, "-m", "tests.benchmarks.suites_large", way, table])
    assert (code, out.strip()) == (0, "met"), (code, out)
    return weight


def _show_small(rounds: list[dict[str, Any]]) -> None:
    click.echo(f"\nimporting the library, seconds of CPU{median(each['import'] for each in rounds):9.2f}")
    click.echo(f"\n{'a table of 30 rows, 12 expectations':48}{'wall, ms':>9}{'CPU, ms':>9}   to plain, CPU")
    for key, name in SMALL.items():
        wall, cpu = (median(each[key][unit] for each in rounds) * 1_000 for unit in ("wall", "cpu"))
        ratio = median(each[key]["cpu"] / each["plain"]["cpu"] for each in rounds)
        click.echo(f"{name:48}{wall:9.1f}{cpu:9.1f}{ratio:16.2f}")
    for way, name in WAYS.items():
        shares = {part: median(each["shares"][way][part] for each in rounds) for part in rounds[0]["shares"][way]}
        click.echo(f"where it goes, {name}: " + ", ".join(f"{part} {share:.0%}" for part, share in shares.items()))


def _show_large(rounds: list[dict[str, Weight]], rows: int) -> None:
    title = f"a table of {rows:,} rows, import included"
    click.echo(f"\n{title:48}{'wall, s':>9}{'CPU, s':>9}{'peak, MB':>9}   to plain, CPU   memory")
    for way, name in WAYS.items():
        costs = [each[way].cost for each in rounds]
        wall, cpu = median(cost.wall for cost in costs), median(cost.cpu for cost in costs)
        ratio = median(each[way].cost.cpu / each["plain"].cost.cpu for each in rounds)
        memory = median(each[way].peak / each["plain"].peak for each in rounds)
        peak = max(each[way].peak for each in rounds) / 1e6
        click.echo(f"{name:48}{wall:9.2f}{cpu:9.2f}{peak:9.0f}{ratio:16.2f}{memory:9.2f}")
