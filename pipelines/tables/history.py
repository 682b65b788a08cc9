"""What a new source means for the rows that were published before: `snapshot`, `append` or `upsert` by primary key.

How much of the past may be lost or revised is a check, in `checks/change.py`.
"""

from __future__ import annotations

import polars as pl

from pipelines.declaration.model import Resource
from pipelines.errors import UserError
from pipelines.findings import Finding
from pipelines.tables.held import Held, held
from pipelines.tables.table import Table
from pipelines.text import mask

MAX_SHOWN = 20


def keep_history(resource: Resource, table: Table, previous: pl.DataFrame | Held | None) -> Table:
    """`table` with the rows of `previous` that its declaration says stay, in front.

    With `append`, a row of the new source whose key was published with other values raises UserError. Fields that are
    new are empty in the rows kept, fields that are gone leave them; where a field has another type, or the key is new,
    nothing can be kept, and the check of lost rows says so.
    """
    key = table.schema.primary_key
    if resource.publica.history == "snapshot" or previous is None:
        return table
    previous = _in_shape(held(previous).whole(), table.frame.schema, key)
    if previous is None:
        return table
    old_keys = previous.select(key).with_columns(_old=pl.lit(value=True))
    known = table.frame.select(key).join(old_keys, on=key, how="left", nulls_equal=True, maintain_order="left")
    is_known = known["_old"].fill_null(value=False)
    if resource.publica.history == "append":
        _refuse_changes(table, previous, key, is_known)
        kept, fresh = previous, is_known.not_()
    else:
        kept = previous.join(table.frame.select(key), on=key, how="anti", nulls_equal=True, maintain_order="left")
        fresh = pl.repeat(value=True, n=table.frame.height, eager=True, dtype=pl.Boolean)
    rows = fresh.arg_true().cast(pl.Int64)
    return Table(
        table.name,
        table.schema,
        pl.concat([kept, table.frame.filter(fresh)]),
        pl.concat([as_texts(kept), table.texts.filter(fresh)]),
        table.raw,
        pl.concat([pl.Series([None], dtype=pl.Int64).new_from_index(0, kept.height), rows]),
        table.columns,
    )


def _in_shape(previous: pl.DataFrame, schema: pl.Schema, key: list[str]) -> pl.DataFrame | None:
    """`previous` with the columns of `schema`, or None where its values are not of those types."""
    if not set(key) <= set(previous.columns) or any(previous.schema.get(n, t) != t for n, t in schema.items()):
        return None
    return previous.select(
        pl.col(name) if name in previous.columns else pl.lit(None, dtype).alias(name) for name, dtype in schema.items()
    )


def as_texts(frame: pl.DataFrame) -> pl.DataFrame:
    """The canonical text of every cell of a typed frame."""
    return frame.select(
        pl.col(name).dt.to_string("%Y-%m-%dT%H:%M:%S%.fZ") if dtype == pl.Datetime else pl.col(name).cast(pl.String)
        for name, dtype in frame.schema.items()
    )


def _refuse_changes(table: Table, previous: pl.DataFrame, key: list[str], is_known: pl.Series) -> None:
    again = table.frame.with_row_index("_row").filter(is_known)
    same = again.join(previous, on=table.frame.columns, how="semi", nulls_equal=True)
    changed = again.join(same, on="_row", how="anti").head(MAX_SHOWN)
    findings = [
        Finding(
            "append-changes",
            params={"key": mask(", ".join(str(row[name]) for name in key))},
            resource=table.name,
            row=row["_row"] + 1,
            place=table.place(row["_row"], key[0]),
        )
        for row in changed.iter_rows(named=True)
    ]
    if findings:
        raise UserError(findings)
