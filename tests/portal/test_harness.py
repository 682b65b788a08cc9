"""The portal that other tests rely on is the real thing, forgets, and recovers."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.portal.account import Account, PortalError
from tests.portal.api import RefusedError
from tests.portal.portal import Portal
from tests.portal.prepare import once
from tests.portal.processes import Server, leftovers

PROJECT = Path(__file__).resolve().parents[2]
PATIENCE = 60.0  # seconds
ROWS = "id,oraș\n1,Iași\n2,Бэлць\n".encode()


@pytest.fixture
def name(portal: Portal) -> str:
    """A dataset of the organisation `age`, made by the editor."""
    name = f"wells-{uuid.uuid4().hex[:8]}"
    _create(portal, name)
    return name


def _create(portal: Portal, name: str) -> None:
    said = {"name": name, "title": "Fântâni", "notes": "Cu apă.", "owner_org": "age"}
    portal.api("package_create", said, portal.editor_token)


def _found(portal: Portal) -> list[str]:
    return [dataset["name"] for dataset in portal.api("package_search")["results"]]


def test_an_editor_publishes_and_everybody_reads(portal: Portal, name: str) -> None:
    resource = httpx.post(
        f"{portal.url}/api/3/action/resource_create",
        headers={"Authorization": portal.editor_token},
        data={"package_id": name, "name": "orașe", "format": "CSV"},
        files={"upload": ("orașe.csv", ROWS, "text/csv")},
        timeout=PATIENCE,
    ).json()["result"]
    assert _found(portal) == [name]
    assert resource["url"].startswith(f"{portal.public_url}/")
    assert httpx.get(resource["url"], timeout=PATIENCE).content == ROWS
    fields = [{"id": "cod", "type": "text"}]
    table = {"resource_id": resource["id"], "force": True, "fields": fields, "records": [{"cod": "007"}]}
    portal.api("datastore_create", table, portal.editor_token)
    assert portal.api("datastore_search", {"resource_id": resource["id"]})["records"] == [{"_id": 1, "cod": "007"}]
    assert "Fântâni" in httpx.get(f"{portal.url}/dataset/{name}", timeout=PATIENCE).text


def test_the_editor_belongs_everywhere_and_is_no_administrator(portal: Portal) -> None:
    mine = portal.api("organization_list_for_user", {"permission": "create_dataset"}, portal.editor_token)
    assert {"cancelaria-de-stat", "age", "cnajgs", "asp", "kmu", "agency"} == {each["name"] for each in mine}
    assert "just" in portal.api("group_list")
    with pytest.raises(RefusedError) as refused:
        portal.api("organization_create", {"name": "mine"}, portal.editor_token)
    assert refused.value.status == 403


def test_a_new_editor_has_one_organization(portal: Portal) -> None:
    portal.add_organization("weather")
    token = portal.new_editor("weather")
    mine = portal.api("organization_list_for_user", {"permission": "create_dataset"}, token)
    assert [each["name"] for each in mine] == ["weather"]
    mine = portal.api("organization_list_for_user", {"permission": "create_dataset"}, portal.editor_token)
    assert "weather" in [each["name"] for each in mine]


def test_a_reset_forgets(portal: Portal, name: str) -> None:
    files = {"upload": ("rows.csv", ROWS, "text/csv")}
    headers = {"Authorization": portal.editor_token}
    address = f"{portal.url}/api/3/action/resource_create"
    said = {"package_id": name}
    url = httpx.post(address, headers=headers, data=said, files=files, timeout=PATIENCE).json()["result"]["url"]
    portal.reset()
    assert _found(portal) == []
    with pytest.raises(RefusedError) as refused:
        portal.api("package_show", {"id": name})
    assert refused.value.status == 404
    assert httpx.get(url, timeout=PATIENCE).status_code == 404
    assert not [path for path in (portal.folder / "storage").rglob("*") if path.is_file()]
    _create(portal, name)


@pytest.mark.parametrize("server", ["postgres", "redis", "solr", "web"])
@pytest.mark.parametrize("fault", ["stop", "kill", "pause"])
def test_a_server_that_is_hurt_is_missed_and_healed(portal: Portal, name: str, server: str, fault: str) -> None:
    hurt: Server = getattr(portal, server)
    getattr(hurt, fault)()
    assert not hurt.ready()
    if server != "redis":  # metadata do not need it
        with pytest.raises(httpx.HTTPError):
            _revise(portal, name, patience=3).raise_for_status()
    portal.heal()
    assert _revise(portal, name).json()["result"]["package"]["version"] == "2"
    assert _found(portal) == [name]


def _revise(portal: Portal, name: str, patience: float = PATIENCE) -> httpx.Response:
    change = {"match": {"name": name}, "update": {"version": "2"}}
    headers = {"Authorization": portal.editor_token}
    return httpx.post(f"{portal.url}/api/3/action/package_revise", json=change, headers=headers, timeout=patience)


def test_what_is_paused_goes_on_where_it_was(portal: Portal, name: str) -> None:
    for server in (portal.postgres, portal.redis, portal.solr, portal.web):
        server.pause()
        server.resume()
    assert _found(portal) == [name]


def test_two_workers_serve_and_killed_ones_are_replaced(portal: Portal) -> None:
    before = portal.web.workers
    portal.web.kill_workers()
    assert portal.api("status_show")["ckan_version"].startswith("2.1")
    portal.heal()
    assert len(before) == len(portal.web.workers) == 2
    assert not set(before) & set(portal.web.workers)


def test_addresses_may_be_those_of_a_proxy(portal: Portal, name: str) -> None:
    link = {"package_id": name, "url": "rows.csv", "url_type": "upload"}
    portal.expose(1)
    portal.api("resource_create", link, portal.editor_token)
    (resource,) = portal.api("package_show", {"id": name})["resources"]
    assert resource["url"].startswith("http://127.0.0.1:1/dataset/")


def test_a_portal_dies_with_the_one_who_started_it() -> None:
    code = "from tests.portal.portal import Portal; p = Portal(); p.start(); print(p.folder, flush=True); input()"
    words = [sys.executable, "-c", code]
    with subprocess.Popen(words, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        folder = Path(process.stdout.readline().strip())
        assert len(leftovers(folder)) > 5
        process.kill()
    _until(lambda: not leftovers(folder))
    another = Portal()
    another.start()
    try:
        assert another.folder == folder
        assert "agency" in another.api("organization_list")
    finally:
        another.stop()
    assert leftovers(folder) == []


def test_what_died_half_way_is_made_from_nothing() -> None:
    def die(who: Account, folder: Path, log: Path) -> None:
        who.write(folder / "half", "")
        raise PortalError

    def make(who: Account, folder: Path, log: Path) -> None:
        who.write(folder / "whole", "")

    asked = uuid.uuid4().bytes
    with pytest.raises(PortalError):
        once("test", asked, die)
    folder = once("test", asked, make)
    try:
        assert sorted(path.name for path in folder.iterdir()) == ["complete", "whole"]
        assert once("test", asked, die) == folder
    finally:
        shutil.rmtree(folder)


def _until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)
