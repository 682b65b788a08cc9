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
from pipelines.tables.table import Table

ROW, _OLD, _HIGHEST = "#row", "#old.", "#highest"  # no field is called so


def check_rows(resource: Resource, table: Table) -> list[Finding]:
    """The table's size: none at all blocks unless `min` is 0, fewer than `min` blocks, over `max` warns."""
    bounds = resource.publica.checks.rows if resource.publica.checks else None
    least, most = (bounds.min, bounds.max) if bounds else (None, None)
    count = table.frame.height
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
    resource: Resource, table: Table, previous: pl.DataFrame | None, withheld: Collection[str] = ()
) -> list[Finding]:
    """Every change beyond the declaration's limits. `previous`: the last version's rows, None if there is none.

    A table that keeps its history (`append`, `upsert`) may lose no row unless the declaration gives another limit.
    """
    checks = resource.publica.checks
    lost = checks.rows_lost if checks else None
    if lost is None and resource.publica.history != "snapshot":
        lost = 0
    found: list[Finding] = []
    if previous is not None and lost is not None:
        found += _rows_lost(table, previous, _limit(lost), withheld)
    if previous is not None and checks and checks.history_revised is not None:
        found += _history_revised(table, previous, _limit(checks.history_revised), withheld)
    for series in checks.cumulative if checks else []:
        found += _falling(table, previous, series, withheld)
    return found


def _limit(given: int | Limit) -> Limit:
    return Limit(max=given) if isinstance(given, int) else given


def _comparable(table: Table, previous: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame, list[str]]:
    """Both tables with the columns they share, in one type each; and the key, if both have it whole.

    A retyped column is compared as numbers if it is one in both, else as text.
    """
    shared = [name for name in table.frame.columns if name in previous.columns]
    now, before = table.frame.select(shared), previous.select(shared)
    for name in shared:
        types = (now.schema[name], before.schema[name])
        if types[0] != types[1]:
            common = pl.Float64 if all(each.is_numeric() for each in types) else pl.String
            now, before = now.cast({name: common}), before.cast({name: common})
    key = table.schema.primary_key
    return now, before, key if set(key) <= set(shared) else []


def _rows_lost(table: Table, previous: pl.DataFrame, limit: Limit, withheld: Collection[str]) -> list[Finding]:
    """Rows that are gone: by primary key, or without one by what the whole row says, as often as it stood there."""
    now, before, key = _comparable(table, previous)
    if not now.columns:
        count, names, gone = previous.height, list[str](), previous.select([])
    else:
        names = key or now.columns
        if not key:
            nth = pl.int_range(pl.len()).over(names).alias(ROW)  # the first, the second, ... row that says the same
            now, before = now.with_columns(nth), before.with_columns(nth)
        on = names if key else [*names, ROW]
        gone = before.join(now, on=on, how="anti", nulls_equal=True, maintain_order="left").select(names)
        count = gone.height
    if count <= limit.max:
        return []
    params = {"count": count, "max": limit.max, "keys": _keys(gone, withheld)}
    field, severity = ", ".join(key), Severity(limit.severity)
    return [Finding("rows-lost", severity, params, resource=table.name, field=field, place=table.place(None, None))]


def _history_revised(table: Table, previous: pl.DataFrame, limit: Limit, withheld: Collection[str]) -> list[Finding]:
    """Rows that were there and say something else now. Needs a primary key: without one no row is the same row."""
    if not table.schema.primary_key:
        return [Finding("history-without-key", resource=table.name, place=table.place(None, None))]
    now, before, key = _comparable(table, previous)
    others = [name for name in now.columns if name not in key]
    if not key or not others:
        return []
    before = before.rename({name: _OLD + name for name in others})
    both = now.with_row_index(ROW).join(before, on=key, how="inner", nulls_equal=True, maintain_order="left")
    differs = [pl.col(name).ne_missing(pl.col(_OLD + name)).alias(name) for name in others]
    revised = both.filter(pl.any_horizontal(differs))
    if revised.height <= limit.max:
        return []
    fields = [name for name, any_differs in revised.select(differs).sum().to_dicts()[0].items() if any_differs]
    first = int(revised[ROW][0])
    keys = _keys(revised.select(key), withheld)
    params = {"count": revised.height, "max": limit.max, "keys": keys, "fields": listed(fields)}
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


def _falling(
    table: Table, previous: pl.DataFrame | None, series: Cumulative, withheld: Collection[str]
) -> list[Finding]:
    """The rows whose value is below that of an earlier row of their series, published rows that are gone included."""
    names = [*series.by, series.order, series.field]
    chosen = _chosen(table.frame, series)
    rows = table.frame.select(names).with_row_index(ROW).with_columns(pl.col(ROW).cast(pl.Int64)).filter(chosen)
    if previous is not None:
        now, before, _ = _comparable(table, previous)
        if {*names, *series.where} <= set(before.columns):
            now, before = now.select(names).filter(chosen), before.select(names).filter(_chosen(previous, series))
            gone = before.join(now, on=names[:-1], how="anti", nulls_equal=True)
            both = [now.with_columns(rows[ROW]), gone.with_columns(pl.lit(None, pl.Int64).alias(ROW))]
            rows = pl.concat(both, how="vertical")
    rows = rows.drop_nulls([series.order, series.field]).sort(series.order, maintain_order=True)
    highest = pl.col(series.field).cum_max().shift(1)
    rows = rows.with_columns((highest.over(series.by) if series.by else highest).alias(_HIGHEST))
    # Rows of one order stand side by side, and none of them is earlier than another.
    rows = rows.with_columns(pl.col(_HIGHEST).first().over([*series.by, series.order]))
    falls = rows.filter((pl.col(series.field) < pl.col(_HIGHEST)) & pl.col(ROW).is_not_null())
    severity = Severity(series.severity)
    found: list[Finding] = []
    for fall in falls.sort(ROW).head(MOST_NAMED).to_dicts():
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
