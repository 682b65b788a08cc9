"""The protocol by which a dataset on a CKAN portal becomes another, and what holds at every moment of it.

States, told by the dataset itself (`ids.py`, `moving.py` and `view.py` name the keys):

    absent      there is no dataset of the name
    starting    private and announced: strangers are told that they may not see it
    settled     no announcement, and the signature fits what is shown: every file, row and word is of one version
    announced   settled, and an announcement beside it: bytes and rows may be of the old or of the named version

Transitions, one call each; those on the dataset carry the `metadata_modified` that was seen last, so that only one of
two publishers gets through (compare-and-swap):

    absent    -> starting    package_create   all words, private, the announcement
    settled   -> announced   package_revise   the announcement, and nothing else
    announced -> announced   package_revise   files of resources that are new, whole; the links of those that are to
                                              leave lead nowhere from now on
    announced -> announced   datastore_*      rows, each call one transaction; as often as it takes to read back equal
    announced -> announced   package_revise   bytes of resources that are to leave the list are removed
    announced -> settled     package_revise   files, words, list of resources, no announcement; public (`switch`)
    announced -> settled     package_revise   before CKAN 2.12 the switch leaves the announcement, and it goes alone:
                                              readers may be told new extras there beside old resources
    settled   -> settled     package_revise   words alone, when no byte and no row changes

Invariants, whoever dies wherever:

    1  a file that can be downloaded is whole, and its SHA-256 is the one in the metadata or in the announcement
    2  a public table has every row that both versions have, each as the one or the other has it, and no others
    3  ids, links and the signature of a settled dataset change only in a switch
    4  an announcement is taken away only by a switch, or after it; a switch happens only after all rows read back equal
    5  nothing is written over what somebody changed by hand, unless a person said so
    6  running it again from any state ends in `settled`, with nothing twice

How a write is sent until it is known to have happened is in `sending.py`. What has to be written is found in
`work.py`, how tables are written in `tables.py`, and what strangers are given afterwards in `read_back.py`.
"""

from __future__ import annotations

import json
from dataclasses import replace

from pipelines.errors import UserError
from pipelines.files import sha256_file
from pipelines.findings import Finding
from pipelines.portals.ckan import ids
from pipelines.portals.ckan.api import LARGEST_FIELD, Refused, Unsure, Upload
from pipelines.portals.ckan.files import File
from pipelines.portals.ckan.moving import Moving, moving
from pipelines.portals.ckan.places import has_gaps, unplaced
from pipelines.portals.ckan.preflight import explained
from pipelines.portals.ckan.sending import WAITS, Moved, is_ours, pause, persistently, revised
from pipelines.portals.ckan.site import Site
from pipelines.portals.ckan.view import MOVING, SIGNATURE, Value, extras
from pipelines.portals.ckan.views import ensure_views
from pipelines.portals.ckan.work import TableWork, Work

ROUNDS = 5  # of reading a table and writing what still differs

_REPLACED = (
    "resources",
    "extras",
    "tags",
    "groups",
)  # lists that are merged by position unless they are taken out first

_SERVERS = ("datastore_active", "last_modified")  # of a resource: what has come to be so since it was looked at


def carry_out(site: Site, work: Work) -> Value:
    """Write all of it. Returns the dataset as its editors see it then. Raises UserError, Moved.

    After an error the dataset stands as it did, or announced: running again ends it.
    """
    _refuse_changed(work)
    show = work.present
    if work.create:
        show = _create(site, work)
    elif work.announce:
        show = _stage(site, work, _announce(site, work, show or {}))
    for table in work.tables:
        _fill(site, work, table)
    ensure_views(site, work)
    for resource in work.drops:
        _drop(site, work, resource)
    if work.touched:
        show = _again(site, work)
    if work.wipes:
        show = _wipe(site, work, show or {})
    show = _switch(site, work, show or {})
    return _settle(site, work, show) if work.settle else show


def _refuse_changed(work: Work) -> None:
    """Raise UserError with the files that are no longer those that passed the gate: nobody is to see one of them."""
    changed = [file for file in (*work.new, *work.uploads) if sha256_file(file.path) != file.sha256]
    if changed:
        raise UserError(
            Finding("gate-file-changed", dataset=work.slug, params={"version": file.version, "file": file.name})
            for file in changed
        )


# --- one call each ----------------------------------------------------------------------------------------------------


def _create(site: Site, work: Work) -> Value:
    """absent -> starting."""
    resources = [_with_table(held, work) for held in work.want.dataset["resources"]]
    dataset: Value = {**work.want.dataset, "private": True, "resources": resources}
    dataset["extras"] = _announcing(dataset["extras"], work.announcement)
    return persistently(
        site, work, None, lambda: site.api.tell("package_create", dataset), lambda show: is_ours(show, work)
    )


def _with_table(resource: Value, work: Work) -> Value:
    """A resource that says that it has a table, before it has one: while it is private nobody is told wrong."""
    has = any(table.spec.id == resource["id"] for table in work.tables)
    return {**resource, "datastore_active": True} if has else resource


def _announce(site: Site, work: Work, show: Value) -> Value:
    """settled -> announced. A reader may be told old extras beside new resources, so these do not change with it."""
    payload: Value = {"filter": ["-extras"], "update": {"extras": _announcing(show["extras"], work.announcement)}}
    if has_gaps(show):
        payload["filter"].append("-resources")
        payload["update"]["resources"] = unplaced(show["resources"])
    return persistently(site, work, show, lambda: revised(site, show, payload), lambda found: is_ours(found, work))


def _announcing(told: list[Value], announcement: Moving) -> list[Value]:
    kept = [extra for extra in told if extra["key"] != MOVING]
    return [*kept, {"key": MOVING, "value": announcement.text()}]


def _stage(site: Site, work: Work, show: Value) -> Value:
    """announced -> announced: list what is new, and lead the links of what is to leave to nowhere."""
    listed = {held["id"]: held for held in work.want.dataset["resources"]}
    payload: Value = {}
    for n, held in enumerate(show["resources"]):
        # Without a file behind its link CKAN answers 500: so nobody is to come for it by the time it is removed.
        if held["id"] in work.wipes and held.get("url_type") == "upload":
            nowhere = held["url"].partition("/download/")[0] + "/gone"
            payload[f"update__resources__{n}"] = {"url_type": "", "url": nowhere}
    if work.new:
        payload["update__resources__extend"] = [listed[file.id] for file in work.new]
    if not payload:
        return show
    first = len(show["resources"])
    uploads = {f"update__resources__{first + n}__upload": _upload(file) for n, file in enumerate(work.new)}
    new = {file.id for file in work.new}

    def landed(found: Value) -> bool:
        there = {held["id"] for held in found["resources"]}
        linked = {held["id"] for held in found["resources"] if held.get("url_type") == "upload"}
        return is_ours(found, work) and new <= there and linked.isdisjoint(work.wipes)

    return persistently(site, work, show, lambda: revised(site, show, payload, uploads), landed)


def _switch(site: Site, work: Work, show: Value) -> Value:
    """announced, starting or settled -> settled; or to the end of an announcement that `_settle` takes away."""
    there = {held["id"]: {key: held[key] for key in _SERVERS if key in held} for held in show["resources"]}
    tables = {spec.id for spec in work.want.tables}  # CKAN flags them itself, unless its search was down just then
    dataset = dict(work.want.dataset)
    dataset["resources"] = [
        {**held, **there.get(held["id"], {}), **({"datastore_active": True} if held["id"] in tables else {})}
        for held in (unplaced(dataset["resources"]) if has_gaps(show) else dataset["resources"])
    ]
    lists = [name for name, value in dataset.items() if isinstance(value, list) and name not in _REPLACED]
    if work.settle:  # what is new is signed from now on
        dataset["extras"] = _announcing(dataset["extras"], replace(work.announcement, new=()))
    payload: Value = {"filter": [f"-{name}" for name in (*_REPLACED, *lists)], **_updating(dataset)}
    position = {held["id"]: n for n, held in enumerate(dataset["resources"])}
    uploads = {f"update__resources__{position[file.id]}__upload": _upload(file) for file in work.uploads}

    def landed(found: Value) -> bool:
        fits = extras(found).get(SIGNATURE) == work.want.signature
        return fits and (is_ours(found, work) if work.settle else moving(found) is None)

    return persistently(site, work, show, lambda: revised(site, show, payload, uploads), landed)


def _updating(dataset: Value) -> Value:
    """All of a dataset in one field; where that would be too long for a form, its resources in a field each."""
    listed: list[Value] = dataset["resources"]
    if len(json.dumps(dataset, ensure_ascii=False).encode()) <= LARGEST_FIELD:
        return {"update": dataset}
    each = {f"update__resources__{n}": held for n, held in enumerate(listed)}
    return {"update": {**dataset, "resources": [{"id": held["id"]} for held in listed]}, **each}


def _settle(site: Site, work: Work, show: Value) -> Value:
    """announced -> settled, where all is in place: the announcement goes alone."""
    payload: Value = {"filter": ["-extras"], "update": {"extras": work.want.dataset["extras"]}}
    return persistently(site, work, show, lambda: revised(site, show, payload), lambda found: moving(found) is None)


def _fill(site: Site, work: Work, table: TableWork) -> None:
    """announced -> announced: write rows until the table reads back as it should."""
    from pipelines.portals.ckan.rows import read_table
    from pipelines.portals.ckan.tables import change, write

    left = table.change
    trouble: Refused | Unsure | None = None
    for n in range(ROUNDS):
        if n and trouble:
            pause(site, WAITS[min(n, len(WAITS)) - 1])
        trouble = None
        try:
            write(site.api, table.spec, left)
        except Unsure as error:
            trouble = error
        except Refused as error:
            if error.kind in ("forbidden", "too-large", "permanent", "not-ckan"):
                raise explained(error, work.slug) from None
            trouble = error
        try:
            held = read_table(site.api, table.spec.id, hidden=work.hidden)
            left = change(held, table.spec, table.spec.rows, droppable=site.portal.delete_fields)
        except Unsure as error:
            trouble = error
            continue
        except Refused as error:
            raise explained(error, work.slug) from None
        if left.empty:
            return
    if trouble:
        raise explained(trouble, work.slug)
    raise UserError(Finding("ckan-table-unequal", dataset=work.slug, params={"file": table.spec.csv.name}))


def _drop(site: Site, work: Work, resource: str) -> None:
    """announced -> announced: take a table away."""
    payload = {"resource_id": resource, "force": True}
    for wait in (*WAITS, None):
        try:
            site.api.tell("datastore_delete", payload)
            return
        except Refused as error:
            if error.kind == "missing":
                return
            raise explained(error, work.slug) from None
        except Unsure as error:
            if wait is None:
                raise explained(error, work.slug) from None
            pause(site, wait)


def _wipe(site: Site, work: Work, show: Value) -> Value:
    """announced -> announced: take bytes away that the switch will no longer list."""
    gone: Value = {"clear_upload": True, "hash": "", ids.SHA256: ""}
    payload: Value = {}
    for n, held in enumerate(show["resources"]):
        if held["id"] in work.wipes and held.get(ids.SHA256):
            payload[f"update__resources__{n}"] = gone
    if not payload:
        return show

    def landed(found: Value) -> bool:
        left = [held for held in found["resources"] if held["id"] in work.wipes]
        return is_ours(found, work) and not any(held.get(ids.SHA256) for held in left)

    return persistently(site, work, show, lambda: revised(site, show, payload), landed)


def _again(site: Site, work: Work) -> Value:
    """The dataset as it is now, if it is still ours to change. Raises Moved."""
    show = site.show(work.slug)
    if show is None or not is_ours(show, work):
        raise Moved
    return show


def _upload(file: File) -> Upload:
    return Upload(file.path, file.name, file.mediatype)
