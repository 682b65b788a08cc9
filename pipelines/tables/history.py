"""What a new source means for the rows that were published before: `snapshot`, `append` or `upsert` by primary key.

How much of the past may be lost or revised is a check, in `checks/change.py`.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from pipelines.declaration.model import Resource
from pipelines.errors import UserError
from pipelines.findings import Finding
from pipelines.tables.alike import ROW, buckets
from pipelines.tables.held import Held, held
from pipelines.tables.spill import Gathering
from pipelines.tables.table import Table
from pipelines.text import mask

MAX_SHOWN = 20


def keep_history(resource: Resource, table: Table, previous: pl.DataFrame | Held | None) -> Table:
    """`table` with the rows of `previous` that its declaration says stay, in front.

    With `append`, a row of the new source whose key was published with other values raises UserError. Fields that are
    new are empty in the rows kept, fields that are gone leave them; where a field has another type, or the key is new,
    nothing can be kept, and the check of lost rows says so.
    """
    if resource.publica.history == "snapshot" or previous is None:
        return table
    before, key, types = held(previous), table.schema.primary_key, table.values.schema
    if not set(key) <= set(before.schema) or any(
        before.schema.get(name, dtype) != dtype for name, dtype in types.items()
    ):
        return table
    again, stay = _met(table.values, before, key)
    fresh, kept = _all(table.values), _all(before)
    if resource.publica.history == "append":
        _refuse_changes(table, before, key, again)
        fresh = ~again
    else:
        kept = stay
    with Gathering(table.schema) as gathering:
        for rows in _chosen(before.parts(), kept):
            shaped = _in_shape(rows, types)
            gathering.add(shaped, as_texts(shaped))
        for part in table.parts():
            chosen = fresh[part.start : part.start + part.height]
            gathering.add(part.frame.filter(chosen), part.texts.filter(chosen))
        values, texts = gathering.done()
    numbers = fresh.arg_true().cast(pl.Int64)
    origin = pl.concat([pl.Series([None], dtype=pl.Int64).new_from_index(0, int(kept.sum())), numbers])
    return Table(table.name, table.schema, values, texts, table.raw, origin, table.columns)


def _met(now: Held, before: Held, key: list[str]) -> tuple[pl.Series, pl.Series]:
    """Which rows of `now` have a key that `before` has, and which of `before` one that `now` has not."""
    again, stay = ~_all(now), ~_all(before)
    for new, old in buckets([now, before], [key, key]):
        again[new.join(old, on=key, how="semi", nulls_equal=True)[ROW]] = True
        stay[old.join(new, on=key, how="anti", nulls_equal=True)[ROW]] = True
    return again, stay


def _all(rows: Held) -> pl.Series:
    return pl.repeat(value=True, n=rows.height, eager=True, dtype=pl.Boolean)


def _chosen(parts: Iterator[pl.DataFrame], rows: pl.Series) -> Iterator[pl.DataFrame]:
    """Of the parts of a table, the rows that are chosen."""
    start = 0
    for part in parts:
        yield part.filter(rows[start : start + part.height])
        start += part.height


def _in_shape(rows: pl.DataFrame, types: pl.Schema) -> pl.DataFrame:
    """Published rows with the columns of today, those empty that are new."""
    return rows.select(
        pl.col(name) if name in rows.columns else pl.lit(None, dtype).alias(name) for name, dtype in types.items()
    )


def as_texts(frame: pl.DataFrame) -> pl.DataFrame:
    """The canonical text of every cell of a typed frame."""
    return frame.select(
        pl.col(name).dt.to_string("%Y-%m-%dT%H:%M:%S%.fZ") if dtype == pl.Datetime else pl.col(name).cast(pl.String)
        for name, dtype in frame.schema.items()
    )


def _refuse_changes(table: Table, before: Held, key: list[str], again: pl.Series) -> None:
    """Rows published before that say something else now. `again`: which rows of the table were published before."""
    if not again.any():
        return
    names, found = table.values.schema.names(), list[pl.DataFrame]()
    shared = [name for name in names if name in before.schema]
    for now, old in buckets([table.values, before], [key, key], [names, shared]):
        same = now.join(_in_shape(old, table.values.schema), on=names, how="semi", nulls_equal=True)
        changed = now.filter(again.gather(now[ROW])).join(same, on=ROW, how="anti")
        found.append(changed.sort(ROW).head(MAX_SHOWN))
    findings = [
        Finding(
            "append-changes",
            params={"key": mask(", ".join(str(row[name]) for name in key))},
            resource=table.name,
            row=row[ROW] + 1,
            place=table.place(row[ROW], key[0]),
        )
        for row in pl.concat(found).sort(ROW).head(MAX_SHOWN).iter_rows(named=True)
    ]
    if findings:
        raise UserError(findings)
