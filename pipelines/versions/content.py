"""The content hash: the identity of a version. Over typed rows, schemas and published metadata, not over files.

The bytes that are hashed are laid out here, value by value, so that no upgrade of a library changes them; and the row
order does not count. What of a declaration is published is in `declaration/published.py`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from pipelines.declaration.vocabulary import FieldType
from pipelines.files import canonical_json, sha256
from pipelines.tables.held import SLICE, Held, InMemory, OnDisk, held
from pipelines.tables.table import DTYPES

FEW = 1_000  # texts that are sooner joined one by one
MANY = 4_000_000  # cells of a published table from which it is not read into memory


def _column_bytes(column: pl.Series) -> Iterator[bytes]:
    """One column as bytes: which cells are there, then their values, little-endian; text as lengths and UTF-8."""
    there = column.is_not_null().to_numpy() if column.null_count() else np.ones(column.len(), np.bool_)
    yield np.packbits(there).tobytes()
    held = column.drop_nulls() if column.null_count() else column
    if held.dtype == pl.String:
        yield from _few_texts(held.to_list()) if held.len() <= FEW else _many_texts(held)
    elif held.dtype == pl.Float64:
        yield (held.to_numpy() + 0.0).astype("<f8").tobytes()  # adding 0.0 turns -0.0 into 0.0
    elif held.dtype == pl.Boolean:
        yield np.packbits(held.to_numpy()).tobytes()
    elif held.dtype == pl.Int64:
        yield held.to_numpy().astype("<i8").tobytes()
    else:
        yield held.to_physical().cast(pl.Int64).to_numpy().astype("<i8").tobytes()


def _few_texts(texts: Sequence[str]) -> Iterator[bytes]:
    encoded = [text.encode() for text in texts]
    yield np.array([len(text) for text in encoded], "<u4").tobytes()
    yield b"".join(encoded)


def _many_texts(texts: pl.Series) -> Iterator[bytes]:
    yield texts.str.len_bytes().cast(pl.UInt32).to_numpy().astype("<u4").tobytes()
    for some in texts.to_frame().iter_slices(SLICE):
        yield some.select(pl.all().str.join("").cast(pl.Binary)).item()


def table_hash(rows: pl.DataFrame | Held, schema: Mapping[str, Any]) -> str:
    """Hex SHA-256 of a table's rows and its published schema. The order of rows does not change it.

    Memory: of a table on disk, its order and one column at a time.
    """
    rows = held(rows)
    digest = hashlib.sha256(canonical_json({"schema": schema, "rows": rows.height}))
    for column in _sorted(rows, schema.get("primaryKey") or rows.schema.names()):
        hashed = hashlib.sha256()
        for piece in _column_bytes(column):
            hashed.update(piece)
        digest.update(hashed.digest())
    return digest.hexdigest()


def _sorted(rows: Held, key: Sequence[str]) -> Iterator[pl.Series]:
    """The columns, their rows in the order of `key`: empty cells first, equal ones as they stand."""
    if isinstance(rows, InMemory):
        yield from rows.frame.sort(key, nulls_last=False, maintain_order=True)
        return
    order = places = pl.int_range(rows.height, dtype=pl.UInt32, eager=True).alias("place")
    for name in reversed(key):  # by the last column first, and by its place what is equal
        by = pl.DataFrame([_gathered(rows, name, order).alias("by"), places])
        order = order.gather(by.sort("by", "place", nulls_last=False)["place"])
    for name in rows.schema.names():
        yield _gathered(rows, name, order)


def _gathered(rows: Held, name: str, order: pl.Series) -> pl.Series:
    return rows.column(name).rechunk().gather(order)  # ten times as fast of one chunk as of many


def content_hash(metadata: Mapping[str, Any], tables: Mapping[str, str]) -> str:
    """Hex SHA-256 of published metadata (as `published_metadata` gives it) and the `table_hash` of each resource."""
    return sha256(canonical_json({"metadata": metadata, "tables": dict(tables)}))


def read_table(package: Path, resource: Mapping[str, Any], height: int = 0) -> Held:
    """A table of a version's `package` folder, typed by its published schema (an entry of `metadata["resources"]`).

    `height`: how many rows it has; many stay on disk, where its Parquet is published.
    """
    fields: list[tuple[str, FieldType]] = [(f["name"], f["type"]) for f in resource["schema"]["fields"]]
    parquet = package / "data" / f"{resource['name']}.parquet"
    if height * len(fields) > MANY and parquet.exists():
        # through no link: a rehearsal's links are gone before what changed is told
        return OnDisk(parquet.resolve(), pl.Schema({name: DTYPES[kind] for name, kind in fields}), height)
    frame = pl.read_csv(package / "data" / f"{resource['name']}.csv", infer_schema=False)
    frame = frame.with_columns(pl.all().replace("", None))  # a quoted nothing is a missing value too
    return InMemory(frame.select(typed(pl.col(name), kind) for name, kind in fields))


def typed(text: pl.Expr, kind: FieldType) -> pl.Expr:
    """Canonical text as published in CSV -> the type it is held in. Raises polars' error where it does not fit."""
    if kind == "boolean":
        return text == "true"
    if kind == "date":
        return text.str.to_date("%Y-%m-%d")
    if kind == "datetime":
        return text.str.strip_suffix("Z").str.to_datetime("%Y-%m-%dT%H:%M:%S%.f", time_unit="us")
    return text.cast(DTYPES[kind])


def content_hash_of_version(folder: Path) -> str:
    """The content hash computed again from what a version's folder holds: its manifest's metadata, its data files."""
    manifest = json.loads((folder / "manifest.json").read_bytes())
    metadata, rows = manifest["metadata"], manifest.get("rows", {})
    tables = {
        resource["name"]: table_hash(
            read_table(folder / "package", resource, rows.get(resource["name"], 0)), resource["schema"]
        )
        for resource in metadata["resources"]
    }
    return content_hash(metadata, tables)
