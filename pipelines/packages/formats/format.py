"""What a published file format is, and what every format writes from: one typed table, in slices.

Each format is one file beside this one, `as_<name>.py` with a `FORMAT`; adding one touches that file alone. The files
are written in `files.py`; which of them a package holds is decided in `package.py`.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import polars as pl

from pipelines.declaration.model import Schema
from pipelines.findings import Finding, Severity
from pipelines.tables.held import SLICE
from pipelines.tables.table import Table

LARGEST_EXACT = 2**53  # integers up to here are exact where all numbers are floats: spreadsheets, JavaScript


@dataclass(frozen=True)
class Unfit:
    """Cells of `field` that a format cannot hold: where `wrong` is true, which is only where `possible` is."""

    code: str
    field: str
    wrong: pl.Expr
    severity: Severity = Severity.BLOCK
    nearly: pl.Expr | None = None

    @property
    def possible(self) -> pl.Expr:
        """What is looked at first: quick to compute, and true wherever `wrong` is."""
        return self.wrong if self.nearly is None else self.nearly


@dataclass(frozen=True)
class Lines:
    """How a file of text is made, of some rows at a time (never none): what stands before all rows, between some and
    the next, after them; and what stands there although there is no row."""

    opening: Callable[[Table], bytes]
    rows: Callable[[pl.DataFrame], bytes | memoryview]
    first: bytes = b""
    between: bytes = b""
    last: bytes = b""
    closing: bytes = b""


@dataclass(frozen=True)
class Format:
    """A file format. `write` makes the file, or says how it is made of text; `limits` and `unfit` find, before, what
    it could not hold of a table as a whole and of its cells. `descriptor`: what a Data Package says of such a file
    beside path, hash and size; `packed`: packing it again gains nothing."""

    name: str
    title: str
    mediatype: str
    write: Callable[[Table, Path], None] | Lines
    limits: Callable[[Table], list[Finding]] = lambda table: []
    unfit: Callable[[Schema], Iterable[Unfit]] = lambda schema: ()
    descriptor: Mapping[str, Any] = field(default_factory=dict[str, Any])
    packed: bool = False


def formats(names: Iterable[str]) -> list[Format]:
    """The formats called `names`, in that order. What they need is imported only now."""
    return [cast(Format, importlib.import_module(f"{__package__}.as_{name}").FORMAT) for name in names]


def slices(table: Table) -> Iterator[pl.DataFrame]:
    """The rows of a table in the schema's columns, `SLICE` at a time; -0.0 is 0.0, since the content hash says so."""
    columns = [_not_minus_zero(f.name) if f.type == "number" else pl.col(f.name) for f in table.schema.fields]
    for part in table.values.parts():
        for rows in part.iter_slices(SLICE):
            yield rows.select(columns)


def _not_minus_zero(name: str) -> pl.Expr:
    return pl.when(pl.col(name) == 0.0).then(0.0).otherwise(name).alias(name)  # polars adds no 0.0 to anything


def with_text_datetimes(rows: pl.DataFrame) -> pl.DataFrame:
    """Date-times as ISO text in UTC, `2020-01-31T12:00:00Z`, with a fraction of a second only where there is one."""
    return rows.with_columns(pl.col(pl.Datetime("us")).dt.to_string("%Y-%m-%dT%H:%M:%S%.fZ"))


def unfit(table: Table, cells: Iterable[Unfit]) -> list[Finding]:
    """A finding for each kind of cell that a format cannot hold: the first of them, and how many there are.

    Whether there are any is asked of all kinds at once.
    """
    kinds = list(cells)
    if not kinds:
        return []
    there = table.values.select(
        *(kind.possible.fill_null(False).any().alias(str(index)) for index, kind in enumerate(kinds))
    ).row(0)
    return [finding for kind, any_ in zip(kinds, there, strict=True) if any_ for finding in _found(table, kind)]


def _found(table: Table, kind: Unfit) -> Iterator[Finding]:
    rows = table.values.select(kind.wrong.fill_null(False).arg_true()).to_series()
    if rows.is_empty():
        return
    first, field = int(rows[0]), kind.field
    params = {"field": field, "count": len(rows)}
    place = table.place(first, field)
    yield Finding(kind.code, kind.severity, params, resource=table.name, field=field, row=first + 1, place=place)
