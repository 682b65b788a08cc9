"""What a stranger is given after a change of a dataset on a CKAN portal, compared with what was written.

Nothing is changed here; what is done about a difference is in `publication.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.findings import Finding
from pipelines.portals.ckan.api import Refused, Unsure
from pipelines.portals.ckan.files import File
from pipelines.portals.ckan.moving import moving
from pipelines.portals.ckan.preflight import explained
from pipelines.portals.ckan.site import Site
from pipelines.portals.ckan.view import MOVING, Value, edits
from pipelines.portals.ckan.work import Work

if TYPE_CHECKING:
    from pipelines.portals.ckan.tables import TableSpec


def read_back(site: Site, work: Work) -> tuple[Value, list[Finding]]:
    """The dataset as strangers are told it, and what of it is not as it was written. Raises UserError."""
    slug = work.slug
    try:
        show: Value = site.api.ask_as_stranger("package_show", id=slug)
    except Refused:
        return {}, [Finding("portal-read-back", dataset=slug, params={"path": slug})]
    except Unsure as error:
        raise explained(error, slug) from None
    findings = [
        finding if finding.code != "portal-metadata-edited" else _unlike(slug, str(finding.params["field"]))
        for finding in edits(slug, site.view(work.want.dataset), site.view(show))
    ]
    if moving(show):
        findings.append(_unlike(slug, MOVING))
    shown = {held["id"]: held for held in show["resources"]}
    findings += [
        _unlike(slug, file.name)
        for file in (*work.new, *work.uploads)
        if file.id not in shown or not _arrives(site, shown[file.id], file)
    ]
    findings += [_unlike(slug, f"{key} (DataStore)") for key in work.drops if _table_is_there(site, key)]
    return show, findings + _unlike_tables(site, work)


def _arrives(site: Site, resource: Value, file: File) -> bool:
    try:
        return site.api.download(resource["url"]).sha256 == file.sha256
    except Refused:
        return False
    except Unsure as error:
        raise explained(error) from None


def _table_is_there(site: Site, key: str) -> bool:
    try:
        site.api.ask_as_stranger("datastore_info", id=key)
        return True
    except Refused:
        return False
    except Unsure as error:
        raise explained(error) from None


def _unlike_tables(site: Site, work: Work) -> list[Finding]:
    """Tables that were read back where strangers could not look yet: that these see the same columns and rows."""
    if not work.hidden:
        return []
    return [
        _unlike(work.slug, f"{table.spec.csv.name} (DataStore)")
        for table in work.tables
        if not _opens(site, work.slug, table.spec)
    ]


def _opens(site: Site, slug: str, spec: TableSpec) -> bool:
    try:
        told = site.api.ask_as_stranger("datastore_search", resource_id=spec.id, limit=0)
    except Refused:
        return False
    except Unsure as error:
        raise explained(error, slug) from None
    fields: list[Value] = told["fields"]
    shown = {each["id"]: each["type"] for each in fields}
    wanted = {column.name: column.type for column in spec.columns}
    return wanted.items() <= shown.items() and told["total"] == spec.rows.height


def _unlike(slug: str, path: str) -> Finding:
    return Finding("portal-read-back", dataset=slug, params={"path": f"{slug}/{path}"})
