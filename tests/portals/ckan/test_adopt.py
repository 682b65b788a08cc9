"""`adopt`: a dataset that people made on the portal's form is taken over as it stands; its readers notice nothing."""

from __future__ import annotations

import io
import json
import os
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import httpx
import openpyxl
import pytest
import yaml

from tests.portal.api import RefusedError
from tests.portal.faults import Replace
from tests.portal.proxy import writes
from tests.portals.ckan.publishers import Office

if TYPE_CHECKING:
    from tests.conftest import Desk, Ran
    from tests.portal.portal import Portal
    from tests.portal.proxy import Proxy
    from tests.portals.ckan.publishers import Moment, Publishers

TRAININGS = "luna,participanti,cost,data\nmai,12,10.5,2020-05-31\niunie,7,1003.25,2020-06-01\n"
AS_FOUND = [  # the table that somebody's tool made of it
    {"id": "luna", "type": "text", "info": {"label": "Luna", "notes": "Luna instruirii"}},
    {"id": "participanti", "type": "int4", "info": {"label": "Participanți", "unit": "persoane"}},
    {"id": "cost", "type": "text"},
    {"id": "data", "type": "timestamp"},
]
PDF = b"%PDF-1.4 methodology"
EXTRAS = {"numar-ordin": "12/2020", "frequency": "anual", "temporal_start": "2020-01-01"}


OWN_FIELDS = {  # the same on a portal that has fields for it, and one that publica knows nothing of
    "frequency": "anual",
    "temporal_coverage": [{"start": "2020-01-01"}],
    "provenance": "Scrisoarea nr. 7",
}


@dataclass
class Hand:
    """A person at the portal's form, and one who reads there."""

    portal: Portal
    desk: Desk

    @property
    def own_fields(self) -> bool:
        """Whether the portal has a schema of its own."""
        return self.portal.variant.endswith("dcat")

    def make(self, slug: str = "instruiri", **fields: Any) -> str:
        """A dataset as people make them. Returns its id."""
        extras = fields.pop("extras", EXTRAS)
        if self.own_fields and extras is EXTRAS:
            extras, fields = {"numar-ordin": EXTRAS["numar-ordin"]}, {**OWN_FIELDS, **fields}
        dataset: dict[str, Any] = {
            "name": slug,
            "title": "Instruiri în anul 2020",
            "notes": "Câte un rând pentru fiecare instruire.",
            "owner_org": "age",
            "license_id": "cc-by",
            "author": "Ion Creangă",
            "author_email": "creanga@example.md",
            "url": "https://example.md/instruiri",
            "tags": [{"name": "instruiri"}, {"name": "educație"}],
            "groups": [{"name": "educ"}],
            "extras": [{"key": key, "value": text} for key, text in extras.items()],
            **fields,
        }
        return self.call("package_create", dataset)["id"]

    def file(
        self, dataset: str, name: str, content: bytes | str, title: str, kind: str, **fields: str
    ) -> dict[str, Any]:
        """An uploaded file of a dataset."""
        data = {"package_id": dataset, "name": title, "format": kind, **fields}
        files = {"upload": (name, content.encode() if isinstance(content, str) else content)}
        return self._post("resource_create", data, files)

    def again(self, resource: str, name: str, content: bytes) -> None:
        """Another file in the place of one."""
        self._post("resource_patch", {"id": resource}, {"upload": (name, content)})

    def table(self, resource: str, fields: list[dict[str, Any]], rows: list[dict[str, Any]], **more: Any) -> None:
        """A table behind a file."""
        self.call(
            "datastore_create", {"resource_id": resource, "fields": fields, "records": rows, "force": True, **more}
        )

    def call(self, action: str, payload: Mapping[str, Any]) -> Any:
        return self.portal.api(action, payload, self.portal.editor_token)

    def show(self, slug: str = "instruiri") -> dict[str, Any]:
        """The dataset as a stranger is told it."""
        return self.portal.api("package_show", {"id": slug})

    def resources(self, slug: str = "instruiri") -> dict[str, dict[str, Any]]:
        return {held["id"]: held for held in self.show(slug)["resources"]}

    def extras(self, slug: str = "instruiri") -> dict[str, str]:
        return {extra["key"]: extra["value"] for extra in self.show(slug)["extras"]}

    def rows(self, resource: str) -> tuple[dict[str, str], list[dict[str, Any]]]:
        """The types and the rows of a table, as a stranger asks for them."""
        told = self.portal.api("datastore_search", {"resource_id": resource, "sort": "_id"})
        types = {field["id"]: field["type"] for field in told["fields"] if field["id"] != "_id"}
        return types, [{key: value for key, value in row.items() if key != "_id"} for row in told["records"]]

    def download(self, url: str) -> bytes:
        return httpx.get(url, trust_env=False).raise_for_status().content

    def adopt(self, name: str = "instruiri", *more: str) -> Ran:
        ran = self.desk.run("adopt", name, *more)
        assert ran.code == 0, ran.said
        return ran

    def declared(self, slug: str = "instruiri") -> dict[str, Any]:
        return yaml.safe_load((self.desk.datapackages / slug / "datapackage.yaml").read_text("utf-8"))

    def _post(self, action: str, data: dict[str, str], files: dict[str, tuple[str, bytes]]) -> dict[str, Any]:
        answer = httpx.post(
            f"{self.portal.url}/api/3/action/{action}",
            data=data,
            files=files,
            headers={"Authorization": self.portal.editor_token},
            trust_env=False,
            timeout=60,
        )
        assert answer.is_success, answer.text
        return answer.json()["result"]


@pytest.fixture
def hand(portal: Portal, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Hand:
    monkeypatch.setenv("PUBLICA_CKAN_TOKEN", portal.editor_token)
    monkeypatch.setenv("PUBLICA_PORTAL", f"ckan:{portal.url}")
    monkeypatch.setenv("PUBLICA_ARCHIVE", "archive")
    return Hand(portal, desk)


@dataclass(frozen=True)
class Made:
    """What `trainings` made: ids of the dataset and of its resources."""

    dataset: str
    csv: str
    xlsx: str
    pdf: str


@pytest.fixture
def trainings(hand: Hand) -> Made:
    """A table in two formats, with a table behind the CSV, and a PDF."""
    dataset = hand.make()
    csv = hand.file(dataset, "Instruiri 2020.csv", TRAININGS, "Instruiri 2020 (CSV)", "CSV", nota="de mână")
    hand.table(csv["id"], AS_FOUND, rows_as_found())
    xlsx = hand.file(dataset, "instruiri.xlsx", workbook(), "Instruiri 2020 (Excel)", "XLSX")
    pdf = hand.file(dataset, "metodologie.pdf", PDF, "Metodologie", "PDF")
    return Made(dataset, csv["id"], xlsx["id"], pdf["id"])


def rows_as_found() -> list[dict[str, Any]]:
    heading, *lines = TRAININGS.splitlines()
    return [dict(zip(heading.split(","), line.split(","), strict=True)) for line in lines]


def workbook(**more: list[list[Any]]) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Date"
    for row in TRAININGS.splitlines():
        sheet.append([float(cell) if cell.replace(".", "").isdigit() else cell for cell in row.split(",")])
    for name, rows in more.items():
        other = book.create_sheet(name)
        for row in rows:
            other.append(row)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def test_what_people_made_is_adopted_and_nothing_is_to_be_written(hand: Hand, trainings: Made) -> None:
    before = hand.show()
    ran = hand.adopt()
    assert "instruiri" in ran.out
    declared = hand.declared()
    assert (declared["title"], declared["keywords"]) == ("Instruiri în anul 2020", ["educație", "instruiri"])
    assert declared["licenses"] == [{"name": "CC-BY-4.0"}]
    assert declared["publica"] == {
        "organization": "age",
        "cadence": "annual",
        "theme": "EDUC",
        "temporal": {"start": "2020-01-01"},
    }
    (resource,) = declared["resources"]
    fields = {field["name"]: field for field in resource["schema"]["fields"]}
    assert {name: field["type"] for name, field in fields.items()} == {
        "luna": "string",
        "participanti": "integer",
        "cost": "string",  # as the table has it: nothing moves under whoever asks for it
        "data": "date",
    }
    assert (fields["participanti"]["title"], fields["participanti"]["unit"]) == ("Participanți", "persoane")
    assert fields["luna"]["description"] == "Luna instruirii"
    assert (hand.desk.datapackages / "instruiri" / resource["path"]).read_text("utf-8") == TRAININGS
    assert "Metodologie" in (hand.desk.datapackages / "instruiri" / "notes.md").read_text("utf-8")
    checked = hand.desk.run("check", "instruiri")
    assert checked.code == 0, checked.said
    planned = hand.desk.run("plan", "instruiri", "--json")
    assert planned.code == 0, planned.said
    assert planned.json[0]["plan"] == []
    assert planned.json[0]["version"] == "1.0.0"
    published = hand.desk.run("publish", "--yes", "instruiri", "--json")
    assert (published.code, published.json[0]["status"]) == (0, "unchanged"), published.said
    standing = hand.desk.run("status", "instruiri", "--json").json[0]
    assert (standing["published"], standing["built"]) == ("1.0.0", "1.0.0")
    assert hand.desk.run("verify", "instruiri").code == 0
    assert "1.0.0" in hand.desk.run("history", "instruiri").out.splitlines()[-1]
    assert hand.show() == before
    assert hand.desk.archive.ledger("instruiri").broken_links() == []


def test_the_next_version_keeps_ids_links_types_and_all_that_is_not_ours(hand: Hand, trainings: Made) -> None:
    before = hand.resources()
    hand.adopt()
    source = hand.desk.datapackages / "instruiri" / hand.declared()["resources"][0]["path"]
    source.write_text(TRAININGS + "iulie,3,1,2020-07-01\n", "utf-8")
    waits = hand.desk.run("publish", "instruiri")
    assert waits.code == 1  # the first time that publica writes there, a person says so
    assert hand.resources() == before
    hand.desk.publish("instruiri")
    after = hand.resources()
    for resource in (trainings.csv, trainings.xlsx, trainings.pdf):
        assert after[resource]["url"] == before[resource]["url"]
    assert after[trainings.csv]["nota"] == "de mână"
    assert [after[held]["publica_key"] for held in (trainings.csv, trainings.xlsx)] == [
        "instruiri-2020/csv", "instruiri-2020/xlsx",
    ]  # fmt: skip
    assert {
        key: value for key, value in after[trainings.pdf].items() if key not in ("position", "metadata_modified")
    } == {key: value for key, value in before[trainings.pdf].items() if key not in ("position", "metadata_modified")}
    assert hand.download(after[trainings.pdf]["url"]) == PDF
    assert hand.download(after[trainings.csv]["url"]).decode().endswith("iulie,3,1,2020-07-01\n")
    assert hand.download(after[trainings.xlsx]["url"]).startswith(b"PK")
    types, rows = hand.rows(trainings.csv)
    assert types == {"luna": "text", "participanti": "int4", "cost": "text", "data": "timestamp"}
    assert rows[2] == {"luna": "iulie", "participanti": 3, "cost": "1", "data": "2020-07-01T00:00:00.000"}
    assert rows[0]["participanti"] == 12
    show, extras = hand.show(), hand.extras()
    assert (show["version"], extras["numar-ordin"]) == ("1.1.0", "12/2020")
    assert not hand.own_fields or show["provenance"] == OWN_FIELDS["provenance"]
    assert [group["name"] for group in show["groups"]] == ["educ"]
    keys = sorted(held["publica_key"] for held in after.values() if "publica_key" in held)
    assert keys == [
        "instruiri-2020/csv", "instruiri-2020/json", "instruiri-2020/xlsx", "version/1.0.0", "version/1.1.0",
    ]  # fmt: skip
    assert not any("publica_held" in held for held in after.values())
    assert hand.desk.run("plan", "instruiri", "--json").json[0]["plan"] == []
    assert hand.desk.run("verify", "instruiri").code == 0


def test_ids_hold_through_many_versions_a_withdrawal_and_a_lost_resource(hand: Hand, trainings: Made) -> None:
    links = {held: hand.resources()[held]["url"] for held in (trainings.csv, trainings.xlsx)}
    hand.adopt()
    source = hand.desk.datapackages / "instruiri" / hand.declared()["resources"][0]["path"]

    def holds() -> bool:
        return {held: hand.resources()[held]["url"] for held in links} == links

    for n in range(1, 4):
        source.write_text(TRAININGS + f"iulie,{n},1,2020-07-01\n", "utf-8")
        hand.desk.publish("instruiri")
        assert holds()
    assert hand.desk.run("rollback", "instruiri", "1.0.0", "--reason", "try", "--yes").code == 0
    assert holds()
    assert hand.desk.run("withdraw", "instruiri", "--reason", "try", "--yes").code == 0
    assert list(hand.resources()) == [trainings.pdf]
    assert hand.desk.run("release", "instruiri").code == 0
    hand.desk.publish("instruiri")
    assert holds()
    hand.call("package_revise", {"match": {"name": "instruiri"}, "filter": [f"-resources__{trainings.csv}", "-extras"]})
    ran = hand.desk.run("publish", "instruiri", "--yes", "--overwrite")
    assert ran.code == 0, ran.said
    assert holds()
    assert len(hand.rows(trainings.csv)[1]) == 3


def test_withdrawn_before_it_was_ever_published_it_loses_its_tables_and_keeps_the_rest(
    hand: Hand, trainings: Made
) -> None:
    hand.adopt()
    ran = hand.desk.run("withdraw", "instruiri", "--reason", "try", "--yes")
    assert ran.code == 0, ran.said
    assert list(hand.resources()) == [trainings.pdf]
    with pytest.raises(RefusedError):
        hand.rows(trainings.csv)
    assert hand.desk.run("release", "instruiri").code == 0
    hand.desk.publish("instruiri")
    assert {trainings.csv, trainings.xlsx, trainings.pdf} < hand.resources().keys()


def test_erased_before_it_was_ever_published_nothing_of_it_is_left_there(hand: Hand, trainings: Made) -> None:
    url = hand.resources()[trainings.csv]["url"]
    hand.adopt()
    ran = hand.desk.run("erase", "instruiri", "--reason", "a court's order", "--yes")
    assert ran.code == 0, ran.said
    assert list(hand.resources()) == [trainings.pdf]
    assert httpx.get(url, trust_env=False).status_code == 404
    assert hand.extras()["publica_status"] == "erased"


# --- what people change afterwards ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"title": "Alt titlu"}, "title"),
        ({"notes": "x"}, "notes"),
        ({"tags": [{"name": "altele"}]}, "tags"),
        ({"groups": []}, "groups"),
        ({"extras": [{"key": "numar-ordin", "value": "13"}]}, "extras.numar-ordin"),
    ],
)
def test_edits_by_hand_after_the_adoption_are_found_field_by_field(
    hand: Hand, trainings: Made, change: dict[str, Any], told: str
) -> None:
    hand.adopt()
    hand.call("package_patch", {"id": "instruiri", **change})
    before = hand.show()
    for words in (("plan",), ("publish", "--yes"), ("status",)):
        ran = hand.desk.run(*words, "instruiri")
        assert ran.code == 1, ran.said
        assert told in ran.err
    assert hand.show() == before


def test_files_rows_and_resources_changed_by_hand_after_the_adoption_are_found(hand: Hand, trainings: Made) -> None:
    hand.adopt()
    upsert = {"resource_id": trainings.csv, "method": "insert", "force": True}
    hand.call("datastore_upsert", {**upsert, "records": [{"luna": "august", "participanti": 1, "cost": "1"}]})
    ran = hand.desk.run("verify", "instruiri")
    assert ran.code == 1
    assert "august" in ran.err
    source = hand.desk.datapackages / "instruiri" / hand.declared()["resources"][0]["path"]
    source.write_text(TRAININGS + "iulie,3,1,2020-07-01\n", "utf-8")
    ran = hand.desk.run("publish", "--yes", "instruiri")
    assert ran.code == 1
    assert "august" in ran.err
    assert len(hand.rows(trainings.csv)[1]) == 3
    hand.again(trainings.pdf, "metodologie.pdf", b"%PDF-1.4 methodologx")
    ran = hand.desk.run("status", "instruiri")
    assert ran.code == 1
    assert "Metodologie" in ran.err
    ran = hand.desk.run("publish", "--yes", "--overwrite", "instruiri")
    assert ran.code == 0, ran.said
    assert {row["luna"] for row in hand.rows(trainings.csv)[1]} == {"mai", "iunie", "iulie"}


# --- tables that were there before ------------------------------------------------------------------------------------


def test_a_table_whose_columns_cannot_keep_their_names_stays_beside_the_new_one(hand: Hand) -> None:
    dataset = hand.make()
    content = "Luna;Nr. participanți\nmai;12\niunie;7\n"
    csv = hand.file(dataset, "date.csv", content, "Instruiri", "CSV")["id"]
    fields = [{"id": "Luna", "type": "text"}, {"id": "Nr. participanți", "type": "numeric"}]
    hand.table(csv, fields, [{"Luna": "mai", "Nr. participanți": 12}, {"Luna": "iunie", "Nr. participanți": 7}])
    before = hand.rows(csv)
    ran = hand.adopt()
    assert "Nr. participanți → nr_participanti" in ran.err
    source = hand.desk.datapackages / "instruiri" / hand.declared()["resources"][0]["path"]
    source.write_text(content + "iulie;1\n", "utf-8")
    hand.desk.publish("instruiri")
    after = hand.resources()
    assert hand.rows(csv) == before
    assert hand.download(after[csv]["url"]).decode() == content
    assert after[csv]["publica_until"]
    (new,) = [held for held in after.values() if held.get("publica_key") == "instruiri/csv" and held["id"] != csv]
    assert hand.rows(new["id"])[0] == {"luna": "text", "nr_participanti": "int8"}
    assert len(hand.rows(new["id"])[1]) == 3
    source.write_text(content + "iulie;2\n", "utf-8")
    hand.desk.publish("instruiri")
    (zipped,) = hand.resources().keys() - after.keys()
    assert hand.resources()[zipped]["publica_key"].startswith("version/")


def test_the_table_behind_a_workbook_goes_on_under_its_id(hand: Hand) -> None:
    dataset = hand.make()
    xlsx = hand.file(dataset, "instruiri.xlsx", workbook(), "Instruiri", "XLSX")["id"]
    fields = [{"id": name, "type": kind} for name, kind in (("luna", "text"), ("participanti", "numeric"))]
    fields += [{"id": "cost", "type": "numeric"}, {"id": "data", "type": "text"}]
    hand.table(xlsx, fields, rows_as_found())
    hand.adopt()
    assert hand.desk.run("plan", "instruiri", "--json").json[0]["plan"] == []
    hand.desk.edit("instruiri", "min: 1", "min: 2")
    hand.desk.run("publish", "--yes", "--overwrite", "instruiri")
    types, rows = hand.rows(xlsx)
    assert types == {"luna": "text", "participanti": "numeric", "cost": "numeric", "data": "text"}
    assert len(rows) == 2
    after = hand.resources()
    assert (after[xlsx]["publica_key"], after[xlsx]["datastore_active"]) == ("instruiri/xlsx", True)
    assert [held["id"] for held in after.values() if held["datastore_active"]] == [xlsx]
    assert hand.download(after[xlsx]["url"]).startswith(b"PK")
    assert hand.desk.run("verify", "instruiri").code == 0
    hand.call("datastore_delete", {"resource_id": xlsx, "filters": {"luna": "mai"}, "force": True})
    assert "mai" in hand.desk.run("verify", "instruiri").err


def test_a_workbook_with_more_sheets_loses_none_of_them(hand: Hand) -> None:
    dataset = hand.make()
    content = workbook(Note=[["Metoda"], ["Numărat"]])
    xlsx = hand.file(dataset, "instruiri.xlsx", content, "Instruiri", "XLSX")["id"]
    assert "Note" in hand.adopt().err
    ran = hand.desk.run("publish", "--yes", "--overwrite", "instruiri")
    assert ran.code == 0, ran.said
    after = hand.resources()
    assert hand.download(after[xlsx]["url"]) == content
    assert len([held for held in after.values() if held["format"] == "XLSX"]) == 2


def test_rows_that_the_file_does_not_have_are_told_and_are_nobodys_edit(hand: Hand) -> None:
    dataset = hand.make()
    csv = hand.file(dataset, "locuri.csv", "loc,nr\nChişinău,1\nBălţi,2\n", "Locuri", "CSV")["id"]
    fields = [{"id": "loc", "type": "text"}, {"id": "nr", "type": "int8"}]
    hand.table(csv, fields, [{"loc": "Chişinău", "nr": 1}, {"loc": "Bălţi", "nr": 2}, {"loc": "Orhei", "nr": 3}])
    ran = hand.adopt()
    assert "3 rows" in ran.err
    assert hand.desk.run("verify", "instruiri").code == 0
    ran = hand.desk.run("publish", "--yes", "--overwrite", "instruiri")
    assert ran.code == 0, ran.said
    assert [row["loc"] for row in hand.rows(csv)[1]] == ["Chișinău", "Bălți"]


# --- what can go wrong in the first publication ---------------------------------------------------------------------


def test_what_does_not_read_back_is_put_back_as_somebody_else_had_made_it(
    hand: Hand, trainings: Made, front: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUBLICA_PORTAL", f"ckan:{front.url}")
    hand.adopt()
    before, rows = hand.show(), hand.rows(trainings.csv)
    source = hand.desk.datapackages / "instruiri" / hand.declared()["resources"][0]["path"]
    source.write_text(TRAININGS + "iulie,3,1,2020-07-01\n", "utf-8")
    front.when(lambda seen: seen.path.endswith("/instruiri-2020.csv"), Replace(lambda _: b"stale"), times=1)
    ran = hand.desk.run("publish", "--yes", "instruiri")
    assert ran.code == 1, ran.said
    after = hand.show()
    assert hand.download(after["resources"][0]["url"]).decode() == TRAININGS
    assert hand.download(after["resources"][1]["url"]).startswith(b"PK")
    assert hand.rows(trainings.csv) == rows
    derived = ("metadata_modified", "last_modified", "resources", "num_resources")
    words, as_before = (
        {key: show[key] for key in show if show[key] and key not in derived} for show in (after, before)
    )
    assert words == as_before
    assert [held["id"] for held in after["resources"]] == [held["id"] for held in before["resources"]]
    assert [held["name"] for held in after["resources"]] == [held["name"] for held in before["resources"]]
    assert not any(key.startswith("publica_") for held in after["resources"] for key in held)


@pytest.mark.parametrize("moment", ["during", "after"])
def test_a_publisher_that_dies_in_the_first_publication_is_followed_by_one_that_ends_it(
    hand: Hand, trainings: Made, front: Proxy, publishers: Publishers, moment: Moment
) -> None:
    names = ("ARCHIVE", "CKAN_TOKEN", "LANGUAGE")
    env = {f"PUBLICA_{name}": os.environ[f"PUBLICA_{name}"] for name in names}
    office = Office(
        hand.desk, "instruiri", hand.portal, front, publishers, {**env, "PUBLICA_PORTAL": f"ckan:{front.url}"}
    )
    office.does("adopt", "instruiri")
    links = {held: hand.resources()[held]["url"] for held in (trainings.csv, trainings.xlsx, trainings.pdf)}
    source = hand.desk.datapackages / "instruiri" / hand.declared()["resources"][0]["path"]
    source.write_text(TRAININGS.replace("mai,12", "mai,13") + "iulie,3,1,2020-07-01\n", "utf-8")
    deaths = 0
    while office.dies(writes, 1 if deaths else 0, moment, "publish", "--yes", "instruiri").killed:
        deaths += 1
        assert deaths < 20
    assert deaths >= 3
    assert {held: hand.resources()[held]["url"] for held in links} == links
    types, rows = hand.rows(trainings.csv)
    assert types == {"luna": "text", "participanti": "int4", "cost": "text", "data": "timestamp"}
    assert sorted(row["participanti"] for row in rows) == [3, 7, 13]
    office.at_rest("publish", "--yes", "instruiri")


# --- links elsewhere --------------------------------------------------------------------------------------------------


class Elsewhere(BaseHTTPRequestHandler):
    """Another site, with one file, one page, and nothing else."""

    def do_GET(self) -> None:
        content = {"csv": TRAININGS.encode(), "html": b"<!DOCTYPE html><html></html>"}.get(self.path.rpartition(".")[2])
        self.send_response(200 if content else 404)
        self.end_headers()
        self.wfile.write(content or b"")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as the library has it
        """Silent."""


@pytest.fixture
def elsewhere() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_link_elsewhere_is_fetched_as_from_strangers_and_keeps_its_id(
    hand: Hand, elsewhere: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = hand.make()
    link = f"{elsewhere}/..%2F..%2F..%2Fetc%2Fpasswd;rm%20-rf.csv"
    made = hand.call("resource_create", {"package_id": dataset, "url": link, "name": "../../Luni", "format": "csv"})
    refused = hand.desk.run("adopt", "instruiri")
    assert refused.code == 1
    assert "PUBLICA_INNER_HOSTS" in refused.err
    monkeypatch.setenv("PUBLICA_INNER_HOSTS", "127.0.0.1")
    hand.adopt()
    assert [each.name for each in hand.desk.root.rglob("source/*")] == ["luni.csv"]
    assert link in (hand.desk.datapackages / "instruiri" / "notes.md").read_text("utf-8")
    assert hand.desk.run("plan", "instruiri", "--json").json[0]["plan"] == []
    assert hand.desk.run("verify", "instruiri").code == 0
    ran = hand.desk.run("publish", "--yes", "--overwrite", "instruiri")
    assert ran.code == 0, ran.said
    held = hand.resources()[made["id"]]
    assert (held["publica_key"], held["url_type"]) == ("luni/csv", "upload")
    assert hand.download(held["url"]).decode() == TRAININGS


@pytest.mark.parametrize("path", ["a.html", "a.gone"])
def test_a_link_that_leads_to_no_file_is_told(
    hand: Hand, elsewhere: str, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUBLICA_INNER_HOSTS", "127.0.0.1")
    url = f"{elsewhere}/{path}"
    hand.call("resource_create", {"package_id": hand.make(), "url": url, "name": "Luni", "format": "CSV"})
    ran = hand.desk.run("adopt", "instruiri")
    assert ran.code == 1
    assert path in ran.err
    assert not (hand.desk.datapackages / "instruiri").exists()


# --- what cannot be adopted -------------------------------------------------------------------------------------------


def _nothing(_hand: Hand) -> None:
    """There is no dataset at all."""


def _no_table(hand: Hand) -> None:
    hand.file(hand.make(), "a.pdf", PDF, "Metodologie", "PDF")


def _broken(hand: Hand) -> None:
    hand.file(hand.make(), "a.csv", 'luna,luna\n"x\n', "Luni", "CSV")


def _page(hand: Hand) -> None:
    hand.file(hand.make(), "a.csv", "<!DOCTYPE html><html>", "Luni", "CSV")


def _private(hand: Hand) -> None:
    hand.file(hand.make(private=True), "a.csv", TRAININGS, "Luni", "CSV")


def _underscore(hand: Hand) -> None:
    hand.make("instruiri_2020")


def _managed(hand: Hand) -> None:
    hand.file(hand.make(extras={"publica_status": "published"}), "a.csv", TRAININGS, "Luni", "CSV")


def _copied(hand: Hand) -> None:
    hand.file(hand.make(), "a.csv", TRAININGS, "Luni", "CSV", publica_key="a/csv")


def _personal(hand: Hand) -> None:
    rows = "".join(f"{n},200400000000{n}\n" for n in range(3))
    hand.file(hand.make(), "a.csv", f"nr,IDNP\n{rows}", "Luni", "CSV")


def _unknown_body(hand: Hand) -> None:
    hand.portal.add_organization("primaria")
    hand.file(hand.make(owner_org="primaria"), "a.csv", TRAININGS, "Luni", "CSV")


def _no_words(hand: Hand) -> None:
    hand.file(hand.make(groups=[], license_id="notspecified"), "a.csv", TRAININGS, "Luni", "CSV")


@pytest.mark.parametrize(
    ("made", "name", "told"),
    [
        (_nothing, "nimic", ["nimic"]),
        (_no_table, "instruiri", ["Metodologie", "CSV"]),
        (_broken, "instruiri", ["a.csv", "--without"]),
        (_page, "instruiri", ["web page"]),
        (_private, "instruiri", ["private"]),
        (_underscore, "instruiri_2020", ["instruiri-2020"]),
        (_managed, "instruiri", ["another archive"]),
        (_copied, "instruiri", ["another archive"]),
        (_personal, "instruiri", ["personal"]),
        (_unknown_body, "instruiri", ["primaria:", "organizations.yaml"]),
        (_no_words, "instruiri", ["--theme", "EDUC", "--license", "CC-BY-4.0"]),
    ],
)
def test_what_cannot_be_adopted_is_told_and_leaves_nothing(
    hand: Hand, made: Callable[[Hand], None], name: str, told: list[str]
) -> None:
    made(hand)
    before = hand.desk.tree("datapackages", "archive")
    ran = hand.desk.run("adopt", name)
    assert (ran.code, "Traceback" in ran.err) == (1, False), ran.said
    assert [word for word in told if word not in ran.err] == []
    after = hand.desk.tree("datapackages", "archive")
    assert after.keys() - {"archive", "archive/.identity"} == before.keys() - {"archive", "archive/.identity"}


def test_a_portal_that_is_a_folder_has_nothing_to_adopt(desk: Desk) -> None:
    assert "ckan:" in desk.run("adopt", "wells").err


def test_what_a_person_says_stands_in_for_what_the_portal_does_not(hand: Hand) -> None:
    dataset = hand.make(groups=[], license_id="notspecified", extras={}, tags=[], notes="")
    hand.file(dataset, "a.csv", TRAININGS, "Luni", "CSV")
    hand.file(dataset, "b.csv", 'x,x\n"y', "Stricat", "CSV")
    assert "SCIE" in hand.desk.run("adopt", "instruiri", "--theme", "SCIE", "--without", "Stricat").err
    hand.adopt("instruiri", "--theme", "EDUC", "--license", "CC-BY-4.0", "--without", "Stricat")
    declared = hand.declared()
    assert (declared["publica"]["cadence"], declared["keywords"]) == ("irregular", ["instruiri"])
    notes = (hand.desk.datapackages / "instruiri" / "notes.md").read_text("utf-8")
    assert "irregular" in notes
    assert "Stricat" in notes


def test_ours_whose_folder_was_lost_is_refused_with_where_to_restore_it_from(hand: Hand, trainings: Made) -> None:
    hand.adopt()
    assert "is there already" in hand.desk.run("adopt", "instruiri").err
    hand.desk.edit("instruiri", "min: 1", "min: 2")
    assert hand.desk.run("publish", "--yes", "--overwrite", "instruiri").code == 0
    shutil.rmtree(hand.desk.datapackages / "instruiri")
    ran = hand.desk.run("adopt", "instruiri")
    assert ran.code == 1
    assert "restore" in ran.err
    shutil.rmtree(hand.desk.root / "archive")
    assert "another archive" in hand.desk.run("adopt", "instruiri").err


def test_an_adoption_that_died_before_its_folder_came_is_done_again(hand: Hand, trainings: Made) -> None:
    hand.adopt()
    shutil.rmtree(hand.desk.datapackages / "instruiri")
    hand.adopt()
    assert hand.desk.run("plan", "instruiri", "--json").json[0]["plan"] == []


def test_only_one_of_two_archives_publishes_what_both_adopted(hand: Hand, trainings: Made) -> None:
    hand.adopt()
    source = hand.desk.datapackages / "instruiri" / hand.declared()["resources"][0]["path"]
    shutil.copytree(hand.desk.root / "archive", hand.desk.root / "other")
    (hand.desk.root / "other" / ".identity").write_text("another")
    source.write_text(TRAININGS + "iulie,3,1,2020-07-01\n", "utf-8")
    hand.desk.publish("instruiri")
    before = hand.show()
    source.write_text(TRAININGS + "iulie,4,1,2020-07-01\n", "utf-8")
    for more in ((), ("--overwrite",)):
        ran = hand.desk.run("publish", "--yes", "instruiri", "--archive", "other", *more)
        assert ran.code == 1, ran.said
    assert hand.show() == before


def test_no_secret_is_in_what_an_adoption_leaves(hand: Hand, trainings: Made) -> None:
    hand.adopt()
    token = hand.portal.editor_token.encode()
    files = [path for path in hand.desk.root.rglob("*") if path.is_file()]
    assert [path for path in files if token in path.read_bytes()] == []
    assert (
        json.loads((sorted((hand.desk.root / "archive/instruiri/ledger").iterdir())[-1]).read_text())["kind"]
        == "adopted"
    )
