"""The figures and dates of `open-government-observations`, and that no number of the report's narrative is forgotten.

The second half goes from the report to the data: the numbers of the text that follows each status, less dates, act
numbers and list numbers, are looked for in every package that reads the report.
"""

import csv
import json
import re
import unicodedata
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple, cast

import frictionless
import pytest

from pipelines.tables.periods import period_code
from pipelines.text import romanian

PACKAGES = Path(__file__).resolve().parents[2] / "datapackages"
FOLDER = PACKAGES / "open-government-observations"
ENGLISH, ROMANIAN, REPORT = "000_acf72c38dace56e1.txt", "001_ff133d94113a760d.txt", "003_5d8e699c741e49ea.txt"

Row = dict[str, str]
Untraceable = Callable[[Iterable[Mapping[str, str]]], list[str]]
Lines = dict[str, list[str]] | None


class Printed(NamedTuple):
    """A number of the report, and the line it stands on, from 1."""

    line: int
    value: float


# Numbers of the narrative that are in no package, with the reason. None is a value that an indicator asks for.
EXCEPTIONS: dict[Printed, str] = {
    Printed(324, 6): "says the period, the first 6 months of the year; it is the period of the sessions",
    Printed(2904, 8): "the number of a house in a street",
}


def read(path: Path, delimiter: str = ",") -> list[Row]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


@pytest.fixture(scope="module")
def series() -> dict[str, Row]:
    return {row["series_id"]: row for row in read(FOLDER / "source" / "series.csv")}


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return read(FOLDER / "source" / "observations.csv")


@pytest.fixture(scope="module")
def indicators() -> dict[str, Row]:
    return {row["code"]: row for row in read(PACKAGES / "open-government-plan" / "source" / "indicators.csv")}


BREAKDOWN = ("organisation", "channel", "cohort", "group")


def only(rows: Iterable[Row], **wanted: str) -> list[Row]:
    return [row for row in rows if all(row[name] == value for name, value in wanted.items())]


def whole(rows: Iterable[Row]) -> list[Row]:
    """Rows without a breakdown."""
    return [row for row in rows if not any(row[name] for name in BREAKDOWN)]


# --- printed numbers

NUMBER = re.compile(r"(?<![\w,])(?<!\d\.)(\d{1,3}(?:[ \u00a0\u202f]\d{3})+|\d+(?:,\d+)?)(?![\w,]*\d)(\s+mii\b)?")
WORDS = {"un": 1, "unul": 1, "two": 2, "three": 3, "patra": 4}


def number(text: str, thousands: str | None = None) -> float:
    """`98 596`, `2,5`, `50` (and the word for thousands, if any) as a number."""
    value = float(re.sub(r"[ \u00a0\u202f]", "", text).replace(",", "."))
    return value * 1000 if thousands else value


def numbers(text: str) -> list[float]:
    """The numbers of a printed text, in digits; in words only if there are none in digits."""
    found = [number(m[1], m[2]) for m in NUMBER.finditer(text)]
    return found or [float(WORDS[word]) for word in text.lower().split() if word in WORDS]


def test_thousands_and_decimals_of_one_report_are_told_apart() -> None:
    assert numbers("98 596 acte administrative") == [98596]
    assert numbers("13\u00a0366 de persoane") == [13366]
    assert numbers("33205") == [33205]
    assert numbers("peste 50 mii persoane") == [50000]
    assert numbers("(2,5 mil.") == [2.5]
    assert numbers("cea de-a patra") == [4]


def test_every_printed_value_is_the_number_in_its_text(rows: list[Row]) -> None:
    wrong = [
        row["obs_id"]
        for row in rows
        if row["value"] and row["origin"] == "stated" and float(row["value"]) not in numbers(row["source_text"])
    ]
    assert wrong == []


# --- what the tables hold


def test_there_is_more_than_a_careful_reading_counted(rows: list[Row]) -> None:
    count = Counter(row["source_document"] for row in rows if row["value"] or row["date_value"])
    assert count[REPORT] >= 140 and count[ENGLISH] >= 28 and count[ROMANIAN] >= 7


def test_every_indicator_of_the_plan_has_an_observation_in_its_own_unit(
    series: dict[str, Row], rows: list[Row], indicators: dict[str, Row]
) -> None:
    assert len(indicators) == 46
    own: dict[str, set[str]] = {}
    for row in rows:
        of = series[row["series_id"]]
        if of["indicator_id"] and row["proxy"] == "false":
            own.setdefault(of["indicator_id"], set()).add(of["unit"])
            assert of["milestone"] == indicators[of["indicator_id"]]["milestone"]
    assert set(own) == set(indicators)
    for code, units in own.items():
        plan = indicators[code]
        assert units == {plan["unit"]} or plan["measure"] == "deliverable", code


def test_every_indicator_is_answered_by_the_report_or_says_why_not(
    series: dict[str, Row], rows: list[Row], indicators: dict[str, Row]
) -> None:
    answers: dict[str, list[Row]] = {}
    for row in rows:
        of = series[row["series_id"]]
        if of["indicator_id"] and row["source_document"] == REPORT and row["kind"] in ("actual", "delta"):
            answers.setdefault(of["indicator_id"], []).append(row)
    assert set(answers) == set(indicators)
    proxied = {code for code, found in answers.items() if any(row["proxy"] == "true" for row in found)}
    assert proxied == {"1.2-1", "1.5-2", "1.7-1", "3.3-1", "5.2-1", "6.1-1", "6.6-2"}
    for code in proxied - {"6.1-1"}:  # of 6.1-1 the report has figures of the year before
        direct = [row for row in answers[code] if row["proxy"] == "false"]
        assert [row["missing_reason"] for row in direct] == ["proxy-only"], code
    with_figures = {code for code, found in answers.items() if any(row["value"] for row in only(found, proxy="false"))}
    assert with_figures == {
        *("1.1-1", "1.3-1", "1.3-2", "1.4-1", "1.4-2", "1.5-1", "4.2-1", "5.1-1", "6.1-2", "6.6-1"),
    }


def test_an_observation_is_a_value_a_date_or_a_reason_and_never_zero(series: dict[str, Row], rows: list[Row]) -> None:
    for row in rows:
        assert [bool(row[name]) for name in ("value", "date_value", "missing_reason")].count(True) == 1, row["obs_id"]
        assert not row["value"] or float(row["value"]) > 0
        assert bool(row["value"]) == bool(row["qualifier"])
        if series[row["series_id"]]["measure_type"] == "date":
            assert not row["value"]
        else:
            assert not row["date_value"]


def test_the_targets_of_the_plan_stand_in_all_three_documents(rows: list[Row]) -> None:
    def targets(series_id: str) -> set[tuple[str, str, str]]:
        found = only(rows, series_id=series_id, kind="target")
        return {(row["source_document"], row["value"], row["qualifier"]) for row in found}

    for series_id, value, qualifier in (
        ("6.2-1-services", "3", "exact"),
        ("6.3-1-centres", "10", "at-least"),
        ("6.6-1-paralegals-added", "10", "exact"),
    ):
        assert targets(series_id) == {(document, value, qualifier) for document in (ENGLISH, ROMANIAN, REPORT)}
    assert targets("1.7-funding") == {(ROMANIAN, "2.5", "exact"), (REPORT, "2.5", "exact")}
    assert targets("6.7-funding") == {(ROMANIAN, "1.0", "exact"), (REPORT, "1.0", "exact")}


def test_deadlines_are_those_of_the_plan(rows: list[Row]) -> None:
    plan = read(PACKAGES / "open-government-plan" / "source" / "deadlines.csv")
    due = {
        (r["milestone"].split("/")[1], r["source_document"], f"{r['year']}-Q{r['quarter']}")
        for r in only(plan, kind="quarter")
    }
    found = [row for row in rows if re.fullmatch(r"\d\.\d+-due", row["series_id"])]
    assert {(r["series_id"].removesuffix("-due"), r["source_document"], r["date_value"]) for r in found} == due
    assert len(found) == len(due) == 33


def test_parts_add_up_to_totals(rows: list[Row]) -> None:
    def total_and_parts(**wanted: str) -> tuple[list[int], int]:
        found = only(rows, **wanted)
        totals = whole(found)
        return [int(row["value"]) for row in totals], sum(int(r["value"]) for r in found if r not in totals)

    assert total_and_parts(series_id="committee-members") == ([8], 4 + 4)
    assert total_and_parts(series_id="5.3-consultants") == ([2], 1 + 1)
    assert total_and_parts(series_id="6.3-pilot-centres", period="2020-07-03") == ([22], 17 + 5)


def test_a_part_is_not_more_than_the_whole(rows: list[Row]) -> None:
    def value(series_id: str, **wanted: str) -> int:
        (row,) = only(rows, series_id=series_id, origin="stated", **wanted)
        return int(row["value"])

    assert value("1.3-1-sessions", group="open-data") <= value("1.3-1-sessions", group="")
    assert value("3.3-acts-ended") <= value("3.3-1-acts")
    assert value("6.2-batch-2-services", kind="delta") <= value("6.2-batch-2-services", kind="target")


def falls(rows: Iterable[Row]) -> list[str]:
    """Cumulative observations that are less than an earlier one of the same thing."""
    last: dict[tuple[str, ...], float] = {}
    found: list[str] = []
    for row in sorted(rows, key=lambda row: row["period_end"]):
        if row["kind"] == "cumulative" and row["value"]:
            key = (row["series_id"], *(row[name] for name in BREAKDOWN))
            if float(row["value"]) < last.get(key, 0):
                found.append(row["obs_id"])
            last[key] = float(row["value"])
    return found


def test_cumulative_counts_do_not_fall(rows: list[Row]) -> None:
    assert falls(rows) == []
    (users,) = only(rows, series_id="6.1-housing-tool-users")
    later = users | {"period_end": "2020-12-31", "obs_id": "later"}
    assert falls([later | {"value": "13365"}, users]) == ["later"]
    assert falls([later | {"value": "13366"}, users]) == []


def test_what_is_worked_out_is_right_and_rests_on_the_lines_it_names(rows: list[Row], seed_lines: Lines) -> None:
    worked_out = only(rows, origin="arithmetic")
    assert {row["value"] for row in worked_out} == {"1123", "22", "9"}
    for row in worked_out:
        left, sign, right = row["derivation"].split()
        assert int(row["value"]) == (int(left) + int(right) if sign == "+" else int(left) - int(right))
        if seed_lines is not None:
            lines = seed_lines[row["source_document"]]
            printed = [n for at in row["derived_from"].split() for n in numbers(lines[int(at) - 1])]
            assert {float(left), float(right)} <= set(printed), row["obs_id"]
    for row in rows:
        assert bool(row["derived_from"]) == (row["origin"] != "stated")
        assert bool(row["derivation"]) == (row["origin"] == "arithmetic")


def test_a_count_of_separate_lines_is_their_number(rows: list[Row]) -> None:
    for series_id in ("1.4-1-campaigns", "1.5-2-online-debates", "6.2-methods-in-order", "6.3-stages"):
        (row,) = only(rows, series_id=series_id, origin="counted")
        assert int(row["value"]) == len(row["derived_from"].split())


def test_what_is_printed_once_more_says_the_same(rows: list[Row]) -> None:
    by_id = {row["obs_id"]: row for row in rows}
    repeats = [row for row in rows if row["repeats"]]
    assert {row["series_id"] for row in repeats} >= {"6.2-1-services", "6.2-services-piloted", "6.2-providers"}
    for row in repeats:
        first = by_id[row["repeats"]]
        assert not first["repeats"]
        for name in ("series_id", "period", "value", "date_value", "kind", "qualifier", "source_document", *BREAKDOWN):
            assert row[name] == first[name], row["obs_id"]


# --- time


def days_of(code: str) -> tuple[date, date, str]:
    """First day, last day and precision of a period code."""
    year, _, rest = code.partition("-")
    if not rest:
        months, precision = (1, 12), "year"
    elif rest[0] in "SQ":
        length = 6 if rest[0] == "S" else 3
        months = ((int(rest[1]) - 1) * length + 1, int(rest[1]) * length)
        precision = "semester" if length == 6 else "quarter"
    elif len(rest) == 2:
        months, precision = (int(rest), int(rest)), "month"
    else:
        day = date.fromisoformat(code)
        return day, day, "day"
    after = date(int(year) + months[1] // 12, months[1] % 12 + 1, 1)
    return date(int(year), months[0], 1), after - timedelta(days=1), precision


def test_half_years_quarters_months_and_days_stand_side_by_side_and_agree_with_their_days(rows: list[Row]) -> None:
    for row in rows:
        first, last, precision = days_of(row["period"])
        start, end = date.fromisoformat(row["period_start"]), date.fromisoformat(row["period_end"])
        if row["period_precision"] == "span":
            assert first <= start < end <= last and (start, end) != (first, last), row["obs_id"]
        else:
            assert (start, end, row["period_precision"]) == (first, last, precision), row["obs_id"]
    assert {"year", "semester", "quarter", "month", "day", "span"} == {row["period_precision"] for row in rows}


def test_a_date_is_its_own_period_and_a_state_has_a_day(series: dict[str, Row], rows: list[Row]) -> None:
    for row in rows:
        if row["date_value"]:
            assert row["date_value"] == row["period"] and row["period_precision"] != "span"
        state = series[row["series_id"]]["measure_type"] == "stock" and row["value"] and row["kind"] != "delta"
        assert row["as_of"] == (row["period_end"] if state else ""), row["obs_id"]


def test_what_happened_after_the_half_year_keeps_its_own_time(rows: list[Row]) -> None:
    late = [r for r in only(rows, source_document=REPORT, kind="actual") if r["period_start"] > "2020-06-30"]
    assert {(row["series_id"], row["period"]) for row in late} == {
        ("1.7-1-trial-start", "2020-08"),
        ("6.2-order-submitted", "2020-07-20"),
        ("6.2-council-meeting", "2020-07-03"),
        ("6.2-methods-in-order", "2020-07-20"),
        ("6.3-concept-approved", "2020-07-03"),
        ("1.3-adviser-term-end", "2021"),
    }


def test_the_years_of_the_plan_are_the_period_of_no_value(rows: list[Row]) -> None:
    for row in rows:
        years = {row["period_start"][:4], row["period_end"][:4]}
        assert len(years) == 1, row["obs_id"]
        assert not (row["value"] and "2019-2020" in row["source_text"]), row["obs_id"]
    (centres,) = only(rows, series_id="6.3-1-centres", source_document=ROMANIAN)
    assert (centres["period"], centres["as_of"]) == ("2020-Q4", "2020-12-31")


# --- characters and places


def test_both_spellings_of_s_and_t_stay_as_printed_and_titles_have_the_right_one(
    series: dict[str, Row], rows: list[Row]
) -> None:
    printed = "".join(row["source_text"] for row in rows)
    assert {"ţ", "ț"} <= set(printed)
    assert len(only(rows, source_text="12 angajaţi")) == len(only(rows, source_text="59 angajați")) == 1
    for row in series.values():
        assert not set("şţŞŢ") & set(row["title_ro"])


def test_deadlines_cut_by_narrow_columns_are_whole(rows: list[Row]) -> None:
    cut = [row for row in rows if re.fullmatch(r"l I{1,3}V?, \d{4}", row["source_text"])]
    cut += [row for row in rows if re.fullmatch(r"l IV, \d{4}", row["source_text"])]
    assert len({row["obs_id"] for row in cut}) == 11
    for row in cut:
        assert period_code(f"Trimestru{row['source_text']}") == row["date_value"]


def test_every_row_can_be_traced_to_its_line(series: dict[str, Row], rows: list[Row], untraceable: Untraceable) -> None:
    assert untraceable([*series.values(), *rows]) == []
    assert all(len(row["source_text"]) <= 40 for row in rows)


def test_the_place_of_a_series_is_that_of_one_of_its_observations(series: dict[str, Row], rows: list[Row]) -> None:
    place = ("source_document", "source_line", "source_text")
    found = {(row["series_id"], *(row[name] for name in place)) for row in rows}
    assert {(row["series_id"], *(row[name] for name in place)) for row in series.values()} <= found


def test_the_package_is_valid_for_frictionless_as_it_stands() -> None:
    report = frictionless.Package(str(FOLDER / "datapackage.yaml")).validate()
    assert report.flatten(["type", "rowNumber", "note"]) == []
    assert report.valid


# --- from the report to the data

CODE = re.compile(r"(?<![\d.])[1-6]\.\d{1,2}\. +(?=[A-ZÎȘȚ])")
STATUS = re.compile(r"Realizată|În proces de realizare|Inițiată|Neinițiată")
MONTHS = "ianuarie|februarie|martie|aprilie|mai|iunie|iulie|august|septembrie|octombrie|noiembrie|decembrie"
NOISE = [
    re.compile(r"^ *1 2 3 4 6 7 8 9 *$", re.MULTILINE),  # page header
    re.compile(r"https?://\S+"),
    re.compile(r"(?<!\w)[^\W\d]\S*-\d+(?:-\d+)*(?!\w)"),  # COVID-19, and the end of a link cut by the page
    re.compile(r"\bnr\. ?\d+(?:/\d{4}|-A\b| din\b)"),  # acts
    re.compile(r"(?<![\w.])\d{2,3}/(?:19|20)\d\d\b"),
    re.compile(r"\bpct\. \d+(?:\n\d+\n)?"),  # points of acts, with a raised number on a line of its own
    re.compile(r"\b\d{1,2}\.\d{1,2}\.\d{4}\b"),  # dates
    re.compile(rf"(?<![\w.])\d{{1,2}}(?: – \d{{1,2}})? +(?:{MONTHS})\b"),
    re.compile(r"(?<![\d.,])(?:19|20)\d\d(?!\d|,\d)"),  # years
    re.compile(r"(?<![\d.])[1-6]\.\d{1,2}\b"),  # codes of milestones
    re.compile(r"^ *,?\d *\.? *$", re.MULTILINE),  # numbers of commitments
    re.compile(r"^ *\d\. (?=[A-ZÎȘȚ])", re.MULTILINE),  # lists
    re.compile(r"\b(?:Obiectivul|Etapa|Componentei|Lot|Lotului) \d\b"),
]


def narrative(lines: Sequence[str]) -> Iterator[Printed]:
    """The numbers of what the report tells after each status; dates, acts, lists and links are left out."""
    text = romanian("\n".join(unicodedata.normalize("NFC", line.rstrip("\r")) for line in lines))
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    codes = [found.start() for found in CODE.finditer(text)]
    assert len(codes) == 29
    parts: list[tuple[int, int]] = []
    for begin, end in zip(codes, [*codes[1:], len(text)], strict=True):
        status = STATUS.search(text, begin, end)
        assert status, text[begin : begin + 40]
        parts.append((status.end(), end))
    for noise in NOISE:
        text = noise.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)
    for begin, end in parts:
        for found in NUMBER.finditer(text, begin, end):
            yield Printed(bisect_right(starts, found.start()), number(found[1], found[2]))


def published(rows: Iterable[Mapping[str, object]], *columns: str) -> Counter[Printed]:
    """The values that rows take from the report, as often as they do."""
    return Counter(
        Printed(int(str(row["source_line"])), float(str(row[column])))
        for row in rows
        if row["source_document"] == REPORT and row.get("origin", "stated") == "stated"
        for column in columns
        if row[column] not in (None, "")
    )


def everything_published(rows: list[Row]) -> Counter[Printed]:
    """The same over all packages that read the report. A figure in two packages is one figure."""
    training = json.loads((PACKAGES / "trainees" / "source" / "events.json").read_text(encoding="utf-8"))
    paralegals = read(PACKAGES / "paralegals" / "source" / "paralegals.csv", ";")
    labels = {"Document": "source_document", "Rând": "source_line", "Proveniență": "origin", "Valoare": "value"}
    plan = PACKAGES / "open-government-plan" / "source" / "indicators.csv"
    return (
        published(rows, "value")
        | published(cast("list[dict[str, object]]", training), "participants")
        | published(({to: row[label] for label, to in labels.items()} for row in paralegals), "value")
        | published(read(PACKAGES / "cups-centres" / "source" / "counts.csv"), "value")
        | published(read(PACKAGES / "datasets-published" / "source" / "portal.csv"), "value")
        | published(read(plan), "target_value")
    )


def forgotten(lines: Sequence[str], rows: list[Row]) -> list[Printed]:
    missing = Counter(narrative(lines)) - everything_published(rows) - Counter(EXCEPTIONS.keys())
    return sorted(missing.elements())


def test_every_number_of_the_narrative_is_published_or_excepted(rows: list[Row], seed_lines: Lines) -> None:
    if seed_lines is not None:
        assert forgotten(seed_lines[REPORT], rows) == []


def test_exceptions_are_few_needed_and_no_value_of_an_indicator(
    series: dict[str, Row], rows: list[Row], seed_lines: Lines
) -> None:
    assert len(EXCEPTIONS) <= 10
    assert all(EXCEPTIONS.values())
    of_indicators = [row for row in rows if series[row["series_id"]]["indicator_id"]]
    assert not set(published(of_indicators, "value")) & set(EXCEPTIONS)
    assert not set(everything_published(rows)) & set(EXCEPTIONS)
    if seed_lines is not None:
        assert set(EXCEPTIONS) <= set(narrative(seed_lines[REPORT]))


def test_the_narrative_has_the_numbers_that_a_careful_reading_found(seed_lines: Lines) -> None:
    if seed_lines is not None:
        found = Counter(each.value for each in narrative(seed_lines[REPORT]))
        assert found.total() == 53
        assert {1130, 98596, 913, 13366, 33205, 10000, 50000, 522, 131, 85, 48, 63, 80} <= set(found)
        assert not {2019, 2020, 115, 354, 188, 19} & set(found)


@pytest.mark.parametrize("sentence", ["Au participat 777 persoane.", "12 345 de acte", "peste 77 mii persoane"])
def test_a_number_that_is_nowhere_is_found_out(sentence: str, rows: list[Row], seed_lines: Lines) -> None:
    if seed_lines is not None:
        lines = list(seed_lines[REPORT])
        lines[2961] = sentence  # blank in the report, after the status of 6.6
        assert [each.line for each in forgotten(lines, rows)] == [2962]


def test_a_figure_that_the_package_loses_is_found_out(rows: list[Row], seed_lines: Lines) -> None:
    if seed_lines is not None:
        for series_id, lost in (("1.4-volunteers", 15), ("6.2-batch-2-services", 48), ("1.8-submeasures-online", 4)):
            left = [row for row in rows if row["series_id"] != series_id]
            assert lost in {each.value for each in forgotten(seed_lines[REPORT], left)}


def test_every_day_and_month_of_the_narrative_is_an_observation(rows: list[Row], seed_lines: Lines) -> None:
    known = {(int(row["source_line"]), row["date_value"]) for row in only(rows, source_document=REPORT)}
    moment = re.compile(rf"\d{{1,2}}\.\d{{1,2}}\.\d{{4}}|(?:\d{{1,2}} )?(?:{MONTHS}) 20\d\d")
    missing: list[tuple[int, str]] = []
    for at, line in enumerate(seed_lines[REPORT] if seed_lines is not None else [], 1):
        found = {(at, period_code(each)) for each in moment.findall(line)}
        missing += found - known
    assert missing == []


def test_what_the_other_packages_read_in_the_report_is_here_too(rows: list[Row]) -> None:
    assert set(everything_published(rows)) == set(published(rows, "value"))


def test_paralegals_and_datasets_are_the_same_as_in_their_own_packages(rows: list[Row]) -> None:
    def facts(found: Iterable[Mapping[str, str]], *names: str) -> set[tuple[str, ...]]:
        return {tuple(row[name] for name in names) for row in found}

    portal = read(PACKAGES / "datasets-published" / "source" / "portal.csv")
    names = ("kind", "period", "as_of", "value", "qualifier", "origin")
    assert facts(portal, *names) == facts(
        [row for row in rows if row["series_id"] in ("1.2-1-datasets-held", "1.2-publishers")], *names
    )
    paralegals = read(PACKAGES / "paralegals" / "source" / "paralegals.csv", ";")
    theirs = facts(paralegals, "Fel", "Perioada", "Valoare", "Proveniență")
    read_now = {row["Document"] for row in paralegals}  # its source holds one half-year
    ours = [row for row in rows if row["series_id"].startswith("6.6-") and row["source_document"] in read_now]
    dated = [row for row in ours if not row["date_value"]]
    assert theirs == facts(dated, "kind", "period", "value", "origin")
