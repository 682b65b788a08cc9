"""A typed table: what the checks judge and the packages publish, with where each cell came from.

Building one from a source is in `build.py`, the casting in `cast.py`; how many rows are held is in `held.py`. Judging
a table is in `checks/`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import polars as pl

from pipelines.declaration.model import Schema
from pipelines.declaration.vocabulary import FieldType
from pipelines.findings import Place
from pipelines.sources.raw import RawTable
from pipelines.tables.held import Held, InMemory, OnDisk, held

T = TypeVar("T")
Look = Callable[["Table"], Any]

# How each Table Schema type is held. `time` and `yearmonth` are text of a fixed shape: no reader has a better type.
DTYPES: dict[FieldType, pl.DataType] = {
    "string": pl.String(),
    "integer": pl.Int64(),
    "number": pl.Float64(),
    "boolean": pl.Boolean(),
    "date": pl.Date(),
    "time": pl.String(),
    "datetime": pl.Datetime("us"),
    "year": pl.Int64(),
    "yearmonth": pl.String(),
}


class Table:
    """A table of one resource.

    `values`: typed columns in schema order; a cell that could not be cast is null. `printed`: String columns, same
    rows: the canonical text of each cell (as printed where it could not be cast); null is missing, there are no empty
    strings; on disk without the columns of text, which `values` has. `raw`: where each row of the source stood; its
    cells need not be kept. `origin`: for each row its index in `raw`, null for rows kept from the previous version.
    `columns`: column of `raw` by field name. `start`: in a part of a table, the number of its first row. `looks`: what
    was seen of the rows while they were made, see `seen`.
    """

    def __init__(
        self,
        name: str,
        schema: Schema,
        frame: pl.DataFrame | Held,
        texts: pl.DataFrame | Held,
        raw: RawTable | None = None,
        origin: pl.Series | None = None,
        columns: Mapping[str, int] | None = None,
        start: int = 0,
        looks: Mapping[Look, Sequence[tuple[int, Any]]] | None = None,
    ) -> None:
        self.name, self.schema = name, schema
        self.values, self.printed = held(frame), held(texts)
        self.raw, self.origin, self.columns, self.start = raw, origin, dict(columns or {}), start
        self._looks = dict(looks or {})

    @property
    def height(self) -> int:
        """How many rows there are."""
        return self.values.height

    @property
    def frame(self) -> pl.DataFrame:
        """All typed rows, in memory however many they are."""
        return self.values.whole()

    @property
    def texts(self) -> pl.DataFrame:
        """All texts, in memory however many they are."""
        return _texts(self.frame, self.printed.whole())

    @property
    def parquet(self) -> Path | None:
        """The file that the typed rows are in, where they are too many for memory."""
        return self.values.path if isinstance(self.values, OnDisk) else None

    def parts(self) -> Iterator[Table]:
        """The table in parts that are in memory, in order; a small one is its own only part."""
        if isinstance(self.values, InMemory) and isinstance(self.printed, InMemory):
            yield self
            return
        start = 0
        for values, printed in zip(self.values.parts(), self.printed.parts(), strict=True):
            yield Table(
                self.name, self.schema, values, _texts(values, printed), self.raw, self.origin, self.columns, start
            )
            start += values.height

    def seen(self, look: Callable[[Table], T]) -> Sequence[tuple[int, T]]:
        """What `look` sees in each of some parts of the table, in order; and the number of the part's first row.

        Looked at only once: rows that are many are looked at while they are made.
        """
        if look not in self._looks:
            self._looks[look] = [(part.start, look(part)) for part in self.parts()]
        return self._looks[look]

    def at(self, rows: pl.Series) -> tuple[pl.DataFrame, pl.DataFrame]:
        """The values and the texts of the rows with these numbers, which must ascend."""
        values = self.values.at(rows, self.values.schema.names())
        return values, _texts(values, self.printed.at(rows, self.printed.schema.names()))

    def text(self, row: int, field: str) -> str | None:
        """The text of one cell."""
        if field in self.printed.schema:
            return self.printed.cell(row, field)
        return self.values.cell(row, field)

    def place(self, row: int | None, field: str | None) -> Place:
        """Where the cell at `row` (from 0; None for the heading) of `field` (None for the row) stands in the source."""
        if self.raw is None:
            return Place(column=field)
        column = self.columns.get(field) if field else None
        if row is None:
            return self.raw.place(None, column)
        row += self.start
        index: int | None = self.origin[row] if self.origin is not None else row
        return Place(column=field) if index is None else self.raw.place(index, column)


def _texts(values: pl.DataFrame, printed: pl.DataFrame) -> pl.DataFrame:
    """`printed` with what is text anyway, in the order of the fields."""
    if printed.columns == values.columns:
        return printed
    return pl.select(printed[name] if name in printed.columns else values[name] for name in values.columns)
