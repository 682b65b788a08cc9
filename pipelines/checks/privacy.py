"""Personal data does not get out: personal numbers, private e-mail addresses, telephones and bank accounts in a table.

The rules of each kind are in `personal.py`. A finding names the column and the rows, never a value; other findings
about such a column show no samples either (`withheld` in the other modules of this room).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl

from pipelines.checks.personal import DETECTORS, Detector, telling
from pipelines.checks.words import MOST_NAMED, folded
from pipelines.declaration.model import FieldModel
from pipelines.findings import Finding, Severity
from pipelines.tables.table import Table

_CHUNK = 100_000  # cells made into Python text at a time


def check_privacy(table: Table) -> list[Finding]:
    """One finding per column and kind of personal data in it: it blocks, or warns where it may be chance."""
    asked = [
        (field, detector, telling(field, detector.heading))
        for field in table.schema.fields
        for detector in DETECTORS
        if field.type in detector.types
    ]
    shapes = [pl.col(field.name).str.contains(each.told_shape if told else each.shape) for field, each, told in asked]
    shaped = table.texts.select(shape.alias(str(i)) for i, shape in enumerate(shapes))
    any_shaped = shaped.select(pl.all().any()).row(0) if asked else ()
    found: list[Finding] = []
    for index, (field, detector, told) in enumerate(asked):
        if any_shaped[index]:
            rows = shaped[str(index)].fill_null(False).arg_true()
            found += _column(table, field, detector, rows, told=told)
    return found


def withheld(findings: Sequence[Finding]) -> frozenset[str]:
    """The fields that `check_privacy` found something in: nothing of them may be shown."""
    return frozenset(finding.field for finding in findings)


def _column(table: Table, field: FieldModel, detector: Detector, rows: pl.Series, *, told: bool) -> Iterator[Finding]:
    """`rows`: those whose cell has the shape that the detector looks for; `told`: the heading says what they are."""
    texts = table.texts[field.name]
    hits: list[int] = []
    candidates = 0
    certain = told or detector.certain
    for start in range(0, rows.len(), _CHUNK):
        chunk = rows[start : start + _CHUNK]
        for row, text in zip(chunk.to_list(), texts.gather(chunk).to_list(), strict=True):
            says = not text.isdigit() and detector.heading.search(folded(text)) is not None
            seen, passed = detector.judge(text, field.type, told or says)
            candidates += seen
            if passed:
                hits.append(row)
                certain = certain or says
    if hits:
        yield from _verdict(table, field, detector, hits, candidates, certain=certain)


def _verdict(
    table: Table, field: FieldModel, detector: Detector, hits: Sequence[int], candidates: int, *, certain: bool
) -> Iterator[Finding]:
    """Any hit blocks that is `certain`, by its kind, heading or cell; else three, if most of the column passes."""
    likely = len(hits) * 2 > candidates
    if certain or (likely and len(hits) >= 3):
        code, severity = detector.code, Severity.BLOCK
    elif likely:
        code, severity = f"{detector.code}-possible", Severity.WARN
    else:
        return
    named = ", ".join(str(row + 1) for row in hits[:MOST_NAMED]) + (", …" if len(hits) > MOST_NAMED else "")
    yield Finding(
        code,
        severity,
        params={"count": len(hits), "rows": named},
        resource=table.name,
        field=field.name,
        row=hits[0] + 1,
        place=table.place(hits[0], field.name),
    )
