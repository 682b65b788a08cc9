"""One column of text as printed -> canonical text and typed values: decimal commas, groups, dates and periods in words.

Vectorised; strict (`1_0` and `12,5 %` are no numbers); what cannot be cast stays as printed, for the checks to name.
Which column becomes which field is decided in `build.py`. Formats are those of the Table Schema, and two words of ours:
`romanian` (dates and months as Romanian officers write them) and `period` (half-years, quarters and months in words).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

import polars as pl

from pipelines.declaration.model import FieldModel
from pipelines.tables.periods import period_code, romanian_date, romanian_month
from pipelines.tables.table import DTYPES
from pipelines.text import CEDILLA_TO_COMMA

TRUE_VALUES = ["true", "True", "TRUE", "1"]
FALSE_VALUES = ["false", "False", "FALSE", "0"]

_FEW = 10_000  # cells that are changed sooner than it is asked whether they must be
_BLANKS = "[\u00a0\u2007\u2009\u202f ]"
_MINUS = "[\u2212\u2013]"
_INTEGER = r"^[+-]?[0-9]+$"
_NUMBER = r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?$"


def missing(text: pl.Series, values: list[str]) -> pl.Series:
    """`text` with outer blanks removed, and null where it is empty or one of the missing `values`."""
    bare = text.str.strip_chars()
    gone = bare.is_in(["", *values])
    return pl.select(pl.when(gone.not_()).then(bare)).to_series().alias(text.name) if gone.any() else bare


def cast(
    text: pl.Series, native: pl.Series | None, field: FieldModel, *, verbatim: bool = False
) -> tuple[pl.Series, pl.Series]:
    """(texts, values) of one field, from its text (String, null = missing) and where it is already canonical.

    Where a text does not fit the type, the value is null and the text stays as printed.
    """
    printed = native if native is None else native.not_()
    if field.type == "string":
        texts = text if verbatim else _string(text, field)
        return texts, texts
    canonical = _CANONICAL[field.type](text, field)
    if printed is not None:
        canonical = canonical.zip_with(printed, _from_native(text, field))
    values = _typed(canonical, field)
    if values.null_count() > text.null_count():
        canonical = canonical.zip_with(values.is_not_null(), text)
    return canonical, values


def _string(text: pl.Series, field: FieldModel) -> pl.Series:
    if not _ascii(text):
        text = _each(text, lambda value: unicodedata.normalize("NFC", value).translate(CEDILLA_TO_COMMA))
    return _each(text, period_code) if field.format == "period" else text


def _ascii(text: pl.Series) -> bool:
    own = pl.col(text.name)
    return text.to_frame().select((own.str.len_bytes() == own.str.len_chars()).all()).item()


def _each(text: pl.Series, change: Callable[[str], str]) -> pl.Series:
    """`change` applied once per distinct value."""
    distinct = text.drop_nulls().unique().to_list()
    changed = [change(value) for value in distinct]
    return text if changed == distinct else text.replace_strict(distinct, changed, return_dtype=pl.String)


def _from_native(text: pl.Series, field: FieldModel) -> pl.Series:
    """A cell that is a real number or date in its file, as canonical text. Spreadsheets hold a date as a moment."""
    if field.type == "date":
        return text.str.replace(r"T00:00:00(\.0+)?Z?$", "")
    if field.type == "datetime":
        day = text.str.replace(r"^([0-9-]{10})$", "${1}T00:00:00")
        return day.str.replace(r"([0-9])$", "${1}Z")
    if field.type == "yearmonth":  # a sheet that shows a month holds its first day
        return text.str.replace(r"^([0-9]{4}-[0-9]{2})-01(T00:00:00(\.0+)?Z?)?$", "${1}")
    if field.type in ("year", "integer"):
        return text.str.replace(r"\.0+$", "")
    return text


def _number(text: pl.Series, field: FieldModel) -> pl.Series:
    if not field.bare_number:
        text = text.str.replace(r"^[^0-9+\-.,−–]+", "").str.replace(r"[^0-9.,]+$", "")
    if text.len() < _FEW or not _ascii(text):
        text = text.str.replace(_MINUS, "-")
    decimal = (field.decimal_char or ".") if field.type == "number" else ""
    if field.group_char:
        text = _without_groups(text, _BLANKS if field.group_char.isspace() else re.escape(field.group_char), decimal)
    if decimal not in ("", "."):
        # a dot is not a decimal sign here: it must not slip through as one
        text = text.str.replace_all(".", "?", literal=True).str.replace(decimal, ".", literal=True)
    return text.str.strip_prefix("+") if text.len() < _FEW or text.str.starts_with("+").any() else text


def _without_groups(text: pl.Series, group: str, decimal: str) -> pl.Series:
    """Numbers whose digits stand in whole groups of three, without the signs between; others as they are.

    So `1.5` in a column grouped by dots stays a fault that is named, and does not become fifteen.
    """
    rest = f"({re.escape(decimal)}[0-9]*)?([eE][+-]?[0-9]+)?" if decimal else ""
    grouped = text.str.contains(f"^[+-]?[0-9]{{1,3}}({group}[0-9]{{3}})+{rest}$").fill_null(value=False)
    return text.zip_with(grouped.not_(), text.str.replace_all(group, ""))


def _boolean(text: pl.Series, field: FieldModel) -> pl.Series:
    words = dict.fromkeys(field.true_values or TRUE_VALUES, "true")
    words |= dict.fromkeys(field.false_values or FALSE_VALUES, "false")
    return text.replace_strict(list(words), list(words.values()), default=None, return_dtype=pl.String)


def _date(text: pl.Series, field: FieldModel) -> pl.Series:
    if field.format == "romanian":
        return _each(text, romanian_date)
    if field.format and "%" in field.format:
        return text.str.to_date(field.format, strict=False).dt.to_string("%Y-%m-%d")
    return text


def _datetime(text: pl.Series, field: FieldModel) -> pl.Series:
    if field.format and "%" in field.format:
        return text.str.to_datetime(field.format, strict=False, time_unit="us").dt.to_string("%Y-%m-%dT%H:%M:%SZ")
    return text.str.replace(r"([0-9])$", "${1}Z")


def _month(text: pl.Series, field: FieldModel) -> pl.Series:
    return _each(text, romanian_month) if field.format == "romanian" else text


def _as_is(text: pl.Series, _field: FieldModel) -> pl.Series:
    return text


_CANONICAL: dict[str, Callable[[pl.Series, FieldModel], pl.Series]] = {
    "integer": _number,
    "number": _number,
    "year": _as_is,
    "boolean": _boolean,
    "date": _date,
    "datetime": _datetime,
    "time": _as_is,
    "yearmonth": _month,
}


def _typed(canonical: pl.Series, field: FieldModel) -> pl.Series:
    """Canonical text -> values; null where it does not fit."""
    dtype = DTYPES[field.type]
    shapes = {
        "integer": _INTEGER,
        "number": _NUMBER,
        "year": r"^[0-9]{4}$",
        "boolean": r"^(true|false)$",
        "date": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
        "datetime": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?Z$",
        "time": r"^([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]$",
        "yearmonth": r"^[0-9]{4}-(0[1-9]|1[0-2])$",
    }
    fits = canonical.str.contains(shapes[field.type])
    shaped = canonical if fits.all() else pl.select(pl.when(fits).then(canonical)).to_series()
    if field.type == "boolean":
        return shaped == "true"
    if field.type == "date":
        return _since_year_one(shaped.str.to_date("%Y-%m-%d", strict=False, cache=False))
    if field.type == "datetime":
        return _since_year_one(
            shaped.str.strip_suffix("Z").str.to_datetime("%Y-%m-%dT%H:%M:%S%.f", strict=False, time_unit="us")
        )
    values = shaped.cast(dtype, strict=False)
    if field.type != "number":
        return values
    # -0 is 0, and 1e999 is no number that can be published
    whole = pl.when(values == 0.0).then(0.0).when(values.is_finite()).then(values)
    return pl.select(whole).to_series()


def _since_year_one(values: pl.Series) -> pl.Series:
    """Dates that every reader has: there is no year 0."""
    return pl.select(pl.when(values.dt.year() >= 1).then(values)).to_series()
