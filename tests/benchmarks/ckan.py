"""Runs what is measured on a real CKAN portal, and prints it: `python -m tests.benchmarks ckan`.

Versions are built before, so that publishing alone is compared. In one run, on one portal that is put back in between:

- publica publishes all datasets, then again with nothing changed, then with three rows changed in every tenth;
- the floor: the very same writes sent by two clients that ask nothing, and by two that read each dataset back once
  (`ckan_floor.py`);
- the rival: `ckanapi load datasets -p 2` of the same metadata, which moves neither files nor tables;
- rows into the DataStore beside batched `datastore_upsert`; the memory of a publisher while a large file goes up.

Index writes are the update requests that Solr itself counts; requests and bytes are those of publica's own connections.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlsplit

import click

from pipelines.portals.ckan.portal import TOKEN
from pipelines.portals.ckan.view import MOVING
from tests.benchmarks.ckan_datasets import BODIES, as_metadata, change, make_project
from tests.benchmarks.timing import Cost, run
from tests.portal.api import ask
from tests.portal.portal import Portal

PUBLICA, CKANAPI = (Path(sys.executable).with_name(name) for name in ("publica", "ckanapi"))
EVERY = 10  # one dataset in so many gets a new version
UNCHANGED = 5  # runs with nothing to do, of which the median is told


@dataclass(frozen=True)
class Line:
    """What one run cost. `sent`: of `Traffic`, as JSON; `writes`: how many of each action."""

    cost: Cost
    indexed: int = 0
    sent: dict[str, int] = field(default_factory=dict[str, int])
    writes: Counter[str] = field(default_factory=Counter[str])


def main(arguments: list[str]) -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks ckan", description="Publica on a real CKAN.")
    parser.add_argument("--datasets", type=int, default=1130)
    parser.add_argument("--rows", type=int, default=100_000, help="of the table that goes into the DataStore")
    parser.add_argument("--bytes", type=int, default=1_000_000_000, help="of the large file")
    options = parser.parse_args(arguments)
    portal = Portal()
    portal.start()
    try:
        with tempfile.TemporaryDirectory(prefix="publica-benchmark-") as folder:
            bench = _Bench(portal, Path(folder), options.datasets)
            bench.publishing()
            bench.rows(options.rows)
            bench.memory(options.bytes)
    finally:
        portal.stop()


class _Bench:
    def __init__(self, portal: Portal, folder: Path, count: int) -> None:
        self.portal, self.folder, self.count = portal, folder, count
        self.to = f"ckan:{portal.url}"
        self.datapackages, self.archive = make_project(folder, count), folder / "archive"
        os.environ[TOKEN] = portal.editor_token
        os.environ["PATH"] = f"{CKANAPI.parent}{os.pathsep}{os.environ['PATH']}"  # it looks for itself there

    # --- datasets -----------------------------------------------------------------------------------------------------

    def publishing(self) -> None:
        """All, none and a tenth of the datasets; then the floor and the rival."""
        few = max(1, -(-self.count // EVERY))
        self._furnished()
        lines = {"building all versions": self._publica("build")}
        lines["first publication"] = first = self._published("first")
        lines["nothing changed"] = self._unchanged()
        changed = change(self.datapackages, EVERY)
        lines["building the new versions"] = self._publica("build")
        lines["a tenth changed"] = tenth = self._published("changed")
        self._furnished()
        lines["floor of the first"] = first_floor = self._floor("first")
        lines["floor of the tenth"] = tenth_floor = self._floor("changed")
        self._furnished()
        lines["the same, read back"] = first_seen = self._floor("first", "look")
        lines["the same, read back "] = tenth_seen = self._floor("changed", "look")
        self._furnished()
        whole = as_metadata(self._created(), self.folder / "all.jsonl")
        part = as_metadata((each for each in self._created() if each["name"] in changed), self.folder / "tenth.jsonl")
        lines["ckanapi: all"] = rival = self._loaded(whole)
        lines["ckanapi: the same again"] = again = self._loaded(whole)
        lines["ckanapi: a tenth"] = part_rival = self._loaded(part)
        load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
        _say(f"{os.cpu_count()} cores, Python {platform.python_version()}, load {load}, CKAN {self.portal.variant}")
        _say(f"{self.count} datasets of {len(BODIES)} organisations, {few} of them changed\n")
        _say(f"{'':28}{'wall, s':>9}{'CPU, s':>9}{'requests':>10}{'writes':>8}{'index':>7}{'MB sent':>9}")
        for name, line in lines.items():
            _tell(name, line)
        for name, line, datasets in (("first publication", first, self.count), ("a new version", tenth, few)):
            each = ", ".join(f"{action} {count / datasets:.2f}" for action, count in sorted(line.writes.items()))
            _say(f"\n{name}, each: {line.indexed / datasets:.2f} index writes; {each}")
        _say("\nours : another, by the clock")
        _ratio("first publication : floor", first, first_floor)
        _ratio("a tenth changed : floor", tenth, tenth_floor)
        _ratio("first publication : floor, read back", first, first_seen)
        _ratio("a tenth changed : floor, read back", tenth, tenth_seen)
        _ratio("first publication : ckanapi", first, rival)
        _ratio("nothing changed : ckanapi", lines["nothing changed"], again)
        _ratio("a tenth changed : ckanapi", tenth, part_rival)

    def _furnished(self) -> None:
        self.portal.reset()
        for name in BODIES:
            self.portal.add_organization(name)

    def _publica(self, *words: str) -> Line:
        places = ["--datapackages", self.datapackages, "--archive", self.archive, "--to", self.to]
        return Line(run([PUBLICA, *places, *words])[0])

    def _published(self, name: str) -> Line:
        before = self._indexed()
        cost, told = self._module("ckan_publisher", self.datapackages, self.archive, self.to, self._record(name))
        writes = Counter(write["action"] for write in self._recorded(name))
        return Line(cost, self._indexed() - before, told, writes)

    def _unchanged(self) -> Line:
        """As typed; a run more tells what is sent."""
        costs = [self._publica("publish", "--yes").cost for _ in range(UNCHANGED)]
        found = self._published("nothing")
        cost = Cost(median(each.wall for each in costs), median(each.cpu for each in costs))
        return Line(cost, found.indexed, found.sent, found.writes)

    def _floor(self, name: str, *how: str) -> Line:
        before = self._indexed()
        cost, wall = self._module("ckan_floor", self.portal.url, self._record(name), *how)
        return Line(Cost(wall, cost.cpu), self._indexed() - before)

    def _loaded(self, datasets: Path) -> Line:
        before, to = self._indexed(), ["-r", self.portal.url, "-a", self.portal.editor_token]
        cost, done = run([CKANAPI, "load", "datasets", "-I", datasets, "-p", "2", *to])
        failed = [line for line in done.stderr.splitlines() if not re.search(r' (create|update) None "', line)]
        assert not failed, failed[:1]
        return Line(cost, self._indexed() - before)

    def _created(self) -> list[dict[str, Any]]:
        """The datasets as publica created them, without what it says only on its way."""
        made = [write["payload"] for write in self._recorded("first") if write["action"] == "package_create"]
        return [{**one, "extras": [extra for extra in one["extras"] if extra["key"] != MOVING]} for one in made]

    def _record(self, name: str) -> Path:
        return self.folder / f"{name}.jsonl"

    def _recorded(self, name: str) -> list[Any]:
        return [json.loads(line) for line in self._record(name).read_text("utf-8").splitlines()]

    def _indexed(self) -> int:
        parts = urlsplit(self.portal.solr_url)
        key = "UPDATE./update.requests"
        told = ask(f"{parts.scheme}://{parts.netloc}/solr/admin/metrics?group=core&prefix={key}", 30).json()
        (core,) = told["metrics"].values()
        return core[key]

    # --- rows and bytes -----------------------------------------------------------------------------------------------

    def rows(self, count: int) -> None:
        """A table into the DataStore, and every tenth of its rows another."""
        self._furnished()
        _, found = self._module("ckan_rows", self.portal.url, BODIES[0], str(count))
        for name in ("first load", "update"):
            moved, ours, raw = (found[f"{name}, {what}"] for what in ("rows", "written by publica", "datastore_upsert"))
            whole = ours + found[f"{name}, reading and comparing"] + found[f"{name}, read back"]
            _say(
                f"\nDataStore, {name} of {moved:,.0f} rows: {moved / ours:,.0f} rows a second, by batched "
                f"datastore_upsert {moved / raw:,.0f}; ours : raw {ours / raw:.2f}; with all reading {whole / raw:.2f}"
            )

    def memory(self, size: int) -> None:
        """A large file."""
        self._furnished()
        _, found = self._module("ckan_memory", self.portal.url, BODIES[0], str(size))
        megabytes = {name: found[name] / 1_000_000 for name in ("before", "most")}
        _say(
            f"\n{size / 1_000_000:,.0f} MB went up in {found['seconds']:.1f} s; the publisher held at most "
            f"{megabytes['most']:.0f} MB ({megabytes['before']:.0f} before)"
        )

    def _module(self, name: str, *arguments: str | Path) -> tuple[Cost, Any]:
        cost, done = run([sys.executable, "-m", f"tests.benchmarks.{name}", *arguments])
        return cost, json.loads(done.stdout)


# --- what is printed --------------------------------------------------------------------------------------------------


def _tell(name: str, line: Line) -> None:
    text = f"{name:28}{line.cost.wall:9.2f}{line.cost.cpu:9.2f}"
    if line.sent:
        text += f"{line.sent['requests']:10}{line.sent['writes']:8}{line.indexed:7}{line.sent['bytes_sent'] / 1e6:9.2f}"
    elif line.indexed:
        text += f"{line.indexed:25}"
    _say(text)


def _ratio(name: str, ours: Line, theirs: Line) -> None:
    _say(f"{name:38}{ours.cost.wall / theirs.cost.wall:8.2f}")


def _say(line: str) -> None:
    click.echo(line)
