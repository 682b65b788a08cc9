"""The law of `changes.csv`: the old table with its changes applied is the new one."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.tables.history import as_texts
from pipelines.versions import difference
from pipelines.versions.difference import COLUMNS, RowCounts, apply_changes, row_changes
from tests.versions.lines import lines_of

SCHEMA = {"k": pl.String(), "n": pl.Int64(), "x": pl.Float64(), "b": pl.Boolean(), "d": pl.Date()}
KEYS = st.sampled_from(["a", "b", 'q"', "[1]", "ș", "a\nb", "a,b"])
REST = st.tuples(
    st.none() | st.integers(-3, 3),
    st.none() | st.sampled_from([0.0, 0.5, 1e300]),
    st.none() | st.booleans(),
    st.none() | st.sampled_from([date(2020, 1, 1), date(1, 1, 1)]),
)
Row = tuple[Any, ...]


def _frame(rows: list[Row]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _bag(frame: pl.DataFrame) -> Counter[Row]:
    return Counter(frame.rows())


WITHOUT_KEY = st.lists(st.tuples(st.none() | KEYS, REST).map(lambda row: (row[0], *row[1])), max_size=8).map(_frame)
WITH_KEY = st.dictionaries(KEYS, REST, max_size=6).map(lambda rows: _frame([(k, *rest) for k, rest in rows.items()]))
TWO_KEYS = st.dictionaries(st.tuples(KEYS, st.integers(0, 2)), REST, max_size=6).map(
    lambda rows: _frame([(*key, *rest[1:]) for key, rest in rows.items()])
)


@given(old=WITHOUT_KEY, new=WITHOUT_KEY)
def test_old_and_changes_are_new_without_a_key(old: pl.DataFrame, new: pl.DataFrame) -> None:
    changes = row_changes("t", old, new, [])
    counts = changes.counts
    assert _bag(apply_changes(old, lines_of([changes]), [])) == _bag(as_texts(new))
    assert counts.revised == 0
    assert counts.added - counts.removed == new.height - old.height


@given(old=WITH_KEY, new=WITH_KEY)
def test_old_and_changes_are_new_with_a_key(old: pl.DataFrame, new: pl.DataFrame) -> None:
    changes = row_changes("t", old, new, ["k"])
    counts = changes.counts
    assert _bag(apply_changes(old, lines_of([changes]), ["k"])) == _bag(as_texts(new))
    before = {row[0]: row for row in old.rows()}
    after = {row[0]: row for row in new.rows()}
    both = before.keys() & after.keys()
    revised = sum(before[key] != after[key] for key in both)
    assert counts == RowCounts(len(after) - len(both), len(before) - len(both), revised)


@given(old=TWO_KEYS, new=TWO_KEYS)
def test_old_and_changes_are_new_with_a_key_of_two_fields(old: pl.DataFrame, new: pl.DataFrame) -> None:
    changes = row_changes("t", old, new, ["k", "n"])
    assert _bag(apply_changes(old, lines_of([changes]), ["k", "n"])) == _bag(as_texts(new))


@given(frame=WITHOUT_KEY, seed=st.integers(0, 9))
def test_rows_in_another_order_are_no_change(frame: pl.DataFrame, seed: int) -> None:
    changes = row_changes("t", frame, frame.sample(fraction=1.0, shuffle=True, seed=seed), [])
    assert (changes.counts, lines_of([changes]).height) == (RowCounts(), 0)


@given(old=WITH_KEY, new=WITH_KEY)
def test_the_same_difference_is_always_told_the_same_way(old: pl.DataFrame, new: pl.DataFrame) -> None:
    first, second = (lines_of([row_changes("t", old, new, ["k"])]) for _ in range(2))
    assert first.equals(second)
    assert first.columns == list(COLUMNS)


def test_a_revised_cell_is_one_line_with_old_and_new() -> None:
    old, new = _frame([("a", 1, None, True, None)]), _frame([("a", 2, None, True, date(2020, 1, 1))])
    changes = row_changes("t", old, new, ["k"])
    assert lines_of([changes]).rows() == [
        ("t", "revised", '["a"]', "n", "1", "2"),
        ("t", "revised", '["a"]', "d", None, "2020-01-01"),
    ]


def test_a_row_that_came_or_went_has_a_line_for_each_filled_cell() -> None:
    old, new = _frame([("a", 1, None, None, None)]), _frame([("b", None, None, None, None)])
    changes = row_changes("t", old, new, ["k"])
    assert lines_of([changes]).rows() == [
        ("t", "removed", '["a"]', "k", "a", None),
        ("t", "removed", '["a"]', "n", "1", None),
        ("t", "added", '["b"]', "k", None, "b"),
    ]


@pytest.mark.parametrize("old_rows", [[("a", 1, None, None, None), ("a", 2, None, None, None)], []])
def test_a_key_that_repeats_in_a_version_of_before_loses_no_row(old_rows: list[Row]) -> None:
    """The key may be new: nothing checked it in the version before."""
    old, new = _frame(old_rows), _frame([("a", 2, None, None, None), ("b", 1, None, None, None)])
    counts = row_changes("t", old, new, ["k"]).counts
    assert counts.added - counts.removed == new.height - old.height


@pytest.mark.parametrize("key", [["k"], []])
def test_rows_of_long_texts_are_told_in_smaller_lots(monkeypatch: pytest.MonkeyPatch, key: list[str]) -> None:
    monkeypatch.setattr(difference, "TOLD", 1_000_000)
    old, new = (pl.DataFrame({"k": map(str, range(300)), "t": [sign * 10_000] * 300}) for sign in "xy")
    lots = list(row_changes("t", old, new, key).lines())
    assert sum(lot.height for lot in lots) == (300 if key else 1_200)
    assert max(lot.select(pl.col(pl.String).str.len_bytes().sum()).sum_horizontal().item() for lot in lots) < 3_000_000
