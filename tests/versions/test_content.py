"""The content hash and the fingerprint: what changes them, and what does not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.declaration.dataset import Dataset
from pipelines.tables.table import Table
from pipelines.versions import content
from pipelines.versions.content import content_hash, read_table, table_hash
from pipelines.versions.decide import content_of
from pipelines.versions.fingerprint import fingerprint

SCHEMA = {"k": pl.String(), "n": pl.Int64(), "x": pl.Float64(), "b": pl.Boolean(), "d": pl.Date()}
CELLS = st.tuples(
    st.none() | st.sampled_from(["a", "b", "ab", "ș"]),
    st.none() | st.integers(-2, 2),
    st.none() | st.sampled_from([0.0, 0.5]),
    st.none() | st.booleans(),
    st.none() | st.dates(),
)
FRAME = st.lists(CELLS, min_size=1, max_size=6).map(lambda rows: pl.DataFrame(rows, schema=SCHEMA, orient="row"))


@given(frame=FRAME, seed=st.integers(0, 9))
def test_the_order_of_rows_does_not_change_the_hash(frame: pl.DataFrame, seed: int) -> None:
    assert table_hash(frame.sample(fraction=1.0, shuffle=True, seed=seed), {}) == table_hash(frame, {})


@given(frame=FRAME, cells=CELLS, data=st.data())
def test_any_other_cell_changes_the_hash(frame: pl.DataFrame, cells: tuple[Any, ...], data: st.DataObject) -> None:
    row = data.draw(st.integers(0, frame.height - 1))
    column = data.draw(st.integers(0, frame.width - 1))
    rows = [list(each) for each in frame.rows()]
    same = rows[row][column] == cells[column]
    rows[row][column] = cells[column]
    other = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    assert (table_hash(other, {}) == table_hash(frame, {})) == same


@given(FRAME)
def test_pieces_in_memory_do_not_change_the_hash(frame: pl.DataFrame) -> None:
    pieces = pl.concat([frame.slice(n, 1) for n in range(frame.height)], rechunk=False)
    assert table_hash(pieces, {}) == table_hash(frame, {})


def test_text_that_only_looks_the_same_joined_is_other_text() -> None:
    one, other = pl.DataFrame({"a": ["ab", "c"]}), pl.DataFrame({"a": ["a", "bc"]})
    assert table_hash(one, {}) != table_hash(other, {})


def test_the_hash_is_the_same_today_as_when_this_was_written() -> None:
    frame = pl.DataFrame([("ș", 1, 0.5, True, date(2020, 1, 1)), (None,) * 5], schema=SCHEMA, orient="row")
    assert table_hash(frame, {"primaryKey": ["k"]}) == WRITTEN
    minus = pl.DataFrame({"x": [-0.0]})
    assert table_hash(minus, {}) == table_hash(pl.DataFrame({"x": [0.0]}), {})


WRITTEN = "3ec7ec2a5896023f3a4fb4e9b53923cbcd3edfd88d20e749bde36a8bbb3002f5"


def test_the_schema_and_the_metadata_are_part_of_the_content() -> None:
    frame = pl.DataFrame({"a": [1]})
    assert table_hash(frame, {"fields": []}) != table_hash(frame, {})
    assert content_hash({"title": "a"}, {"t": "1"}) != content_hash({"title": "b"}, {"t": "1"})
    assert content_hash({"title": "a"}, {"t": "1"}) != content_hash({"title": "a"}, {"t": "2"})


def test_how_the_source_is_laid_out_makes_no_content(
    dataset: Callable[..., Dataset], table: Callable[..., Table]
) -> None:
    plain = dataset()
    fields = [
        {"name": "period", "type": "string", "from": "Perioada", "missingValues": ["-"]},
        {"name": "number", "type": "integer", "from": "Nr", "groupChar": " ", "bareNumber": False},
    ]
    other = dataset(fields)
    assert content_of(other, [table(other)]).hash == content_of(plain, [table(plain)]).hash


@pytest.mark.parametrize(
    "publica",
    [
        {"organization": "age", "cadence": "annual", "theme": "JUST", "formats": ["csv"]},
        {"organization": "cnajgs", "cadence": "semester", "theme": "JUST", "formats": ["csv", "csv"]},
        {"organization": "cnajgs", "cadence": "semester", "theme": "JUST", "formats": ["csv"], "milestone": "x/1"},
    ],
)
def test_what_the_portal_alone_shows_makes_no_content(
    publica: dict[str, Any], dataset: Callable[..., Dataset], table: Callable[..., Table]
) -> None:
    plain, other = dataset(), dataset(publica=publica)
    assert content_of(other, [table(other)]).hash == content_of(plain, [table(plain)]).hash


def test_formats_in_another_order_are_the_same_content(
    dataset: Callable[..., Dataset], table: Callable[..., Table]
) -> None:
    def of(*formats: str) -> str:
        made = dataset(publica={"organization": "a", "cadence": "annual", "theme": "JUST", "formats": list(formats)})
        return content_of(made, [table(made)]).hash

    assert of("csv", "json") == of("json", "csv") != of("csv")


def test_a_table_read_back_from_a_package_is_the_one_that_was_written(tmp_path: Path) -> None:
    kinds = {"s": "string", "i": "integer", "n": "number", "b": "boolean", "d": "date", "m": "datetime", "y": "year"}
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "t.csv").write_text(
        's,i,n,b,d,m,y\n"a\nb",1,0.5,true,2020-01-01,2020-01-01T10:00:00Z,2020\n,,,,,,\n"",-1,1e300,false,,2020-01-01T10:00:00.25Z,\n'
    )
    resource = {"name": "t", "schema": {"fields": [{"name": n, "type": t} for n, t in kinds.items()]}}
    assert read_table(tmp_path, resource).whole().rows() == [
        ("a\nb", 1, 0.5, True, date(2020, 1, 1), datetime(2020, 1, 1, 10), 2020),
        (None,) * 7,
        (None, -1, 1e300, False, None, datetime(2020, 1, 1, 10, 0, 0, 250000), None),
    ]


def test_the_fingerprint_changes_with_all_that_a_version_is_made_from(dataset: Callable[..., Dataset]) -> None:
    made = dataset()
    prints = [
        fingerprint(made, {"t": "1"}, {"other": "1.0.0"}),
        fingerprint(made, {"t": "2"}, {"other": "1.0.0"}),
        fingerprint(made, {"t": "1"}, {"other": "1.1.0"}),
        fingerprint(replace(made, digest="other"), {"t": "1"}, {"other": "1.0.0"}),
    ]
    assert len(set(prints)) == len(prints)
    assert fingerprint(made, {"t": "1"}, {"other": "1.0.0"}) == prints[0]


@given(FRAME)
def test_few_texts_and_many_are_hashed_alike(frame: pl.DataFrame) -> None:
    few = table_hash(frame, {})
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(content, "FEW", -1)
        assert table_hash(frame, {}) == few
