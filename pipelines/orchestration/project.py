"""All definitions of the project: every folder of `datapackages/`, whatever it holds, and a schedule for each cadence.

One dataset is in `assets.py`, one that does not load in `broken.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import dagster as dg

from pipelines.declaration.lineage import derived_from_catalogue, packages_read, reads_catalogue
from pipelines.declaration.load import load_all
from pipelines.errors import UserError
from pipelines.findings import Finding
from pipelines.orchestration.assets import dataset_definitions, version_spec
from pipelines.orchestration.broken import broken_definitions
from pipelines.orchestration.described import catalogue_spec
from pipelines.orchestration.names import CATALOGUE_KEY, key
from pipelines.orchestration.place import Places
from pipelines.orchestration.schedules import schedules


def project_definitions(places: Places) -> dg.Definitions:
    """Everything that Dagster loads. No mistake in a declaration raises: it becomes a failing asset."""
    try:
        catalogue = load_all(places.datapackages)
    except UserError as error:  # no folder at all, or shared lists that are broken
        return broken_definitions("_shared", error.findings)
    reads = {
        slug: set(packages_read(dataset)) & catalogue.datasets.keys() for slug, dataset in catalogue.datasets.items()
    }
    ranks = _ranks(reads)
    broken = {slug: [_circle(slug, reads)] for slug in catalogue.datasets.keys() - ranks.keys()}
    datasets = [dataset for slug, dataset in catalogue.datasets.items() if slug in ranks]
    listed = sorted(ranks.keys() - derived_from_catalogue(catalogue.datasets))
    measuring = {dataset.slug for dataset in datasets if reads_catalogue(dataset)}
    # What reads the catalogue goes last: its rank is as if it read all that is listed there.
    ranks = _ranks({slug: reads[slug] | set(listed if slug in measuring else ()) for slug in ranks})
    read = set[str]().union(*(reads[dataset.slug] for dataset in datasets))
    return dg.Definitions.merge(
        *(broken_definitions(folder, findings) for folder, findings in {**catalogue.broken, **broken}.items()),
        *(
            dataset_definitions(each, places, _deps(reads[each.slug], each.slug in measuring), ranks[each.slug])
            for each in datasets
        ),
        dg.Definitions(
            assets=[
                *(version_spec(catalogue.datasets[slug]) for slug in sorted(read)),
                *([catalogue_spec(key(slug, "publication") for slug in listed)] if measuring else []),
            ],
            schedules=schedules(each.package.publica.cadence for each in datasets),
            executor=dg.in_process_executor,
        ),
    )


def _deps(reads: Iterable[str], of_catalogue: bool) -> list[dg.AssetKey]:
    """What the sources of a dataset depend on that others make."""
    return [*(key(other, "version") for other in sorted(reads)), *([CATALOGUE_KEY] if of_catalogue else [])]


def _ranks(reads: Mapping[str, set[str]]) -> dict[str, int]:
    """How long the chain is that each dataset reads; those that read in a circle, or read such, have none."""
    ranks: dict[str, int] = {}
    while ready := [slug for slug in reads.keys() - ranks.keys() if reads[slug] <= ranks.keys()]:
        ranks |= {slug: max((ranks[other] + 1 for other in reads[slug]), default=0) for slug in ready}
    return ranks


def _circle(slug: str, reads: Mapping[str, set[str]]) -> Finding:
    """A dataset without a rank reads one without a rank; following those comes round in the end."""
    ranks, walked = _ranks(reads), [slug]
    while (following := min(reads[walked[-1]] - ranks.keys())) not in walked:
        walked.append(following)
    circle = " -> ".join([*walked, following])
    return Finding("datasets-in-a-circle", params={"circle": circle}, dataset=slug)
