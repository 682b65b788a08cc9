"""What we know of a dataset on a portal: by our own record, and what the portal has that is not in it.

What is done about it is in `publish.py`, `undo.py`, `plan.py` and `verify.py`.
"""

from __future__ import annotations

from functools import cache
from typing import TypedDict

from pipelines.archive.ledger import Ledger
from pipelines.commands.workspace import Workspace
from pipelines.errors import UserError
from pipelines.findings import Finding
from pipelines.portals.gate import CheckedVersion, checked_version
from pipelines.portals.portal import Archived
from pipelines.portals.receipt import Receipt


def hand_edits(workspace: Workspace, slug: str) -> list[Finding]:
    """What somebody changed by hand on the portal since the last receipt; empty for a dataset that has none."""
    known = last_receipt(workspace, slug)
    return edits_since(workspace, slug, known) if known else []


def edits_since(workspace: Workspace, slug: str, known: Receipt) -> list[Finding]:
    """What somebody changed by hand since a receipt.

    A newer receipt that the portal itself holds, and that fits what is there, is no hand's work: a run of ours died
    before it could write it down here.
    """
    edits = workspace.portal.drift(slug, known)
    newer = workspace.portal.receipt(slug) if edits else None
    if newer and newer.at >= known.at and newer.signature != known.signature:
        return workspace.portal.drift(slug, newer)
    return edits


def receipt_of(ledger: Ledger, entry: int) -> Receipt:
    """The receipt that an entry of a ledger keeps."""
    return Receipt.from_json(ledger.entry(entry).data["receipt"])


def last_receipt(workspace: Workspace, slug: str, portal: str = "") -> Receipt | None:
    """What was written to the portal (or another, by its name in ledgers) last, by our own record."""
    ledger = workspace.archive.ledger(slug)
    entry = ledger.state().on(portal or workspace.portal_name).receipt
    return receipt_of(ledger, entry) if entry else None


def archived(workspace: Workspace, slug: str) -> Archived:
    """Versions of a dataset as the archive has them, proved; each is proved once."""

    @cache
    def found(number: str) -> CheckedVersion | None:
        if number not in workspace.archive.numbers(slug):
            return None
        try:
            return checked_version(workspace.archive, slug, number)
        except UserError:
            return None

    return found


class Record(TypedDict):
    """What we know of a dataset on a portal, for the portal to compare with."""

    last: Receipt | None
    archived: Archived


def record(workspace: Workspace, slug: str) -> Record:
    """Our own record of a dataset. Raises UserError where the portal holds versions that it does not know."""
    numbers = workspace.archive.state(slug).numbers
    if unknown := [number for number in workspace.portal.kept(slug) if number not in numbers]:
        params = {"versions": ", ".join(unknown)}
        raise UserError(Finding("unknown-to-archive", dataset=slug, params=params))
    return {"last": last_receipt(workspace, slug), "archived": archived(workspace, slug)}


def lost_versions(workspace: Workspace, slug: str, number: str) -> list[CheckedVersion]:
    """Versions that were public on this portal and that it no longer has: its folder was lost and is made again."""
    archive = workspace.archive
    kept = {*workspace.portal.kept(slug), number}
    public = {
        entry.data["version"]
        for entry in archive.ledger(slug).entries()
        if entry.kind in ("published", "rolled-back", "adopted") and entry.data["portal"] == workspace.portal_name
    }
    return [checked_version(archive, slug, other) for other in archive.numbers(slug) if other in public - kept]
