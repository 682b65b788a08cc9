"""What `[slug, publication]` does: shows the version that was built, if somebody says yes, and tells what came of it.

A person who materialises the asset has said yes; a run that started by itself says yes only to what is routine. Neither
gets past the gate, which is in `portals/gate.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg

from pipelines.declaration.dataset import Dataset
from pipelines.errors import UserError
from pipelines.findings import Finding
from pipelines.orchestration import described, reported
from pipelines.orchestration.families import PUBLIC, READ_BACK
from pipelines.orchestration.names import key

if TYPE_CHECKING:
    from pipelines.commands.publish import Outcome
    from pipelines.commands.workspace import Workspace
    from pipelines.portals.receipt import Receipt

Events = Iterator[dg.AssetCheckResult | dg.MaterializeResult[Any]]


def publish(context: dg.AssetExecutionContext, workspace: Workspace, dataset: Dataset, *, by_itself: bool) -> Events:
    """Publish, and report. Where the version waits for a person or is held, nothing is materialised, nothing fails."""
    asset = key(dataset.slug, "publication")
    try:
        outcome = _show(context, workspace, dataset, by_itself=by_itself)
    except UserError as error:
        wrong = [finding for finding in error.findings if finding.code.startswith(("portal-", "ckan-"))]
        yield reported.check_result(asset, READ_BACK if wrong else PUBLIC, error.findings)
        raise reported.stopped(context.log, error.findings) from None
    if outcome.status in ("waits", "held"):
        yield from _not_public(context, workspace, outcome, asset)
    else:
        yield from _public(workspace, dataset, outcome, asset)


def _show(context: dg.AssetExecutionContext, workspace: Workspace, dataset: Dataset, *, by_itself: bool) -> Outcome:
    from pipelines.commands.build import Built
    from pipelines.commands.publish import only_routine, person_said_yes, show

    built = workspace.archive.state(dataset.slug).built
    if built is None:
        raise UserError(Finding("nothing-to-publish", dataset=dataset.slug))
    ask = only_routine if by_itself else person_said_yes
    outcome = show(workspace, Built(dataset, built, made=False), ask, context.log.info)
    if outcome.status == "published":
        workspace.portal.refresh()
    return outcome


def _not_public(
    context: dg.AssetExecutionContext, workspace: Workspace, outcome: Outcome, asset: dg.AssetKey
) -> Events:
    shown = workspace.archive.state(outcome.slug).on(workspace.portal_name).version
    metadata: reported.Metadata = {"status": outcome.status, "version": outcome.version or "", "public": shown or ""}
    reported.say_all(context.log, outcome.findings)
    context.log_event(dg.AssetObservation(asset_key=asset, metadata={**metadata, **reported.told(outcome.findings)}))
    yield reported.check_result(asset, PUBLIC, outcome.findings, metadata, passed=False)
    yield _looked_at(workspace, outcome.slug, asset)


def _public(workspace: Workspace, dataset: Dataset, outcome: Outcome, asset: dg.AssetKey) -> Events:
    archive, slug, number = workspace.archive, dataset.slug, str(outcome.version)
    manifest = archive.manifest(slug, number)
    status = {"status": outcome.status, "version": number}
    address = workspace.portal.address(slug)
    page = dg.UrlMetadataValue(address) if "://" in address else dg.PathMetadataValue(str(Path(address).absolute()))
    yield reported.check_result(asset, PUBLIC, [], status)
    yield reported.check_result(asset, READ_BACK, [], _read_back(_receipt(workspace, slug)))
    metadata: reported.Metadata = {
        **status,
        "page": page,
        **reported.version(manifest),
        **reported.rows(manifest),
        "dagster/column_lineage": described.publication_lineage(dataset),
    }
    yield dg.MaterializeResult(asset_key=asset, metadata=metadata, data_version=reported.data_version(workspace, slug))


def _looked_at(workspace: Workspace, slug: str, asset: dg.AssetKey) -> dg.AssetCheckResult:
    """Where nothing is to be written: whether what stands there is still what was written last."""
    last = _receipt(workspace, slug)
    if last is None:
        return reported.check_result(asset, READ_BACK, [], {"files": 0})
    return reported.check_result(asset, READ_BACK, workspace.portal.drift(slug, last[0]), _read_back(last))


def _receipt(workspace: Workspace, slug: str) -> tuple[Receipt, datetime] | None:
    """The receipt of the last write to the portal, and when it was; None where there was none."""
    from pipelines.portals.receipt import Receipt

    number = workspace.archive.state(slug).on(workspace.portal_name).receipt
    if number is None:
        return None
    entry = workspace.archive.ledger(slug).entry(number)
    return Receipt.from_json(entry.data["receipt"]), entry.at


def _read_back(last: tuple[Receipt, datetime] | None) -> reported.Metadata:
    if last is None:
        return {}
    receipt, at = last
    read = sum(file.bytes for file in receipt.files)
    return {
        "files": len(receipt.files),
        "bytes": read,
        "signature": receipt.signature,
        "written": at.isoformat(timespec="seconds"),
    }
