"""Parquet as a table is held and as it is published: pyarrow, Zstandard, and the schema's words in each column.

Date-times are in UTC. Only what belongs to the schema goes in: a file is copied, not written again, while its rows and
schema stay, so it must not speak of the version or the package it is in.
"""
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownParameterType=false, reportUnknownArgumentType=false
# (pyarrow has no types)

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.declaration.model import FieldModel, Schema
from pipelines.declaration.vocabulary import FieldType
from pipelines.tables.held import SLICE

Add = Callable[[pl.DataFrame], None]

_TYPES: dict[FieldType, pa.DataType] = {
    "string": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "time": pa.string(),
    "datetime": pa.timestamp("us", tz="UTC"),
    "year": pa.int64(),
    "yearmonth": pa.string(),
}


def _column(field: FieldModel) -> pa.Field:
    words = {
        "title": field.title,
        "description": field.description,
        "unit": field.unit,
        "title.ro": field.translations.ro.title,
        "description.ro": field.translations.ro.description,
        "title.ru": field.translations.ru.title,
        "description.ru": field.translations.ru.description,
    }
    return pa.field(field.name, _TYPES[field.type], metadata={k: v for k, v in words.items() if v} or None)


@contextmanager
def published(schema: Schema, path: Path) -> Generator[Add]:
    """Writes typed rows, given in frames of any height, as a file that can be published."""
    with _writing(pa.schema([_column(field) for field in schema.fields]), path, compression="zstd") as add:
        yield add


@contextmanager
def texts(names: Iterable[str], path: Path) -> Generator[Add]:
    """Writes rows of text, for ourselves: fast to write and to read again."""
    schema = pa.schema([pa.field(name, pa.string()) for name in names])
    with _writing(schema, path, compression="lz4", use_dictionary=False, write_statistics=False) as add:
        yield add


@contextmanager
def _writing(schema: pa.Schema, path: Path, **options: Any) -> Generator[Add]:
    """One row group per `SLICE` rows, wherever the frames that are given begin and end."""
    waiting: list[pl.DataFrame] = []

    with path.open("wb") as file, pq.ParquetWriter(file, schema, version="2.6", **options) as writer:

        def write(rows: pl.DataFrame) -> None:
            # one chunk a row group: where the chunks of a frame end would decide where pages end
            arrow = rows.to_arrow(compat_level=pl.CompatLevel.oldest()).cast(schema).combine_chunks()
            writer.write_table(arrow, row_group_size=arrow.num_rows)

        def add(rows: pl.DataFrame) -> None:
            waiting.append(rows)
            if sum(each.height for each in waiting) < SLICE:
                return
            held = pl.concat(waiting)
            whole = held.height // SLICE * SLICE
            for start in range(0, whole, SLICE):
                write(held[start : start + SLICE])
            waiting[:] = [held[whole:]]

        yield add
        if waiting and (rest := pl.concat(waiting)).height:
            write(rest)
