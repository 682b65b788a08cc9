"""The pilot centres, counts and contradictions of `cups-centres`, as their sources hold them."""

import csv
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import pytest

SOURCES = Path(__file__).resolve().parents[2] / "datapackages" / "cups-centres" / "source"

Row = dict[str, str]
Untraceable = Callable[[Iterable[Mapping[str, str]]], list[str]]


def read(name: str) -> list[Row]:
    with (SOURCES / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def centres() -> list[Row]:
    return read("centres")


@pytest.fixture(scope="module")
def counts() -> list[Row]:
    return read("counts")


@pytest.fixture(scope="module")
def contradictions() -> list[Row]:
    return read("contradictions")


def test_the_pilot_has_17_local_and_5_consular_centres_numbered_in_order(centres: list[Row]) -> None:
    assert [int(row["number"]) for row in centres] == list(range(1, 23))
    assert [row["kind"] for row in centres] == ["local"] * 17 + ["consular"] * 5
    assert len({row["name"] for row in centres}) == 22


def test_a_local_centre_has_a_district_and_one_abroad_a_country(centres: list[Row]) -> None:
    for row in centres:
        assert (row["kind"] == "local") == bool(row["district"]) == (row["country"] == "MDA")
        assert (row["kind"] == "local") == (row["host"] == "local-authority")


@pytest.mark.parametrize("name", ["centres", "counts", "contradictions"])
def test_every_row_is_traced_to_its_line(name: str, untraceable: Untraceable) -> None:
    assert untraceable(read(name)) == []


def test_the_other_side_of_a_contradiction_is_traced_too(contradictions: list[Row], untraceable: Untraceable) -> None:
    parts = ("document", "line", "text")
    assert untraceable({f"source_{part}": row[f"other_{part}"] for part in parts} for row in contradictions) == []


def test_the_figures_of_the_documents_are_there(counts: list[Row], first_five: frozenset[str]) -> None:
    stated = [r for r in counts if r["origin"] == "stated" and r["source_document"] in first_five]
    found = {(r["measure"], r["value"], r["qualifier"]) for r in stated}
    assert found == {
        ("centres-operational", "10", "at-least"),
        ("centres-operational", "", ""),
        ("locations-identified", "25", "exact"),
        ("pilot-centres", "20", "exact"),
        ("pilot-centres", "22", "exact"),
        ("pilot-centres", "17", "exact"),
        ("pilot-centres", "5", "exact"),
        ("pilot-services", "22", "exact"),
        ("pilot-services", "12", "exact"),
        ("pilot-services", "10", "exact"),
        ("citizens-covered", "72000", "about"),
        ("locality-population-min", "1500", "about"),
        ("locality-population-max", "8000", "about"),
        ("delay-assessment-report", "2", "about"),
        ("delay-pilot-decision", "3", "exact"),
        ("centres-added", "63", "at-least"),
        ("centres-in-all", "80", "about"),
    }


def test_parts_add_up_where_the_documents_agree_and_arithmetic_is_right(counts: list[Row]) -> None:
    value = {row["count_id"]: int(row["value"] or 0) for row in counts}
    assert value["services-asp"] + value["services-cnas"] == value["services-all"]
    assert value["pilot-report-local"] + value["pilot-report-consular"] == value["pilot-report-sum"]
    assert value["pilot-project-22"] + value["more-2023"] == value["all-2023-sum"] != value["all-2023-stated"]


def test_a_count_of_the_list_is_the_length_of_the_list(counts: list[Row], centres: list[Row]) -> None:
    value = {row["count_id"]: int(row["value"] or 0) for row in counts}
    assert value["pilot-project-listed"] == len(centres)
    assert value["pilot-project-consulates"] == sum(row["host"] == "general-consulate" for row in centres)


def test_a_printed_value_stands_in_its_text_and_a_missing_one_has_a_reason(counts: list[Row]) -> None:
    for row in counts:
        assert bool(row["value"]) != bool(row["missing_reason"])
        if row["value"] and row["origin"] == "stated":
            assert row["value"] in row["source_text"].replace(",", "").split() or row["value"] in row["source_text"]


def test_a_contradiction_between_numbers_has_both_values_with_their_sources(
    counts: list[Row], contradictions: list[Row]
) -> None:
    for row in contradictions:
        sides = [count for count in counts if count["contradiction_id"] == row["contradiction_id"]]
        if row["nature"] in ("number", "sum"):
            assert len({side["value"] for side in sides}) >= 2, row["contradiction_id"]
        if not sides:
            continue
        quoted = {(side["source_document"], side["source_line"]) for side in sides}
        assert (row["source_document"], row["source_line"]) in quoted


def test_every_contradiction_that_a_count_names_is_explained(counts: list[Row], contradictions: list[Row]) -> None:
    explained = {row["contradiction_id"] for row in contradictions}
    assert len(explained) == len(contradictions)
    assert {row["contradiction_id"] for row in counts} - {""} <= explained
    for row in contradictions:
        assert row["explanation"] and row["handling"]
        assert (row["source_document"], row["source_line"], row["source_text"]) != (
            row["other_document"],
            row["other_line"],
            row["other_text"],
        )
