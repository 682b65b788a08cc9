"""The tables of `open-government-plan` as its sources hold them: counts, keys, contradictions, origin of each row."""

import csv
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import NotRequired, TypedDict, cast

import frictionless
import openpyxl
import pytest
import yaml

FOLDER = Path(__file__).resolve().parents[2] / "datapackages" / "open-government-plan"
ENGLISH = "000_acf72c38dace56e1.txt"
ROMANIAN = "001_ff133d94113a760d.txt"
REPORT = "003_5d8e699c741e49ea.txt"

Row = dict[str, str]
Tables = dict[str, list[Row]]
Untraceable = Callable[[Iterable[Mapping[str, str]]], list[str]]
Field = TypedDict("Field", {"name": str, "from": NotRequired[str], "constraints": NotRequired[dict[str, object]]})


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


class Dialect(TypedDict):
    sheetName: str
    headerRows: list[int]
    commentRows: list[int]


class Extra(TypedDict):
    verbatim: list[str]
    lookups: NotRequired[dict[str, str]]


class Resource(TypedDict):
    name: str
    path: str
    publica: Extra
    schema: Schema
    dialect: NotRequired[Dialect]


@pytest.fixture(scope="module")
def resources() -> list[Resource]:
    text = (FOLDER / "datapackage.yaml").read_text(encoding="utf-8")
    return cast("list[Resource]", yaml.safe_load(text)["resources"])


@pytest.fixture(scope="module")
def tables(resources: list[Resource]) -> Tables:
    """Every table by name, its columns under their published names, its cells as text as they stand in the source."""
    return {r["name"]: sheet_rows(r) if r["path"].endswith(".xlsx") else csv_rows(r["path"]) for r in resources}


def csv_rows(path: str) -> list[Row]:
    with (FOLDER / path).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def sheet(resource: Resource) -> tuple[list[list[object]], Dialect]:
    assert "dialect" in resource
    book = openpyxl.load_workbook(FOLDER / resource["path"], read_only=True, data_only=True)
    rows = book[resource["dialect"]["sheetName"]].iter_rows(values_only=True)
    return [list(row) for row in rows], resource["dialect"]


def sheet_rows(resource: Resource) -> list[Row]:
    cells, dialect = sheet(resource)
    header = dialect["headerRows"][-1]
    labels = [str(cell) for cell in cells[header - 1]]
    columns = {f["name"]: labels.index(f.get("from", f["name"])) for f in resource["schema"]["fields"]}
    body = [row for number, row in enumerate(cells, 1) if number > header and number not in dialect["commentRows"]]
    known = {
        name: lookup(path) for name, path in resource["publica"].get("lookups", {}).items() if name != "source_kind"
    }

    def said(name: str, cell: object) -> str:
        text = "" if cell is None else str(cell)
        return known[name][text] if name in known else text

    return [{name: said(name, row[i]) for name, i in columns.items()} for row in body]


def lookup(path: str) -> dict[str, str]:
    return {row["raw"]: row["value"] for row in csv_rows(path)}


def parts(row: Row, names: list[str]) -> tuple[str, ...]:
    return tuple(row[name] for name in names)


def test_the_tables_have_the_size_of_the_plan(tables: Tables) -> None:
    sizes = {name: len(rows) for name, rows in tables.items()}
    assert sizes["commitments"] == 6
    assert sizes["milestones"] == 29
    assert sizes["indicators"] == 46
    assert sizes["statuses"] == 29 * len({row["period"] for row in tables["statuses"]})
    assert sizes["deadlines"] == 3 * 29


def test_the_milestones_are_numbered_through_within_their_commitment(tables: Tables) -> None:
    expected = [f"md-2019-2020/{c}.{n}" for c, last in enumerate((10, 4, 3, 2, 3, 7), 1) for n in range(1, last + 1)]
    assert [row["code"] for row in tables["milestones"]] == expected
    objective = {row["code"]: row["objective"] for row in tables["commitments"]}
    for row in tables["milestones"]:
        assert row["commitment"] == row["code"].split(".")[0]
        assert row["objective"] == objective[row["commitment"]]


def test_half_of_the_milestones_were_realised_in_the_first_half_of_2020(tables: Tables) -> None:
    rows = [row for row in tables["statuses"] if row["period"] == "2020-S1"]
    counts = Counter(row["status"] for row in rows)
    assert counts == {"realised": 15, "in_progress": 11, "initiated": 1, "not_initiated": 2}
    printed = {(row["status"], row["printed"]) for row in rows}
    assert printed == {
        ("realised", "Realizată"),
        ("in_progress", "În proces de realizare"),
        ("initiated", "Inițiată"),
        ("not_initiated", "Neiniţiată"),  # with a cedilla, as the report prints it
    }


def test_deadlines_that_differ_between_the_documents_are_all_there(tables: Tables) -> None:
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for row in tables["deadlines"]:
        found.setdefault(row["milestone"], {})[row["source_document"]] = parts(row, ["kind", "year", "quarter"])
    assert all(set(of) == {ENGLISH, ROMANIAN, REPORT} for of in found.values())
    assert {code: of for code, of in found.items() if len(set(of.values())) > 1} == {
        "md-2019-2020/1.6": {
            ENGLISH: ("annual", "", ""),
            ROMANIAN: ("annual-quarter", "", "3"),
            REPORT: ("annual-quarter", "", "3"),
        },
        "md-2019-2020/2.2": {
            ENGLISH: ("annual-quarter", "", "2"),
            ROMANIAN: ("annual-quarter", "", "3"),
            REPORT: ("annual-quarter", "", "3"),
        },
    }


def test_a_deadline_says_what_its_printed_characters_say(tables: Tables) -> None:
    quarters = {"I": "1", "II": "2", "III": "3", "IV": "4"}
    for row in tables["deadlines"]:
        words = row["source_text"].replace(",", "").split()
        assert [quarters[w] for w in words if w in quarters] == [q for q in [row["quarter"]] if q]
        assert [w for w in words if w.isdecimal()] == [y for y in [row["year"]] if y]
        assert bool(row["quarter"]) == (row["kind"] in ("quarter", "annual-quarter"))
        assert bool(row["year"]) == (row["kind"] == "quarter")


def test_responsible_institutions_differ_between_the_two_plans_in_three_milestones(tables: Tables) -> None:
    def of(document: str) -> set[tuple[str, ...]]:
        rows = (row for row in tables["responsibilities"] if row["source_document"] == document)
        return {parts(row, ["milestone", "institution", "role"]) for row in rows}

    assert of(ENGLISH) - of(ROMANIAN) == {("md-2019-2020/2.3", "institutii-publice", "responsible")}
    assert of(ROMANIAN) - of(ENGLISH) == {
        ("md-2019-2020/3.3", "autoritati-locale", "partner"),
        ("md-2019-2020/5.1", "autoritati-locale", "partner"),
    }
    assert {code for code, _, role in of(ROMANIAN) if role == "responsible"} == {
        r["code"] for r in tables["milestones"]
    }


def test_two_milestones_have_an_amount_in_million_lei(tables: Tables) -> None:
    amounts = {row["milestone"]: row["amount"] for row in tables["funding"] if row["currency"]}
    assert amounts == {"md-2019-2020/1.7": "2,5", "md-2019-2020/6.7": "1,0"}
    assert [float(text.replace(",", ".")) for text in amounts.values()] == [2.5, 1.0]
    assert {row["amount"] for row in tables["funding"] if not row["currency"]} == {"", "–"}


def test_three_indicators_have_a_target_in_figures(tables: Tables) -> None:
    columns = ["target_value", "unit", "target_qualifier", "target_basis"]
    assert {row["code"]: parts(row, columns) for row in tables["indicators"] if row["target_value"]} == {
        "6.2-1": ("3", "services", "exact", "plan"),
        "6.3-1": ("10", "centres", "at-least", "plan"),
        "6.6-1": ("10", "paralegals", "exact", "per-year"),
    }
    assert {row["milestone"] for row in tables["indicators"]} == {row["code"] for row in tables["milestones"]}


def test_keys_are_unique_and_foreign_keys_hold(resources: list[Resource], tables: Tables) -> None:
    for resource in resources:
        rows, schema = tables[resource["name"]], resource["schema"]
        keys = [parts(row, schema["primaryKey"]) for row in rows]
        assert len(set(keys)) == len(rows), resource["name"]
        for key in schema.get("foreignKeys", []):
            other = tables[key["reference"]["resource"] or resource["name"]]
            known = {parts(row, key["reference"]["fields"]) for row in other}
            used = {parts(row, key["fields"]) for row in rows} - {("",) * len(key["fields"])}
            assert used and used <= known, (resource["name"], key["fields"], used - known)


def test_codes_are_of_the_closed_lists(resources: list[Resource], tables: Tables) -> None:
    lookup = {row["raw"]: row["value"] for row in csv_rows("lookups/source-kind.csv")}
    assert {row["source_kind"] for row in tables["funding"]} == set(lookup)
    for resource in resources:
        for field in resource["schema"]["fields"]:
            allowed = field.get("constraints", {}).get("enum")
            if isinstance(allowed, list):
                values = {row[field["name"]] for row in tables[resource["name"]]} - {""}
                codes = {lookup.get(value, value) for value in values}
                assert codes <= set(cast("list[str]", allowed)), (resource["name"], field["name"])


def test_every_row_of_every_table_can_be_traced_to_its_line(tables: Tables, untraceable: Untraceable) -> None:
    assert untraceable(row for rows in tables.values() for row in rows) == []


def test_what_is_printed_keeps_its_cedillas_on_the_way_to_the_reader(resources: list[Resource], tables: Tables) -> None:
    cedillas = set("şţŞŢ")
    with_cedilla = {
        (resource["name"], column)
        for resource in resources
        for row in tables[resource["name"]]
        for column, text in row.items()
        if cedillas & set(text)
    }
    assert {("statuses", "printed"), ("statuses", "source_text"), ("milestones", "title_ro")} <= with_cedilla
    verbatim = {(resource["name"], column) for resource in resources for column in resource["publica"]["verbatim"]}
    # what is not printed matter is an officer's own writing: there the pipeline puts the right letters
    assert with_cedilla - verbatim == {("milestones", "title_ro"), ("funding", "project")}
    assert {(resource["name"], "source_text") for resource in resources} <= verbatim


def test_the_workbook_is_as_officers_make_them(resources: list[Resource]) -> None:
    sheets = [r for r in resources if r["path"].endswith(".xlsx")]
    assert len(sheets) == 2
    for resource in sheets:
        cells, dialect = sheet(resource)
        header = dialect["headerRows"][-1]
        assert [cell is not None for cell in cells[0]].count(True) == 1  # a title above the header
        assert dialect["commentRows"] == [len(cells)] and str(cells[-1][0]).startswith(
            "*"
        )  # a footnote as the last row
        assert any(set("ţş") & set(str(cell)) for cell in cells[header - 1])  # headings with cedillas
        body = [row[cells[header - 1].index("Rîndul")] for row in cells[header:-1]]
        assert {type(cell) for cell in body} == {int, str}  # a number that someone typed as text


def test_the_clean_tables_are_valid_for_frictionless_as_they_stand(resources: list[Resource]) -> None:
    package = frictionless.Package(str(FOLDER / "datapackage.yaml"))
    clean = {resource["name"] for resource in resources if resource["path"].endswith(".csv")}
    assert len(clean) == 7
    for resource in package.resources:  # in the officer's workbook milestones have their printed numbers
        foreign = resource.schema.foreign_keys
        resource.schema.foreign_keys = [key for key in foreign if key["reference"]["resource"] != "milestones"]
    reports = {name: package.get_resource(name).validate() for name in clean}
    assert {
        name: report.flatten(["type", "rowNumber", "note"]) for name, report in reports.items() if not report.valid
    } == {}
