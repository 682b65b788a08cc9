"""The difference between two versions of a table, row by row and cell by cell: what `changes.csv` says.

Law: the old table with its changes applied is the new one (`apply_changes`). What a difference means for the number is
decided in `number.py`; differences of schemas are in `schema_difference.py`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import polars as pl

from pipelines.tables.alike import REPETITION, apart, repeated
from pipelines.tables.held import Held, InMemory, held
from pipelines.tables.history import as_texts

COLUMNS = ("resource", "change", "key", "field", "old", "new")


@dataclass(frozen=True)
class RowCounts:
    """How many rows of one table were added, removed, and revised (same key, other values)."""

    added: int = 0
    removed: int = 0
    revised: int = 0


def no_changes() -> pl.DataFrame:
    """An empty frame of changes."""
    return pl.DataFrame(schema=dict.fromkeys(COLUMNS, pl.String()))


def row_changes(
    resource: str, old: pl.DataFrame | Held, new: pl.DataFrame | Held, key: list[str]
) -> tuple[RowCounts, pl.DataFrame]:
    """Counts, and one line per cell that changed; a row added or removed has a line for each of its filled cells.

    Both tables have the same columns. Without a `key`, or where it repeats in `old` (it is new, and nothing checked it
    then), the whole row, with a running number for its repetitions, is it.
    """
    old, new = held(old), held(new)
    fields = old.schema.names()
    key = key if key and not repeated(old, key) else []
    before, after = (_with_key(_texts(rows), key) for rows in apart(old, new))
    added = after.join(before, on="_key", how="anti", maintain_order="left")
    removed = before.join(after, on="_key", how="anti", maintain_order="left")
    revised = _revised(before, after, fields) if key else pl.DataFrame(schema={"_key": pl.String, **_CELL})
    lines = pl.concat(
        [_cells(removed, fields, "removed"), _cells(added, fields, "added"), revised.select("_key", *_CELL)]
    )
    changes = lines.select(
        pl.lit(resource).alias("resource"), "change", pl.col("_key").alias("key"), "field", "old", "new"
    )
    return RowCounts(added.height, removed.height, revised["_key"].n_unique()), changes


_CELL = {"change": pl.String(), "field": pl.String(), "old": pl.String(), "new": pl.String()}


def _texts(rows: pl.DataFrame) -> pl.DataFrame:
    return as_texts(rows.drop(REPETITION)).with_columns(rows[REPETITION])


def _with_key(frame: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    """The frame with `_key`: its key's texts as a JSON array; without a key, all cells and which repetition it is."""
    fields = [name for name in frame.columns if name != REPETITION]
    if key:
        rows = (list(row) for row in frame.select(key).iter_rows())
    else:
        cells = frame.select(fields).iter_rows()
        rows = ([*row, int(n)] for row, n in zip(cells, frame[REPETITION], strict=True))
    texts = [json.dumps(row, ensure_ascii=False) for row in rows]
    return frame.select(fields).with_columns(pl.Series("_key", texts, dtype=pl.String))


def _cells(frame: pl.DataFrame, fields: list[str], change: str) -> pl.DataFrame:
    """One line per filled cell of rows that came or went; a row with no filled cell at all has one line."""
    value = "new" if change == "added" else "old"
    long = frame.with_row_index("_row").unpivot(fields, index=["_row", "_key"], variable_name="field", value_name=value)
    filled = long.filter(pl.col(value).is_not_null() | (pl.col("field") == fields[0]))
    order = pl.col("field").replace_strict(fields, list(range(len(fields))), return_dtype=pl.Int64)
    return filled.sort("_row", order).select(
        "_key",
        pl.lit(change).alias("change"),
        "field",
        *(pl.col(name) if name == value else pl.lit(None, pl.String).alias(name) for name in ("old", "new")),
    )


def _revised(before: pl.DataFrame, after: pl.DataFrame, fields: list[str]) -> pl.DataFrame:
    both = after.with_row_index("_row").join(before, on="_key", how="inner", suffix="__old", maintain_order="left")
    parts = [
        both.filter(pl.col(name).ne_missing(pl.col(f"{name}__old"))).select(
            "_row",
            pl.lit(index).alias("_field"),
            "_key",
            pl.lit("revised").alias("change"),
            pl.lit(name).alias("field"),
            pl.col(f"{name}__old").alias("old"),
            pl.col(name).alias("new"),
        )
        for index, name in enumerate(fields)
    ]
    return pl.concat(parts).sort("_row", "_field")


def apply_changes(old: pl.DataFrame, changes: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    """The texts of `old` (a typed frame) with one table's `changes` applied, in no particular order of rows."""
    fields, key = old.columns, [] if key and repeated(InMemory(old), key) else key
    rows: dict[str, dict[str, str | None]] = {
        row["_key"]: {name: row[name] for name in fields}
        for row in _with_key(_texts(apart(InMemory(old), InMemory(old.clear()))[0]), key).iter_rows(named=True)
    }
    for line in changes.iter_rows(named=True):
        if line["change"] == "removed":
            rows.pop(line["key"], None)
        else:
            rows.setdefault(line["key"], dict.fromkeys(fields))[line["field"]] = line["new"]
    return pl.DataFrame(list(rows.values()), schema=dict.fromkeys(fields, pl.String()))
