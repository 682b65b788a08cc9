"""When a dataset is due again: whole calendar periods, in Chisinau's days."""

from __future__ import annotations

from datetime import date
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.declaration.vocabulary import Cadence
from pipelines.observe.calendar import next_due

CADENCES: tuple[Cadence, ...] = get_args(Cadence)


@pytest.mark.parametrize(
    ("cadence", "last", "due"),
    [
        ("daily", date(2026, 2, 28), date(2026, 3, 1)),
        ("weekly", date(2026, 12, 28), date(2027, 1, 4)),
        ("monthly", date(2026, 1, 31), date(2026, 2, 28)),
        ("monthly", date(2028, 1, 1), date(2028, 2, 29)),
        ("quarterly", date(2026, 11, 5), date(2027, 3, 31)),
        ("semester", date(2026, 6, 30), date(2026, 12, 31)),
        ("semester", date(2026, 7, 1), date(2027, 6, 30)),
        ("annual", date(2026, 1, 1), date(2027, 12, 31)),
        ("irregular", date(2026, 1, 1), None),
        ("never", date(2026, 1, 1), None),
    ],
)
def test_the_next_date_is_the_last_day_of_the_period_after_this(cadence: Cadence, last: date, due: date | None) -> None:
    assert next_due(cadence, last) == due


@given(st.sampled_from(CADENCES), st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_what_was_published_today_is_never_overdue_today(cadence: Cadence, last: date) -> None:
    due = next_due(cadence, last)
    assert due is None or due > last
