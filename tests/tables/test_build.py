"""From a source to a table: columns mapped, corrected, looked up, cast; rows kept; places that point at the cell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import polars as pl
import pytest

from pipelines.declaration.dataset import Correction, Dataset
from pipelines.findings import Finding, Place
from pipelines.sources.raw import RawTable
from pipelines.tables.table import DTYPES, Table

Raw = Callable[..., RawTable]
Declared = Callable[..., Dataset]
Build = Callable[..., Table]
Refused = Callable[..., list[Finding]]

PLACE = Place(file="corrections.yaml", line=1)
TYPO = Correction({"Perioada": "S1"}, "Nr", "12O", "120", "a letter for a zero", "e-mail of 5 May", PLACE)
FIELDS = {"period": {"from": "Perioada"}, "number": {"type": "integer", "from": "Nr"}}


def test_columns_are_found_by_heading_and_put_in_the_order_declared(raw: Raw, declared: Declared, build: Build) -> None:
    table = build(
        declared(FIELDS, ignore=["Note"]), raw(["Nr", "Note", "Perioada"], ["1", "x", "S1"], ["2", None, "S2"])
    )
    assert table.frame.to_dict(as_series=False) == {"period": ["S1", "S2"], "number": [1, 2]}
    assert table.frame.schema == {field.name: DTYPES[field.type] for field in table.schema.fields}
    assert table.texts.to_dict(as_series=False) == {"period": ["S1", "S2"], "number": ["1", "2"]}


def test_headings_are_compared_without_cedillas_and_double_blanks(raw: Raw, declared: Declared, build: Build) -> None:
    dataset = declared({"trained": {"from": "Persoane instruite în  ţară", "type": "integer"}})
    assert build(dataset, raw(["Persoane instruite în țară"], ["3"])).frame["trained"].to_list() == [3]


def test_a_cell_that_cannot_be_cast_is_empty_and_its_text_stays(raw: Raw, declared: Declared, build: Build) -> None:
    table = build(declared(FIELDS), raw(["Perioada", "Nr"], ["S1", "12,5%"]))
    assert table.frame["number"].to_list() == [None]
    assert table.texts["number"].to_list() == ["12,5%"]


def test_columns_that_are_not_declared_are_named_each_where_it_stands(
    raw: Raw, declared: Declared, refused: Refused
) -> None:
    findings = refused(declared(FIELDS), raw(["Perioada", "Nr", "Observatii", "Telefon"], ["S1", "1", "x", "y"]))
    assert [(f.code, f.params["label"]) for f in findings] == [
        ("extra-label", "Observatii"),
        ("extra-label", "Telefon"),
    ]
    assert findings[0].place == Place(file="table.csv", line=1, column="Observatii")


def test_a_missing_column_is_told_with_the_nearest_heading(raw: Raw, declared: Declared, refused: Refused) -> None:
    findings = refused(declared(FIELDS), raw(["Perioadă", "Nr"], ["S1", "1"]))
    assert [f.code for f in findings] == ["missing-label", "extra-label"]
    assert findings[0].params["nearest"] == "Perioadă"
    assert findings[0].field == "period"


def test_a_heading_that_stands_twice_is_refused(raw: Raw, declared: Declared, refused: Refused) -> None:
    (finding,) = refused(declared(FIELDS), raw(["Perioada", "Nr", "Nr"], ["S1", "1", "2"]))
    assert (finding.code, finding.params["first"], finding.params["again"]) == ("duplicate-label", "2", "3")


def test_a_column_without_a_heading_is_refused_only_if_it_holds_something(
    raw: Raw, declared: Declared, build: Build, refused: Refused
) -> None:
    (finding,) = refused(declared(FIELDS), raw(["Perioada", "Nr", ""], ["S1", "1", "x"]))
    assert finding.code == "blank-label"
    assert build(declared(FIELDS), raw(["Perioada", "Nr", ""], ["S1", "1", None])).frame.height == 1


def test_empty_rows_at_the_end_are_no_rows_and_in_the_middle_a_finding(
    raw: Raw, declared: Declared, build: Build, refused: Refused
) -> None:
    end = raw(["Perioada", "Nr"], ["S1", "1"], [None, None], ["  ", ""])
    assert build(declared(FIELDS), end).frame.height == 1
    (finding,) = refused(declared(FIELDS), raw(["Perioada", "Nr"], ["S1", "1"], [None, None], ["S2", "2"]))
    assert (finding.code, finding.place) == ("empty-row", Place(file="table.csv", line=3))


def test_only_a_heading_is_a_table_without_rows(raw: Raw, declared: Declared, build: Build) -> None:
    table = build(declared(FIELDS), raw(["Perioada", "Nr"]))
    assert table.frame.is_empty()
    assert table.frame.schema == {field.name: DTYPES[field.type] for field in table.schema.fields}


def test_missing_values_are_those_of_the_field_or_else_of_the_table(raw: Raw, declared: Declared, build: Build) -> None:
    fields = {"a": {}, "b": {"missingValues": ["lipsă"]}}
    table = build(declared(fields, missing=["", "-"]), raw(["a", "b"], ["-", "-"], ["lipsă", "lipsă"], ["x", "y"]))
    assert table.frame["a"].to_list() == [None, "lipsă", "x"]
    assert table.frame["b"].to_list() == ["-", None, "y"]


def test_verbatim_fields_keep_their_cedillas(raw: Raw, declared: Declared, build: Build) -> None:
    table = build(declared({"a": {}, "b": {}}, verbatim=["b"]), raw(["a", "b"], ["Ţara", "Ţara"]))
    assert table.frame.row(0) == ("Țara", "Ţara")


def test_a_lookup_gives_the_code_for_what_is_printed(raw: Raw, declared: Declared, build: Build) -> None:
    dataset = declared({"district": {}}, lookups={"district": {"Chișinău": "chi", "or. Bălţi": "bal", "?": ""}})
    table = build(dataset, raw(["district"], ["Chişinău"], [" or.  Bălți "], ["?"], ["Chișinău"]))
    assert table.frame["district"].to_list() == ["chi", "bal", None, "chi"]


def test_values_that_a_lookup_does_not_know_are_named_once_with_a_line_to_paste(
    raw: Raw, declared: Declared, refused: Refused
) -> None:
    dataset = declared({"district": {}}, lookups={"district": {"Chișinău": "chi"}})
    findings = refused(dataset, raw(["district"], ["Chișinău"], ["Chișinau"], ["Orhei"], ["Orhei"]))
    assert [(f.code, f.place.line) for f in findings] == [("lookup-unknown", 3), ("lookup-unknown", 4)]
    text = findings[1].text()
    assert '"Orhei",CODE' in text
    assert "lookups/district.csv" in text
    assert findings[0].params["nearest"] == "Chișinău"


def test_a_correction_is_applied_where_it_matches(raw: Raw, declared: Declared, build: Build) -> None:
    source = raw(["Perioada", "Nr"], ["S1", "12O"], ["S2", "12O"])
    table = build(declared(FIELDS, corrections=[TYPO]), source)
    assert table.frame["number"].to_list() == [120, None]


def test_a_correction_of_a_cell_that_its_file_knew_is_read_as_text(raw: Raw, declared: Declared, build: Build) -> None:
    fields = {"period": {"from": "Perioada"}, "number": {"type": "number", "from": "Nr", "decimalChar": ","}}
    fix = replace(TYPO, was="1.5", corrected="2,5")
    source = raw(["Perioada", "Nr"], ["S1", "1.5"], ["S2", "1.5"], native=True)
    assert build(declared(fields, corrections=[fix]), source).frame["number"].to_list() == [2.5, 1.5]


@pytest.mark.parametrize(
    ("correction", "code"),
    [
        (replace(TYPO, was="999"), "correction-stale"),
        (replace(TYPO, where={"Perioada": "S9"}), "correction-stale"),
        (replace(TYPO, column="Numar"), "correction-column"),
        (replace(TYPO, where={"Period": "S1"}), "correction-column"),
    ],
)
def test_a_correction_that_no_longer_matches_is_a_finding_at_its_own_place(
    correction: Correction, code: str, raw: Raw, declared: Declared, refused: Refused
) -> None:
    findings = refused(declared(FIELDS, corrections=[correction]), raw(["Perioada", "Nr"], ["S1", "12O"]))
    assert [(f.code, f.place) for f in findings] == [(code, PLACE)]


def test_everything_wrong_is_told_at_once(raw: Raw, declared: Declared, refused: Refused) -> None:
    dataset = declared(
        {**FIELDS, "district": {}}, lookups={"district": {"a": "b"}}, corrections=[replace(TYPO, was="x")]
    )
    source = raw(["Perioada", "Nr", "district"], ["S1", "1", "z"], [None, None, None], ["S2", "2", "a"])
    assert sorted(f.code for f in refused(dataset, source)) == ["correction-stale", "empty-row", "lookup-unknown"]


def test_a_place_names_line_and_column_of_a_csv(raw: Raw, declared: Declared, build: Build) -> None:
    table = build(declared(FIELDS), raw(["Nr", "Perioada"], ["1", "S1"], ["x", "S2"]))
    assert table.place(1, "number").text("en") == "table.csv:3, column 'Nr'"
    assert table.place(None, "period") == Place(file="table.csv", line=1, column="Perioada")


def test_a_place_names_sheet_and_cell_of_a_spreadsheet(raw: Raw, declared: Declared, build: Build) -> None:
    table = build(declared(FIELDS), raw(["Nr", "Perioada"], ["1", "S1"], ["x", "S2"], sheet="Date"))
    assert table.place(1, "number").text("en") == "sheet Date, cell B5, column 'Nr'"
    assert table.place(0, "period").cell == "C4"
    assert table.place(0, "period").text("ro").startswith("foaia Date, celula C4")


# What a new source means for what was published

KEYED = {"period": {}, "number": {"type": "integer"}}
OLD = pl.DataFrame({"period": ["S1", "S2"], "number": [1, 2]})


def test_a_snapshot_is_the_whole(raw: Raw, declared: Declared, build: Build) -> None:
    table = build(declared(KEYED, key=["period"]), raw(["period", "number"], ["S3", "3"]), OLD)
    assert table.frame["period"].to_list() == ["S3"]


def test_append_keeps_what_was_published_and_adds_what_is_new(raw: Raw, declared: Declared, build: Build) -> None:
    dataset = declared(KEYED, key=["period"], history="append")
    table = build(dataset, raw(["period", "number"], ["S2", "2"], ["S3", "3"]), OLD)
    assert table.frame.rows() == [("S1", 1), ("S2", 2), ("S3", 3)]
    assert table.texts.rows() == [("S1", "1"), ("S2", "2"), ("S3", "3")]
    assert table.place(2, "number") == Place(file="table.csv", line=3, column="number")
    assert table.place(0, "number") == Place(column="number"), "a row of before stands in no source of today"


def test_append_keeps_the_cast_faults_of_new_rows_where_they_stand(raw: Raw, declared: Declared, build: Build) -> None:
    dataset = declared(KEYED, key=["period"], history="append")
    table = build(dataset, raw(["period", "number"], ["S3", "many"]), OLD)
    assert table.frame["number"].to_list() == [1, 2, None]
    assert table.texts["number"].to_list() == ["1", "2", "many"]


def test_append_refuses_to_change_what_was_published(raw: Raw, declared: Declared, refused: Refused) -> None:
    dataset = declared(KEYED, key=["period"], history="append")
    (finding,) = refused(dataset, raw(["period", "number"], ["S1", "1"], ["S2", "22"], ["S3", "3"]), OLD)
    assert (finding.code, finding.params["key"], finding.place.line) == ("append-changes", "S2", 3)


def test_append_refuses_to_empty_what_was_published(raw: Raw, declared: Declared, refused: Refused) -> None:
    dataset = declared(KEYED, key=["period"], history="append")
    assert [f.code for f in refused(dataset, raw(["period", "number"], ["S2", None]), OLD)] == ["append-changes"]


def test_upsert_takes_the_new_values_and_keeps_the_rest(raw: Raw, declared: Declared, build: Build) -> None:
    dataset = declared(KEYED, key=["period"], history="upsert")
    table = build(dataset, raw(["period", "number"], ["S2", "22"], ["S3", "3"]), OLD)
    assert table.frame.rows() == [("S1", 1), ("S2", 22), ("S3", 3)]


@pytest.mark.parametrize("history", ["append", "upsert"])
def test_rows_kept_take_the_shape_of_today(history: str, raw: Raw, declared: Declared, build: Build) -> None:
    old = OLD.with_columns(gone=pl.lit("x"))
    fields = {"note": {}, **KEYED}
    dataset = declared(fields, key=["period"], history=history)
    table = build(dataset, raw(["period", "number", "note"], ["S3", "3", "new"]), old)
    assert table.frame.rows() == [(None, "S1", 1), (None, "S2", 2), ("new", "S3", 3)]


def test_rows_of_another_type_or_key_are_not_kept(raw: Raw, declared: Declared, build: Build) -> None:
    dataset = declared(KEYED, key=["period"], history="append")
    source = raw(["period", "number"], ["S3", "3"])
    assert build(dataset, source, OLD.cast({"number": pl.String})).frame.height == 1
    assert build(dataset, source, OLD.drop("period")).frame.height == 1


def test_the_first_version_has_nothing_to_keep(raw: Raw, declared: Declared, build: Build) -> None:
    dataset = declared(KEYED, key=["period"], history="append")
    assert build(dataset, raw(["period", "number"], ["S1", "1"]), None).frame.height == 1
