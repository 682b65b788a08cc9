"""A look at every public byte and row of a dataset on a CKAN portal, as a stranger: is it what its metadata say?

Edits of the metadata themselves are found in `work.py`. Nothing is changed here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipelines.findings import Finding, Severity
from pipelines.portals.ckan import ids
from pipelines.portals.ckan.adopted import has_table, kept_rows
from pipelines.portals.ckan.api import Refused, Unsure
from pipelines.portals.ckan.files import file_of
from pipelines.portals.ckan.preflight import explained
from pipelines.portals.ckan.view import Value

if TYPE_CHECKING:
    from pipelines.portals.ckan.rows import Held
    from pipelines.portals.ckan.site import Site
    from pipelines.portals.ckan.tables import TableSpec
    from pipelines.portals.gate import CheckedVersion
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
            if held.get(ids.SHA256) and not _is_whole(site, held):
                path = f"{slug}/{held[ids.KEY]}"
                findings.append(Finding("portal-edited", dataset=slug, params={"path": path}))
            if site.portal.datastore and has_table(held):
                findings += [finding.within(dataset=slug) for finding in _rows(site, slug, held, archived)]
                findings += [finding.within(dataset=slug) for finding in _unflagged(held)]
    except (Refused, Unsure) as error:
        raise explained(error, slug) from None
    return findings


def _is_whole(site: Site, resource: Value) -> bool:
    try:
        return site.api.download(resource["url"]).sha256 == resource.get(ids.SHA256)
    except Refused:
        return False


def _unflagged(resource: Value) -> list[Finding]:
    """A table that the portal does not know of: whoever has its id can read it, and no page shows it."""
    if not resource.get(ids.COLUMNS) or resource.get("datastore_active"):
        return []
    params = {"field": f"resources.{resource[ids.KEY]}.datastore_active", "ours": "true", "theirs": "false"}
    return [Finding("portal-metadata-edited", params=params)]


def _rows(site: Site, slug: str, resource: Value, archived: Archived) -> list[Finding]:
    from pipelines.portals.ckan.rows import read_table

    number, name = str(resource[ids.VERSION]), str(resource[ids.KEY]).partition("/")[0]
    version = archived(number)
    if version is None:
        return [Finding("ckan-not-compared", Severity.INFO, resource=name, params={"version": number})]
    held = read_table(site.api, resource["id"])
    if held is None:
        return [Finding("portal-deleted", dataset=slug, params={"path": f"{slug}/{name} (DataStore)"})]
    return [finding.within(resource=name) for finding in table_edits(site, held, resource, version)]


def table_edits(
    site: Site, held: Held, resource: Value, version: CheckedVersion, moving_to: Sequence[TableSpec] = ()
) -> list[Finding]:
    """What of a table is of no version: columns, words of its dictionary, cells and rows.

    `resource`: as it is listed, of `version`. `moving_to`: what publications that died may have left some of.
    """
    from pipelines.portals.ckan.by_hand import foreign_columns, foreign_rows
    from pipelines.portals.ckan.columns import without_key
    from pipelines.portals.ckan.rows import rows_of

    _, before = file_of(version, resource, site.portal.language)
    specs = [spec for spec in (before, *moving_to) if spec]
    if not specs:
        return []
    emptied = () if site.portal.delete_fields else held.emptied  # such a portal cannot take columns away
    columns = [(*form, *emptied) for spec in specs for form in (without_key(spec.columns), spec.columns)]
    kept = kept_rows(version, resource)
    rows = [] if kept is None else [kept]
    rows += [rows_of(spec.csv, held.columns) for spec in specs if kept is None or spec is not before]
    return foreign_columns(held, columns) + foreign_rows(held, rows, specs[-1].key)
