"""All definitions of the project: every folder of `datapackages/`, whatever it holds, and a schedule for each cadence.

One dataset is in `assets.py`, one that does not load in `broken.py`.
"""

from __future__ import annotations

from collections.abc import Mapping

import dagster as dg

from pipelines.declaration.dataset import Dataset
from pipelines.declaration.load import load_all
from pipelines.declaration.model import DerivedSource, PackageSource
from pipelines.errors import UserError
from pipelines.findings import Finding
from pipelines.orchestration.assets import dataset_definitions, version_spec
from pipelines.orchestration.broken import broken_definitions
from pipelines.orchestration.place import Places
from pipelines.orchestration.schedules import schedules


def project_definitions(places: Places) -> dg.Definitions:
    """Everything that Dagster loads. No mistake in a declaration raises: it becomes a failing asset."""
    try:
        catalogue = load_all(places.datapackages)
    except UserError as error:  # no folder at all, or shared lists that are broken
        return broken_definitions("_shared", error.findings)
    reads = {slug: _reads(dataset) & catalogue.datasets.keys() for slug, dataset in catalogue.datasets.items()}
    ranks = _ranks(reads)
    broken = {slug: [_circle(slug, reads)] for slug in catalogue.datasets.keys() - ranks.keys()}
    datasets = [dataset for slug, dataset in catalogue.datasets.items() if slug in ranks]
    read = set[str]().union(*(reads[dataset.slug] for dataset in datasets))
    return dg.Definitions.merge(
        *(broken_definitions(folder, findings) for folder, findings in {**catalogue.broken, **broken}.items()),
        *(dataset_definitions(each, places, sorted(reads[each.slug]), ranks[each.slug]) for each in datasets),
        dg.Definitions(
            assets=[version_spec(catalogue.datasets[slug]) for slug in sorted(read)],
            schedules=schedules(each.package.publica.cadence for each in datasets),
            executor=dg.in_process_executor,
        ),
    )


def _reads(dataset: Dataset) -> set[str]:
    """The other datasets whose newest versions this one is made from."""
    sources = [resource.publica.source for resource in dataset.package.resources]
    tables = [table for source in sources if isinstance(source, DerivedSource) for table in source.tables]
    return {
        *(source.package for source in sources if isinstance(source, PackageSource)),
        *(table.split("/")[0] for table in tables if "/" in table),
    }


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
