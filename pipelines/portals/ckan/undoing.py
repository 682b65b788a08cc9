"""What has to be written to take back a change of a dataset on a CKAN portal that did not read back as it was written.

When that is done is decided in `publication.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.portals.ckan import ids
from pipelines.portals.ckan.desired import Desired, as_it_was
from pipelines.portals.ckan.files import File, file_of
from pipelines.portals.ckan.site import Site
from pipelines.portals.ckan.view import SIGNATURE, Value, extras
from pipelines.portals.ckan.work import Work, work
from pipelines.portals.portal import Archived

if TYPE_CHECKING:
    from pipelines.portals.ckan.tables import TableSpec


def undoing(site: Site, archived: Archived, done: Work, before: Value, now: Value) -> Work:
    """What has to be written so that `now` is again as `before`: only what was touched, as the archive has it."""
    touched = {file.id for file in (*done.new, *done.uploads)} | {table.spec.id for table in done.tables}
    files: dict[str, File] = {}
    specs: list[TableSpec] = []
    for held in before["resources"]:
        version = archived(str(held.get(ids.VERSION))) if held["id"] in touched else None
        if version is None:
            continue
        file, spec = file_of(version, held, site.portal.language)
        files |= {file.id: file} if file else {}
        if spec and any(table.spec.id == spec.id for table in done.tables):
            specs.append(spec)
    dataset = as_it_was(before, site.portal)
    want = Desired(dataset, extras(before).get(SIGNATURE, ""), files, tuple(specs))
    return work(site, done.slug, now, want, archived, str(before.get("version") or ""), overwrite=True)
