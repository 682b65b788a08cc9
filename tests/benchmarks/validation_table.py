"""The table that validation is measured on: ten columns, a seeded generator, about 98.6 bytes a row; clean or not.

Run as `python -m tests.benchmarks.validation_table FOLDER ROWS BAD`. What is done with it is in `validation.py`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

SEED, CHUNK = 42, 500_000
COUNTIES = [
    "Alba", "Arad", "Argeș", "Bacău", "Bihor", "Bistrița-Năsăud", "Botoșani", "Brașov", "Brăila", "București", "Buzău",
    "Caraș-Severin", "Călărași", "Cluj", "Constanța", "Covasna", "Dâmbovița", "Dolj", "Galați", "Giurgiu", "Gorj",
    "Harghita", "Hunedoara", "Ialomița", "Iași", "Ilfov", "Maramureș", "Mehedinți", "Mureș", "Neamț", "Olt", "Prahova",
    "Satu Mare", "Sălaj", "Sibiu", "Suceava", "Teleorman", "Timiș", "Tulcea", "Vaslui", "Vâlcea", "Vrancea",
]  # fmt: skip
_ENDS = [
    "apă,canal",
    "drumuri",
    "școli",
    "mediu,deșeuri",
    "tineret",
    "justiție",
    "grădinițe",
    "cultură",
    "sănătate",
    "transport",
    "energie",
]
_WHATS = ["achiziții", "servicii", "reparații", "sprijin", "iluminat", "protecție", "asistență"]
PHRASES = [
    f"{what} {end} {2015 + number}".replace(",", ", ") for number in range(4) for what in _WHATS for end in _ENDS
][:256]

_DAYS = ("2015-01-01", "2025-12-31")
FIELDS: list[dict[str, Any]] = [
    {
        "name": "cod",
        "type": "string",
        "constraints": {"required": True, "pattern": "[A-Z]{2}-[0-9]{6}", "maxLength": 9},
    },
    {"name": "judet", "type": "string", "constraints": {"required": True, "enum": COUNTIES}},
    {"name": "cantitate", "type": "integer", "constraints": {"required": True, "minimum": 0, "maximum": 100_000}},
    {"name": "valoare", "type": "number", "constraints": {"required": True, "minimum": 0}},
    {"name": "data", "type": "date", "constraints": {"required": True, "minimum": _DAYS[0], "maximum": _DAYS[1]}},
    {"name": "an", "type": "year", "constraints": {"required": True, "minimum": 2015, "maximum": 2025}},
    {"name": "activ", "type": "boolean", "constraints": {"required": True}},
    {"name": "descriere", "type": "string", "constraints": {"minLength": 3, "maxLength": 80}},
    {"name": "masura", "type": "number", "constraints": {"minimum": -50, "maximum": 50}},
    {"name": "id", "type": "string", "constraints": {"required": True, "unique": True, "pattern": "RO[0-9]{9}"}},
]
NAMES = [field["name"] for field in FIELDS]
# What stands instead in a bad row, by turns: a wrong type, or a constraint that is not kept.
BAD = {
    "cod": "ab-1", "judet": "Chișinău", "cantitate": "1,5", "valoare": "-1", "data": "31.12.2020", "an": "2030",
    "activ": "da", "descriere": "x", "masura": "50.001",
}  # fmt: skip


def make_table(folder: Path, rows: int, bad: int = 0) -> Path:
    """Write the table and its descriptor, so many bad cells spread over its rows; returns the descriptor's path."""
    folder.mkdir(parents=True)
    chance = np.random.default_rng(SEED)
    order = chance.permutation(rows)
    wrong = np.linspace(0, rows - 1, bad).astype(np.int64) if bad else np.empty(0, np.int64)
    with (folder / "t.csv").open("wb") as file:
        file.write((",".join(NAMES) + "\n").encode())
        for start in range(0, rows, CHUNK):
            ids = order[start : start + CHUNK]
            frame = _rows(chance, ids)
            here = wrong[(wrong >= start) & (wrong < start + len(ids))]
            (_spoilt(frame, here - start) if len(here) else frame).write_csv(file, include_header=False)
    resource = {"name": "t", "type": "table", "path": "t.csv", "schema": {"fields": FIELDS, "primaryKey": ["id"]}}
    path = folder / "datapackage.json"
    path.write_text(json.dumps({"resources": [resource]}, ensure_ascii=False), "utf-8")
    return path


def _rows(chance: np.random.Generator, ids: np.ndarray[Any, np.dtype[np.int64]]) -> pl.DataFrame:
    count = len(ids)
    letters = pl.Series([chr(ord("A") + number) for number in range(26)])
    first, second = letters.gather(chance.integers(0, 26, count)), letters.gather(chance.integers(0, 26, count))
    days = pl.Series(chance.integers(16_436, 20_454, count), dtype=pl.Int32).cast(pl.Date)
    drawn = pl.DataFrame(
        {
            "first": first,
            "second": second,
            "number": chance.integers(0, 10**6, count),
            "judet": pl.Series(COUNTIES).gather(chance.integers(0, len(COUNTIES), count)),
            "cantitate": chance.integers(0, 100_001, count),
            "valoare": np.round(chance.lognormal(8, 2, count), 2),
            "data": days,
            "activ": chance.random(count) < 0.7,
            "descriere": pl.Series(PHRASES).gather(chance.integers(0, len(PHRASES), count)),
            "measured": np.round(chance.uniform(-50, 50, count), 3),
            "missing": chance.random(count) < 0.15,
            "place": ids,
        }
    )
    return drawn.select(
        pl.concat_str("first", "second", pl.lit("-"), pl.col("number").cast(pl.String).str.zfill(6)).alias("cod"),
        "judet",
        "cantitate",
        "valoare",
        "data",
        pl.col("data").dt.year().alias("an"),
        "activ",
        "descriere",
        pl.when(~pl.col("missing")).then("measured").alias("masura"),
        pl.concat_str(pl.lit("RO"), pl.col("place").cast(pl.String).str.zfill(9)).alias("id"),
    )


def _spoilt(frame: pl.DataFrame, rows: np.ndarray[Any, np.dtype[np.int64]]) -> pl.DataFrame:
    """The rows as text, one cell of each of these bad, column after column."""
    texts = frame.select(pl.all().cast(pl.String))
    return texts.with_columns(_cells(texts, rows))


def _cells(texts: pl.DataFrame, rows: np.ndarray[Any, np.dtype[np.int64]]) -> Iterator[pl.Series]:
    for place, name in enumerate(NAMES):
        here = rows[np.arange(len(rows)) % len(NAMES) == place]
        cells = [f"{texts[name][row]}x" if name == "id" else BAD[name] for row in here.tolist()]  # no id is there twice
        yield texts[name].scatter(here, cells) if cells else texts[name]


if __name__ == "__main__":
    make_table(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
