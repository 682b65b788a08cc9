"""What stands in the way of changing a dataset on a CKAN portal: somebody else's name, work or edits.

Nothing is changed here. What has to be written where nothing is in the way is found in `work.py`.
"""

from __future__ import annotations

from datetime import UTC, datetime

from pipelines.errors import UserError
from pipelines.findings import Finding
from pipelines.portals.ckan.moving import GONE, moving
from pipelines.portals.ckan.site import Site
from pipelines.portals.ckan.view import MOVING, SIGNATURE, Value, edits, extras, without
from pipelines.portals.drift import differences
from pipelines.portals.receipt import Receipt


def refuse_others(site: Site, slug: str, present: Value | None, last: Receipt | None, *, overwrite: bool) -> None:
    """Raise UserError where the name is somebody else's, the dataset was deleted, or another publisher is at work."""
    if present is None:
        if last is not None and last.status == "published" and not overwrite:
            raise UserError(Finding("ckan-deleted", dataset=slug))
        return
    known = last is not None and last.metadata.get("id") == present["id"]
    if not known and "publica_manifest" not in extras(present):
        body: Value = present.get("organization") or {}
        params = {"organization": body.get("title") or "-"}
        raise UserError(Finding("ckan-name-taken", dataset=slug, params=params))
    if present.get("state") == "deleted" and not overwrite:
        raise UserError(Finding("ckan-deleted", dataset=slug))
    other = moving(present)
    if other and other.by != site.publisher and not overwrite and not other.is_stale(datetime.now(UTC)):
        raise UserError(Finding("ckan-busy", dataset=slug, params={"version": other.to, "since": other.at}))


def hand_edits(site: Site, slug: str, present: Value, last: Receipt | None) -> list[Finding]:
    """What somebody changed by hand in the fields and the list of resources, field by field; empty where nobody did."""
    announced = moving(present)
    if announced is None and (nonsense := extras(present).get(MOVING)):
        return [found.within(dataset=slug) for found in differences(None, nonsense, f"extras.{MOVING}")]
    if site.untouched(present):
        return []
    seen = without(site.view(present), announced.new if announced else ())
    signed = extras(present).get(SIGNATURE, "")
    gone = {key for key, hashes in announced.files.items() if GONE in hashes} if announced else set[str]()
    if announced and announced.by == site.publisher and gone:  # we were taking files away
        if last is None or not last.metadata.get("view") or signed != last.signature:
            return []
        return edits(slug, without(last.metadata["view"], gone), without(seen, gone))
    if last is None or not last.metadata.get("view"):
        return [Finding("portal-no-receipt", dataset=slug)]
    if last.metadata["view"] == seen:  # as it was, but for our own mark, which what was adopted does not have
        return [found.within(dataset=slug) for found in differences(last.signature, signed, f"extras.{SIGNATURE}")]
    if signed and signed != last.signature:
        return [Finding("portal-edited", dataset=slug, params={"path": slug})]  # since a state we have no record of
    found = edits(slug, last.metadata["view"], seen)
    return found or [Finding("portal-edited", dataset=slug, params={"path": slug})]  # of two that are named alike
