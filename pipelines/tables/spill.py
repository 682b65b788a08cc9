"""Rows of a table as they come in: kept in memory while they are few, written to temporary files once they are many.

How they are read again is in `held.py`. The files are in a folder of their own, which goes with the table.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import polars as pl

from pipelines.declaration.model import Schema
from pipelines.memory import much_follows
from pipelines.tables.ahead import aside
from pipelines.tables.held import Held, InMemory, OnDisk

MEMORY = 150_000_000  # bytes of values and texts up to which a table stays in memory


class Gathering:
    """Takes the rows of a table, part by part. Used as a context: what was written is gone if it ends in an error."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._parts: list[tuple[pl.DataFrame, pl.DataFrame]] = []
        self._types: tuple[pl.Schema, pl.Schema] | None = None
        self._size = self._height = 0
        self._files = ExitStack()
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._write: Callable[[tuple[pl.DataFrame, pl.DataFrame]], None] | None = None

    def __enter__(self) -> Gathering:
        return self

    def __exit__(self, *error: object) -> None:
        self._files.close()
        self._write = None  # a circle: it would keep the folder longer than the table
        if error[0] is not None and self._folder is not None:
            self._folder.cleanup()

    def add(self, values: pl.DataFrame, texts: pl.DataFrame) -> None:
        """The next rows: typed, and as text."""
        if self._types is None:
            others = [field.name for field in self._schema.fields if field.type != "string"] or texts.columns[:1]
            self._types = values.schema, texts.select(others).schema
        self._height += values.height
        self._parts.append((values, texts))
        if self._folder is None:
            self._size += int(values.estimated_size() + texts.estimated_size())
            if self._size <= MEMORY:
                return
            self._open()
        assert self._write is not None  # noqa: S101 - just opened, or before
        for part in self._parts:
            self._write(part)
        self._parts = []

    def done(self) -> tuple[Held, Held]:
        """The values and the texts. There was at least one part."""
        assert self._types is not None  # noqa: S101 - the first part says which columns there are
        if self._folder is None:
            values, texts = (pl.concat(frames) for frames in zip(*self._parts, strict=True))
            return InMemory(values), InMemory(texts)
        self._files.close()
        paths = _paths(self._folder)
        found = zip(paths, self._types, strict=True)
        values, texts = (OnDisk(path, types, self._height, self._folder) for path, types in found)
        return values, texts

    def _open(self) -> None:
        from pipelines.tables import parquet  # only large tables need it here

        much_follows()
        self._folder = tempfile.TemporaryDirectory(prefix="publica-")
        values, texts = _paths(self._folder)
        assert self._types is not None  # noqa: S101 - the first part was added
        self._add_values = self._files.enter_context(parquet.published(self._schema, values))
        self._add_texts = self._files.enter_context(parquet.texts(self._types[1].names(), texts))
        self._write = self._files.enter_context(aside(self._write_now))

    def _write_now(self, part: tuple[pl.DataFrame, pl.DataFrame]) -> None:
        values, texts = part
        assert self._types is not None  # noqa: S101 - the first part was added
        self._add_values(values)
        self._add_texts(texts.select(self._types[1].names()))


def _paths(folder: tempfile.TemporaryDirectory[str]) -> tuple[Path, Path]:
    return Path(folder.name) / "values.parquet", Path(folder.name) / "texts.parquet"
