"""The rows of a table as they are held while it is worked on: in memory, or in a Parquet file where they are many.

Whoever works row by row asks for `parts`, and a small table is its own only part; comparing rows with one another is in
`alike.py`. So nobody needs the whole of a large table at a time. Writing such a file is in `spill.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

SLICE = 65_536  # rows of a row group
PART = 2 * SLICE  # rows of a file that are in memory at a time


@dataclass(frozen=True)
class InMemory:
    """Rows in a frame."""

    frame: pl.DataFrame

    @property
    def height(self) -> int:
        """How many rows there are."""
        return self.frame.height

    @property
    def schema(self) -> pl.Schema:
        """The columns."""
        return self.frame.schema

    def whole(self) -> pl.DataFrame:
        """All rows."""
        return self.frame

    def column(self, name: str) -> pl.Series:
        """All of one column."""
        return self.frame[name]

    def scan(self) -> pl.LazyFrame:
        """All rows, not yet read."""
        return self.frame.lazy()

    def select(self, *expressions: pl.Expr) -> pl.DataFrame:
        """What is computed over all rows."""
        return self.frame.select(*expressions)

    def parts(self, columns: Sequence[str] | None = None) -> Iterator[pl.DataFrame]:
        """The rows in order, some at a time; at least one frame, which may be empty."""
        yield self.frame if columns is None else self.frame.select(columns)

    def some(self, rows: pl.Series, columns: Sequence[str]) -> Iterator[pl.DataFrame]:
        """These columns of the rows with these numbers, which must ascend; some at a time, at least one frame."""
        yield self.frame.select(columns)[rows]

    def at(self, rows: pl.Series, columns: Sequence[str]) -> pl.DataFrame:
        """These columns of the rows with these numbers, which must ascend."""
        return next(self.some(rows, columns))

    def cell(self, row: int, column: str) -> Any:
        """The value of one cell."""
        return self.frame[column][row]


@dataclass(frozen=True)
class OnDisk:
    """Rows in a Parquet file. `schema`: the columns as they are held; the file may have them in UTC.

    `owner` is kept so that the folder that the file is in lives as long as this.
    """

    path: Path
    schema: pl.Schema
    height: int
    owner: object = None
    _near: dict[str, tuple[int, pl.Series]] = field(default_factory=dict[str, tuple[int, pl.Series]], compare=False)

    def whole(self) -> pl.DataFrame:
        """All rows: in memory, however many they are."""
        return self.scan().collect()

    def column(self, name: str) -> pl.Series:
        """All of one column."""
        return self.scan().select(name).collect().to_series()

    def scan(self) -> pl.LazyFrame:
        """All rows, not yet read."""
        return pl.scan_parquet(self.path, glob=False).select(
            pl.col(name).dt.replace_time_zone(None) if dtype == pl.Datetime else pl.col(name)
            for name, dtype in self.schema.items()
        )

    def select(self, *expressions: pl.Expr) -> pl.DataFrame:
        """What is computed over all rows."""
        return self.scan().select(*expressions).collect()

    def parts(self, columns: Sequence[str] | None = None) -> Iterator[pl.DataFrame]:
        """The rows in order, some at a time; at least one frame, which may be empty."""
        rows = self.scan() if columns is None else self.scan().select(columns)
        for start in range(0, max(self.height, 1), PART):
            yield rows.slice(start, PART).collect()

    def some(self, rows: pl.Series, columns: Sequence[str]) -> Iterator[pl.DataFrame]:
        """These columns of the rows with these numbers, which must ascend; some at a time, at least one frame."""
        if rows.is_empty():
            yield self.scan().select(columns).head(0).collect()
        for start, wanted in _by_part(rows):
            yield self.scan().select(columns).slice(start, PART).collect()[wanted]

    def at(self, rows: pl.Series, columns: Sequence[str]) -> pl.DataFrame:
        """These columns of the rows with these numbers, which must ascend."""
        return pl.concat(self.some(rows, columns))

    def cell(self, row: int, column: str) -> Any:
        """The value of one cell. The next one asked for is probably near it."""
        start, near = self._near.get(column, (0, pl.Series(dtype=pl.Null)))
        if not start <= row < start + near.len():
            start = row // SLICE * SLICE
            near = self.scan().select(column).slice(start, SLICE).collect().to_series()
            self._near[column] = (start, near)
        return near[row - start]


Held = InMemory | OnDisk


def held(rows: pl.DataFrame | Held) -> Held:
    """`rows`, as they may be handed over."""
    return InMemory(rows) if isinstance(rows, pl.DataFrame) else rows


def _by_part(rows: pl.Series) -> Iterator[tuple[int, pl.Series]]:
    """Where each part begins in which some of `rows` lie, and their places in it."""
    starts = rows // PART * PART
    for start in starts.unique(maintain_order=True).to_list():
        yield start, rows.filter(starts == start) - start
