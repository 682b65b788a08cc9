"""Which datasets are made from which: from the tables of others, or from the portal's own catalogue.

What is asked here comes from the declarations alone. In which order they are published is in `commands/workspace.py`,
how it is shown in `orchestration/project.py`.
"""

from __future__ import annotations

from collections.abc import Mapping

from pipelines.declaration.dataset import Dataset
from pipelines.declaration.model import CatalogueSource, DerivedSource, PackageSource
from pipelines.findings import Finding


def packages_read(dataset: Dataset) -> list[str]:
    """The other datasets whose newest versions this one is made from, sorted."""
    found: set[str] = set()
    for resource in dataset.package.resources:
        source = resource.publica.source
        if isinstance(source, PackageSource):
            found.add(source.package)
        elif isinstance(source, DerivedSource):
            found.update(table.split("/")[0] for table in source.tables if "/" in table)
    return sorted(found)


def reads_catalogue(dataset: Dataset) -> bool:
    """Whether a table of the dataset is what the portal itself lists."""
    return any(isinstance(resource.publica.source, CatalogueSource) for resource in dataset.package.resources)


def derived_from_catalogue(datasets: Mapping[str, Dataset]) -> frozenset[str]:
    """The datasets that read the portal's catalogue, and those made from them, however far.

    The catalogue as a source leaves them out, so that publishing them does not change what they are made from; and so
    nothing that the catalogue lists can be made from it, and no circle can come of it.
    """
    derived = {slug for slug, dataset in datasets.items() if reads_catalogue(dataset)}
    while more := {slug for slug, each in datasets.items() if derived & set(packages_read(each))} - derived:
        derived |= more
    return frozenset(derived)


def all_read(datasets: Mapping[str, Dataset], slug: str) -> frozenset[str]:
    """The datasets that `slug` is made from, those that these are made from, and so on. Itself only in a circle."""
    found: set[str] = set()
    waiting = [slug]
    while waiting:
        each = datasets.get(waiting.pop())
        fresh = set(packages_read(each)) - found if each else set[str]()
        found |= fresh
        waiting += fresh
    return frozenset(found)


def ranks(reads: Mapping[str, set[str]]) -> dict[str, int]:
    """How long the chain is that each dataset reads; those that read in a circle, or read such, have none."""
    found: dict[str, int] = {}
    while ready := [slug for slug in reads.keys() - found.keys() if reads[slug] <= found.keys()]:
        found |= {slug: max((found[other] + 1 for other in reads[slug]), default=0) for slug in ready}
    return found


def circles(datasets: Mapping[str, Dataset]) -> dict[str, Finding]:
    """A finding for each dataset that can never be made, because what it reads reads itself in the end."""
    reads = {slug: set(packages_read(dataset)) & datasets.keys() for slug, dataset in datasets.items()}
    possible = ranks(reads)
    return {slug: _circle(slug, reads, possible) for slug in sorted(reads.keys() - possible.keys())}


def _circle(slug: str, reads: Mapping[str, set[str]], possible: Mapping[str, int]) -> Finding:
    """A dataset without a rank reads one without a rank; following those comes round in the end."""
    walked = [slug]
    while (following := min(reads[walked[-1]] - possible.keys())) not in walked:
        walked.append(following)
    circle = " -> ".join([*walked, following])
    return Finding("datasets-in-a-circle", params={"circle": circle}, dataset=slug)
