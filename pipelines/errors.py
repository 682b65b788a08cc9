"""The one exception that a person's mistake raises. Everything else that is raised is a bug of ours.

The command line prints the findings of a `UserError` and exits 1; any other exception prints a trace and exits 2.
"""

from __future__ import annotations

from collections.abc import Iterable

from pipelines.findings import Finding


class UserError(Exception):
    """Something a person can put right, as findings: all of them at once, never just the first."""

    def __init__(self, findings: Finding | Iterable[Finding]) -> None:
        self.findings: list[Finding] = [findings] if isinstance(findings, Finding) else list(findings)
        super().__init__(self.findings)

    def __str__(self) -> str:
        return "\n".join(finding.line() for finding in self.findings)
