"""Personal data does not get out: personal numbers, private e-mail addresses, telephones and bank accounts in a table.

The rules of each kind are in `personal.py`. A finding names the column and the rows, never a value; other findings
about such a column show no samples either (`withheld` in the other modules of this room).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from pipelines.checks.personal import DETECTORS, Detector, telling
from pipelines.checks.words import MOST_NAMED
from pipelines.declaration.model import FieldModel
from pipelines.findings import Finding, Severity
from pipelines.tables.table import Table

ENOUGH_CANDIDATES = 100_000  # of one column and kind: more would not change what is said about it
CODES = frozenset(detector.code for detector in DETECTORS)


def check_privacy(table: Table) -> list[Finding]:
    """One finding per column and kind of personal data in it: it blocks, or warns where it may be chance."""
    found: list[Finding] = []
    for field in table.schema.fields:
        for detector in DETECTORS:
            if field.type in detector.types:
                found += _column(table, field, detector)
    return found


def withheld(findings: Sequence[Finding]) -> frozenset[str]:
    """The fields that `check_privacy` found something in: nothing of them may be shown."""
    return frozenset(finding.field for finding in findings)


def _column(table: Table, field: FieldModel, detector: Detector) -> Iterator[Finding]:
    told = telling(field, detector.heading)
    texts = table.texts[field.name]
    rows = texts.str.contains(detector.shape).fill_null(False).arg_true()
    hits: list[int] = []
    candidates = 0
    certain = False
    for row in islice(rows, ENOUGH_CANDIDATES):
        text = str(texts[row])
        seen, passed = detector.judge(text, field.type, told or telling_text(text, detector))
        candidates += seen
        if passed:
            hits.append(row)
            certain = certain or telling_text(text, detector)
    if hits:
        yield from _verdict(table, field, detector, hits, candidates, certain=certain or told)


def telling_text(text: str, detector: Detector) -> bool:
    """Whether a cell itself says that such a thing stands in it."""
    return detector.heading.search(text) is not None


def _verdict(
    table: Table, field: FieldModel, detector: Detector, hits: Sequence[int], candidates: int, *, certain: bool
) -> Iterator[Finding]:
    """Blocks: a hit of a kind that is never chance or under a telling heading; else three, and most of the column."""
    likely = len(hits) * 2 > candidates
    if certain or detector.certain or (likely and len(hits) >= 3):
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
