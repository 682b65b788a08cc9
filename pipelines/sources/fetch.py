"""From a declaration to a snapshot: asks the right origin for the bytes.

One file per origin in `origins/`. Tables that a transform computes have no source of their own and do not come here.
"""

from __future__ import annotations

from dataclasses import replace

from pipelines.archive.archive import Archive
from pipelines.declaration.dataset import DECLARATION, Dataset
from pipelines.declaration.model import CatalogueSource, PackageSource, Resource, SqlSource
from pipelines.declaration.paths import is_web_address
from pipelines.errors import UserError
from pipelines.findings import Place
from pipelines.sources.origins.catalogue import Listing
from pipelines.sources.snapshot import Snapshot


def fetch(dataset: Dataset, resource: Resource, archive: Archive, catalogue: Listing) -> Snapshot:
    """The source of `resource` as it is now, kept in `archive`. Raises UserError.

    `catalogue` gives what the portal lists, which this room cannot ask it itself; it is called where a source is that.
    """
    somewhere = Place(f"{dataset.slug}/{DECLARATION}")
    try:
        return _fetch(dataset, resource, archive, catalogue, somewhere)
    except UserError as error:
        there = dataset.place("resources", dataset.package.resources.index(resource), "path")
        told = [replace(each, place=there) if each.place == somewhere else each for each in error.findings]
    # out here, so that what caused it does not hang on it: that may hold an address with a password
    raise UserError(each.within(dataset=dataset.slug, resource=resource.name) for each in told)


def _fetch(dataset: Dataset, resource: Resource, archive: Archive, catalogue: Listing, place: Place) -> Snapshot:
    match resource.publica.source:
        case SqlSource() as query:
            from pipelines.sources.origins.sql import fetch_query

            return fetch_query(dataset.slug, query, resource.path, archive, place)
        case PackageSource() as table:
            from pipelines.sources.origins.package import fetch_table

            return fetch_table(dataset.slug, table, archive, place)
        case CatalogueSource():
            from pipelines.sources.origins.catalogue import fetch_catalogue

            return fetch_catalogue(dataset.slug, catalogue(), resource.path, archive, place)
        case _ if is_web_address(resource.path):
            from pipelines.sources.origins.url import fetch_url

            return fetch_url(dataset.slug, resource.path, archive, place)
        case _:
            from pipelines.sources.origins.file import fetch_file

            return fetch_file(dataset, resource.path, archive, place)
