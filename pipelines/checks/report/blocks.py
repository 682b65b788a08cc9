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
from functools import cached_property
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
    """Rows of a file: its bytes from `offset` on, or `read`, where Python read them: cells and where each row ends."""

    offset: int
    data: bytes
    form: Form
    read: Sequence[tuple[list[str], int]] | None = None

    @cached_property
    def ends(self) -> NDArray[np.int64]:
        """For each row the place after its last byte, from the block's beginning."""
        if self.read is not None:
            return np.array([end for _, end in self.read], np.int64)
        text = np.frombuffer(self.data, np.uint8)
        lines = np.flatnonzero(text == _LF)
        quotes = np.flatnonzero(text == ord(self.form.quote))
        return lines[np.searchsorted(quotes, lines) % 2 == 0] + 1  # a line's end after an odd quote is in a cell

    @cached_property
    def ragged(self) -> NDArray[np.bool_]:
        """The rows that have not one cell for each column."""
        if self.read is not None:
            return np.array([len(cells) != self.form.columns for cells, _ in self.read], np.bool_)
        text, marks = self._marks
        ragged = np.diff(np.flatnonzero(text[marks] == _LF), prepend=-1) != self.form.columns
        if self.form.columns == 1:  # a blank line has no cell at all
            lengths = np.diff(self.ends, prepend=0)
            ragged |= (lengths == 1) | ((lengths == 2) & (text[self.ends - 2] == _CR))
        return ragged

    @property
    def size(self) -> int:
        """Bytes in the file, or one more where no line's end is at its end."""
        return int(self.ends[-1]) if self.read is not None else len(self.data)

    def cells(self, row: int) -> list[str]:
        """The cells of a row (from 0) as frictionless gets them."""
        if self.read is not None:
            return self.read[row][0]
        start = int(self.ends[row - 1]) if row else 0
        text = self.data[start : int(self.ends[row])].decode()
        return next(self.form.reader(iter(io.StringIO(text, newline=""))))

    def end(self, row: int) -> int:
        """The place in the file after the last byte of a row."""
        return self.offset + int(self.ends[row])

    def frame(self) -> tuple[pl.DataFrame, NDArray[np.bool_] | None] | None:
        """The cells as text in columns "0", "1", ..., "" where there is none; and which rows are ragged, if any can be.

        None if polars cannot read them, or not for certain as Python does.
        """
        import polars as pl

        for longer in (False, True):
            try:
                frame = pl.read_csv(
                    self.data,
                    has_header=False,
                    schema=self._schema,
                    separator=self.form.delimiter,
                    quote_char=self.form.quote,
                    extra_columns="ignore" if longer else "raise",
                    truncate_ragged_lines=longer,
                    missing_columns="insert",
                    empty_string_is_null=False,
                )
            except pl.exceptions.PolarsError:
                continue
            if not longer and frame.height == self._lines and not (frame[:, -1] == "").any():
                return frame, None  # no row has a cell too many, and one too short would lack its last
            return (frame, self.ragged) if frame.height == len(self.ends) else None
        return None

    def padded(self) -> tuple[pl.DataFrame, NDArray[np.bool_]]:
        """The same of what Python read."""
        import polars as pl

        width = self.form.columns
        rows = [(cells + [""] * width)[:width] for cells, _ in self.read or ()]
        return pl.DataFrame(rows, self._schema, orient="row"), self.ragged

    @property
    def _schema(self) -> dict[str, pl.DataType]:
        import polars as pl

        return {str(number): pl.String() for number in range(self.form.columns)}

    @property
    def _lines(self) -> int:
        return int(np.count_nonzero(np.frombuffer(self.data, np.uint8) == _LF))

    @cached_property
    def _marks(self) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        """All bytes, and where among them a cell ends: what is dear to find, and seldom asked."""
        text = np.frombuffer(self.data, np.uint8)
        marks = np.flatnonzero((text == ord(self.form.delimiter)) | (text == _LF))
        quotes = np.flatnonzero(text == ord(self.form.quote))
        first, last = np.searchsorted(marks, quotes[::2]), np.searchsorted(marks, quotes[1::2])
        some = first < last
        depth = np.zeros(len(marks) + 1, np.int8)
        depth[first[some]] += 1
        depth[last[some]] -= 1
        return text, marks[np.cumsum(depth[:-1], dtype=np.int8) == 0] if some.any() else marks


def cut(file: BinaryIO, offset: int, quote: str, size: int) -> bytes:
    """About `size` bytes of whole rows from `offset` on, if the quotes can be trusted; none at the end of the file."""
    mark = quote.encode()
    while True:
        file.seek(offset)
        data = file.read(size)
        if len(data) < size:
            return data
        end = data.rfind(b"\n") + 1
        odd = np.count_nonzero(np.frombuffer(data, np.uint8, end) == ord(quote)) % 2 if end else 0
        while odd and end:  # that line ends inside a cell, or a quote is none
            before = data.rfind(b"\n", 0, end - 1) + 1
            odd = (odd + data.count(mark, before, end)) % 2
            end = before
        if end or size >= LONGEST:
            return data[:end] or data
        size *= 2


def certain(offset: int, data: bytes, form: Form) -> Block | None:
    """The block of these bytes; None if Python could read them differently than polars."""
    if not data.endswith(b"\n"):
        data += b"\n"  # the last row of the file
    text = np.frombuffer(data, np.uint8)
    if b"\r" in data:
        returns = np.flatnonzero(text == _CR)
        if (text[returns + 1] != _LF).any():
            return None
    quotes = np.flatnonzero(text == ord(form.quote))
    if len(quotes) % 2:
        return None
    before, after = text[quotes[::2] - 1], text[quotes[1::2] + 1]  # before the very first byte: a line's end, the last
    delimiter, quote = ord(form.delimiter), ord(form.quote)
    opens = (before == delimiter) | (before == _LF) | (before == quote)
    closes = (after == delimiter) | (after == _LF) | (after == _CR) | (after == quote)
    return Block(offset, data, form) if opens.all() and closes.all() else None


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
    read: list[tuple[list[str], int]] = []
    for cells, end in rows_from(path, offset, form):
        read.append((cells, end - offset))
        if end - offset >= size:
            break
    return Block(offset, b"", form, read)
