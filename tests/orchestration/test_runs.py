"""What a run does, by hand and on schedule: what it materialises, which checks it evaluates, what it makes public."""

from __future__ import annotations

import json
from typing import Any

import dagster as dg
import pytest

from pipelines.commands.undo import rollback
from pipelines.declaration.dataset import Dataset
from pipelines.orchestration.names import CATALOGUE_KEY, key
from pipelines.sources.fetch import fetch
from pipelines.sources.snapshot import Snapshot

ALL = {"wells/source", "wells/package", "wells/publication"}
WATCHED = {"build", "schema", "rows", "privacy", "change", "suite_few_wells"}


def texts(check: dg.AssetCheckEvaluation) -> str:
    """The findings in the metadata of a check, as text."""
    table = check.metadata["findings"]
    assert isinstance(table, dg.TableMetadataValue)
    return json.dumps([dict(record.data) for record in table.records], ensure_ascii=False)


def test_a_person_materialises_a_dataset_and_it_is_public(project: Any) -> None:
    done = project.by_hand()
    assert done.success
    assert done.materialized == ALL
    assert project.public() == "1.0.0"
    assert done.checks() == dict.fromkeys([*WATCHED, "public", "read_back"], True)


def test_what_was_made_is_told_in_the_metadata(project: Any) -> None:
    done = project.by_hand()
    source, package, publication = (done.metadata("wells", each) for each in ("source", "package", "publication"))
    (fetched,) = source["sources"].records
    assert (fetched.data["file"], fetched.data["bytes"]) == ("wells.csv", source["bytes"])
    assert len(fetched.data["sha256"]) == 64
    assert (package["version"], package["made"], package["dagster/row_count"]) == ("1.0.0", True, 2)
    assert [record.data for record in package["rows by table"].records] == [{"table": "wells", "rows": 2}]
    assert "prima publicare" in package["changelog"]
    assert (publication["status"], publication["version"]) == ("published", "1.0.0")
    assert publication["page"] == str(project.root / "public" / "wells" / "index.html")
    lineage = package["dagster/column_lineage"].deps_by_column
    assert lineage["wells"] == [dg.TableColumnDep(key("wells", "source"), "Fântâni")]


def test_the_data_version_is_the_fingerprint_of_the_inputs(project: Any) -> None:
    project.by_hand()
    fingerprint = project.workspace.archive.state("wells").fingerprint
    for stage in ("source", "package", "publication"):
        event = project.instance.get_latest_materialization_event(key("wells", stage))
        assert event.asset_materialization.tags["dagster/data_version"] == fingerprint


def test_a_run_fetches_each_source_once(project: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    fetched: list[str] = []

    def counting(dataset: Dataset, *rest: Any) -> Snapshot:
        fetched.append(dataset.slug)
        return fetch(dataset, *rest)

    monkeypatch.setattr("pipelines.sources.fetch.fetch", counting)
    assert project.by_hand().success
    assert fetched == ["wells"]
    project.write({"Sireți": 13})
    assert project.by_hand(key("wells", "package")).metadata("wells", "package")["version"] != "1.0.0"
    assert fetched == ["wells", "wells"]


def test_nothing_changed_makes_nothing(project: Any) -> None:
    project.by_hand()
    done = project.by_hand()
    assert done.materialized == ALL
    assert done.metadata("wells", "package")["made"] is False
    assert done.metadata("wells", "publication")["status"] == "unchanged"
    assert done.checks() == dict.fromkeys([*WATCHED, "public", "read_back"], True)


def test_a_failing_check_stops_the_dataset_with_its_findings_in_three_languages(project: Any) -> None:
    project.declare("springs")
    project.write({"Sireți": 12, "Orhei": 1200}, "springs")
    done = project.by_hand()
    assert not done.success
    assert done.materialized == {*ALL, "springs/source"}, "the other dataset goes on"
    assert (project.public("wells"), project.public("springs")) == ("1.0.0", None)
    check = done.check("springs", "package", "suite_few_wells")
    assert (check.passed, check.severity, check.blocking) == (False, dg.AssetCheckSeverity.ERROR, True)
    for words in ("over 100 wells", "peste 100 de fântâni", "более 100 колодцев", "wells.csv:3", "1200"):
        assert words in texts(check)
    assert done.check("springs", "package", "schema").passed


def test_a_table_that_cannot_be_read_fails_the_check_build_and_no_other_is_evaluated(project: Any) -> None:
    (project.root / "datapackages" / "wells" / "wells.csv").write_text("Sat,Altceva\nOrhei,7\n", "utf-8")
    done = project.by_hand()
    assert done.materialized == {"wells/source"}
    assert done.checks() == {"build": False}
    assert "Altceva" in texts(done.check("wells", "package", "build"))


def test_a_source_that_cannot_be_had_fails_with_its_findings(project: Any) -> None:
    definitions = project.definitions()
    (project.root / "datapackages" / "wells" / "wells.csv").write_text("", "utf-8")
    job = definitions.resolve_implicit_global_asset_job_def()
    run = job.execute_in_process(instance=project.instance, raise_on_error=False)
    (failure,) = [event for event in run.all_events if event.is_step_failure]
    metadata = failure.step_failure_data.user_failure_data.metadata
    assert metadata["number of findings"].value == 1
    assert run.get_asset_materialization_events() == []


def test_a_warning_is_told_and_stops_nothing_that_a_person_does(project: Any) -> None:
    project.declare(severity="warn")
    project.write({"Sireți": 12, "Orhei": 1200})
    done = project.by_hand()
    assert done.success
    check = done.check("wells", "package", "suite_few_wells")
    assert (check.passed, check.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert project.public() == "1.0.0"
    again = project.by_hand().check("wells", "package", "suite_few_wells")
    assert not again.passed, "an unchanged version keeps its warnings"


def test_a_broken_declaration_fails_with_what_is_wrong_and_stops_no_other(project: Any) -> None:
    folder = project.root / "datapackages" / "half-done"
    folder.mkdir()
    (folder / "datapackage.yaml").write_text("titel: Half done\n", "utf-8")
    done = project.by_hand()
    assert not done.success
    assert done.materialized == ALL
    (failure,) = [event for event in done.run.all_events if event.is_step_failure]
    assert "half-done/datapackage.yaml:1" in failure.step_failure_data.user_failure_data.description


def test_publication_alone_publishes_nothing_that_was_never_built(project: Any) -> None:
    done = project.by_hand(key("wells", "publication"))
    assert not done.success
    assert done.materialized == set()
    assert not done.check("wells", "publication", "public").passed
    assert project.public() is None


def test_publication_alone_does_not_walk_around_a_failed_check(project: Any) -> None:
    project.by_hand()
    project.write({"Sireți": 12, "Orhei": 1200})
    assert not project.by_hand().success
    done = project.by_hand(key("wells", "publication"))
    assert done.metadata("wells", "publication")["version"] == "1.0.0"
    assert project.public() == "1.0.0"
    assert "1200" not in (project.root / "public" / "wells" / "latest" / "data" / "wells.csv").read_text("utf-8")


def test_publication_alone_does_not_publish_a_version_that_was_changed_after_its_verdict(project: Any) -> None:
    project.by_hand(key("wells", "source"), key("wells", "package"))
    table = project.root / "archive" / "wells" / "1.0.0" / "package" / "data" / "wells.csv"
    table.chmod(0o644)
    table.write_text(table.read_text("utf-8").replace("12", "13"), "utf-8")
    done = project.by_hand(key("wells", "publication"))
    assert not done.success
    check = done.check("wells", "publication", "public")
    assert (check.passed, check.severity) == (False, dg.AssetCheckSeverity.ERROR)
    assert "wells.csv" in texts(check)
    assert project.public() is None


def test_an_edit_by_hand_on_the_portal_fails_the_read_back(project: Any) -> None:
    project.by_hand()
    page = project.root / "public" / "wells" / "index.html"
    page.write_text("mine", "utf-8")
    done = project.by_hand()
    assert not done.success
    assert not done.check("wells", "publication", "read_back").passed
    assert page.read_text("utf-8") == "mine"


def test_a_schedule_waits_for_a_person_with_a_first_publication(project: Any) -> None:
    done = project.on_schedule()
    assert done.success, "to wait is no failure"
    assert done.materialized == {"wells/source", "wells/package"}, "nothing claims to be public"
    check = done.check("wells", "publication", "public")
    assert (check.passed, check.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert (check.metadata["status"].value, check.metadata["version"].value) == ("waits", "1.0.0")
    assert "prima publicare" in texts(check)
    assert project.public() is None
    project.by_hand()
    assert project.public() == "1.0.0"


def test_a_schedule_publishes_minor_and_patch_versions_by_itself(project: Any) -> None:
    project.by_hand()
    project.write({"Sireți": 12, "Orhei": 7, "Soroca": 3})
    done = project.on_schedule()
    assert done.materialized == ALL
    assert done.checks()["public"]
    assert project.public() == "1.1.0"
    project.write({"Sireți": 12, "Orhei": 8, "Soroca": 3})
    project.on_schedule()
    assert project.public() == "1.1.1"


@pytest.mark.parametrize("case", ["major", "warning", "hold"])
def test_a_schedule_waits_for_a_person(project: Any, case: str) -> None:
    project.declare(severity="warn")
    project.by_hand()
    if case == "major":
        project.declare(severity="warn", more="\n        - {name: note, type: string, from: Notă, title: Note}")
        source = project.root / "datapackages" / "wells" / "wells.csv"
        source.write_text("Sat,Fântâni,Notă\nSireți,12,\nOrhei,7,veche\n", "utf-8")
    elif case == "warning":
        project.write({"Sireți": 12, "Orhei": 7, "Soroca": 1200})
    else:
        project.write({"Sireți": 12, "Orhei": 7, "Soroca": 3})
        project.by_hand()
        rollback(project.workspace, "wells", "1.0.0", "a mistake")
    shown = project.public()
    done = project.on_schedule()
    assert done.success
    assert "wells/publication" not in done.materialized
    check = done.check("wells", "publication", "public")
    assert (check.passed, check.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert check.metadata["status"].value == ("held" if case == "hold" else "waits")
    assert done.check("wells", "publication", "read_back").passed
    assert project.public() == shown == "1.0.0"


def test_in_a_batch_one_dataset_that_fails_stops_no_other(project: Any) -> None:
    project.declare("springs")
    project.write({"Orhei": 1}, "springs")
    project.by_hand()
    project.write({"Orhei": "many"}, "springs")
    project.write({"Sireți": 12, "Orhei": 7, "Soroca": 3})
    done = project.on_schedule()
    assert not done.success
    assert (project.public("wells"), project.public("springs")) == ("1.1.0", "1.0.0")


def test_a_dataset_made_from_another_is_made_after_it_and_goes_on_where_that_one_fails(project: Any) -> None:
    # its name comes first in every list: only its rank puts it last
    project.declare("all-wells", source="source: {package: wells, resource: wells}\n      ")
    declaration = project.root / "datapackages" / "all-wells" / "datapackage.yaml"
    text = declaration.read_text("utf-8").replace("from: Sat", "from: village").replace("from: Fântâni", "from: wells")
    declaration.write_text(text.replace("path: wells.csv", "path: wells.json\n    format: json"), "utf-8")
    definitions = project.definitions()
    dg.Definitions.validate_loadable(definitions)
    (source,) = [each for each in definitions.resolve_all_asset_specs() if each.key == key("all-wells", "source")]
    assert [dep.asset_key for dep in source.deps] == [key("wells", "version")]
    done = project.by_hand()
    assert done.success
    assert project.public("all-wells") == "1.0.0"
    project.write({"Sireți": "many"})
    project.by_hand()
    again = project.by_hand()
    assert "all-wells/publication" in again.materialized
    assert "wells/package" not in again.materialized


def test_what_reads_the_catalogue_is_made_after_all_publications_and_shows_that_it_comes_from_them(
    project: Any,
) -> None:
    project.declare("springs")
    project.write({"Orhei": 1}, "springs")
    # its name comes first in every list: only its rank puts it last
    project.declare("all-here", source="source: {catalogue: versions}\n      ", severity="")
    declaration = project.root / "datapackages" / "all-here" / "datapackage.yaml"
    text = declaration.read_text("utf-8")
    for old, new in (
        ("from: Sat", "from: dataset"),
        ("type: integer, from: Fântâni", "type: boolean, from: current"),
        (", constraints: {minimum: 0}", ""),
        ("primaryKey: [village]", "primaryKey: [village, wells]"),
        ("{max: 5}}", "{max: 5}}\n      ignore: [organization, title, version, published]"),
    ):
        assert old in text
        text = text.replace(old, new)
    declaration.write_text(text, "utf-8")
    definitions = project.definitions()
    dg.Definitions.validate_loadable(definitions)
    specs = {each.key: each for each in definitions.resolve_all_asset_specs()}
    assert [dep.asset_key for dep in specs[key("all-here", "source")].deps] == [CATALOGUE_KEY]
    assert {dep.asset_key for dep in specs[CATALOGUE_KEY].deps} == {
        key("springs", "publication"),
        key("wells", "publication"),
    }
    assert project.by_hand().success
    listed = project.root / "public" / "all-here" / "latest" / "data" / "wells.csv"
    assert listed.read_text("utf-8") == "village,wells\nsprings,true\nwells,true\n"
    project.by_hand()
    assert project.public("all-here") == "1.0.0"  # it is not in its own list: publishing it changed nothing
    project.write({"Sireți": "many"})
    project.write({"Orhei": 2}, "springs")
    again = project.by_hand()
    assert not again.success
    assert "all-here/publication" in again.materialized
    assert listed.read_text("utf-8") == "village,wells\nsprings,false\nsprings,true\nwells,true\n"


def test_no_secret_is_in_any_event(project: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "hunter2-very-secret"
    monkeypatch.setenv("WELLS_DB", f"postgresql://me:{secret}@127.0.0.1:1/wells")
    project.declare("springs", source="source: {sql: 'select 1', address: WELLS_DB}\n      ")
    done = project.by_hand()
    assert not done.success
    told = [str(entry) for entry in project.instance.all_logs(done.run.run_id)]
    assert any("springs" in each for each in told)
    assert not any(secret in each for each in told)
