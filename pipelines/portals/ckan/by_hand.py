"""What people changed by hand in a table of CKAN's DataStore: cells, rows, columns and words of the dictionary.

A table may stand between two versions, where a publisher died while it wrote: what any of the `known` versions has, or
what any of them lacks, is nobody's edit. What is done about edits is decided by whoever asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

from pipelines.findings import Finding
from pipelines.portals.ckan.columns import Column
from pipelines.portals.ckan.rows import NTH, Held, numbered
from pipelines.text import mask

if TYPE_CHECKING:
    import polars as pl

NAMED = 20  # findings that name cells and rows; further rows are counted


def foreign_rows(held: Held, known: Sequence[pl.DataFrame], key: Sequence[str]) -> list[Finding]:
    """Cells changed, rows added and rows deleted by hand. `known`: the rows of at least one version, as of `rows_of`.

    Without a `key`, a changed row is one deleted and one added. Values are masked.
    """
    import polars as pl

    names = [column.name for column in held.columns]
    if any(held.rows.select(names).equals(_in_columns(rows, names)) for rows in known):
        return []
    by = list(key) if key and set(key) <= set(names) else names
    there = numbered(held.rows.select(names), by)
    versions = [numbered(_in_columns(rows, names), by) for rows in known]
    strange, lost = there, versions[0]
    for rows in versions:
        strange = strange.join(rows, on=rows.columns, how="anti", nulls_equal=True, maintain_order="left")
        lost = lost.join(rows, on=[*by, NTH], how="semi", nulls_equal=True, maintain_order="left")
    lost = lost.join(there, on=[*by, NTH], how="anti", nulls_equal=True, maintain_order="left")
    ours = pl.concat(versions).unique([*by, NTH], keep="first", maintain_order=True)
    added = strange.join(ours, on=[*by, NTH], how="anti", nulls_equal=True, maintain_order="left")
    changed = strange.join(ours, on=[*by, NTH], nulls_equal=True, suffix=_OURS, maintain_order="left")
    told = chain(
        (_cells(row, by, names) for row in changed.iter_rows(named=True)),
        ([Finding("portal-row-added", params={"row": _shown(row, by)})] for row in added.iter_rows(named=True)),
        ([Finding("portal-row-deleted", params={"row": _shown(row, by)})] for row in lost.iter_rows(named=True)),
    )
    return _first(told, changed.height + added.height + lost.height)


def foreign_columns(held: Held, known: Sequence[Sequence[Column]]) -> list[Finding]:
    """Columns added and deleted by hand, and words of the dictionary. `known`: the columns of at least one version."""
    there = {column.name: column for column in held.columns}
    versions = [{column.name: column for column in columns} for columns in known]
    findings: list[Finding] = []
    for name, column in there.items():
        ours = [version[name].info for version in versions if name in version]
        if not ours:
            findings.append(Finding("portal-column-added", field=name, params={"column": name}))
        elif column.info not in ours:
            findings += _words(name, ours[-1], column.info)
    gone = [name for name in versions[0] if name not in there and all(name in version for version in versions)]
    return findings + [Finding("portal-column-deleted", field=name, params={"column": name}) for name in gone]


_OURS = "_ours"


def _in_columns(rows: pl.DataFrame, names: list[str]) -> pl.DataFrame:
    """A version's rows in the columns that the table has at the moment; one that the version lacks is empty there."""
    import polars as pl

    return rows.select(pl.col(n) if n in rows.columns else pl.lit(None, dtype=pl.String).alias(n) for n in names)


def _cells(row: Mapping[str, Any], by: list[str], names: list[str]) -> list[Finding]:
    """One finding for each cell of a row of the portal's that is not as ours, which stands beside it."""
    shown = _shown(row, by)
    return [
        Finding(
            "portal-cell-edited",
            field=name,
            params={"row": shown, "column": name, "ours": _text(row[name + _OURS]), "theirs": _text(row[name])},
        )
        for name in names
        if name not in by and row[name] != row[name + _OURS]
    ]


def _words(column: str, ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> list[Finding]:
    keys = [*ours, *(key for key in theirs if key not in ours)]
    return [
        Finding(
            "portal-dictionary-edited",
            field=column,
            params={"column": column, "word": key, "ours": _text(ours.get(key)), "theirs": _text(theirs.get(key))},
        )
        for key in keys
        if ours.get(key) != theirs.get(key)
    ]


def _first(told: Iterator[list[Finding]], rows: int) -> list[Finding]:
    """The findings of the first rows, and how many of the `rows` are left unnamed."""
    findings: list[Finding] = []
    for found in told:
        findings += found
        rows -= 1
        if len(findings) >= NAMED:
            break
    return findings[:NAMED] + ([Finding("portal-rows-more", params={"count": rows})] if rows else [])


def _shown(row: Mapping[str, Any], names: list[str]) -> str:
    return mask(", ".join(_text(row[name]) for name in names))


def _text(value: Any) -> str:
    return "-" if value is None else mask(value)
