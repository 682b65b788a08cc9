"""The tables of `government-services-project`, as their sources hold them: counts, keys, sums, statuses, every number.

That each row stands where it says it does is asked of the document itself, and so is the reverse: that no number of the
document, in digits or as a word, is left out.
"""

import csv
import json
import re
import shutil
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import cast

import frictionless
import pytest
import yaml

from pipelines.commands.build import judge_dataset
from pipelines.commands.workspace import Workspace

PROJECT = Path(__file__).resolve().parents[2]
DATAPACKAGES = PROJECT / "datapackages"
FOLDER = DATAPACKAGES / "government-services-project"
DOCUMENT = "004_5281a48e136e6f90.txt"
SIZES = {
    "components": 15,
    "activities": 26,
    "series": 152,
    "trainings": 20,
    "observations": 209,
    "sums": 5,
    "legal-acts": 19,
    "results": 172,
    "life-events": 5,
    "issues": 29,
}

Row = dict[str, str]
Tables = dict[str, list[Row]]
Untraceable = Callable[[Iterable[Mapping[str, str]]], list[str]]

CONTENTS = range(19, 36)  # lines of the table of contents, whose pages are asked for in a test of their own
FIGURE = re.compile(r"(?<![\d.,])\d+(?:[.,/]\d+)*")
NO_FIGURE = re.compile(  # numbers that count and date nothing
    r"""https?://\S+ | \bSFS\d+                           # addresses, and the code of a payment in one
      | <sup>\d</sup>                                     # a footnote's mark
      | COVID-19
      | subcomponent[ ]\d\.\d | component[ ]\d(?:,[ ]\d[ ]and[ ]\d)?
      | batch[ ]\d(?:[ ]and[ ]\d)? | assignment[ ]\d | indicator[ ]\d
      | page[ ]\d+                                        # of the report itself
      | ^\W*\d{1,2}(?:\.|\*\*|)[ ]+ (?=[^\W\d]|\*)        # list numbers, steps of a leaflet
      | \bPasul[ ]\d                                      # a step of a leaflet, named again
    """,
    re.VERBOSE | re.IGNORECASE,
)
WORD = re.compile(r"\b(?:two|three|four|five|six|seven|eight|nine|ten|second|third|fourth|trilateral)\b", re.IGNORECASE)
NO_NUMBER = {"second round"}  # of training: the rounds have rows of their own, by their dates
IN_WORDS = {
    "one": 1, "two": 2, "Two": 2, "Both": 2, "second": 2, "three": 3, "third": 3, "Trilateral": 3, "trilateral": 3,
    "four": 4, "Four": 4, "fourth": 4, "five": 5,
}  # fmt: skip


@pytest.fixture(scope="module")
def tables() -> Tables:
    return {name: read(FOLDER / "source" / f"{name}.csv") for name in SIZES}


@pytest.fixture(scope="module")
def observations(tables: Tables) -> dict[str, Row]:
    return {row["obs_id"]: row for row in tables["observations"]}


def read(file: Path) -> list[Row]:
    with file.open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


def printed(tables: Tables) -> dict[int, str]:
    """For each line, all that is quoted of it by the tables that hold its numbers, not by those that speak of them."""
    quoted: dict[int, list[str]] = {}
    for name in ("observations", "legal-acts", "activities", "trainings", "components"):
        for row in tables[name]:
            quoted.setdefault(int(row["source_line"]), []).append(row["source_text"])
    return {line: " | ".join(texts) for line, texts in quoted.items()}


def test_the_tables_have_the_size_of_the_report(tables: Tables) -> None:
    assert {name: len(rows) for name, rows in tables.items()} == SIZES


def test_the_report_has_26_activities_in_four_statuses(tables: Tables) -> None:
    counts = Counter(row["status"] for row in tables["activities"])
    assert counts == {"completed": 8, "ongoing": 13, "postponed": 1, "planned": 4}
    assert {(row["status"], row["source_text"]) for row in tables["activities"]} == {
        ("completed", "COMPLETED"),
        ("ongoing", "ONGOING"),
        ("postponed", "POSTPONED"),
        ("planned", "planned to start"),
    }
    assert [int(row["number"]) for row in tables["activities"]] == list(range(1, 27))


def test_a_completed_activity_has_evidence_in_the_results(tables: Tables) -> None:
    for row in tables["activities"]:
        assert (row["status"] == "completed") == bool(row["evidence"]) == bool(row["evidence_line"])
        if row["evidence"]:
            kind = {"this-report": "result", "earlier-report": "pointer"}[row["evidence"]]
            found = {(r["activity"], r["kind"], r["source_line"]) for r in tables["results"]}
            assert (row["activity_id"], kind, row["evidence_line"]) in found


def test_every_activity_brought_something_or_is_to(tables: Tables) -> None:
    assert {r["activity"] for r in tables["results"]} - {""} == {r["activity_id"] for r in tables["activities"]}


def test_the_dates_of_an_activity_are_dates_of_the_observations(tables: Tables) -> None:
    activity = {row["series_id"]: row["activity"] for row in tables["series"]}
    dated = {
        (activity[row["series_id"]], row["date_value"], row["kind"], row["source_line"])
        for row in tables["observations"]
        if row["date_value"]
    }
    for row in tables["activities"]:
        for end in ("start", "end"):
            parts = [row[f"{end}_{part}"] for part in ("kind", "first_day", "last_day", "precision", "line")]
            assert all(parts) == any(parts) == bool(row[end])
            if row[end]:
                assert (row["activity_id"], row[end], row[f"{end}_kind"], row[f"{end}_line"]) in dated
                assert parts[1:4] == days(row[end])


def days(code: str) -> list[str]:
    """First day, last day and precision of a date as exactly as printed."""
    if len(code) == 10:
        return [code, code, "day"]
    if code.endswith(("-S1", "-S2")):
        return [f"{code[:4]}-01-01", f"{code[:4]}-06-30", "semester"] if code.endswith("1") else [
            f"{code[:4]}-07-01", f"{code[:4]}-12-31", "semester"
        ]  # fmt: skip
    if len(code) == 4:
        return [f"{code}-01-01", f"{code}-12-31", "year"]
    year, month = int(code[:4]), int(code[5:])
    last = date(year + month // 12, month % 12 + 1, 1).toordinal() - 1
    return [f"{code}-01", date.fromordinal(last).isoformat(), "month"]


def test_a_period_has_the_days_that_its_code_says_or_is_a_span(tables: Tables) -> None:
    for row in tables["observations"]:
        found = [row["period_start"], row["period_end"], row["period_precision"]]
        assert found[2] == "span" or found == days(row["period"]), row["obs_id"]
        assert found[0] <= found[1]
        assert not row["date_value"] or row["date_value"] == row["period"]
    for row in tables["results"]:
        found = [row["date_first_day"], row["date_last_day"], row["date_precision"]]
        assert found == (days(row["date"]) if row["date"] else ["", "", ""])


def test_every_row_of_every_table_is_traced_to_its_line(tables: Tables, untraceable: Untraceable) -> None:
    rows = [row for table in tables.values() for row in table]
    assert untraceable(rows) == []
    assert {row["source_document"] for row in rows} == {DOCUMENT}
    assert max(len(row["source_text"]) for row in rows) <= 40


def test_every_number_of_the_report_is_in_a_table(tables: Tables, seed_lines: dict[str, list[str]] | None) -> None:
    if seed_lines is None:
        return  # nothing to read them in
    quoted = printed(tables)
    left_out: list[str] = []
    for number, text in enumerate(seed_lines[DOCUMENT], 1):
        if number in CONTENTS:
            continue
        line, here = unicodedata.normalize("NFC", text), quoted.get(number, "")
        left_out += [
            f"{number}: {each}" for each in FIGURE.findall(NO_FIGURE.sub(" ", line)) if each not in digits(here)
        ]
        plain = re.sub("|".join(("https?://\\S+", *NO_NUMBER)), " ", line, flags=re.IGNORECASE)
        left_out += [f"{number}: {word}" for word in WORD.findall(plain) if word.lower() not in here.lower()]
    assert left_out == []


def digits(text: str) -> set[str]:
    return set(FIGURE.findall(text))


def test_the_pages_of_the_table_of_contents_are_there(tables: Tables, seed_lines: dict[str, list[str]] | None) -> None:
    listed = {int(r["contents_line"]): r["contents_page"] for r in tables["components"] if r["contents_line"]}
    assert len(listed) == 13
    if seed_lines is None:
        return
    for line, page in listed.items():
        assert re.sub("</?b>", "", seed_lines[DOCUMENT][line - 1]).split(".")[-1].strip() == page
    headings = {line for line in CONTENTS if re.search(r"component \d", seed_lines[DOCUMENT][line - 1], re.IGNORECASE)}
    assert headings == set(listed)


def test_a_printed_value_stands_in_its_text_in_digits_or_as_a_word(tables: Tables) -> None:
    for row in tables["observations"]:
        if row["value"] and row["origin"] == "stated":
            plain = re.sub(r"(?<=\d),(?=\d{3}\b)", "", row["source_text"]).replace(",", ".")
            found = {float(each.strip(".")) for each in re.findall(r"[\d.]*\d[\d.]*", plain)}
            found |= {value for word, value in IN_WORDS.items() if re.search(rf"\b{word}\b", row["source_text"])}
            assert float(row["value"]) in found, row["obs_id"]


def test_a_printed_date_has_its_year_in_its_text_or_a_note(tables: Tables) -> None:
    for row in tables["observations"]:
        if row["date_value"]:
            year, last = row["date_value"][:4], row["date_value"][2:4]
            stands = year in row["source_text"] or f"-{last})" in row["source_text"]
            assert stands or "year" in row["note"], row["obs_id"]


def test_a_value_is_there_or_a_reason_and_dates_are_no_figures(tables: Tables) -> None:
    for row in tables["observations"]:
        assert [bool(row[name]) for name in ("value", "date_value", "missing_reason")].count(True) == 1, row["obs_id"]
        assert bool(row["date_value"]) == (row["unit"] == "date")
        assert bool(row["qualifier"]) != bool(row["missing_reason"])
        assert bool(row["derived_from"]) == (row["origin"] == "counted")
        assert row["value"] != "0"


def test_the_service_counts_and_shares_are_there(observations: dict[str, Row]) -> None:
    expected = {
        "portal-services": "605",
        "portal-e-services": "254",
        "nomenclature-services": "688",
        "cups-services": "22",
        "cups-services-asp": "12",
        "cups-services-cnas": "10",
        "cups-citizens": "72000",
        "cups-population-smallest": "1500",
        "cups-population-largest": "8000",
        "cups-locations": "25",
        "batch-2-services-enlarged": "85",
        "project-services-target": "21",
        "life-events-associated": "18",
        "life-events-determined": "16",
        "e-service-readiness-alone": "37.7",
        "e-service-readiness-with-support": "37.5",
        "e-service-readiness-delegate": "22",
        "e-services-users": "27.9",
        "communication-materials": "80",
        "social-posts": "500",
        "mpower-months": "6",
        "mnotify-months": "6",
        "service-portal-months": "3",
        "e-learning-modules": "4",
        "e-learning-modules-coming": "10",
    }
    assert {name: observations[name]["value"] for name in expected} == expected
    qualified = {name: row["qualifier"] for name, row in observations.items() if row["qualifier"] not in ("exact", "")}
    assert qualified == {
        "project-services-target": "at-least",
        "pandemic-standstill": "about",
        "reengineering-trained": "over",
        "cups-citizens": "about",
        "cups-population-smallest": "about",
        "cups-population-largest": "about",
        "cups-report-delay": "about",
        "e-services-users-over-target": "about",
        "communication-materials": "over",
        "social-posts": "over",
    }


def test_shares_are_within_100_and_answers_do_not_add_up_to_more(tables: Tables) -> None:
    shares = [row for row in tables["observations"] if row["unit"] == "percent" and row["value"]]
    assert all(0 <= float(row["value"]) <= 100 for row in shares)
    answers = [float(row["value"]) for row in shares if row["answer"]]
    assert len(answers) == 3 and round(sum(answers), 1) == 97.2


def test_a_change_has_a_base_or_says_that_none_is_printed(tables: Tables) -> None:
    changes = [row for row in tables["observations"] if row["kind"] == "delta"]
    growth = {(r["channel"], r["content"], r["value"]) for r in changes if r["series_id"] == "views-growth"}
    assert growth == {
        ("facebook", "organic", "115"),
        ("facebook", "mixed", "446"),
        ("linkedin", "", "60"),
        ("twitter", "", "93"),
    }
    engagement = {(r["channel"], r["value"]) for r in changes if r["series_id"] == "engagement-growth"}
    assert engagement == {("facebook", "104"), ("linkedin", "45"), ("twitter", "81")}
    for row in changes:
        assert bool(row["base_period"]) != bool(row["base_missing"]), row["obs_id"]
        assert not row["channel"] or (row["base_missing"] == "not-printed" and row["unit"] == "percent-change")
    assert all(
        not row["base_period"] and not row["base_missing"] for row in tables["observations"] if row not in changes
    )


def test_the_courses_of_the_platform_are_counted_by_category(observations: dict[str, Row]) -> None:
    found = {r["course_category"]: r["value"] for r in observations.values() if r["series_id"] == "e-learning-courses"}
    assert found == {"e-governance-agency": "10", "state-chancellery": "1", "open-access": "2"}


def test_parts_equal_totals(tables: Tables, observations: dict[str, Row]) -> None:
    sums = {
        row["sum_id"]: [int(row[name]) for name in ("whole", "first_part", "second_part")] for row in tables["sums"]
    }
    assert sums == {
        "pilot-centres": [22, 17, 5],
        "pilot-centres-listed": [22, 17, 5],
        "pilot-abroad-listed": [5, 4, 1],
        "pilot-services": [22, 12, 10],
        "batch-2-services": [85, 37, 48],
    }
    for row in tables["sums"]:
        for side, value in (("whole", "whole"), ("first", "first_part"), ("second", "second_part")):
            assert observations[row[f"{side}_observation"]]["value"] == row[value]
        assert int(row["counter_entry"]) == -int(row["first_part"]) - int(row["second_part"])


def test_what_is_said_again_is_said_the_same_and_first_elsewhere(observations: dict[str, Row]) -> None:
    for row in observations.values():
        first = observations.get(row["repeats"])
        if row["repeats"]:
            assert first and not first["repeats"], row["obs_id"]
            same = ("series_id", "unit", "kind", "value", "organisation", "place_kind")
            assert [row[name] for name in same] == [first[name] for name in same], row["obs_id"]
            assert row["date_value"][:4] == first["date_value"][:4]


def test_a_series_has_one_unit_and_one_value_for_a_kind_time_and_breakdown(tables: Tables) -> None:
    units = {row["series_id"]: row["unit"] for row in tables["series"]}
    assert {row["series_id"] for row in tables["observations"]} == set(units)
    assert all(units[row["series_id"]] == row["unit"] for row in tables["observations"])
    breakdown = "organisation place_kind channel content answer course_category service plan_version training"
    key = ["series_id", "kind", "period", "period_start", *breakdown.split()]
    firsts = [tuple(row[name] for name in key) for row in tables["observations"] if not row["repeats"]]
    assert [each for each, times in Counter(firsts).items() if times > 1] == []


def test_foreign_keys_and_code_lists_hold(tables: Tables) -> None:
    package = yaml.safe_load((FOLDER / "datapackage.yaml").read_text(encoding="utf-8"))
    assert [each["name"] for each in package["resources"]] == list(SIZES)
    for resource in package["resources"]:
        schema, rows = resource["schema"], tables[resource["name"]]
        for key in schema.get("foreignKeys", []):
            other = tables[key["reference"]["resource"] or resource["name"]]
            there = {tuple(row[name] for name in key["reference"]["fields"]) for row in other}
            here = {tuple(row[name] for name in key["fields"]) for row in rows}
            assert {each for each in here if all(each)} <= there, (resource["name"], key["fields"])
        for field in schema["fields"]:
            if "categories" in field:
                codes = {category["value"] for category in field["categories"]}
                assert {row[field["name"]] for row in rows} - {""} <= codes, (resource["name"], field["name"])


def test_the_trainings_are_those_of_the_other_dataset_with_the_same_figures(tables: Tables) -> None:
    text = (DATAPACKAGES / "trainees" / "source" / "events.json").read_text(encoding="utf-8")
    events = {str(e["event_id"]): e for e in cast("list[dict[str, str | int | None]]", json.loads(text))}
    here = {row["event_id"]: row for row in tables["trainings"]}
    assert set(here) == {name for name in events if name.startswith("004-")}
    for name, row in here.items():
        theirs = events[name]
        assert (row["status"], row["kind"], row["subject"]) == (theirs["status"], theirs["kind"], theirs["subject"])
        assert row["period_start"] == (theirs["period_start"] or "")
        assert not row["elsewhere"] or row["elsewhere"] in events
    people = {r["training"]: r for r in tables["observations"] if r["training"] and r["unit"] == "persons"}
    stated = {name: e for name, e in events.items() if name in here and e["participants"] is not None}
    assert {name: int(row["value"]) for name, row in people.items()} == {
        n: e["participants"] for n, e in stated.items()
    }
    assert {name: row["qualifier"] for name, row in people.items()} == {n: e["qualifier"] for n, e in stated.items()}


def test_the_decisions_have_number_date_and_activity(tables: Tables) -> None:
    found = {(r["number"], r["date"], r["activity"]) for r in tables["legal-acts"] if r["number"]}
    assert found == {
        ("375/2020", "2020-06-10", "mpower"),
        ("376/2020", "2020-06-10", "mnotify"),
        ("411/2020", "2020-06-24", "e-learning"),
        ("412/2020", "2020-06-24", "service-portal"),
        ("413/2020", "2020-06-24", "service-portal"),
        ("414", "2018-05-08", "mcloud-licences"),
        ("354/2020", "2020-06-10", ""),
    }
    for row in tables["legal-acts"]:
        assert bool(row["number"]) != bool(row["number_missing"])
        assert bool(row["date"]) != bool(row["date_missing"])
        assert row["stage"] != "draft" or not row["date"]


def test_18_and_16_life_events_both_stand(tables: Tables, observations: dict[str, Row]) -> None:
    numbers = {row["set_id"]: row["number"] for row in tables["life-events"]}
    assert numbers == {
        "associated": "18",
        "determined": "16",
        "institutionalised": "6",
        "scenarios": "5",
        "on-portal": "",
    }
    for row in tables["life-events"]:
        assert bool(row["number"]) != bool(row["number_missing"])
        assert observations[row["observation"]]["value"] == row["number"]


def test_the_package_is_valid_for_frictionless_as_it_stands() -> None:
    report = frictionless.Package(str(FOLDER / "datapackage.yaml")).validate()
    assert report.flatten(["type", "rowNumber", "note"]) == []
    assert report.valid


@pytest.mark.parametrize(
    ("table", "row", "change", "suite"),
    [
        ("activities", ("activity_id", "mcloud-licences"), {"evidence": ""}, "project-activity"),
        ("activities", ("activity_id", "front-office"), {"start_kind": "actual"}, "project-activity"),
        ("observations", ("obs_id", "e-services-users"), {"value": "127.9"}, "project-observation"),
        ("observations", ("obs_id", "portal-life-events"), {"missing_reason": ""}, "project-observation"),
        ("observations", ("obs_id", "views-growth-twitter"), {"base_missing": ""}, "project-observation"),
        ("sums", ("sum_id", "batch-2-services"), {"counter_entry": "-84"}, "project-sum"),
    ],
)
def test_a_suite_finds_what_it_forbids(
    table: str, row: tuple[str, str], change: Row, suite: str, tmp_path: Path
) -> None:
    shutil.copytree(FOLDER, tmp_path / "datapackages" / FOLDER.name)
    shutil.copytree(DATAPACKAGES / "_shared", tmp_path / "datapackages" / "_shared")
    shutil.copytree(PROJECT / "expectations", tmp_path / "expectations")
    file = tmp_path / "datapackages" / FOLDER.name / "source" / f"{table}.csv"
    rows = [each | change if each[row[0]] == row[1] else each for each in read(file)]
    with file.open("w", encoding="utf-8", newline="") as text:
        writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    workspace = Workspace(tmp_path / "datapackages", tmp_path / "archive", "folder:public")
    verdict = judge_dataset(workspace, workspace.catalogue.datasets[FOLDER.name]).verdict
    broken = {f.params["suite"] for f in verdict.findings if f.code == "expectation"}
    assert not verdict.passed and broken == {suite}
