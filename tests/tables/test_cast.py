"""One column of text -> values: what is a number, a date, a truth as officers write them, and what is none."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.declaration.model import FieldModel
from pipelines.tables.cast import cast, missing
from pipelines.tables.history import as_texts

NBSP, THIN, MINUS = "\u00a0", "\u202f", "\u2212"


def _field(kind: str, **said: Any) -> FieldModel:
    return FieldModel.model_validate({"name": "x", "type": kind, **said})


def _cast(text: str, kind: str, *, native: bool = False, **said: Any) -> object:
    printed = pl.Series([True]) if native else None
    texts, values = cast(pl.Series("x", [text], dtype=pl.String), printed, _field(kind, **said))
    if values[0] is None:
        assert texts[0] == text, "what cannot be cast stays as printed"
    return values[0]


@pytest.mark.parametrize(
    ("text", "said", "value"),
    [
        ("12,5", {"decimalChar": ","}, 12.5),
        ("-0,5", {"decimalChar": ","}, -0.5),
        ("1.234,5", {"decimalChar": ",", "groupChar": "."}, 1234.5),
        ("1.234.567", {"decimalChar": ",", "groupChar": "."}, 1234567.0),
        ("1 234,5", {"decimalChar": ",", "groupChar": " "}, 1234.5),
        (f"1{NBSP}234{THIN}567,25", {"decimalChar": ",", "groupChar": " "}, 1234567.25),
        (f"{MINUS}12,5", {"decimalChar": ","}, -12.5),
        ("1,234.5", {"groupChar": ","}, 1234.5),
        ("12,5 %", {"decimalChar": ",", "bareNumber": False}, 12.5),
        ("lei 1 200", {"groupChar": " ", "bareNumber": False}, 1200.0),
        ("1e3", {}, 1000.0),
        ("+5", {}, 5.0),
        ("1'234.5", {"groupChar": "'"}, 1234.5),
    ],
)
def test_a_number_is_read_as_the_declaration_says_it_is_written(text: str, said: dict[str, Any], value: float) -> None:
    assert _cast(text, "number", **said) == value


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("12,5", {}),
        ("12.5", {"decimalChar": ","}),
        ("1_0", {}),
        ("12,5%", {"decimalChar": ","}),
        ("\uff11\uff12", {}),
        ("1,2,3", {"decimalChar": ","}),
        ("12 5", {"groupChar": " "}),
        ("1.5", {"decimalChar": ",", "groupChar": "."}),
        ("1234.5", {"decimalChar": ",", "groupChar": "."}),
        ("1..234", {"decimalChar": ",", "groupChar": "."}),
        ("1,234", {"decimalChar": ".", "groupChar": " "}),
        ("NaN", {}),
        ("inf", {}),
        ("1e999", {}),
        ("0x10", {}),
        ("--5", {}),
        ("5-", {}),
        ("", {}),
        (".", {}),
        ("aproximativ 5", {}),
    ],
)
def test_what_is_no_number_stays_as_printed(text: str, said: dict[str, Any]) -> None:
    assert _cast(text, "number", **said) is None


@pytest.mark.parametrize(
    ("text", "said", "value"),
    [
        ("007", {}, 7),
        ("1.234", {"groupChar": "."}, 1234),
        (f"{MINUS}3", {}, -3),
        ("1.5", {"groupChar": "."}, None),
        ("1.5", {}, None),
        ("1_0", {}, None),
        ("12%", {}, None),
        ("99999999999999999999", {}, None),
        ("\u0663", {}, None),
    ],
)
def test_whole_numbers_are_read_strictly(text: str, said: dict[str, Any], value: int | None) -> None:
    assert _cast(text, "integer", **said) == value


def test_leading_zeros_stay_in_a_text() -> None:
    assert _cast("00712", "string") == "00712"


def test_minus_zero_is_zero() -> None:
    assert str(_cast("-0", "number")) == "0.0"


@pytest.mark.parametrize(("text", "value"), [("da", True), ("nu", False), ("true", None), ("1", None), ("Da", None)])
def test_a_truth_is_said_in_the_declared_words_only(text: str, value: bool | None) -> None:
    assert _cast(text, "boolean", trueValues=["da"], falseValues=["nu"]) is value


@pytest.mark.parametrize(("text", "value"), [("TRUE", True), ("1", True), ("0", False), ("False", False), ("da", None)])
def test_a_truth_without_declared_words_is_said_in_the_standards(text: str, value: bool | None) -> None:
    assert _cast(text, "boolean") is value


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("true", "boolean", True),
        ("12.5", "number", 12.5),
        ("3.0", "integer", 3),
        ("2020.0", "year", 2020),
        ("2020-03-05T00:00:00", "date", date(2020, 3, 5)),
        ("2020-03-05", "date", date(2020, 3, 5)),
        ("2020-03-05T10:30:00", "datetime", datetime(2020, 3, 5, 10, 30)),
        ("2020-03-05", "datetime", datetime(2020, 3, 5)),
        ("2020-03-01", "yearmonth", "2020-03"),
        ("2020-03-01T00:00:00", "yearmonth", "2020-03"),
        ("2020-03-05", "yearmonth", None),
        ("3.5", "integer", None),
    ],
)
def test_a_cell_that_its_file_knows_is_read_as_it_is_whatever_the_declaration_says_of_text(
    text: str, kind: str, value: object
) -> None:
    said: dict[str, Any] = {
        "boolean": {"trueValues": ["da"]},
        "number": {"decimalChar": ",", "groupChar": "."},
        "date": {"format": "%d.%m.%Y"},
    }.get(kind, {})
    assert _cast(text, kind, native=True, **said) == value


@pytest.mark.parametrize(
    ("text", "said", "value"),
    [
        ("2020-03-05", {}, date(2020, 3, 5)),
        ("05.03.2020", {"format": "%d.%m.%Y"}, date(2020, 3, 5)),
        ("5 martie 2020", {"format": "romanian"}, date(2020, 3, 5)),
        ("05.03.2020", {}, None),
        ("03/05/2020", {"format": "%d.%m.%Y"}, None),
        ("31.02.2020", {"format": "%d.%m.%Y"}, None),
        ("31 februarie 2020", {"format": "romanian"}, None),
        ("2020-02-30", {}, None),
        ("2020-3-5", {}, None),
    ],
)
def test_a_date_is_read_in_its_format_only(text: str, said: dict[str, Any], value: date | None) -> None:
    assert _cast(text, "date", **said) == value


@pytest.mark.parametrize(
    ("text", "said", "value"),
    [
        ("2020-03-05T10:30:00Z", {}, datetime(2020, 3, 5, 10, 30)),
        ("2020-03-05T10:30:00", {}, datetime(2020, 3, 5, 10, 30)),
        ("2020-03-05T10:30:00.25Z", {}, datetime(2020, 3, 5, 10, 30, 0, 250000)),
        ("05.03.2020 10:30", {"format": "%d.%m.%Y %H:%M"}, datetime(2020, 3, 5, 10, 30)),
        ("2020-03-05 10:30", {}, None),
        ("2020-03-05T25:00:00Z", {}, None),
        ("2020-03-05T10:30:00+02:00", {}, None),
    ],
)
def test_a_moment_is_read_in_its_format_only(text: str, said: dict[str, Any], value: datetime | None) -> None:
    assert _cast(text, "datetime", **said) == value


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("10:30:00", "time", "10:30:00"),
        ("25:00:00", "time", None),
        ("10:30", "time", None),
        ("2020", "year", 2020),
        ("20", "year", None),
        ("2020-12", "yearmonth", "2020-12"),
        ("2020-13", "yearmonth", None),
    ],
)
def test_times_years_and_months_have_one_form(text: str, kind: str, value: object) -> None:
    assert _cast(text, kind) == value


def test_romanian_letters_are_put_right_except_in_verbatim_texts() -> None:
    text = pl.Series("x", ["Şoseaua Ţării, ştiinţă", "plain"])
    right, _ = cast(text, None, _field("string"))
    assert right.to_list() == ["Șoseaua Țării, știință", "plain"]
    verbatim, _ = cast(text, None, _field("string"), verbatim=True)
    assert verbatim.to_list() == text.to_list()


def test_letters_made_of_two_signs_become_one() -> None:
    assert _cast("S\u0326oseaua", "string") == "Șoseaua"


def test_periods_are_codes_where_the_declaration_says_so() -> None:
    assert _cast("semestrul I 2020", "string", format="period") == "2020-S1"
    assert _cast("semestrul I 2020", "string") == "semestrul I 2020"


def test_missing_values_and_blanks_are_no_values() -> None:
    text = pl.Series("x", ["-", "n/a", "", "  ", None, " 5 ", "- 5"])
    assert missing(text, ["-", "n/a"]).to_list() == [None, None, None, None, None, "5", "- 5"]


VALUES: dict[str, st.SearchStrategy[Any]] = {
    "string": st.text(st.characters(codec="utf-8", exclude_characters="şţŞŢ", categories=["L", "N", "P", "S", "Zs"])),
    "integer": st.integers(-(2**63), 2**63 - 1),
    "number": st.floats(allow_nan=False, allow_infinity=False),
    "boolean": st.booleans(),
    "date": st.dates(),
    "datetime": st.datetimes(timezones=st.none()),
    "year": st.integers(1000, 9999),
    "yearmonth": st.dates().map(lambda day: f"{day:%m}").map(lambda month: f"2020-{month}"),
    "time": st.times().map(lambda moment: f"{moment:%H:%M:%S}"),
}


@pytest.mark.parametrize("kind", VALUES)
@given(data=st.data())
def test_the_cast_of_canonical_text_is_the_value_itself(kind: str, data: st.DataObject) -> None:
    from pipelines.tables.table import DTYPES

    wanted = data.draw(st.lists(st.none() | VALUES[kind], max_size=8))
    frame = pl.DataFrame({"x": pl.Series("x", wanted, dtype=DTYPES[kind])})  # pyright: ignore[reportArgumentType] - keys are types
    text = as_texts(frame)["x"]
    again, values = cast(text, None, _field(kind), verbatim=kind == "string")
    assert values.to_list() == wanted
    assert values.dtype == frame["x"].dtype
    assert again.to_list() == text.to_list()


def test_a_moment_is_naive_and_means_utc() -> None:
    value = _cast("2020-03-05T10:30:00Z", "datetime")
    assert isinstance(value, datetime)
    assert value.replace(tzinfo=UTC).isoformat() == "2020-03-05T10:30:00+00:00"
