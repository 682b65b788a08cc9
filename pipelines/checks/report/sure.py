"""A Table Schema field of frictionless as expressions: which cells of a column are surely right, and what they hold.

Whatever is not sure here is asked of frictionless' own reader of that field, in `scan.py`; so an expression may say no
to a good cell, and never yes to a bad one. Rows are judged in `judge.py`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import polars as pl

from pipelines.checks.patterns import plain_pattern

if TYPE_CHECKING:
    from frictionless import Field


def missing_values(field: Field) -> list[str]:
    """The texts that are no value in this field."""
    if not field.has_defined("missing_values") and field.schema:
        return field.schema.missing_values
    return field.missing_values


def missing(field: Field, text: pl.Expr) -> pl.Expr:
    """Where a cell holds no value."""
    values = missing_values(field)
    return text == values[0] if len(values) == 1 else text.is_in(values)


def sure(field: Field, text: pl.Expr, value: pl.Expr | None) -> pl.Expr:
    """Where frictionless has nothing against a cell, for certain. `value`: as `typed` told it."""
    constraints = {
        name: limit
        for name in field.supported_constraints
        if name != "required" and (limit := field.constraints.get(name)) is not None
    }
    right = _nowhere(text)
    if value is not None:
        right = _certain(field, text, value)
        for name, limit in constraints.items():
            right &= _keeps(field, name, limit, text, value)
    gap = missing(field, text)
    return right & ~gap if field.constraints.get("required") else right | gap


def typed(field: Field, text: pl.Expr) -> pl.Expr | None:
    """The value of a cell, null where it is not certain; None where no expression can tell."""
    read = _TYPED.get(field.type)
    return read(field, text) if read else None


def _certain(field: Field, text: pl.Expr, value: pl.Expr) -> pl.Expr:
    """Where a value that could be read is one for frictionless, too."""
    match field.type:
        case "number":
            return value.is_finite() & (text.str.len_bytes() <= _DECIMAL)
        case "date":
            return text.str.contains(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$") & (value >= pl.lit(date(1, 1, 1)))
        case "year":
            return (text.str.len_bytes() == len("2026")) & (value >= 0)
        case _:
            return value.is_not_null()


def _nowhere(text: pl.Expr) -> pl.Expr:
    return text.is_null()


# --- types ------------------------------------------------------------------------------------------------------------


def _text(field: Field, text: pl.Expr) -> pl.Expr | None:
    return text if field.format == "default" or field.type == "any" else None


def _integer(field: Field, text: pl.Expr) -> pl.Expr | None:
    return text.cast(pl.Int64, strict=False) if _setting(field, "bare_number") else None


def _number(field: Field, text: pl.Expr) -> pl.Expr | None:
    decimal, group = _setting(field, "decimal_char"), _setting(field, "group_char")
    if not _setting(field, "bare_number") or len(decimal) != 1:
        return None
    if group:
        text = text.str.replace_all(group, "", literal=True)
    if decimal != ".":
        plain = pl.when(~text.str.contains(".", literal=True)).then(text)
        text = plain.str.replace_all(decimal, ".", literal=True)
    return text.cast(pl.Float64, strict=False)


def _boolean(field: Field, text: pl.Expr) -> pl.Expr | None:
    no, yes = _setting(field, "false_values"), _setting(field, "true_values")
    return pl.when(text.is_in(no)).then(pl.lit(False)).when(text.is_in(yes)).then(pl.lit(True))


def _date(field: Field, text: pl.Expr) -> pl.Expr | None:
    return text.str.to_date("%Y-%m-%d", strict=False) if field.format == "default" else None


def _year(_field: Field, text: pl.Expr) -> pl.Expr | None:
    return text.cast(pl.Int64, strict=False)


def _shape(pattern: str) -> Callable[[Field, pl.Expr], pl.Expr | None]:
    """A type whose texts of this shape are right and, among themselves, in the order of their values."""

    def read(field: Field, text: pl.Expr) -> pl.Expr | None:
        return pl.when(text.str.contains(pattern)).then(text) if field.format == "default" else None

    return read


_MONTH = r"^[0-9]{4}-(?:0[1-9]|1[0-2])$"
_TIME = r"^(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]$"
_DAY = r"(?:0[1-9]|1[0-9]|2[0-8])"  # of every month
_DECIMAL = 20  # bytes of a text whose exponent, if it has any, Python's decimal numbers can bear
_SECONDS = 19  # characters of a datetime up to its seconds
_DATETIME = rf"^[1-9][0-9]{{3}}-(?:0[1-9]|1[0-2])-{_DAY}T{_TIME.strip('^$')}(?:\.[0-9]{{1,6}})?Z?$"

_TYPED: dict[str, Callable[[Field, pl.Expr], pl.Expr | None]] = {
    "any": _text,
    "string": _text,
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "date": _date,
    "year": _year,
    "yearmonth": _shape(_MONTH),
    "time": _shape(_TIME),
    "datetime": _shape(_DATETIME),
}


def _setting(field: Field, name: str) -> Any:
    return getattr(field, name)


# --- constraints ------------------------------------------------------------------------------------------------------


def _keeps(field: Field, name: str, limit: Any, text: pl.Expr, value: pl.Expr) -> pl.Expr:
    """Where a constraint is surely kept."""
    if name in _ORDER:
        bound = _bound(field, field.create_value_reader()(limit))
        return _nowhere(text) if bound is None else _ORDER[name](_ordered(field, text, value, limit), bound)
    if field.type not in ("string", "any"):
        return _nowhere(text)
    if name == "minLength":
        return text.str.len_chars() >= limit
    if name == "maxLength":
        return text.str.len_chars() <= limit
    if name == "enum":
        return text.is_in([each for each in limit if isinstance(each, str)])
    if name == "pattern" and plain_pattern(limit):
        return text.str.contains(f"^(?:{limit})$") & (text.str.len_bytes() == text.str.len_chars())
    return _nowhere(text)


# What is at the very bound is not sure: a decimal number may be beyond it and the nearest double not.
_ORDER: dict[str, Callable[[pl.Expr, pl.Expr], pl.Expr]] = {
    "minimum": pl.Expr.gt,
    "exclusiveMinimum": pl.Expr.gt,
    "maximum": pl.Expr.lt,
    "exclusiveMaximum": pl.Expr.lt,
}


def _ordered(field: Field, text: pl.Expr, value: pl.Expr, limit: Any) -> pl.Expr:
    """What is compared with a bound."""
    if field.type != "datetime":
        return value
    zoned = field.create_value_reader()(limit).tzinfo is not None  # Python compares no time with and without a zone
    return pl.when(value.str.ends_with("Z") == zoned).then(text.str.head(_SECONDS))


def _bound(field: Field, read: Any) -> pl.Expr | None:
    """A limit, as frictionless reads it, to be compared with values; None where that cannot be done for certain."""
    match field.type, read:
        case (("integer" | "year"), int()) if abs(read) < 2**63:
            return pl.lit(read, pl.Int64)
        case "number", (int() | float() | Decimal()) if math.isfinite(number := _double(read)):
            return pl.lit(number, pl.Float64)
        case "date", date():
            return pl.lit(read, pl.Date)
        case "time", time() if read.tzinfo is None:
            return pl.lit(read.isoformat("seconds"))
        case "datetime", datetime():
            utc = read.astimezone(UTC) if read.tzinfo else read
            return pl.lit(utc.replace(tzinfo=None).isoformat(timespec="seconds"))
        case "yearmonth", (int(year), int(month)) if 0 <= year <= 9999:
            return pl.lit(f"{year:04d}-{month:02d}")
        case _:
            return None


def _double(value: float | Decimal) -> float:
    try:
        return float(value)
    except (OverflowError, ValueError):
        return math.nan


# --- keys -------------------------------------------------------------------------------------------------------------

# Types whose values are compared as they are held here, and how that is made of what frictionless reads.
HELD: dict[str, tuple[pl.DataType, Callable[[Any], Any]]] = {
    "string": (pl.String(), str),
    "any": (pl.String(), str),
    "integer": (pl.Int128(), int),
    "number": (pl.Float64(), lambda value: float(value) + 0.0),
    "boolean": (pl.Boolean(), bool),
    "date": (pl.Date(), lambda value: value),
    "year": (pl.Int128(), int),
    "yearmonth": (pl.String(), lambda value: f"{value[0]:04d}-{value[1]:02d}"),
}
OTHERWISE: tuple[pl.DataType, Callable[[Any], Any]] = (pl.Int64(), hash)


def key(field: Field, text: pl.Expr, value: pl.Expr | None) -> pl.Expr | None:
    """What is compared where this field is part of a key: equal wherever the values are, null where that is unsure.

    `value`: as `typed` told it. None where no expression can tell.
    """
    if field.type not in HELD or value is None:
        return None
    held = value + 0.0 if field.type == "number" else value.cast(HELD[field.type][0])  # there is no -0 beside 0
    return pl.when(_certain(field, text, value) & ~missing(field, text)).then(held)
