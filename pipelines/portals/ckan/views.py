"""The view that shows a table on a CKAN portal's pages. `package_revise` makes none, so they are made here.

A view is for eyes only: where one cannot be made, the publication stands.
"""

from __future__ import annotations

from pipelines.portals.ckan.api import Refused, Unsure
from pipelines.portals.ckan.view import Value
from pipelines.portals.ckan.work import Site, Work


def ensure_views(site: Site, work: Work) -> None:
    """Have a view for each table that is new."""
    if site.portal.view is None:
        return
    for table in work.tables:
        if table.create:
            _ensure(site, table.spec.id, site.portal.view, fresh=work.create)


def _ensure(site: Site, resource: str, kind: str, *, fresh: bool) -> None:
    try:
        there: list[Value] = [] if fresh else site.api.ask("resource_view_list", id=resource)
        if not any(held["view_type"] == kind for held in there):
            title = {"en": "Table", "ro": "Tabel", "ru": "Таблица"}[site.portal.language]
            site.api.tell("resource_view_create", {"resource_id": resource, "view_type": kind, "title": title})
    except (Refused, Unsure):
        return
