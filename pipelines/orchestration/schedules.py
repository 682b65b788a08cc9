"""One schedule per cadence: at its hour it brings everything of that cadence up to date, in one run.

A scheduled run publishes what is routine and leaves the rest to a person; that is decided in `commands/publish.py`, and
`assets.py` asks it by the tag that is set here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import dagster as dg

from pipelines.declaration.vocabulary import Cadence
from pipelines.orchestration.names import CADENCE, ROUTINE

TIMEZONE = "Europe/Chisinau"
# Before working hours, so that what waits for a person is there when they come. More often than the cadence, because a
# source seldom arrives on the day its period ends, and looking at one that did not change costs next to nothing.
# `irregular` and `never` have no hour.
_EVERY_MORNING, _EVERY_MONDAY = "0 6 * * *", "0 6 * * 1"
CRON: Mapping[Cadence, str] = {
    "daily": _EVERY_MORNING,
    "weekly": _EVERY_MORNING,
    "monthly": _EVERY_MORNING,
    "quarterly": _EVERY_MONDAY,
    "semester": _EVERY_MONDAY,
    "annual": _EVERY_MONDAY,
}


def schedule(cadence: Cadence) -> dg.ScheduleDefinition:
    """The schedule of a cadence, running from the start, with its job. The cadence has to be one that has an hour."""
    job = dg.define_asset_job(  # pyright: ignore[reportUnknownMemberType] - a bare PathLike in Dagster's types
        cadence,
        selection=dg.AssetSelection.tag(CADENCE, cadence),
        description=f"Publishes what changed in the {cadence} datasets, and says what waits for a person.",
        tags={ROUTINE: cadence},
        executor_def=dg.in_process_executor,
    )
    return dg.ScheduleDefinition(
        name=f"{cadence}_schedule",
        job=job,
        cron_schedule=CRON[cadence],
        execution_timezone=TIMEZONE,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=job.description,
        tags={ROUTINE: cadence},
    )


def schedules(cadences: Iterable[Cadence]) -> list[dg.ScheduleDefinition]:
    """One schedule for each cadence that has an hour, the most frequent first."""
    there = set(cadences)
    return [schedule(cadence) for cadence in CRON if cadence in there]
