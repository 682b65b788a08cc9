"""Changes as the frame that `changes.csv` is."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from pipelines.versions.difference import COLUMNS, Changes


def lines_of(changes: Iterable[Changes]) -> pl.DataFrame:
    """All lines of all tables in one frame."""
    none = pl.DataFrame(schema=dict.fromkeys(COLUMNS, pl.String()))
    return pl.concat([none, *(lines for each in changes for lines in each.lines())])
