"""The version number: computed from what changed, above every number ever given, never typed in."""

from __future__ import annotations

from collections.abc import Iterable

import semver

from pipelines.versions.difference import RowCounts
from pipelines.versions.draft import Bump, Reason

_ORDER: tuple[Bump, ...] = ("patch", "minor", "major", "first")


def row_reasons(resource: str, counts: RowCounts) -> list[Reason]:
    """The reasons that lie in the rows of one table."""
    reasons: list[Reason] = []
    if counts.added:
        reasons.append(Reason("reason-rows-added", "minor", {"resource": resource, "count": counts.added}))
    if counts.removed:
        reasons.append(Reason("reason-rows-removed", "minor", {"resource": resource, "count": counts.removed}))
    if counts.revised:
        reasons.append(Reason("reason-rows-revised", "patch", {"resource": resource, "count": counts.revised}))
    return reasons


def greatest(reasons: Iterable[Reason]) -> Bump:
    """The largest step that any reason asks for."""
    steps: list[Bump] = [reason.bump for reason in reasons]
    return max(steps, key=_ORDER.index)


def next_number(given: Iterable[str], current: str | None, bump: Bump) -> str:
    """The number after `current` by `bump`, and above all that were ever `given`; the first is 1.0.0.

    Where a higher number was given after `current`, which somebody rolled back to, the step is at least the one
    between the two: its readers lose what had come.
    """
    versions = [semver.Version.parse(number) for number in given]
    if not versions:
        return "1.0.0"
    highest = max(versions)
    back = semver.Version.parse(current) if current else highest
    if bump in ("first", "major") or back.major < highest.major:
        return str(highest.bump_major())
    return str(highest.bump_minor() if bump == "minor" or back.minor < highest.minor else highest.bump_patch())
