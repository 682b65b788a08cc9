"""The next half-year, as the README tells an officer to enter it: with an invented report, in a copy of our packages.

The files that are edited are those of the README's table, and what is typed is what it says; nothing here is Python
that an officer would need. The figures are invented, and so is the report: the lines below. Which half-year is the
next one is read from the documents, so that the day when the example has come true is a day like others.
"""

import csv
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import openpyxl
import pytest

PROJECT = Path(__file__).resolve().parents[2]
SECTION = (PROJECT / "README.md").read_text("utf-8").split("\n## The next half-year\n")[1].split("\n## ")[0]
STEPS = dict(re.findall(r"^\| `([^`]+)` \| (.+) \|$", SECTION, re.MULTILINE))  # file -> what to do with it
SLUGS = sorted({file.split("/")[0] for file in STEPS})

WORDS = {
    "realised": "Realizată",
    "in_progress": "În proces de realizare",
    "initiated": "Inițiată",
    "not_initiated": "Neinițiată",
}
AT_WORK = ("paralegals-at-work", "actual")

Row = dict[str, str]
Edit = Callable[[Path], None]


def read(path: Path, delimiter: str = ",") -> list[Row]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def next_period(period: str) -> Row:
    """The half-year after another: code, first and last day."""
    year = int(period[:4]) + (period[-1] == "2")
    if period.endswith("S2"):
        return {"period": f"{year}-S1", "period_start": f"{year}-01-01", "period_end": f"{year}-06-30"}
    return {"period": f"{year}-S2", "period_start": f"{year}-07-01", "period_end": f"{year}-12-31"}


KNOWN = read(PROJECT / "datapackages" / "source-documents" / "source" / "documents.csv")
NUMBER = f"{max(int(row['document'].removeprefix('doc-')) for row in KNOWN) + 1:03}"
DOCUMENT = f"{NUMBER}_0123456789abcdef.txt"
LAST = max(row["period"] for row in KNOWN)
PERIOD = next_period(LAST)
NEXT, END = PERIOD["period"], PERIOD["period_end"]

LINES = (
    "Progresul din semestrul II, 2020",
    "Pe portal erau 1171 de seturi de date, cu 41 mai multe.",
    "Peste 55 de instituții le publică.",
    "Au fost instruiți 61 de angajați, în 12 ore.",
    "La instruire au venit peste 30 de voluntari.",
    "Funcționează 3 centre.",
    "Rețeaua are 77 parajuriști, dintre care 6 noi.",
    "Ei au dat 40018 consultații. Numărul de beneficiari nu se cunoaște.",
    "Campania a ajuns în 120 de sate.",
    f"Situația la 15 ianuarie 2021, raportul {NUMBER}",
)


def quote(text: str) -> Row:
    """Document, line and characters of a place of the invented report."""
    (line,) = (number for number, words in enumerate(LINES, 1) if text in words)
    return {"source_document": DOCUMENT, "source_line": str(line), "source_text": text}


# --- what a person does in a spreadsheet program or an editor


def add(path: Path, rows: Iterable[Mapping[str, str]]) -> None:
    """Type rows below the last one; what is not typed stays empty."""
    names = path.read_text("utf-8").split("\n", 1)[0].split(",")
    with path.open("a", encoding="utf-8", newline="") as file:
        csv.DictWriter(file, names, restval="", lineterminator="\n").writerows(rows)


def add_the_report(path: Path) -> None:
    content = "".join(f"{line}\n" for line in LINES).encode()
    report = next(row for row in read(path) if row["document"] == "doc-003")
    place = quote("semestrul II, 2020")
    new = {
        "document": f"doc-{NUMBER}",
        "file_name": DOCUMENT,
        "title_en": "How far the Moldovan plan had come by the end of 2020",
        "title_ro": "Cât s-a realizat din planul Moldovei până la sfârșitul anului 2020",
        **{name: PERIOD[name] for name in ("period", "period_start", "period_end")},
        **{f"period_{part}": place[f"source_{part}"] for part in ("line", "text")},
        "latest_fact": "2021-01-15",
        "latest_fact_line": quote("15 ianuarie 2021")["source_line"],
        "latest_fact_text": "15 ianuarie 2021",
        "lines": str(len(LINES)),
        "bytes": str(len(content)),
        "sha256": hashlib.sha256(content).hexdigest(),
        **place,
    }
    add(path, [report | new])


def add_statuses(path: Path) -> None:
    """Each milestone, with the word of the report; the report's pages of them are not invented line by line."""
    rows = [row for row in read(path) if row["period"] == LAST]
    steps = {"not_initiated": "initiated", "initiated": "in_progress", "in_progress": "realised"}
    status = {row["milestone"]: steps.get(row["status"], row["status"]) for row in rows}
    for number, row in enumerate(rows, len(LINES) + 1):
        word = WORDS[status[row["milestone"]]]
        row |= {"period": NEXT, "status": status[row["milestone"]], "printed": word}
        row |= {"source_document": DOCUMENT, "source_line": str(number), "source_text": word}
    add(path, rows)


def add_series(path: Path) -> None:
    new = {
        "series_id": f"1.4-localities-{NUMBER}",
        "milestone": "md-2019-2020/1.4",
        "title_en": "Villages that the campaign reached",
        "title_ro": "Sate în care a ajuns campania",
        "unit": "institutions",
        "measure_type": "flow",
    }
    add(path, [new | quote("120 de sate")])


def add_observations(path: Path) -> None:
    """Rows of the half-year before, copied and changed, and one of the new series."""
    old = {row["obs_id"]: row for row in read(path)}
    by_hand = {"period_stated": "true", "note": "", "origin": "stated", "derived_from": "", "derivation": "", **PERIOD}

    def copy(obs_id: str, **changed: str) -> Row:
        name = f"{NUMBER}{obs_id[3:]}".replace("2020-s1", NEXT.lower())
        return old[obs_id] | by_hand | {"obs_id": name} | changed

    network = copy("003-6.6-paralegals-2020-s1", value="77", as_of=END) | quote("77 parajuriști")
    given = copy("003-6.6-2-consultations-2020-s1-cnajgs", value="40018") | quote("40018")
    gap = copy("003-6.6-2-beneficiaries-2020-s1") | quote("beneficiari")
    held = copy("003-1.2-1-datasets-held-2020-s1", value="1171", as_of=END) | quote("1171 de seturi")
    more = copy("003-1.2-1-datasets-held-delta-2020-s1", value="41") | quote("41 mai multe")
    offices = copy("003-1.2-publishers-2020-s1", value="55", qualifier="over", as_of=END) | quote("Peste 55")
    joined = copy("003-6.6-1-paralegals-added-delta-2020-s1", value="6") | quote("6 noi")
    villages = given | {
        "obs_id": f"{NUMBER}-1.4-localities-{NEXT.lower()}",
        "series_id": f"1.4-localities-{NUMBER}",
        "value": "120",
    }
    villages |= {"unit": "institutions", "proxy": "false", "organisation": ""}
    add(path, [held, more, offices, network, joined, given, gap, villages | quote("120 de sate")])


def replace_paralegals(path: Path) -> None:
    """The new half-year's table instead of the old one, as a spreadsheet program saves it: with a mark and CR LF."""
    old = {(row["Indicator"], row["Fel"]): row for row in read(path, ";") if row["Perioada"] == LAST}
    start, end = (".".join(PERIOD[name].split("-")[::-1]) for name in ("period_start", "period_end"))
    days = {"Începutul perioadei": start, "Sfârșitul perioadei": end}
    wanted = {
        ("paralegals-at-work", "actual"): ("77", end, "77 parajuriști"),
        ("network-growth", "delta"): ("6", "", "6 noi"),
        ("consultations", "actual"): ("40018", "", "40018"),
        ("beneficiaries", "actual"): ("", "", "beneficiari"),
    }
    text = io.StringIO()
    writer = csv.DictWriter(text, next(iter(old.values())), delimiter=";", lineterminator="\r\n")
    writer.writeheader()
    for key, (value, as_of, words) in wanted.items():
        place = dict(zip(("Document", "Rând", "Text tipărit"), quote(words).values(), strict=True))
        fresh = {"Perioada": NEXT, "Valoare": value, "Situația la": as_of, "Proveniență": "stated", "Notă": ""}
        writer.writerow(old[key] | days | fresh | place)
    path.write_bytes(text.getvalue().encode("utf-8-sig"))


def add_events(path: Path) -> None:
    text = path.read_text("utf-8")
    events = {event["event_id"]: event for event in cast("list[dict[str, Any]]", json.loads(text))}
    staff = quote("61 de angajați")
    days = PERIOD | {"period_precision": "half-year", "period_stated": True}
    places = {**staff, "source_line": int(staff["source_line"]), "hours_line": 4, "hours_text": "12 ore"}
    first = events["003-5.1-4"] | {"event_id": f"{NUMBER}-5.1-1", "participants": 61, "hours": 12} | days | places
    second = first | {
        "event_id": f"{NUMBER}-1.4-1",
        "milestone": "md-2019-2020/1.4",
        "topic": "open-data",
        "hours": None,
    }
    second |= {"participants": 30, "participants_unit": "persons", "qualifier": "over"}
    second |= quote("30 de voluntari") | {"source_line": 5, "hours_line": None, "hours_text": None}
    more = "".join(f",\n  {json.dumps(event, ensure_ascii=False)}" for event in (first, second))
    path.write_text(text.rstrip().removesuffix("]").rstrip() + more + "\n]\n", "utf-8")


def add_counts_of_datasets(path: Path) -> None:
    held = {"measure": "datasets", "kind": "actual", "period": NEXT, "as_of": END, "value": "1171"}
    held |= {"qualifier": "exact", "origin": "stated"} | quote("1171")
    more = held | {"kind": "delta", "as_of": "", "base_period": LAST, "value": "41"} | quote("41 mai multe")
    add(path, [held, more, held | {"measure": "institutions", "value": "55", "qualifier": "over"} | quote("Peste 55")])


def add_count_of_centres(path: Path) -> None:
    before = next(row for row in read(path) if row["count_id"] == "operational-2020-s1")
    new = {"count_id": f"operational-{NEXT.lower()}", "period": NEXT, "as_of": END, "value": "3", "note": ""}
    add(path, [before | new | {"qualifier": "exact", "missing_reason": ""} | quote("3 centre")])


EDITS: dict[str, Edit] = {
    "source-documents/source/documents.csv": add_the_report,
    "open-government-plan/source/statuses.csv": add_statuses,
    "open-government-observations/source/series.csv": add_series,
    "open-government-observations/source/observations.csv": add_observations,
    "paralegals/source/paralegals.csv": replace_paralegals,
    "trainees/source/events.json": add_events,
    "datasets-published/source/portal.csv": add_counts_of_datasets,
    "cups-centres/source/counts.csv": add_count_of_centres,
}
ADDED = {
    ("source-documents", "documents"): 1,
    ("open-government-plan", "statuses"): 29,
    ("open-government-observations", "series"): 1,
    ("open-government-observations", "observations"): 8,
    ("paralegals", "observations"): 4,
    ("trainees", "events"): 2,
    ("trainees", "totals"): 2,
    ("datasets-published", "portal"): 3,
    ("cups-centres", "counts"): 1,
}


def name_the_report(declaration: Path) -> None:
    """The new report under `sources`, and the end of `temporal` where it lies before the half-year's."""
    text = declaration.read_text("utf-8")
    title = "Progress report on the open government plan 2019-2020, second half of 2020, in Romanian"
    source = f'{{title: "{title}", version: {DOCUMENT}}}'
    (place,) = re.findall(r"^sources:(?: \[|\n  - )", text, re.MULTILINE)
    text = text.replace(place, f"{place}{source}" + (", " if place.endswith("[") else "\n  - "), 1)
    (end,) = re.findall(r"temporal: .*end: \"([^\"]+)\"", text)
    declaration.write_text(text.replace(f'end: "{end}"', f'end: "{max(end, PERIOD["period_end"])}"'), "utf-8")


# --- and may get wrong: a file, what stands there, what is typed instead, and where it is found

MISTAKES = (
    ("paralegals/source/paralegals.csv", "consultations;40018;", "consultations;4OO18;", "Valoare"),
    ("open-government-plan/source/statuses.csv", "realised,Realizată", "finished,Realizată", "status"),
    ("open-government-observations/source/observations.csv", ",,120,,inst", ",,,120,inst", "date_value"),
    ("datasets-published/source/portal.csv", f"{END},,55,", f",{END},55,", "base_period"),
    ("trainees/source/events.json", '"participants": 30', '"participants": "some"', "participants"),
    ("source-documents/source/documents.csv", DOCUMENT, "report on the second half.txt", "source_document"),
    ("cups-centres/source/counts.csv", ",3,centres,exact,", ",3,centres,surely,", "qualifier"),
)
WORKBOOK, SHEET, CELL = "open-government-plan/source/plan.xlsx", "Finanţare", "D10"  # an amount of money


def mistype(datapackages: Path) -> set[tuple[str, str, str]]:
    """Make every mistake, each in one cell. Returns the places: file or sheet; line, record or cell; column."""
    places = {(SHEET, CELL, "Suma, mil. lei")}
    for name, right, wrong, column in MISTAKES:
        file = datapackages / name
        before, found, after = file.read_bytes().decode("utf-8").rpartition(right)
        assert found, name
        file.write_bytes(f"{before}{wrong}{after}".encode())
        line = before.count("\n") + 1
        places.add((file.name, str(line - 1 if file.suffix == ".json" else line), column))  # records come after a `[`
    book = openpyxl.load_workbook(datapackages / WORKBOOK)
    assert book[SHEET][CELL].value == "2,5"
    book[SHEET][CELL].value = "2,5 milioane"
    book.save(datapackages / WORKBOOK)
    return places


# --- what happens then


@dataclass(frozen=True)
class Desk:
    """The folder in which a person stands, with copies of the packages."""

    root: Path

    def type(self, *words: str) -> tuple[int, list[dict[str, Any]]]:
        """Type `publica` and these words; its exit code, and its answer."""
        done = subprocess.run(
            [Path(sys.executable).parent / "publica", *words, "--json"],
            cwd=self.root,
            env={name: value for name, value in os.environ.items() if not name.startswith("PUBLICA_")},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode in (0, 1), done.stderr
        return done.returncode, json.loads(done.stdout)

    def tables(self, version: str) -> dict[tuple[str, str], list[Row]]:
        found = (self.root / "public").glob(f"*/versions/{version}/data/*.csv")
        return {(path.parents[3].name, path.stem): read(path) for path in found}

    def public(self) -> dict[str, bytes]:
        """The files at every address that a reader may keep: those of the versions."""
        files = [path for slug in SLUGS for path in (self.root / "public" / slug / "versions").glob("*/**/*")]
        return {path.relative_to(self.root).as_posix(): path.read_bytes() for path in files if path.is_file()}


@dataclass(frozen=True)
class HalfYear:
    """What was there before, what each command answered, and where it is now."""

    desk: Desk
    before: dict[str, bytes]
    sources: dict[str, str]  # as they were
    answers: dict[str, tuple[int, list[dict[str, Any]]]]
    mistakes: set[tuple[str, str, str]]  # where they were made, before all was right
    refused: tuple[int, list[dict[str, Any]]]
    after_refusal: dict[str, bytes]


@pytest.fixture(scope="module")
def half_year(tmp_path_factory: pytest.TempPathFactory) -> HalfYear:
    desk = Desk(tmp_path_factory.mktemp("half-year"))
    shutil.copytree(PROJECT / "expectations", desk.root / "expectations")
    for name in ("_shared", *SLUGS):
        shutil.copytree(PROJECT / "datapackages" / name, desk.root / "datapackages" / name)
    code, first = desk.type("publish", "--yes")
    assert code == 0 and {answer["version"] for answer in first} == {"1.0.0"}
    before = desk.public()
    sources = {file: (desk.root / "datapackages" / file).read_text("utf-8") for file in STEPS}

    for file, edit in EDITS.items():
        edit(desk.root / "datapackages" / file)
    for slug in SLUGS:
        name_the_report(desk.root / "datapackages" / slug / "datapackage.yaml")

    shutil.copytree(desk.root / "datapackages", desk.root / "wrong")
    mistakes = mistype(desk.root / "wrong")
    refused = desk.type("publish", "--yes", "--datapackages", "wrong")
    after_refusal = desk.public()

    commands = re.findall(r"`publica ([a-z]+)`", SECTION)
    answers = {command: desk.type(command, *(["--yes"] if command == "publish" else [])) for command in commands}
    return HalfYear(desk, before, sources, answers, mistakes, refused, after_refusal)


def test_the_readme_names_the_files_that_are_edited_here_and_the_commands_in_order(half_year: HalfYear) -> None:
    assert list(STEPS) == list(EDITS)
    assert list(half_year.answers) == ["check", "diff", "publish"]
    assert re.search(r"`005_[0-9a-f]{16}\.txt`", SECTION) and "`2020-S2`" in SECTION
    assert all((PROJECT / "datapackages" / file).is_file() for file in STEPS)


def test_what_the_readme_calls_adding_leaves_the_old_rows_and_replacing_does_not(half_year: HalfYear) -> None:
    for file, said in STEPS.items():
        now = (half_year.desk.root / "datapackages" / file).read_text("utf-8")
        old = half_year.sources[file].rstrip().removesuffix("]").rstrip()
        assert said.startswith(("add", "replace"))
        assert now.startswith(old) == said.startswith("add"), file


def test_check_passes_without_a_word(half_year: HalfYear) -> None:
    code, answers = half_year.answers["check"]
    assert code == 0
    assert {answer["dataset"] for answer in answers} == set(SLUGS)
    assert [finding for answer in answers for finding in answer["findings"]] == []


def test_diff_shows_that_rows_are_added_and_none_is_changed(half_year: HalfYear) -> None:
    code, answers = half_year.answers["diff"]
    assert code == 0
    changes = [(a["dataset"], c["resource"], c["change"], c["key"]) for a in answers for c in a["changes"]]
    rows = {(dataset, table, key) for dataset, table, _, key in changes}
    assert {change for _, _, change, _ in changes} == {"added"}
    assert {table: sum(table == row[:2] for row in rows) for table in ADDED} == ADDED
    assert len(rows) == sum(ADDED.values())


def test_each_package_gets_a_minor_version_whose_changelog_says_how_many_rows_were_added(half_year: HalfYear) -> None:
    code, answers = half_year.answers["publish"]
    assert code == 0
    for answer in answers:
        slug = answer["dataset"]
        assert (answer["status"], answer["version"]) == ("published", "1.1.0"), slug
        latest = half_year.desk.root / "public" / slug / "latest"
        said = latest.joinpath("CHANGELOG.md").read_text("utf-8").split("## 1.1.0")[1].split("## 1.0.0")[0]
        for (of, table), count in ADDED.items():
            lines = [line for line in said.splitlines() if line.startswith(f"- {table}: ")]
            assert of != slug or [re.findall(r"\d+", line) for line in lines if "added" in line] == [[str(count)]]
        assert "removed" not in said and "revised" not in said


def test_old_rows_are_kept_and_new_ones_are_there_with_places_in_the_new_report(half_year: HalfYear) -> None:
    old, new = half_year.desk.tables("1.0.0"), half_year.desk.tables("1.1.0")
    assert set(old) == set(new)
    for name, rows in new.items():
        added = [row for row in rows if row not in old[name]]
        assert [row for row in old[name] if row not in rows] == []
        assert len(added) == ADDED.get(name, 0) == len(rows) - len(old[name])
        for row in added:
            line = int(row.get("source_line", 0))
            assert name == ("trainees", "totals") or row["source_document"] == DOCUMENT
            assert not 0 < line <= len(LINES) or row["source_text"] in LINES[line - 1]


def test_paralegals_keep_the_half_year_that_their_source_no_longer_has(half_year: HalfYear) -> None:
    file = "paralegals/source/paralegals.csv"
    assert {r["Perioada"] for r in read(half_year.desk.root / "datapackages" / file, ";")} == {NEXT}
    rows = half_year.desk.tables("1.1.0")["paralegals", "observations"]
    network = {row["period"]: row["value"] for row in rows if (row["measure"], row["kind"]) == AT_WORK}
    assert set(network) == {LAST, NEXT} and network[NEXT] == "77"
    assert LAST != "2020-S1" or network[LAST] == "71"


def test_the_totals_of_trainings_follow_from_the_new_events(half_year: HalfYear) -> None:
    totals = half_year.desk.tables("1.1.0")["trainees", "totals"]
    found = {r["topic"]: (r["participants"], r["participants_stated"]) for r in totals if r["period"] == NEXT}
    assert found == {"ethics-integrity": ("61", "61"), "open-data": ("", "30")}


def test_ids_and_links_hold(half_year: HalfYear) -> None:
    now = half_year.desk.public()
    assert {path: now.get(path) for path in half_year.before} == half_year.before
    tables = half_year.desk.tables("1.1.0")
    units = {row["series_id"]: row["unit"] for row in tables["open-government-observations", "series"]}
    observations = tables["open-government-observations", "observations"]
    assert all(units[row["series_id"]] == row["unit"] for row in observations)
    assert len({row["obs_id"] for row in observations}) == len(observations)
    milestones = {row["code"] for row in tables["open-government-plan", "milestones"]}
    statuses = tables["open-government-plan", "statuses"]
    assert {row["milestone"] for row in statuses if row["period"] == NEXT} == milestones
    assert {row["file_name"] for row in tables["source-documents", "documents"]} >= {DOCUMENT}


def test_publishing_again_changes_nothing(half_year: HalfYear) -> None:
    code, answers = half_year.desk.type("publish", "--yes")
    assert code == 0
    assert {(answer["status"], answer["version"]) for answer in answers} == {("unchanged", "1.1.0")}


def test_each_mistake_is_refused_at_its_line_or_sheet_and_cell_and_nothing_is_published(half_year: HalfYear) -> None:
    code, answers = half_year.refused
    assert code == 1
    assert {answer["dataset"]: answer["status"] for answer in answers} == dict.fromkeys(SLUGS, "failed")
    found: set[tuple[str, str, str]] = set()
    for place in [finding["place"] for answer in answers for finding in answer["findings"]]:
        where = next(str(place[name]) for name in ("cell", "line", "record") if name in place)
        found.add((place.get("sheet") or place["file"], where, place["column"]))
    assert half_year.mistakes <= found
    assert {where[:2] for where in found} == {where[:2] for where in half_year.mistakes}
    assert half_year.after_refusal == half_year.before
