"""When a dataset is due again, by its cadence, counted in whole calendar periods of Chisinau's days.

Which hour a schedule wakes up is decided in `orchestration/`.
"""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from pipelines.declaration.vocabulary import Cadence

CHISINAU = ZoneInfo("Europe/Chisinau")  # whose days and hours are meant, wherever the machine is

_MONTHS: dict[Cadence, int] = {"monthly": 1, "quarterly": 3, "semester": 6, "annual": 12}
_DAYS: dict[Cadence, int] = {"daily": 1, "weekly": 7}


def next_due(cadence: Cadence, last: date) -> date | None:
    """The last day of the period after the one in which it was published `last`; None where nothing is promised."""
    if cadence in _DAYS:
        return last + timedelta(days=_DAYS[cadence])
    if cadence not in _MONTHS:
        return None
    months = _MONTHS[cadence]
    period = (last.year * 12 + last.month - 1) // months  # the period it was published in, counted from year 0
    first_after = (period + 2) * months
    return date(first_after // 12, first_after % 12 + 1, 1) - timedelta(days=1)
