"""Taking something back: `rollback`, `withdraw`, `release`, `erase`. Nothing here is undone by a schedule.

Each leaves a hold, so that only a person publishes the dataset again. Publishing forward is in `publish.py`.
"""

from __future__ import annotations

from typing import Any

from pipelines.commands.publish import about_digest, lost_versions, warning_marks
from pipelines.commands.workspace import Workspace
from pipelines.errors import UserError
from pipelines.findings import Finding
from pipelines.portals.gate import checked_version
from pipelines.portals.metadata import About
from pipelines.text import nearest


def rollback(workspace: Workspace, slug: str, number: str, reason: str, *, overwrite: bool = False) -> None:
    """Make an older (or newer) version the current one again. Raises UserError where there is no such version."""
    dataset, archive = workspace.dataset(slug), workspace.archive
    _known_version(workspace, slug, number)
    with archive.lock(slug):
        version = checked_version(archive, slug, number)
        about = About.of(dataset)
        older = lost_versions(workspace, slug, number)
        receipt = workspace.portal.publish(version, about, workspace.now(), older, overwrite=overwrite)
        data = {
            "portal": workspace.portal_name,
            "version": number,
            "about": about_digest(about),
            "warnings": warning_marks(version),
            "receipt": receipt.to_json(),
            "reason": reason,
        }
        with archive.writing():
            archive.ledger(slug).append("rolled-back", data, at=workspace.now())
    workspace.portal.refresh()


def withdraw(workspace: Workspace, slug: str, reason: str, *, overwrite: bool = False) -> None:
    """Take a dataset off the portal, leaving a page that says why. Its versions stay; it can be taken back."""
    archive = workspace.archive
    with archive.lock(slug):
        receipt = workspace.portal.withdraw(slug, reason, workspace.now(), overwrite=overwrite)
        data = {"portal": workspace.portal_name, "reason": reason, "receipt": receipt.to_json()}
        with archive.writing():
            archive.ledger(slug).append("withdrawn", data, at=workspace.now())
    workspace.portal.refresh()


def release(workspace: Workspace, slug: str) -> None:
    """Lift the hold that a rollback, a withdrawal or an erasure left. Raises UserError where there is none."""
    archive = workspace.archive
    with archive.lock(slug):
        if archive.state(slug).hold is None:
            raise UserError(Finding("not-held", dataset=slug, params={"name": slug}))
        with archive.writing():
            archive.ledger(slug).append("released", {}, at=workspace.now())


def to_be_erased(workspace: Workspace, slug: str, number: str | None) -> list[str]:
    """The versions that go: all, or the one named with those whose list of changes quotes its rows. Raises UserError."""
    archive = workspace.archive
    there = archive.numbers(slug)
    if number is None:
        if not there:
            raise UserError(Finding("nothing-to-erase", dataset=slug, params={"name": slug}))
        return there
    _known_version(workspace, slug, number)
    quoting = [other for other in there if (archive.manifest(slug, other)["previous"] or {}).get("version") == number]
    return [number, *quoting]


def erase(workspace: Workspace, slug: str, number: str | None, reason: str) -> list[str]:
    """Remove versions for good, from the portal first, then from the archive; hashes and the reason stay."""
    archive = workspace.archive
    with archive.lock(slug):
        numbers = to_be_erased(workspace, slug, number)
        kept = workspace.portal.kept(slug)
        receipt = workspace.portal.erase(slug, [n for n in numbers if n in kept], reason, workspace.now())
        record: dict[str, Any] = {"reason": reason}
        if receipt is not None:
            record |= {"portal": workspace.portal_name, "receipt": receipt.to_json()}
        archive.remove_versions(slug, numbers, record)
    workspace.portal.refresh()
    return numbers


def _known_version(workspace: Workspace, slug: str, number: str) -> None:
    there = workspace.archive.numbers(slug)
    if number not in there:
        params = {"version": number, "nearest": nearest(number, there), "known": ", ".join(there) or "-"}
        raise UserError(Finding("unknown-version", dataset=slug, params=params))
