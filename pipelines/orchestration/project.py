"""All definitions of the project: every folder of `datapackages/`, whatever it holds, and a schedule for each cadence.

One dataset is in `assets.py`, one that does not load in `broken.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter

import dagster as dg

from pipelines.declaration.dataset import Dataset
from pipelines.declaration.load import Catalogue, load_all
from pipelines.declaration.model import DerivedSource, PackageSource
from pipelines.errors import UserError
from pipelines.findings import Finding
from pipelines.orchestration.assets import dataset_definitions
from pipelines.orchestration.broken import broken_definitions
from pipelines.orchestration.names import key
from pipelines.orchestration.place import Places
from pipelines.orchestration.schedules import schedules


def project_definitions(places: Places) -> dg.Definitions:
    """Everything that Dagster loads. No mistake in a declaration raises: it becomes a failing asset."""
    try:
        catalogue = load_all(places.datapackages)
    except UserError as error:  # no folder at all, or shared lists that are broken
        return broken_definitions("_shared", error.findings)
    reads = {slug: _reads(dataset, catalogue) for slug, dataset in catalogue.datasets.items()}
    ranks, circles = _ranks(reads)
    broken = {**catalogue.broken, **circles}
    datasets = {slug: dataset for slug, dataset in catalogue.datasets.items() if slug in ranks}
    return dg.Definitions.merge(
        *(broken_definitions(folder, findings) for folder, findings in broken.items()),
        *(dataset_definitions(d, places, [key(s, "version") for s in reads[slug]], ranks[slug]) for slug, d in datasets.items()),
        dg.Definitions(
            schedules=schedules(dataset.package.publica.cadence for dataset in datasets.values()),
            executor=dg.in_process_executor,
        ),
    )
