"""CSV without anything unusual in it, a piece at a time, as fast as polars reads it.

What is unusual (lone carriage returns, empty lines, quotes or line ends inside cells, rows too long or too short) is
left to `formats/csv.py`, which reads all CSV exactly as Python does: whatever is in doubt here is not plain.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.text import LONGEST_CELL

_LINE_FEED = 10
# What Python takes for a blank.
BLANKS = (
    "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007"
    "\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)

Positions = npt.NDArray[np.intp]


def plain_frame(piece: bytes, width: int, delimiter: str, quote: str) -> pl.DataFrame | None:
    """The records in whole lines of CSV as String columns "0", "1", ..., one a line; None where they are not plain.

    `piece`: UTF-8, beginning and ending with a record. There may be rows without any value.
    """
    if b"\r" in piece:
        piece = piece.replace(b"\r\n", b"\n")
    if b"\r" in piece:
        return None
    piece = piece if piece.endswith(b"\n") else piece + b"\n"
    data = np.frombuffer(piece, np.uint8)
    ends = np.flatnonzero(data == _LINE_FEED)
    quotes = np.flatnonzero(data == ord(quote)) if quote.encode() in piece else np.empty(0, np.intp)
    lengths = np.diff(ends, prepend=-1)  # line feeds counted
    if lengths.min() == 1 or lengths.max() > LONGEST_CELL or not _quotes_whole(data, quotes, ends, ord(delimiter)):
        return None
    try:
        frame = pl.read_csv(
            piece,
            has_header=False,
            schema={str(i): pl.String for i in range(width)},
            separator=delimiter,
            quote_char=quote,
            glob=False,
        )
    except pl.exceptions.PolarsError:
        return None
    # What is too long is refused by polars, what is too short is filled up with nulls: then the last cell is one.
    short = frame[str(width - 1)].null_count() > 0
    if frame.height != len(ends) or (short and not _delimiters_add_up(data, quotes, ord(delimiter), width, len(ends))):
        return None
    # two quotes side by side can be a quoted nothing
    return frame.with_columns(pl.all().replace("", None)) if (np.diff(quotes) == 1).any() else frame


def _quotes_whole(data: npt.NDArray[np.uint8], quotes: Positions, ends: Positions, delimiter: int) -> bool:
    """Whether every quote opens a cell, closes it, or is one of two inside it, and no line ends inside a cell."""
    if not len(quotes):
        return True
    if len(quotes) % 2:
        return False
    opening, closing = quotes[0::2], quotes[1::2]
    doubled = closing[:-1] + 1 == opening[1:]
    before, after = data[opening - 1], data[closing + 1]  # before the first byte is the last one, a line feed
    begins = (before == delimiter) | (before == _LINE_FEED)
    finishes = (after == delimiter) | (after == _LINE_FEED)
    begins[1:] |= doubled
    finishes[:-1] |= doubled
    inside = np.searchsorted(quotes, ends) % 2
    return bool(begins.all() and finishes.all() and not inside.any())


def _delimiters_add_up(
    data: npt.NDArray[np.uint8], quotes: Positions, delimiter: int, width: int, records: int
) -> bool:
    """Whether there are as many delimiters outside of quotes as full rows have."""
    found = data == delimiter
    count = int(np.count_nonzero(found))
    if len(quotes):
        count -= int(np.add.reduceat(found, quotes, dtype=np.int32)[0::2].sum())
    return count == records * (width - 1)
