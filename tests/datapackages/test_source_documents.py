"""The documents and contradictions of `source-documents`: checksums, both sides of each contradiction, rules used."""

import csv
import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import NotRequired, TypedDict, cast

import frictionless
import pytest
import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
FOLDER = REPOSITORY / "datapackages" / "source-documents"
SEEDS = REPOSITORY.parent / "shared" / "seeds"
CENTRES = REPOSITORY / "datapackages" / "cups-centres" / "source" / "contradictions.csv"
FOUND_BEFORE = 93  # by an earlier reading: a lower bound

Row = dict[str, str]
Untraceable = Callable[[Iterable[Mapping[str, str]]], list[str]]


class Field(TypedDict):
    name: str
    constraints: NotRequired[dict[str, object]]


@pytest.fixture(scope="module")
def documents() -> list[Row]:
    return read("documents")


@pytest.fixture(scope="module")
def contradictions() -> list[Row]:
    return read("contradictions")


def read(name: str) -> list[Row]:
    return read_file(FOLDER / "source" / f"{name}.csv")


def read_file(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def has_digits(text: str) -> bool:
    return any(sign.isdecimal() for sign in text)


def test_the_five_documents_are_there_each_named_by_its_own_file(
    documents: list[Row], first_five: frozenset[str]
) -> None:
    assert [row["document"] for row in documents][:5] == ["doc-000", "doc-001", "doc-002", "doc-003", "doc-004"]
    assert {row["file_name"] for row in documents[:5]} == first_five
    for row in documents:
        assert row["file_name"] == row["source_document"]
        assert row["file_name"].startswith(f"{row['document'].removeprefix('doc-')}_")
    assert Counter(row["country"] for row in documents[:5]) == {"MDA": 4, "UKR": 1}


def test_size_lines_and_checksum_are_those_of_the_files(
    documents: list[Row], seed_lines: dict[str, list[str]] | None
) -> None:
    assert len({row["sha256"] for row in documents}) == len(documents)
    if seed_lines is None:
        return  # the documents are not beside the project
    assert {row["file_name"] for row in documents[:5]} == set(seed_lines)
    for row in documents[:5]:
        content = (SEEDS / row["file_name"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == row["sha256"], row["document"]
        assert (len(content), content.count(b"\n")) == (int(row["bytes"]), int(row["lines"])), row["document"]


def test_publisher_period_and_dates_of_a_document_are_traced(documents: list[Row], untraceable: Untraceable) -> None:
    assert untraceable(documents) == []
    for name, printed in (("publisher", 4), ("period", 5), ("as_of", 1), ("latest_fact", 5)):
        places = [
            {"source_document": r["file_name"], "source_line": r[f"{name}_line"], "source_text": r[f"{name}_text"]}
            for r in documents[:5]
            if r[f"{name}_line"]
        ]
        assert len(places) == printed, name
        assert untraceable(places) == []


def test_what_is_not_printed_is_marked_so(documents: list[Row]) -> None:
    for row in documents:
        assert (row["publisher_origin"] == "stated") == bool(row["publisher_text"])
        assert bool(row["as_of"]) != bool(row["missing_reason"])
        assert bool(row["period"]) == (row["period_precision"] == "semester")


def test_both_half_year_reports_tell_of_things_after_their_period(documents: list[Row]) -> None:
    late = {row["document"] for row in documents[:5] if row["latest_fact"][:7] > row["period_end"][:7]}
    assert late == {"doc-003", "doc-004"}


def test_at_least_as_many_contradictions_are_listed_as_were_known(contradictions: list[Row]) -> None:
    assert len(contradictions) == len({row["contradiction_id"] for row in contradictions})
    assert len(contradictions) >= FOUND_BEFORE
    questions = [row["subject"] for row in contradictions]
    assert [question for question, times in Counter(questions).items() if times > 1] == []


def test_both_sides_of_a_contradiction_are_traced_to_their_lines(
    contradictions: list[Row], untraceable: Untraceable
) -> None:
    assert untraceable(contradictions) == []
    parts = ("document", "line", "text")
    assert untraceable({f"source_{part}": row[f"other_{part}"] for part in parts} for row in contradictions) == []


def test_the_two_sides_differ_in_place_in_words_and_in_answer(contradictions: list[Row]) -> None:
    for row in contradictions:
        assert row["source_text"] != row["other_text"], row["contradiction_id"]
        assert row["value"] != row["other_value"], row["contradiction_id"]
        assert max(len(row["source_text"]), len(row["other_text"])) <= 40
        assert row["explanation"].endswith(".")


def test_no_pair_of_places_is_listed_twice(contradictions: list[Row]) -> None:
    pairs = Counter(
        frozenset(tuple(row[f"{side}_{part}"] for part in ("document", "line", "text")) for side in ("source", "other"))
        for row in contradictions
    )
    assert [pair for pair, times in pairs.items() if times > 1] == []


def test_numbers_and_sums_have_figures_on_both_sides(contradictions: list[Row]) -> None:
    rows = [row for row in contradictions if row["kind"] in ("number", "sum")]
    assert len(rows) >= 15
    for row in rows:
        assert has_digits(row["value"]) and has_digits(row["other_value"]), row["contradiction_id"]


def test_a_contradiction_of_the_centres_is_the_same_here(contradictions: list[Row]) -> None:
    here = {row["contradiction_id"]: row for row in contradictions}
    theirs = read_file(CENTRES)
    assert len(theirs) >= 6
    for row in theirs:
        ours = here[row["contradiction_id"]]
        assert row["nature"] == ours["kind"], row["contradiction_id"]
        for part in ("document", "line", "text"):
            for side in ("source", "other"):
                assert row[f"{side}_{part}"] == ours[f"{side}_{part}"], row["contradiction_id"]


def test_an_answer_that_is_not_printed_names_the_lines_it_comes_from(
    contradictions: list[Row], seed_lines: dict[str, list[str]] | None
) -> None:
    for row in contradictions:
        origins = {"source": row["value_origin"], "other": row["other_origin"]}
        worked_out = [side for side, origin in origins.items() if origin != "stated"]
        assert len(worked_out) == bool(row["from_lines"]), row["contradiction_id"]
        assert "arithmetic" not in origins.values() or row["resolution"] in ("arithmetic-beside", "detail-over-summary")
        if worked_out and seed_lines is not None:
            lines = seed_lines[row[f"{worked_out[0]}_document"]]
            assert all(lines[int(number) - 1].strip() for number in row["from_lines"].split(";"))


def test_the_sums_that_do_not_come_out_are_right(contradictions: list[Row]) -> None:
    answers = {row["contradiction_id"]: (row["value"], row["other_value"]) for row in contradictions}
    assert answers["size-2023"] == ("80", f"{63 + 22} from 63 and 22")
    assert answers["trained-sum"] == ("over 40", f"{20 + 14} from 20 and 14")
    assert answers["growth-6-6"] == ("10 a year", f"{71 - 62}, which is 71 less 62")
    assert answers["reach-6-1"] == (f"{650 + 10000} from the parts 650 and 10000", "50000 in all")
    assert answers["pilot-size-report"] == ("20", f"{17 + 5} from 17 local and 5 consular")
    assert answers["courses-online"] == ("4", f"{10 + 1 + 2} from 10, 1 and 2")


def test_every_document_contradicts_itself_and_every_moldovan_one_another(contradictions: list[Row]) -> None:
    pairs = {(row["source_document"][:3], row["other_document"][:3]) for row in contradictions}
    assert {(name, name) for name in ("000", "001", "002", "003", "004")} <= pairs
    assert {("000", "001"), ("001", "003"), ("003", "004"), ("000", "004")} <= pairs
    assert not any("002" in pair for pair in pairs if pair[0] != pair[1])  # it shares no subject with the others


def test_a_rule_fits_the_documents_it_chooses_between(contradictions: list[Row]) -> None:
    fitting = {"adopted-act-over-translation": {"000", "001"}, "adopted-act-over-report": {"001", "003"}}
    for row in contradictions:
        sides = {row["source_document"][:3], row["other_document"][:3]}
        rule = row["resolution"]
        if rule in fitting:
            assert sides == fitting[rule], row["contradiction_id"]
        if rule == "newest-document":
            assert len(sides) == 2, row["contradiction_id"]
        assert (rule == "proxy-flagged") <= (row["kind"] == "scope" and sides == {"001", "003"})
        assert (rule == "own-date-kept") <= (row["kind"] == "date")


def test_a_milestone_is_one_of_its_plan(contradictions: list[Row]) -> None:
    last = dict(enumerate((10, 4, 3, 2, 3, 7), 1))
    numbers = {f"{c}.{n}" for c, count in last.items() for n in range(1, count + 1)} | {str(c) for c in last}
    known = {f"md-2019-2020/{number}" for number in numbers}
    for row in contradictions:
        ukrainian = row["source_document"].startswith("002")
        assert row["milestone"].startswith("ua-2016-2018") == ukrainian, row["contradiction_id"]
        assert ukrainian or row["milestone"] in known | {""}, row["contradiction_id"]


def test_codes_are_of_the_closed_lists(documents: list[Row], contradictions: list[Row]) -> None:
    text = (FOLDER / "datapackage.yaml").read_text(encoding="utf-8")
    tables = {"documents": documents, "contradictions": contradictions}
    for resource in yaml.safe_load(text)["resources"]:
        for field in cast("list[Field]", resource["schema"]["fields"]):
            allowed = field.get("constraints", {}).get("enum")
            if isinstance(allowed, list):
                values = {row[field["name"]] for row in tables[resource["name"]]} - {""}
                codes = set(cast("list[str]", allowed))
                assert values <= codes, (resource["name"], field["name"])
                assert codes - values <= {"counted"}, (resource["name"], field["name"])


def test_the_tables_are_valid_for_frictionless_as_they_stand() -> None:
    report = frictionless.Package(str(FOLDER / "datapackage.yaml")).validate()
    assert report.flatten(["type", "rowNumber", "note"]) == []
