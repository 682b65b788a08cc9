"""The difference between two versions of a table, row by row and cell by cell: what `changes.csv` says.

Law: the old table with its changes applied is the new one (`apply_changes`). What a difference means for the number is
decided in `number.py`; differences of schemas are in `schema_difference.py`; which rows differ at all is found in
`tables/alike.py`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from pipelines.tables.alike import BEFORE, REPETITION, ROW, apart, paired, repeated
from pipelines.tables.held import Held, InMemory, held
from pipelines.tables.history import as_texts

COLUMNS = ("resource", "change", "key", "field", "old", "new")
FETCHED = 80_000_000  # bytes of revised rows fetched at a time; each time the table before may be read through
TOLD = 40_000_000  # bytes of rows, with the key of each of their cells, that lines are made of at a time
_SOME = 1_000  # rows by which it is told how large rows are
_KEY = "#key"  # no field is called so


@dataclass(frozen=True)
class RowCounts:
    """How many rows of one table were added, removed, and revised (same key, other values)."""

    added: int = 0
    removed: int = 0
    revised: int = 0


@dataclass(frozen=True)
class Changes:
    """What changed in the rows of one table. Which rows is known; the cells are fetched when they are asked for.

    `removed`: rows of `old`, `added`: of `new`, by `ROW` and `REPETITION`; `revised`: of both, by `BEFORE` and `ROW`.
    Without a `key` the whole row, with the number of its repetition, is it, and none is revised.
    """

    resource: str
    old: Held
    new: Held
    key: Sequence[str]
    removed: pl.DataFrame
    added: pl.DataFrame
    revised: pl.DataFrame

    @property
    def counts(self) -> RowCounts:
        """How many rows changed."""
        return RowCounts(self.added.height, self.removed.height, self.revised.height)

    def lines(self) -> Iterator[pl.DataFrame]:
        """Frames of `COLUMNS`, all String: a line per cell that changed, and for a row that came or went a line for
        each of its filled cells (for its first one if none is). Memory: `FETCHED` bytes of both tables."""
        for change, rows, which in (("removed", self.old, self.removed), ("added", self.new, self.added)):
            yield from self._whole_rows(change, rows, which)
        some = self.new.at(self.revised[ROW].head(_SOME), self._fields)
        for pairs in self.revised.iter_slices(_rows_of(FETCHED, some)):
            yield from self._revised(pairs)

    def _whole_rows(self, change: str, rows: Held, which: pl.DataFrame) -> Iterator[pl.DataFrame]:
        start = 0
        for found in rows.some(which[ROW], self._fields) if which.height else ():
            numbered = found.with_columns(which[REPETITION][start : start + found.height])
            start += found.height
            for some in numbered.iter_slices(self._told(found)):
                texts, none = as_texts(some.drop(REPETITION)), pl.lit(None, pl.String)
                keys = _keys(texts, some[REPETITION], self.key)
                cells = pl.concat_list(self._fields)
                old, new = (cells, none) if change == "removed" else (none, cells)
                there = pl.coalesce("old", "new").is_not_null() | (pl.col("field") == self._fields[0])
                yield self._lines(change, texts.with_columns(keys), old, new).filter(there)

    def _revised(self, pairs: pl.DataFrame) -> Iterator[pl.DataFrame]:
        order = pairs[BEFORE].arg_sort()
        before = self.old.at(pairs[BEFORE].gather(order), self._fields)[order.arg_sort()]
        after = self.new.at(pairs[ROW], self._fields)
        height = self._told(after)
        for old, new in zip(before.iter_slices(height), after.iter_slices(height), strict=True):
            texts = as_texts(new)
            both = pl.DataFrame([*as_texts(old).rename("old {}".format), *texts, _keys(texts, None, self.key)])
            lines = self._lines(
                "revised", both, pl.concat_list(f"old {name}" for name in self._fields), pl.concat_list(self._fields)
            )
            yield lines.filter(pl.col("old").ne_missing(pl.col("new")))

    def _lines(self, change: str, rows: pl.DataFrame, old: pl.Expr, new: pl.Expr) -> pl.DataFrame:
        """A line for each cell; `old` and `new`: the list of a row's cells, or null, which is no list of any column."""
        return rows.select(
            pl.lit(self.resource).alias("resource"),
            pl.lit(change).alias("change"),
            pl.col(_KEY).alias("key"),
            pl.lit(self._fields, pl.List(pl.String)).alias("field"),
            old.alias("old"),
            new.alias("new"),
        ).explode("field", *(name for name, cells in (("old", old), ("new", new)) if cells.meta.root_names()))

    @property
    def _fields(self) -> list[str]:
        return self.new.schema.names()

    def _told(self, rows: pl.DataFrame) -> int:
        """How many of these rows lines are made of at a time: the key stands in each of them."""
        keys = rows.select(self.key) if self.key else rows
        return _rows_of(TOLD, rows, _bytes(keys) * rows.width)


def _rows_of(limit: int, rows: pl.DataFrame, more: float = 0) -> int:
    """How many rows have so many bytes, where these rows have `more` than their values."""
    return max(1, int(limit * rows.height / (_bytes(rows) + more))) if rows.height else 1


def _bytes(rows: pl.DataFrame) -> float:
    """What rows take in memory: polars does not count what leads to a text."""
    texts = sum(dtype == pl.String for dtype in rows.dtypes)
    return rows.estimated_size() + 16 * texts * rows.height


def row_changes(resource: str, old: pl.DataFrame | Held, new: pl.DataFrame | Held, key: list[str]) -> Changes:
    """What changed in a table. Both have the same columns.

    Without a `key`, or where it repeats in `old` (it is new, and nothing checked it then), the whole row is it.
    """
    old, new = held(old), held(new)
    key = key if key and not repeated(old, key) else []
    removed, added = apart(old, new)
    revised = pl.DataFrame(schema={BEFORE: pl.UInt32, ROW: pl.UInt32})
    if key and removed.height and added.height:
        revised = paired(old, removed[ROW], new, added[ROW], key)
        removed = removed.filter(~pl.col(ROW).is_in(revised[BEFORE].implode()))
        added = added.filter(~pl.col(ROW).is_in(revised[ROW].implode()))
    return Changes(resource, old, new, key, removed, added, revised)


def _keys(texts: pl.DataFrame, repetition: pl.Series | None, key: Sequence[str]) -> pl.Series:
    """Of each row its key's texts as a JSON array; without a key, those of all cells and its `repetition`."""
    parts = [_json(texts[name]) for name in key or texts.columns]
    if not key and repetition is not None:
        parts.append(repetition.cast(pl.String).alias(_KEY))
    return pl.select(pl.format("[{}]", pl.concat_str(parts, separator=", ")).alias(_KEY)).to_series()


def _json(texts: pl.Series) -> pl.Series:
    """Each text as JSON. They are all written at once, on a line each: JSON has no line break in a text."""
    lines = json.dumps(texts.to_list(), ensure_ascii=False, separators=("\n", ":"))[1:-1]
    return pl.Series(texts.name, lines.split("\n") if texts.len() else [], pl.String)


def apply_changes(old: pl.DataFrame, changes: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    """The texts of `old` (a typed frame) with one table's `changes` applied, in no particular order of rows."""
    fields, key = old.columns, [] if key and repeated(InMemory(old), key) else key
    numbered, _ = apart(InMemory(old), InMemory(old.clear()))
    texts = as_texts(old)
    rows = dict(zip(_keys(texts, numbered[REPETITION], key), texts.to_dicts(), strict=True))
    for line in changes.iter_rows(named=True):
        if line["change"] == "removed":
            rows.pop(line["key"], None)
        else:
            rows.setdefault(line["key"], dict.fromkeys(fields))[line["field"]] = line["new"]
    return pl.DataFrame(list(rows.values()), schema=dict.fromkeys(fields, pl.String()))
