"""What is let through without a look would have been found right, had it been judged."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from pipelines.checks import schema
from pipelines.checks.suspicion import suspicious_rows
from pipelines.tables.table import Table

MakeTable = Callable[..., Table]
Drawn = tuple[dict[str, Any], list[str | None]]

TEXTS: dict[str, list[str]] = {
    "string": ["a", "AB", "ș", "aXX", "٣", "a\nb", "ＡＢ", "me@x.md"],
    "integer": ["0", "-0", "+5", "++5", "007", "-12", "9007199254740993", "999999999999999", "1_0", "5.0", "1e3", "٣"],
    "number": [
        "0", "-0", "0.0", "0.000", ".5", "5.", "1e3", "1E-3", "+1.5", "1e-400", "9e-321", "1e-290", "0e5", "9e300",
        "1e999", "0.1", "0.10000000000000001", "1.00000000000000", "123456789012345", "1234567890123456",
        "0.123456789012345", "NaN",
    ],
    "boolean": ["true", "false", "1", "da"],
    "date": ["2020-01-31", "0999-12-31", "1000-01-01", "0001-01-01", "2021-02-29", "2020-1-5"],
    "time": ["08:00:00", "23:59:59", "8:00:00", "24:00:00"],
    "datetime": ["2020-01-01T00:00:00Z", "0999-01-01T00:00:00Z", "2020-01-01T08:30:00.5Z", "2020-01-01T25:00:00Z"],
    "year": ["2020", "0999", "1000", "0000", "999", "20200"],
    "yearmonth": ["2020-01", "0000-12", "2020-13"],
}  # fmt: skip
LIMITS: dict[str, list[dict[str, Any]]] = {
    "string": [{"pattern": "[A-Z]{2}"}, {"pattern": "a|b"}, {"minLength": 2}, {"maxLength": 2}, {"enum": ["a", "ș"]}],
    "integer": [{"minimum": 0}, {"maximum": 5}, {"exclusiveMinimum": 0}, {"exclusiveMaximum": 7}, {"enum": [0, 7]}],
    "number": [
        {"minimum": 0}, {"maximum": 0}, {"exclusiveMinimum": 0}, {"exclusiveMaximum": 0.1}, {"maximum": 1e-300},
        {"minimum": 0.123456789012345}, {"maximum": 1e300}, {"enum": [0, 0.1]},
    ],
    "boolean": [{"enum": [True]}],
    "date": [{"minimum": "1000-01-01"}, {"maximum": "2020-12-31"}],
    "time": [{"minimum": "09:00:00"}],
    "datetime": [{"maximum": "2020-01-01T01:00:00Z"}],
    "year": [{"minimum": 1000}, {"maximum": 2020}],
    "yearmonth": [{"minimum": "2020-01"}],
}  # fmt: skip


@st.composite
def columns(draw: st.DrawFn) -> Drawn:
    """What is declared of a field, and its cells."""
    kind = draw(st.sampled_from(sorted(TEXTS)))
    limits: dict[str, Any] = draw(st.sampled_from([{}, *LIMITS[kind]])) | draw(
        st.sampled_from([{}, {"required": True}])
    )
    said: dict[str, Any] = {"type": kind, "constraints": limits}
    if kind == "string" and draw(st.booleans()):
        said["format"] = draw(st.sampled_from(["email", "uri", "uuid"]))
    odd = st.one_of(st.text("0123456789+-.eE_tf: ", min_size=1, max_size=18), st.none())
    cells: list[str | None] = draw(st.lists(st.one_of(st.sampled_from(TEXTS[kind]), odd), min_size=1, max_size=6))
    return said, cells


def _every_row(part: Table) -> pl.Series:
    return pl.int_range(part.height, eager=True)


@settings(max_examples=400, deadline=None)
@given(drawn=columns())
def test_what_is_let_through_would_have_been_found_right(make_session_table: MakeTable, drawn: Drawn) -> None:
    said, cells = drawn
    table = make_session_table({"x": said, "filled": {}}, *[[cell, "x"] for cell in cells])
    event(f"{said['type']}: {len(suspicious_rows(table))} of {len(cells)}")
    found = schema.check_schema(table, {"t": table})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(schema, "suspicious_rows", _every_row)
        assert schema.check_schema(table, {"t": table}) == found


@pytest.mark.parametrize(
    ("kind", "text"), [("integer", "-12"), ("number", "-0.50"), ("number", "1e3"), ("year", "2020")]
)
def test_an_ordinary_cell_is_let_through(make_session_table: MakeTable, kind: str, text: str) -> None:
    assert suspicious_rows(make_session_table({"x": {"type": kind}}, [text])).is_empty()
