import json, time
from typing import Any
import pytest
from pipelines.errors import UserError
from tests.portal.api import RefusedError
from tests.portals.ckan.officer import Officer, Table, extras
from tests.portals.ckan.officer import officer as officer
TABLES = {"wells": Table({"place": "string", "depth": "integer"}, [("Valea Albă", 3), ("Dealul Rece", 5)])}
NEXT = {"wells": Table({"place": "string", "depth": "integer"}, [("Valea Albă", 4), ("Dealul Rece", 5)])}

def attempt(officer, **how):
    try:
        out = officer.publish(**how)
        print("  ->", out.status, out.version)
    except UserError as e:
        print("  -> refused", [(f.code, dict(f.params)) for f in e.findings])
    except Exception as e:
        print("  !!", type(e), e)
    print("  written", officer.written)

@pytest.fixture(autouse=True)
def hasty(monkeypatch):
    monkeypatch.setattr("pipelines.portals.ckan.steps.WAITS", (0.05,)*4)
    monkeypatch.setattr("pipelines.portals.ckan.api.jitter", lambda n: 0.05)

def test_f12(officer):
    officer.show(TABLES)
    held = officer.resource("wells/json")
    officer.by_hand("package_revise", {"match": {"name": "wells"}, "update__resources__extend": [{**held, "name": "dup"}]})
    print([r["id"] for r in officer.resources()])
    attempt(officer)
    officer.declare(NEXT); attempt(officer)
    attempt(officer, overwrite=True)
    print([r["id"] for r in officer.resources()]); print(officer.verify())

def test_f8(officer, monkeypatch):
    monkeypatch.setenv("PUBLICA_CKAN_TOKEN", officer.portal.new_editor("age"))
    officer.portal.api("package_create", {"name": "wells", "owner_org": "cnajgs", "private": True}, officer.portal.admin_token)
    officer.declare(TABLES); attempt(officer)

def test_f25(officer):
    officer.show(TABLES)
    t = officer.resource("wells/csv")["id"]
    officer.by_hand("resource_patch", {"id": t, "datastore_active": False})
    print(officer.resource("wells/csv")["datastore_active"])
    attempt(officer)
    print("verify", officer.verify())
    officer.declare(NEXT); attempt(officer); print(officer.resource("wells/csv")["datastore_active"], officer.rows(t))
    officer.by_hand("datastore_delete", {"resource_id": t, "force": True})
    officer.by_hand("resource_patch", {"id": t, "datastore_active": True})
    attempt(officer); print("verify", officer.verify()); 
    officer.declare(TABLES); attempt(officer); print(officer.resource("wells/csv")["datastore_active"], officer.rows(t))

def test_f30(officer):
    officer.show(TABLES)
    try:
        officer.by_hand("package_patch", {"id": "wells", "type": "other"})
    except RefusedError as e: print(e)
    print(officer.dataset()["type"])
    officer.declare(NEXT); attempt(officer); attempt(officer, overwrite=True); print(officer.dataset()["type"])

def test_f16(officer):
    officer.show(TABLES)
    z = [r for r in officer.resources() if r["publica_key"].startswith("version/")][0]
    print(len(json.dumps(z)), len(json.dumps(officer.dataset())))

def test_f26(officer):
    officer.show(TABLES)
    t = officer.resource("wells/csv")["id"]
    (v,) = officer.portal.api("resource_view_list", {"id": t})
    officer.by_hand("resource_view_delete", {"id": v["id"]})
    attempt(officer); officer.declare(NEXT); attempt(officer); print(officer.portal.api("resource_view_list", {"id": t}))
    officer.declare(TABLES); attempt(officer, overwrite=True); print(officer.portal.api("resource_view_list", {"id": t}))

def test_f9(officer):
    officer.show(TABLES)
    i = officer.dataset()["id"]
    officer.by_hand("package_delete", {"id": "wells"})
    attempt(officer); attempt(officer, overwrite=True); print(i == officer.dataset()["id"])
    officer.by_hand("package_delete", {"id": "wells"})
    officer.by_hand("package_create", {"name": "wells", "owner_org": "age"})
    attempt(officer); attempt(officer, overwrite=True)
    print(officer.portal.api("package_show", {"id": i}, officer.portal.editor_token)["name"])
    officer.by_hand("package_delete", {"id": "wells"})
    attempt(officer); attempt(officer, overwrite=True); pass

def test_purge(officer):
    officer.show(TABLES)
    officer.portal.api("dataset_purge", {"id": "wells"}, officer.portal.admin_token)
    attempt(officer); attempt(officer, overwrite=True); print(officer.verify())
