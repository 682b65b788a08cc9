"""Suites of large tables: judged column by column, with the same outcomes as the library used plainly."""

# pandas' own types are partial.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.checks import engine
from pipelines.checks.engine import Outcome, evaluate
from pipelines.checks.handed import CONDITION, NAMES, _codes, handed_over  # pyright: ignore[reportPrivateUsage]
from pipelines.tables.held import OnDisk

Plainly = Callable[[pl.DataFrame, str, Mapping[str, Any]], list[Outcome]]
Ours = Callable[..., list[Outcome]]
Case = tuple[str, dict[str, Any]]

TEXT = st.sampled_from(["", "a", "A", "ă", "вода", "日本", "a\n", "1", "é", "e\u0301"]) | st.text(max_size=3)
WHOLE = st.integers(-3, 3) | st.integers(-(2**63), 2**63 - 1) | st.sampled_from([2**53, 2**53 + 1])
REAL = st.floats() | st.integers(-3, 3).map(float) | st.sampled_from([0.1, -0.0, 2.0**53, float("nan")])
DAY = st.dates(date(2019, 12, 28), date(2020, 1, 3)) | st.dates()
MOMENT = st.datetimes(datetime(2019, 12, 31, 23), datetime(2020, 1, 1, 1)) | st.datetimes(datetime(1, 1, 1))
COLUMNS: dict[str, tuple[pl.DataType, st.SearchStrategy[Any]]] = {
    "text": (pl.String(), TEXT),
    "whole": (pl.Int64(), WHOLE),
    "real": (pl.Float64(), REAL),
    "day": (pl.Date(), DAY),
    "moment": (pl.Datetime("us"), MOMENT),
    "flag": (pl.Boolean(), st.booleans()),
}


@st.composite
def rows(draw: st.DrawFn) -> pl.DataFrame:
    """Up to forty rows, gaps more or less often."""
    height, gaps = draw(st.integers(0, 40)), draw(st.sampled_from([0, 1, 8]))
    columns = {
        name: draw(st.lists(st.one_of(*[values] * (9 - gaps), *[st.none()] * gaps), min_size=height, max_size=height))
        for name, (_, values) in COLUMNS.items()
    }
    return pl.DataFrame(columns, schema={name: dtype for name, (dtype, _) in COLUMNS.items()})


@st.composite
def expectations(draw: st.DrawFn) -> Case:
    """One of those that suites are mostly made of, its arguments mostly of the column's own type."""
    column = draw(st.sampled_from(sorted(COLUMNS)))
    moments = MOMENT if column in ("day", "moment") else COLUMNS[column][1]
    low, high = draw(moments), draw(moments)
    some: dict[str, Any] = {"column": column}
    if draw(st.booleans()):
        some["mostly"] = draw(st.sampled_from([0.0, 0.5, 0.9]))
    limits = draw(st.sampled_from([{"min_value": low}, {"max_value": high}, {"min_value": low, "max_value": high}]))
    strict = draw(st.sampled_from([{}, {"strict_min": True}, {"strict_max": True}]))
    return draw(
        st.sampled_from(
            [
                ("expect_column_values_to_be_between", {**some, **limits, **strict}),
                ("expect_column_values_to_be_unique", some),
                ("expect_column_values_to_not_be_null", some),
                ("expect_column_values_to_be_in_set", {**some, "value_set": [low, high]}),
                ("expect_column_values_to_match_regex", {**some, "regex": draw(st.sampled_from(["^[a-z]", "\\w$"]))}),
                ("expect_column_value_lengths_to_be_between", {**some, "min_value": 1, "max_value": 2}),
                ("expect_column_max_to_be_between", {"column": column, **limits}),
                ("expect_compound_columns_to_be_unique", {"column_list": [column, "flag"]}),
            ]
        )
    )


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(frame=rows(), case=expectations())
def test_any_rows_come_out_as_the_library_used_plainly_says(
    plainly: Plainly, ours: Ours, frame: pl.DataFrame, case: Case
) -> None:
    plain = plainly(frame, *case)
    (small,), (large,) = ours(frame, case), ours(frame, case, few=-1)
    assert small in plain
    assert large in plain


@given(st.lists(st.none() | st.text(max_size=1)))
def test_codes_are_the_same_for_the_same_text_only(texts: list[str | None]) -> None:
    codes = _codes(pl.Series("a", texts, dtype=pl.String)).to_list()
    assert [code is None for code in codes] == [text is None for text in texts]
    assert len(set(zip(codes, texts, strict=True))) == len(set(codes)) == len(set(texts))


def spilled(folder: Path, height: int) -> OnDisk:
    """A large table: on disk."""
    number = pl.int_range(height, dtype=pl.Int64)
    made = [number.cast(dtype).alias(name) for name, (dtype, _) in COLUMNS.items()]
    frame = pl.select(made)
    frame.write_parquet(folder / "values.parquet")
    return OnDisk(folder / "values.parquet", frame.schema, height)


def test_of_a_large_table_only_what_an_expectation_names_is_in_pandas(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed: list[tuple[int, list[str], int]] = []

    def watched(*arguments: Any) -> Any:
        frame = handed_over(*arguments)
        filled = [name for name in frame.columns if frame[name].notna().any()]
        handed.append((len(frame), filled, int(frame.memory_usage(index=False).sum())))
        return frame

    monkeypatch.setattr(engine, "handed_over", watched)
    table = spilled(tmp_path, 20_000)
    asked: list[Case] = [
        ("expect_table_row_count_to_equal", {"value": 20_000}),
        ("expect_table_columns_to_match_ordered_list", {"column_list": list(table.schema)}),
        ("expect_column_values_to_be_between", {"column": "whole", "min_value": 0}),
        ("expect_column_max_to_be_between", {"column": "whole", "max_value": 19_999}),
        ("expect_column_values_to_be_unique", {"column": "text"}),
        ("expect_compound_columns_to_be_unique", {"column_list": ["text", "flag"]}),
        ("expect_column_values_to_not_be_null", {"column": "real"}),
        ("expect_column_values_to_match_regex", {"column": "text", "regex": "^[0-9]+$"}),
    ]
    assert evaluate(table, asked) == [Outcome(True)] * len(asked)
    assert {height for height, _, _ in handed} == {20_000}
    filled = [names for _, names, _ in handed]
    assert filled == [[], ["whole"], ["whole"], ["text"], ["text", "flag"], ["real"], ["text"]]
    assert handed[0][2] == 0


@pytest.mark.parametrize("few", [-1, 30_000])
def test_a_table_is_let_go_of_when_it_is_judged(few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[weakref.ref[Any]] = []

    def watched(*arguments: Any) -> Any:
        frame = handed_over(*arguments)
        kept.append(weakref.ref(frame))
        return frame

    monkeypatch.setattr(engine, "handed_over", watched)
    gc.disable()
    try:
        evaluate(pl.DataFrame({"a": range(20_000)}), [("expect_column_values_to_be_unique", {"column": "a"})], few)
        assert [each() for each in kept] == [None]
    finally:
        gc.enable()


def test_no_type_names_columns_by_an_argument_that_we_do_not_know() -> None:
    from great_expectations.expectations import core, registry

    assert core  # importing it fills the registry
    known = {*NAMES, CONDITION, "condition_parser", "batch_id", "table", "ignore_row_if", "map_metric"}
    for kind in registry.list_registered_expectation_implementations():
        domain = set(registry.get_expectation_impl(kind).domain_keys)
        assert domain - known == ({"column_index"} & domain), kind
