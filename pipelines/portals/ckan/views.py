"""The view that shows a table on a CKAN portal's pages. `package_revise` makes none, so they are made here.

They are made before the switch, so that whoever takes over from a publisher that died finds an announcement and makes
what is missing. A view is for eyes only: where one cannot be made, the publication stands.
"""

from __future__ import annotations

from pipelines.portals.ckan.api import Refused, Unsure
from pipelines.portals.ckan.moving import moving
from pipelines.portals.ckan.site import Site
from pipelines.portals.ckan.view import Value
from pipelines.portals.ckan.work import Work

TRIES = 3


def ensure_views(site: Site, work: Work) -> None:
    """Have a view for each table that is new, or that an attempt before this one may have made."""
    if site.portal.view is None:
        return
    made = {table.spec.id for table in work.tables if table.create}
    for spec in work.want.tables:
        if spec.id in made or moving(work.present):
            _ensure(site, spec.id, site.portal.view, fresh=work.create)


def _ensure(site: Site, resource: str, kind: str, *, fresh: bool) -> None:
    for n in range(TRIES):
        try:
            there: list[Value] = [] if fresh and not n else site.api.ask("resource_view_list", id=resource)
            if not any(held["view_type"] == kind for held in there):
                title = {"en": "Table", "ro": "Tabel", "ru": "Таблица"}[site.portal.language]
                site.api.tell("resource_view_create", {"resource_id": resource, "view_type": kind, "title": title})
            return
        except Refused:
            return
        except Unsure:
            site.sleep(1)
