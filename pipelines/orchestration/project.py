"""All definitions of the project: every folder of `datapackages/`, whatever it holds, and a schedule for each cadence.

One dataset is in `assets.py`, one that does not load in `broken.py`.
"""

from __future__ import annotations

from collections.abc import Iterable

import dagster as dg

from pipelines.declaration.lineage import derived_from_catalogue, packages_read, ranks, reads_catalogue
from pipelines.declaration.load import Catalogue, load_all
from pipelines.errors import UserError
from pipelines.memory import keeping
from pipelines.orchestration.assets import dataset_definitions, version_spec
from pipelines.orchestration.broken import broken_definitions
from pipelines.orchestration.described import catalogue_spec
from pipelines.orchestration.names import CATALOGUE_KEY, key
from pipelines.orchestration.place import Places
from pipelines.orchestration.portal import PortalResource
from pipelines.orchestration.schedules import schedules


def project_definitions(places: Places) -> dg.Definitions:
    """Everything that Dagster loads. No mistake in a declaration raises: it becomes a failing asset."""
    with keeping():
        try:
            return _definitions(load_all(places.datapackages), places)
        except UserError as error:  # no folder at all, or shared lists that are broken
            return broken_definitions("_shared", error.findings)


def _definitions(catalogue: Catalogue, places: Places) -> dg.Definitions:
    reads = {
        slug: set(packages_read(dataset)) & catalogue.datasets.keys() for slug, dataset in catalogue.datasets.items()
    }
    datasets = list(catalogue.datasets.values())
    listed = sorted(reads.keys() - derived_from_catalogue(catalogue.datasets))
    measuring = {dataset.slug for dataset in datasets if reads_catalogue(dataset)}
    # What reads the catalogue goes last: its rank is as if it read all that is listed there.
    rank = ranks({slug: reads[slug] | set(listed if slug in measuring else ()) for slug in reads})
    read = set[str]().union(*reads.values())
    return dg.Definitions.merge(
        *(broken_definitions(folder, findings) for folder, findings in catalogue.broken.items()),
        *(
            dataset_definitions(each, places, _deps(reads[each.slug], each.slug in measuring), rank[each.slug])
            for each in datasets
        ),
        dg.Definitions(
            assets=[
                *(version_spec(catalogue.datasets[slug]) for slug in sorted(read)),
                *([catalogue_spec(key(slug, "publication") for slug in listed)] if measuring else []),
            ],
            schedules=schedules(each.package.publica.cadence for each in datasets),
            resources={"portal": PortalResource(address=places.to)},
            executor=dg.in_process_executor,
        ),
    )


def _deps(reads: Iterable[str], of_catalogue: bool) -> list[dg.AssetKey]:
    """What the sources of a dataset depend on that others make."""
    return [*(key(other, "version") for other in sorted(reads)), *([CATALOGUE_KEY] if of_catalogue else [])]
