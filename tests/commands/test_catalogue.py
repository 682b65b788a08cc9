"""The portal's own catalogue as a source: it comes last, leaves out what is made from it, and so comes to rest."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest

from pipelines.commands.workspace import Workspace
from pipelines.declaration.lineage import derived_from_catalogue

CATALOGUE = """\
$schema: https://datapackage.org/profiles/2.0/datapackage.json
name: {slug}
title: What is on the portal
description: Every version that the portal lists.
translations:
  ro: {{title: Ce este pe portal, description: "Fiecare versiune afișată."}}
  ru: {{title: Что на портале}}
keywords: [catalogue]
licenses: [{{name: CC-BY-4.0}}]
sources: [{{title: The portal itself}}]
publica: {{organization: age, cadence: semester, theme: GOVE, formats: [csv]}}
resources:
  - name: versions
    path: source/catalogue.csv
    publica:
      source: {source}
      checks: {{rows: {{min: 0}}}}
    schema:
      fields:
        - {{name: dataset, type: string}}
        - {{name: organization, type: string}}
        - {{name: title, type: string}}
        - {{name: version, type: string}}
        - {{name: published, type: datetime}}
        - {{name: current, type: boolean}}
      primaryKey: [dataset, version]
"""
Row = dict[str, str]


@pytest.fixture
def catalogued(desk: Any) -> Any:
    """Two datasets; `a-list` of what the portal lists; `a-copy` of that list. Their names come first in any list."""
    desk.dataset("mills", title="Invented mills")
    desk.dataset("wells")
    for slug, source in (
        ("a-list", "{catalogue: versions}"),
        ("a-copy", "{package: a-list, resource: versions}"),
    ):
        (desk.datapackages / slug).mkdir()
        (desk.datapackages / slug / "datapackage.yaml").write_text(CATALOGUE.format(slug=slug, source=source), "utf-8")
    return desk


def listed(desk: Any, slug: str = "a-list") -> list[Row]:
    return list(csv.DictReader(io.StringIO(desk.rows(slug, "versions"))))


def test_what_reads_the_catalogue_is_published_after_all_that_it_lists(catalogued: Any) -> None:
    answers = catalogued.publish("--json").json
    assert [each["dataset"] for each in answers] == ["mills", "wells", "a-list", "a-copy"]
    assert [(row["dataset"], row["version"], row["current"]) for row in listed(catalogued)] == [
        ("mills", "1.0.0", "true"),
        ("wells", "1.0.0", "true"),
    ]
    assert listed(catalogued, "a-copy") == listed(catalogued)


def test_g6_publishing_it_does_not_change_it_so_that_a_second_run_writes_nothing(catalogued: Any) -> None:
    catalogued.publish()
    before = catalogued.tree()
    again = catalogued.publish("--json").json
    assert {each["status"] for each in again} == {"unchanged"}
    assert catalogued.tree() == before


def test_a_new_version_of_another_dataset_is_in_it_in_the_same_run(catalogued: Any) -> None:
    catalogued.publish()
    (catalogued.datapackages / "wells" / "source" / "rows.csv").write_text("Loc,Nr\nValea Albă,4\n", "utf-8")
    catalogued.publish()
    rows = [(row["dataset"], row["version"], row["current"]) for row in listed(catalogued)]
    assert rows == [("mills", "1.0.0", "true"), ("wells", "1.0.0", "false"), ("wells", "1.1.0", "true")]
    assert catalogued.shown("a-copy") == catalogued.shown("a-list") == "1.1.0"


def test_the_times_are_those_of_the_first_publication_here(catalogued: Any) -> None:
    catalogued.publish()
    first = {row["dataset"]: row["published"] for row in listed(catalogued)}
    for slug, moment in first.items():
        assert moment == catalogued.reading(slug)["published"].replace("+00:00", "Z")
    catalogued.publish("--overwrite")  # shown again, not published for the first time
    assert {row["dataset"]: row["published"] for row in listed(catalogued)} == first


def test_a_rollback_is_seen_and_what_is_withdrawn_leaves_it(catalogued: Any) -> None:
    catalogued.publish()
    source = catalogued.datapackages / "wells" / "source" / "rows.csv"
    source.write_text("Loc,Nr\nValea Albă,4\n", "utf-8")
    catalogued.publish()
    assert catalogued.run("rollback", "wells", "1.0.0", "--reason", "x", "--yes").code == 0
    catalogued.publish()
    assert [row["version"] for row in listed(catalogued) if row["current"] == "true" and row["dataset"] == "wells"] == [
        "1.0.0"
    ]
    assert catalogued.run("withdraw", "wells", "--reason", "x", "--yes").code == 0
    catalogued.publish()
    assert {row["dataset"] for row in listed(catalogued)} == {"mills"}


@pytest.mark.parametrize("verb", ["check", "diff", "plan"])
def test_a_rehearsal_reads_it_too_before_and_after_and_writes_nothing(catalogued: Any, verb: str) -> None:
    ran = catalogued.run(verb)
    assert ran.code == 0, ran.said  # a-copy too: what it reads is built in the rehearsal
    assert catalogued.tree() == {}
    catalogued.publish()
    before = catalogued.tree()
    assert {each["status"] for each in catalogued.run(verb, "--json").json} == {"unchanged"}
    assert catalogued.tree() == before


def test_a_dataset_spoiled_by_hand_is_named_and_never_left_out_in_silence(catalogued: Any) -> None:
    catalogued.publish()
    page = catalogued.public / "wells" / "dataset.json"
    page.write_text("{", "utf-8")
    ran = catalogued.run("publish", "--yes", "a-list")
    assert ran.code == 1
    assert "'wells' in dataset.json cannot be read" in ran.err
    page.write_text(json.dumps({"status": "published"}), "utf-8")
    assert "'wells' in dataset.json cannot be read" in catalogued.run("publish", "--yes", "a-list").err
    catalogued.publish("--overwrite", "wells")
    assert "nothing changed" in catalogued.publish("a-list").out


def test_nothing_private_is_in_it(catalogued: Any) -> None:
    catalogued.publish()
    kept = [path.read_text("utf-8") for path in (catalogued.root / "archive" / "a-list" / "snapshots").iterdir()]
    assert kept
    assert all(str(catalogued.root) not in text and "archive" not in text for text in kept)


def test_what_is_made_from_the_catalogue_is_found_however_far(catalogued: Any) -> None:
    workspace = Workspace(catalogued.datapackages, catalogued.root / "archive", "folder:public")
    assert derived_from_catalogue(workspace.catalogue.datasets) == {"a-list", "a-copy"}
    assert workspace.in_order(["a-copy", "a-list"]) == ["a-list", "a-copy"]
    assert workspace.in_order(["a-list", "wells"]) == ["wells", "a-list"]
