"""The table that validation is measured on, as a package: that of `million.py`, clean or with bad cells in it.

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

from tests.benchmarks.million import SCHEMA, pieces

NAMES = [field["name"] for field in SCHEMA["fields"]]
# What stands instead in a bad row, by turns: a wrong type, or a constraint that is not kept.
BAD = {
    "cod": "ab-1", "judet": "Chișinău", "cantitate": "1,5", "valoare": "-1", "data": "31.12.2020", "an": "2030",
    "activ": "da", "descriere": "x", "masura": "50.001",
}  # fmt: skip


def make_table(folder: Path, rows: int, bad: int = 0) -> Path:
    """Write the table and its descriptor, so many bad cells spread over its rows; returns the descriptor's path."""
    folder.mkdir(parents=True)
    wrong = np.linspace(0, rows - 1, bad).astype(np.int64) if bad else np.empty(0, np.int64)
    start = 0
    with (folder / "t.csv").open("wb") as file:
        for piece in pieces(rows):
            here = wrong[(wrong >= start) & (wrong < start + piece.height)]
            (_spoilt(piece, here - start) if len(here) else piece).write_csv(file, include_header=start == 0)
            start += piece.height
    resource = {"name": "t", "type": "table", "path": "t.csv", "schema": SCHEMA}
    path = folder / "datapackage.json"
    path.write_text(json.dumps({"resources": [resource]}, ensure_ascii=False), "utf-8")
    return path


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
