"""What a declaration uses beside itself: suites, lookups, corrections, the shared lists."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.declaration.load import Catalogue, load_all
from pipelines.declaration.model import CatalogueSource, SqlSource
from pipelines.errors import UserError

Add = Callable[..., Path]
Load = Callable[[], Catalogue]
Changed = Callable[..., str]

SUITE = """\
name: broken
title: {en: Size, ro: Mărimea, ru: Размер}
expectations:
  - type: expect_table_row_count_to_be_betwen
    meta: {en: Not empty., ro: Nu este gol., ru: Не пусто.}
"""
UNKNOWN_KEY = SUITE.replace("betwen", "between").replace("title:", "titel:")


@pytest.mark.parametrize(
    ("suite", "code", "line"),
    [
        (SUITE, "unknown-expectation", 4),
        (UNKNOWN_KEY, "unknown-key", 2),
        (SUITE.replace("betwen", "between").replace("name: broken", "name: other"), "suite-name-differs", 1),
        ("- a\n", "mapping-expected", 1),
        ("name: 'x\n", "yaml-broken", 2),
    ],
)
def test_a_broken_suite_breaks_only_those_who_use_it(
    suite: str, code: str, line: int, add: Add, load: Load, changed: Changed, tmp_path: Path
) -> None:
    (tmp_path / "expectations" / "broken.yaml").write_text(suite)
    add()
    add(changed(("name: paralegals", "name: user"), ("[size]", "[broken]")), "user")
    catalogue = load()
    assert list(catalogue.datasets) == ["paralegals"]
    places = {(f.code, f.place.file, f.place.line) for f in catalogue.broken["user"]}
    assert (code, "expectations/broken.yaml", line) in places


def test_an_unknown_expectation_is_told_the_nearest_known_one(
    add: Add, load: Load, changed: Changed, tmp_path: Path
) -> None:
    (tmp_path / "expectations" / "broken.yaml").write_text(SUITE)
    add(changed(("[size]", "[broken]")))
    (finding,) = load().broken["paralegals"]
    assert "'expect_table_row_count_to_be_between'" in finding.text()


@pytest.mark.parametrize(
    ("content", "code", "line"),
    [
        ("value,raw\na,b\n", "lookup-columns", None),
        ("raw;value\na;b\n", "lookup-columns", None),
        ("", "lookup-columns", None),
        ("raw,value\na,b\na,c\n", "lookup-twice", 3),
        ("raw,value\na\n", "lookup-row", 2),
        ("raw,value\na,b,c\n", "lookup-row", 2),
        ("raw,value\nChișinău,x\n".encode("utf-16"), "yaml-not-utf8", None),
        ("raw,value\n" + "a" * 200_000 + ",x\n", "file-unreadable", None),
    ],
)
def test_a_broken_lookup_is_a_finding(content: str | bytes, code: str, line: int | None, add: Add, load: Load) -> None:
    path = add() / "lookups" / "district.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    (finding,) = load().broken["paralegals"]
    assert (finding.code, finding.place.file, finding.place.line) == (code, "paralegals/lookups/district.csv", line)


def test_a_lookup_with_a_byte_order_mark_loads(add: Add, load: Load) -> None:
    (add() / "lookups" / "district.csv").write_bytes(b"\xef\xbb\xbfraw,value\r\na,b\r\n")
    assert load().datasets["paralegals"].lookups["observations", "district"] == {"a": "b"}


@pytest.mark.parametrize(
    ("content", "code", "line"),
    [
        ("where: x\n", "list-expected", 1),
        ("- {where: {a: b}, column: c, was: '1', is: '2', reason: typo}\n", "missing-key", 1),
        ("- where: {a: b}\n  column: c\n  was: '1'\n  is: 2\n  reason: r\n  reference: s\n", "text-expected", 4),
        ("- where: {a: b}\n  colum: c\n  was: '1'\n  is: '2'\n  reason: r\n  reference: s\n", "unknown-key", 2),
        ("- where: {}\n  column: c\n  was: '1'\n  is: '2'\n  reason: r\n  reference: s\n", "not-empty-expected", 1),
        ("- 'a\n", "yaml-broken", 2),
    ],
)
def test_a_broken_corrections_file_is_a_finding(content: str, code: str, line: int, add: Add, load: Load) -> None:
    (add() / "corrections.yaml").write_text(content)
    findings = load().broken["paralegals"]
    assert (code, "paralegals/corrections.yaml", line) in {(f.code, f.place.file, f.place.line) for f in findings}


def test_an_unknown_key_of_a_correction_is_told_the_nearest_known_one(add: Add, load: Load) -> None:
    (add() / "corrections.yaml").write_text(
        "- {where: {a: b}, colum: c, column: c, was: '1', is: '2', reason: r, reference: s}\n"
    )
    (finding,) = load().broken["paralegals"]
    assert "'column'" in finding.text()


def test_an_unknown_key_of_an_organisation_is_told_the_nearest_known_one(add: Add, load: Load) -> None:
    shared = add().parent / "_shared"
    shared.mkdir()
    (shared / "organizations.yaml").write_text("cnajgs:\n  titel: Council\n  translations: {}\n  email: a@example.md\n")
    for name in ("licenses", "themes"):
        (shared / f"{name}.yaml").write_text("{}\n")
    with pytest.raises(UserError) as refused:
        load()
    found = {f.code: f for f in refused.value.findings}
    assert found["unknown-key"].place.line == 2
    assert "'title'" in found["unknown-key"].text()
    assert found["missing-key"].params["key"] == "title"


def test_a_missing_shared_list_is_a_finding(add: Add, load: Load) -> None:
    (add().parent / "_shared").mkdir()
    with pytest.raises(UserError) as refused:
        load()
    assert [f.code for f in refused.value.findings] == ["file-unreadable"]


def test_a_missing_folder_of_datasets_is_a_finding(tmp_path: Path) -> None:
    with pytest.raises(UserError) as refused:
        load_all(tmp_path / "nowhere")
    assert [f.code for f in refused.value.findings] == ["no-datapackages"]


def test_choosing_an_unknown_dataset_is_told_the_nearest_known_one(add: Add, load: Load) -> None:
    add()
    catalogue = load()
    assert catalogue.choose([]) == ["paralegals"]
    assert catalogue.choose(["paralegals", "paralegals"]) == ["paralegals"]
    with pytest.raises(UserError) as refused:
        catalogue.choose(["paralegal", "paralegals", "x"])
    assert [f.params["name"] for f in refused.value.findings] == ["paralegal", "x"]
    assert refused.value.findings[0].params["nearest"] == "paralegals"


def test_everything_that_a_dataset_uses_changes_its_digest(
    add: Add, load: Load, changed: Changed, tmp_path: Path
) -> None:
    folder = add()
    digests = [load().datasets["paralegals"].digest]

    def again() -> None:
        digests.append(load().datasets["paralegals"].digest)

    suite = tmp_path / "expectations" / "size.yaml"
    suite.write_text(suite.read_text().replace("min_value: 1", "min_value: 2"))
    again()
    lookup = folder / "lookups" / "district.csv"
    lookup.write_text("raw,value\nBălți,x\n")
    again()
    corrections = folder / "corrections.yaml"
    corrections.write_text(corrections.read_text().replace("'2'", "'3'"))
    again()
    (folder / "datapackage.yaml").write_text(changed(("Size of", "The size of")))
    again()
    assert len(set(digests)) == len(digests)


def test_notes_comments_and_sources_change_no_digest(add: Add, load: Load, good: str) -> None:
    folder = add()
    before = load().datasets["paralegals"].digest
    (folder / "notes.md").write_text("a note")
    (folder / "source" / "observations.csv").write_text("other")
    (folder / "datapackage.yaml").write_text("# a comment\n" + good)
    os.utime(folder / "datapackage.yaml", (0, 0))
    assert load().datasets["paralegals"].digest == before


def test_each_kind_of_source_loads_as_itself(add: Add, load: Load, changed: Changed) -> None:
    add(changed(("      history: append", "      source: {sql: select 1, address: DB}\n      history: append")))
    source = load().datasets["paralegals"].resource("observations").publica.source
    assert source == SqlSource(sql="select 1", address="DB")


def test_the_catalogue_as_a_source_loads_as_itself(add: Add, load: Load, changed: Changed) -> None:
    add(changed(("      history: append", "      source: {catalogue: versions}\n      history: append")))
    source = load().datasets["paralegals"].resource("observations").publica.source
    assert source == CatalogueSource(catalogue="versions")


def test_a_computed_table_may_read_another_that_is_computed_before_it_and_no_later_one(
    add: Add, load: Load, good: str
) -> None:
    last = """  - name: last
    path: source/last.csv
    publica: {source: {tables: [first]}, transform: trainee_totals, checks: {rows: {min: 1}}}
    schema: {fields: [{name: code, type: string}]}
"""
    first = last.replace("[first]", "[districts]").replace("last", "first")
    add(good + first + last)
    assert list(load().datasets) == ["paralegals"]
    add(good + last + first)
    assert [(f.code, f.params["value"]) for f in load().broken["paralegals"]] == [("unknown-value", "first")]


def test_a_place_is_that_of_the_nearest_thing_above_with_a_line(add: Add, load: Load) -> None:
    add()
    dataset = load().datasets["paralegals"]
    assert dataset.place("publica", "theme").line == 14
    assert dataset.place("publica", "temporal", "start").line == 11
    assert dataset.place("nothing", "of", "it").line == 1
