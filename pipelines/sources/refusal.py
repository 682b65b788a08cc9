"""How this room says no: a `UserError` with one finding. The words are in `messages/sources.yaml`."""

from __future__ import annotations

from pipelines.errors import UserError
from pipelines.findings import Finding, Place

MOST_FINDINGS = 100  # of one kind of fault in one source; the rest is counted
MOST_COLUMNS = 2_000  # of a table


def refused(code: str, place: Place, **params: str | int) -> UserError:
    """The exception for a source that cannot be used at all."""
    return UserError(Finding(code, params=params, place=place))


def at_most(findings: list[Finding]) -> list[Finding]:
    """The first findings, and how many more there are where that is too many to read."""
    if len(findings) <= MOST_FINDINGS:
        return findings
    rest = Finding(
        "more-findings", params={"count": len(findings) - MOST_FINDINGS}, place=Place(file=findings[0].place.file)
    )
    return [*findings[:MOST_FINDINGS], rest]
