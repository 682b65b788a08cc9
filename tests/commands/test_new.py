"""`new`: a folder from a file that somebody has, which publishes nothing until a person has completed it."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import yaml

OPEN = {
    'title: ""            #': "title: Invented trainings #",
    'description: ""      #': "description: One row per training. #",
    'ro: {title: "", description: ""}': 'ro: {title: "Instruiri", description: "Câte un rând."}',
    'ru: {title: ""}': "ru: {title: Обучение}",
    "keywords: []": "keywords: [trainings]",
    'sources: [{title: ""}]': "sources: [{title: An invented list}]",
    'organization: ""': "organization: age",
    'cadence: ""': "cadence: annual",
    'theme: ""': "theme: EDUC",
}


def _complete(declaration: Path) -> None:
    """What a person does with a draft: fill in every open place, and what readers are told in Romanian."""
    text = declaration.read_text("utf-8")
    for place, filled in OPEN.items():
        assert place in text, place
        text = text.replace(place, filled)
    value = yaml.safe_load(text)
    for resource in value["resources"]:
        for field in resource["schema"]["fields"]:
            field["translations"] = {"ro": {"title": field["title"]}}
    declaration.write_text(yaml.safe_dump(value, allow_unicode=True, sort_keys=False), "utf-8")


def _resource(desk: Any, name: str) -> dict[str, Any]:
    return yaml.safe_load((desk.datapackages / name / "datapackage.yaml").read_text("utf-8"))["resources"][0]


def _workbook(path: Path) -> None:
    book = openpyxl.Workbook()
    first = book.active
    assert first is not None
    first.title = "Note"
    first.append(["Cuprins", "Pagina"])
    first.append(["Date", 2])
    sheet = book.create_sheet("Date")
    for row in (["Instruiri 2020", None, None], [None, None, None], ["Luna", "Participanți", "Cost (lei)"]):
        sheet.append(row)
    sheet.append(["ianuarie", 12, 10.5])
    sheet.append(["februarie", 7, 3])
    book.save(path)


def test_a_csv_as_officers_make_them_becomes_a_draft_that_publishes_once_completed(desk: Any) -> None:
    title, heading = "Instruiri în anul 2020\n", "Luna;Participanți;Cost, lei;Data\n"
    text = f"{title}{heading}mai;12;10,5;31.05.2020\niunie;7;1.003,25;01.06.2020\n"
    (desk.root / "Instruiri țară.csv").write_bytes(text.replace("ț", "ţ").encode("cp1250"))
    ran = desk.run("new", "Instruiri țară.csv", "--name", "trainings")
    assert ran.code == 0, ran.said
    assert "4 fields" in ran.out
    resource = _resource(desk, "trainings")
    assert resource["encoding"] == "cp1250"
    assert resource["dialect"] == {"delimiter": ";", "headerRows": [2]}
    fields = {field["from"]: field for field in resource["schema"]["fields"]}
    assert {label: field["type"] for label, field in fields.items()} == {
        "Luna": "string",
        "Participanţi": "integer",
        "Cost, lei": "number",
        "Data": "date",
    }
    assert [field["name"] for field in fields.values()] == ["luna", "participanti", "cost_lei", "data"]
    ran = desk.run("publish", "--yes")
    assert ran.code == 1
    assert not (desk.public / "trainings").exists()
    assert len(re.findall(r"trainings/datapackage\.yaml:\d+", ran.err)) >= 8  # every open place, by its line
    _complete(desk.datapackages / "trainings" / "datapackage.yaml")
    desk.publish()
    assert desk.rows("trainings", "table") == (
        "luna,participanti,cost_lei,data\nmai,12,10.5,2020-05-31\niunie,7,1003.25,2020-06-01\n"
    )


def test_a_sheet_of_a_workbook_with_titles_above_its_heading(desk: Any) -> None:
    _workbook(desk.root / "instruiri.xlsx")
    ran = desk.run("new", "instruiri.xlsx", "--name", "trainings", "--sheet", "Date")
    assert ran.code == 0, ran.said
    assert _resource(desk, "trainings")["dialect"] == {"sheetName": "Date", "headerRows": [3]}
    _complete(desk.datapackages / "trainings" / "datapackage.yaml")
    desk.publish()
    assert desk.rows("trainings", "table") == "luna,participanti,cost_lei\nianuarie,12,10.5\nfebruarie,7,3.0\n"


def test_without_a_sheet_the_first_is_taken_and_named(desk: Any) -> None:
    _workbook(desk.root / "instruiri.xlsx")
    assert desk.run("new", "instruiri.xlsx", "--name", "contents").code == 0
    assert _resource(desk, "contents")["dialect"] == {"sheetName": "Note"}


def test_russian_letters_in_an_old_encoding_are_told_from_romanian_ones(desk: Any) -> None:
    (desk.root / "list.csv").write_bytes("Место,Число\nКолодец,3\nМельница,5\n".encode("cp1251"))
    assert desk.run("new", "list.csv", "--name", "places").code == 0
    assert _resource(desk, "places")["encoding"] == "cp1251"


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.csv", b"", "a.csv"),
        ("a.csv", b"Loc,Loc\n1,2\n", "Loc"),
        ("a.csv", b",Loc\n0,x\n1,y\n", "a.csv:1"),
        ("a.csv", b'Loc\n"x\n', "a.csv"),
        ("a.csv", b"x," * 70_000 + b"\n", "a.csv"),
        ("a.xlsx", b"no workbook", "a.xlsx"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", ".xlsx"),
        ("a.pdf", b"%PDF", ".csv"),
    ],
)
def test_a_file_that_is_no_table_is_refused_and_leaves_nothing(desk: Any, name: str, content: bytes, told: str) -> None:
    (desk.root / name).write_bytes(content)
    before = desk.tree("datapackages")
    ran = desk.run("new", name, "--name", "x")
    assert (ran.code, "Traceback" in ran.err) == (1, False), ran.said
    assert told in ran.err
    assert desk.tree("datapackages").keys() == before.keys()


def test_a_name_that_is_taken_or_none_is_refused(desk: Any) -> None:
    desk.dataset("wells")
    (desk.root / "a.csv").write_text("Loc\nx\n", "utf-8")
    before = desk.tree("datapackages")
    for name in ("wells", "Wells", "../wells", "a_b", "_shared", ""):
        ran = desk.run("new", "a.csv", "--name", name)
        assert ran.code == 1, name
    assert "is there already" in desk.run("new", "a.csv", "--name", "wells").err
    assert desk.tree("datapackages") == before


def test_a_sheet_that_is_not_there_is_told_with_those_that_are(desk: Any) -> None:
    _workbook(desk.root / "a.xlsx")
    ran = desk.run("new", "a.xlsx", "--name", "x", "--sheet", "Dat")
    assert ran.code == 1
    assert "Date" in ran.err
    assert not (desk.datapackages / "x").exists()


def test_nothing_is_left_where_the_folder_cannot_be_made(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (desk.root / "a.csv").write_text("Loc\nx\n", "utf-8")

    def full(*_: Any) -> None:
        raise OSError(28, os.strerror(28))

    before = desk.tree("datapackages")
    with monkeypatch.context() as patched:
        patched.setattr("shutil.copyfile", full)
        ran = desk.run("new", "a.csv", "--name", "x")
    assert ran.code == 1
    assert "No space left" in ran.err
    assert desk.tree("datapackages").keys() == before.keys()


def test_without_a_folder_of_datasets_none_is_begun(desk: Any) -> None:
    (desk.root / "a.csv").write_text("Loc\nx\n", "utf-8")
    ran = desk.run("new", "a.csv", "--name", "x", "--datapackages", "nowhere")
    assert ran.code == 1
    assert "nowhere" in ran.err
    assert not (desk.root / "nowhere").exists()
