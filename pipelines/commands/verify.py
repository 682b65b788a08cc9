"""Looking at every public byte and row of a dataset, as a stranger, and comparing with what was published.

How a portal is looked at is for the portal to know (`Portal.verify`). The cheap look is `hand_edits` in `publish.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pipelines.commands.build import Tell, quiet
from pipelines.commands.known import archived, last_receipt
from pipelines.commands.workspace import Workspace
from pipelines.findings import Finding, blocking

Status = Literal["verified", "verified-gone", "differs", "unpublished"]


@dataclass(frozen=True)
class Verified:
    """What a look at one dataset found; `params` fill the words for its status."""

    status: Status
    params: Mapping[str, Any]
    findings: tuple[Finding, ...] = ()


def verify(workspace: Workspace, slug: str, tell: Tell = quiet) -> Verified:
    """Compare what the portal shows of a dataset with what was written there last. Raises UserError: cannot be asked.

    Waits for a publication of the same dataset that is under way.
    """
    if last_receipt(workspace, slug) is None:
        return Verified("unpublished", {})
    tell("waiting")
    with workspace.archive.lock(slug):
        last = last_receipt(workspace, slug)
        assert last is not None  # noqa: S101 - a ledger only grows
        tell("checking")
        kept = archived(workspace, slug)
        found = workspace.portal.verify(slug, last, kept)
        newer = workspace.portal.receipt(slug) if found else None
        if newer and newer.at >= last.at and newer.signature != last.signature:
            last, found = newer, workspace.portal.verify(slug, newer, kept)  # of a run that died before it noted it
    if differing := blocking(found):
        return Verified("differs", {"count": len(differing)}, tuple(found))
    if last.status != "published":
        return Verified("verified-gone", {}, tuple(found))
    return Verified("verified", {"version": last.version}, tuple(found))
