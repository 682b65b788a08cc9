"""Tables computed from other tables by a named transform of `transforms/`.

A transform takes pandas frames by table name and returns one, whose columns are those of the declaration; it is then
built and checked like any source. Which transform, from which tables, is declared under `publica.source.tables`.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.files import sha256

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

    from pipelines.sources.raw import RawTable

Transform = Callable[[Mapping[str, "pd.DataFrame"]], "pd.DataFrame"]

TRANSFORMS = Path(__file__).parent / "transforms"
SHARED = Path(__file__).with_name("rows.py")


def transform_digest(name: str) -> str:
    """SHA-256 of a transform's code, with what all transforms share: part of a dataset's fingerprint."""
    return sha256(SHARED.read_bytes() + (TRANSFORMS / f"{name}.py").read_bytes())


def derive(name: str, tables: Mapping[str, pl.DataFrame], file: str) -> RawTable:
    """The raw table that the transform `name` computes from typed `tables`. `file` is what its places are called."""
    import polars as pl

    from pipelines.sources.raw import RawTable
    from pipelines.tables.history import as_texts

    transform: Transform = getattr(importlib.import_module(f"pipelines.tables.transforms.{name}"), name)
    made = transform({key: frame.to_pandas(use_pyarrow_extension_array=True) for key, frame in tables.items()})
    frame = as_texts(pl.from_pandas(made))
    return RawTable(
        labels=frame.columns,
        frame=frame.rename({label: str(index) for index, label in enumerate(frame.columns)}),
        native=None,
        rows=pl.int_range(1, frame.height + 1, dtype=pl.UInt32, eager=True),
        sheet=None,
        columns=[str(index + 1) for index in range(frame.width)],
        file=file,
    )
