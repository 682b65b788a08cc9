"""Measures one large table: `python -m tests.benchmarks large --rows 10000000`.

In each round, one process after the other: the rival by hand (`large_rival.py`); publica doing the same, checks and
files and hashes; and `publica build` into an archive: the first version, once more with nothing changed, with ten rows
changed, and with every row changed and elsewhere. Shown are medians, the ratio to the rival of the same round, and the
most memory that a process held.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

import click

from tests.benchmarks import million
from tests.benchmarks.large_ours import SLUG
from tests.benchmarks.tables import make_dataset
from tests.benchmarks.timing import CHECKOUT, run

CHANGED = 10  # rows
RIVAL, PASS = "by hand: check, CSV + Parquet + JSON, SHA-256", "publica: the same"
FIRST, SAME = "publica build, first version", "publica build, unchanged"
CHANGE, REWRITE = "publica build, ten rows changed", "publica build, every row changed"

Round = dict[str, dict[str, Any]]


def main(arguments: list[str]) -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks large", description="One large table.")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3, help="rounds; the table shows medians over them")
    parser.add_argument("--folder", type=Path, default=None, help="where there is room for twenty times the CSV")
    options = parser.parse_args(arguments)
    rounds: list[Round] = []
    with tempfile.TemporaryDirectory(prefix="publica-benchmark-", dir=options.folder) as name:
        source = Path(name) / "table.csv"
        million.write_csv(source, options.rows)
        for number in range(options.runs):
            click.echo(f"round {number + 1} of {options.runs} ...", err=True)
            rounds.append(_round(Path(name) / "round", source, options.rows))
            shutil.rmtree(Path(name) / "round")
    _report(rounds, options.rows)


def _round(folder: Path, source: Path, rows: int) -> Round:
    (folder / "rival").mkdir(parents=True)
    found: Round = {RIVAL: _child("large_rival", source, folder / "rival")}
    shutil.rmtree(folder / "rival")
    dataset = make_dataset(folder / "datapackages" / SLUG, million.SCHEMA, formats=["csv", "json", "parquet"])
    shutil.copytree(CHECKOUT / "datapackages" / "_shared", folder / "datapackages" / "_shared")
    shutil.copyfile(source, dataset)
    found[PASS] = _child("large_ours", "pass", folder)
    shutil.rmtree(folder / "pass")
    found[FIRST] = _child("large_ours", "build", folder)
    found[SAME] = _child("large_ours", "build", folder)
    _change(dataset)
    found[CHANGE] = _child("large_ours", "build", folder)
    million.write_csv(dataset, rows, seed=million.SEED + 1)
    found[REWRITE] = _child("large_ours", "build", folder)
    return found


def _change(path: Path) -> None:
    """Write `ZZ` over the first letters of ten rows in the middle of the file, which keep their length."""
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        file.readline()
        for _ in range(CHANGED):
            start = file.tell()
            line = file.readline()
            file.seek(start)
            file.write(b"ZZ" + line[2:])


def _child(module: str, *arguments: str | Path) -> dict[str, Any]:
    _, done = run([sys.executable, "-m", f"tests.benchmarks.{module}", *arguments])
    return json.loads(done.stdout)


def _report(rounds: list[Round], rows: int) -> None:
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    click.echo(f"{os.cpu_count()} cores, Python {platform.python_version()}, load {load}")
    click.echo(f"{rows:,} rows, medians of {len(rounds)} rounds")
    click.echo(f"\n{'seconds':50}{'wall':>9}{'CPU':>9}{'peak MB':>9}   {'to the rival, wall':>19}{'CPU':>7}")
    for name in rounds[0]:
        told = [each[name] for each in rounds]
        wall, cpu, most = (median(each[key] for each in told) for key in ("wall", "cpu", "most"))
        line = f"{name:50}{wall:9.2f}{cpu:9.2f}{most / 1e6:9.0f}"
        if name == PASS:
            walls, cpus = (median(each[PASS][key] / each[RIVAL][key] for each in rounds) for key in ("wall", "cpu"))
            line += f"   {walls:19.2f}{cpus:7.2f}"
        click.echo(line)
        for stage in told[0].get("stages", {}):
            click.echo(f"    {stage:46}{median(each['stages'].get(stage, 0.0) for each in told):9.2f}")
    for name in (FIRST, SAME, CHANGE, REWRITE):
        click.echo(f"{name}: {json.dumps(rounds[-1][name]['told'])}")
