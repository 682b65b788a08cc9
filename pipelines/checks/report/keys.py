"""What spans rows: which rows hold a key that another holds, and which one that a table referred to does not.

Keys are compared as two words of 64 bits that stand for what they hold (`scan.py`), so ten million of them take little
memory. What a repeated key means, and its words, are in `judge.py`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray


def repeated(words: Sequence[pl.Series]) -> NDArray[np.int64]:
    """The rows (from 0, ascending) whose first word another row has too. `words`: of each block; null is no key."""
    all_words = pl.concat(words, rechunk=True)
    held = all_words.drop_nulls().sort().to_numpy()
    twice = np.unique(held[1:][held[1:] == held[:-1]])
    if not len(twice):
        return np.empty(0, np.int64)
    return all_words.is_in(pl.Series(twice).implode()).fill_null(value=False).arg_true().to_numpy().astype(np.int64)


def strangers(keys: Sequence[pl.DataFrame], known: pl.DataFrame) -> NDArray[np.int64]:
    """The rows (from 0, ascending) whose key is none of the `known`. `keys`: both words, of each block."""
    rows = pl.concat(keys).with_row_index("row").drop_nulls()
    missing = rows.join(known.drop_nulls().unique(), on=known.columns, how="anti")
    return missing["row"].sort().to_numpy().astype(np.int64)
