"""What a change of a table is, whatever two tables it leads between; and whose edit a difference is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.findings import Finding
from pipelines.portals.ckan.by_hand import NAMED, foreign_columns, foreign_rows
from pipelines.portals.ckan.columns import Column, canonical, column_findings, columns_of, row_findings, serves
from pipelines.portals.ckan.rows import Held, rows_of
from pipelines.portals.ckan.tables import BATCH, Change, TableSpec, change

NAMES = ("a", "b", "c", "d")
COLUMNS = {name: Column(name, "text", {"label": name}) for name in NAMES}
Row = dict[str, str | None]


def _columns(names: Sequence[str], key: Sequence[str]) -> tuple[Column, ...]:
    """Columns whose dictionary says at which place of the key they stand."""
    schema = {"fields": [{"name": name, "type": "string"} for name in names], "primaryKey": list(key)}
    return columns_of(schema, "ro")


@st.composite
def tables(draw: st.DrawFn) -> tuple[tuple[Column, ...], pl.DataFrame]:
    """Any small table: its columns, and rows that may stand there several times and lack any value."""
    names = draw(st.lists(st.sampled_from(NAMES), unique=True, min_size=1))
    key = draw(st.lists(st.sampled_from(names), unique=True))
    cell = st.sampled_from([None, "", "1", "2"])
    rows = draw(st.lists(st.tuples(*(cell for _ in names)), max_size=8))
    return _columns(names, key), pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")


def _held(columns: tuple[Column, ...], rows: pl.DataFrame) -> Held:
    return Held(columns, rows.with_row_index("_id", 1).with_columns(pl.col("_id").cast(pl.Int64)))


def _spec(columns: tuple[Column, ...]) -> TableSpec:
    key = tuple(column.name for column in columns if "primary_key" in column.info)
    return TableSpec("id", columns, key, Path("rows.csv"))


def _applied(held: Held | None, spec: TableSpec, found: Change) -> Held:
    """The table after the change, done to a list of rows: what the portal does, in as few words as it takes."""
    rows: dict[int, Row] = {}
    there = {} if held is None or found.create else {column.name: column for column in held.columns}
    if held is not None and not found.create:
        rows = {row.pop("_id"): row for row in held.rows.to_dicts()}
    if found.columns or found.create:
        there = {column.name: column for column in found.layout or spec.columns}
    for row in found.update.to_dicts():
        rows[row.pop("_id")] |= row
    for number, row in enumerate(found.insert.to_dicts(), 1 + max(rows, default=0)):
        rows[number] = row
    for number in found.delete:
        del rows[number]
    cells = {"_id": list(rows), **{name: [row.get(name) for row in rows.values()] for name in there}}
    schema = {"_id": pl.Int64, **dict.fromkeys(there, pl.String)}
    return Held(tuple(there.values()), pl.DataFrame(cells, schema=schema))


def _bag(rows: pl.DataFrame, names: Sequence[str]) -> list[tuple[Any, ...]]:
    return sorted(rows.select(names).rows(), key=repr)


@given(tables(), tables(), st.booleans())
def test_a_change_leads_from_any_table_to_any_other(
    before: tuple[tuple[Column, ...], pl.DataFrame], after: tuple[tuple[Column, ...], pl.DataFrame], droppable: bool
) -> None:
    held, spec, wanted = _held(*before), _spec(after[0]), after[1]
    done = _applied(held, spec, change(held, spec, wanted, droppable=droppable))
    assert _bag(done.rows, wanted.columns) == _bag(wanted, wanted.columns)
    left = [column.name for column in done.columns if column.name not in wanted.columns]
    assert not (left and droppable)
    assert all(set(done.rows[name]) <= {None} for name in left)
    assert change(done, spec, wanted, droppable=droppable).empty


@given(tables(), st.randoms(use_true_random=False))
def test_there_is_no_change_exactly_where_the_rows_are_the_same_in_any_order(
    table: tuple[tuple[Column, ...], pl.DataFrame], random: Any
) -> None:
    columns, rows = table
    mixed = rows[random.sample(range(rows.height), rows.height)]
    assert change(_held(columns, mixed), _spec(columns), rows).rows == 0 or _spec(columns).key
    for kept in range(rows.height):
        assert not change(_held(columns, mixed[:kept]), _spec(columns), rows).empty


def test_a_row_that_has_a_key_is_updated_and_one_without_goes_and_comes() -> None:
    before = pl.DataFrame({"a": ["1", "2", "3"], "b": ["x", "y", "z"]})
    after = pl.DataFrame({"a": ["1", "2", "4"], "b": ["x", "new", "z"]})
    for key, update, insert, delete in ((["a"], 1, 1, [3]), ([], 0, 2, [2, 3])):
        columns = _columns(before.columns, key)
        found = change(_held(columns, before), _spec(columns), after)
        assert (found.update.height, found.insert.height, sorted(found.delete)) == (update, insert, delete)


def test_a_table_of_other_types_is_left_where_they_hold_the_values_and_replaced_where_not() -> None:
    spec = TableSpec("id", (Column("a", "int8", {}), Column("b", "timestamptz", {})), (), Path("rows.csv"))
    wanted = pl.DataFrame({"a": ["1", None], "b": ["2020-01-01T00:00:00Z", None]})
    for kinds, replaced in (
        (("int4", "timestamp"), False),
        (("numeric", "timestamptz"), False),
        (("text", "timestamp"), True),
    ):
        held = _held((Column("a", kinds[0], {}), Column("b", kinds[1], {})), wanted)
        found = change(held, spec, wanted)
        assert (found.replace, found.empty) == (replaced, not replaced)
    assert not serves("int4", spec.columns[0], pl.Series(["2147483648"]))
    assert not serves("timestamp", spec.columns[1], pl.Series(["2020-01-01T00:00:00.500Z"]))


def test_the_calls_of_a_change_are_within_what_a_call_may_hold() -> None:
    columns = _columns(["a"], [])
    many = pl.DataFrame({"a": ["x" * 1000] * 12_000 + ["y" * BATCH[1] * 2] + ["x"] * 3})
    held = _held(columns, many.clear())
    planned = change(held, _spec(columns), many).writes(_spec(columns))
    assert sum(int(each.target) for each in planned) == many.height
    assert [each.bytes for each in planned if each.bytes > BATCH[1] * 1.1] == [max(each.bytes for each in planned)]
    gone = change(_held(columns, many), _spec(columns), many.clear()).writes(_spec(columns))
    assert [each.action for each in gone] == ["remove"] * 3


def test_equal_values_are_equal_texts() -> None:
    for kind, texts, one in (
        ("numeric", ["1.10", "1.1", "1.1000", "11e-1", "0.11E+1"], "1.1"),
        ("numeric", ["0", "0.0", "-0.00", "0e5"], "0"),
        ("float8", ["1e+20", "100000000000000000000"], "100000000000000000000"),
        ("bool", ["t", "true"], "true"),
        (
            "timestamptz",
            ["2020-01-31 12:00:00+00", "2020-01-31 14:00:00+02", "2020-01-31T12:00:00Z"],
            "2020-01-31T12:00:00Z",
        ),
        ("timestamptz", ["2020-01-31 07:30:00.5-04:30", "2020-01-31T12:00:00.500Z"], "2020-01-31T12:00:00.5Z"),
        ("timestamptz", ["0001-01-01 01:55:36.000001+01:55:36"], "0001-01-01T00:00:00.000001Z"),
        ("timestamp", ["2020-01-31T12:00:00.000", "2020-01-31T12:00:00"], "2020-01-31T12:00:00Z"),
        ("text", ["1.10"], "1.10"),
    ):
        assert set(canonical(pl.Series(texts), kind)) == {one}
    strange = ["NaN", "infinity", None]
    assert canonical(pl.Series(strange), "numeric").to_list() == strange
    assert canonical(pl.Series(strange), "timestamptz").to_list() == strange


# --- what cannot go there ---------------------------------------------------------------------------------------------


def _codes(findings: list[Finding]) -> list[str]:
    for finding in findings:
        assert all(finding.text(language) for language in ("en", "ro", "ru"))
    return [finding.code for finding in findings]


def test_what_the_database_does_not_take_is_found_before(tmp_path: Path) -> None:
    assert _codes(column_findings(_columns(["xmin", "a"], []))) == ["ckan-column-taken"]
    assert _codes(column_findings(_columns([f"c{n}" for n in range(1_599)], []))) == ["ckan-columns-many"]
    rows = pl.DataFrame({"a": ["x", "y\0", None], "b": ["z" * 3_000, "z" * 600_000, None]})
    (nul, row, key) = row_findings(rows, ["b"])
    assert _codes([nul, row, key]) == ["ckan-text-nul", "ckan-row-long", "ckan-key-long"]
    assert (nul.field, nul.row, row.row, key.row, key.params["count"]) == ("a", 2, 2, 1, 2)
    assert row_findings(pl.DataFrame({"a": ["x", None]}), []) == []


def test_an_older_version_has_no_values_in_a_column_that_it_lacks(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text('a,b\n1,""\n,2\n', "utf-8")
    assert rows_of(file, _columns(["b", "c"], [])).rows() == [(None, None), ("2", None)]


# --- whose edit it is -------------------------------------------------------------------------------------------------

OLD = pl.DataFrame({"a": ["1", "2", "3"], "b": ["x", "y", "z"]})
NEW = pl.DataFrame({"a": ["2", "3", "4"], "b": ["y", "Z", "w"]})


@pytest.mark.parametrize("key", [["a"], []])
def test_a_table_between_two_versions_is_nobodys_edit(key: list[str]) -> None:
    columns = _columns(["a", "b"], key)
    for rows in (OLD, NEW, pl.DataFrame({"a": ["2", "3"], "b": ["y", "z"]}), pl.concat([OLD, NEW[2:]])):
        assert foreign_rows(_held(columns, rows), [OLD, NEW], key) == []
    wider = (*columns, *_columns(["c"], []))
    assert foreign_rows(_held(wider, OLD.with_columns(c=pl.lit(None, dtype=pl.String))), [OLD, NEW], key) == []


def test_edits_by_hand_are_shown_cell_by_cell() -> None:
    columns = _columns(["a", "b"], ["a"])
    edited = pl.DataFrame({"a": ["1", "3", "9"], "b": ["x", "by hand", None]})
    findings = foreign_rows(_held(columns, edited), [OLD, NEW], ["a"])
    assert _codes(findings) == ["portal-cell-edited", "portal-row-added", "portal-row-deleted"]
    assert findings[0].params == {"row": "3", "column": "b", "ours": "z", "theirs": "by hand"}
    assert [finding.params["row"] for finding in findings[1:]] == ["9", "2"]


def test_without_a_key_an_edit_is_a_row_less_and_a_row_more() -> None:
    columns = _columns(["a", "b"], [])
    edited = pl.concat([OLD[:2], OLD[:1]])
    findings = foreign_rows(_held(columns, edited), [OLD], [])
    assert [(f.code, f.params["row"]) for f in findings] == [
        ("portal-row-added", "1, x"),
        ("portal-row-deleted", "3, z"),
    ]


def test_many_edits_are_counted_and_personal_data_is_masked() -> None:
    columns = _columns(["a", "b"], ["a"])
    ours = pl.DataFrame({"a": [str(n) for n in range(50)], "b": ["x"] * 50})
    theirs = ours.with_columns(b=pl.lit("ion@example.md"))
    findings = foreign_rows(_held(columns, theirs), [ours], ["a"])
    assert _codes(findings) == ["portal-cell-edited"] * NAMED + ["portal-rows-more"]
    assert findings[-1].params["count"] == 50 - NAMED
    assert all("ion@" not in finding.text() for finding in findings)


def test_columns_and_words_of_the_dictionary_changed_by_hand_are_named() -> None:
    ours = _columns(["a", "b"], ["a"])
    theirs = (Column("a", "text", {**ours[0].info, "label": "By hand", "note": "new"}), *_columns(["z"], []))
    findings = foreign_columns(_held(theirs, OLD.clear()), [ours])
    assert _codes(findings) == ["portal-dictionary-edited"] * 2 + ["portal-column-added", "portal-column-deleted"]
    assert findings[0].params == {"column": "a", "word": "label", "ours": "a", "theirs": "By hand"}
    assert foreign_columns(_held(ours, OLD.clear()), [ours]) == []
