"""A raw table: the cells of a source as printed, each with the place where it stands. Nothing is cast here.

Format readers in `formats/` make raw tables; `tables/` maps and casts them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import polars as pl

from pipelines.errors import UserError
from pipelines.findings import Finding, Place
from pipelines.sources.refusal import at_most
from pipelines.text import mask


@dataclass(frozen=True)
class RawTable:
    """The table of a source, as text.

    `labels`: headings (NFC, outer blanks stripped, line breaks and runs of blanks as one blank).
    `frame`: String columns named "0", "1", ...; null is an empty cell, there are no empty strings and no empty rows.
    `native`: Boolean, same shape: True where the file format itself knew a number, date or boolean, so that the text is
    canonical (dot decimal, no grouping, ISO date, true/false). None: nowhere.
    `rows`: UInt32; CSV: physical line on which the record begins, spreadsheet: sheet row, JSON: record from 1.
    `columns`: spreadsheet: letters; else numbers from 1. `heading`: line or row of the last heading row, 0 for none.
    """

    labels: list[str]
    frame: pl.DataFrame
    native: pl.DataFrame | None
    rows: pl.Series
    sheet: str | None
    columns: list[str]
    file: str
    heading: int = 0
    records: bool = False

    def place(self, row: int | None, column: int | None) -> Place:
        """Where the cell of `frame` at `row` and `column` (both from 0) stands; None for the heading, the whole row."""
        label = (self.labels[column] or None) if column is not None else None
        number = self.heading if row is None else int(self.rows[row])
        if self.sheet is not None:
            return Place(sheet=self.sheet, cell=f"{self.columns[column or 0]}{number}", column=label)
        if self.records:
            return Place(file=self.file, record=number or None, column=label)
        return Place(file=self.file, line=number or None, column=label)

    def of_rows(self, rows: slice | pl.Series) -> RawTable:
        """The same table with some of its rows: a slice, or those where a Boolean column is True."""

        def some(held: pl.DataFrame) -> pl.DataFrame:
            return held[rows] if isinstance(rows, slice) else held.filter(rows)

        native = None if self.native is None else some(self.native)
        return replace(self, frame=some(self.frame), native=native, rows=some(self.rows.to_frame()).to_series())

    def without_cells(self) -> RawTable:
        """What is left to say where each row stands."""
        return replace(self, frame=self.frame.clear(), native=None)


def heading(parts: Iterable[str | None], join: str = " ") -> str:
    """The label that stands in one or more heading cells, one below the other."""
    found = (" ".join(unicodedata.normalize("NFC", part or "").split()) for part in parts)
    return join.join(part for part in found if part).strip()


def blank_rows(columns: Iterable[pl.Series], blanks: str | None = None) -> pl.Series:
    """The numbers of the rows in which every one of these String columns is null or blank (made of `blanks`)."""
    rows: pl.Series | None = None
    for column in columns:
        held = column if rows is None else column.gather(rows)
        blank = (held.is_null() | (held.str.strip_chars(blanks) == "")).arg_true()
        rows = blank if rows is None else rows.gather(blank)
        if rows.is_empty():
            break
    return pl.Series(dtype=pl.UInt32) if rows is None else rows


def filled_columns(raw: RawTable) -> list[int]:
    """The positions of the columns that have a heading or a value."""
    return [i for i, label in enumerate(raw.labels) if label or raw.frame[str(i)].null_count() < raw.frame.height]


def chosen(frame: pl.DataFrame, columns: Sequence[int]) -> pl.DataFrame:
    """The columns at these positions, named "0", "1", ... again."""
    return frame.select(pl.col(str(old)).alias(str(new)) for new, old in enumerate(columns))


def label_faults(raw: RawTable) -> list[Finding]:
    """Headings that are missing or that stand twice: no column could be told from another by them."""
    found: list[Finding] = []
    first: dict[str, int] = {}
    for i, label in enumerate(raw.labels):
        if not label:
            found.append(Finding("blank-label", params={"number": raw.columns[i]}, place=raw.place(None, i)))
        elif label in first:
            params = {"label": mask(label), "first": raw.columns[first[label]], "again": raw.columns[i]}
            found.append(Finding("duplicate-label", params=params, place=raw.place(None, i)))
        first.setdefault(label, i)
    return found


def settled(tables: Iterable[RawTable], findings: list[Finding]) -> Iterator[RawTable]:
    """The parts of one table, without the columns that have neither a heading nor a value: those are blank paper.

    Raises UserError at the end where its headings or its reader (`findings`, which may grow meanwhile) found a fault.
    """
    held, first = set[int](), None
    for raw in tables:
        first = first or raw
        labelled = [i for i, label in enumerate(raw.labels) if label]
        held.update(set(filled_columns(raw)) - set(labelled))
        yield raw if len(labelled) == len(raw.labels) else _of_columns(raw, labelled)
    assert first is not None  # noqa: S101 - a reader gives at least one part
    columns = [i for i, label in enumerate(first.labels) if label or i in held]
    if faults := [*at_most(label_faults(_of_columns(first, columns))), *at_most(findings)]:
        raise UserError(faults)


def joined(tables: Iterable[RawTable]) -> RawTable:
    """A table of its parts."""
    parts = list(tables)
    if len(parts) == 1:
        return parts[0]
    native = [part.native for part in parts if part.native is not None]
    return replace(
        parts[0],
        frame=pl.concat([part.frame for part in parts]),
        native=pl.concat(native) if native else None,
        rows=pl.concat([part.rows for part in parts]),
    )


def _of_columns(raw: RawTable, kept: list[int]) -> RawTable:
    return replace(
        raw,
        labels=[raw.labels[i] for i in kept],
        frame=chosen(raw.frame, kept),
        native=None if raw.native is None else chosen(raw.native, kept),
        columns=[raw.columns[i] for i in kept],
    )
