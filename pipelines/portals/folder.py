"""The folder portal: a static catalogue that any web server can serve, written so that no reader ever sees a half.

What one can ask of it. How a change is made step by step is in `steps.py`, how it lies on disk in `shelf.py`, what it
says in `metadata.py` and `pages/`, what was changed by hand in `drift.py`.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Collection, Generator, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from pipelines.errors import UserError
from pipelines.files import sha256
from pipelines.findings import Finding
from pipelines.languages import Language
from pipelines.portals.catalogue import listing, write_catalogue
from pipelines.portals.disk import refusals
from pipelines.portals.drift import drift
from pipelines.portals.facts import Fact
from pipelines.portals.gate import CheckedVersion
from pipelines.portals.keeping import keep, records_with
from pipelines.portals.metadata import About, erasure_record, newest_first
from pipelines.portals.pages import CATALOGUE_PAGES, DATASET_PAGES
from pipelines.portals.portal import Agreed, Archived, Reason, anything, forgotten, in_words
from pipelines.portals.receipt import PlannedWrite, PublishedState, Receipt
from pipelines.portals.shelf import Shelf
from pipelines.portals.state import SUMMARY, State, iso, published_state, tombstone_state
from pipelines.portals.steps import bury, finish_erasures, recover, settled, show
from pipelines.sources.origins.catalogue import ListedVersion


class Folder:
    """The portal in the folder `root`, which need not exist yet. Creating one writes nothing."""

    kind = "folder"
    hands = 1
    apart = True

    def __init__(self, root: Path) -> None:
        self.root = root

    # --- looking ----------------------------------------------------------------------------------------------------

    def name(self, archive_root: Path) -> str:
        """Its place as seen from the archive, so that both can move together."""
        return f"{self.kind}:{os.path.relpath(self.root, archive_root)}"

    def exists(self) -> bool:
        """True where the folder is."""
        return self.root.is_dir()

    def address(self, slug: str | None = None, language: Language = "en") -> str:
        """The path of a dataset's page, or of the catalogue's."""
        return str(self.root / slug / DATASET_PAGES[language] if slug else self.root / CATALOGUE_PAGES[language])

    def current(self, slug: str) -> PublishedState | None:
        """What stands on the portal, or None. One small read. Raises UserError where the name is not ours."""
        shelf = self._shelf(slug)
        state = shelf.state()
        if state is None:
            return None
        try:
            value = json.loads((shelf.public / SUMMARY).read_bytes())
            seen = (value["status"], value["version"], value["manifest"], value["signature"])
        except (OSError, ValueError, KeyError, TypeError):
            return None  # somebody's hand; `drift` names it, `publish` refuses
        return PublishedState(*seen, confirmed=shelf.confirmed(state))

    def receipt(self, slug: str) -> Receipt | None:
        """The receipt of what stands there: the portal keeps it too, for publishers that died before they had it."""
        shelf = self._shelf(slug)
        return shelf.receipt(shelf.state())

    def kept(self, slug: str) -> list[str]:
        """Numbers of the versions whose files the portal holds, the newest first."""
        return newest_first(self._shelf(slug).kept())

    def drift(self, slug: str, receipt: Receipt) -> list[Finding]:
        """What was changed by hand since `receipt`: files deleted, changed or added, metadata field by field."""
        return drift(self._shelf(slug).public, receipt)

    def verify(self, slug: str, receipt: Receipt, archived: Archived = forgotten) -> list[Finding]:
        """The same with every byte read, whatever its time of change says."""
        unread = tuple(replace(file, mtime_ns=-1) for file in receipt.files)
        return drift(self._shelf(slug).public, replace(receipt, files=unread))

    def listing(self, without: Collection[str] = ()) -> list[ListedVersion]:
        """Every public version of every dataset but those named. One small read for each dataset. Raises UserError."""
        return listing(self.root, [slug for slug in self._slugs() if slug not in without])

    def plan(
        self,
        version: CheckedVersion,
        about: About,
        now: datetime,
        older: Sequence[CheckedVersion] = (),
        *,
        last: Receipt | None = None,
        archived: Archived = forgotten,
        overwrite: bool = False,
    ) -> list[PlannedWrite]:
        """Every write that `publish` with the same arguments would make; empty where all is in place."""
        shelf = self._shelf(version.slug)
        held, present = shelf.kept(), self.receipt(version.slug)
        records = records_with(shelf, (version, *older), now)
        package = version.folder / "package"
        state = published_state(
            shelf.slug, version.number, about.to_json(), records, shelf.erasures(), package, now, present
        )
        if present and present.signature == state.receipt.signature:
            return []
        copies = [
            PlannedWrite("create", f"{shelf.slug}/versions/{number}/{file['path']}", file["bytes"], file["sha256"])
            for number in newest_first(records.keys() - held.keys())
            for file in records[number]["files"]
        ]
        return copies + _differences(state, present)

    def diagnose(self, organizations: Collection[str]) -> tuple[list[Fact], list[Finding]]:
        """What is to be said of the folder, and what stands in the way; any organisation may publish there."""
        from pipelines.portals.examined import examined

        return examined(self.root, len(self._slugs()))

    # --- changing ---------------------------------------------------------------------------------------------------

    def publish(
        self,
        version: CheckedVersion,
        about: About,
        now: datetime,
        older: Sequence[CheckedVersion] = (),
        *,
        last: Receipt | None = None,
        archived: Archived = forgotten,
        overwrite: bool = False,
        agreed: Agreed = anything,
    ) -> Receipt:
        """Make `version` the current one; it may be older than the one that stands there, which is a rollback.

        Every version that the portal keeps stays listed, and those of `older` are added. Nothing is written where all
        is in place. `overwrite` undoes edits made by hand: to a version's files only where it is among the arguments.
        Raises UserError with the last good state in place: for edits made by hand, a name that is taken, a version
        that was erased, a disk that is full or read-only, a read-back that differs.
        """
        with self._working(version.slug) as shelf:
            present = shelf.receipt(shelf.state()) if overwrite else settled(shelf)
            if agreed is not anything:
                agreed(self.plan(version, about, now, older))
            for one in (version, *older):
                keep(shelf, one, now)
            erased, package = shelf.erasures(), shelf.versions / version.number
            state = published_state(
                shelf.slug, version.number, about.to_json(), shelf.kept(), erased, package, now, present
            )
            if present and present.signature == state.receipt.signature and not drift(shelf.public, present):
                return present
            shelf.hide(False)
            return show(shelf, state)

    def withdraw(
        self, slug: str, reason: Reason, now: datetime, *, last: Receipt | None = None, overwrite: bool = False
    ) -> Receipt:
        """Take a dataset away: a page that says why, no link to data. Its files stay aside for a later `publish`.

        Raises UserError where nothing is published, and as `publish` does.
        """
        with self._working(slug) as shelf:
            present = shelf.receipt(shelf.state()) if overwrite else settled(shelf)
            if present is None:
                raise UserError(Finding("portal-not-published", dataset=slug))
            state = tombstone_state(present, "withdrawn", in_words(reason), shelf.erasures(), now)
            return bury(shelf, state, present)

    def erase(
        self,
        slug: str,
        numbers: Iterable[str] | None,
        reason: Reason,
        now: datetime,
        *,
        last: Receipt | None = None,
        archived: Archived = forgotten,
    ) -> Receipt | None:
        """Remove versions (None: all) for good; hashes and the reason stay, and they can never be published again.

        Where the current version is among them, the dataset says that it was erased until another one is published.
        Returns the receipt of what stands there then; None where the portal shows nothing of the dataset.
        """
        with self._working(slug) as shelf:
            records = shelf.kept()
            for number in records if numbers is None else records.keys() & set(numbers):
                shelf.record_erasure(number, erasure_record(records[number], number, in_words(reason), iso(now)))
            finish_erasures(shelf)
            return shelf.receipt(shelf.state())

    def refresh(self) -> list[str]:
        """Write the catalogue where it changed, and clean up after publishers that died. Returns the names written.

        Once per run, after the datasets. Nothing is written where all is in place.
        """
        with refusals(self.root):
            slugs = self._slugs()
            for shelf in (Shelf(self.root, slug) for slug in slugs):
                if shelf.littered:
                    with shelf.lock():
                        recover(shelf)
            return write_catalogue(self.root, slugs)

    # --- inside -----------------------------------------------------------------------------------------------------

    def _slugs(self) -> list[str]:
        """The datasets that were ever published here."""
        states = self.root / ".states"
        return sorted(path.name for path in states.iterdir()) if states.is_dir() else []

    def _shelf(self, slug: str) -> Shelf:
        shelf = Shelf(self.root, slug)
        if shelf.taken:
            raise UserError(Finding("portal-name-taken", dataset=slug))
        return shelf

    @contextlib.contextmanager
    def _working(self, slug: str) -> Generator[Shelf]:
        with refusals(self.root, slug):
            shelf = self._shelf(slug)
            with shelf.lock():
                recover(shelf)
                yield shelf


def _differences(state: State, present: Receipt | None) -> list[PlannedWrite]:
    """The files and links of a state that are not those of the present one."""
    there = {file.path: file.sha256 for file in present.files} if present else {}
    links: Mapping[str, str] = present.links if present else {}
    writes: list[PlannedWrite] = []
    for path, content in state.files.items():
        if (digest := sha256(content)) != there.get(path):
            action = "replace" if path in there else "create"
            writes.append(PlannedWrite(action, f"{state.receipt.dataset}/{path}", len(content), digest))
    for path, target in state.receipt.links.items():
        if links.get(path) != target:
            writes.append(PlannedWrite("link", f"{state.receipt.dataset}/{path}", target=target))
    return writes
