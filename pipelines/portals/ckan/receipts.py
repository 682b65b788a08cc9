"""What a dataset on a CKAN portal proves: the receipt of a publication, what stands there, which versions are listed.

All of it is read off the dataset itself, so that a publisher that died before it could write its receipt down loses
nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from pipelines.errors import UserError
from pipelines.findings import Finding
from pipelines.portals.ckan import ids
from pipelines.portals.ckan.moving import GONE, moving
from pipelines.portals.ckan.view import MODIFIED, SIGNATURE, Value, dates, extras
from pipelines.portals.drift import differences
from pipelines.portals.receipt import PublishedState, Receipt, Stamp, Status
from pipelines.sources.origins.catalogue import ListedVersion

if TYPE_CHECKING:
    from pipelines.portals.ckan.api import Api
    from pipelines.portals.ckan.site import Site


def receipt_of(site: Site, show: Value) -> Receipt:
    """The receipt of a settled dataset, as `package_show` answers it.

    `metadata`: its `id`, its `metadata_modified`, its `view`, the `dates` it tells, and when each file was `uploaded`,
    by resource id.
    """
    told = extras(show)
    ours = [held for held in show["resources"] if held.get(ids.KEY)]
    modified = told.get(MODIFIED) or show.get(MODIFIED) or show["metadata_modified"]
    return Receipt(
        show["name"],
        cast("Status", told.get("publica_status", "published")),
        show.get("version") or "",
        told.get("publica_manifest", ""),
        told.get(SIGNATURE, ""),
        modified,
        tuple(Stamp(held[ids.KEY], held.get("size") or 0, 0, held.get(ids.SHA256) or "") for held in ours),
        {held[ids.KEY]: held["url"] for held in ours},
        {
            "id": show["id"],
            "metadata_modified": show["metadata_modified"],
            "view": site.view(show),
            "dates": dates(show),
            "uploaded": {held["id"]: held.get("last_modified") for held in show["resources"]},
        },
    )


def reuploaded(site: Site, slug: str, show: Value, receipt: Receipt | None) -> list[Finding]:
    """Files that somebody replaced, and dates that somebody changed, since a receipt that the rest still fits.

    The same bytes sent again are no edit: ours were, where a version was put back. Where there is no such receipt, the
    newest files are read.
    """
    announced = moving(show)
    begun: Mapping[str, tuple[str, ...]] = announced.files if announced else {}
    files = [held for held in show["resources"] if GONE not in begun.get(held["id"], ())]  # those we did not take away
    redated: list[Finding] = []
    if receipt and extras(show).get(SIGNATURE, "") == receipt.signature:
        before: Mapping[str, Any] = receipt.metadata.get("uploaded", {})
        files = [held for held in files if held["id"] in before and held.get("last_modified") != before[held["id"]]]
        ours = {"extras": receipt.metadata.get("dates", dates(show))}
        redated = [found.within(dataset=slug) for found in differences(ours, {"extras": dates(show)})]
    else:
        files = [held for held in files if ids.is_current(held) and held.get(ids.SHA256) and not show.get("private")]
    return redated + [
        Finding(
            "portal-edited",
            dataset=slug,
            params={"path": f"{slug}/{held.get(ids.KEY) or held.get('name') or held['id']}"},
        )
        for held in files
        if not site.holds(held, begun.get(held["id"], ()))
    ]


def summary(show: Value | None) -> PublishedState | None:
    """What stands there; None for nothing, for what is not ours, and for what is being published for the first time.

    What was adopted is ours from the first announcement on.
    """
    told = extras(show or {})
    if show is None or show.get("private") or show.get("state") == "deleted":
        return None
    if "publica_status" not in told and moving(show) is None:
        return None
    status = cast("Status", told.get("publica_status", "published"))
    manifest, signed = told.get("publica_manifest", ""), told.get(SIGNATURE, "")
    return PublishedState(status, show.get("version") or "", manifest, signed, confirmed=moving(show) is None)


def listed(api: Api, without: Collection[str]) -> list[ListedVersion]:
    """Every version that is public now, of all datasets that publica manages there. Raises UserError."""
    from pipelines.portals.ckan.api import Refused, Unsure
    from pipelines.portals.ckan.listing import published
    from pipelines.portals.ckan.preflight import explained

    found: list[ListedVersion] = []
    findings: list[Finding] = []
    try:
        for show in published(api):
            if show["name"] in without:
                continue
            try:
                found += _versions(show)
            except (KeyError, ValueError, TypeError):
                params = {"name": show["name"], "file": "package_show"}
                findings.append(Finding("portal-listing", params=params))
    except (Refused, Unsure) as error:
        raise explained(error) from None
    if findings:
        raise UserError(findings)
    return found


def _versions(show: Value) -> list[ListedVersion]:
    told = extras(show)
    if told.get("publica_status") != "published":
        return []
    title = told.get("title_en") or show["title"]
    return [
        ListedVersion(
            *(show["name"], show["organization"]["name"], title, number),
            published=datetime.fromisoformat(held["publica_published"]),
            current=number == show["version"],
        )
        for number, held in ids.kept_versions(show["resources"]).items()
    ]
