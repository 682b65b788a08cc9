"""Writes a table in several formats: read once for all those that are text, which are hashed while they are written.

What a file says is each format's, in the modules beside this one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import IO

import polars as pl

from pipelines.files import sha256_file
from pipelines.packages.formats.format import Format, Lines, slices
from pipelines.tables.ahead import in_order
from pipelines.tables.table import Table


def write_files(table: Table, wanted: Mapping[Path, Format]) -> dict[Path, str]:
    """Write the table to each path in its format; returns their hex SHA-256. A large table keeps two cores busy."""
    texts = {path: kind.write for path, kind in wanted.items() if isinstance(kind.write, Lines)}
    whole = [
        partial(_write_whole, kind, table, path) for path, kind in wanted.items() if not isinstance(kind.write, Lines)
    ]
    jobs = [partial(_write_texts, texts, table), *whole]
    done: Iterable[dict[Path, str]] = in_order(lambda job: job(), jobs) if table.parquet else (job() for job in jobs)
    return {path: digest for each in done for path, digest in each.items()}


def _write_whole(kind: Format, table: Table, path: Path) -> dict[Path, str]:
    assert not isinstance(kind.write, Lines)  # noqa: S101 - chosen by the caller
    kind.write(table, path)
    return {path: sha256_file(path)}


class _Hashed:
    """A file that knows the hash of what was written to it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self.digest = file, hashlib.sha256()

    def write(self, data: bytes | memoryview) -> None:
        self._file.write(data)
        self.digest.update(data)


def _write_texts(texts: Mapping[Path, Lines], table: Table) -> dict[Path, str]:
    def encoded(rows: pl.DataFrame) -> list[bytes | memoryview]:
        return [lines.rows(rows) for lines in texts.values()]

    with ExitStack() as opened:
        files = {path: _Hashed(opened.enter_context(path.open("wb"))) for path in texts}
        before = [lines.first for lines in texts.values()]
        for file, lines in zip(files.values(), texts.values(), strict=True):
            file.write(lines.opening(table))
        none = True
        for pieces in in_order(encoded, (rows for rows in slices(table) if rows.height)) if texts else ():
            for file, gap, piece in zip(files.values(), before, pieces, strict=True):
                file.write(gap)
                file.write(piece)
            none, before = False, [lines.between for lines in texts.values()]
        for file, lines in zip(files.values(), texts.values(), strict=True):
            file.write(lines.closing if none else lines.last + lines.closing)
    return {path: file.digest.hexdigest() for path, file in files.items()}
