"""A raw table: the cells of a source as printed, each with the place where it stands. Nothing is cast here.

Format readers in `formats/` make raw tables; `tables/` maps and casts them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
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


def heading(parts: Iterable[str | None], join: str = " ") -> str:
    """The label that stands in one or more heading cells, one below the other."""
    found = (" ".join(unicodedata.normalize("NFC", part or "").split()) for part in parts)
    return join.join(part for part in found if part).strip()


def without_empty_columns(raw: RawTable) -> RawTable:
    """`raw` without the columns that have neither a heading nor a value: those are blank paper, not columns."""
    kept = filled_columns(raw)
    if len(kept) == len(raw.labels):
        return raw
    return replace(
        raw,
        labels=[raw.labels[i] for i in kept],
        frame=chosen(raw.frame, kept),
        native=None if raw.native is None else chosen(raw.native, kept),
        columns=[raw.columns[i] for i in kept],
    )


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


def settled(raw: RawTable, findings: Iterable[Finding] = ()) -> RawTable:
    """`raw`, unless its headings or its reader (`findings`) found a fault. Raises UserError with all of them."""
    raw = without_empty_columns(raw)
    if faults := [*at_most(label_faults(raw)), *findings]:
        raise UserError(faults)
    return raw
