"""A table against its last version, as far as its declaration sets limits: its size, rows lost, history revised,
series that must not fall.

What the difference means for the version number, and its words in the changelog, are in `versions/`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import polars as pl

from pipelines.checks.words import MOST_NAMED, listed, sample
from pipelines.declaration.model import Cumulative, Limit, Resource
from pipelines.findings import Finding, Severity
from pipelines.tables.alike import ROW, buckets, comparable
from pipelines.tables.held import Held, held
from pipelines.tables.table import Table

_NTH, _OLD, _HIGHEST = "#nth", "#old.", "#highest"  # no field is called so


def check_rows(resource: Resource, table: Table) -> list[Finding]:
    """The table's size: none at all blocks unless `min` is 0, fewer than `min` blocks, over `max` warns."""
    bounds = resource.publica.checks.rows if resource.publica.checks else None
    least, most = (bounds.min, bounds.max) if bounds else (None, None)
    count = table.height
    place = table.place(None, None)
    if count == 0 and least != 0:
        return [Finding("empty-table", resource=table.name, place=place)]
    params = {"count": count, "min": least or 0, "max": most or 0}
    if least is not None and count < least:
        return [Finding("rows-too-few", params=params, resource=table.name, place=place)]
    if most is not None and count > most:
        return [Finding("rows-too-many", Severity.WARN, params, resource=table.name, place=place)]
    return []


def check_change(
    resource: Resource, table: Table, previous: pl.DataFrame | Held | None, withheld: Collection[str] = ()
) -> list[Finding]:
    """Every change beyond the declaration's limits. `previous`: the last version's rows, None if there is none.

    A table that keeps its history (`append`, `upsert`) may lose no row unless the declaration gives another limit.
    """
    checks = resource.publica.checks
    before = None if previous is None else held(previous)
    lost = checks.rows_lost if checks else None
    if lost is None and resource.publica.history != "snapshot":
        lost = 0
    found: list[Finding] = []
    if before is not None and lost is not None:
        found += _rows_lost(table, before, _limit(lost), withheld)
    if before is not None and checks and checks.history_revised is not None:
        found += _history_revised(table, before, _limit(checks.history_revised), withheld)
    for series in checks.cumulative if checks else []:
        found += _falling(table, before, series, withheld)
    return found


def _limit(given: int | Limit) -> Limit:
    return Limit(max=given) if isinstance(given, int) else given


def _shared(table: Table, previous: Held) -> tuple[list[str], list[str]]:
    """The columns that both tables have; and the key, if both have it whole."""
    shared = [name for name in table.values.schema if name in previous.schema]
    key = table.schema.primary_key
    return shared, key if set(key) <= set(shared) else []


def _rows_lost(table: Table, previous: Held, limit: Limit, withheld: Collection[str]) -> list[Finding]:
    """Rows that are gone: by primary key, or without one by what the whole row says, as often as it stood there."""
    shared, key = _shared(table, previous)
    if not shared:
        count, gone = previous.height, pl.DataFrame()
    else:
        names, parts = key or shared, list[pl.DataFrame]()
        for now, before in buckets([table.values, previous], [names, names]):
            now, before = comparable(now, before)
            on = names
            if not key:
                nth = pl.int_range(pl.len()).over(names).alias(_NTH)  # the first, the second, ... that says the same
                now, before, on = now.with_columns(nth), before.with_columns(nth), [*names, _NTH]
            parts.append(before.join(now, on=on, how="anti", nulls_equal=True).select(ROW, *names))
        count = sum(part.height for part in parts)
        gone = pl.concat(part.bottom_k(MOST_NAMED + 1, by=ROW) for part in parts).sort(ROW).drop(ROW)
    if count <= limit.max:
        return []
    params = {"count": count, "max": limit.max, "keys": _keys(gone, withheld)}
    field, severity = ", ".join(key), Severity(limit.severity)
    return [Finding("rows-lost", severity, params, resource=table.name, field=field, place=table.place(None, None))]


def _history_revised(table: Table, previous: Held, limit: Limit, withheld: Collection[str]) -> list[Finding]:
    """Rows that were there and say something else now. Needs a primary key: without one no row is the same row."""
    if not table.schema.primary_key:
        return [Finding("history-without-key", resource=table.name, place=table.place(None, None))]
    shared, key = _shared(table, previous)
    others = [name for name in shared if name not in key]
    if not key or not others:
        return []
    differs = [pl.col(name).ne_missing(pl.col(_OLD + name)).alias(name) for name in others]
    parts, count, changed = list[pl.DataFrame](), 0, set[str]()
    for now, before in buckets([table.values, previous], [key, key], [others, others]):
        now, before = comparable(now, before)
        before = before.drop(ROW).rename({name: _OLD + name for name in others})
        both = now.join(before, on=key, how="inner", nulls_equal=True)
        revised = both.filter(pl.any_horizontal(differs))
        count += revised.height
        changed |= {name for name, any_differs in revised.select(differs).sum().to_dicts()[0].items() if any_differs}
        parts.append(revised.select(ROW, *key).bottom_k(MOST_NAMED + 1, by=ROW))
    if count <= limit.max:
        return []
    fields, named = [name for name in others if name in changed], pl.concat(parts).sort(ROW)
    first = int(named[ROW][0])
    keys = _keys(named.select(key), withheld)
    params = {"count": count, "max": limit.max, "keys": keys, "fields": listed(fields)}
    return [
        Finding(
            "history-revised",
            Severity(limit.severity),
            params,
            resource=table.name,
            field=", ".join(fields[:MOST_NAMED]),
            row=first + 1,
            place=table.place(first, fields[0]),
        )
    ]


def _falling(table: Table, previous: Held | None, series: Cumulative, withheld: Collection[str]) -> list[Finding]:
    """The rows whose value is below that of an earlier row of their series, published rows that are gone included."""
    names = [*series.by, series.order, series.field]
    wanted = [*dict.fromkeys([*names, *series.where])]
    known = previous is not None and set(wanted) <= set(previous.schema)
    tables = [table.values, previous] if previous is not None and known else [table.values]
    parts = [_falls(some, names, series) for some in buckets(tables, [series.by] * len(tables), [wanted] * len(tables))]
    falls = pl.concat(parts, how="vertical_relaxed").sort(ROW)
    severity = Severity(series.severity)
    found: list[Finding] = []
    for fall in falls.head(MOST_NAMED).to_dicts():
        row = int(fall[ROW])
        shown = sample(fall[series.field], [series.field], withheld)
        key = sample(", ".join(str(fall[name]) for name in names[:-1]), names[:-1], withheld)
        params = {"sample": shown, "highest": sample(fall[_HIGHEST], [series.field], withheld), "key": key}
        place = table.place(row, series.field)
        found.append(
            Finding("series-falls", severity, params, resource=table.name, field=series.field, row=row + 1, place=place)
        )
    if falls.height > MOST_NAMED:
        params = {"count": falls.height, "shown": MOST_NAMED}
        found.append(Finding("series-falls-more", severity, params, resource=table.name, field=series.field))
    return found


def _falls(tables: Sequence[pl.DataFrame], names: Sequence[str], series: Cumulative) -> pl.DataFrame:
    """Of whole series: the rows that fall, with the highest value before. `tables`: now, and before if known."""
    chosen = [rows.filter(_chosen(rows, series)).select(ROW, *names) for rows in tables]
    rows = chosen[0].with_columns(pl.col(ROW).cast(pl.Int64))
    if len(chosen) == 2:
        now, before = comparable(rows.drop(ROW), chosen[1].drop(ROW))
        gone = before.join(now, on=names[:-1], how="anti", nulls_equal=True)
        both = [now.with_columns(rows[ROW]), gone.with_columns(pl.lit(None, pl.Int64).alias(ROW))]
        rows = pl.concat(both, how="vertical")
    rows = rows.drop_nulls([series.order, series.field]).sort(series.order, maintain_order=True)
    highest = pl.col(series.field).cum_max().shift(1)
    rows = rows.with_columns((highest.over(series.by) if series.by else highest).alias(_HIGHEST))
    # Rows of one order stand side by side, and none of them is earlier than another.
    rows = rows.with_columns(pl.col(_HIGHEST).first().over([*series.by, series.order]))
    return rows.filter((pl.col(series.field) < pl.col(_HIGHEST)) & pl.col(ROW).is_not_null())


def _chosen(frame: pl.DataFrame, series: Cumulative) -> pl.Series:
    """Which rows of `frame` a series is made of, compared as text: a field may have had another type before."""
    same = [
        pl.col(name).cast(pl.String) == (str(value).lower() if isinstance(value, bool) else str(value))
        for name, value in series.where.items()
    ]
    return frame.select(pl.all_horizontal(pl.repeat(value=True, n=pl.len()), *same).fill_null(value=False)).to_series()


def _keys(rows: pl.DataFrame, withheld: Collection[str]) -> str:
    """The first rows in words, each in brackets."""
    names: Sequence[str] = rows.columns
    shown = rows.head(MOST_NAMED + 1).rows()
    keys = ["(" + ", ".join("" if value is None else str(value) for value in row) + ")" for row in shown]
    return listed([sample(key, names, withheld) for key in keys])
