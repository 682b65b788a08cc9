"""Carrying out a plan: exactly its writes, or none where anything moved since it was made. What `apply` does.

Making plans is in `plan.py`, reading and writing them as files in `plan_file.py`, publishing without one in
`publish.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from pipelines.commands.build import Built, Tell, build, quiet
from pipelines.commands.plan import Inputs, Plan, rehearsal, writes_for
from pipelines.commands.prepare import fetch_sources
from pipelines.commands.publish import Ask, Outcome, Question, held, put, write_down
from pipelines.commands.workspace import Workspace
from pipelines.errors import UserError
from pipelines.findings import Finding, Severity
from pipelines.portals.gate import checked_version
from pipelines.portals.metadata import About
from pipelines.portals.receipt import PlannedWrite

SHOWN = 5  # paths of writes that are named where they differ


def apply(workspace: Workspace, plan: Plan, at: datetime, ask: Ask, tell: Tell = quiet) -> Outcome:
    """Show the version of a plan that was made at the moment `at`, by the very writes that it lists.

    Raises UserError with what moved since, and then nothing is written: what would be done now is worked out first over
    an archive that is thrown away, and again under the dataset's lock right before the first write. Dates alone are
    those of today. Nothing is locked while a person thinks.
    """
    (slug,) = workspace.catalogue.choose([plan.dataset])
    if outcome := _held(workspace, plan):
        return outcome
    with rehearsal(workspace, at) as rehearsed:
        tell("reading")
        _refuse(slug, _moved_inputs(plan, rehearsed.inputs(slug)[0]))
        now = rehearsed.plan(slug, tell)
        _refuse(slug, _moved(plan, now))
    if now.writes and not ask(Question(slug, workspace.titles(slug), plan.number, plan.reasons, ())):
        return Outcome(slug, "waits", plan.number, (Finding("waits-for-yes", Severity.INFO),))
    dataset = workspace.dataset(slug)
    sources = fetch_sources(workspace, dataset)
    _refuse(slug, _moved_inputs(plan, Inputs.of(workspace, dataset, sources)))
    return _carry_out(workspace, plan, at, build(workspace, dataset, tell, sources), tell)


def _carry_out(workspace: Workspace, plan: Plan, at: datetime, built: Built, tell: Tell) -> Outcome:
    """Show the version that was built, where that takes the writes of the plan and no others."""
    archive, slug, about = workspace.archive, plan.dataset, About.of(built.dataset)
    with archive.lock(slug):
        if outcome := _held(workspace, plan):
            return outcome
        tell("proving")
        version = checked_version(archive, slug, built.number)
        writes, present = writes_for(workspace, version, about, at)
        now = Plan(slug, built.number, writes, (), plan.inputs, version.manifest["content_hash"], (), present)
        _refuse(slug, _moved(plan, now))
        place = archive.state(slug).on(workspace.portal_name)
        if not writes and place.receipt and (place.version, place.withdrawn) == (version.number, False):
            return Outcome(slug, "unchanged", version.number, built.findings)
        tell("publishing")
        receipt = put(workspace, version, about, agreed=lambda found: _refuse(slug, _other_writes(plan, found)))
        write_down(workspace, "published", version, about, receipt)
    return Outcome(slug, "published", version.number, built.findings, plan.reasons)


# --- what moved -------------------------------------------------------------------------------------------------------


def _held(workspace: Workspace, plan: Plan) -> Outcome | None:
    """What becomes of a dataset that was held and still is. Raises UserError where it is held since, or no longer."""
    stopped = held(workspace, plan.dataset)
    if plan.held != (stopped is not None):
        code = "plan-moved-held" if stopped else "plan-moved-released"
        raise UserError(Finding(code, dataset=plan.dataset, params={"name": plan.dataset}))
    return stopped


def _refuse(slug: str, moved: Iterator[Finding]) -> None:
    if findings := [finding.within(dataset=slug) for finding in moved]:
        raise UserError(findings)


def _moved(plan: Plan, now: Plan) -> Iterator[Finding]:
    """What is no longer as it was planned; the list of writes only where nothing else explains why it differs.

    Where nothing is left to be written, the plan was carried out before.
    """
    if not now.writes and (plan.number, plan.content) == (now.number, now.content):
        return
    if plan.present != now.present:
        before, there = (each.version or each.status if each else "-" for each in (plan.present, now.present))
        yield Finding("plan-moved-portal", params={"before": before, "now": there})
    elif (plan.number, plan.content) != (now.number, now.content):
        yield Finding("plan-moved-version", params={"before": plan.number, "now": now.number})
    elif plan.writes != now.writes:
        yield from _differing({write.path for write in {*plan.writes} ^ {*now.writes}})


def _other_writes(plan: Plan, found: list[PlannedWrite]) -> Iterator[Finding]:
    """What the portal is about to write otherwise than planned, right before it does."""
    agreed, about_to = ([_undated(write) for write in each] for each in (plan.writes, found))
    if agreed != about_to:
        yield from _differing({path for _, path, _ in {*agreed} ^ {*about_to}})


def _undated(write: PlannedWrite) -> tuple[str, str, int]:
    """A write without what today's date makes of it: pages and words tell it, rows and versions do not."""
    return write.action, write.path, write.bytes if write.action in ("insert", "update", "delete") else 0


def _differing(found: set[str]) -> Iterator[Finding]:
    paths = sorted(found)
    shown = ", ".join(paths[:SHOWN]) + (" …" if len(paths) > SHOWN else "")
    yield Finding("plan-moved-writes", params={"count": len(paths), "paths": shown})


def _moved_inputs(plan: Plan, now: Inputs) -> Iterator[Finding]:
    """What the version is made from that is no longer as it was planned."""
    before = plan.inputs
    if before is None or before == now:
        return
    sources = [name for name, digest in now.sources.items() if before.sources.get(name, digest) != digest]
    reads = [slug for slug, number in now.reads.items() if before.reads.get(slug, number) != number]
    for name in sources:
        yield Finding("plan-moved-source", resource=name)
    for slug in reads:
        yield Finding("plan-moved-read", params={"name": slug, "before": before.reads[slug], "now": now.reads[slug]})
    if not sources and not reads:
        yield Finding("plan-moved-declaration")
