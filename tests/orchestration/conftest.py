"""A project of invented datasets in a folder of its own, and ways to run it as a person and as a schedule do."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from pipelines.commands.workspace import Workspace
from pipelines.orchestration.names import ROUTINE, key
from pipelines.orchestration.place import Places
from pipelines.orchestration.project import project_definitions

REPOSITORY = Path(__file__).resolve().parents[2]

DECLARATION = """\
$schema: https://datapackage.org/profiles/2.0/datapackage.json
name: {slug}
title: Wells in villages
description: How many wells each village has.
translations:
  ro: {{title: Fântâni în sate, description: Câte fântâni are fiecare sat.}}
  ru: {{title: Колодцы в сёлах}}
keywords: [water]
licenses: [{{name: CC-BY-4.0}}]
sources: [{{title: A count made by hand}}]
publica:
  organization: cancelaria-de-stat
  cadence: {cadence}
  theme: ENVI
  milestone: [plan/1.1, plan/2.3]
  formats: [csv, json]
resources:
  - name: wells
    path: wells.csv
    publica:
      {source}expectations: [{suites}]
      checks: {{rows: {{min: 1}}, rows_lost: {{max: 5}}}}
    schema:
      fields:
        - {{name: village, type: string, from: Sat, title: Village, constraints: {{required: true}}}}
        - {{name: wells, type: integer, from: Fântâni, title: Wells, unit: wells, constraints: {{minimum: 0}}}}{more}
      primaryKey: [village]
"""
SUITE = """\
name: few-wells
title: {en: Few wells, ro: Puține fântâni, ru: Мало колодцев}
expectations:
  - type: expect_column_values_to_be_between
    kwargs: {column: wells, max_value: 100}
    meta:
      en: no village has over 100 wells
      ro: niciun sat nu are peste 100 de fântâni
      ru: ни в одном селе нет более 100 колодцев
"""


@dataclass
class Project:
    """Folders below `root`: `datapackages`, `expectations`, `archive`, `public`, and Dagster's `home`."""

    root: Path
    instance: dg.DagsterInstance
    places: Places = field(init=False)

    def __post_init__(self) -> None:
        self.places = Places(self.root / "datapackages", self.root / "archive", f"folder:{self.root / 'public'}")
        (self.root / "datapackages").mkdir()
        (self.root / "expectations").mkdir()
        (self.root / "expectations" / "few-wells.yaml").write_text(SUITE, "utf-8")

    def declare(self, slug: str = "wells", **words: str) -> None:
        """Write a declaration. `words`: cadence, severity (of its suite; without one it has no suite), more (fields),
        source."""
        severity = words.get("severity", "block")
        suites = f"{{suite: few-wells, severity: {severity}}}" if severity else ""
        given = {"cadence": "daily", "suites": suites, "more": "", "source": "", **words}
        folder = self.root / "datapackages" / slug
        folder.mkdir(exist_ok=True)
        (folder / "datapackage.yaml").write_text(DECLARATION.format(slug=slug, **given), "utf-8")

    def write(self, rows: Mapping[str, object], slug: str = "wells") -> None:
        """Write the source: village to number of wells, as printed."""
        lines = ["Sat,Fântâni", *(f"{village},{wells}" for village, wells in rows.items())]
        (self.root / "datapackages" / slug / "wells.csv").write_text("\n".join(lines) + "\n", "utf-8")

    @property
    def workspace(self) -> Workspace:
        """The project as the command line sees it."""
        return Workspace(self.places.datapackages, self.places.archive, self.places.to)

    def definitions(self) -> dg.Definitions:
        """What Dagster would load now."""
        return project_definitions(Places(self.places.datapackages, self.places.archive, self.places.to))

    def by_hand(self, *keys: dg.AssetKey) -> Result:
        """Materialise assets (all, when none is named) as a person does."""
        job = self.definitions().resolve_implicit_global_asset_job_def()
        run = job.execute_in_process(instance=self.instance, asset_selection=list(keys) or None, raise_on_error=False)
        return Result(run)

    def on_schedule(self, cadence: str = "daily") -> Result:
        """What the schedule of a cadence runs, with the tags that it gives its runs."""
        definitions = self.definitions()
        schedule = definitions.resolve_schedule_def(f"{cadence}_schedule")
        with dg.build_schedule_context(self.instance, repository_def=definitions.get_repository_def()) as context:
            (request,) = schedule.evaluate_tick(context).run_requests or []
        assert ROUTINE in request.tags
        job = definitions.resolve_job_def(cadence)
        return Result(job.execute_in_process(instance=self.instance, tags=dict(request.tags), raise_on_error=False))

    def public(self, slug: str = "wells") -> str | None:
        """The version that the portal shows."""
        file = self.root / "public" / slug / "dataset.json"
        return json.loads(file.read_text("utf-8"))["version"] if file.exists() else None


@dataclass
class Result:
    """What a run did."""

    run: dg.ExecuteInProcessResult

    @property
    def success(self) -> bool:
        return self.run.success

    @property
    def materialized(self) -> set[str]:
        """Keys of the assets that were materialised."""
        events = self.run.get_asset_materialization_events()
        return {event.asset_key.to_user_string() for event in events if event.asset_key}

    def metadata(self, slug: str, stage: Any) -> Mapping[str, Any]:
        """The metadata of the materialisation of an asset, as plain values."""
        (found,) = self.run.asset_materializations_for_node(f"{slug.replace('-', '_')}__{stage}")
        return {name: value.value for name, value in found.metadata.items()}

    def check(self, slug: str, stage: Any, name: str) -> dg.AssetCheckEvaluation:
        """The evaluation of a check."""
        (found,) = [
            each
            for each in self.run.get_asset_check_evaluations()
            if (each.asset_key, each.check_name) == (key(slug, stage), name)
        ]
        return found

    def checks(self) -> dict[str, bool]:
        """Every check that was evaluated, and whether it passed."""
        return {each.check_name: each.passed for each in self.run.get_asset_check_evaluations()}


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """A project with one dataset, `wells`; its instance of Dagster is in memory."""
    in_memory = dg.DagsterInstance.ephemeral()  # pyright: ignore[reportUnknownMemberType] - a bare dict in its types
    with in_memory as instance:
        made = Project(tmp_path, instance)
        made.declare()
        made.write({"Sireți": 12, "Orhei": 7})
        yield made


@pytest.fixture
def installed(tmp_path: Path) -> Iterator[Project]:
    """The same with a home for Dagster in `home`, configured as the project's, that its own programs can work with."""
    home = tmp_path / "home"
    home.mkdir()
    shutil.copy(REPOSITORY / "dagster_home" / "dagster.yaml", home)
    with dg.DagsterInstance.from_config(str(home)) as instance:
        made = Project(tmp_path, instance)
        made.declare()
        made.write({"Sireți": 12, "Orhei": 7})
        yield made


Starts = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Starts]:
    """Starts one of Dagster's programs on the project's `workspace.yaml`; it ends afterwards, with all it started."""
    running: list[subprocess.Popen[bytes]] = []

    def begin(places: Places, program: str, *words: str) -> subprocess.Popen[bytes]:
        environment = {
            **os.environ,
            "DAGSTER_HOME": str(tmp_path / "home"),
            "PUBLICA_DATAPACKAGES": str(places.datapackages),
            "PUBLICA_ARCHIVE": str(places.archive),
            "PUBLICA_PORTAL": places.to,
        }
        with (tmp_path / f"{program}.log").open("wb") as log:
            command = [str(Path(sys.executable).with_name(program)), *words, "-w", str(REPOSITORY / "workspace.yaml")]
            process = subprocess.Popen(
                command, env=environment, cwd=REPOSITORY, stdout=log, stderr=log, start_new_session=True
            )
        running.append(process)
        return process

    yield begin
    for process in running:
        for number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError, subprocess.TimeoutExpired):
                os.killpg(process.pid, number)
                process.wait(10)
