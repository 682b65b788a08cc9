"""How a number that a file format or database knows is written as text: exact, with a dot, no grouping, no exponent.

Numbers that were typed as text are cast in `tables/`.
"""

from __future__ import annotations

import math
from decimal import Decimal

import polars as pl

WHOLE_FLOATS = 2**53  # beyond it, a float no longer tells one whole number from the next


def plain(value: Decimal) -> str:
    """`value` written out; a fraction of nothing but zeros is left off. `value` is finite."""
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def plain_float(value: float) -> str:
    """`value` as a spreadsheet shows it: to 15 significant digits, its own precision, so 0.1+0.2 is 0.3."""
    if value.is_integer() and abs(value) <= WHOLE_FLOATS:
        return str(int(value))
    return plain(Decimal(f"{value:.15g}"))


def written_out(floats: pl.Expr) -> pl.Expr:
    """Floats as text, as polars writes them, but those far from 1 without an exponent."""
    far = (floats != 0) & ~floats.abs().is_between(1e-4, 1e15)
    whole = pl.when(far).then(floats.cast(pl.Float64)).map_elements(_of_one, return_dtype=pl.String)
    return whole.fill_null(floats.cast(pl.String))


def _of_one(value: float) -> str:
    return plain(Decimal(repr(value))) if math.isfinite(value) else str(value)
