"""A source that lies beside its declaration, in the same folder and never outside it."""

from __future__ import annotations

import os
from dataclasses import replace

from pipelines.archive.archive import Archive
from pipelines.declaration.dataset import Dataset
from pipelines.declaration.paths import path_fault
from pipelines.errors import UserError
from pipelines.findings import Place
from pipelines.sources.refusal import refused
from pipelines.sources.snapshot import Snapshot, keep


def fetch_file(dataset: Dataset, path: str, archive: Archive, place: Place) -> Snapshot:
    """Keep the file at `path` in the dataset's folder. Raises UserError where there is none, or none to be had."""
    target = dataset.folder / path
    try:
        if fault := path_fault(dataset.folder, path):
            raise UserError(replace(fault, place=place))
        os.close(os.open(target, os.O_RDONLY))  # asked first: what goes wrong below is the archive's, not the source's
    except OSError as error:
        raise refused("source-unreadable", place, path=path, reason=error.strerror or "") from None
    return keep(archive, dataset.slug, target, target.name, f"{dataset.slug}/{path}", place)
