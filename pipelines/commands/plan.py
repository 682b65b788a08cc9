"""What publishing would do, without doing it: versions are really built, over an archive that is thrown away.

The real thing is in `build.py` and `publish.py`. What a portal would write is for the portal to say. A plan as a file
is in `plan_file.py`; carrying it out, and finding what moved since, in `apply.py`.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from pipelines.archive.archive import Archive
from pipelines.commands.build import Judged, Tell, build, judge_dataset, quiet, unchanged_since
from pipelines.commands.known import hand_edits, lost_versions, record
from pipelines.commands.prepare import Sources, fetch_sources
from pipelines.commands.publish import about_digest, held
from pipelines.commands.workspace import Workspace
from pipelines.declaration.dataset import Dataset
from pipelines.declaration.lineage import all_read, packages_read
from pipelines.errors import UserError
from pipelines.findings import Finding
from pipelines.portals.gate import CheckedVersion, checked_version
from pipelines.portals.metadata import About
from pipelines.portals.receipt import PlannedWrite, PublishedState

_SHARED = "snapshots"  # kept by their hash and never changed: a rehearsal reads the real ones
_COPIED = ("ledger", "verdicts")


@dataclass(frozen=True)
class Inputs:
    """What a version is made from and shown with: hashes of its sources by resource, the versions it reads by dataset.

    `about`: digest of what the portal shows that makes no version. `fingerprint`: of all the rest.
    """

    sources: Mapping[str, str]
    reads: Mapping[str, str]
    about: str
    fingerprint: str

    @classmethod
    def of(cls, workspace: Workspace, dataset: Dataset, sources: Sources) -> Inputs:
        """The inputs as they are now."""
        reads = {slug: workspace.archive.current(slug) or "" for slug in packages_read(dataset)}
        return cls(sources.hashes, reads, about_digest(About.of(dataset)), sources.fingerprint)


@dataclass(frozen=True)
class Plan:
    """Every write to the portal that publishing one dataset would make, in order, so that it then shows `number`.

    `content`: the version's content hash. `present`: what stands on the portal now. A plan for a dataset that is held
    has neither inputs nor writes.
    """

    dataset: str
    number: str
    writes: tuple[PlannedWrite, ...] = ()
    findings: tuple[Finding, ...] = ()
    inputs: Inputs | None = None
    content: str = ""
    reasons: tuple[Mapping[str, Any], ...] = ()
    present: PublishedState | None = None

    @property
    def held(self) -> bool:
        """True where a hold keeps the dataset from being published."""
        return self.inputs is None

    @property
    def bytes(self) -> int:
        """How many bytes would be written."""
        return sum(write.bytes for write in self.writes)


def judge_only(workspace: Workspace, slug: str, tell: Tell = quiet) -> Judged:
    """Fetch, build and judge, and keep nothing of it. Raises UserError where a table cannot even be built."""
    dataset = workspace.dataset(slug)
    with rehearsal(workspace, workspace.now()) as rehearsed:
        stage = rehearsed.stage(slug)
        judged = judge_dataset(stage, dataset, tell)
        if same := unchanged_since(
            stage.archive.state(dataset.slug), judged.sources
        ):  # made already, perhaps rolled back since
            return replace(judged, draft=None, current=same)
        return judged


def writes_for(
    workspace: Workspace, version: CheckedVersion, about: About, at: datetime
) -> tuple[tuple[PlannedWrite, ...], PublishedState | None]:
    """What showing a version at the moment `at` takes, and what stands on the portal before. Raises UserError."""
    lost = lost_versions(workspace, version.slug, version.number)
    known = record(workspace, version.slug)
    return tuple(workspace.portal.plan(version, about, at, lost, **known)), workspace.portal.current(version.slug)


@dataclass(frozen=True)
class Rehearsal:
    """Datasets published one after another, for show. A dataset reads the versions that those before it would make.

    `at`: the moment that all that is dated is planned for.
    """

    at: datetime
    _workspace: Workspace
    _stage: Workspace
    _read: frozenset[str]  # datasets that others are made from: their versions are kept until the end
    _readied: set[str] = field(default_factory=set[str])

    def stage(self, slug: str) -> Workspace:
        """The same workspace over an archive that holds links to what is kept of a dataset and of those that it reads.

        What it reads and has no version yet is built there too, as publishing all would.
        """
        read = all_read(self._workspace.catalogue.datasets, slug) - {slug}
        for each in {slug, *read} - self._readied:
            if (self._workspace.archive_root / each).is_dir():
                _link(self._workspace.archive, each, self._stage.archive_root / each)
        self._readied.update(read, [slug])
        if declared := read & self._workspace.catalogue.datasets.keys():
            _build_missing(self._stage, self._workspace.in_order(declared))
        return self._stage

    def inputs(self, slug: str) -> tuple[Inputs, Sources]:
        """What the dataset would be made from now. Raises UserError."""
        stage, dataset = self.stage(slug), self._workspace.dataset(slug)
        sources = fetch_sources(stage, dataset)
        return Inputs.of(stage, dataset, sources), sources

    def plan(self, slug: str, tell: Tell = quiet) -> Plan:
        """What `publish` would do. Writes neither to the archive nor to the portal. Raises UserError as it would."""
        dataset = self._workspace.dataset(slug)
        if stopped := held(self._workspace, slug):
            return Plan(slug, stopped.version or "", findings=stopped.findings)
        tell("reading")
        inputs, sources = self.inputs(slug)
        built = build(self._stage, dataset, tell, sources)
        if edits := hand_edits(self._workspace, slug):
            raise UserError(edits)
        version = checked_version(self._stage.archive, slug, built.number)
        writes, present = writes_for(self._workspace, version, About.of(dataset), self.at)
        if slug not in self._read:
            shutil.rmtree(self._stage.archive_root / slug)
        content, reasons = version.manifest["content_hash"], tuple(version.manifest["reasons"])
        return Plan(slug, built.number, writes, built.findings, inputs, content, reasons, present)


@contextmanager
def rehearsal(workspace: Workspace, at: datetime) -> Generator[Rehearsal]:
    """A rehearsal over an archive that is gone afterwards."""
    with Archive(Path(tempfile.gettempdir())).writing(), tempfile.TemporaryDirectory(prefix="publica-plan-") as name:
        stage = replace(workspace, archive_root=Path(name))
        yield Rehearsal(at.replace(microsecond=0), workspace, stage, workspace.catalogue.read)


def _build_missing(stage: Workspace, slugs: list[str]) -> None:
    for slug in slugs:
        if stage.archive.current(slug) is None:
            with contextlib.suppress(UserError):  # then it stays missing, which is told where it is read
                build(stage, stage.dataset(slug))


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
