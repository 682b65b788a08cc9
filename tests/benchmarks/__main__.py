"""Runs the rounds and prints the tables. What is measured against what is said in the package's own words."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import click

from tests.benchmarks.tables import make_project
from tests.benchmarks.timing import CHECKOUT, Cost, middle, run

PUBLICA = Path(sys.executable).with_name("publica")
HEAVY = ("great_expectations", "frictionless", "pandas", "pyarrow", "polars", "jinja2", "dagster")
FLOOR, SUITES = "import polars, pydantic", "import polars, pydantic, great_expectations"
CLICK, DAGSTER = "import click", "import dagster"

# What is shown: ours, and the rival of the same round (None: there is none).
PROCESSES = (
    ("all datasets, first run", FLOOR),
    ("all datasets, first run", SUITES),
    ("all datasets, unchanged", FLOOR),
    ("publica --help", CLICK),
    ("import pipelines.definitions", DAGSTER),
)
# each a module beside this one, with a command line of its own
PARTS = ("ckan", "validation", "large", "small", "suites", "query")
STAGES = ("load", "build", "show", "list")

Round = dict[str, Cost]


def main() -> None:
    """Measure, and print."""
    options = _options()
    rounds: list[Round] = []
    facts: set[str] = set()
    _python("import dagster, frictionless, great_expectations, jinja2, pandas, polars")  # a warm file cache
    for number in range(options.runs):
        _say(f"round {number + 1} of {options.runs} ...", err=True)
        with tempfile.TemporaryDirectory(prefix="publica-benchmark-") as folder:
            costs: Round = {}
            costs |= _five(Path(folder), facts)
            costs |= _starting()
            for suite in ("without", "with"):
                costs |= _tiny(Path(folder) / suite, suite, options.copies, options.plain)
            rounds.append(costs)
    _report(rounds, facts, options.copies, options.plain)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description="Publica beside named rivals.")
    parser.add_argument("--runs", type=int, default=3, help="rounds; the tables show medians over them")
    parser.add_argument("--copies", type=int, default=200, help="tiny datasets published in one process")
    parser.add_argument("--plain", type=int, default=20, help="of them, done in the plain way")
    return parser.parse_args()


# --- a round --------------------------------------------------------------------------------------------------------


def _five(folder: Path, facts: set[str]) -> Round:
    """The real datasets, in a copy."""
    for name in ("datapackages", "expectations"):
        shutil.copytree(CHECKOUT / name, folder / name)
    places = ["--datapackages", folder / "datapackages", "--archive", folder / "archive"]
    command = [PUBLICA, *places, "--to", f"folder:{folder / 'public'}", "publish", "--yes"]
    first, _ = run(command)
    before = dict(_written(folder))
    unchanged, _ = run(command)
    wrote = [path for path, stamp in _written(folder) if before.get(path) != stamp]
    _, traced = run([sys.executable, "-X", "importtime", *command])
    imported = set(re.findall(r"\| +(\w+)$", traced.stderr, re.MULTILINE))
    facts.add(f"an unchanged run wrote {', '.join(wrote) or 'nothing'}")
    facts.update(f"an unchanged run {'imports' if name in imported else 'does not import'} {name}" for name in HEAVY)
    return {
        "all datasets, first run": first,
        "all datasets, unchanged": unchanged,
        FLOOR: _python(FLOOR),
        SUITES: _python(SUITES),
    }


def _written(folder: Path) -> Iterator[tuple[str, tuple[int, int, int]]]:
    """Everything below the archive and the portal, and when it last changed."""
    for top in ("archive", "public"):
        for place, folders, files in os.walk(folder / top):
            for path in (Path(place, name) for name in (".", *folders, *files)):
                status = path.lstat()
                stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
                yield path.relative_to(folder).as_posix(), stamp


def _starting() -> Round:
    return {
        "publica --help": run([PUBLICA, "--help"])[0],
        CLICK: _python(CLICK),
        "import pipelines.definitions": _python("import pipelines.definitions"),
        DAGSTER: _python(DAGSTER),
    }


def _tiny(folder: Path, suite: str, copies: int, plain: int) -> Round:
    """The generated datasets: ours first and unchanged, and the plain way; each per dataset, in one process."""
    datapackages = make_project(folder, copies, suite=suite == "with")
    ours = [datapackages, folder / "archive", folder / "public"]
    costs: Round = {}
    for state in ("first", "unchanged"):
        costs |= _child(f"{suite} suite, {state}", "ours", *ours)
    return costs | _child(f"{suite} suite, rival", "plain", datapackages, folder / "plain", str(plain), suite)


def _child(name: str, module: str, *arguments: str | Path) -> Round:
    _, done = run([sys.executable, "-m", f"tests.benchmarks.{module}", *arguments])
    found = {f"{name}, {stage}": Cost(**cost) for stage, cost in json.loads(done.stdout).items()}
    return {**found, name: sum(found.values(), Cost(0, 0))}


def _python(code: str) -> Cost:
    return run([sys.executable, "-c", code])[0]


# --- what is printed ------------------------------------------------------------------------------------------------


def _report(rounds: list[Round], facts: set[str], copies: int, plain: int) -> None:
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    _say(f"{os.cpu_count()} cores, Python {platform.python_version()}, load {load}; medians of {len(rounds)} rounds")
    _heading("whole processes, seconds")
    for name, rival in PROCESSES:
        _row(name, rival, rounds, 1)
        _row(f"  {rival}", None, rounds, 1)
    _heading(f"a tiny dataset, milliseconds ({copies} in one process; the plain way: {plain})")
    for suite in ("without", "with"):
        plainly = f"{suite} suite, rival"
        for state in ("first", "unchanged"):
            name = f"{suite} suite, {state}"
            _row(name, plainly, rounds, 1_000)
            for stage in STAGES:
                _row(f"{name}, {stage}", plainly if stage == "build" else None, rounds, 1_000)
        _row(plainly, None, rounds, 1_000)
    _say("\n" + "\n".join(sorted(facts)))


def _heading(title: str) -> None:
    _say(f"\n{title:68}{'wall':>9}{'CPU':>9}   {'ours : rival, wall':>19}{'CPU':>9}")


def _row(name: str, rival: str | None, rounds: list[Round], unit: int) -> None:
    cost = middle(each[name.strip()] for each in rounds)
    line = f"{name:68}{cost.wall * unit:9.2f}{cost.cpu * unit:9.2f}"
    if rival:
        pairs = [(each[name.strip()], each[rival]) for each in rounds]
        walls, cpus = median(o.wall / r.wall for o, r in pairs), median(o.cpu / r.cpu for o, r in pairs)
        line += f"   {walls:19.2f}{cpus:9.2f}"
    _say(line)


def _say(line: str, *, err: bool = False) -> None:
    click.echo(line, err=err)


if __name__ == "__main__":
    if sys.argv[1:2] and sys.argv[1] in PARTS:
        importlib.import_module(f"tests.benchmarks.{sys.argv[1]}").main(sys.argv[2:])
    else:
        main()
