"""A developer's day with CKAN's own API, anonymous throughout: what they find, query and download of what publica
publishes, and that all of it is under the same ids after an update."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from hashlib import sha256
from typing import Any

import pytest

from tests.portals.ckan.officer import Officer, Table, extras
from tests.portals.ckan.officer import officer as officer

pytestmark = pytest.mark.contract

FIELDS = {"code": "string", "place": "string", "depth": "integer", "lei": "number", "dug": "date", "works": "boolean"}
ROWS = [
    ("007", "Valea Albă", 3, "1.10", "1990-01-31", "true"),
    ("07", "Бэлць", 12, "0.5", "2001-12-01", "false"),
    ("7", "Timișoara", 5, "", "2020-02-29", "true"),
]
LATER = [*ROWS[:2], ("7", "Timișoara", 6, "2.25", "2020-02-29", "true"), ("8", "Orhei", 9, "3", "2021-01-01", "")]


def test_an_api_developers_day(officer: Officer) -> None:
    officer.show({"wells": Table(FIELDS, ROWS)})
    ask = officer.portal.api

    # What is there?
    for query in (
        {"q": "wells"},
        {"fq": "tags:water"},
        {"fq": "organization:age"},
        {"fq": "groups:gove"},
        {"q": "Invented"},
    ):
        assert [found["name"] for found in ask("package_search", query)["results"]] == ["wells"]
    faceted = ask("package_search", {"facet.field": ["organization", "res_format"], "rows": 0})
    assert faceted["facets"]["organization"] == {"age": 1}
    assert faceted["facets"]["res_format"].keys() == {"CSV", "JSON", "ZIP"}
    assert ask("package_list") == ["wells"]

    # What is it?
    dataset = ask("package_show", {"id": "wells"})
    told = extras(dataset)
    assert (dataset["title"], dataset["version"], dataset["license_id"]) == ("Invented wells", "1.0.0", "cc-by")
    assert dataset["organization"]["name"] == "age"
    assert {tag["name"] for tag in dataset["tags"]} == {"invented", "water"}
    assert told["title_ro"] == "Invented wells (ro)"
    assert told["title_ru"] == "Выдуманное"
    assert dataset["maintainer_email"] == "office@egov.md"
    by_key = {held["publica_key"]: held for held in dataset["resources"]}
    assert set(by_key) == {"wells/csv", "wells/json", "version/1.0.0"}
    table = by_key["wells/csv"]
    assert (table["format"], table["mimetype"], table["datastore_active"]) == ("CSV", "text/csv", True)

    # Which columns, of which types and meaning?
    columns = {column["id"]: column for column in ask("datastore_info", {"id": table["id"]})["fields"]}
    types = ["text", "text", "int8", "numeric", "date", "bool"]
    assert [columns[name]["type"] for name in FIELDS] == types
    assert columns["depth"]["info"]["label"] == "The depth"

    # Which rows?
    def search(**query: Any) -> list[dict[str, Any]]:
        return ask("datastore_search", {"resource_id": table["id"], **query})["records"]

    assert [record["code"] for record in search(sort="depth desc")] == ["07", "7", "007"]
    assert [record["place"] for record in search(filters={"code": "007"})] == ["Valea Albă"]
    assert [record["code"] for record in search(filters={"works": True}, sort="code")] == ["007", "7"]
    assert [record["code"] for record in search(filters={"depth": [3, 12]}, sort="depth asc")] == ["007", "07"]
    assert [record["code"] for record in search(q="Бэлць")] == ["07"]
    assert search(limit=1, offset=1, sort="depth", fields=["code", "depth"]) == [{"code": "7", "depth": 5}]
    first = search(sort="depth", limit=1)[0]
    assert (first["depth"], first["lei"], first["works"]) == (3, 1.1, True)
    assert first["dug"].startswith("1990-01-31")
    assert search(filters={"code": "7"})[0]["lei"] is None

    # All of them, as files and as a dump.
    text = officer.get(table["url"]).decode()
    assert next(csv.DictReader(io.StringIO(text)))["code"] == "007"
    assert sha256(text.encode()).hexdigest() == table["hash"]
    assert len(text.encode()) == table["size"]
    records = json.loads(officer.get(by_key["wells/json"]["url"]))
    assert [(record["code"], record["depth"]) for record in records] == [("007", 3), ("07", 12), ("7", 5)]
    dumped = officer.get(f"{officer.portal.url}/datastore/dump/{table['id']}?bom=false").decode()
    assert [row["place"] for row in csv.DictReader(io.StringIO(dumped))] == [row[1] for row in ROWS]
    dump = json.loads(officer.get(f"{officer.portal.url}/datastore/dump/{table['id']}?format=json"))
    assert [field["id"] for field in dump["fields"]][1:] == list(FIELDS)

    # A view on its page.
    assert [view["view_type"] for view in ask("resource_view_list", {"id": table["id"]})] == ["datatables_view"]

    # The next day there is another version.
    officer.show({"wells": Table(FIELDS, LATER)})
    after = ask("package_show", {"id": "wells"})
    again = {held["publica_key"]: held for held in after["resources"]}
    assert after["id"] == dataset["id"]
    assert after["version"] == "1.1.0"
    for key, held in by_key.items():
        assert (again[key]["id"], again[key]["url"]) == (held["id"], held["url"])
        if key.startswith("wells/"):
            assert again[key]["last_modified"] > held["last_modified"]
            assert again[key]["hash"] != held["hash"]
    assert [record["code"] for record in search(sort="depth asc")] == ["007", "7", "8", "07"]
    assert [record["code"] for record in search(q="Orhei")] == ["8"]
    assert search(filters={"code": "8"})[0]["works"] is None

    # And the old one is still to be had, with its changes told.
    with zipfile.ZipFile(io.BytesIO(officer.get(by_key["version/1.0.0"]["url"]))) as packed:
        assert packed.read("data/wells.csv").decode() == text
        assert json.loads(packed.read("datapackage.json"))["version"] == "1.0.0"
    with zipfile.ZipFile(io.BytesIO(officer.get(again["version/1.1.0"]["url"]))) as packed:
        assert "changes.csv" in packed.namelist()
    newest = ask("package_search", {"sort": "metadata_modified desc", "rows": 1})["results"]
    assert [found["version"] for found in newest] == ["1.1.0"]
