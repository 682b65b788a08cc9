"""What publishing would do, without doing it: the version is really built, in a copy of the archive that is thrown away.

The real thing is in `publish.py`. What each portal would write is for the portal to say.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipelines.archive.archive import Archive
from pipelines.commands.build import Tell, build, quiet
from pipelines.commands.workspace import Workspace
from pipelines.findings import Finding
from pipelines.portals.gate import checked_version
from pipelines.portals.metadata import About
from pipelines.portals.receipt import PlannedWrite


@dataclass(frozen=True)
class Plan:
    """Every write that publishing one dataset would make on the portal, in order. `number` is the version shown then."""

    slug: str
    number: str
    reasons: tuple[Mapping[str, Any], ...]
    writes: tuple[PlannedWrite, ...]
    findings: tuple[Finding, ...] = ()

    @property
    def bytes(self) -> int:
        """How many bytes would be written."""
        return sum(write.bytes for write in self.writes)

    def to_json(self) -> dict[str, Any]:
        """JSON value."""
        return {
            "dataset": self.slug,
            "version": self.number,
            "bytes": self.bytes,
            "reasons": list(self.reasons),
            "writes": [write.to_json() for write in self.writes],
            "findings": [finding.to_json() for finding in self.findings],
        }


def plan(workspace: Workspace, slug: str, tell: Tell = quiet) -> Plan:
    """What `publish` would do. Writes neither to the archive nor to the portal. Raises UserError as it would."""
    dataset = workspace.dataset(slug)
    with _rehearsal(workspace, slug) as rehearsal:
        built = build(rehearsal, dataset, tell)
        version = checked_version(rehearsal.archive, slug, built.number)
        writes = workspace.portal.plan(version, About.of(dataset), workspace.now())
        reasons = tuple(version.manifest["reasons"]) if built.made else ()
        return Plan(slug, built.number, reasons, tuple(writes), built.findings)


@contextmanager
def _rehearsal(workspace: Workspace, slug: str) -> Iterator[Workspace]:
    """The same workspace over an archive that holds links to this one's versions, and copies of its ledgers."""
    with tempfile.TemporaryDirectory(prefix="publica-plan-") as name:
        root = Path(name)
        for folder in workspace.archive_root.iterdir() if workspace.archive_root.is_dir() else ():
            if folder.is_dir():
                _link(workspace.archive, folder, root / folder.name)
        yield replace(workspace, archive_root=root, to=_absolute(workspace.to))


def _link(archive: Archive, folder: Path, target: Path) -> None:
    target.mkdir()
    for part in ("ledger", "verdicts"):
        if (folder / part).is_dir():
            shutil.copytree(folder / part, target / part)
    for number in archive.numbers(folder.name):
        (target / number).symlink_to(archive.version_folder(folder.name, number).resolve())


def _absolute(address: str) -> str:
    kind, _, where = address.partition(":")
    return f"{kind}:{Path(where).expanduser().resolve()}"
