"""Dagster's own daemon, with the project's own configuration and nobody at the keyboard."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import dagster as dg
from dagster._core.definitions.run_request import InstigatorType
from dagster._core.remote_origin import (
    ManagedGrpcPythonEnvCodeLocationOrigin,
    RemoteInstigatorOrigin,
    RemoteRepositoryOrigin,
)
from dagster._core.scheduler.instigation import InstigatorState, InstigatorStatus, ScheduleInstigatorData
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin

from pipelines.orchestration.schedules import CRON

PATIENCE = 60  # seconds
A_DAY_AND_AN_HOUR = 25 * 3600


def as_if_it_ran_since(instance: dg.DagsterInstance, schedule: str, cron: str, since: float) -> None:
    """Tell the instance that a schedule has been running since then: a tick that lies between is due."""
    target = LoadableTargetOrigin(module_name="pipelines.definitions")
    location = ManagedGrpcPythonEnvCodeLocationOrigin(target, location_name="publica")
    origin = RemoteInstigatorOrigin(RemoteRepositoryOrigin(location, "__repository__"), schedule)
    data = ScheduleInstigatorData(cron, since)
    state = InstigatorState(origin, InstigatorType.SCHEDULE, InstigatorStatus.DECLARED_IN_CODE, data)
    instance.add_instigator_state(state)


def test_a_due_tick_publishes_what_changed_with_no_hand_on_it(installed: Any, start: Any, tmp_path: Path) -> None:
    installed.declare(severity="")  # no suite: what takes seconds to import is not what this is about
    installed.by_hand()
    assert installed.public() == "1.0.0"
    installed.write({"Sireți": 12, "Orhei": 7, "Soroca": 3})
    as_if_it_ran_since(installed.instance, "daily_schedule", CRON["daily"], time.time() - A_DAY_AND_AN_HOUR)

    daemon = start(installed.places, "dagster-daemon", "run")
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and daemon.poll() is None and installed.public() != "1.1.0":
        time.sleep(0.2)
    log = (tmp_path / "dagster-daemon.log").read_text("utf-8", errors="replace")
    assert installed.public() == "1.1.0", log[-3000:]
    runs = installed.instance.get_runs(dg.RunsFilter(job_name="daily"))
    assert [run.tags["dagster/schedule_name"] for run in runs] == ["daily_schedule"]
    assert "Soroca" in (installed.root / "public" / "wells" / "latest" / "data" / "wells.csv").read_text("utf-8")
