"""Dates, months and periods in words."""

from __future__ import annotations

import pytest

from pipelines.tables.periods import period_code, romanian_date, romanian_month


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("semestrul I 2020", "2020-S1"),
        ("Semestrul II, 2020", "2020-S2"),
        ("sem. 1 2020", "2020-S1"),
        ("sem I  2020", "2020-S1"),
        ("semestrul I al anului 2020", "2020-S1"),
        ("I semestru 2020", "2020-S1"),
        ("I полугодие 2020 года", "2020-S1"),
        ("II полугодие 2020", "2020-S2"),
        ("trim. III, 2019", "2019-Q3"),
        ("trimestrul IV 2019", "2019-Q4"),
        ("IV квартал 2019 г.", "2019-Q4"),
        ("9 luni 2024", "2024-01-01/P9M"),
        ("9 месяцев 2024", "2024-01-01/P9M"),
        ("2020", "2020"),
        ("anul 2020", "2020"),
        ("2020 год", "2020"),
        ("martie 2020", "2020-03"),
        ("Mai 2020", "2020-05"),
        ("март 2020", "2020-03"),
        ("03.2020", "2020-03"),
        ("5 martie 2020", "2020-03-05"),
        ("05.03.2020", "2020-03-05"),
        ("2020-S1", "2020-S1"),
    ],
)
def test_a_period_in_words_is_a_code(text: str, code: str) -> None:
    assert period_code(text) == code


@pytest.mark.parametrize(
    "text",
    [
        "semestrul III 2020",
        "semestrul IV 2020",
        "trim. 5 2019",
        "13 luni 2020",
        "0 luni 2020",
        "13.2020",
        "99.99.2020",
        "semestrul I",
        "I",
    ],
)
def test_what_is_no_period_comes_back_unchanged(text: str) -> None:
    assert period_code(text) == text


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("5 martie 2026", "2026-03-05"),
        ("05.03.2026", "2026-03-05"),
        ("5/3/2026", "2026-03-05"),
        ("5 марта 2026 г.", "2026-03-05"),
        ("31 DECEMBRIE 2020", "2020-12-31"),
        ("31 februarie 2020", "31 februarie 2020"),
        ("45.13.2020", "45.13.2020"),
        ("martie", "martie"),
    ],
)
def test_a_day_in_words_is_an_iso_date(text: str, day: str) -> None:
    assert romanian_date(text) == day


@pytest.mark.parametrize(("text", "month"), [("martie 2026", "2026-03"), ("3.2026", "2026-03"), ("13.2026", "13.2026")])
def test_a_month_in_words_is_an_iso_month(text: str, month: str) -> None:
    assert romanian_month(text) == month
