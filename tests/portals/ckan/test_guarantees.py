"""What publica guarantees on the real CKAN, by the true commands: G1, G5, G6, G11, G13. Ids (G3, G4), edits by hand
(G8) and reading back (G9) are beside it; crashes and readers (G2, G7) in `test_crash.py`."""

from __future__ import annotations

import json
import shutil
import traceback
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from pipelines.errors import UserError
from pipelines.portals.ckan import listing
from tests.portal.faults import Answer, Call, Drop
from tests.portal.proxy import action, writes
from tests.portals.ckan.officer import Officer, Table, extras
from tests.portals.ckan.officer import officer as officer

TABLES = {"wells": Table({"place": "string", "depth": "integer"}, [("Valea Albă", 3), ("Dealul Rece", 5)])}
NEXT = {"wells": Table({"place": "string", "depth": "integer"}, [("Valea Albă", 4), ("Dealul Rece", 5)])}


# --- G1: nothing unchecked is published -------------------------------------------------------------------------------


@pytest.mark.parametrize("spoilt", ["forged", "missing", "a byte of the data"])
@pytest.mark.parametrize("first", [True, False])
def test_g1_without_its_verdict_nothing_of_a_version_is_sent(officer: Officer, spoilt: str, first: bool) -> None:
    from pipelines.commands.build import build

    if not first:
        officer.show(TABLES)
    officer.declare(NEXT)
    workspace = officer.workspace()
    built = build(workspace, workspace.dataset(officer.slug))
    home = workspace.archive_root / officer.slug
    recorded = workspace.archive.recorded(officer.slug, built.number) or {}
    verdict = home / "verdicts" / f"{recorded['verdict']}.json"
    if spoilt == "missing":
        verdict.unlink()
    else:
        file = verdict if spoilt == "forged" else home / built.number / "package" / "data" / "wells.csv"
        file.write_bytes(file.read_bytes().replace(b"4", b"9").replace(b"true", b"false"))
    with pytest.raises(UserError) as error:
        officer.publish()
    assert all(finding.code.startswith("gate-") for finding in error.value.findings)
    assert officer.written == []
    if first:
        assert officer.asked == []


# --- G5: same inputs, same bytes, same ids ----------------------------------------------------------------------------


def test_g5_two_fresh_portals_get_the_same_ids_and_bytes(officer: Officer) -> None:
    seen: list[Any] = []
    for days in (0, 77):
        officer.portal.reset()
        shutil.rmtree(officer.desk.root / "archive", ignore_errors=True)
        officer.now += timedelta(days=days)
        for tables in (TABLES, NEXT):
            officer.show(tables)
        files = {held["publica_key"]: (held["id"], officer.digest(held["url"])) for held in officer.resources()}
        rows = officer.rows(officer.resource("wells/csv")["id"])
        told = {key: text for key, text in extras(officer.dataset()).items() if key not in ("issued", "modified")}
        told.pop("publica_signature")  # it knows when each version was published
        seen.append((files, rows, told))
    assert seen[0] == seen[1]


# --- G6: no change, no write ------------------------------------------------------------------------------------------


@pytest.fixture
def five(officer: Officer) -> Officer:
    """Five datasets are public."""
    for slug in ("wells", "mills", "roads", "ponds", "parks"):
        officer.slug = slug
        officer.show(TABLES)
    return officer


def all_again(officer: Officer) -> tuple[list[str], list[str]]:
    """Publishes all that is declared, as typed; what was asked, and what was written."""
    officer.front.settle()
    officer.front.clear()
    root = officer.desk.root
    ran = officer.desk.run("--archive", str(root / "archive"), "--to", f"ckan:{officer.front.url}", "publish", "--yes")
    assert ran.code == 0, ran.said
    return officer.asked, officer.written


def test_g6_no_change_costs_one_question_for_a_thousand_datasets(five: Officer, monkeypatch: Any) -> None:
    assert all_again(five) == (["package_search"], [])
    monkeypatch.setattr(listing, "ROWS", 2)
    assert all_again(five) == (["package_search"] * 3, [])


def document(officer: Officer) -> dict[str, Any]:
    """The last dataset as the search knows it."""
    query = {"q": f"name:{officer.slug}", "fl": "*", "wt": "json"}
    (found,) = httpx.get(f"{officer.portal.solr_url}/select", params=query).json()["response"]["docs"]
    public = {"permission_labels": ["public"]}  # which the search keeps and does not tell
    return {key: value for key, value in found.items() if key != "_version_"} | public


def index(officer: Officer, what: Any) -> None:
    httpx.post(f"{officer.portal.solr_url}/update?commit=true", json=what, timeout=30).raise_for_status()


def test_g6_a_search_that_has_forgotten_a_dataset_is_not_believed(five: Officer) -> None:
    index(five, {"delete": {"query": f"name:{five.slug}"}})
    asked, written = all_again(five)
    assert written == []
    assert asked.count("package_show") == 1


def test_g6_a_search_that_knows_a_dataset_from_before_is_not_believed(five: Officer) -> None:
    stale = {**document(five), "metadata_modified": "2020-01-01T00:00:00Z", "version": "0.1.0"}
    index(five, [stale])
    assert five.portal.api("package_search", {"q": f"name:{five.slug}", "fl": ["version"]})["results"] == [
        {"version": "0.1.0"}
    ]
    asked, written = all_again(five)
    assert written == []
    assert asked.count("package_show") == 1


def test_g6_a_phantom_in_the_search_is_not_believed(five: Officer) -> None:
    """Of a timed-out write: a second document of the same name, and the first ahead of the database."""
    index(five, [{**document(five), "id": "phantom", "index_id": "phantom"}])
    asked, written = all_again(five)
    assert written == []
    assert asked.count("package_show") == 1
    ghost = {**document_of_any(five), "id": "ghost", "index_id": "ghost", "name": "ghosts", "title": "Ghosts"}
    index(five, [ghost])
    five.slug = "ghosts"
    assert five.show(TABLES) == "1.0.0"
    assert "package_create" in five.written


def document_of_any(officer: Officer) -> dict[str, Any]:
    officer.slug = "wells"
    return document(officer)


# --- G11: one broken dataset stops nobody else ------------------------------------------------------------------------


def test_g11_a_dataset_that_the_portal_refuses_stops_nobody_else(officer: Officer, monkeypatch: Any) -> None:
    monkeypatch.setenv("PUBLICA_CKAN_TOKEN", officer.portal.new_editor("age"))
    officer.portal.api("package_create", {"name": "mills", "owner_org": "cnajgs"}, officer.portal.admin_token)
    for slug, organization in (("mills", "age"), ("parks", "cnajgs"), ("roads", "age"), ("wells", "age")):
        officer.slug = slug
        officer.declare(TABLES, organization=organization)
    officer.desk.edit("roads", "- water", "- w/ater")
    root = officer.desk.root
    ran = officer.desk.run("--archive", str(root / "archive"), "--to", f"ckan:{officer.front.url}", "publish", "--yes")
    assert ran.code == 1
    for slug in ("mills", "parks", "roads"):
        assert slug in ran.err
    assert "Traceback" not in ran.said
    assert officer.dataset()["version"] == "1.0.0"
    assert officer.verify() == []


# --- G13: secrets appear nowhere --------------------------------------------------------------------------------------


def holding(root: Path, secret: str) -> list[str]:
    return [str(path) for path in root.rglob("*") if path.is_file() and secret.encode() in path.read_bytes()]


def test_g13_the_token_appears_nowhere(officer: Officer, monkeypatch: Any, caplog: Any) -> None:
    """Whatever goes wrong, also where the portal or something in front of it repeats the token."""
    secret = officer.portal.editor_token
    caplog.set_level(0)
    monkeypatch.setattr("pipelines.portals.ckan.api.jitter", lambda _: 0.0)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType] - a stub
    monkeypatch.setattr("pipelines.portals.ckan.sending.WAITS", (0.0,))
    page = f"<h1>Authorization: {secret}</h1>".encode()
    refusal = {"success": False, "error": {"__type": "Authorization Error", "message": f"no: {secret}", secret: secret}}
    invalid = {"success": False, "error": {"__type": "Validation Error", "title": [f"{secret}!"]}}
    wrongs = [
        (action("package_create"), Answer(500, page)),
        (action("package_create"), Answer(403, json.dumps(refusal).encode(), "application/json")),
        (action("package_create"), Answer(409, json.dumps(invalid).encode(), "application/json")),
        (action("package_revise"), Answer(502, page)),
        (action("datastore_create"), Answer(409, json.dumps(invalid).encode(), "application/json")),
        (action("package_show"), Answer(200, page)),
        (writes, Drop(before=False)),
        (writes, Call(lambda _: None)),
    ]
    officer.declare(TABLES)
    root = officer.desk.root
    said: list[str] = []
    words = ("--archive", str(root / "archive"), "--to", f"ckan:{officer.front.url}")
    for matches, fault in wrongs:
        officer.front.when(matches, fault)
        for verb in (["publish", "--yes"], ["--json", "publish", "--yes"], ["plan"], ["doctor"], ["status"]):
            ran = officer.desk.run(*words, *verb)
            said.append(ran.said)
        try:
            officer.publish()
        except Exception as error:
            trace = traceback.TracebackException.from_exception(error, capture_locals=True)
            told = [frame for frame in trace.stack if "/pipelines/" in frame.filename]  # the test itself knows it
            said += [str(error), repr(error), *traceback.StackSummary.from_list(told).format()]
        officer.front.rules.clear()
    assert officer.dataset()["version"] == "1.0.0"
    said += [repr(officer.workspace().portal), str(vars(officer.workspace().portal)), caplog.text]
    said.append(json.dumps(officer.dataset()))
    assert [text for text in said if secret in text] == []
    assert holding(root, secret) == []
    assert any("***" in text for text in said)  # it was there to be hidden


@pytest.mark.parametrize("token", ["ey with a blank", "Bearer\nX", "ță"])
def test_g13_a_token_that_cannot_be_one_is_not_repeated(officer: Officer, monkeypatch: Any, token: str) -> None:
    monkeypatch.setenv("PUBLICA_CKAN_TOKEN", token)
    officer.declare(TABLES)
    with pytest.raises(UserError) as error:
        officer.publish()
    assert token not in str(error.value)
    assert officer.asked == []
