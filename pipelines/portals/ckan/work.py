"""What has to be written so that a dataset on a CKAN portal becomes what it is to be.

Everything is looked at here and nothing is changed: a plan shows it, `steps.py` does it. What stands in the way of a
change is found in `in_the_way.py`, but for rows that were edited by hand, which are found here where they are compared.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pipelines.errors import UserError
from pipelines.findings import Finding
from pipelines.portals.ckan import ids
from pipelines.portals.ckan.api import Refused, Unsure
from pipelines.portals.ckan.audit import table_edits
from pipelines.portals.ckan.desired import Desired
from pipelines.portals.ckan.files import File, table_of
from pipelines.portals.ckan.moving import GONE, Moving, is_starting, moving
from pipelines.portals.ckan.preflight import explained
from pipelines.portals.ckan.site import Site
from pipelines.portals.ckan.view import MOVING, SIGNATURE, Value, dates, extras, signature
from pipelines.portals.portal import Archived
from pipelines.portals.receipt import PlannedWrite
from pipelines.portals.state import iso

if TYPE_CHECKING:
    from pipelines.portals.ckan.tables import Change, TableSpec


@dataclass(frozen=True)
class TableWork:
    """The rows of one table that have to be written. `create`: it is a new table."""

    spec: TableSpec
    change: Change
    create: bool


@dataclass(frozen=True)
class Work:
    """All that has to be written, in the order of writing.

    `announce`: there are bytes or rows to change, which no single call can do. `new`: files that are listed with the
    announcement; `uploads`: files that are switched; both in the order of the resources.
    """

    slug: str
    present: Value | None
    want: Desired
    announcement: Moving
    new: tuple[File, ...] = ()
    uploads: tuple[File, ...] = ()
    tables: tuple[TableWork, ...] = ()
    drops: tuple[str, ...] = ()  # ids of tables that are taken away
    wipes: tuple[str, ...] = ()  # ids of resources that leave the list: their bytes are removed first
    switch: bool = True
    hidden: bool = False  # strangers may not see the dataset before the switch
    extras_last: bool = False  # of the portal's capabilities

    @property
    def create(self) -> bool:
        """True where the dataset is not there at all."""
        return self.present is None

    @property
    def announce(self) -> bool:
        """True where the change takes more than one call."""
        return not self.create and bool(self.new or self.uploads or self.tables or self.wipes)

    @property
    def touched(self) -> bool:
        """True where CKAN itself touches the dataset, to say of a resource that it has a table, or has none now."""
        told = self.create and not self.extras_last  # at its creation: a newer CKAN leaves that as it is
        return bool(self.drops) or (not told and any(table.create for table in self.tables))

    @property
    def settle(self) -> bool:
        """True where the switch leaves the announcement, which is taken away afterwards."""
        return self.announce and self.extras_last

    @property
    def empty(self) -> bool:
        """True where all is in place."""
        return not self.create and not self.announce and not self.switch

    def writes(self) -> list[PlannedWrite]:
        """Every write, with the bytes that it sends."""
        if self.empty:
            return []
        size = len(json.dumps(self.want.dataset, ensure_ascii=False).encode())
        planned: list[PlannedWrite] = []
        if self.create:
            planned.append(PlannedWrite("create", self.slug, size))
        if self.announce:
            planned.append(PlannedWrite("announce", self.slug, len(self.announcement.text())))
        planned += [self._upload(file) for file in self.new]
        for table in self.tables:
            planned += table.change.writes(table.spec)
        planned += [PlannedWrite("remove", f"{self.slug}/{key} (DataStore)") for key in self.drops]
        planned += [PlannedWrite("remove", f"{self.slug}/{key}") for key in self.wipes]
        planned.append(PlannedWrite("switch", self.slug, size))
        return planned + [self._upload(file) for file in self.uploads]

    def _upload(self, file: File) -> PlannedWrite:
        there = {held["id"] for held in (self.present or {}).get("resources", [])}
        return PlannedWrite(
            "replace" if file.id in there else "create", f"{self.slug}/{file.name}", file.bytes, file.sha256
        )


# --- what has to be written -------------------------------------------------------------------------------------------


def work(
    site: Site, slug: str, present: Value | None, want: Desired, archived: Archived, to: str, *, overwrite: bool = False
) -> Work:
    """What has to be written to make `want` of `present`. Raises UserError with the rows that were edited by hand."""
    before = moving(present)
    there: dict[str, Value] = {held["id"]: held for held in (present or {}).get("resources", [])}
    starting = present is None or present.get("state") == "deleted" or is_starting(present)
    hidden = starting or bool(present and present.get("private"))  # by somebody's hand, too
    unsure = set(before.files) if before else set[str]()
    changed = [
        file
        for file in want.files.values()
        if starting
        or file.id in unsure
        or there.get(file.id, {}).get(ids.SHA256) != file.sha256
        or (overwrite and not site.holds(there[file.id]))
    ]
    new = [file for file in changed if present is not None and file.id not in there and not _is_zip(want, file)]
    uploads = [file for file in changed if file not in new]
    tables = _tables(site, slug, there, want, archived, before, overwrite, starting, hidden)
    seen = site.view(present) if present else None
    signed = extras(present or {}).get(SIGNATURE) == want.signature
    same = seen is not None and signature(seen) == want.signature and signed and MOVING not in extras(present or {})
    same = same and dates(present or {}) == dates(want.dataset)
    same = same and all(there[spec.id].get("datastore_active") for spec in want.tables)  # else no page shows its rows
    listed = {held["id"] for held in want.dataset["resources"]}
    leaving = [held for key, held in there.items() if held.get(ids.KEY) and key not in listed]
    announcement = Moving(
        uuid.uuid4().hex,
        site.publisher,
        to,
        iso(datetime.now(UTC)),
        tuple(file.id for file in new),
        {held["id"]: (GONE,) for held in leaving} | {file.id: (file.sha256,) for file in changed},
        tuple(table.spec.id for table in tables),
    ).and_before(before)
    found = Work(
        *(slug, present, want, announcement, tuple(new), tuple(uploads), tuple(tables)),
        drops=tuple(held["id"] for held in leaving if held.get("datastore_active")),
        wipes=tuple(held["id"] for held in leaving),
        hidden=hidden,
        extras_last=site.portal.extras_last,
    )
    return replace(found, switch=not same or found.announce)


def _is_zip(want: Desired, file: File) -> bool:
    held = next(held for held in want.dataset["resources"] if held["id"] == file.id)
    return ids.is_version(held)


def _tables(
    site: Site,
    slug: str,
    there: Mapping[str, Value],
    want: Desired,
    archived: Archived,
    announced: Moving | None,
    overwrite: bool,
    starting: bool,
    hidden: bool,
) -> list[TableWork]:
    listed = {held["id"]: held for held in want.dataset["resources"]}
    found: list[TableWork] = []
    findings: list[Finding] = []
    unsure = {*announced.files, *announced.tables} if announced else set[str]()
    begun = (
        [version for number in (*announced.past, announced.to) if (version := archived(number))] if announced else []
    )
    for spec in want.tables:
        before = there.get(spec.id, {})
        same = all(before.get(key) == listed[spec.id].get(key) for key in (ids.SHA256, ids.COLUMNS))
        if same and before.get("datastore_active") and spec.id not in unsure and not (overwrite or starting):
            continue
        tried = [table for version in begun if (table := table_of(version, spec, site.portal.language))]
        known = None if starting or overwrite else tried
        table, wrong = _table(site, spec, before, archived, known, hidden=hidden)
        findings += [finding.within(dataset=slug, resource=spec.csv.stem) for finding in wrong]
        if table:
            found.append(table)
    if findings:
        raise UserError(findings)
    return found


def _table(
    site: Site, spec: TableSpec, before: Value, archived: Archived, known: Sequence[TableSpec] | None, *, hidden: bool
) -> tuple[TableWork | None, list[Finding]]:
    """What to write to one table; and what of it is of no version.

    `known`: the table as attempts that died would have made it; None where everything may go.
    """
    from pipelines.portals.ckan.rows import read_table
    from pipelines.portals.ckan.tables import change

    try:
        held = read_table(site.api, spec.id, hidden=hidden) if before else None  # what is not listed has no table
    except (Refused, Unsure) as error:
        raise explained(error) from None
    found = change(held, spec, spec.rows, droppable=site.portal.delete_fields)
    version = archived(str(before.get(ids.VERSION, "")))
    todo = None if found.empty else TableWork(spec, found, held is None)
    if held is None or version is None or known is None:
        return todo, []
    return todo, table_edits(site, held, before, version, [*known, spec])
