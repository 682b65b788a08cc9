"""The best way by hand to check and convert the large table: one streaming plan of polars with checks and three sinks.

Usage: python -m tests.benchmarks.large_rival CSV FOLDER. Prints JSON: seconds, peak bytes, wrong cells, hashes.
"""

from __future__ import annotations

import hashlib
import io
import json
import sys
from pathlib import Path
from typing import IO, Any, cast

import polars as pl

from tests.benchmarks.memory import most_held
from tests.benchmarks.million import COUNTIES
from tests.benchmarks.timing import timed

DAYS = pl.date(2015, 1, 1), pl.date(2025, 12, 31)


class _Hashed(io.RawIOBase):
    """A file that hashes what goes into it; `array`: lines of JSON become an array."""

    def __init__(self, path: Path, *, array: bool = False) -> None:
        self._file, self._array, self._digest, self._opened = path.open("wb"), array, hashlib.sha256(), False

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        held = bytes(data)
        if self._array and held:
            # the line feed that ends a piece waits for the next one, so that the last record has no comma after it
            opening, self._opened = (b",\n" if self._opened else b"[\n"), True
            held = opening + held[:-1].replace(b"\n", b",\n")
        self._put(held)
        return len(data)

    def _put(self, held: bytes) -> None:
        self._digest.update(held)
        self._file.write(held)

    def finished(self) -> str:
        """Close the file; its hash."""
        if self._array:
            self._put(b"\n]\n")
        self._file.close()
        return self._digest.hexdigest()


def convert(source: Path, folder: Path) -> dict[str, object]:
    """Check every constraint but uniqueness in passing, uniqueness after; write and hash the files."""
    text = pl.scan_csv(source, infer_schema=False)
    typed = text.with_columns(
        pl.col("cantitate").cast(pl.Int64, strict=False),
        pl.col("valoare", "masura").cast(pl.Float64, strict=False),
        pl.col("data").str.to_date("%Y-%m-%d", strict=False),
        pl.col("an").cast(pl.Int64, strict=False),
        pl.col("activ").replace_strict(["true", "false"], [True, False], default=None, return_dtype=pl.Boolean),
    )
    wrong = {
        "cod": ~pl.col("cod").str.contains(r"^[A-Z]{2}-[0-9]{6}$") | (pl.col("cod").str.len_chars() > 9),
        "judet": ~pl.col("judet").is_in(COUNTIES),
        "cantitate": ~pl.col("cantitate").is_between(0, 100_000),
        "valoare": pl.col("valoare") < 0,
        "data": ~pl.col("data").is_between(*DAYS),
        "an": ~pl.col("an").is_between(2015, 2025),
        "activ": pl.col("activ").is_null(),
        "descriere": ~pl.col("descriere").str.len_chars().is_between(3, 80),
        "masura": ~pl.col("masura").is_between(-50, 50),
        "id": ~pl.col("id").str.contains(r"^RO[0-9]{9}$"),
    }
    required = {name for name in wrong if name not in ("descriere", "masura")}
    counts = [expr.fill_null(name in required).sum().alias(name) for name, expr in wrong.items()]
    files = {kind: _Hashed(folder / f"table.{kind}", array=kind == "json") for kind in ("csv", "json", "parquet")}
    plans = [
        typed.sink_csv(cast("IO[bytes]", files["csv"]), lazy=True),
        typed.sink_ndjson(cast("IO[bytes]", files["json"]), lazy=True),
        typed.sink_parquet(cast("IO[bytes]", files["parquet"]), compression="zstd", lazy=True),
        typed.select(*counts, pl.col("id").n_unique().alias("different"), pl.len().alias("rows")),
    ]
    found = pl.collect_all(plans, engine="streaming")[-1].to_dicts()[0]
    return {**found, **{kind: file.finished() for kind, file in files.items()}}


if __name__ == "__main__":
    cost, told = timed(lambda: convert(*map(Path, sys.argv[1:])))
    sys.stdout.write(json.dumps({"wall": cost.wall, "cpu": cost.cpu, "most": most_held(), "told": told}))
