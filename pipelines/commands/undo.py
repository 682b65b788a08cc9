"""Taking something back: `rollback`, `withdraw`, `release`, `erase`. Nothing here is undone by a schedule.

Each leaves a hold, so that only a person publishes the dataset again. Publishing forward is in `publish.py`.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import semver

from pipelines.commands.known import archived, last_receipt
from pipelines.commands.publish import put, write_down
from pipelines.commands.workspace import Workspace
from pipelines.declaration.lineage import packages_read
from pipelines.errors import UserError
from pipelines.findings import Finding, Severity
from pipelines.portals.gate import checked_version
from pipelines.portals.metadata import About
from pipelines.portals.open import reopen_portal
from pipelines.portals.portal import Portal
from pipelines.portals.receipt import Receipt
from pipelines.text import nearest


def rollback(workspace: Workspace, slug: str, number: str, reason: str, *, overwrite: bool = False) -> None:
    """Make an older (or newer) version the current one again. Raises UserError where there is no such version."""
    archive = workspace.archive
    with archive.lock(slug):
        _known(number, archive.numbers(slug), slug)
        version = checked_version(archive, slug, number)
        about = _about(workspace, slug)
        with _held(workspace, slug, "rollback", reason):
            receipt = put(workspace, version, about, overwrite=overwrite)
        write_down(workspace, "rolled-back", version, about, receipt, reason=reason)
    workspace.portal.refresh()


def withdraw(workspace: Workspace, slug: str, reason: str, *, overwrite: bool = False) -> None:
    """Take a dataset off the portal, leaving a page that says why. Its versions stay; it can be taken back."""
    archive = workspace.archive
    with archive.lock(slug):
        with _held(workspace, slug, "withdraw", reason):
            last = last_receipt(workspace, slug)
            receipt = workspace.portal.withdraw(slug, reason, workspace.now(), last=last, overwrite=overwrite)
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
        _hold(workspace, slug, None)


def to_be_erased(workspace: Workspace, slug: str, number: str | None) -> list[str]:
    """The versions that go: all, or the one named with those whose changes quote its rows. Raises UserError.

    What an erasure that died has begun with goes, whatever is named.
    """
    archive = workspace.archive
    there = _not_erased(workspace, slug)
    if number is None:
        if not there:
            raise UserError(Finding("nothing-to-erase", dataset=slug, params={"name": slug}))
        return there
    _known(number, there, slug)
    whole = archive.numbers(slug)
    quoting = [other for other in there if other not in whole or _follows(archive.manifest(slug, other), number)]
    return list(dict.fromkeys([number, *quoting]))


def made_from(workspace: Workspace, slug: str) -> list[Finding]:
    """A warning for each other dataset that has versions made from this one: an erasure does not reach them."""
    readers = [other for other, dataset in workspace.catalogue.datasets.items() if slug in packages_read(dataset)]
    return [
        Finding("made-from-erased", Severity.WARN, {"name": slug, "other": other}, dataset=other)
        for other in readers
        if workspace.archive.numbers(other)
    ]


def erase(workspace: Workspace, slug: str, number: str | None, reason: str) -> list[str]:
    """Remove versions for good, from every portal first, then from the archive; hashes and the reason stay."""
    archive = workspace.archive
    with archive.lock(slug):
        numbers = to_be_erased(workspace, slug, number)
        _hold(workspace, slug, {"kind": "erase", "reason": reason})
        for name, portal in _other_portals(workspace, slug):
            receipt = _erase_on(workspace, name, portal, slug, numbers, reason)
            if receipt and receipt.status == "erased":
                data = {"portal": name, "reason": reason, "receipt": receipt.to_json()}
                with archive.writing():
                    archive.ledger(slug).append("withdrawn", data, at=workspace.now())
        receipt = _erase_on(workspace, workspace.portal_name, workspace.portal, slug, numbers, reason)
        record: dict[str, Any] = {"reason": reason}
        if receipt is not None:
            record |= {"portal": workspace.portal_name, "receipt": receipt.to_json()}
        archive.remove_versions(slug, numbers, record)
    workspace.portal.refresh()
    return numbers


def _about(workspace: Workspace, slug: str) -> About:
    """What the portal shows that makes no version; as it shows it now, where the declaration does not load."""
    if slug in workspace.catalogue.datasets:
        return About.of(workspace.catalogue.datasets[slug])
    present = workspace.portal.receipt(slug)
    return About.from_json(present.metadata) if present else About.of(workspace.dataset(slug))


@contextmanager
def _held(workspace: Workspace, slug: str, kind: str, reason: str) -> Generator[None]:
    """A hold from before the first write, so that a run that dies leaves nothing a schedule would undo.

    What the portal refuses was not done: then the hold is lifted again.
    """
    before = workspace.archive.state(slug).hold
    _hold(workspace, slug, {"kind": kind, "reason": reason})
    try:
        yield
    except UserError:
        _hold(workspace, slug, before, refused=True)
        raise


def _hold(workspace: Workspace, slug: str, hold: Mapping[str, str] | None, *, refused: bool = False) -> None:
    kind, data = ("held", dict(hold)) if hold else ("released", {"refused": refused})
    with workspace.archive.writing():
        workspace.archive.ledger(slug).append(kind, data, at=workspace.now())


def _erase_on(
    workspace: Workspace, name: str, portal: Portal, slug: str, numbers: list[str], reason: str
) -> Receipt | None:
    """Erase what a portal keeps of these versions; what was adopted there stands for one, though no zip does."""
    place = workspace.archive.state(slug).on(name)
    portal.current(slug)  # by a look at the dataset itself: a search that has not heard of it must save nothing
    kept = [*portal.kept(slug), *([place.version] if place.adopted else [])]
    gone = [number for number in numbers if number in kept]
    last, kept_here = last_receipt(workspace, slug, name), archived(workspace, slug)
    return portal.erase(slug, gone, reason, workspace.now(), last=last, archived=kept_here)


def _other_portals(workspace: Workspace, slug: str) -> Iterator[tuple[str, Portal]]:
    """The other portals that the dataset was ever published on and that are still there, with their names."""
    for name in workspace.archive.state(slug).portals:
        portal = reopen_portal(name, workspace.archive_root, workspace.archive.identity)
        if name != workspace.portal_name and portal.exists():
            yield name, portal


def _not_erased(workspace: Workspace, slug: str) -> list[str]:
    state = workspace.archive.state(slug)
    return sorted(set(state.numbers) - set(state.erased), key=semver.Version.parse)


def _follows(manifest: dict[str, Any], number: str) -> bool:
    previous: dict[str, str] = manifest["previous"] or {}
    return previous.get("version") == number


def _known(number: str, there: list[str], slug: str) -> None:
    if number not in there:
        params = {"version": number, "nearest": nearest(number, there) or "-", "known": ", ".join(there) or "-"}
        raise UserError(Finding("unknown-version", dataset=slug, params=params))
