"""Parquet: typed cells to canonical text, some row groups at a time.

What has no canonical text (lists, records, bytes) is refused. Writing Parquet is in `tables/`.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from pipelines.declaration.model import Resource
from pipelines.findings import Place
from pipelines.sources.numbers import written_out
from pipelines.sources.raw import RawTable, heading, settled
from pipelines.sources.refusal import MOST_COLUMNS, refused
from pipelines.sources.snapshot import Snapshot
from pipelines.text import mask

BATCH = 131_072  # rows held at a time


def batches(snapshot: Snapshot, resource: Resource) -> Iterator[RawTable]:
    """The table of a Parquet file, some rows at a time. Raises UserError."""
    place = Place(file=snapshot.name)
    try:
        scan = pl.scan_parquet(snapshot.path, glob=False)
        types, height = scan.collect_schema(), scan.select(pl.len()).collect().item()
        if len(types) > MOST_COLUMNS:
            raise refused("too-many-columns", place, count=len(types), limit=MOST_COLUMNS)
        texts = [_text(name, dtype, place).alias(str(i)) for i, (name, dtype) in enumerate(types.items())]
        yield from settled(_tables(scan.select(texts), list(types), height, snapshot.name), [])
    except (pl.exceptions.PolarsError, OSError) as error:
        raise refused("parquet-broken", place, reason=type(error).__name__) from None


def _tables(texts: pl.LazyFrame, names: list[str], height: int, file: str) -> Iterator[RawTable]:
    for start in range(0, max(height, 1), BATCH):
        frame = texts.slice(start, BATCH).collect().with_columns(pl.all().replace("", None))
        numbers = pl.int_range(start + 1, start + frame.height + 1, dtype=pl.UInt32, eager=True).alias("rows")
        filled = frame.select(pl.any_horizontal(pl.all().str.strip_chars().ne("").fill_null(value=False))).to_series()
        frame, numbers = frame.filter(filled), numbers.filter(filled)
        yield RawTable(
            labels=[heading([name]) for name in names],
            frame=frame,
            native=frame.select(pl.all().is_not_null()),
            rows=numbers,
            sheet=None,
            columns=[str(number) for number in range(1, len(names) + 1)],
            file=file,
            records=True,
        )


def _text(name: str, dtype: pl.DataType, place: Place) -> pl.Expr:
    """The canonical text of a column: ISO dates, moments in UTC, numbers with a dot, true and false."""
    column = pl.col(name)
    if isinstance(dtype, pl.Datetime):
        moment = column.dt.convert_time_zone("UTC").dt.replace_time_zone(None) if dtype.time_zone else column
        return moment.cast(pl.Datetime("us")).dt.to_string("%Y-%m-%dT%H:%M:%S%.f")
    if isinstance(dtype, pl.Time):
        return column.dt.to_string("%H:%M:%S")
    if dtype.is_float():
        return written_out(column)
    if dtype.is_numeric() or isinstance(dtype, pl.String | pl.Boolean | pl.Date | pl.Null | pl.Categorical | pl.Enum):
        return column.cast(pl.String)
    raise refused("parquet-type", Place(file=place.file, column=mask(name)), kind=str(dtype))
