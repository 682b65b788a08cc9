"""The tables of `open-government-plan-ua` as its sources hold them: counts, keys, periods, targets, origin of rows."""

import calendar
import csv
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import NotRequired, TypedDict, cast

import frictionless
import pytest
import yaml

FOLDER = Path(__file__).resolve().parents[2] / "datapackages" / "open-government-plan-ua"
PLAN = "002_f381d5ad74a826c0.txt"
MONTHS = list(calendar.month_name)[1:]
PLAN_YEARS = "2016-2018"  # told again and again before the table begins; read once, from the title
BROKEN = {142: {"2018"}}  # the end of a date that begins on the line before, where it is read

Row = dict[str, str]
Tables = dict[str, list[Row]]
Untraceable = Callable[[Iterable[Mapping[str, str]]], list[str]]


class Field(TypedDict):
    name: str
    constraints: NotRequired[dict[str, object]]


class End(TypedDict):
    resource: str
    fields: list[str]


class Key(TypedDict):
    fields: list[str]
    reference: End


class Schema(TypedDict):
    fields: list[Field]
    primaryKey: list[str]
    foreignKeys: NotRequired[list[Key]]


class Resource(TypedDict):
    name: str
    path: str
    schema: Schema


@pytest.fixture(scope="module")
def resources() -> list[Resource]:
    text = (FOLDER / "datapackage.yaml").read_text(encoding="utf-8")
    return cast("list[Resource]", yaml.safe_load(text)["resources"])


@pytest.fixture(scope="module")
def tables(resources: list[Resource]) -> Tables:
    return {resource["name"]: read(resource["path"]) for resource in resources}


def read(path: str) -> list[Row]:
    with (FOLDER / path).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def parts(row: Row, names: Iterable[str]) -> tuple[str, ...]:
    return tuple(row[name] for name in names)


def test_the_tables_have_the_size_of_the_plan(tables: Tables) -> None:
    assert {name: len(rows) for name, rows in tables.items()} == {
        "events": 19,
        "institutions": 63,
        "responsibilities": 73,
        "partners": 70,
        "results": 52,
        "targets": 11,
        "introduction": 24,
        "legal-acts": 8,
    }


def test_there_are_13_events_and_two_of_them_are_headings_over_three(tables: Tables) -> None:
    events = tables["events"]
    assert [row["code"] for row in events if not row["parent"]] == [f"ua-2016-2018/{number}" for number in range(1, 14)]
    assert Counter(row["level"] for row in events) == {"event": 11, "heading": 2, "sub-event": 6}
    children = Counter(row["parent"] for row in events if row["parent"])
    assert children == {"ua-2016-2018/1": 3, "ua-2016-2018/2": 3}
    assert {row["code"] for row in events if row["level"] == "heading"} == set(children)
    assert all(row["code"].startswith(f"{row['parent']}.") for row in events if row["parent"])
    assert [int(row["number"]) for row in events] == list(range(1, 20))


def test_every_event_but_a_heading_has_a_timeframe_who_answers_partners_and_results(tables: Tables) -> None:
    real = {row["code"] for row in tables["events"] if row["level"] != "heading"}
    assert {row["code"] for row in tables["events"] if row["period_start"]} == real
    assert {row["code"] for row in tables["events"] if row["missing_reason"] == "in-sub-events"} == {
        "ua-2016-2018/1",
        "ua-2016-2018/2",
    }
    for name in ("responsibilities", "partners", "results"):
        assert {row["event"] for row in tables[name]} == real, name


def test_31_results_have_a_date_and_the_others_a_reason(tables: Tables) -> None:
    results = tables["results"]
    assert sum(bool(row["due_end"]) for row in results) == 31
    for row in results:
        dated = {bool(row[name]) for name in ("due_period", "due_start", "due_end", "due_precision", "due_text")}
        assert dated == {not row["missing_reason"]}, row["result_id"]
        assert row["result_id"] == f"{row['event'].split('/')[1]}-{row['number']}"


def test_no_result_is_due_outside_the_timeframe_of_its_event(tables: Tables) -> None:
    frame = {row["code"]: row for row in tables["events"]}
    for row in tables["results"]:
        if row["due_end"]:
            event = frame[row["event"]]
            assert event["period_start"] <= row["due_start"] <= row["due_end"] <= event["period_end"], row["result_id"]


def test_the_yearly_targets_are_those_of_the_plan(tables: Tables) -> None:
    found: dict[str, dict[str, int]] = {}
    for row in tables["targets"]:
        if row["series"] in ("electronic-services", "resources-connected"):
            found.setdefault(row["series"], {})[row["period"]] = int(row["value"])
            assert row["accumulates"] == "not-stated"  # so no sum may be published
    assert found == {
        "electronic-services": {"2016": 15, "2017": 20, "2018": 25},
        "resources-connected": {"2016": 10, "2017": 20, "2018": 30},
    }


def test_a_target_and_its_result_are_of_one_event_and_one_time(tables: Tables) -> None:
    results = {row["result_id"]: row for row in tables["results"]}
    for row in tables["targets"]:
        result = results[row["result"]]
        assert row["event"] == result["event"]
        if result["due_period"]:
            assert row["period"] == result["due_period"]


def test_a_printed_value_stands_in_its_text_and_a_counted_one_names_its_lines(tables: Tables) -> None:
    words = {"4": "four"}
    for row in tables["targets"]:
        assert (row["origin"] == "stated") != bool(row["from_lines"]), row["target_id"]
        if row["origin"] == "stated":
            printed = row["source_text"].split()
            assert row["value"] in printed or words[row["value"]] in printed, row["target_id"]


@pytest.mark.parametrize(
    ("table", "prefix"), [("events", "period"), ("results", "due"), ("targets", "period"), ("introduction", "period")]
)
def test_a_period_is_its_code_its_first_and_its_last_day(table: str, prefix: str, tables: Tables) -> None:
    code_column = "due_period" if prefix == "due" else "period"
    seen = 0
    for row in tables[table]:
        code, precision = row[code_column], row[f"{prefix}_precision"]
        if not precision:
            assert not code and not row[f"{prefix}_start"] and not row[f"{prefix}_end"]
            continue
        seen += 1
        start, end = (date.fromisoformat(row[f"{prefix}_{part}"]) for part in ("start", "end"))
        assert start <= end
        days = (end - start).days + 1
        assert bool(code) == (precision != "span")
        assert code == "" or start.isoformat().startswith(code[:4])
        assert {"day": days == 1, "month": 28 <= days <= 31, "semester": 181 <= days <= 184, "year": days >= 365}.get(
            precision, days > 31
        )
    assert seen > 0


def test_the_words_of_a_date_say_what_its_code_says(tables: Tables) -> None:
    pairs = [(row["due_text"], row["due_period"]) for row in tables["results"] if row["due_period"]]
    pairs += [(row["timeframe_text"], row["period"]) for row in tables["events"] if row["period"]]
    pairs += [(row["source_text"], row["period"]) for row in tables["introduction"] if row["kind"] == "preparation"]
    for text, code in pairs:
        months = [MONTHS.index(word) + 1 for word in text.strip("(").split() if word in MONTHS]
        if months and code:
            assert int(code[5:7]) == months[0], text
        years = [word for word in text.split() if word.isdecimal() and len(word) == 4]
        assert all(code.startswith(year) for year in years if code), text


def test_the_dates_of_the_introduction_are_there(tables: Tables) -> None:
    steps = {row["item_id"]: row["period"] or row["period_start"] for row in tables["introduction"]}
    assert [steps[name] for name in ("member-since", "proposals-invited", "reporting-discussed")] == [
        "2012",
        "2015-10",
        "2016-03-21",
    ]
    assert (steps["agencies-propose"], steps["archives-opened"]) == ("2015-12-01", "1917-01-01")
    figures = {row["item_id"]: (row["value"], row["origin"]) for row in tables["introduction"] if row["value"]}
    assert figures == {"priorities-chosen": ("5", "stated"), "events-listed": ("13", "counted")}


def test_bodies_that_take_part_by_consent_are_no_bodies_of_central_government(tables: Tables) -> None:
    kind = {row["institution"]: row["kind"] for row in tables["institutions"]}
    for name in ("responsibilities", "partners"):
        consenting = {row["institution"] for row in tables[name] if row["by_consent"] == "true"}
        assert consenting and {kind[institution] for institution in consenting} == {"group"}


def test_keys_are_unique_and_foreign_keys_hold(resources: list[Resource], tables: Tables) -> None:
    for resource in resources:
        rows, schema = tables[resource["name"]], resource["schema"]
        assert len({parts(row, schema["primaryKey"]) for row in rows}) == len(rows), resource["name"]
        for key in schema.get("foreignKeys", []):
            other = tables[key["reference"]["resource"] or resource["name"]]
            known = {parts(row, key["reference"]["fields"]) for row in other}
            used = {parts(row, key["fields"]) for row in rows} - {("",) * len(key["fields"])}
            assert used and used <= known, (resource["name"], key["fields"], used - known)


def test_codes_are_of_the_closed_lists_and_every_code_is_used(resources: list[Resource], tables: Tables) -> None:
    shared = {"stated", "counted", "arithmetic"}
    for resource in resources:
        for field in resource["schema"]["fields"]:
            allowed = field.get("constraints", {}).get("enum")
            if isinstance(allowed, list):
                values = {row[field["name"]] for row in tables[resource["name"]]} - {""}
                codes = set(cast("list[str]", allowed))
                assert values <= codes, (resource["name"], field["name"])
                assert codes - values <= shared, (resource["name"], field["name"], codes - values)


def test_every_row_of_every_table_can_be_traced_to_its_line(tables: Tables, untraceable: Untraceable) -> None:
    assert untraceable(row for rows in tables.values() for row in rows) == []
    assert {row["source_document"] for rows in tables.values() for row in rows} == {PLAN}


def test_every_number_and_month_of_the_plan_is_in_a_table(
    tables: Tables, seed_lines: dict[str, list[str]] | None
) -> None:
    quoted: dict[int, str] = {}
    for row in (row for rows in tables.values() for row in rows):
        for prefix in ("source", "timeframe", "due"):
            if line := row.get(f"{prefix}_line"):
                quoted[int(line)] = quoted.get(int(line), "") + " " + row[f"{prefix}_text"]
    assert quoted
    for number, line in enumerate(seed_lines[PLAN] if seed_lines else [], 1):
        text = "" if "_Toc" in line else line.strip()
        text = text.replace(PLAN_YEARS, "") if number < 33 else text
        text = re.sub(r"^\d{1,2}[.)]", "", text)  # the number of an event or sub-event is its code
        wanted = set(re.findall(rf"\d+|\b(?:{'|'.join(MONTHS)})\b", text))
        missing = {word for word in wanted if word not in re.findall(r"\w+", quoted.get(number, ""))}
        assert missing == BROKEN.get(number, set()), (number, line)


@pytest.mark.parametrize(("table", "prefix"), [("events", "timeframe"), ("results", "due")])
def test_the_date_of_a_row_is_traced_too(table: str, prefix: str, tables: Tables, untraceable: Untraceable) -> None:
    dates = [
        {"source_document": PLAN, "source_line": row[f"{prefix}_line"], "source_text": row[f"{prefix}_text"]}
        for row in tables[table]
        if row[f"{prefix}_line"]
    ]
    assert len(dates) == {"events": 17, "results": 31}[table]
    assert untraceable(dates) == []


def test_the_tables_are_valid_for_frictionless_as_they_stand() -> None:
    report = frictionless.Package(str(FOLDER / "datapackage.yaml")).validate()
    assert report.flatten(["type", "rowNumber", "note"]) == []
