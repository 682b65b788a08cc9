"""The content hash: the identity of a version. Over typed rows, schemas and published metadata, not over files.

The bytes that are hashed are laid out here, value by value, so that no upgrade of a library changes them; and the row
order does not count. What of a declaration is published is in `declaration/published.py`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from pipelines.declaration.vocabulary import FieldType
from pipelines.files import canonical_json, sha256
from pipelines.tables.table import DTYPES


def _column_bytes(column: pl.Series) -> bytes:
    """One column as bytes: which cells are there, then their values, little-endian; text as lengths and UTF-8."""
    present = column.is_not_null()
    head = np.packbits(present.to_numpy()).tobytes()
    held = column.drop_nulls()
    if held.dtype == pl.String:
        lengths = held.str.len_bytes().cast(pl.UInt32).to_numpy().astype("<u4").tobytes()
        return head + lengths + "".join(held.to_list()).encode()
    if held.dtype == pl.Float64:
        return head + (held.to_numpy() + 0.0).astype("<f8").tobytes()  # adding 0.0 turns -0.0 into 0.0
    if held.dtype == pl.Boolean:
        return head + np.packbits(held.to_numpy()).tobytes()
    return head + held.to_physical().cast(pl.Int64).to_numpy().astype("<i8").tobytes()


def table_hash(frame: pl.DataFrame, schema: Mapping[str, Any]) -> str:
    """Hex SHA-256 of a table's rows and its published schema. The order of rows does not change it."""
    ordered = frame.sort(schema.get("primaryKey") or frame.columns, nulls_last=False, maintain_order=True)
    digest = hashlib.sha256(canonical_json({"schema": schema, "rows": ordered.height}))
    for name in ordered.columns:
        digest.update(hashlib.sha256(_column_bytes(ordered[name])).digest())
    return digest.hexdigest()


def content_hash(metadata: Mapping[str, Any], tables: Mapping[str, str]) -> str:
    """Hex SHA-256 of published metadata (as `published_metadata` gives it) and the `table_hash` of each resource."""
    return sha256(canonical_json({"metadata": metadata, "tables": dict(tables)}))


def read_table(package: Path, resource: Mapping[str, Any]) -> pl.DataFrame:
    """A table of a version's `package` folder, typed by its published schema (an entry of `metadata["resources"]`)."""
    fields: list[tuple[str, FieldType]] = [(f["name"], f["type"]) for f in resource["schema"]["fields"]]
    frame = pl.read_csv(package / "data" / f"{resource['name']}.csv", infer_schema=False)
    frame = frame.with_columns(pl.all().replace("", None))  # a quoted nothing is a missing value too
    return frame.select(typed(pl.col(name), kind) for name, kind in fields)


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
    metadata = json.loads((folder / "manifest.json").read_bytes())["metadata"]
    tables = {
        resource["name"]: table_hash(read_table(folder / "package", resource), resource["schema"])
        for resource in metadata["resources"]
    }
    return content_hash(metadata, tables)
