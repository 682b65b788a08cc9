"""What a database gives is written as if each value had been written by itself."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipelines.findings import Finding, Place
from pipelines.sources.numbers import plain
from pipelines.sources.query_rows import csv_lines

Refusal = Callable[[Callable[[], object]], list[Finding]]
TEXTS = st.text(st.sampled_from([*"aș𝄞,\"\r\n\t \x1c\x85\xa0\u2028;'"]), max_size=4)
FLOATS = st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from([-0.0, 1e-4, 1e15, 1e16, 0.1 + 0.2])
NUMBERS = st.integers(-(2**70), 2**70)
COLUMN = st.sampled_from(
    [TEXTS, FLOATS, NUMBERS, st.booleans(), st.decimals(-9, 9, places=2), TEXTS | FLOATS | NUMBERS]
)
ROWS = st.integers(1, 5).flatmap(
    lambda height: st.lists(
        COLUMN.flatmap(lambda kind: st.lists(st.none() | kind, min_size=height, max_size=height)),
        min_size=1,
        max_size=4,
    )
)


def _expected(value: Any) -> str | None:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return plain(Decimal(repr(value)))
    return value if value is None else str(value)


def _cell(text: str | None) -> str:
    if text is None:
        return ""
    safe = text and text == text.strip() and not any(sign in text for sign in ',"\r\n')
    return text if safe else '"' + text.replace('"', '""') + '"'


@given(columns=ROWS)
@example(columns=[[-0.0, 1e300, None], ["", None, " "]])
def test_a_batch_of_rows_is_written_as_its_cells_one_by_one(columns: list[list[Any]]) -> None:
    rows = list(zip(*columns, strict=True))
    names = [f"c{number}" for number in range(len(columns))]
    texts = [[_expected(value) for value in row] for row in rows]
    written = csv_lines(names, rows, Place()).decode()
    assert written == "".join(",".join(map(_cell, row)) + "\n" for row in texts)
    if len(columns) > 1:  # one empty cell alone is an empty line to Python
        assert list(csv.reader(io.StringIO(written, newline=""))) == [[cell or "" for cell in row] for row in texts]


def test_what_is_met_seldom_is_written_as_well() -> None:
    moment = datetime(2020, 7, 1, 12, tzinfo=UTC)
    row = [date(20, 1, 31), moment, moment.time(), True, Decimal("1E+3"), None]
    assert csv_lines(list("abcdef"), [row], Place()) == b"0020-01-31,2020-07-01T12:00:00Z,12:00:00,true,1000,\n"


@pytest.mark.parametrize("value", [math.nan, math.inf, b"x", [1], Decimal("NaN")])
def test_a_value_that_no_cell_can_hold_is_refused_by_its_column(refusal: Refusal, value: object) -> None:
    rows = [(1.5, 1.5), (2.5, value)]
    (finding,) = refusal(lambda: csv_lines(["a", "b"], rows, Place()))
    assert (finding.code, finding.params["column"]) == ("sql-value", "b")
