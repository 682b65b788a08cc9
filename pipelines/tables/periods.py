"""Dates, months and periods in Romanian or Russian words -> ISO dates and SDMX period codes.

`semestrul I 2020` is `2020-S1`, `trim. III, 2019` is `2019-Q3`, `9 luni 2024` is `2024-01-01/P9M`. A text that is
none of these comes back unchanged, for the checks to name. Columns are cast in `cast.py`.
"""

from __future__ import annotations

import re
from datetime import date

from pipelines.text import romanian

_MONTHS = (
    ("ianuarie", "января", "январь"),
    ("februarie", "февраля", "февраль"),
    ("martie", "марта", "март"),
    ("aprilie", "апреля", "апрель"),
    ("mai", "мая", "май"),
    ("iunie", "июня", "июнь"),
    ("iulie", "июля", "июль"),
    ("august", "августа", "август"),
    ("septembrie", "сентября", "сентябрь"),
    ("octombrie", "октября", "октябрь"),
    ("noiembrie", "ноября", "ноябрь"),
    ("decembrie", "декабря", "декабрь"),
)
_MONTH = {name: number for number, names in enumerate(_MONTHS, 1) for name in names}
_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4}

_WORDS = "|".join(_MONTH)
_YEAR = r"(?:(?:al\s+)?anul(?:ui)?\s+|a\.\s*)?([0-9]{4})(?:\s*(?:г\.?|года?))?"
_DATE_IN_WORDS = re.compile(rf"([0-9]{{1,2}})\s+({_WORDS})\s+([0-9]{{4}})(?:\s*г\.?)?", re.IGNORECASE)
_DATE_IN_DIGITS = re.compile(r"([0-9]{1,2})[./]([0-9]{1,2})[./]([0-9]{4})")
_MONTH_IN_WORDS = re.compile(rf"({_WORDS})\s+([0-9]{{4}})", re.IGNORECASE)
_MONTH_IN_DIGITS = re.compile(r"([0-9]{1,2})[./]([0-9]{4})")
_PART = re.compile(
    rf"(?:(semestrul|sem\.?|полугодие)|(trimestrul|trim\.?|квартал))\s*(iv|i{{1,3}}|[1-4]),?\s*{_YEAR}", re.IGNORECASE
)
_PART_FIRST = re.compile(
    rf"(iv|i{{1,3}}|[1-4])\s*(?:(полугодие|semestru)|(квартал|trimestru)),?\s*{_YEAR}", re.IGNORECASE
)
_MONTHS_SINCE_JANUARY = re.compile(rf"([0-9]{{1,2}})\s+(?:luni|месяц\w*)\s+{_YEAR}", re.IGNORECASE)


def romanian_date(text: str) -> str:
    """`5 martie 2026`, `05.03.2026` -> `2026-03-05`. Anything else unchanged."""
    text = romanian(text).strip()
    if found := _DATE_IN_WORDS.fullmatch(text):
        day, month, year = int(found[1]), _MONTH[found[2].lower()], int(found[3])
    elif found := _DATE_IN_DIGITS.fullmatch(text):
        day, month, year = int(found[1]), int(found[2]), int(found[3])
    else:
        return text
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return text


def romanian_month(text: str) -> str:
    """`martie 2026`, `03.2026` -> `2026-03`. Anything else unchanged."""
    if found := _MONTH_IN_WORDS.fullmatch(text.strip()):
        return f"{found[2]}-{_MONTH[found[1].lower()]:02d}"
    if (found := _MONTH_IN_DIGITS.fullmatch(text.strip())) and 1 <= int(found[1]) <= 12:
        return f"{found[2]}-{int(found[1]):02d}"
    return text


def period_code(text: str) -> str:
    """A half-year, quarter, month, year or span since January in words -> its SDMX code. Anything else unchanged."""
    text = " ".join(text.split())
    if found := _PART.fullmatch(text):
        return _part(found[4], _ordinal(found[3]), half=bool(found[1])) or text
    if found := _PART_FIRST.fullmatch(text):
        return _part(found[4], _ordinal(found[1]), half=bool(found[2])) or text
    if (found := _MONTHS_SINCE_JANUARY.fullmatch(text)) and 1 <= int(found[1]) <= 12:
        return f"{found[2]}-01-01/P{int(found[1])}M"
    if found := re.fullmatch(_YEAR, text, re.IGNORECASE):
        return found[1]
    month = romanian_month(text)
    return month if month != text else romanian_date(text)


def _part(year: str, number: int, *, half: bool) -> str:
    """A half-year or quarter; empty for a third half."""
    if half:
        return f"{year}-S{number}" if number <= 2 else ""
    return f"{year}-Q{number}"


def _ordinal(text: str) -> int:
    return _ROMAN.get(text.lower()) or int(text)
