"""The rows of a table: as a version's CSV file has them, and as CKAN's DataStore gives them to whoever asks.

Both as text in one form, so that equal values are equal texts; null is a missing value. What differs, and how it is put
right, is in `tables.py`.
"""

from __future__ import annotations

import csv
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from pipelines.portals.ckan.api import REPEATS, Api, Refused, Unsure, jitter
from pipelines.portals.ckan.columns import Column, canonical, key_of

if TYPE_CHECKING:
    import polars as pl


NTH = "_nth"  # no published column begins like this
FIRST = 5_000  # rows that are asked for with what the table is
PAGE = 32_000  # rows that CKAN gives at once, unless the portal is set to fewer


@dataclass(frozen=True)
class Held:
    """A table as it stands in the DataStore. `rows`: `_id` (whole numbers), then a text column for each column."""

    columns: tuple[Column, ...]
    rows: pl.DataFrame

    @property
    def key(self) -> tuple[str, ...]:
        """The columns whose values stand together only once."""
        return key_of(self.columns)

    @property
    def emptied(self) -> tuple[Column, ...]:
        """Columns without a word in the dictionary and without a value: what is left of those that cannot go."""
        return tuple(c for c in self.columns if not c.info and self.rows[c.name].null_count() == self.rows.height)


def rows_of(path: Path, columns: Sequence[Column]) -> pl.DataFrame:
    """The rows of a version's CSV file. A column that the file lacks (an older version's) is all missing values."""
    import polars as pl

    frame = pl.read_csv(path, infer_schema=False)
    return frame.select(
        canonical(frame[c.name].replace("", None), c.type)
        if c.name in frame.columns
        else pl.lit(None, dtype=pl.String).alias(c.name)
        for c in columns
    )


def numbered(rows: pl.DataFrame, by: Sequence[str]) -> pl.DataFrame:
    """`rows` with a column `NTH`: how many rows with the same values in `by` stand before. All 0 where none repeats."""
    import polars as pl

    nth = pl.int_range(pl.len()).over(by) if rows.select(by).n_unique() < rows.height else pl.lit(0, dtype=pl.Int64)
    return rows.with_columns(nth.alias(NTH))


def read_table(api: Api, resource_id: str, *, hidden: bool = False) -> Held | None:
    """The table as a stranger reads it, or None where there is none. A reading that broke off is begun again.

    One question for a small table. `hidden`: the dataset is private; read with the token. Raises Refused, Unsure.
    """
    ask = api.ask if hidden else api.ask_as_stranger
    try:
        for repeat in range(1, REPEATS + 1):
            first = _page(ask, resource_id, 0, FIRST)
            fields: list[dict[str, Any]] = [field for field in first["fields"] if not field["id"].startswith("_")]
            columns = tuple(Column(field["id"], field["type"], field.get("info") or {}) for field in fields)
            count: int = first["total"]
            # A dump of CSV leaves a transaction open on the portal until that worker's next request.
            paged = hidden or count <= PAGE
            pieces = _pages(ask, resource_id, columns, first) if paged else _dump(api, resource_id)
            try:
                return Held(columns, _rows(pieces, columns, count))
            except Unsure:
                if repeat == REPEATS:
                    raise
            time.sleep(jitter(repeat))
    except Refused as error:
        if error.kind != "missing":
            raise
    return None


def _rows(pieces: Iterator[bytes], columns: Sequence[Column], count: int) -> pl.DataFrame:
    """The rows of a table that has `count` of them. Raises Unsure: it broke off, or changed while it was read."""
    with tempfile.TemporaryFile() as file:
        file.writelines(pieces)
        rows = _parsed(file, columns)
    if rows is None or rows.height != count:
        raise Unsure("datastore_dump", f"half a table, or another one: {count} rows were announced")
    return rows


def _dump(api: Api, resource_id: str) -> Iterator[bytes]:
    """The table as CSV, as everybody can download it."""
    with api.dump(resource_id, format="csv") as pieces:
        yield from pieces


def _page(ask: Callable[..., Any], resource_id: str, start: int, rows: int) -> dict[str, Any]:
    about = {"resource_id": resource_id, "records_format": "csv", "sort": "_id asc", "include_total": not start}
    return ask("datastore_search", **about, limit=rows, offset=start)


def _pages(
    ask: Callable[..., Any], resource_id: str, columns: Sequence[Column], page: dict[str, Any]
) -> Iterator[bytes]:
    """The same from its first page on. The portal counts its way to each: a large table's last ones come slowly."""
    yield "".join(['"_id"', *(f',"{column.name}"' for column in columns), "\n"]).encode()
    count: int = page["total"]
    start = 0
    while True:
        yield page["records"].encode()
        start += page["limit"]  # what the portal's own limit made of ours
        if start >= count:
            return
        page = _page(ask, resource_id, start, PAGE)


def _parsed(file: BinaryIO, columns: Sequence[Column]) -> pl.DataFrame | None:
    """A dump's rows; None where it is no dump of these columns. An empty text is quoted there, a missing value not."""
    import polars as pl

    file.seek(0)
    heading = file.readline().decode(errors="replace")
    names = ["_id", *(column.name for column in columns)]
    if next(csv.reader([heading]), None) != names:
        return None
    try:
        frame = pl.read_csv(file, has_header=False, new_columns=names, schema=dict.fromkeys(names, pl.String))
        numbered = frame["_id"].cast(pl.Int64)
    except pl.exceptions.NoDataError:
        return pl.DataFrame(schema={"_id": pl.Int64, **{column.name: pl.String for column in columns}})
    except pl.exceptions.PolarsError:
        return None
    return frame.select(numbered, *(canonical(frame[column.name], column.type) for column in columns))
