"""Making a version: sources to checked tables to a sealed version in the archive. What `check`, `diff`, `build` do.

The chain up to the tables is in `prepare.py`; showing a version to the public is in `publish.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.archive.state import State
from pipelines.commands.prepare import Sources, build_tables, fetch_sources
from pipelines.commands.workspace import Workspace
from pipelines.declaration.dataset import Dataset
from pipelines.errors import UserError
from pipelines.findings import Finding

if TYPE_CHECKING:
    from pipelines.checks.verdict import Verdict
    from pipelines.packages.package import PackagedFile
    from pipelines.tables.held import Held
    from pipelines.versions.draft import Draft

Tell = Callable[[str], None]  # told the name of each stage as it begins


@dataclass(frozen=True)
class Judged:
    """A dataset whose tables were judged. `draft` is None where nothing changed, or where something blocks."""

    dataset: Dataset
    sources: Sources
    verdict: Verdict
    draft: Draft | None
    current: str | None


@dataclass(frozen=True)
class Built:
    """The version that stands after a build. `made` is False where the inputs, or what they say, had not changed."""

    dataset: Dataset
    number: str
    made: bool
    findings: tuple[Finding, ...] = ()
    draft: Draft | None = None


class Blocked(UserError):  # noqa: N818 - what happened to the dataset, not to the program
    """The tables were built and judged, and the verdict blocks: these are all its findings."""


def quiet(_stage: str) -> None:
    """Tells nobody."""


def unchanged_since(state: State, sources: Sources) -> str | None:
    """The version that was made from exactly these inputs, or None."""
    return state.built if state.fingerprint == sources.fingerprint else None


def judge_dataset(workspace: Workspace, dataset: Dataset, tell: Tell = quiet, sources: Sources | None = None) -> Judged:
    """Fetch, build and judge. Raises UserError where a table cannot even be built; a blocked verdict is returned."""
    from pipelines.checks.verdict import judge
    from pipelines.packages.package import limits
    from pipelines.versions.decide import content_of, decide, read_previous

    tell("reading")
    sources = sources or fetch_sources(workspace, dataset)
    previous = read_previous(workspace.archive, dataset.slug)
    before: Mapping[str, Held] = previous.tables if previous else {}
    tables = build_tables(workspace.archive, dataset, sources, before)
    tell("checking")
    content = content_of(dataset, tables)
    verdict = judge(dataset, tables, content.hash, before)
    if too_large := limits(dataset, tables):
        verdict = replace(verdict, findings=(*verdict.findings, *too_large))
    current = previous.manifest["version"] if previous else None
    draft = decide(workspace.archive, dataset, tables, content, verdict, previous) if verdict.passed else None
    return Judged(dataset, sources, verdict, draft, current)


@contextmanager
def written(workspace: Workspace, draft: Draft, tell: Tell = quiet) -> Generator[tuple[Path, list[PackagedFile]]]:
    """The draft's files in a scratch folder, gone afterwards unless they were sealed."""
    from pipelines.packages.package import write_package

    tell("writing")
    archive, slug = workspace.archive, draft.dataset.slug
    previous = archive.version_folder(slug, draft.previous) / "package" if draft.previous else None
    with archive.scratch(slug) as scratch, archive.writing():
        yield scratch, write_package(draft, scratch / "package", previous)


def build(workspace: Workspace, dataset: Dataset, tell: Tell = quiet, sources: Sources | None = None) -> Built:
    """Make the version that the sources call for, or find that none is needed. `sources`: where just fetched already.

    Raises UserError with every finding where something blocks; the version before is untouched.
    """
    tell("waiting")
    with workspace.archive.lock(dataset.slug):
        tell("reading")
        sources = sources or fetch_sources(workspace, dataset)
        if same := unchanged_since(workspace.archive.state(dataset.slug), sources):
            return Built(dataset, same, made=False)
        return _make(workspace, judge_dataset(workspace, dataset, tell, sources), tell)


def _make(workspace: Workspace, judged: Judged, tell: Tell) -> Built:
    from pipelines.versions.seal import seal

    archive, dataset, verdict = workspace.archive, judged.dataset, judged.verdict
    archive.keep_verdict(dataset.slug, verdict.to_json())
    if not verdict.passed:
        raise Blocked(finding.within(dataset=dataset.slug) for finding in verdict.findings)
    if judged.draft is None:
        assert judged.current is not None  # noqa: S101 - the first version always has a draft
        data = {"fingerprint": judged.sources.fingerprint, "version": judged.current}
        with archive.writing():
            archive.ledger(dataset.slug).append("confirmed", data)
        return Built(dataset, judged.current, made=False, findings=verdict.findings)
    with written(workspace, judged.draft, tell) as (scratch, files):
        listed = [{"path": f.path, "sha256": f.sha256, "bytes": f.bytes} for f in files]
        seal(archive, judged.draft, scratch, listed, judged.sources.fingerprint, judged.sources.hashes)
    return Built(dataset, judged.draft.number, made=True, findings=verdict.findings, draft=judged.draft)
