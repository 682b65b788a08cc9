"""Edits by hand on the real CKAN (G8): each is found and named, nothing is overwritten, and a person can undo it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from pipelines.errors import UserError
from tests.portal.api import RefusedError
from tests.portal.proxy import Proxy
from tests.portals.ckan.officer import Officer, Table, desk_at, extras, told

if TYPE_CHECKING:
    from tests.portal.portal import Portal

TABLES = {
    "wells": Table({"place": "string", "depth": "integer"}, [("Valea Albă", 3), ("Dealul Rece", 5)]),
    "mills": Table({"code": "string", "power": "number"}, [("007", "1.1"), ("07", "2.5")]),
}
NEXT = {
    "wells": Table({"place": "string", "depth": "integer"}, [("Valea Albă", 4), ("Dealul Rece", 5), ("Nou", 1)]),
    "mills": Table({"code": "string", "power": "number"}, [("007", "1.1"), ("07", "2.6")]),
}
# What an editor's form can set of a dataset.
FIELDS = {
    "title": "Alt titlu",
    "notes": "Alte note",
    "license_id": "other-open",
    "url": "https://example.org/",
    "version": "9.9.9",
    "author": "Cineva",
    "author_email": "cineva@example.org",
    "maintainer": "Altcineva",
    "maintainer_email": "altcineva@example.org",
    "private": True,
}
# What the server alone decides, or what follows from the rest.
DERIVED = {
    *("id", "package_id", "position", "created", "state", "metadata_modified", "last_modified", "datastore_active"),
    *("cache_url", "cache_last_updated", "mimetype_inner"),
}


@pytest.fixture(scope="module")
def office(running_portal: Portal, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Officer]:
    """Two versions are public. Each test leaves all as it was, which it proves."""
    with Proxy(running_portal.url) as front, pytest.MonkeyPatch.context() as patch:
        patch.setenv("PUBLICA_CKAN_TOKEN", running_portal.editor_token)
        yield Officer(desk_at(tmp_path_factory.mktemp("office")), running_portal, front)


@pytest.fixture
def published(office: Officer) -> Officer:
    try:
        if at_rest(office) == STATES[-1]:
            return office
    except (RefusedError, IndexError):
        pass
    office.portal.reset()
    shutil.rmtree(office.desk.root / "archive", ignore_errors=True)
    office.show({**TABLES, "wells": Table(TABLES["wells"].fields, [("Valea Albă", 2)])})
    office.show(TABLES)
    STATES.append(at_rest(office))
    return office


STATES: list[dict[str, Any]] = []  # as the last publication left it


def at_rest(officer: Officer) -> dict[str, Any]:
    """All that there is, but for the times of the last write."""
    dataset = officer.portal.api("package_show", {"id": officer.slug}, officer.portal.editor_token)
    times = ("metadata_modified", "last_modified")
    resources = [{k: v for k, v in held.items() if k not in times} for held in dataset["resources"]]
    return {**dataset, "metadata_modified": "", "resources": resources, "extras": sorted(extras(dataset).items())}


def refused(officer: Officer) -> dict[str, Any]:
    """What stops the next version, which writes nothing."""
    officer.declare(NEXT)
    with pytest.raises(UserError) as error:
        officer.publish()
    assert officer.written == []
    return told(error)


def undone(officer: Officer, before: dict[str, Any]) -> None:
    """A person says that it goes, and all is as it was."""
    officer.rollback("1.1.0", overwrite=True)
    officer.release()
    assert at_rest(officer) == before
    assert officer.verify() == []


def test_g8_every_field_of_the_dataset(published: Officer) -> None:
    before = at_rest(published)
    published.by_hand("package_patch", {"id": published.slug, **FIELDS})
    found = refused(published)
    assert set(found) == set(FIELDS)
    shown = {name: (one.params["ours"], one.params["theirs"]) for name, one in found.items()}
    assert shown["title"] == ("Invented wells", "Alt titlu")
    assert shown["maintainer_email"] == ("***", "***")
    undone(published, before)


def test_g8_every_extra(published: Officer) -> None:
    before = at_rest(published)
    kept = extras(published.dataset())
    changed = {key: f"{value} (schimbat)" for key, value in kept.items() if key != "publica_signature"}
    gone = changed.popitem()[0]
    changed = {key: value for key, value in changed.items() if key not in ("issued", "modified")}
    texts = [{"key": key, "value": changed.get(key, value)} for key, value in kept.items() if key != gone]
    payload = {
        "match": {"name": published.slug},
        "filter": ["-extras"],
        "update": {"extras": [*texts, {"key": "nou", "value": "1"}]},
    }
    published.by_hand("package_revise", payload)
    found = refused(published)
    assert set(found) == {f"extras.{key}" for key in (*changed, gone, "nou")} - {
        f"extras.{k}" for k in ("issued", "modified")
    }
    undone(published, before)


@pytest.mark.parametrize("key", ["issued", "modified", "publica_signature", "publica_moving"])
def test_g8_the_marks_that_stand_beside_the_rest(published: Officer, key: str) -> None:
    before = at_rest(published)
    texts = {**extras(published.dataset()), key: "2001-01-01T00:00:00+00:00"}
    value = [{"key": name, "value": text} for name, text in texts.items()]
    published.by_hand("package_patch", {"id": published.slug, "extras": value})
    assert set(refused(published)) == {f"extras.{key}"}
    undone(published, before)


@pytest.mark.parametrize("key", ["wells/csv", "version/1.0.0"])
def test_g8_every_field_of_a_file(published: Officer, key: str) -> None:
    before = at_rest(published)
    number, held = next((n, r) for n, r in enumerate(published.resources()) if r["publica_key"] == key)
    changed: dict[str, Any] = {}
    for name, value in held.items():
        if name in DERIVED | {"url", "url_type", "publica_key", "size"} or value in (None, ""):
            continue
        changed[name] = "TSV" if name == "format" else "text/x" if name == "mimetype" else f"{value}x"
    changed |= {"size": 1, "nou": "adăugat", "resource_type": "code"}
    payload = {"match": {"name": published.slug}, f"update__resources__{number}": changed}
    published.by_hand("package_revise", payload)
    assert set(refused(published)) == {f"resources.{key}.{name}" for name in changed}
    undone(published, before)


def test_g8_the_key_and_the_name_of_a_file(published: Officer) -> None:
    before = at_rest(published)
    held = published.resource("mills/json")
    published.by_hand("resource_patch", {"id": held["id"], "publica_key": "mills/altceva"})
    found = refused(published)
    assert any("mills/altceva" in name for name in found)
    assert any("mills/json" in name for name in found)
    undone(published, before)


def drop_resource(officer: Officer) -> None:
    officer.by_hand(
        "package_revise",
        {"match": {"name": officer.slug}, "filter": [f"-resources__{officer.resource('wells/json')['id']}"]},
    )


def drop_version(officer: Officer) -> None:
    old = next(held for held in officer.resources() if held["publica_key"] == "version/1.0.0")
    officer.by_hand("package_revise", {"match": {"name": officer.slug}, "filter": [f"-resources__{old['id']}"]})


def reorder(officer: Officer) -> None:
    order = [held["id"] for held in officer.resources()]
    officer.by_hand("package_resource_reorder", {"id": officer.slug, "order": order[::-1]})


def add_resource(officer: Officer) -> None:
    officer.by_hand(
        "resource_create", {"package_id": officer.slug, "name": "Al meu", "url": "https://example.org/x.csv"}
    )


LISTS: dict[str, tuple[Callable[[Officer], object], str]] = {
    "tags": (lambda o: o.by_hand("package_patch", {"id": o.slug, "tags": [{"name": "altul"}]}), "tags.0"),
    "groups": (lambda o: o.by_hand("package_patch", {"id": o.slug, "groups": [{"name": "heal"}]}), "groups.0"),
    "organization": (lambda o: o.by_hand("package_patch", {"id": o.slug, "owner_org": "cnajgs"}), "organization"),
    "order": (reorder, "order.0"),
    "resource added": (add_resource, "resources.Al meu"),
    "resource removed": (drop_resource, "resources.wells/json"),
    "version removed": (drop_version, "resources.version/1.0.0"),
}  # fmt: skip


@pytest.mark.parametrize("edit", LISTS)
def test_g8_lists_of_the_dataset(published: Officer, edit: str) -> None:
    before, (change, name) = at_rest(published), LISTS[edit]
    change(published)
    assert name in refused(published)
    undone(published, before)


def test_g8_a_file_sent_again(published: Officer) -> None:
    before, held = at_rest(published), published.resource("wells/csv")
    published.upload_by_hand(held["id"], b"place,depth\nX,1\n", "wells.csv")
    assert any("wells/csv" in name for name in refused(published))
    undone(published, before)
    assert published.digest(held["url"]) == held["hash"]


def test_the_same_file_sent_again_is_no_edit(published: Officer) -> None:
    held = published.resource("wells/csv")
    published.upload_by_hand(held["id"], published.get(held["url"]), "wells.csv")
    assert published.resource("wells/csv")["last_modified"] > held["last_modified"]
    assert published.verify() == []
    published.declare(TABLES)
    assert published.publish().status == "unchanged"


def upsert(records: list[dict[str, Any]], method: str) -> Callable[[Officer, str], object]:
    return lambda o, key: o.by_hand(
        "datastore_upsert", {"resource_id": key, "records": records, "method": method, "force": True}
    )


def define(officer: Officer, key: str, column: str, info: dict[str, str]) -> None:
    """The form of the data dictionary."""
    changed = [{**f, "info": {**f["info"], **(info if f["id"] == column else {})}} for f in _fields(officer, key)]
    officer.by_hand("datastore_create", {"resource_id": key, "fields": changed, "force": True})


def add_column(officer: Officer, key: str) -> None:
    fields = [*_fields(officer, key), {"id": "x", "type": "text"}]
    officer.by_hand("datastore_create", {"resource_id": key, "fields": fields, "force": True})


ROWS: dict[str, tuple[Callable[[Officer, str], object], str, str]] = {
    "cell": (upsert([{"place": "Dealul Rece", "depth": "55"}], "upsert"), "portal-cell-edited", "Dealul Rece"),
    "row added": (upsert([{"place": "Nicăieri", "depth": "0"}], "insert"), "portal-row-added", "Nicăieri"),
    "row deleted": (
        lambda o, key: o.by_hand(
            "datastore_delete", {"resource_id": key, "filters": {"place": "Dealul Rece"}, "force": True}
        ),
        "portal-row-deleted",
        "Dealul Rece",
    ),
    "dictionary": (lambda o, key: define(o, key, "depth", {"label": "Adânc"}), "portal-dictionary-edited", "Adânc"),
    "column added": (add_column, "portal-column-added", "x"),
    "table": (
        lambda o, key: o.by_hand("datastore_delete", {"resource_id": key, "force": True}),
        "portal-deleted",
        "wells",
    ),
}  # fmt: skip


def _fields(officer: Officer, key: str) -> list[dict[str, Any]]:
    fields = officer.portal.api("datastore_info", {"id": key})["fields"]
    return [{name: f[name] for name in ("id", "type", "info")} for f in fields if f["id"] != "_id"]


@pytest.mark.parametrize("edit", ROWS)
def test_g8_tables(published: Officer, edit: str) -> None:
    before = at_rest(published)
    change, code, word = ROWS[edit]
    key = published.resource("wells/csv")["id"]
    columns, rows = published.columns(key), published.rows(key)
    change(published, key)
    found = {finding.code: finding.text() for finding in published.verify()}
    assert word in found[code]
    if edit != "table":  # of a table that is gone nothing can be overwritten
        officer_stopped = refused(published)
        assert code in {finding.code for finding in officer_stopped.values()}
        assert (published.columns(key), published.rows(key)) != (columns, rows) or edit == "dictionary"
    undone(published, before)
    assert (published.columns(key), published.rows(key)) == (columns, rows)


def test_g8_a_table_that_this_version_does_not_change_is_looked_at_on_the_schedule(published: Officer) -> None:
    before, key = at_rest(published), published.resource("mills/csv")["id"]
    upsert([{"code": "007", "power": "9"}], "upsert")(published, key)
    found = published.verify()
    assert [(f.code, f.params["ours"], f.params["theirs"]) for f in found] == [("portal-cell-edited", "1.1", "9")]
    assert found[0].resource == "mills"
    undone(published, before)
