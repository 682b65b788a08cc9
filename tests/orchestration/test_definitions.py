"""What Dagster sees before anything has run: keys, groups, words, columns, schedules, and what does not load."""

from __future__ import annotations

import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipelines.declaration.dataset import Dataset
from pipelines.findings import Finding
from pipelines.orchestration.described import source_columns
from pipelines.orchestration.families import BUILD, family
from pipelines.orchestration.names import CATALOGUE_KEY, identifier, key, tag_value
from pipelines.orchestration.place import PROJECT, Places
from pipelines.orchestration.project import project_definitions

STAGES = ("source", "package", "publication")
REAL = sorted(path.name for path in (PROJECT / "datapackages").iterdir() if path.name != "_shared")


def keys(definitions: dg.Definitions) -> list[str]:
    return sorted(each.to_user_string() for each in definitions.resolve_all_asset_keys())


def spec(definitions: dg.Definitions, slug: str, stage: str) -> dg.AssetSpec:
    (found,) = [each for each in definitions.resolve_all_asset_specs() if each.key == dg.AssetKey([slug, stage])]
    return found


@pytest.fixture(scope="module")
def real() -> dg.Definitions:
    return project_definitions(Places(PROJECT / "datapackages", PROJECT / "archive", f"folder:{PROJECT / 'public'}"))


def test_the_real_datasets_load_under_keys_that_never_change(real: dg.Definitions) -> None:
    dg.Definitions.validate_loadable(real)
    read = ("datasets-published", "open-government-observations", "open-government-plan")
    shown = [*(f"{slug}/version" for slug in read), "portal/catalogue"]
    assert keys(real) == sorted([*(f"{slug}/{stage}" for slug in REAL for stage in STAGES), *shown])


def test_what_progress_is_made_from_is_seen(real: dg.Definitions) -> None:
    read = ("datasets-published", "open-government-observations", "open-government-plan")
    deps = [dep.asset_key for dep in spec(real, "open-government-progress", "source").deps]
    assert deps == [*(key(slug, "version") for slug in read), CATALOGUE_KEY]
    (catalogue,) = [each for each in real.resolve_all_asset_specs() if each.key == CATALOGUE_KEY]
    listed = [slug for slug in REAL if slug != "open-government-progress"]
    assert [dep.asset_key for dep in catalogue.deps] == [key(slug, "publication") for slug in listed]


def test_every_asset_of_the_real_datasets_has_its_words_owner_kinds_and_columns(real: dg.Definitions) -> None:
    for each in real.resolve_all_asset_specs():
        assert each.description
        assert each.kinds
        if each.key == CATALOGUE_KEY:
            continue  # the portal's, of no dataset and no organisation
        assert each.owners
        assert each.metadata["dagster/column_schema"].columns
        assert each.tags["publica/cadence"]


def test_a_dataset_says_what_its_declaration_says(project: Any) -> None:
    definitions = project.definitions()
    package = spec(definitions, "wells", "package")
    assert package.group_name == "cancelaria_de_stat"
    assert package.owners == ["team:cancelaria-de-stat"]
    assert package.tags["publica/milestone"] == "plan_1.1"
    assert package.tags["publica/milestone_2"] == "plan_2.3"
    assert (package.description or "").startswith("Wells in villages / Fântâni în sate / Колодцы в сёлах\n")
    schema: dg.TableSchema = package.metadata["dagster/column_schema"]
    assert [(c.name, c.type, c.constraints.nullable) for c in schema.columns] == [
        ("village", "string", False),
        ("wells", "integer", True),
    ]
    assert schema.columns[1].description == "Wells (wells)"
    assert spec(definitions, "wells", "source").kinds == {"csv"}
    assert spec(definitions, "wells", "publication").kinds == {"folder"}
    assert spec(definitions, "wells", "publication").freshness_policy is not None


def test_nothing_of_dagster_is_used_that_may_still_change(project: Any) -> None:
    with warnings.catch_warnings():
        for category in (dg.BetaWarning, dg.PreviewWarning, dg.SupersessionWarning, DeprecationWarning):
            warnings.simplefilter("error", category)
        dg.Definitions.validate_loadable(project.definitions())


def test_columns_of_a_source_are_its_headings(project: Any) -> None:
    dataset: Dataset = project.workspace.dataset("wells")
    assert [column.name for column in source_columns(dataset).columns] == ["Sat", "Fântâni"]


def test_columns_of_several_tables_are_told_apart(real: dg.Definitions) -> None:
    schema: dg.TableSchema = spec(real, "open-government-plan", "package").metadata["dagster/column_schema"]
    names = [column.name for column in schema.columns]
    assert "milestones.code" in names
    assert len(names) == len(set(names))


def test_each_cadence_with_an_hour_makes_one_running_schedule(project: Any) -> None:
    for cadence in ("weekly", "semester", "irregular", "never"):
        project.declare(cadence, cadence=cadence)
        project.write({"Sireți": 12}, cadence)
    definitions = project.definitions()
    dg.Definitions.validate_loadable(definitions)
    schedules = {each.name: each for each in definitions.get_repository_def().schedule_defs}
    assert sorted(schedules) == ["daily_schedule", "semester_schedule", "weekly_schedule"]
    for each in schedules.values():
        assert each.execution_timezone == "Europe/Chisinau"
        assert each.default_status == dg.DefaultScheduleStatus.RUNNING
    chosen = definitions.resolve_job_def("weekly").asset_layer.selected_asset_keys
    assert chosen == {key("weekly", "source"), key("weekly", "package"), key("weekly", "publication")}


def test_a_declaration_that_does_not_load_is_one_asset_in_the_group_broken(project: Any) -> None:
    folder = project.root / "datapackages" / "half-done"
    folder.mkdir()
    (folder / "datapackage.yaml").write_text("name: half-done\ntitel: Half done\n", "utf-8")
    definitions = project.definitions()
    dg.Definitions.validate_loadable(definitions)
    assert keys(definitions) == ["half-done/source", "wells/package", "wells/publication", "wells/source"]
    broken = spec(definitions, "half-done", "source")
    assert broken.group_name == "broken"
    assert "titel" in (broken.description or "")


@pytest.mark.parametrize("name", ["My data", "wells_", "Ștefan", "a.b", "-x-", "source"])
def test_a_broken_folder_may_be_called_anything(project: Any, name: str) -> None:
    (project.root / "datapackages" / name).mkdir()
    definitions = project.definitions()
    dg.Definitions.validate_loadable(definitions)
    assert len(keys(definitions)) == 4


def test_without_shared_lists_the_reason_is_one_failing_asset(project: Any) -> None:
    shared = project.root / "datapackages" / "_shared"
    shared.mkdir()
    for name in ("organizations", "licenses", "themes"):
        (shared / f"{name}.yaml").write_text("[", "utf-8")
    definitions = project.definitions()
    dg.Definitions.validate_loadable(definitions)
    (only,) = definitions.resolve_all_asset_specs()
    assert only.group_name == "broken"


def test_datasets_that_read_one_another_in_a_circle_are_broken_and_stop_no_other(project: Any) -> None:
    for slug, other in (("one", "two"), ("two", "one"), ("three", "two")):
        project.declare(slug, source=f"source: {{package: {other}, resource: wells}}\n      ")
    definitions = project.definitions()
    dg.Definitions.validate_loadable(definitions)
    assert {slug: spec(definitions, slug, "source").group_name for slug in ("one", "two", "three")} == {
        "one": "broken",
        "two": "broken",
        "three": "broken",
    }
    assert "wells/publication" in keys(definitions)


@given(st.text(min_size=1, max_size=6), st.text(min_size=1, max_size=6))
def test_identifiers_are_legal_and_one_to_one(one: str, other: str) -> None:
    assert set(identifier(one)) <= set("abcdefghijklmnopqrstuvwxyz0123456789_ABCDEFX")
    assert (identifier(one) == identifier(other)) == (one == other)


def test_identifiers_of_slugs_are_read_at_a_glance() -> None:
    assert identifier("open-government-plan") == "open_government_plan"


@given(st.text(max_size=80))
def test_values_of_tags_are_legal(text: str) -> None:
    assert dg.AssetSpec("a", tags={"k": tag_value(text)})


def test_every_message_of_the_checks_has_its_family() -> None:
    messages = yaml.safe_load((PROJECT / "pipelines" / "messages" / "checks.yaml").read_text("utf-8"))
    parts = ("expected-", "expectation", "check-broken")  # parts of other messages; findings of suites
    lost = {code for code in messages if not code.startswith(parts) and family(Finding(code)) == BUILD}
    assert lost <= {"no-checks"}
    assert family(Finding("personal-number-possible")) == "privacy"
    assert family(Finding("rows-lost")) == "change"
    assert family(Finding("rows-too-few")) == "rows"
    assert family(Finding("check-broken", params={"suite": "few-wells"})) == "suite_few_wells"


def test_loading_the_definitions_imports_nothing_heavy() -> None:
    heavy = {"great_expectations", "pandas", "polars", "pyarrow", "frictionless", "httpx", "sqlalchemy", "xlsxwriter"}
    code = "import sys, dagster; old = set(sys.modules); import pipelines.definitions; print(*sys.modules.keys() - old)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=PROJECT)
    assert heavy & set(done.stdout.split()) == set()
    assert "pipelines.orchestration.assets" in done.stdout.split()


def test_folders_are_the_projects_own_unless_the_environment_says_otherwise(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("PUBLICA_DATAPACKAGES", "PUBLICA_ARCHIVE", "PUBLICA_PORTAL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    assert Places.here() == Places(PROJECT / "datapackages", PROJECT / "archive", f"folder:{PROJECT / 'public'}")
    monkeypatch.setenv("PUBLICA_ARCHIVE", "/srv/archive")
    assert Places.here().archive == Path("/srv/archive")
