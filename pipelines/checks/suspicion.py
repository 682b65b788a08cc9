"""Finding every row of a table that could break its schema: a superset, fast, by expressions over whole columns.

Which of them really do is judged in `schema.py`, row by row; what spans rows is in `keys.py`. A row that is let through
here is seen by nobody else, so whenever in doubt a row is suspicious. Texts are looked at as little as can be: a cell
that could be cast has the form that `tables/cast.py` asks for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime

import polars as pl

from pipelines.checks.patterns import plain_pattern
from pipelines.declaration.model import FieldModel, Scalar
from pipelines.declaration.vocabulary import FieldType
from pipelines.tables.table import Table

JUDGED_FORMATS = ("email", "uri", "uuid")  # of text; frictionless judges every one
EXACT_DIGITS = 15  # that many significant digits of a decimal number survive in a double

# Where a number's text is short and its value no smaller, or 0 said without an exponent, the value is the text's own.
_SMALLEST = 1e-290
_FIRST_DAY = date(1000, 1, 1)  # before, not every writer of dates gives four digits to a year
# Limits of these shapes can be compared with.
_SHAPES: dict[FieldType, str] = {
    "date": r"[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}",
    "datetime": r"[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?Z",
    "time": r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]",
    "yearmonth": r"[0-9]{4}-(?:0[1-9]|1[0-2])",
}


def suspicious_rows(table: Table) -> pl.Series:
    """The rows (from 0, ascending) of a table that is in memory that could hold a wrong cell."""
    frames = [
        table.frame.rename({name: f"v.{name}" for name in table.frame.columns}),
        table.texts.rename({name: f"t.{name}" for name in table.texts.columns}),
    ]
    blank = pl.all_horizontal(pl.col(f"t.{name}").is_null() for name in table.texts.columns)
    doubts = [doubt.fill_null(False) for field in table.schema.fields for doubt in _doubts(field, table.texts)]
    both = pl.concat(frames, how="horizontal")
    return both.select(pl.any_horizontal(blank, *doubts).alias("doubt"))["doubt"].arg_true()


def _doubts(field: FieldModel, texts: pl.DataFrame) -> Iterator[pl.Expr]:
    """For one field, the expressions that are true where a cell could be wrong."""
    value, text = pl.col(f"v.{field.name}"), pl.col(f"t.{field.name}")
    constraints = field.constraints
    if field.type != "string":
        yield text.is_not_null() & value.is_null()
        yield from _read_otherwise(field.type, text, value)
    elif field.format in JUDGED_FORMATS:
        yield text.is_not_null()
    if constraints.required:
        yield text.is_null()
    for limit, wrong in (
        (constraints.minimum, pl.Expr.lt),
        (constraints.maximum, pl.Expr.gt),
        (constraints.exclusive_minimum, pl.Expr.le),
        (constraints.exclusive_maximum, pl.Expr.ge),
    ):
        if limit is not None:
            bound = _bound(field.type, limit)
            yield text.is_not_null() if bound is None else wrong(value, bound)
    if constraints.min_length is not None:
        yield text.str.len_chars() < constraints.min_length
    if constraints.max_length is not None:
        yield text.str.len_chars() > constraints.max_length
    if constraints.pattern is not None:
        yield ~_matches(text, constraints.pattern, texts[field.name])
    if constraints.enum is not None:
        yield ~text.is_in([_as_text(each) for each in constraints.enum])
    if field.categories is not None:
        yield ~text.is_in([category.value for category in field.categories])


def _read_otherwise(kind: FieldType, text: pl.Expr, value: pl.Expr) -> Iterator[pl.Expr]:
    """Where frictionless could read something else in a text, or nothing, than the value that it was cast to."""
    match kind:
        case "integer":
            yield text.str.len_bytes() > EXACT_DIGITS
        case "number":
            odd = pl.when((text.str.len_bytes() > EXACT_DIGITS) | (value.abs() < _SMALLEST)).then(text)
            signs = odd.str.contains(".", literal=True).cast(pl.Int32) + odd.str.starts_with("-").cast(pl.Int32)
            few = odd.str.len_bytes().cast(pl.Int32) - signs <= EXACT_DIGITS
            plain = odd.str.contains(r"^-?[0-9]+(?:\.[0-9]+)?$")
            yield ~((plain & few) | odd.str.contains(r"^-?0\.[0-9]{1,15}$"))
        case "date":
            yield value < _FIRST_DAY
        case "datetime":
            yield value.dt.date() < _FIRST_DAY
        case "year":
            yield value < _FIRST_DAY.year
        case _:  # what could be cast has a shape that says all
            return


def _bound(kind: FieldType, limit: Scalar) -> pl.Expr | None:
    """A limit as a value to compare with; None if it cannot be compared here without doubt."""
    if isinstance(limit, bool):
        return None
    if isinstance(limit, int):
        return pl.lit(limit) if kind in ("integer", "year", "number") and abs(limit) < 10**EXACT_DIGITS else None
    if isinstance(limit, float):
        return pl.lit(limit) if kind == "number" and len(repr(limit)) <= EXACT_DIGITS else None
    if kind in ("time", "yearmonth") and re.fullmatch(_SHAPES[kind], limit):
        return pl.lit(limit)
    if kind == "date" and re.fullmatch(_SHAPES[kind], limit):
        return pl.lit(date.fromisoformat(limit))
    if kind == "datetime" and re.fullmatch(_SHAPES[kind], limit):
        return pl.lit(datetime.fromisoformat(limit.removesuffix("Z")), dtype=pl.Datetime("us"))
    return None


def _matches(text: pl.Expr, pattern: str, texts: pl.Series) -> pl.Expr:
    """Whether a text matches `pattern` from its first character to its last, by Python's rules."""
    if plain_pattern(pattern):
        return text.str.contains(rf"^(?:{pattern})$") & (text.str.len_bytes() == text.str.len_chars())
    compiled = re.compile(f"(?:{pattern})")
    matching = [each for each in texts.drop_nulls().unique().to_list() if compiled.fullmatch(each)]
    return text.is_in(matching)


def _as_text(value: Scalar) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
