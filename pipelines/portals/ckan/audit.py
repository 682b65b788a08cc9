"""A look at every public byte and row of a dataset on a CKAN portal, as a stranger: is it what its metadata say?

Edits of the metadata themselves are found in `work.py`. Nothing is changed here.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.findings import Finding, Severity
from pipelines.portals.ckan import ids
from pipelines.portals.ckan.api import Refused, Unsure
from pipelines.portals.ckan.preflight import explained
from pipelines.portals.ckan.view import Value

if TYPE_CHECKING:
    from pipelines.portals.ckan.work import Site
    from pipelines.portals.portal import Archived


def audit(site: Site, slug: str, show: Value, archived: Archived) -> list[Finding]:
    """What differs, one finding per file and table. A table is compared with its version in the archive.

    Raises UserError where the portal cannot be asked.
    """
    findings: list[Finding] = []
    try:
        for held in show["resources"]:
            if not held.get(ids.KEY):
                continue
            if not _is_whole(site, held):
                path = f"{slug}/{held[ids.KEY]}"
                findings.append(Finding("portal-edited", dataset=slug, params={"path": path}))
            if site.portal.datastore and str(held[ids.KEY]).endswith("/csv"):
                findings += [finding.within(dataset=slug) for finding in _rows(site, slug, held, archived)]
    except (Refused, Unsure) as error:
        raise explained(error, slug) from None
    return findings


def _is_whole(site: Site, resource: Value) -> bool:
    try:
        return site.api.download(resource["url"]).sha256 == resource.get(ids.SHA256)
    except Refused:
        return False


def _rows(site: Site, slug: str, resource: Value, archived: Archived) -> list[Finding]:
    from pipelines.portals.ckan.rows import read_table, rows_of
    from pipelines.portals.ckan.tables import foreign_rows

    number, name = str(resource[ids.VERSION]), str(resource[ids.KEY]).partition("/")[0]
    version = archived(number)
    if version is None:
        return [Finding("ckan-not-compared", Severity.INFO, resource=name, params={"version": number})]
    held = read_table(site.api, resource["id"])
    if held is None:
        return [Finding("portal-deleted", dataset=slug, params={"path": f"{slug}/{name} (DataStore)"})]
    path: Path = version.folder / "package" / "data" / f"{name}.csv"
    return foreign_rows(held, [rows_of(path, held.columns)], held.key)
