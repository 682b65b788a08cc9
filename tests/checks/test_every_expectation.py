"""Every type of expectation, judged by Great Expectations used plainly and by us, on small tables and on large ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from itertools import cycle
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import pipelines.declaration
from pipelines.checks import planned
from pipelines.checks.engine import MOST_ROWS, Outcome

Plainly = Callable[[pl.DataFrame, str, Mapping[str, Any]], list[Outcome]]
Ours = Callable[..., list[Outcome]]
Case = tuple[str, dict[str, Any]]

HEIGHT = 60
_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)


def sample_table() -> pl.DataFrame:
    """Sixty rows of every type of column, so that an expectation can fail in more rows than are named."""
    rows = range(HEIGHT)
    words = ["apă", "", "școli", "Școli", "apă", "вода", "a|b", "日本", "x" * 30, None]
    columns: dict[str, Any] = {
        "code": [f"MD-{row:04d}" for row in rows],
        "word": [words[row % len(words)] for row in rows],
        "rare": [None if row % 5 == 2 else f"{row % 48}" for row in rows],
        "other": [words[row % 7] for row in rows],
        "whole": [None if row % 9 == 4 else row % 13 - 3 for row in rows],
        "filled": [row // 2 for row in rows],
        "edge": [row % 3 - 2**53 for row in rows],
        "huge": [2**53 + row % 3 for row in rows],
        "real": [None if row % 7 == 2 else (row - 20) / 8 for row in rows],
        "same": [1.5 for _ in rows],
        "endless": [float("inf") if row == 5 else -float("inf") if row == 6 else row / 3 for row in rows],
        "odd": [float("nan") if row % 10 == 0 else None if row % 10 == 1 else float(row) for row in rows],
        "day": [None if row % 11 == 3 else date(2020, 1, 1) + row // 2 * _DAY for row in rows],
        "moment": [datetime(2020, 1, 1) + row * _HOUR for row in rows],
        "ancient": [date(1200 + row, 1, 1) for row in rows],
        "flag": [None if row % 8 == 7 else row % 3 == 0 for row in rows],
        "json": ['{"a": 1}' if row % 4 else "{" for row in rows],
        "stamp": [f"2020-01-{row % 40:02d}" for row in rows],
        "void": [None for _ in rows],
        "blank": [None for _ in rows],
        "a b": [row % 5 for row in rows],
    }
    kinds = {name: pl.Int64() for name in ("whole", "filled", "edge", "huge", "a b")}
    kinds |= {name: pl.Float64() for name in ("real", "same", "endless", "odd", "void")}
    kinds |= {name: pl.Date() for name in ("day", "ancient")}
    kinds |= {"moment": pl.Datetime("us"), "flag": pl.Boolean()}
    return pl.DataFrame(columns, schema={name: kinds.get(name, pl.String()) for name in columns})


_NUMBERS = ("whole", "filled", "edge", "huge", "real", "same", "endless", "odd", "void", "a b")
_EVERY = tuple(sample_table().columns)
_SOME = ("word", "rare", "filled", "odd", "day", "flag", "void", "a b", "nowhere")
_SINCE, _UNTIL = datetime(2020, 1, 5), datetime(2020, 1, 20)


def every_case() -> list[Case]:
    """A few for every type: met, not met in few rows and in many, on columns that fit and on those that do not."""
    found: list[Case] = []

    def add(kind: str, *arguments: dict[str, Any]) -> None:
        found.extend((kind, each) for each in arguments)

    strictness = cycle([{}, {"strict_min": True, "mostly": 0.5}, {"strict_max": True}, {"mostly": 0.9}])
    for name in (*_EVERY, "nowhere"):
        unique = [{"column": name, "mostly": share} for share in (0.3, 0.5, 0.6, 0.7, 0.8)]
        add("expect_column_to_exist", {"column": name}, {"column": name, "column_index": 1})
        add("expect_column_values_to_not_be_null", {"column": name}, {"column": name, "mostly": 0.8})
        add("expect_column_values_to_be_unique", {"column": name}, *unique)
    for name in _SOME:
        add("expect_column_values_to_be_null", {"column": name})
        add("expect_column_values_to_be_in_set", {"column": name, "value_set": ["apă", 1, 1.5, _SINCE, True]})
        add("expect_column_values_to_not_be_in_set", {"column": name, "value_set": ["apă", 2]})
        add("expect_column_values_to_match_regex", {"column": name, "regex": "^[A-Zaș]"})
        add("expect_column_values_to_be_of_type", {"column": name, "type_": "Int64"}, {"column": name, "type_": "str"})
        add("expect_column_values_to_be_in_type_list", {"column": name, "type_list": ["str", "Float64"]})
        add("expect_column_type_to_be", {"column": name, "type_": "Float64"})
        add("expect_column_unique_value_count_to_be_between", {"column": name, "min_value": 4, "max_value": 30})
        add("expect_column_proportion_of_unique_values_to_be_between", {"column": name, "max_value": 0.5})
        add("expect_column_proportion_of_non_null_values_to_be_between", {"column": name, "min_value": 0.9})
        add("expect_column_most_common_value_to_be_in_set", {"column": name, "value_set": ["apă", 1.5]})
        add("expect_column_value_lengths_to_be_between", {"column": name, "min_value": 1, "max_value": 6})
    for name in _NUMBERS:
        for low, high in (
            (0, 5),
            (-2.5, None),
            (None, 2**53),
            (-(2**53) + 1, None),
            (None, 2**53 + 1),
            (1.5, 1.5),
            (0.0, float("inf")),
            (-(2**53) - 1, 2**60),
        ):
            limits = {key: value for key, value in (("min_value", low), ("max_value", high)) if value is not None}
            add("expect_column_values_to_be_between", {"column": name, **limits, **next(strictness)})
    for name in ("whole", "real", "endless", "odd", "void"):
        for kind in ("max", "mean", "median", "min", "stdev", "sum"):
            add(f"expect_column_{kind}_to_be_between", {"column": name, "min_value": 1, "max_value": 2})
        add("expect_column_values_to_be_between", {"column": name, "min_value": "a"}, {"column": name})
        add("expect_column_values_to_be_between", {"column": name, "min_value": 5, "max_value": 1})
        add("expect_column_values_to_be_between", {"column": name, "min_value": _SINCE})
        add("expect_column_value_z_scores_to_be_less_than", {"column": name, "threshold": 1, "double_sided": True})
        add("expect_column_values_to_be_increasing", {"column": name}, {"column": name, "strictly": True})
        add("expect_column_values_to_be_decreasing", {"column": name})
        add("expect_column_values_to_not_be_outliers", {"column": name, "method": "iqr", "multiplier": 0.1})
        ranges = {"quantiles": [0.1, 0.5], "value_ranges": [[0, 1], [1, None]]}
        add("expect_column_quantile_values_to_be_between", {"column": name, "quantile_ranges": ranges})
        shares = {"bins": [-5.0, 0.0, 5.0], "weights": [0.5, 0.5]}
        add("expect_column_kl_divergence_to_be_less_than", {"column": name, "partition_object": shares, "threshold": 1})
    for name in ("day", "moment", "ancient", "word"):
        for limits in ({"min_value": _SINCE}, {"max_value": _UNTIL, "strict_max": True}):
            add("expect_column_values_to_be_between", {"column": name, **limits})
        add("expect_column_values_to_be_between", {"column": name, "min_value": _SINCE, "max_value": _UNTIL})
        add("expect_column_values_to_be_between", {"column": name, "max_value": datetime(9000, 1, 1)})
        add("expect_column_values_to_be_between", {"column": name, "min_value": "2020-01-05"})
        add("expect_column_values_to_be_between", {"column": name, "min_value": 3})
        add("expect_column_max_to_be_between", {"column": name, "max_value": _SINCE})
        add("expect_column_min_to_be_between", {"column": name, "min_value": _SINCE})
        add("expect_column_values_to_be_increasing", {"column": name})
    for name in ("word", "json", "stamp", "whole", "blank"):
        add("expect_column_value_lengths_to_equal", {"column": name, "value": 3})
        add("expect_column_values_to_be_dateutil_parseable", {"column": name})
        add("expect_column_values_to_match_strftime_format", {"column": name, "strftime_format": "%Y-%m-%d"})
        add("expect_column_values_to_be_json_parseable", {"column": name})
        add("expect_column_values_to_match_json_schema", {"column": name, "json_schema": {"required": ["b"]}})
        add("expect_column_values_to_not_match_regex", {"column": name, "regex": r"\d"})
        for sort in ("match", "not_match"):
            add(f"expect_column_values_to_{sort}_regex_list", {"column": name, "regex_list": [r"^\w+$", "^$", "日"]})
            add(f"expect_column_values_to_{sort}_like_pattern", {"column": name, "like_pattern": "a%"})
            add(f"expect_column_values_to_{sort}_like_pattern_list", {"column": name, "like_pattern_list": ["a%"]})
    for name in ("word", "whole", "real", "day", "flag"):
        for verb in ("be_in", "contain", "equal"):
            values = ["apă", 1, 2.5, _SINCE, True]
            add(f"expect_column_distinct_values_to_{verb}_set", {"column": name, "value_set": values})
        add("expect_column_kl_divergence_to_be_less_than", {"column": name, "threshold": 0.1})
    for one, two in (("word", "other"), ("whole", "real"), ("day", "moment"), ("whole", "word"), ("whole", "nowhere")):
        pair = {"column_A": one, "column_B": two}
        add("expect_column_pair_values_to_be_equal", pair, {**pair, "ignore_row_if": "either_value_is_missing"})
        add("expect_column_pair_values_a_to_be_greater_than_b", pair, {**pair, "or_equal": True})
        add("expect_column_pair_values_to_be_in_set", {**pair, "value_pairs_set": [["apă", "apă"], [1, -2.0]]})
    for names in (["word", "other"], ["whole", "filled", "a b"], ["flag", "day"], ["real", "nowhere"], ["code"]):
        some = {"column_list": names}
        add("expect_compound_columns_to_be_unique", some, {**some, "ignore_row_if": "any_value_is_missing"})
        add("expect_select_column_values_to_be_unique_within_record", some, {**some, "ignore_row_if": "never"})
        add("expect_multicolumn_values_to_be_equal", some)
        add("expect_multicolumn_sum_to_equal", {**some, "sum_total": 3})
    for condition in ('col("whole") > 3', 'col("word").notnull()', 'col("code") == "MD-0005"', 'col("nowhere") == 1'):
        only = {"row_condition": condition, "condition_parser": "great_expectations"}
        add("expect_column_values_to_be_between", {"column": "real", "min_value": 0, **only})
        add("expect_column_values_to_be_unique", {"column": "word", **only}, {"column": "code", **only})
        add("expect_column_max_to_be_between", {"column": "whole", "max_value": 2, **only})
        add("expect_compound_columns_to_be_unique", {"column_list": ["a b", "flag"], **only})
        add("expect_column_pair_values_to_be_equal", {"column_A": "a b", "column_B": "filled", **only})
    condition = {"type": "comparison", "column": {"name": "whole"}, "operator": ">", "parameter": 3}
    add("expect_column_values_to_be_unique", {"column": "other", "row_condition": condition})
    by_pandas = {"row_condition": "`a b` > 2 and flag", "condition_parser": "pandas"}
    add("expect_column_values_to_be_in_set", {"column": "word", "value_set": ["apă"], **by_pandas})
    add("expect_table_row_count_to_be_between", {"min_value": 1}, {"max_value": 5}, {"max_value": 5, **by_pandas})
    add("expect_table_row_count_to_equal", {"value": HEIGHT}, {"value": 5})
    add("expect_table_row_count_to_equal_other_table", {"other_table_name": "x"})
    add("expect_table_column_count_to_be_between", {"min_value": 1}, {"max_value": 5})
    add("expect_table_column_count_to_equal", {"value": len(_EVERY)}, {"value": 5})
    for names in (list(_EVERY), ["word", "nowhere"]):
        add("expect_table_columns_to_match_ordered_list", {"column_list": names})
        add("expect_table_columns_to_match_set", {"column_set": names}, {"column_set": names[:2], "exact_match": False})
    add("unexpected_rows_expectation", {"unexpected_rows_query": "SELECT * FROM {batch} WHERE whole > 3"})
    comparison = {"base_query": "SELECT 1", "comparison_data_source_name": "x", "comparison_query": "SELECT 1"}
    add("expect_query_results_to_match_comparison", comparison)
    return found


def test_every_type_comes_out_as_the_library_used_plainly_says(plainly: Plainly, ours: Ours) -> None:
    frame, asked = sample_table(), every_case()
    small, large = ours(frame, *asked), ours(frame, *asked, few=-1)
    plain = [plainly(frame, *case) for case in asked]
    assert [each for each in zip(asked, small, plain, strict=True) if each[1] not in each[2]] == []
    assert [each for each in zip(asked, large, plain, strict=True) if each[1] not in each[2]] == []
    outcomes = {(outcome.met, bool(outcome.broken), len(outcome.rows) == MOST_ROWS) for outcome in small}
    assert outcomes == {(True, False, False), (False, False, False), (False, False, True), (False, True, False)}


def test_the_cases_are_of_every_type() -> None:
    folder = Path(next(iter(pipelines.declaration.__path__)))
    listed = (folder / "expectation_types.txt").read_text("utf-8").split()
    assert sorted({kind for kind, _ in every_case()}) == listed


def test_a_plan_made_for_one_table_serves_the_next_unless_it_looked_at_the_rows(plainly: Plainly, ours: Ours) -> None:
    frame, asked = sample_table(), every_case()[::15]
    retyped = frame.with_columns(pl.col("word").alias("real"), pl.lit(3, pl.Int64).alias("word"))
    for other in (frame, frame.head(7), frame.reverse(), retyped):
        for case, outcome in zip(asked, ours(other, *asked), strict=True):
            assert outcome in plainly(other, *case), case


@pytest.mark.parametrize("few", [-1, 100])
def test_an_argument_that_stands_for_the_time_is_computed_anew(few: int, ours: Ours) -> None:
    frame = pl.DataFrame({"moment": [datetime.now() - timedelta(days=400)]})
    before = len(planned._plans)  # pyright: ignore[reportPrivateUsage]
    limit = {"$PARAMETER": "now() - timedelta(days=1)"}
    ours(frame, ("expect_column_max_to_be_between", {"column": "moment", "min_value": limit}), few=few)
    assert len(planned._plans) == before  # pyright: ignore[reportPrivateUsage]
