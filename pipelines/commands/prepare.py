"""From a declaration to checked tables and, if something changed, the draft of a version. Publishes nothing.

This is the one chain that the command line and Dagster run: fetch, build tables, judge, decide. Writing the version is
in `build.py`, showing it to the public in `publish.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipelines.archive.archive import Archive
from pipelines.commands.workspace import Workspace
from pipelines.declaration.dataset import Dataset
from pipelines.declaration.lineage import derived_from_catalogue, packages_read
from pipelines.declaration.model import DerivedSource, Resource
from pipelines.errors import UserError
from pipelines.findings import Finding
from pipelines.sources.origins.catalogue import ListedVersion
from pipelines.sources.snapshot import Snapshot

if TYPE_CHECKING:
    import polars as pl

    from pipelines.tables.held import Held
    from pipelines.tables.table import Table


@dataclass(frozen=True)
class Sources:
    """What a run starts from: the sources as fetched, by resource; the versions it reads; and their fingerprint."""

    snapshots: Mapping[str, Snapshot]
    fingerprint: str

    @property
    def hashes(self) -> dict[str, str]:
        """SHA-256 of each source by resource."""
        return {name: snapshot.sha256 for name, snapshot in self.snapshots.items()}


def fetch_sources(workspace: Workspace, dataset: Dataset) -> Sources:
    """Fetch every source of a dataset. Raises UserError with the findings of all that cannot be had."""
    from pipelines.sources.fetch import fetch
    from pipelines.versions.fingerprint import fingerprint

    def catalogue() -> list[ListedVersion]:
        return workspace.portal.listing(without=derived_from_catalogue(workspace.catalogue.datasets))

    snapshots: dict[str, Snapshot] = {}
    findings: list[Finding] = []
    for resource in dataset.package.resources:
        if isinstance(resource.publica.source, DerivedSource):
            continue
        try:
            snapshots[resource.name] = fetch(dataset, resource, workspace.archive, catalogue)
        except UserError as error:
            findings += error.findings
    reads = {slug: workspace.archive.current(slug) or "" for slug in packages_read(dataset)}
    findings += [
        Finding("read-dataset-missing", params={"name": slug}, dataset=dataset.slug)
        for slug, number in reads.items()
        if not number
    ]
    if findings:
        raise UserError(finding.within(dataset=dataset.slug) for finding in findings)
    hashes = {name: snapshot.sha256 for name, snapshot in snapshots.items()}
    return Sources(snapshots, fingerprint(dataset, hashes, reads))


def build_tables(archive: Archive, dataset: Dataset, sources: Sources, previous: Mapping[str, Held]) -> list[Table]:
    """Every table of a dataset, in the order declared. Raises UserError with what is wrong with each of them."""
    from pipelines.checks.verdict import LOOKS
    from pipelines.sources.read import batches
    from pipelines.tables.build import build_table

    built: dict[str, Table] = {}
    findings: list[Finding] = []
    computed = [r for r in dataset.package.resources if isinstance(r.publica.source, DerivedSource)]
    for resource in dataset.package.resources:
        if resource in computed:
            continue
        try:
            raws = batches(sources.snapshots[resource.name], resource)
            built[resource.name] = build_table(dataset, resource, raws, previous.get(resource.name), LOOKS)
        except UserError as error:
            findings += [finding.within(dataset=dataset.slug, resource=resource.name) for finding in error.findings]
    if findings:
        raise UserError(findings)
    for resource in computed:
        built[resource.name] = _compute(archive, dataset, resource, built, previous)
    return [built[resource.name] for resource in dataset.package.resources]


def _compute(
    archive: Archive,
    dataset: Dataset,
    resource: Resource,
    built: Mapping[str, Table],
    previous: Mapping[str, Held],
) -> Table:
    from pipelines.tables.build import build_table
    from pipelines.tables.derive import derive
    from pipelines.versions.decide import read_previous

    source = resource.publica.source
    assert isinstance(source, DerivedSource)  # noqa: S101 - the caller chose it for this
    inputs: dict[str, pl.DataFrame] = {}
    for name in source.tables:
        slug, _, table = name.rpartition("/")
        if slug:
            other = read_previous(archive, slug)
            if other is None or table not in other.tables:
                raise UserError(Finding("read-dataset-missing", params={"name": name}, dataset=dataset.slug))
            inputs[name] = other.tables[table].whole()
        else:
            inputs[name] = built[name].frame
    raw = derive(str(resource.publica.transform), inputs, resource.path)
    return build_table(dataset, resource, [raw], previous.get(resource.name))
