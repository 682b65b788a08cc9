"""A column of a source whose cells are canonical as they stand -> its values, with none of the steps that others need.

Most columns that a machine wrote are so. That nothing has to be done to them is told by what they are cast to, which
costs less than doing nothing to each cell; whatever is in doubt is left to `cast.py`, which would come to the same.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

import polars as pl

from pipelines.declaration.model import FieldModel
from pipelines.declaration.vocabulary import FieldType
from pipelines.tables.alike import few_texts
from pipelines.tables.cast import FALSE_VALUES, TRUE_VALUES, cast, missing


def clean(cells: pl.Series, field: FieldModel, words: Collection[str], *, verbatim: bool = False) -> pl.Series | None:
    """The values of `cells` (String, null is an empty cell) if they are their own canonical texts; None if in doubt.

    `words`: what stands for a missing value.
    """
    if (said := [word for word in words if word]) and cells.is_in(said).any():
        return None
    if field.type == "string":
        return _strings(cells, field, verbatim=verbatim)
    read = _READ.get(field.type)
    values = read(cells, field) if read else None
    return values if values is not None and values.null_count() == cells.null_count() else None


def _strings(cells: pl.Series, field: FieldModel, *, verbatim: bool) -> pl.Series | None:
    texts = few_texts(cells)
    if texts is None:
        return None
    texts = texts.drop_nulls()
    canonical, _ = cast(missing(texts, [""]), None, field, verbatim=verbatim)
    return cells if canonical.equals(texts) else None


def _integers(cells: pl.Series, field: FieldModel) -> pl.Series | None:
    if field.group_char or not field.bare_number or cells.str.starts_with("+").any():
        return None
    return cells.cast(pl.Int64, strict=False)


def _numbers(cells: pl.Series, field: FieldModel) -> pl.Series | None:
    plain = field.bare_number and not field.group_char and field.decimal_char in (None, ".")
    if not plain or cells.str.starts_with("+").any():
        return None
    values = cells.cast(pl.Float64, strict=False)
    if not values.is_finite().all():
        return None
    return pl.select(pl.when(values == 0.0).then(0.0).otherwise(values)).to_series()  # -0 is 0


def _years(cells: pl.Series, _field: FieldModel) -> pl.Series | None:
    values = cells.cast(pl.Int64, strict=False)
    four_digits = (values >= 1000).all() and (cells.str.len_bytes() == 4).all()
    return values if four_digits else None


def _booleans(cells: pl.Series, field: FieldModel) -> pl.Series | None:
    yes, no = field.true_values or TRUE_VALUES, field.false_values or FALSE_VALUES
    if "true" not in yes or "false" not in no or "true" in no:
        return None
    values = cells == "true"
    return values if (values | (cells == "false")).all() else None


def _dates(cells: pl.Series, field: FieldModel) -> pl.Series | None:
    texts = few_texts(cells)
    if texts is None or field.format is not None:
        return None
    values = cast(texts, None, field)[1]
    return cells.replace_strict(texts, values, return_dtype=pl.Date)


_READ: dict[FieldType, Callable[[pl.Series, FieldModel], pl.Series | None]] = {
    "integer": _integers,
    "number": _numbers,
    "year": _years,
    "boolean": _booleans,
    "date": _dates,
}
