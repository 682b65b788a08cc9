"""What publishing would do, without doing it: the version is really built, over an archive that is thrown away.

The real thing is in `build.py` and `publish.py`. What a portal would write is for the portal to say.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from pipelines.archive.archive import Archive
from pipelines.commands.build import Judged, Tell, build, judge_dataset, quiet, unchanged_since
from pipelines.commands.publish import hand_edits, held, lost_versions, record
from pipelines.commands.workspace import Workspace
from pipelines.declaration.lineage import all_read
from pipelines.errors import UserError
from pipelines.findings import Finding
from pipelines.portals.gate import checked_version
from pipelines.portals.metadata import About
from pipelines.portals.receipt import PlannedWrite

_SHARED = "snapshots"  # kept by their hash and never changed: a rehearsal reads the real ones
_COPIED = ("ledger", "verdicts")


@dataclass(frozen=True)
class Plan:
    """Every write to the portal that publishing one dataset would make, in order, so that it then shows `number`."""

    number: str
    writes: tuple[PlannedWrite, ...]
    findings: tuple[Finding, ...] = ()
    held: bool = False

    @property
    def bytes(self) -> int:
        """How many bytes would be written."""
        return sum(write.bytes for write in self.writes)


def judge_only(workspace: Workspace, slug: str, tell: Tell = quiet) -> Judged:
    """Fetch, build and judge, and keep nothing of it. Raises UserError where a table cannot even be built."""
    dataset = workspace.dataset(slug)
    with _rehearsal(workspace, slug) as rehearsal:
        judged = judge_dataset(rehearsal, dataset, tell)
        if same := unchanged_since(rehearsal, dataset, judged.sources):  # made already, perhaps rolled back since
            return replace(judged, draft=None, current=same)
        return judged


def plan(workspace: Workspace, slug: str, tell: Tell = quiet) -> Plan:
    """What `publish` would do. Writes neither to the archive nor to the portal. Raises UserError as it would."""
    dataset = workspace.dataset(slug)
    if stopped := held(workspace, slug):
        return Plan(stopped.version or "", (), stopped.findings, held=True)
    with _rehearsal(workspace, slug) as rehearsal:
        built = build(rehearsal, dataset, tell)
        if edits := hand_edits(workspace, slug):
            raise UserError(edits)
        version = checked_version(rehearsal.archive, slug, built.number)
        lost = lost_versions(workspace, slug, built.number)
        known = record(workspace, slug)
        writes = workspace.portal.plan(version, About.of(dataset), workspace.now(), lost, **known)
        return Plan(built.number, tuple(writes), built.findings)


@contextmanager
def _rehearsal(workspace: Workspace, slug: str) -> Generator[Workspace]:
    """The same workspace over an archive that holds links to what is kept of a dataset and of those that it reads.

    What it reads and has no version yet is built there too, as publishing all would.
    """
    read = all_read(workspace.catalogue.datasets, slug) - {slug}
    with Archive(Path(tempfile.gettempdir())).writing(), tempfile.TemporaryDirectory(prefix="publica-plan-") as name:
        for each in (slug, *read):
            if (workspace.archive_root / each).is_dir():
                _link(workspace.archive, each, Path(name, each))
        rehearsal = replace(workspace, archive_root=Path(name))
        if declared := read & workspace.catalogue.datasets.keys():
            _build_missing(rehearsal, workspace.in_order(declared))
        yield rehearsal


def _build_missing(rehearsal: Workspace, slugs: list[str]) -> None:
    for slug in slugs:
        if rehearsal.archive.current(slug) is None:
            with contextlib.suppress(UserError):  # then it stays missing, which is told where it is read
                build(rehearsal, rehearsal.dataset(slug))


def _link(archive: Archive, slug: str, target: Path) -> None:
    target.mkdir()
    home = (archive.root / slug).resolve()
    for part in _COPIED:
        if (home / part).is_dir():
            shutil.copytree(home / part, target / part)
    (target / _SHARED).mkdir()
    for snapshot in (home / _SHARED).glob("*"):
        (target / _SHARED / snapshot.name).symlink_to(snapshot)
    for number in archive.numbers(slug):
        (target / number).symlink_to(home / number)
