"""A typed table: what the checks judge and the packages publish, with where each cell came from.

Building one from a source is in `build.py`, the casting in `cast.py`. Judging it is in `checks/`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from pipelines.declaration.model import Schema
from pipelines.declaration.vocabulary import FieldType
from pipelines.findings import Place
from pipelines.sources.raw import RawTable

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


@dataclass(frozen=True)
class Table:
    """A table of one resource.

    `frame`: typed columns in schema order; a cell that could not be cast is null. `texts`: same shape, String: the
    canonical text of each cell (as printed where it could not be cast); null is missing. There are no empty strings.
    `origin`: for each row its index in `raw`, null for rows kept from the previous version.
    """

    name: str
    schema: Schema
    frame: pl.DataFrame
    texts: pl.DataFrame
    raw: RawTable | None = None
    origin: pl.Series | None = None
    columns: Mapping[str, int] = field(default_factory=dict[str, int])  # field name -> column of `raw`

    def place(self, row: int | None, field: str | None) -> Place:
        """Where the cell at `row` (from 0; None for the heading) of `field` (None for the row) stands in the source."""
        if self.raw is None:
            return Place(column=field)
        column = self.columns.get(field) if field else None
        if row is None:
            return self.raw.place(None, column)
        index: int | None = self.origin[row] if self.origin is not None else row
        return Place(column=field) if index is None else self.raw.place(index, column)
