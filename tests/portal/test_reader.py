"""The reader on the real portal: it looks inside every write, a careful publication shows it nothing wrong, and each
kind of careless one is found. What publica itself shows it is in the tests of the guarantees."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.portal.faults import Answer
from tests.portal.invariants import ANNOUNCEMENT, Allowed
from tests.portal.looks import Snapshot, snapshot
from tests.portal.portal import Portal
from tests.portal.proxy import Proxy, action, writes
from tests.portal.reader import Reader, SlowCommit, assert_looks, paced

SLUG = "wells"


@dataclass
class Wells:
    """A public dataset of one file and its table, written by hand through a proxy."""

    portal: Portal
    proxy: Proxy
    table: str

    def first(self) -> None:
        self.call("package_create", {"name": SLUG, "owner_org": "agency", "title": "1"})
        resource = {"id": self.table, "name": "wells", "format": "CSV", "hash": sha256(file("1"))}
        self.revise({"update__resources__extend": json.dumps([resource])}, "update__resources__-1", file("1"))
        fields = [{"id": "id", "type": "text"}, {"id": "depth", "type": "text"}]
        created = {"fields": fields, "primary_key": ["id"], "records": rows("1")}
        self.call("datastore_create", self.rows_of(created))

    def announce(self, number: str) -> None:
        value = json.dumps({"to": number, "files": {self.table: sha256(file(number))}})
        self.revise({"update": json.dumps({"extras": [{"key": ANNOUNCEMENT, "value": value}]})})

    def change_row(self, number: str) -> None:
        self.call("datastore_upsert", self.rows_of({"method": "upsert", "records": rows(number)[1:2]}))

    def switch(self, number: str, content: bytes = b"") -> None:
        resource, content = f"update__resources__{self.table[:8]}", content or file(number)
        changed = {"filter": '["-extras"]', "update": json.dumps({"title": number})}
        self.revise({**changed, resource: json.dumps({"hash": sha256(content)})}, resource, content)

    def revise(self, fields: dict[str, str], upload: str = "", content: bytes = b"") -> None:
        form: dict[str, Any] = {"data": {"match": json.dumps({"name": SLUG}), **fields}}
        if upload:
            form["files"] = {f"{upload}__upload": ("wells.csv", content)}
        self._post("package_revise", **form)

    def call(self, name: str, payload: dict[str, Any]) -> None:
        self._post(name, json=payload)

    def rows_of(self, payload: dict[str, Any]) -> dict[str, Any]:
        return {"resource_id": self.table, "force": True, "calculate_record_count": False, **payload}

    def _post(self, name: str, **said: Any) -> None:
        headers = {"Authorization": self.portal.editor_token}
        address = f"{self.proxy.url}/api/3/action/{name}"
        answer = httpx.post(address, headers=headers, timeout=60, trust_env=False, **said)
        assert answer.is_success, f"{name}: {answer.status_code} {answer.text}"


def rows(number: str) -> list[dict[str, str]]:
    """Of five rows, only the second differs between versions."""
    return [{"id": f"00{n}", "depth": number if n == 1 else "17,5"} for n in range(5)]


def file(number: str) -> bytes:
    lines = [f"{row['id']},{row['depth']}" for row in rows(number)]
    return "\n".join(["id,depth", *lines]).encode()


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def wells(portal: Portal) -> Iterator[Wells]:
    with Proxy(portal.url) as proxy:
        wells = Wells(portal, proxy, str(uuid.uuid4()))
        wells.first()
        proxy.clear()
        yield wells


@pytest.fixture(scope="module")
def solr_proxy(running_portal: Portal) -> Iterator[Proxy]:
    """A proxy between the portal and its Solr, for which the portal's web server has to be started again."""
    address, usual = urlsplit(running_portal.solr_url), running_portal.settings
    with Proxy(f"http://{address.netloc}") as proxy:
        running_portal.settings = {**usual, "solr_url": proxy.url + address.path}
        running_portal.expose(running_portal.public_port)
        yield proxy
        running_portal.settings = usual
        running_portal.expose(running_portal.public_port)


@pytest.fixture
def solr(solr_proxy: Proxy) -> Iterator[Proxy]:
    yield solr_proxy
    solr_proxy.rules.clear()
    solr_proxy.clear()


def both(old: Snapshot, new: Snapshot, wells: Wells) -> Allowed:
    return Allowed.of(old, new, keys={wells.table: ["id"]})


def test_the_reader_looks_inside_every_write_and_sees_old_or_new(wells: Wells, solr: Proxy) -> None:
    portal, proxy = wells.portal, wells.proxy
    old = snapshot(portal.url, SLUG)
    with Reader(portal.url, SLUG) as reader:
        paced(proxy, reader, solr=solr)
        wells.announce("2")
        wells.change_row("2")
        wells.switch("2")
        assert_looks(proxy, reader)
    new = snapshot(portal.url, SLUG)
    assert (old.files[wells.table], new.files[wells.table]) == (sha256(file("1")), sha256(file("2")))
    assert (list(old.tables[wells.table]), list(new.tables[wells.table])) == (rows("1"), sorted(rows("2"), key=by_id))
    assert reader.problems(both(old, new, wells)) == []
    announced, _, switched = [seen for seen in proxy.requests if seen.is_write]
    assert len(reader.looks_inside(announced, in_portal=True)) >= 20
    inside = reader.looks_inside(switched, in_portal=True)
    assert len(inside) >= 20
    # The moment that the announcement is for: new bytes under old metadata.
    assert sha256(file("2")) in {look.digest for look in inside if look.package and look.package["title"] == "1"}


def by_id(row: dict[str, str]) -> str:
    return row["id"]


def test_a_commit_is_held_while_the_reader_looks(wells: Wells) -> None:
    with Reader(wells.portal.url, SLUG) as reader:
        held = SlowCommit(reader, 20, wells.portal.database("datastore"), wells.table)
        wells.proxy.when(action("datastore_upsert"), held)
        wells.change_row("2")
    (write,) = wells.proxy.requests
    inside = reader.looks_inside(write, in_portal=True)
    assert len(inside) >= 20
    assert {look.rows[1]["depth"] for look in inside if look.rows} == {"1"}
    assert {row["depth"] for row in snapshot(wells.portal.url, SLUG).tables[wells.table]} == {"2", "17,5"}


CARELESS: dict[str, tuple[Callable[[Wells], None], str]] = {
    "an upload without announcement": (lambda wells: wells.switch("2"), "no metadata before or after names"),
    "a file of no version": (lambda wells: wells.switch("1", b"id,depth\n"), "is of no checked version"),
    "a field changed by the way": (
        lambda wells: wells.revise({"update": json.dumps({"notes": "soon"})}),
        "neither an allowed state nor announced: notes",
    ),
    "a table emptied and filled again": (
        lambda wells: wells.call("datastore_records_delete", wells.rows_of({"filters": {}})),
        "is empty",
    ),
    "a row missing for a while": (
        lambda wells: wells.call("datastore_records_delete", wells.rows_of({"filters": {"id": "003"}})),
        "lacks ('003', 0), one of 1 rows",
    ),
    "a row of no version": (lambda wells: wells.change_row("3"), "has a row of no allowed version"),
    "a dataset hidden for a while": (
        lambda wells: wells.revise({"update": json.dumps({"private": True})}),
        "dataset : answered 403",
    ),
}


@pytest.mark.parametrize("deed", CARELESS)
def test_what_a_careless_publisher_shows_is_found(wells: Wells, solr: Proxy, deed: str) -> None:
    careless, expected = CARELESS[deed]
    old = snapshot(wells.portal.url, SLUG)
    wells.switch("2")
    wells.change_row("2")
    new = snapshot(wells.portal.url, SLUG)
    wells.switch("1")
    wells.change_row("1")
    with Reader(wells.portal.url, SLUG) as reader:
        paced(wells.proxy, reader, solr=solr)
        careless(wells)
    found = reader.problems(both(old, new, wells))
    assert any(expected in each for each in found), found


def test_too_few_looks_are_named(wells: Wells) -> None:
    with Reader(wells.portal.url, SLUG) as reader:
        wells.announce("2")
        with pytest.raises(AssertionError, match=r"package_revise: \d+ looks, not 1000"):
            assert_looks(wells.proxy, reader, minimum=1000)
        wells.proxy.clear()
        with pytest.raises(AssertionError, match="nothing was written"):
            assert_looks(wells.proxy, reader)
        wells.proxy.when(writes, Answer(502))
        with pytest.raises(AssertionError, match="502"):
            wells.announce("2")
        with pytest.raises(AssertionError, match="nothing was written"):  # nor what never arrived
            assert_looks(wells.proxy, reader)
