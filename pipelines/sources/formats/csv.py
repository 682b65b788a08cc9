"""CSV: text to cells, with the physical line of each record. Every row that does not fit is found, not just the first.

Which encoding and dialect is what the declaration says; text from bytes is in `decoding.py`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from itertools import islice

import polars as pl

from pipelines.declaration.model import Dialect, Resource
from pipelines.errors import UserError
from pipelines.findings import Finding, Place
from pipelines.sources.decoding import decode
from pipelines.sources.raw import RawTable, heading, settled
from pipelines.sources.refusal import MOST_COLUMNS, at_most, refused
from pipelines.sources.snapshot import Snapshot
from pipelines.text import cells_limited

BATCH = 50_000  # records held as Python objects at a time
Record = tuple[int, list[str]]


def read(snapshot: Snapshot, resource: Resource) -> RawTable:
    """The table of a CSV file. Only a heading is a table of no rows. Raises UserError."""
    file, dialect = snapshot.name, resource.dialect
    text = decode(snapshot.path.read_bytes(), resource.encoding, file)
    if not text.strip():
        raise refused("source-empty", Place(file=file), name=file)
    records = _records(text, dialect, file)
    line, labels = _labels(records, dialect, file)
    frames: list[pl.DataFrame] = []
    ragged: list[Finding] = []
    fitting = _fitting(records, len(labels), file, ragged)
    try:
        while batch := list(islice(fitting, BATCH)):
            frames.append(_frame(batch, len(labels)))
    except UserError as error:  # a quote gone wrong: what comes after it cannot be told into rows
        raise UserError([*at_most(ragged), *error.findings]) from None
    whole = pl.concat(frames) if frames else _frame([], len(labels))
    columns = [str(number) for number in range(1, len(labels) + 1)]
    raw = RawTable(labels, whole.drop("line"), None, whole["line"].alias("rows"), None, columns, file, line)
    return settled(raw, at_most(ragged))


def _records(text: str, dialect: Dialect, file: str) -> Iterator[Record]:
    """Each record that is neither a comment nor empty, with the line on which it begins; heading rows come first.

    Row numbers of the dialect count records, as frictionless counts them.
    """
    # newline="" leaves line ends inside quotes as they are; only CR and LF end a line, never U+2028 and its like.
    reader = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=dialect.delimiter,
        quotechar=dialect.quote_char,
        doublequote=dialect.double_quote,
        skipinitialspace=dialect.skip_initial_space,
        strict=True,
    )
    headings, comments, sign = set(dialect.header_rows), set(dialect.comment_rows), dialect.comment_char
    last, line = max(headings), 1
    try:
        with cells_limited():
            for number, cells in enumerate(reader, 1):
                begins, line = line, reader.line_num + 1
                if number in headings:
                    yield begins, cells
                elif number < last or number in comments or not cells or (sign and cells[0].startswith(sign)):
                    continue
                elif cells[0].strip() or any(cell.strip() for cell in cells):
                    yield begins, cells
    except csv.Error as error:
        raise refused(_quote_fault(str(error)), Place(file=file, line=line), quote=dialect.quote_char) from None


def _quote_fault(message: str) -> str:
    if "field larger" in message:
        return "cell-too-long"
    return "quote-not-closed" if "unexpected end" in message else "quote-inside"


def _labels(records: Iterator[Record], dialect: Dialect, file: str) -> tuple[int, list[str]]:
    """The line of the last heading row, and the labels."""
    wanted = len(set(dialect.header_rows))
    found = list(islice(records, wanted))
    if len(found) < wanted or not any(cell.strip() for _, cells in found for cell in cells):
        raise refused("blank-header", Place(file=file), rows=", ".join(map(str, dialect.header_rows)))
    width = max(len(cells) for _, cells in found)
    if width > MOST_COLUMNS:
        raise refused("too-many-columns", Place(file=file, line=found[0][0]), count=width, limit=MOST_COLUMNS)
    parts = [[cells[i] if i < len(cells) else "" for _, cells in found] for i in range(width)]
    return found[-1][0], [heading(column, dialect.header_join) for column in parts]


def _fitting(records: Iterator[Record], width: int, file: str, ragged: list[Finding]) -> Iterator[Record]:
    """The records that have as many cells as there are headings; of the others `ragged` is told."""
    for line, cells in records:
        if len(cells) == width:
            yield line, cells
        else:
            code = "missing-cell" if len(cells) < width else "extra-cell"
            params = {"found": len(cells), "expected": width}
            ragged.append(Finding(code, params=params, place=Place(file=file, line=line)))


def _frame(batch: list[Record], width: int) -> pl.DataFrame:
    """The records as String columns, and the lines on which they begin."""
    lines = pl.Series("line", [line for line, _ in batch], dtype=pl.UInt32)
    columns = zip(*(cells for _, cells in batch), strict=True) if batch else ((),) * width
    frame = pl.DataFrame({str(i): pl.Series(cells, dtype=pl.String) for i, cells in enumerate(columns)})
    return frame.with_columns(pl.all().replace("", None)).with_columns(lines)
