"""Parquet as published. A table that is held in such a file already is published as it is; how one is written is in
`tables/parquet.py`."""

from __future__ import annotations

import shutil
from pathlib import Path

from pipelines.packages.formats.format import Format, slices
from pipelines.tables.parquet import published
from pipelines.tables.table import Table


def write(table: Table, path: Path) -> None:
    """Write the table as Parquet, one row group a slice."""
    if table.parquet is not None:
        shutil.copyfile(table.parquet, path)
        return
    with published(table.schema, path) as add:
        for rows in slices(table):
            add(rows)


FORMAT = Format("parquet", "Parquet", "application/vnd.apache.parquet", write, packed=True)
