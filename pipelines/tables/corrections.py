"""Known errors of a source, put right before anything else reads it. One that no longer matches is a finding.

A correction is declared in a data file of the dataset's folder (`publica.corrections`), with its reason and reference.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from pipelines.declaration.dataset import Correction
from pipelines.findings import Finding
from pipelines.sources.raw import RawTable
from pipelines.text import mask, nearest


def correct(raw: RawTable, corrections: Sequence[Correction]) -> tuple[RawTable, list[bool]]:
    """The table with every correction applied, and of each whether it matched any row."""
    matched: list[bool] = []
    frame, native = raw.frame, raw.native
    for correction in corrections:
        if _unknown(raw, correction):
            matched.append(False)
            continue
        hit = _hit(raw, correction, frame)
        matched.append(hit.any())
        if not matched[-1]:
            continue
        name = str(raw.labels.index(correction.column))
        frame = frame.with_columns(pl.when(hit).then(pl.lit(correction.corrected)).otherwise(pl.col(name)).alias(name))
        if native is not None:
            native = native.with_columns((pl.col(name) & hit.not_()).alias(name))
    return replace(raw, frame=frame, native=native), matched


def stale(raw: RawTable, corrections: Sequence[Correction], matched: Sequence[bool]) -> list[Finding]:
    """A finding for each correction that matched no row at all. Of `raw` only the headings count."""
    findings: list[Finding] = []
    for correction, did in zip(corrections, matched, strict=True):
        if unknown := _unknown(raw, correction):
            params = {"column": unknown[0], "nearest": nearest(unknown[0], raw.labels)}
            findings.append(Finding("correction-column", params=params, place=correction.place))
        elif not did:
            params = {"column": correction.column, "was": mask(correction.was)}
            findings.append(Finding("correction-stale", params=params, place=correction.place))
    return findings


def _unknown(raw: RawTable, correction: Correction) -> list[str]:
    return [label for label in (correction.column, *correction.where) if label not in raw.labels]


def _hit(raw: RawTable, correction: Correction, frame: pl.DataFrame) -> pl.Series:
    wanted = {**correction.where, correction.column: correction.was}
    conditions = [
        pl.col(str(raw.labels.index(label))).fill_null("").str.strip_chars() == value for label, value in wanted.items()
    ]
    return frame.select(pl.all_horizontal(conditions)).to_series()
