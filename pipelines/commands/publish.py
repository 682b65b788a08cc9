"""Showing a version to the public, once a person or the rules have said yes. What `publish` does.

Making the version is in `build.py`; taking something back is in `undo.py`. The gate itself is in `portals/gate.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import semver

from pipelines.archive.ledger import Ledger
from pipelines.archive.state import State
from pipelines.commands.build import Built, Tell, build, quiet, unchanged_since
from pipelines.commands.known import edits_since, lost_versions, receipt_of, record
from pipelines.commands.prepare import fetch_sources
from pipelines.commands.workspace import Workspace
from pipelines.errors import UserError
from pipelines.files import canonical_json, sha256
from pipelines.findings import Finding, Severity
from pipelines.languages import Language
from pipelines.portals.gate import CheckedVersion, checked_version
from pipelines.portals.metadata import About
from pipelines.portals.portal import Agreed, anything
from pipelines.portals.receipt import Receipt

Status = Literal["published", "unchanged", "waits", "held"]


@dataclass(frozen=True)
class Question:
    """What a person is asked before a version is shown. `routine`: a schedule may say yes by itself."""

    slug: str
    titles: Mapping[Language, str]
    number: str
    reasons: tuple[Mapping[str, Any], ...]
    why: tuple[Finding, ...]  # why it is not routine

    @property
    def routine(self) -> bool:
        """True for a minor or patch version of a public dataset, without new warnings, after no hold."""
        return not self.why


Ask = Callable[[Question], bool]


def person_said_yes(_question: Question) -> bool:
    """A person has said yes beforehand (`--yes`, or a click on this one dataset)."""
    return True


def only_routine(question: Question) -> bool:
    """What a schedule answers: nobody is there to ask."""
    return question.routine


@dataclass(frozen=True)
class Outcome:
    """What became of one dataset."""

    slug: str
    status: Status
    version: str | None = None
    findings: tuple[Finding, ...] = ()
    reasons: tuple[Mapping[str, Any], ...] = ()


def publish(workspace: Workspace, slug: str, ask: Ask, tell: Tell = quiet, *, overwrite: bool = False) -> Outcome:
    """Build one dataset and show the version that results. Raises UserError with the last good version in its place.

    Once all are published, `workspace.portal.refresh()` brings the portal's catalogue up to date.
    """
    dataset, ledger = workspace.dataset(slug), workspace.archive.ledger(slug)
    tell("waiting")
    with workspace.archive.lock(slug):
        state = ledger.state()
        if stopped := _held(workspace, slug, state):
            return stopped
        tell("reading")
        sources = fetch_sources(workspace, dataset)
        same = unchanged_since(state, sources)  # what most datasets are most of the time: no second look is needed
        if same and not overwrite and _is_shown(workspace, slug, ledger, state, About.of(dataset)):
            return Outcome(slug, "unchanged", same)
    with workspace.building:
        built = build(workspace, dataset, tell, sources)
    return show(workspace, built, ask, tell, overwrite=overwrite)


def require_place(workspace: Workspace) -> None:
    """Raise UserError where something is to be published elsewhere from an archive that nobody chose a place for."""
    if workspace.portal.kind != "folder" and not workspace.placed:
        raise UserError(Finding("archive-not-placed", params={"folder": str(workspace.archive_root)}))


def held(workspace: Workspace, slug: str) -> Outcome | None:
    """What becomes of a dataset that is held; None for one that is not."""
    return _held(workspace, slug, workspace.archive.state(slug))


def _held(workspace: Workspace, slug: str, state: State) -> Outcome | None:
    if state.hold is None:
        return None
    finding = Finding("held", Severity.INFO, params=dict(state.hold), dataset=slug)
    return Outcome(slug, "held", state.on(workspace.portal_name).version, (finding,))


def show(workspace: Workspace, built: Built, ask: Ask, tell: Tell = quiet, *, overwrite: bool = False) -> Outcome:
    """Show the version that was built, unless it is shown already, is held, or nobody says yes. Raises UserError.

    Nothing is locked while a person thinks; what has moved meanwhile is asked about again.
    """
    archive, slug = workspace.archive, built.dataset.slug
    while True:
        with archive.lock(slug):
            ledger = archive.ledger(slug)
            state = ledger.state()
            found = _to_be_shown(workspace, built, ledger, state, tell, overwrite)
        if isinstance(found, Outcome):
            return found
        question = _question(workspace.titles(slug), found, state, workspace.portal_name)
        if not ask(question):
            return Outcome(slug, "waits", found.number, question.why or (Finding("waits-for-yes", Severity.INFO),))
        with archive.lock(slug):
            if archive.state(slug) == state:
                tell("publishing")
                return _shown(workspace, built, found, overwrite)


def _to_be_shown(
    workspace: Workspace, built: Built, ledger: Ledger, state: State, tell: Tell, overwrite: bool
) -> CheckedVersion | Outcome:
    """The version to show, proved; or what there is to say where none is."""
    slug, number = built.dataset.slug, state.built or built.number
    if stopped := _held(workspace, slug, state):
        return stopped
    if not overwrite and _is_shown(workspace, slug, ledger, state, About.of(built.dataset)):
        return Outcome(slug, "unchanged", number, built.findings)
    tell("proving")
    return checked_version(workspace.archive, slug, number)


def _shown(workspace: Workspace, built: Built, version: CheckedVersion, overwrite: bool) -> Outcome:
    """Show a version and write down what the portal said."""
    about = About.of(built.dataset)
    receipt = put(workspace, version, about, overwrite=overwrite)
    write_down(workspace, "published", version, about, receipt)
    reasons = tuple(version.manifest["reasons"])
    return Outcome(version.slug, "published", version.number, built.findings, reasons)


def put(
    workspace: Workspace, version: CheckedVersion, about: About, *, overwrite: bool = False, agreed: Agreed = anything
) -> Receipt:
    """Have the portal show a version. Raises UserError; what was public stays then."""
    require_place(workspace)
    lost = lost_versions(workspace, version.slug, version.number)
    known = record(workspace, version.slug)
    return workspace.portal.publish(version, about, workspace.now(), lost, **known, overwrite=overwrite, agreed=agreed)


def write_down(
    workspace: Workspace, kind: str, version: CheckedVersion, about: About, receipt: Receipt, **more: str
) -> None:
    """Keep what the portal said, as an entry of the ledger."""
    data = {
        "portal": workspace.portal_name,
        "version": version.number,
        "about": about_digest(about),
        "warnings": warning_marks(version),
        "receipt": receipt.to_json(),
        **more,
    }
    with workspace.archive.writing():
        workspace.archive.ledger(version.slug).append(kind, data, at=workspace.now())


def _is_shown(workspace: Workspace, slug: str, ledger: Ledger, state: State, about: About) -> bool:
    """Whether the portal shows the version that stands, by its own word and the last receipt.

    Raises UserError for hand edits.
    """
    place = state.on(workspace.portal_name)
    if place.version != state.built or place.withdrawn or place.about != about_digest(about) or place.receipt is None:
        return False
    known = receipt_of(ledger, place.receipt)
    if findings := edits_since(workspace, slug, known):
        raise UserError(findings)
    there = workspace.portal.current(slug)
    if place.adopted:
        return there is None  # nobody has begun to make it ours
    return there is not None and there.confirmed and there.signature == known.signature


def about_digest(about: About) -> str:
    """SHA-256 of what a portal shows that makes no version."""
    return sha256(canonical_json(about.to_json()))


def warning_marks(version: CheckedVersion) -> list[str]:
    """The warnings of a version, each as a mark that stays the same while only its counts change."""
    marks = {
        " ".join(
            (f["code"], f.get("resource", ""), f.get("field", ""), str(f.get("params", {}).get("expectation", "")))
        )
        for f in version.verdict["findings"]
        if f["severity"] == "warn"
    }
    return sorted(marks)


def _question(titles: Mapping[Language, str], version: CheckedVersion, state: State, portal: str) -> Question:
    place = state.on(portal)
    why: list[Finding] = []
    params = {"version": version.number, "before": place.version or ""}
    if place.version is None or place.adopted:
        why.append(Finding("waits-first", Severity.INFO, params))
    elif semver.Version.parse(version.number).major > semver.Version.parse(place.version).major:
        why.append(Finding("waits-major", Severity.INFO, params))
    if state.lifted:
        why.append(Finding("waits-lifted", Severity.INFO, params))
    if new := sorted(set(warning_marks(version)) - set(place.warnings)):
        why.append(Finding("waits-warnings", Severity.INFO, {"count": len(new)}))
    told = tuple(finding.within(dataset=version.slug) for finding in why)
    return Question(version.slug, titles, version.number, tuple(version.manifest["reasons"]), told)
