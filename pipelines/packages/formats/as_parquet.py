"""Parquet as published: pyarrow, Zstandard, and the schema's words in the metadata of each column.

Date-times are in UTC. Only what belongs to the schema goes in: a file is copied, not written again, while its rows and
schema stay, so it must not speak of the version or the package it is in.
"""
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownParameterType=false, reportUnknownArgumentType=false
# (pyarrow has no types)

from __future__ import annotations

from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.declaration.model import FieldModel
from pipelines.declaration.vocabulary import FieldType
from pipelines.packages.formats.format import Format, slices
from pipelines.tables.table import Table

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


def write(table: Table, path: Path) -> None:
    """Write the table as Parquet, one row group a slice."""
    schema = pa.schema([_column(field) for field in table.schema.fields])
    with path.open("wb") as file, pq.ParquetWriter(file, schema, compression="zstd", version="2.6") as writer:
        for rows in slices(table):
            # one chunk a slice: where the chunks of a frame end would decide where pages end
            arrow = rows.to_arrow(compat_level=pl.CompatLevel.oldest()).cast(schema).combine_chunks()
            writer.write_table(arrow, row_group_size=arrow.num_rows)


FORMAT = Format("parquet", "Parquet", "application/vnd.apache.parquet", write, packed=True)
