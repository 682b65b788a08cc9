"""CSV: text to cells, with the physical line of each record. Every row that does not fit is found, not just the first.

Which encoding and dialect is what the declaration says; text from bytes is in `decoding.py`. What is read here exactly
as Python reads it is read faster by `plain.py` where it is plain.
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
from pipelines.sources.decoding import judge, pieces
from pipelines.sources.plain import BLANKS, plain_frame
from pipelines.sources.raw import RawTable, blank_rows, heading, settled
from pipelines.sources.refusal import MOST_COLUMNS, at_most, refused
from pipelines.sources.snapshot import Snapshot
from pipelines.text import cells_limited

BATCH = 50_000  # records held as Python objects at a time
SMALL = 65_536  # bytes, of which Python makes records before polars has begun
Record = tuple[int, list[str]]


def batches(snapshot: Snapshot, resource: Resource) -> Iterator[RawTable]:
    """The table of a CSV file, some rows at a time; only a heading is a table of no rows. Raises UserError.

    What has no heading or does not fit is only told when all of it was read.
    """
    try:
        yield from _tables(snapshot, resource)
    except UserError:
        judge(snapshot.path, resource.encoding, snapshot.name)  # raises where something is wrong further on, too
        raise


def _tables(snapshot: Snapshot, resource: Resource) -> Iterator[RawTable]:
    file, dialect = snapshot.name, resource.dialect
    records = _Records(_Lines(pieces(snapshot.path, resource.encoding, file), file), dialect, file)
    ragged: list[Finding] = []
    try:
        line, labels = _labels(records.some(), dialect, file)
        columns = [str(number) for number in range(1, len(labels) + 1)]
        tables = (
            RawTable(labels, frame.drop("line"), None, frame["line"].alias("rows"), None, columns, file, line)
            for frame in records.frames(len(labels), ragged)
        )
        yield from settled(tables, ragged)
    except csv.Error as error:  # a quote gone wrong: what comes after it cannot be told into rows
        place = Place(file=file, line=records.line)
        fault = Finding(_quote_fault(str(error)), params={"quote": dialect.quote_char}, place=place)
        raise UserError([*at_most(ragged), fault]) from None


class _Lines:
    """The lines of a text that comes in pieces, each with its line end."""

    def __init__(self, pieces: Iterator[bytes], file: str) -> None:
        self._pieces = pieces
        first = next(pieces, b"").decode()
        while not first.strip():
            piece = next(pieces, None)
            if piece is None:
                raise refused("source-empty", Place(file=file), name=file)
            first += piece.decode()
        self._set(first)

    def __iter__(self) -> Iterator[str]:
        while True:
            text = self._text
            yield from text
            if self._text is not text:
                continue  # taken back meanwhile
            if (piece := next(self._pieces, None)) is None:
                return
            self._set(piece.decode())

    @property
    def piece_read(self) -> bool:
        """Whether what comes next is of another piece."""
        return self._text.tell() == self._length

    def rest(self) -> bytes | None:
        """What is left of this piece, else the next piece; None at the end. It then counts as read."""
        return next(self._pieces, None) if self.piece_read else self._text.read().encode()

    def back(self, piece: bytes) -> None:
        """Take back what `rest` gave."""
        self._set(piece.decode())

    def _set(self, text: str) -> None:
        # newline="" leaves line ends inside quotes as they are; only CR and LF end a line, never U+2028 and its like.
        self._text, self._length = io.StringIO(text, newline=""), len(text)


class _Records:
    """The records of a CSV file. `line`: on which the next one begins."""

    def __init__(self, lines: _Lines, dialect: Dialect, file: str) -> None:
        self._lines, self._dialect, self._file = lines, dialect, file
        self._reader = csv.reader(
            lines,
            delimiter=dialect.delimiter,
            quotechar=dialect.quote_char,
            doublequote=dialect.double_quote,
            skipinitialspace=dialect.skip_initial_space,
            strict=True,
        )
        self._number = self._plain_lines = 0
        self.line = 1

    def some(self, *, of_piece: bool = False) -> Iterator[Record]:
        """Each record that is neither a comment nor empty, with the line on which it begins; heading rows come first.

        Row numbers of the dialect count records, as frictionless counts them. `of_piece`: only those that begin in
        the piece that is being read.
        """
        headings, comments, sign = (
            set(self._dialect.header_rows),
            self._dialect.comment_rows,
            self._dialect.comment_char,
        )
        last = max(headings)
        with cells_limited():
            for cells in self._reader:
                self._number += 1
                begins, self.line = self.line, self._reader.line_num + self._plain_lines + 1
                if self._number in headings:
                    yield begins, cells
                elif (
                    self._number < last or self._number in comments or not cells or (sign and cells[0].startswith(sign))
                ):
                    pass
                elif cells[0].strip() or any(cell.strip() for cell in cells):
                    yield begins, cells
                if of_piece and self._lines.piece_read:
                    return

    def frames(self, width: int, ragged: list[Finding]) -> Iterator[pl.DataFrame]:
        """All further records as String columns, and `line`; at least one frame. `ragged` is told what does not fit."""
        none = True
        for frame in self._frames(width, ragged):
            none = False
            yield frame
        if none:
            yield _frame([], width)

    def _frames(self, width: int, ragged: list[Finding]) -> Iterator[pl.DataFrame]:
        while (piece := self._lines.rest()) is not None:
            if (plain := self._plain(piece, width)) is not None:
                yield plain
                continue
            self._lines.back(piece)
            fitting = _fitting(self.some(of_piece=True), width, self._file, ragged)
            while batch := list(islice(fitting, BATCH)):
                yield _frame(batch, width)

    def _plain(self, piece: bytes, width: int) -> pl.DataFrame | None:
        dialect = self._dialect
        usual = dialect.double_quote and not dialect.skip_initial_space and not dialect.comment_char
        if not usual or len(piece) < SMALL or self._number < max([*dialect.header_rows, *dialect.comment_rows]):
            return None
        if not (dialect.delimiter + dialect.quote_char).isascii():
            return None
        frame = plain_frame(piece, width, dialect.delimiter, dialect.quote_char)
        if frame is None:
            return None
        lines = pl.int_range(self.line, self.line + frame.height, dtype=pl.UInt32, eager=True).alias("line")
        self._number += frame.height
        self._plain_lines += frame.height
        self.line += frame.height
        blank = blank_rows(frame, BLANKS)
        frame = frame.with_columns(lines)
        return frame if blank.is_empty() else frame.filter(~pl.int_range(pl.len()).is_in(blank.implode()))


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
