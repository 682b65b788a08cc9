"""The transforms of `open-government-progress` on invented tables: missing is never zero, a proxy never counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.tables.derive import derive, transform_digest
from pipelines.tables.transforms.datasets_on_portal import datasets_on_portal
from pipelines.tables.transforms.progress_commitments import progress_commitments
from pipelines.tables.transforms.progress_indicators import ADOPTED, progress_indicators
from pipelines.tables.transforms.progress_milestones import progress_milestones

Row = Mapping[str, Any]
S1, S2 = date(2020, 6, 30), date(2020, 12, 31)
INDICATORS = [{"code": f"1.1-{number}", "milestone": "1.1"} for number in (1, 2)]
BOTH = [{"milestone": "1.1", "period": period, "status": "in_progress"} for period in ("2020-S1", "2020-S2")]
TYPES: dict[str, Any] = dict.fromkeys(
    ("date_value", "missing_reason", "repeats", "organisation", "channel", "cohort", "group", "base_period", "status"),
    pl.String,
) | {"value": pl.Float64, "year": pl.Int64, "quarter": pl.Int64, "due": pl.Date, "overdue": pl.Boolean}


def frames(**tables: Sequence[Row]) -> dict[str, Any]:
    """The tables as `tables/` hands them to a transform; `__` in a name stands for a slash, `_` for a hyphen."""
    made: dict[str, Any] = {}
    for name, rows in tables.items():
        known = {key: kind for key, kind in TYPES.items() if rows and key in rows[0]}
        frame = pl.DataFrame(list(rows), schema_overrides=known, infer_schema_length=None)
        made[name.replace("__", "/").replace("_", "-")] = frame.to_pandas(use_pyarrow_extension_array=True)
    return made


def observation(value: float | None = None, **said: Any) -> Row:
    """What the report says of the indicator 1.1-1 in the first half of 2020, unless `said` otherwise."""
    return {
        **dict.fromkeys(("date_value", "missing_reason", "repeats", "organisation", "channel", "cohort", "group")),
        "series_id": "own",
        "kind": "actual",
        "period": "2020-S1",
        "period_end": S1,
        "value": value,
        "unit": "surveys",
        "qualifier": "exact",
        "proxy": False,
        "source_document": "003_5d8e699c741e49ea.txt",
        **said,
    }


def target(value: float, period: str, end: date, **said: Any) -> Row:
    return observation(value, kind="target", period=period, period_end=end, **{"source_document": ADOPTED, **said})


def indicators(*observations: Row, statuses: Sequence[Row] = BOTH[:1]) -> list[dict[str, Any]]:
    """The computed rows of 1.1-1, one for each half-year; 1.1-2 is the one of which nothing is said."""
    series = [{"series_id": "own", "indicator_id": "1.1-1"}, {"series_id": "near", "indicator_id": "1.1-1"}]
    other = observation(7, series_id="of-no-indicator")
    made = progress_indicators(
        frames(
            open_government_plan__indicators=INDICATORS,
            open_government_plan__statuses=statuses,
            open_government_observations__series=[*series, {"series_id": "of-no-indicator", "indicator_id": None}],
            open_government_observations__observations=[*observations, other],
        )
    )
    rows = pl.from_pandas(made).to_dicts()
    assert [row["missing_reason"] for row in rows if row["indicator"] == "1.1-2"] == ["not-reported"] * (len(rows) // 2)
    return [row for row in rows if row["indicator"] == "1.1-1"]


# --- indicators -----------------------------------------------------------------------------------------------------


def test_a_figure_is_set_against_the_target_in_the_same_unit() -> None:
    (row,) = indicators(observation(9), target(10, "2020", S2, qualifier="at-least"))
    assert (row["latest_value"], row["latest_unit"], row["latest_period"]) == (9.0, "surveys", "2020-S1")
    assert (row["target_value"], row["target_qualifier"], row["target_period"]) == (10.0, "at-least", "2020")
    assert (row["share_of_target"], row["reported"], row["figures"], row["missing_reason"]) == (90.0, True, 1, None)


@pytest.mark.parametrize("said", [{"unit": "persons"}, {"source_document": "000_acf72c38dace56e1.txt"}])
def test_a_target_in_another_unit_or_of_another_document_gives_no_share(said: dict[str, str]) -> None:
    (row,) = indicators(observation(9), target(10, "2020", S2, **said))
    assert row["share_of_target"] is None


def test_zero_reported_is_zero_percent_and_nothing_reported_is_nothing() -> None:
    (zero,) = indicators(observation(0), target(10, "2020", S2))
    assert (zero["latest_value"], zero["share_of_target"], zero["reported"]) == (0.0, 0.0, True)
    (nothing,) = indicators(observation(missing_reason="not-done-yet"), target(10, "2020", S2))
    assert (nothing["latest_value"], nothing["share_of_target"], nothing["reported"]) == (None, None, False)
    assert nothing["missing_reason"] == "not-done-yet"


def test_a_proxy_is_shown_and_flagged_and_counts_for_nothing() -> None:
    near = observation(33205, series_id="near", proxy=True)
    (row,) = indicators(near, observation(missing_reason="proxy-only"), target(40000, "2020", S2))
    assert (row["latest_value"], row["proxy"], row["missing_reason"]) == (33205.0, True, "proxy-only")
    assert (row["reported"], row["figures"], row["share_of_target"]) == (False, 0, None)
    (beside,) = indicators(near, observation(5))
    assert (beside["latest_value"], beside["proxy"], beside["reported"]) == (5.0, False, True)


def test_several_figures_are_counted_and_not_added_up() -> None:
    parts = [observation(7, channel="radio"), observation(2, channel="video")]
    (row,) = indicators(*parts, target(10, "2020", S2))
    assert (row["figures"], row["latest_value"], row["missing_reason"]) == (2, None, "several-figures")
    assert (row["reported"], row["share_of_target"]) == (True, None)
    (whole,) = indicators(*parts, observation(9))
    assert (whole["latest_value"], whole["missing_reason"]) == (9.0, None)


def test_what_is_printed_again_is_one_figure_and_a_change_yields_to_a_count() -> None:
    (row,) = indicators(observation(3), observation(3, repeats="x"), observation(1, kind="delta"))
    assert (row["latest_value"], row["figures"]) == (3.0, 1)


def test_the_day_something_was_done_is_a_report() -> None:
    (row,) = indicators(observation(date_value="2020-02", unit="date", period="2020-02", period_end=date(2020, 2, 29)))
    assert (row["reported"], row["latest_date"], row["latest_value"], row["missing_reason"]) == (
        True,
        "2020-02",
        *2 * [None],
    )


def test_what_came_after_the_half_year_is_not_known_in_it() -> None:
    later = observation(5, period="2020-08", period_end=date(2020, 8, 31))
    first, second = indicators(observation(missing_reason="due-later"), later, statuses=BOTH)
    assert (first["as_of"], first["reported"], first["missing_reason"]) == (S1, False, "due-later")
    assert (second["as_of"], second["reported"], second["latest_value"]) == (S2, True, 5.0)


def test_a_figure_of_last_year_is_set_against_the_target_of_last_year() -> None:
    targets = [target(10, "2019", date(2019, 12, 31)), target(20, "2020", S2)]
    (row,) = indicators(observation(8, period="2019", period_end=date(2019, 12, 31)), *targets)
    assert (row["target_period"], row["share_of_target"]) == ("2019", 80.0)
    assert indicators(*targets)[0]["target_period"] == "2020"


# --- milestones and commitments -------------------------------------------------------------------------------------


def milestones(deadline: Row | None, status: str | None) -> dict[str, Any]:
    """The computed row of 1.1 on 30 June 2020, with two indicators of which one is reported."""
    asked = [{"milestone": "1.1", "period": "2020-S1", "as_of": S1, "reported": reported} for reported in (True, False)]
    empty = {"milestone": "9.9", "source_document": ADOPTED, "kind": "annual", "year": None, "quarter": None}
    deadlines = [empty, *([{**empty, "milestone": "1.1", **deadline}] if deadline else [])]
    made = progress_milestones(
        frames(
            indicators=asked,
            open_government_plan__milestones=[{"code": "1.1", "commitment": "1"}],
            open_government_plan__deadlines=deadlines,
            open_government_plan__statuses=[{"milestone": "1.1", "period": "2020-S1", "status": status}],
        )
    )
    (row,) = pl.from_pandas(made).to_dicts()
    return row


@pytest.mark.parametrize(
    ("year", "quarter", "status", "due", "overdue"),
    [
        (2020, 1, "in_progress", date(2020, 3, 31), True),
        (2020, 1, "realised", date(2020, 3, 31), False),
        (2020, 1, None, date(2020, 3, 31), None),
        (2020, 2, "in_progress", date(2020, 6, 30), False),  # due on the very day
        (2020, 4, "not_initiated", date(2020, 12, 31), False),
        (2019, 4, "initiated", date(2019, 12, 31), True),
    ],
)
def test_overdue_is_what_is_not_realised_after_the_last_day_of_its_quarter(
    year: int, quarter: int, status: str | None, due: date, overdue: bool | None
) -> None:
    row = milestones({"kind": "quarter", "year": year, "quarter": quarter}, status)
    assert (row["due"], row["due_missing_reason"], row["overdue"]) == (due, None, overdue)


@pytest.mark.parametrize("kind", ["annual", "semester", "annual-quarter"])
def test_a_deadline_that_comes_back_is_no_day_and_nothing_is_overdue_by_it_or_not(kind: str) -> None:
    quarter = 3 if kind == "annual-quarter" else None
    row = milestones({"kind": kind, "quarter": quarter}, "in_progress")
    assert (row["due"], row["due_missing_reason"], row["overdue"]) == (None, kind, None)
    assert milestones({"kind": kind, "quarter": quarter}, "realised")["overdue"] is False


def test_only_the_adopted_plan_sets_a_deadline() -> None:
    english = {"kind": "quarter", "year": 2019, "quarter": 1, "source_document": "000_acf72c38dace56e1.txt"}
    for deadline in (None, english):
        row = milestones(deadline, "in_progress")
        assert (row["due"], row["due_missing_reason"], row["overdue"]) == (None, "not-stated", None)


def test_the_share_reported_is_of_the_indicators_of_the_milestone() -> None:
    row = milestones(None, "realised")
    assert (row["indicators"], row["indicators_reported"], row["share_reported"]) == (2, 1, 50.0)


STATUSES = ["realised", "in_progress", "initiated", "not_initiated", None]
MILESTONE = st.fixed_dictionaries(
    {
        "commitment": st.sampled_from("123"),
        "period": st.sampled_from(["2020-S1", "2020-S2"]),
        "status": st.sampled_from(STATUSES),
        "overdue": st.sampled_from([True, False, None]),
        "indicators": st.integers(0, 3),
        "indicators_reported": st.just(0),
    }
)


@given(st.lists(MILESTONE, max_size=12))
def test_a_commitment_is_the_sum_of_its_milestones(rows: list[dict[str, Any]]) -> None:
    rows = [{**row, "as_of": S1} for row in rows]
    if not rows:
        return
    made = pl.from_pandas(progress_commitments(frames(milestones=rows))).to_dicts()
    for row in made:
        ours = [each for each in rows if (each["commitment"], each["period"]) == (row["commitment"], row["period"])]
        assert row["milestones"] == len(ours) == sum(row[status or "no_status"] for status in STATUSES)
        assert row["overdue"] + row["overdue_unknown"] == sum(each["overdue"] is not False for each in ours)
        assert row["indicators"] == sum(each["indicators"] for each in ours)
        assert row["share_reported"] == (0.0 if row["indicators"] else None)
    assert sum(row["milestones"] for row in made) == len(rows)


# --- the portal -----------------------------------------------------------------------------------------------------

STATED = [
    {"measure": "datasets", "kind": "actual", "period": "2020-S1", "value": 1130, "origin": "stated"},
    {"measure": "datasets", "kind": "actual", "period": "2019", "value": 1123, "origin": "arithmetic"},
    {"measure": "datasets", "kind": "target", "period": "2020", "value": 2000, "origin": "stated"},
]
PLACE = {"qualifier": "exact", "base_period": None, "source_document": "d", "source_line": 230, "source_text": "1130"}


def on_portal(*versions: tuple[str, str, datetime]) -> list[dict[str, Any]]:
    """The computed rows; `versions`: dataset, organisation, first published."""
    listed = [{"dataset": dataset, "organization": body, "published": moment} for dataset, body, moment in versions]
    tables = frames(portal_versions=listed, datasets_published__portal=[{**row, **PLACE} for row in STATED])
    return pl.from_pandas(datasets_on_portal(tables)).to_dicts()


def measured(rows: Sequence[Row], period: str, institution: str) -> dict[str, int]:
    return {
        row["measure"].removeprefix("datasets-"): row["value"]
        for row in rows
        if (row["origin"], row["period"], row["institution"]) == ("measured", period, institution)
    }


def test_only_what_the_report_prints_is_stated_and_keeps_its_place() -> None:
    (row,) = [row for row in on_portal(("wells", "age", datetime(2021, 3, 1))) if row["origin"] == "stated"]
    assert (row["portal"], row["institution"], row["measure"], row["value"]) == (
        "date-gov-md", "all", "datasets-in-all", 1130,
    )  # fmt: skip
    assert (row["source_document"], row["source_line"], row["source_text"]) == ("d", 230, "1130")


def test_what_is_measured_is_counted_by_institution_and_half_year() -> None:
    rows = on_portal(
        ("wells", "age", datetime(2021, 3, 1)),
        ("wells", "age", datetime(2021, 4, 1)),  # in its first half-year it is new, not updated
        ("mills", "age", datetime(2021, 6, 30, 23, 59)),
        ("roads", "asp", datetime(2022, 1, 1)),
        ("wells", "age", datetime(2022, 2, 1)),
        ("wells", "age", datetime(2022, 2, 2)),  # twice updated is one dataset and two versions
    )
    names = ("first-published", "updated", "published-or-updated", "versions-published", "in-all")
    assert measured(rows, "2021-S1", "age") == dict(zip(names, (2, 0, 2, 3, 2), strict=True))
    assert measured(rows, "2021-S2", "age") == dict(zip(names, (0, 0, 0, 0, 2), strict=True))  # a true zero
    assert measured(rows, "2022-S1", "age") == dict(zip(names, (0, 1, 1, 2, 2), strict=True))
    assert measured(rows, "2021-S2", "asp") == {}  # not there yet: no zero
    assert measured(rows, "2022-S1", "all") == {
        **dict(zip(names, (1, 1, 2, 3, 3), strict=True)),
        "institutions-in-all": 2,
    }
    for row in rows:
        if row["origin"] == "measured":
            assert (row["portal"], row["source_document"], row["source_line"]) == ("this-portal", None, None)


@given(
    st.lists(
        st.tuples(
            st.sampled_from("abc"),
            st.just("x"),
            st.datetimes(datetime(2020, 1, 1), datetime(2022, 12, 31)),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_institutions_add_up_to_the_portal_and_half_years_to_all(versions: list[tuple[str, str, datetime]]) -> None:
    rows = on_portal(*((dataset, "xyz"["abc".index(dataset)], moment) for dataset, _, moment in versions))
    periods = sorted({row["period"] for row in rows if row["origin"] == "measured"})
    for period in periods:
        whole = measured(rows, period, "all")
        institutions = {row["institution"] for row in rows if row["period"] == period} - {"all"}
        assert whole.pop("institutions-in-all") == len(institutions)
        for name, value in whole.items():
            assert value == sum(measured(rows, period, each)[name] for each in institutions)
    last = measured(rows, periods[-1], "all")
    assert last["in-all"] == len({dataset for dataset, _, _ in versions})
    assert last["in-all"] == sum(measured(rows, period, "all")["first-published"] for period in periods)
    assert len(versions) == sum(measured(rows, period, "all")["versions-published"] for period in periods)


def test_an_empty_portal_has_no_figures_and_no_zeros() -> None:
    empty = pl.DataFrame(schema={"dataset": pl.String, "organization": pl.String, "published": pl.Datetime("us")})
    raw = derive(
        "datasets_on_portal",
        {"portal-versions": empty, "datasets-published/portal": pl.DataFrame([{**row, **PLACE} for row in STATED[:1]])},
        "x.csv",
    )
    assert raw.frame.height == 1


def test_what_transforms_share_is_part_of_their_digest(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    before = transform_digest("datasets_on_portal")
    (tmp_path / "rows.py").write_text("other")
    monkeypatch.setattr("pipelines.tables.derive.SHARED", tmp_path / "rows.py")
    assert transform_digest("datasets_on_portal") != before
