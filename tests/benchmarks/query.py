"""How fast the rows of a query are kept: `python -m tests.benchmarks query`.

A generated SQLite table is asked for as a whole: by publica, which keeps it as a source with its hash, and by hand:
Python's `csv` writes what the cursor gives. What the database alone takes, which nobody can save, is shown beside them.
"""

from __future__ import annotations

import argparse
import csv
import os
import platform
import sqlite3
import tempfile
from pathlib import Path
from statistics import median

import click
import polars as pl

from pipelines.archive.archive import Archive
from pipelines.declaration.model import SqlSource
from pipelines.findings import Place
from pipelines.sources.origins.sql import fetch_query
from tests.benchmarks import million
from tests.benchmarks.timing import Cost, timed

VARIABLE, SQL = "PUBLICA_BENCHMARK_DATABASE", "SELECT * FROM cells"
OURS, HAND, CURSOR = "publica keeps the rows", "csv.writer writes the rows", "the cursor alone"


def main(arguments: list[str]) -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks query", description="The rows of a query.")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3, help="rounds; medians are shown")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="publica-benchmark-") as name:
        file = Path(name) / "table.db"
        _fill(file, options.rows)
        os.environ[VARIABLE] = f"sqlite:///{file}"
        rounds = [_round(file, Path(name)) for _ in range(options.runs)]
    click.echo(f"{os.cpu_count()} cores, Python {platform.python_version()}, {options.rows:,} rows of 10 columns")
    for name in (OURS, HAND, CURSOR):
        wall, cpu = median(each[name].wall for each in rounds), median(each[name].cpu for each in rounds)
        click.echo(f"{name:40}{wall:9.2f} s{cpu:9.2f} s of CPU")
    for rival in (HAND, CURSOR):
        click.echo(f"ours : {rival:33}{median(each[OURS].wall / each[rival].wall for each in rounds):9.2f}")


def _fill(file: Path, rows: int) -> None:
    with sqlite3.connect(file) as database:
        names = [field["name"] for field in million.SCHEMA["fields"]]
        database.execute(f"CREATE TABLE cells ({', '.join(names)})")
        for piece in million.pieces(rows):
            texts = piece.with_columns(pl.col("data", "activ").cast(pl.String))
            marks = ", ".join("?" * len(names))
            database.executemany(f"INSERT INTO cells VALUES ({marks})", texts.iter_rows())
    database.close()


def _round(file: Path, folder: Path) -> dict[str, Cost]:
    def ours() -> None:
        with tempfile.TemporaryDirectory(dir=folder) as archive:
            source = SqlSource(sql=SQL, address=VARIABLE)
            fetch_query("cells", source, "cells.csv", Archive(Path(archive)), Place())

    def by_hand() -> None:
        with (folder / "cells.csv").open("w", encoding="utf-8", newline="") as out, sqlite3.connect(file) as database:
            csv.writer(out).writerows(database.execute(SQL))

    def cursor() -> None:
        with sqlite3.connect(file) as database:
            for _ in database.execute(SQL):
                pass

    return {name: timed(work)[0] for name, work in ((OURS, ours), (HAND, by_hand), (CURSOR, cursor))}
