"""The three assets of a dataset: `[slug, source] -> [slug, package] -> [slug, publication]`, from one plain function.

They call what the command line calls and hand on references only: what they make is found in the archive. What
they say of themselves is in `described.py`, what they report in `reported.py`, their checks in `families.py`, and what
the last one does in `publishing.py`.
"""

# No `from __future__ import annotations` here: Dagster looks at the type of `context` itself, not at its text.

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import dagster as dg

from pipelines.declaration.dataset import Dataset
from pipelines.errors import UserError
from pipelines.findings import Finding
from pipelines.orchestration import described, reported
from pipelines.orchestration.families import BUILD, by_family, package_checks, publication_checks
from pipelines.orchestration.names import ROUTINE, key, op_name, pool
from pipelines.orchestration.place import Places
from pipelines.orchestration.portal import PortalResource
from pipelines.orchestration.publishing import Events, publish

if TYPE_CHECKING:
    from pipelines.commands.build import Built
    from pipelines.commands.prepare import Sources
    from pipelines.commands.workspace import Workspace

# What a run fetched, by run: the next asset of the same run and process need not fetch it again.
Fetched = dict[str, "Sources"]

# Only for a portal that could not be reached, or had no answer: the dataset itself was tried and looked at by then.
AGAIN = dg.RetryPolicy(max_retries=2, delay=60, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS)
AUTOMATIC = (ROUTINE, "dagster/schedule_name", "dagster/sensor_name", "dagster/from_automation_condition")


def dataset_definitions(
    dataset: Dataset, places: Places, deps: Sequence[dg.AssetKey] = (), rank: int = 0
) -> dg.Definitions:
    """The assets and checks of one dataset.

    `deps`: what its sources depend on that is made of other datasets. `rank`: how long the chain is that it reads; in
    one run, what is read goes first.
    """
    order = {"dagster/priority": str(-rank)}
    fetched: Fetched = {}
    columns = described.published_columns(dataset)
    source = _source(dataset, places, deps, order, fetched)
    package = _package(dataset, places, columns, order, fetched)
    return dg.Definitions(assets=[source, package, _publication(dataset, places, columns, order)])


def version_spec(dataset: Dataset) -> dg.AssetSpec:
    """`[slug, version]`: what stands between a package and the datasets that are made from it.

    Nothing makes it, so it shows where data comes from and yet stops nobody: where the package fails, those who read it
    go on with the version that stands.
    """
    kinds = described.package_kinds(dataset)
    columns = described.published_columns(dataset)
    return described.spec(dataset, "version", [key(dataset.slug, "package")], columns, kinds=kinds)


def _source(
    dataset: Dataset, places: Places, deps: Sequence[dg.AssetKey], order: dict[str, str], fetched: Fetched
) -> dg.AssetsDefinition:
    slug = dataset.slug
    columns = described.source_columns(dataset)
    spec = described.spec(dataset, "source", deps, columns, kinds=described.source_kinds(dataset))

    @dg.multi_asset(name=op_name(slug, "source"), specs=[spec], op_tags=order)
    def source(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        from pipelines.commands.prepare import fetch_sources

        try:
            sources = fetch_sources(places.workspace, dataset)
        except UserError as error:
            raise reported.stopped(context.log, error.findings) from None  # the cause may hold a password
        fetched[context.run.run_id] = sources
        return dg.MaterializeResult(
            asset_key=spec.key, metadata=_snapshots(sources), data_version=dg.DataVersion(sources.fingerprint)
        )

    return source


def _package(
    dataset: Dataset, places: Places, columns: dg.TableSchema, order: dict[str, str], fetched: Fetched
) -> dg.AssetsDefinition:
    slug = dataset.slug
    spec = described.spec(dataset, "package", [key(slug, "source")], columns, kinds=described.package_kinds(dataset))
    checks = package_checks(dataset)
    names = [check.name for check in checks]

    @dg.multi_asset(name=op_name(slug, "package"), specs=[spec], check_specs=checks, op_tags=order)
    def package(context: dg.AssetExecutionContext) -> Events:
        from pipelines.commands.build import Blocked, build

        workspace = places.workspace
        try:
            built = build(workspace, dataset, context.log.info, fetched.pop(context.run.run_id, None))
        except Blocked as error:
            yield from _results(spec.key, names, error.findings)
            raise reported.stopped(context.log, error.findings) from None
        except UserError as error:  # the tables could not even be built: no other check was made
            yield reported.check_result(spec.key, BUILD, error.findings)
            raise reported.stopped(context.log, error.findings) from None
        findings = _findings_of(workspace, built)
        reported.say_all(context.log, findings)
        yield from _results(spec.key, names, findings)
        yield _packaged(workspace, built, spec.key)

    return package


def _publication(
    dataset: Dataset, places: Places, columns: dg.TableSchema, order: dict[str, str]
) -> dg.AssetsDefinition:
    slug = dataset.slug
    spec = described.spec(
        dataset,
        "publication",
        [key(slug, "package")],
        columns,
        kinds={places.to.partition(":")[0]},
        freshness_policy=described.freshness(dataset.package.publica.cadence),
        skippable=True,  # where nothing is made public, nothing is claimed
    )
    checks = publication_checks(dataset)

    @dg.multi_asset(
        name=op_name(slug, "publication"),
        specs=[spec],
        check_specs=checks,
        op_tags=order,
        pool=pool(places.to),
        retry_policy=AGAIN,
    )
    def publication(context: dg.AssetExecutionContext, portal: PortalResource) -> Events:
        by_itself = any(tag in context.run.tags for tag in AUTOMATIC)
        yield from publish(context, portal.workspace(places), dataset, by_itself=by_itself)

    return publication


# --- source ---------------------------------------------------------------------------------------------------------


def _snapshots(sources: "Sources") -> reported.Metadata:
    columns = ["table", "file", "bytes", "sha256", "from"]
    records = [
        dg.TableRecord({"table": name, "file": s.name, "bytes": s.size, "sha256": s.sha256, "from": s.origin})
        for name, s in sources.snapshots.items()
    ]
    schema = dg.TableSchema([dg.TableColumn(name) for name in columns])
    return {
        "sources": dg.MetadataValue.table(records, schema),
        "bytes": sum(snapshot.size for snapshot in sources.snapshots.values()),
        "fingerprint": sources.fingerprint,
    }


# --- package --------------------------------------------------------------------------------------------------------


def _results(asset: dg.AssetKey, names: Sequence[str], findings: Sequence[Finding]) -> Iterator[dg.AssetCheckResult]:
    for name, found in by_family(findings, names).items():
        yield reported.check_result(asset, name, found)


def _findings_of(workspace: "Workspace", built: "Built") -> tuple[Finding, ...]:
    """What was found in the version that stands: now, or when it was made."""
    from pipelines.checks.verdict import Verdict

    archive, slug = workspace.archive, built.dataset.slug
    kept = archive.verdict(slug, archive.manifest(slug, built.number)["verdict"])
    return built.findings or (Verdict.from_json(kept).findings if kept else ())


def _packaged(workspace: "Workspace", built: "Built", asset: dg.AssetKey) -> dg.MaterializeResult[Any]:
    archive, slug = workspace.archive, built.dataset.slug
    manifest = archive.manifest(slug, built.number)
    metadata = {
        **reported.version(manifest),
        **reported.rows(manifest),
        "made": built.made,
        "dagster/column_lineage": described.package_lineage(built.dataset),
        "folder": dg.PathMetadataValue(str(archive.version_folder(slug, built.number).absolute())),
    }
    return dg.MaterializeResult(asset_key=asset, metadata=metadata, data_version=reported.data_version(workspace, slug))
