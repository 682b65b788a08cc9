"""The half-year of `paralegals` as its source holds it."""

import csv
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "datapackages" / "paralegals" / "source" / "paralegals.csv"

Row = dict[str, str]
Untraceable = Callable[[Iterable[Mapping[str, str]]], list[str]]


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    with SOURCE.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


REPORT = "003_5d8e699c741e49ea.txt"


@pytest.fixture(scope="module")
def first(rows: list[Row]) -> list[Row]:
    """The rows of the report that the tests know: all, until the next half-year's rows take their place."""
    return [row for row in rows if row["Document"] == REPORT]


def test_every_figure_of_the_milestone_is_there(first: list[Row]) -> None:
    found = {(r["Perioada"], r["Indicator"], r["Fel"], r["Valoare"], r["Proveniență"]) for r in first}
    assert not found or found == {
        ("2019", "paralegals-at-work", "baseline", "62", "stated"),
        ("2020-S1", "paralegals-at-work", "actual", "71", "stated"),
        ("2020-S1", "network-growth", "delta", "9", "arithmetic"),
        ("2020-S1", "consultations", "actual", "33205", "stated"),
        ("2020-S1", "beneficiaries", "actual", "", "stated"),
        ("2020", "network-growth", "target", "10", "stated"),
    }
    assert len(first) == len(found)


def test_period_measure_and_kind_make_a_key(rows: list[Row]) -> None:
    assert len({(r["Perioada"], r["Indicator"], r["Fel"]) for r in rows}) == len(rows)


def test_the_growth_is_the_difference_of_the_two_counts(first: list[Row]) -> None:
    at = {(r["Indicator"], r["Fel"]): int(r["Valoare"] or 0) for r in first}
    now, before = (at.get(("paralegals-at-work", kind), 0) for kind in ("actual", "baseline"))
    assert now - before == at.get(("network-growth", "delta"), 0)


def test_every_row_is_traced_to_its_line(rows: list[Row], untraceable: Untraceable) -> None:
    names = {"source_document": "Document", "source_line": "Rând", "source_text": "Text tipărit"}
    assert untraceable({name: row[label] for name, label in names.items()} for row in rows) == []


def test_a_printed_value_stands_in_its_text_and_a_missing_one_has_a_reason(rows: list[Row]) -> None:
    for row in rows:
        assert bool(row["Valoare"]) != bool(row["Motivul lipsei"])
        assert bool(row["Valoare"]) == bool(row["Calificativ"])
        if row["Valoare"] and row["Proveniență"] == "stated":
            assert row["Valoare"] in row["Text tipărit"].split()


def test_dates_are_written_the_romanian_way_and_in_order(rows: list[Row]) -> None:
    for row in rows:
        start, end = row["Începutul perioadei"], row["Sfârșitul perioadei"]
        assert all(re.fullmatch(r"\d{2}\.\d{2}\.\d{4}", day) for day in (start, end))
        assert start.split(".")[::-1] < end.split(".")[::-1]
        assert row["Situația la"] in ("", end)
        assert row["Data tipărită"] in ("da", "nu")
