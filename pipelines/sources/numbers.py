"""How a number that a file format or database knows is written as text: exact, with a dot, no grouping, no exponent.

Numbers that were typed as text are cast in `tables/`.
"""

from __future__ import annotations

from decimal import Decimal

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
