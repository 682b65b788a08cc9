"""What spans the rows of a table, or tables: unique fields, primary keys, unique keys, foreign keys.

The codes `unique-error`, `primary-key` and `foreign-key`, what they are given for and their notes are those of
frictionless, which compares typed values; `unique-key` and `primary-key-empty` are ours. Single cells are judged in
`schema.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache

import polars as pl

from pipelines.checks.words import MOST_FINDINGS, in_words, sample
from pipelines.declaration.model import ForeignKey
from pipelines.findings import Finding
from pipelines.tables.alike import ROW, buckets, comparable, repeated
from pipelines.tables.held import Held
from pipelines.tables.table import Table

EARLIER = "#earlier"  # no field is called so
_NUMBERS = ("integer", "number", "year")


def key_findings(table: Table, tables: Mapping[str, Table], withheld: Collection[str]) -> Iterator[Finding]:
    """Every breach of a key, rows ascending within each key; of each key one more than is ever shown.

    `tables`: all tables of the package by name. A foreign key to one that is not there raises KeyError.
    """
    twice = cache(lambda *names: repeated(table.values, names))  # a primary key is often unique once more
    for field in table.schema.fields:
        if field.constraints.unique and twice(field.name):
            for row, earlier in _repeats(table, [field.name], nulls_count=False):
                params: dict[str, str | int] = {"other": earlier + 1, "note": _note(earlier)}
                yield _finding("unique-error", table, row, [field.name], withheld, params)
    if table.schema.primary_key:
        again = twice(*table.schema.primary_key)
        yield from _primary_key(table, table.schema.primary_key, withheld, again=again)
    for names in table.schema.unique_keys:
        if not twice(*names):
            continue
        for row, earlier in _repeats(table, names, nulls_count=False):
            yield _finding("unique-key", table, row, names, withheld, {"other": earlier + 1})
    for key in table.schema.foreign_keys:
        yield from _foreign_key(table, key, tables, withheld)


def _finding(
    code: str, table: Table, row: int, names: Sequence[str], withheld: Collection[str], params: Mapping[str, str | int]
) -> Finding:
    values = [table.text(row, name) for name in names]
    shown = sample(", ".join("" if value is None else value for value in values), names, withheld)
    fields = ", ".join(names)
    return Finding(
        code,
        params={"sample": shown, "fields": fields, **params},
        resource=table.name,
        field=fields,
        row=row + 1,
        place=table.place(row, names[0]),
    )


def _note(earlier: int) -> str:
    return f"the same as in the row at position {earlier + 2}"  # frictionless counts the heading as row 1


def _repeats(table: Table, names: Sequence[str], *, nulls_count: bool) -> list[tuple[int, int]]:
    """The rows whose values stood in an earlier row, each with the last such row (both from 0).

    Without `nulls_count` a row with an empty cell repeats nothing; with it, only a wholly empty one does not.
    """
    found: list[tuple[int, int]] = []
    for (rows,) in buckets([table.values], [names]):
        empty = [pl.col(name).is_null() for name in names]
        rows = rows.filter(~(pl.all_horizontal(empty) if nulls_count else pl.any_horizontal(empty)))
        key = pl.col(names[0]) if len(names) == 1 else pl.struct(names)
        again = rows.filter(key.is_duplicated()).with_columns(pl.col(ROW).shift(1).over(names).alias(EARLIER))
        found += again.filter(pl.col(EARLIER).is_not_null()).select(ROW, EARLIER).head(MOST_FINDINGS + 1).rows()
    return sorted(found)[: MOST_FINDINGS + 1]


def _primary_key(table: Table, names: Sequence[str], withheld: Collection[str], *, again: bool) -> Iterator[Finding]:
    no_value = pl.all_horizontal(pl.col(name).is_null() for name in names)
    empty = set(_first_rows(table.values, names, no_value))
    for row in sorted(empty):
        words = in_words("primary-key-all-empty", {"fields": ", ".join(names)})
        note = 'cells composing the primary keys are all "None"'
        yield _finding("primary-key", table, row, names, withheld, {**words, "note": note})
    for row, earlier in _repeats(table, names, nulls_count=True) if again else ():
        value = ", ".join(table.text(row, name) or "" for name in names)
        shown = sample(value, names, withheld)
        words = in_words("primary-key-again", {"sample": shown, "fields": ", ".join(names), "other": earlier + 1})
        yield _finding("primary-key", table, row, names, withheld, {**words, "note": _note(earlier)})
    for name in names:
        texts = table.printed if name in table.printed.schema else table.values
        for row in _first_rows(texts, [name], pl.col(name).is_null()):
            if row not in empty:
                yield _finding("primary-key-empty", table, row, [name], withheld, {"key": ", ".join(names)})


def _first_rows(rows: Held, names: Sequence[str], wanted: pl.Expr) -> list[int]:
    """The first rows (from 0) for which something is true that is told by these columns."""
    found: list[int] = []
    start = 0
    for part in rows.parts(names):
        here = part.select(wanted.alias(ROW))[ROW].arg_true().head(MOST_FINDINGS + 1 - len(found))
        found += (here + start).to_list()
        start += part.height
    return found


def _foreign_key(
    table: Table, key: ForeignKey, tables: Mapping[str, Table], withheld: Collection[str]
) -> Iterator[Finding]:
    other = tables[key.reference.resource] if key.reference.resource else table
    named = ", ".join(key.reference.fields)
    lookup = key.reference.resource
    for row in _strangers(table, key, other):
        values = [table.text(row, name) for name in key.fields]
        shown = sample(", ".join(str(value) for value in values), key.fields, withheld)
        note = f'for "{", ".join(key.fields)}": values "{shown}" not found in the lookup table "{lookup}" as "{named}"'
        params = {"reference": other.name, "named": named, "note": note}
        yield _finding("foreign-key", table, row, key.fields, withheld, params)


def _strangers(table: Table, key: ForeignKey, other: Table) -> list[int]:
    """The rows (from 0) whose key does not stand in the other table. An empty part is a value like any other."""
    kinds = {field.name: field.type for field in table.schema.fields}
    other_kinds = {field.name: field.type for field in other.schema.fields}
    empty = pl.all_horizontal(pl.col(name).is_null() for name in key.fields)
    pairs = [(kinds[ours], other_kinds[theirs]) for ours, theirs in zip(key.fields, key.reference.fields, strict=True)]
    if any(ours != theirs and not (ours in _NUMBERS and theirs in _NUMBERS) for ours, theirs in pairs):
        return _first_rows(table.values, key.fields, ~empty)  # values of two kinds are never the same
    missing: list[int] = []
    for own, theirs in buckets([table.values, other.values], [key.fields, key.reference.fields]):
        named = theirs.select(
            pl.col(there).alias(here) for here, there in zip(key.fields, key.reference.fields, strict=True)
        )
        here, there = comparable(own.filter(~empty), named)
        alone = here.join(there, on=key.fields, how="anti", nulls_equal=True)
        missing += alone[ROW].sort().head(MOST_FINDINGS + 1).to_list()
    return sorted(missing)[: MOST_FINDINGS + 1]
