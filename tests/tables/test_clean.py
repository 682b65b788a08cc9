"""A column that is taken as it stands holds what the careful way makes of it."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from pipelines.declaration.model import FieldModel
from pipelines.tables.cast import cast, missing
from pipelines.tables.clean import clean

MANY = 2_100  # cells, more than a column has of which nothing is told by its first ones

FIELDS: dict[str, list[dict[str, Any]]] = {
    "string": [{}, {"format": "period"}],
    "integer": [{}, {"groupChar": "."}, {"groupChar": "-"}, {"bareNumber": False}],
    "number": [{}, {"decimalChar": ","}, {"decimalChar": ".", "groupChar": ","}, {"bareNumber": False}],
    "year": [{}],
    "boolean": [{}, {"trueValues": ["true", "da"]}, {"falseValues": ["false", "true"]}, {"trueValues": ["da"]}],
    "date": [{}, {"format": "%d.%m.%Y"}, {"format": "romanian"}],
    "datetime": [{}],
    "time": [{}],
    "yearmonth": [{}],
}
CLEAN = {
    "string": ["a", "ș", "x,y", "2020"],
    "integer": ["0", "7", "-3", "007", "-0", "1234567"],
    "number": ["0", "1.5", "-2.25", "1e3", "-0", "0.10", "5.", ".5"],
    "year": ["2020", "1999", "9999"],
    "boolean": ["true", "false"],
    "date": ["2020-01-31", "0999-12-31", "2024-02-29"],
    "datetime": ["2020-01-31T00:00:00Z"],
    "time": ["12:30:00"],
    "yearmonth": ["2020-01"],
}
ODD = [
    "", " ", " 5", "5 ", "+5", "++5", "1_0", "٣", "１２", "1e999", "1e-400", "inf", "NaN", "Infinity", "0x1", ".", "-",
    "−3", "99999999999999999999", "0999", "02020", "+200", "999", "True", "TRUE", "1", "da", "2020-1-5", "2020-01- 5",
    "+2020-1-05", " 999-01-01", "2021-02-29", "0000-01-01", "31.01.2020", "1 ianuarie 2020", "ţ", "e\u0301", "a\u00a0",
    "\u2003b", "NA", "1,5", "1.234", "1-234", "semestrul I 2020", "5%", "lei 5", "\n7", "7\n",
]  # fmt: skip


@st.composite
def columns(draw: st.DrawFn) -> tuple[FieldModel, list[str], list[str | None]]:
    """A field, its missing values, and cells: mostly such that the column is clean."""
    kind = draw(st.sampled_from(sorted(FIELDS)))
    field = FieldModel.model_validate({"name": "x", "type": kind, **draw(st.sampled_from(FIELDS[kind]))})
    odd = st.one_of(st.sampled_from(ODD), st.text("0123456789+-.eE_ tf/:T", max_size=11))
    good = st.sampled_from(CLEAN[kind])
    cells: list[str | None] = list(draw(st.lists(st.one_of(good, good, good, st.none()), max_size=6)))
    if draw(st.booleans()):
        cells.insert(draw(st.integers(0, len(cells))), draw(odd))
    return field, draw(st.sampled_from([[""], ["", "NA"], ["NA", "0", "2020", "true"]])), cells


@settings(max_examples=400, deadline=None)
@given(drawn=columns(), verbatim=st.booleans(), many=st.booleans())
def test_a_column_taken_as_it_stands_holds_what_the_careful_way_makes_of_it(
    drawn: tuple[FieldModel, list[str], list[str | None]], *, verbatim: bool, many: bool
) -> None:
    field, words, texts = drawn
    cells = pl.Series("x", texts * (MANY // len(texts) + 1) if many and texts else texts, dtype=pl.String)
    found = clean(cells, field, words, verbatim=verbatim)
    event(f"{field.type}: {'in doubt' if found is None else 'clean'}")
    if found is not None:
        careful, values = cast(missing(cells, words), None, field, verbatim=verbatim)
        assert careful.equals(cells, null_equal=True)
        assert values.equals(found, check_dtypes=True, null_equal=True)
        assert [str(value) for value in values.head(9)] == [str(value) for value in found.head(9)], "no -0 beside 0"


@pytest.mark.parametrize("kind", ["string", "integer", "number", "year", "boolean", "date"])
def test_what_a_machine_wrote_is_taken_as_it_stands(kind: str) -> None:
    field = FieldModel.model_validate({"name": "x", "type": kind})
    texts = [text for text in CLEAN[kind] if text != "0999-12-31"]
    assert clean(pl.Series([*texts, None] * MANY, dtype=pl.String), field, [""]) is not None
