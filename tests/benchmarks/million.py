"""The large table: ten seeded columns with constraints on all of them, written as CSV a million rows at a time.

What is done with it is measured elsewhere; the tiny tables are in `tables.py`.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

SEED, AT_ONCE = 42, 1_000_000
COUNTIES = [
    "Alba", "Arad", "Argeș", "Bacău", "Bihor", "Bistrița-Năsăud", "Botoșani", "Brașov", "Brăila", "București", "Buzău",
    "Caraș-Severin", "Călărași", "Cluj", "Constanța", "Covasna", "Dâmbovița", "Dolj", "Galați", "Giurgiu", "Gorj",
    "Harghita", "Hunedoara", "Ialomița", "Iași", "Ilfov", "Maramureș", "Mehedinți", "Mureș", "Neamț", "Olt", "Prahova",
    "Satu Mare", "Sălaj", "Sibiu", "Suceava", "Teleorman", "Timiș", "Tulcea", "Vaslui", "Vâlcea", "Vrancea",
]  # fmt: skip
_WORDS = (
    ("reparații", "întreținere", "achiziție", "servicii", "lucrări", "studiu", "dotare", "consultanță"),
    ("drumuri", "școli", "spații verzi", "rețele, conducte", "iluminat", "poduri", "apă", "locuințe, cămine"),
    ("oraș", "comună", "sat", "județ"),
)
PHRASES = [" ".join(words) for words in itertools.product(*_WORDS)]  # 256; commas in a quarter of them
_THERE: dict[str, Any] = {"required": True}

SCHEMA: dict[str, Any] = {
    "fields": [
        {"name": "cod", "type": "string", "constraints": {**_THERE, "pattern": "[A-Z]{2}-[0-9]{6}", "maxLength": 9}},
        {"name": "judet", "type": "string", "constraints": {**_THERE, "enum": COUNTIES}},
        {"name": "cantitate", "type": "integer", "constraints": {**_THERE, "minimum": 0, "maximum": 100_000}},
        {"name": "valoare", "type": "number", "constraints": {**_THERE, "minimum": 0}},
        {
            "name": "data",
            "type": "date",
            "constraints": {**_THERE, "minimum": "2015-01-01", "maximum": "2025-12-31"},
        },
        {"name": "an", "type": "year", "constraints": {**_THERE, "minimum": 2015, "maximum": 2025}},
        {"name": "activ", "type": "boolean", "constraints": _THERE},
        {"name": "descriere", "type": "string", "constraints": {"minLength": 3, "maxLength": 80}},
        {"name": "masura", "type": "number", "constraints": {"minimum": -50, "maximum": 50}},
        {"name": "id", "type": "string", "constraints": {**_THERE, "unique": True, "pattern": "RO[0-9]{9}"}},
    ],
    "primaryKey": ["id"],
}


def pieces(rows: int, seed: int = SEED) -> Iterator[pl.DataFrame]:
    """The table, a million rows at a time; null is an empty cell."""
    random = np.random.default_rng(seed)
    ids = random.permutation(rows) + 100_000_000
    first_day, last_day = np.datetime64("2015-01-01"), np.datetime64("2025-12-31")
    for start in range(0, rows, AT_ONCE):
        n = min(AT_ONCE, rows - start)
        letters = random.integers(65, 91, (2, n)).astype(np.uint8)
        measured = pl.Series(np.round(random.uniform(-50, 50, n), 3))
        frame = pl.DataFrame(
            {
                "a": pl.Series(letters[0]).cast(pl.UInt32),
                "b": pl.Series(letters[1]).cast(pl.UInt32),
                "number": random.integers(0, 1_000_000, n),
                "judet": pl.Series(COUNTIES).gather(pl.Series(random.integers(0, len(COUNTIES), n))),
                "cantitate": random.integers(0, 100_001, n),
                "valoare": np.round(random.lognormal(8, 2, n), 2),
                "data": first_day + random.integers(0, (last_day - first_day).astype(int) + 1, n),
                "activ": random.random(n) < 0.7,
                "descriere": pl.Series(PHRASES).gather(pl.Series(random.integers(0, len(PHRASES), n))),
                "masura": measured,
                "there": random.random(n) >= 0.15,
                "id": ids[start : start + n],
            }
        )
        letter = pl.Series([chr(code) for code in range(65, 91)])
        yield frame.select(
            pl.concat_str(
                pl.Series("a", letter.gather(frame["a"] - 65)),
                pl.Series("b", letter.gather(frame["b"] - 65)),
                pl.lit("-"),
                pl.col("number").cast(pl.String).str.zfill(6),
            ).alias("cod"),
            "judet",
            "cantitate",
            "valoare",
            pl.col("data").cast(pl.Date),
            pl.col("data").dt.year().alias("an"),
            "activ",
            "descriere",
            pl.when("there").then("masura").alias("masura"),
            (pl.lit("RO") + pl.col("id").cast(pl.String)).alias("id"),
        )


def write_csv(path: Path, rows: int, seed: int = SEED) -> None:
    """Write the table of so many rows. Another seed gives the same keys in another order, and other cells."""
    with path.open("wb") as file:
        for number, piece in enumerate(pieces(rows, seed)):
            piece.write_csv(file, include_header=number == 0)
