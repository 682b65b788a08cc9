"""A source that is a table of another dataset: the CSV of its version that stands, as the archive holds it."""

from __future__ import annotations

from pipelines.archive.archive import Archive
from pipelines.declaration.model import PackageSource
from pipelines.findings import Place
from pipelines.sources.refusal import refused
from pipelines.sources.snapshot import Snapshot, keep
from pipelines.text import nearest


def fetch_table(slug: str, source: PackageSource, archive: Archive, place: Place) -> Snapshot:
    """Keep the published CSV of the other dataset's table, for `slug`. Raises UserError where there is none."""
    number = archive.current(source.package)
    if number is None:
        raise refused("package-without-version", place, package=source.package)
    inside = f"package/data/{source.resource}.csv"
    path = archive.version_folder(source.package, number) / inside
    where = {"package": source.package, "version": number, "table": source.resource}
    if not path.is_file():
        known = sorted(file.stem for file in path.parent.glob("*.csv"))
        params = {**where, "nearest": nearest(source.resource, known) or "-", "known": ", ".join(known) or "-"}
        raise refused("package-without-table", place, **params)
    snapshot = keep(archive, slug, path, path.name, f"{source.package} {number}, {source.resource}", place)
    files = {file["path"]: file["sha256"] for file in archive.manifest(source.package, number)["files"]}
    if files.get(inside) != snapshot.sha256:
        raise refused("package-changed", place, **where)
    return snapshot
