"""A source that is the portal's own catalogue: every public version of every dataset, as plain CSV.

What stands there is handed down by whoever may ask the portal; this room may not. It never holds anything private:
neither addresses on disk nor what was withdrawn or erased.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath

from pipelines.archive.archive import Archive
from pipelines.findings import Place
from pipelines.sources.snapshot import Snapshot, keep

COLUMNS = ("dataset", "organization", "title", "version", "published", "current")


@dataclass(frozen=True)
class ListedVersion:
    """A public version of a dataset. `organization` and `title` (English) are those that the dataset has today."""

    dataset: str
    organization: str
    title: str
    version: str
    published: datetime  # with its zone: when it was first published on this portal
    current: bool


Listing = Callable[[], Iterable[ListedVersion]]


def fetch_catalogue(
    slug: str, versions: Iterable[ListedVersion], path: str, archive: Archive, place: Place
) -> Snapshot:
    """Keep the versions as CSV under the name of `path`, sorted, so that the same catalogue gives the same bytes."""
    rows = sorted(_row(version) for version in versions)
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([COLUMNS, *rows])
    name = PurePosixPath(path).name
    return keep(archive, slug, out.getvalue().encode(), name, "the portal's own catalogue", place)


def _row(version: ListedVersion) -> tuple[str, ...]:
    published = version.published.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    current = "true" if version.current else "false"
    return version.dataset, version.organization, version.title, version.version, published, current
