"""Dagster publishing to a real CKAN portal: the portal as a resource, its check, its links, its token nowhere."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import dagster as dg
import pytest

from pipelines.orchestration import assets
from pipelines.orchestration.names import pool
from pipelines.portals.ckan.portal import TOKEN
from tests.orchestration.conftest import Project
from tests.portal.portal import Portal


@pytest.fixture
def on_ckan(project: Project, portal: Portal, monkeypatch: pytest.MonkeyPatch) -> Project:
    """The project, publishing to CKAN."""
    monkeypatch.setenv(TOKEN, portal.editor_token)
    project.places = dataclasses.replace(project.places, to=f"ckan:{portal.url}")
    project.declare()
    project.write({"Cahul": 3, "Soroca": 5})
    return project


def test_a_person_publishes_to_ckan_from_dagster_and_is_led_to_the_page(on_ckan: Project, portal: Portal) -> None:
    done = on_ckan.by_hand()
    assert done.success
    said = done.metadata("wells", "publication")
    assert said["page"] == f"{portal.url}/dataset/wells"
    assert done.check("wells", "publication", "read_back").passed
    shown = portal.api("package_show", {"id": "wells"})
    assert shown["version"] == "1.0.0"
    table = next(held for held in shown["resources"] if held["format"] == "CSV")
    assert portal.api("datastore_search", {"resource_id": table["id"]})["total"] == 2


def test_the_publication_takes_the_portal_as_a_resource_and_one_pool_bounds_its_writers(on_ckan: Project) -> None:
    definitions = on_ckan.definitions()
    publication = definitions.resolve_assets_def(dg.AssetKey(["wells", "publication"]))
    assert "portal" in publication.required_resource_keys
    assert publication.op.pool == pool(on_ckan.places.to) == "portal_ckan"
    assert on_ckan.places.to not in str(pool(on_ckan.places.to))


def test_a_schedule_looks_anew_in_every_run_and_tells_of_edits_by_hand(on_ckan: Project, portal: Portal) -> None:
    assert on_ckan.by_hand().success
    change = {"match": {"name": "wells"}, "update": {"title": "Wells, and more"}}
    portal.api("package_revise", change, portal.editor_token)
    run = on_ckan.on_schedule()
    assert not run.check("wells", "publication", "read_back").passed
    assert portal.api("package_show", {"id": "wells"})["title"] == "Wells, and more"


def test_g13_the_token_is_in_no_event_of_a_run_however_it_ends(
    on_ckan: Project, portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = [on_ckan.by_hand().run.run_id]
    portal.solr.stop()
    monkeypatch.setattr(assets, "AGAIN", dg.RetryPolicy(assets.AGAIN.max_retries, delay=0.1))
    on_ckan.write({"Cahul": 4, "Soroca": 5})
    failed = on_ckan.by_hand()
    assert not failed.success
    again = [event for event in failed.run.all_events if event.event_type == dg.DagsterEventType.STEP_RESTARTED]
    assert len(again) == assets.AGAIN.max_retries  # the portal may be back by then
    runs.append(failed.run.run_id)
    records = [str(record) for run in runs for record in on_ckan.instance.all_logs(run)]
    kept = [path.read_bytes() for path in Path(on_ckan.places.archive).rglob("*") if path.is_file()]
    assert len(records) > 20
    assert not any(portal.editor_token in record for record in records)
    assert not any(portal.editor_token.encode() in content for content in kept)
