"""The events of `trainees` as their source holds them, and the totals that follow from them."""

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import cast

import polars as pl
import pytest

from pipelines.tables.transforms.trainee_totals import trainee_totals

SOURCE = Path(__file__).resolve().parents[2] / "datapackages" / "trainees" / "source" / "events.json"

Cell = str | int | bool | None
Event = dict[str, Cell]
Untraceable = Callable[[Iterable[Mapping[str, str]]], list[str]]


@pytest.fixture(scope="module")
def events() -> list[Event]:
    return cast("list[Event]", json.loads(SOURCE.read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def first(events: list[Event], first_five: frozenset[str]) -> list[Event]:
    """The events of the documents that the tests know."""
    return [event for event in events if event["source_document"] in first_five]


def totals(events: Iterable[Mapping[str, Cell | date]]) -> dict[tuple[str, str], dict[str, Cell]]:
    """The computed totals by period and topic, as plain values; the frame is as `tables/` hands it to a transform."""
    numbers = dict.fromkeys(("events_number", "participants"), pl.Int64)
    days = dict.fromkeys(("period_start", "period_end"), pl.Date)
    frame = pl.DataFrame(list(events), schema_overrides={**numbers, **days}, infer_schema_length=None)
    made = pl.from_pandas(trainee_totals({"events": frame.to_pandas(use_pyarrow_extension_array=True)}))
    return {(str(row["period"]), str(row["topic"])): row for row in made.to_dicts()}


def event(**values: Cell | date) -> dict[str, Cell | date]:
    """An event that counts, on a day of the first half of 2020, with an exact figure, unless `values` say otherwise."""
    given: dict[str, Cell | date] = {
        "topic": "open-data",
        "events_number": 1,
        "participants": 10,
        "qualifier": "exact",
        "period_start": date(2020, 2, 3),
        "period_end": date(2020, 2, 3),
        "counted": True,
        "not_counted_reason": None,
    }
    return given | values


def test_the_figures_of_the_reports_are_there(first: list[Event]) -> None:
    found = {e["event_id"]: (e["participants"], e["qualifier"]) for e in first if e["participants"] is not None}
    assert found == {
        "000-3-1": (40, "about"),
        "003-1.3-4": (75, "exact"),
        "003-1.3-6": (59, "exact"),
        "003-1.3-7": (57, "exact"),
        "003-1.3-8": (40, "over"),
        "003-1.4-7": (200, "exact"),
        "003-5.1-2": (24, "exact"),
        "003-5.1-3": (12, "exact"),
        "003-5.1-4": (522, "exact"),
        "003-5.1-5": (28, "exact"),
        "003-6.1-1": (650, "over"),
        "003-6.1-2": (10000, "over"),
        "003-6.1-3": (50000, "over"),
        "003-6.2-1": (20, "exact"),
        "004-1.1-1": (40, "over"),
        "004-1.1-2": (20, "exact"),
        "004-1.1-3": (14, "exact"),
    }


def test_the_rows_stand_for_at_least_the_65_events_that_a_careful_reading_counted(first: list[Event]) -> None:
    assert len(first) == 57
    assert sum(cast("int", e["events_number"] or 0) for e in first if e["not_counted_reason"] != "part") >= 65


def test_every_event_is_traced_to_its_line(events: list[Event], untraceable: Untraceable) -> None:
    places = ("source_document", "source_line", "source_text")
    assert untraceable({name: str(e[name]) for name in places} for e in events) == []


def test_hours_have_a_place_of_their_own(events: list[Event], untraceable: Untraceable) -> None:
    timed = [e for e in events if e["hours"] is not None]
    assert ("003-5.1-4", 131, 1961) in [(e["event_id"], e["hours"], e["hours_line"]) for e in timed]
    assert all((e["hours"] is None) == (e["hours_line"] is None) == (e["hours_text"] is None) for e in events)
    places = {"source_document": "source_document", "source_line": "hours_line", "source_text": "hours_text"}
    assert untraceable({name: str(e[own]) for name, own in places.items()} for e in timed) == []


def test_a_missing_number_has_a_reason_and_a_number_has_a_unit_and_a_qualifier(events: list[Event]) -> None:
    for e in events:
        missing = e["participants"] is None
        assert missing == (e["participants_missing"] is not None), e["event_id"]
        assert missing == (e["participants_unit"] is None) == (e["qualifier"] is None), e["event_id"]
        assert e["participants"] != 0


def test_what_is_not_counted_says_why_and_what_is_counted_took_place_in_a_known_period(events: list[Event]) -> None:
    for e in events:
        assert e["counted"] == (e["not_counted_reason"] is None), e["event_id"]
        if e["counted"]:
            assert e["status"] == "held" and e["period_start"] and e["period_end"], e["event_id"]


def test_a_related_event_is_another_event_of_the_table(events: list[Event]) -> None:
    ids = {e["event_id"] for e in events}
    assert len(ids) == len(events)
    for e in events:
        assert e["related_event"] is None or (e["related_event"] in ids and e["related_event"] != e["event_id"])
        assert e["related_event"] or e["not_counted_reason"] not in ("part", "repeated")


def test_dates_and_precision_agree(events: list[Event]) -> None:
    for e in events:
        start, end = e["period_start"], e["period_end"]
        assert (start is None) == (end is None) == (e["period"] is None) == (e["period_precision"] == "none")
        if start and end:
            assert date.fromisoformat(str(start)) <= date.fromisoformat(str(end))
            assert (start == end) == (e["period_precision"] == "day"), e["event_id"]
            assert str(e["period"]).startswith(str(start)[:4])


def test_the_published_totals_follow_from_the_events(first: list[Event]) -> None:
    dated = [{**e, **{k: _day(e[k]) for k in ("period_start", "period_end")}} for e in first]
    made = totals(dated)
    assert len(made) == 15
    police = made["2020-S1", "procurement"]
    assert (police["participants"], police["participants_stated"], police["participants_total"]) == (75, 75, "exact")
    ethics = made["2020-S1", "ethics-integrity"]
    assert (ethics["entries"], ethics["participants"], ethics["participants_total"]) == (5, 586, "lower-bound")
    redesign = made["2020-S1", "service-reengineering"]
    assert (redesign["participants"], redesign["participants_stated"], redesign["participants_total"]) == (
        34,
        40,
        "lower-bound",
    )
    assert made["2020-S1", "e-government"]["events"] == 38
    assert sum(cast("int", row["entries"]) for row in made.values()) == sum(bool(e["counted"]) for e in first)


def _day(text: Cell) -> date | None:
    return None if text is None else date.fromisoformat(str(text))


def test_exact_figures_add_up_to_an_exact_total() -> None:
    row = totals([event(), event(participants=5)])["2020-S1", "open-data"]
    assert (row["participants"], row["participants_stated"], row["participants_total"]) == (15, 15, "exact")
    assert (row["entries"], row["events"], row["events_complete"], row["basis"]) == (2, 2, True, "exact 2")


def test_a_missing_figure_makes_a_lower_bound_and_is_not_zero() -> None:
    row = totals([event(), event(participants=None, qualifier=None, events_number=None)])["2020-S1", "open-data"]
    assert (row["participants"], row["participants_total"], row["basis"]) == (10, "lower-bound", "exact 1, none 1")
    assert (row["events"], row["events_complete"]) == (1, False)


def test_no_figure_at_all_makes_an_empty_total() -> None:
    row = totals([event(participants=None, qualifier=None)])["2020-S1", "open-data"]
    assert (row["participants"], row["participants_stated"], row["participants_total"]) == (None, None, "not-stated")


def test_an_approximate_figure_is_stated_but_never_part_of_the_exact_sum() -> None:
    row = totals([event(), event(participants=40, qualifier="about")])["2020-S1", "open-data"]
    assert (row["participants"], row["participants_stated"], row["participants_total"]) == (10, 50, "approximate")


def test_what_is_not_counted_leaves_the_total_as_it_was_but_a_larger_whole_lifts_it() -> None:
    part = event(participants=3, counted=False, not_counted_reason="part")
    whole = event(participants=90, qualifier="over", counted=False, not_counted_reason="summary")
    smaller = event(participants=4, qualifier="over", counted=False, not_counted_reason="summary")
    assert totals([event(), part]) == totals([event()])
    assert totals([event(), smaller]) == totals([event()])
    row = totals([event(), whole])["2020-S1", "open-data"]
    assert (row["participants"], row["participants_stated"], row["participants_total"]) == (10, 90, "lower-bound")


def test_a_period_that_crosses_half_years_is_given_to_the_year() -> None:
    made = totals(
        [
            event(period_start=date(2020, 6, 30), period_end=date(2020, 7, 1)),
            event(period_start=date(2020, 7, 1), period_end=date(2020, 12, 31)),
            event(period_start=date(2019, 12, 31), period_end=date(2020, 1, 1)),
        ]
    )
    assert [period for period, _ in made] == ["2019/2020", "2020", "2020-S2"]


def test_an_event_without_a_date_is_in_no_total() -> None:
    assert totals([event(period_start=None, period_end=None), event()]) == totals([event()])
