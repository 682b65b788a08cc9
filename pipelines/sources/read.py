"""From a snapshot's bytes to a raw table: finds the reader of its format.

Each module of `formats/` reads one format and is found by its name; nothing else knows which there are.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pipelines.declaration.model import CatalogueSource, PackageSource, Resource, SqlSource
from pipelines.errors import UserError
from pipelines.findings import Place
from pipelines.sources.formats import format_names, reader
from pipelines.sources.raw import RawTable, joined
from pipelines.sources.refusal import refused
from pipelines.sources.snapshot import Snapshot


def read(snapshot: Snapshot, resource: Resource) -> RawTable:
    """The cells of `snapshot`, read as `resource` declares. Raises UserError with every fault found."""
    return joined(batches(snapshot, resource))


def batches(snapshot: Snapshot, resource: Resource) -> Iterator[RawTable]:
    """The same, some rows at a time. Some faults are raised only after the last of them."""
    resource = _as_fetched(resource)
    name = resource.format or Path(snapshot.name).suffix.lower().removeprefix(".")
    try:
        if name not in format_names():
            raise refused(
                "format-unknown", Place(file=snapshot.name), format=name or "-", known=", ".join(format_names())
            )
        yield from reader(name)(snapshot, resource)
    except UserError as error:
        raise UserError(finding.within(resource=resource.name) for finding in error.findings) from None


def _as_fetched(resource: Resource) -> Resource:
    """What we wrote ourselves (from a query, another package, the catalogue) is plain CSV, whatever is declared."""
    if not isinstance(resource.publica.source, SqlSource | PackageSource | CatalogueSource):
        return resource
    plain: dict[str, object] = {"name": resource.name, "path": resource.path, "format": "csv"}
    return Resource.model_validate({**plain, "schema": resource.schema_})
