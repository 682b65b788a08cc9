"""A CSV file in blocks of whole rows, each with where its rows end and which of them have too few or too many cells.

A block is only cut here if Python's `csv`, which frictionless reads with, and polars cannot differ on it: every quote
opens or closes a whole cell, every line ends in the same way. Any other one is read by Python, row by row, and so is
any single row that is to be judged. What the cells say is judged elsewhere.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import polars as pl

BLOCK = 8 * 2**20  # bytes read at a time
LONGEST = 8 * BLOCK  # a row longer than that is Python's to read
_LF, _CR = 10, 13


@dataclass(frozen=True)
class Form:
    """What a CSV file looks like: one character of ASCII each, and in how many columns."""

    delimiter: str
    quote: str
    columns: int

    def reader(self, lines: Iterator[str]) -> Iterator[list[str]]:
        """Python's reading of lines with their ends, as frictionless sets it up."""
        return csv.reader(lines, delimiter=self.delimiter, quotechar=self.quote, doublequote=True)


@dataclass(frozen=True)
class Block:
    """Rows of a file. `ends`: for each the place after its last byte, in `data`; `ragged`: it has not one cell a column.

    `read`: the cells, where Python read them.
    """

    offset: int
    data: bytes
    form: Form
    ends: NDArray[np.int64]
    ragged: NDArray[np.bool_]
    read: Sequence[list[str]] | None = None

    def cells(self, row: int) -> list[str]:
        """The cells of a row (from 0) as frictionless gets them."""
        if self.read is not None:
            return self.read[row]
        start = int(self.ends[row - 1]) if row else 0
        text = self.data[start : int(self.ends[row])].decode()
        return next(self.form.reader(iter(io.StringIO(text, newline=""))))

    @property
    def size(self) -> int:
        """Bytes in the file, or one more where no line's end is at its end."""
        return int(self.ends[-1])

    def end(self, row: int) -> int:
        """The place in the file after the last byte of a row."""
        return self.offset + int(self.ends[row])

    def frame(self) -> pl.DataFrame | None:
        """The cells as text in columns "0", "1", ...; "" where there is none. None if polars cannot read them."""
        import polars as pl

        names = [str(number) for number in range(self.form.columns)]
        if self.read is not None:
            padded = ((row + [""] * len(names))[: len(names)] for row in self.read)
            return pl.DataFrame(list(padded), dict.fromkeys(names, pl.String()), orient="row")
        try:
            frame = pl.read_csv(
                self.data,
                has_header=False,
                schema=dict.fromkeys(names, pl.String()),
                separator=self.form.delimiter,
                quote_char=self.form.quote,
                truncate_ragged_lines=True,
                extra_columns="ignore",
                missing_columns="insert",
                empty_string_is_null=False,
            )
        except pl.exceptions.PolarsError:
            return None
        return frame if frame.height == len(self.ends) else None


def cut(file: BinaryIO, offset: int, quote: str, size: int = BLOCK) -> bytes:
    """About `size` bytes of whole rows from `offset` on, if the quotes can be trusted; nothing at the end of the file."""
    mark = quote.encode()
    while True:
        file.seek(offset)
        data = file.read(size)
        if len(data) < size:
            return data
        end = data.rfind(b"\n") + 1
        odd = data.count(mark, 0, end) % 2
        while odd and end:  # that line ends inside a cell, or a quote is none
            before = data.rfind(b"\n", 0, end - 1) + 1
            odd = (odd + data.count(mark, before, end)) % 2
            end = before
        if end or size >= LONGEST:
            return data[:end] or data
        size *= 2


def shaped(offset: int, data: bytes, form: Form) -> Block | None:
    """The block of these bytes; None if Python could read them differently than polars."""
    if not data.endswith(b"\n"):
        data += b"\n"  # the last row of the file
    text = np.frombuffer(data, np.uint8)
    if b"\r" in data:
        returns = np.flatnonzero(text == _CR)
        if (text[returns + 1] != _LF).any():
            return None
    delimiter, quote = ord(form.delimiter), ord(form.quote)
    marks = np.flatnonzero((text == delimiter) | (text == _LF))
    quotes = np.flatnonzero(text == quote)
    if len(quotes):
        opening, closing = quotes[::2], quotes[1::2]
        if len(opening) != len(closing):
            return None
        before = text[opening - 1]  # of the very first byte: the last, which is a line's end
        after = text[closing + 1]
        if not np.isin(before, (delimiter, _LF, quote)).all():
            return None
        if not np.isin(after, (delimiter, _LF, _CR, quote)).all():
            return None
        marks = _outside(marks, opening, closing)
    lines = np.flatnonzero(text[marks] == _LF)
    ends = marks[lines] + 1
    ragged = np.diff(lines, prepend=-1) != form.columns
    if form.columns == 1:
        lengths = np.diff(ends, prepend=0)
        ragged |= (lengths == 1) | ((lengths == 2) & (text[ends - 2] == _CR))  # no cell at all
    return Block(offset, data, form, ends, ragged)


def _outside(
    marks: NDArray[np.int64], opening: NDArray[np.int64], closing: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The marks that do not stand between quotes."""
    first, last = np.searchsorted(marks, opening), np.searchsorted(marks, closing)
    some = first < last
    depth = np.zeros(len(marks) + 1, np.int8)
    depth[first[some]] += 1
    depth[last[some]] -= 1
    return marks[np.cumsum(depth[:-1], dtype=np.int8) == 0]


def rows_from(path: Path, offset: int, form: Form) -> Iterator[tuple[list[str], int]]:
    """Python's reading of the file from a row's beginning on: cells, and the place after each row.

    Raises UnicodeDecodeError.
    """
    with path.open("rb") as file:
        file.seek(offset)
        place = offset

        def lines() -> Iterator[str]:
            nonlocal place
            for line in io.TextIOWrapper(file, "utf-8", newline=""):
                place += len(line.encode())
                yield line

        for cells in form.reader(lines()):
            yield cells, place


def read_by_python(path: Path, offset: int, form: Form, size: int) -> Block:
    """Rows of at least `size` bytes, as far as there are. Raises UnicodeDecodeError."""
    read: list[list[str]] = []
    ends: list[int] = []
    for cells, end in rows_from(path, offset, form):
        read.append(cells)
        ends.append(end - offset)
        if end - offset >= size:
            break
    ragged = np.array([len(cells) != form.columns for cells in read], np.bool_)
    return Block(offset, b"", form, np.array(ends, np.int64), ragged, read)
