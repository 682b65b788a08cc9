"""A table in CKAN's DataStore becomes the table it is to be: what differs, and the few calls that put it right.

Each call is one transaction: killed, it leaves nothing. So whoever writes reads the table again and begins anew until
there is no change; that last reading is the proof. Columns are in `columns.py`, reading is in `rows.py`; what people
changed by hand is found in `by_hand.py`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pipelines.files import sha256
from pipelines.portals.ckan.api import Api, Refused, Unsure
from pipelines.portals.ckan.by_hand import foreign_rows
from pipelines.portals.ckan.columns import Column, canonical, serves, without_key
from pipelines.portals.ckan.rows import NTH, Held, numbered, rows_of
from pipelines.portals.receipt import PlannedWrite

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Change", "TableSpec", "change", "foreign_rows", "write"]

AT_ONCE = (50_000, 12_000_000)  # rows, bytes of a new table that is made in one call, so that nobody sees half of it
BATCH = (5_000, 4_000_000)  # rows, bytes of any other call: a second or two of the portal's time
# What PostgreSQL says when somebody else was quicker, or when the table is no longer as it was read.
_OVERTAKEN = re.compile(r"pg_class|pg_type|already exists|duplicate key value|key \".*\" not found|wrong order")
_SLOW = re.compile(r"took too long")

Method = Literal["insert", "update"]


@dataclass(frozen=True)
class TableSpec:
    """A table as it is to stand in the DataStore under the resource's `id`. `csv`: its rows, as published."""

    id: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    csv: Path

    @cached_property
    def rows(self) -> pl.DataFrame:
        """Its rows as `rows_of` gives them, read once."""
        return rows_of(self.csv, self.columns)


@dataclass(frozen=True)
class Change:
    """What makes a held table the wanted one.

    `create`: there is no such table; `replace`: there is one that cannot become it and goes first. `columns`: columns,
    dictionary or key differ, or the portal does not know that the table is there; `rekey`: the key does. `drop`: what
    goes of the columns; `layout`: the others in the order in which they stand there (2.10 wants to be told in that
    order), those that should go and cannot without words. `insert` and `update`: rows, the latter with their `_id`;
    `delete`: the `_id`s of rows.
    """

    insert: pl.DataFrame
    update: pl.DataFrame
    delete: list[int] = field(default_factory=list[int])
    create: bool = False
    replace: bool = False
    columns: bool = False
    rekey: bool = False
    drop: tuple[str, ...] = ()
    layout: tuple[Column, ...] = ()

    @property
    def empty(self) -> bool:
        """True where the table is the wanted one."""
        return not (self.create or self.columns or self.rows)

    @property
    def rows(self) -> int:
        """How many rows are written or deleted."""
        return self.insert.height + self.update.height + len(self.delete)

    def writes(self, spec: TableSpec) -> list[PlannedWrite]:
        """Every call that `write` makes, with the bytes of its body, and their hash."""
        planned: list[PlannedWrite] = []
        for action, payload, count in _calls(spec, self):
            body = json.dumps(payload).encode()
            verb = "remove" if action == "datastore_delete" else "create" if self.create else "replace"
            planned.append(PlannedWrite(verb, f"datastore/{spec.id}", len(body), sha256(body), f"{count}"))
        return planned


def change(
    held: Held | None, spec: TableSpec, wanted: pl.DataFrame, *, droppable: bool = True, active: bool = True
) -> Change:
    """What makes `held` the table of `spec` with the rows `wanted` (as `rows_of` gives them).

    Rows are told apart by the key, and by all values where there is none: then a changed row is one that goes and one
    that comes. `droppable`: the portal can drop columns (2.11 and later); where it cannot, they stay and are emptied.
    `active`: the portal knows that the resource has a table.
    """
    nothing = wanted.clear()
    if held is None:
        return Change(wanted, nothing, create=True)
    there = {column.name: column for column in held.columns}
    if any(c.name in there and not serves(there[c.name].type, c, wanted[c.name]) for c in spec.columns):
        return Change(wanted, nothing, create=True, replace=True)
    wanted = wanted.with_columns(
        canonical(wanted[name], c.type) for name, c in there.items() if name in wanted.columns and c.type == "timestamp"
    )
    drop = tuple(name for name in there if name not in wanted.columns) if droppable else ()
    told = {column.name: column.info for column in spec.columns}
    stay = tuple(Column(c.name, c.type, told.get(c.name, {})) for c in held.columns if c.name not in drop)
    layout = (*stay, *(column for column in spec.columns if column.name not in there))
    rekey = sorted(held.key) != sorted(spec.key)
    return Change(
        *_differences(_laid_out(held.rows.drop(drop), layout), _laid_out(wanted, layout), spec.key),
        columns=rekey or not active or layout != held.columns,
        rekey=rekey,
        drop=drop,
        layout=layout,
    )


def _laid_out(rows: pl.DataFrame, layout: Iterable[Column]) -> pl.DataFrame:
    """`rows` with those columns, too, that they lack: without values."""
    import polars as pl

    return rows.with_columns(pl.lit(None, pl.String).alias(c.name) for c in layout if c.name not in rows.columns)


def _differences(
    rows: pl.DataFrame, wanted: pl.DataFrame, key: tuple[str, ...]
) -> tuple[pl.DataFrame, pl.DataFrame, list[int]]:
    """(rows to insert, rows to update with their `_id`, `_id`s to delete) that make `rows` the `wanted` ones."""
    import polars as pl

    if rows.height == wanted.height and rows.select(wanted.columns).equals(wanted):
        return wanted.clear(), wanted.clear(), []
    match = list(key or wanted.columns)
    rest = [name for name in wanted.columns if name not in match]
    here, ours, on = numbered(rows, match), numbered(wanted, match), [*match, NTH]
    insert = ours.join(here, on=on, how="anti", nulls_equal=True, maintain_order="left").drop(NTH)
    delete = here.join(ours, on=on, how="anti", nulls_equal=True)["_id"].to_list()
    update = wanted.clear()
    if rest:
        both = ours.join(here, on=on, nulls_equal=True, suffix="_ there", maintain_order="left")
        differs = pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"{name}_ there")) for name in rest)
        update = both.filter(differs).select("_id", *wanted.columns)
    return insert, update, delete


def write(api: Api, spec: TableSpec, change: Change) -> None:
    """Make the calls of a change, in order. Raises Refused; Unsure also where the table is no longer as it was read."""
    for action, payload, _ in _calls(spec, change):
        try:
            api.tell(action, payload)
        except Refused as error:
            text = str(error.detail)
            if error.kind == "missing" and action == "datastore_delete" and "filters" not in payload:
                continue  # a table that was to go is gone
            if error.kind == "invalid" and (_OVERTAKEN.search(text) or _SLOW.search(text)):
                raise Unsure(action, text) from None
            raise


def _calls(spec: TableSpec, change: Change) -> Iterator[tuple[str, dict[str, Any], int]]:
    """(action, payload, rows) of each call. The table is never without rows in between: rows come before rows go."""
    about = {"resource_id": spec.id, "force": True}
    uncounted = {**about, "calculate_record_count": False}  # counting needs the portal's queue, which may be down
    columns = change.layout or spec.columns
    whole = {**uncounted, **_defined(columns, spec.key)}
    insert = change.insert
    later = change.rekey and bool(spec.key and change.rows)  # another key may not fit the rows yet
    if change.replace:
        yield "datastore_delete", uncounted, 0
    if change.create:
        first = next(_batches(insert, *AT_ONCE), insert)
        first = first if first.height == insert.height else insert.clear()
        yield "datastore_create", {**whole, "records": first.to_dicts()}, first.height
        insert = insert[first.height :]
    elif change.columns:
        gone = {"delete_fields": True} if change.drop else {}
        keyless = {**uncounted, **_defined(without_key(columns), ())}
        yield "datastore_create", {**(keyless if later else whole), **gone}, 0
    for method, frame in (("update", change.update), ("insert", insert)):
        for batch in _batches(frame, *BATCH):
            yield "datastore_upsert", {**uncounted, "method": method, "records": batch.to_dicts()}, batch.height
    for start in range(0, len(change.delete), BATCH[0]):
        ids = change.delete[start : start + BATCH[0]]
        yield "datastore_delete", {**uncounted, "filters": {"_id": ids}}, len(ids)
    if later:
        yield "datastore_create", whole, 0


def _defined(columns: Sequence[Column], key: Sequence[str]) -> dict[str, Any]:
    fields = [{"id": column.name, "type": column.type, "info": column.info} for column in columns]
    return {"fields": fields, "primary_key": list(key)}


def _batches(rows: pl.DataFrame, most: int, bytes_most: int) -> Iterator[pl.DataFrame]:
    """`rows` in pieces of at most so many rows and, unless a single row is longer, about so many bytes."""
    import polars as pl

    names = sum(len(name) + 8 for name in rows.columns)
    texts = [pl.col(name).str.len_bytes().fill_null(4) for name, kind in rows.schema.items() if kind == pl.String]
    ends = rows.select(pl.sum_horizontal(pl.lit(names), *texts).cum_sum()).to_series()
    start = 0
    while start < rows.height:
        before = ends[start - 1] if start else 0
        fits = int(ends.search_sorted(before + bytes_most, side="right"))
        end = min(max(fits, start + 1), start + most, rows.height)
        yield rows[start:end]
        start = end
