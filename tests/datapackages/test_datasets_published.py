"""The figures of `datasets-published`, as its source holds them."""

import csv
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import frictionless
import pytest

SOURCE = Path(__file__).resolve().parents[2] / "datapackages" / "datasets-published" / "source" / "portal.csv"

Row = dict[str, str]
Untraceable = Callable[[Iterable[Mapping[str, str]]], list[str]]


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    with SOURCE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def value(rows: list[Row], measure: str, kind: str, period: str) -> int:
    (row,) = (r for r in rows if (r["measure"], r["kind"], r["period"]) == (measure, kind, period))
    return int(row["value"])


def test_every_figure_of_the_report_is_there(rows: list[Row], first_five: frozenset[str]) -> None:
    first = [r for r in rows if r["source_document"] in first_five]
    found = {(r["measure"], r["kind"], r["period"], r["value"], r["qualifier"], r["origin"]) for r in first}
    assert found == {
        ("datasets", "actual", "2020-S1", "1130", "exact", "stated"),
        ("datasets", "delta", "2020-S1", "7", "exact", "stated"),
        ("datasets", "actual", "2019", "1123", "exact", "arithmetic"),
        ("institutions", "actual", "2020-S1", "49", "about", "stated"),
    }
    assert len(first) == len(found)


def test_the_growth_is_the_difference_of_the_two_counts(rows: list[Row]) -> None:
    growth = value(rows, "datasets", "delta", "2020-S1")
    assert value(rows, "datasets", "actual", "2020-S1") - value(rows, "datasets", "actual", "2019") == growth


def test_a_worked_out_figure_says_how_and_a_printed_one_stands_in_its_text(rows: list[Row]) -> None:
    for row in rows:
        if row["origin"] == "arithmetic":
            minuend, subtrahend = row["derivation"].split(" - ")
            assert int(minuend) - int(subtrahend) == int(row["value"])
        else:
            assert not row["derivation"]
            assert row["value"] in row["source_text"].split()


def test_a_count_has_a_date_and_a_change_has_a_base(rows: list[Row]) -> None:
    for row in rows:
        assert bool(row["as_of"]) == (row["kind"] == "actual")
        assert bool(row["base_period"]) == (row["kind"] == "delta")


def test_every_row_can_be_traced_to_its_line(rows: list[Row], untraceable: Untraceable) -> None:
    assert untraceable(rows) == []


def test_a_row_with_a_wrong_place_is_found_out(rows: list[Row], untraceable: Untraceable) -> None:
    wrong = [rows[0] | {"source_line": "0"}, rows[0] | {"source_document": "005.txt"}, rows[0] | {"source_text": ""}]
    assert len(untraceable(wrong)) == len(wrong)


def test_the_package_is_valid_for_frictionless_as_it_stands() -> None:
    report = frictionless.Package(str(SOURCE.parents[1] / "datapackage.yaml")).validate()
    assert report.flatten(["type", "rowNumber", "note"]) == []
    assert report.valid
