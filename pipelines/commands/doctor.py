"""Examining the portal before anything is published: what it is and can do, and what stands in the way.

Each kind of portal knows what to look at in itself (`Portal.diagnose`). Nothing is written.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pipelines.commands.publish import require_place
from pipelines.commands.workspace import Workspace
from pipelines.errors import UserError
from pipelines.findings import Finding
from pipelines.portals.facts import Fact


@dataclass(frozen=True)
class Examined:
    """What was found: facts, and what stands in the way or needs a look."""

    portal: str
    facts: tuple[Fact, ...]
    findings: tuple[Finding, ...]

    def to_json(self) -> dict[str, Any]:
        """JSON value."""
        return {
            "portal": self.portal,
            "facts": [fact.to_json() for fact in self.facts],
            "findings": [finding.to_json() for finding in self.findings],
        }


def examine(workspace: Workspace) -> Examined:
    """Look at the portal, for the organisations that the declarations name. Raises UserError without a portal."""
    portal = workspace.portal
    wanted = {dataset.package.publica.organization for dataset in workspace.catalogue.datasets.values()}
    facts, findings = portal.diagnose(wanted)
    try:
        require_place(workspace)
    except UserError as error:
        findings = [*findings, *error.findings]
    return Examined(portal.address(), tuple(facts), tuple(findings))
