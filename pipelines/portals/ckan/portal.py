"""The CKAN portal: what one can ask of it.

How a change is made step by step is in `steps.py`, what has to change in `work.py`, what a dataset is to be in
`desired.py`. Nothing is asked of the portal before the first question.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.errors import UserError
from pipelines.findings import Finding
from pipelines.languages import Language
from pipelines.portals.adoption import Found, Known, Taken
from pipelines.portals.ckan import ids
from pipelines.portals.ckan.adopted import as_ours
from pipelines.portals.ckan.listing import Row, milliseconds
from pipelines.portals.ckan.moving import is_starting, moving
from pipelines.portals.ckan.receipts import receipt_of, reuploaded, summary
from pipelines.portals.ckan.view import Value, extras
from pipelines.portals.facts import Fact
from pipelines.portals.gate import CheckedVersion
from pipelines.portals.metadata import About, newest_first
from pipelines.portals.portal import Agreed, Archived, Reason, anything, forgotten, in_words
from pipelines.portals.receipt import PlannedWrite, PublishedState, Receipt
from pipelines.sources.origins.catalogue import ListedVersion

if TYPE_CHECKING:
    from pipelines.portals.ckan.api import Api
    from pipelines.portals.ckan.site import Site

TOKEN = "PUBLICA_CKAN_TOKEN"  # noqa: S105 - the name of the environment variable that holds it


class Ckan:
    """The portal at `url`. `publisher`: names the archive that publishes, once it does."""

    kind = "ckan"
    hands = 2  # the search takes in one write at a time, so more than two only wait for one another
    apart = False  # one connection, and one look at all datasets, serve a whole run

    def __init__(self, url: str, publisher: Callable[[], str]) -> None:
        self.url = url.rstrip("/")
        self._publisher = publisher
        self._shown: dict[str, Value | None] = {}  # datasets looked at in this run, and not written since
        self._asking = threading.Lock()  # several threads publish, and what is asked once is asked by one
        self._touched: set[str] = set()  # those that were written in this run: what the search told is old
        self._settled: set[str] = set()  # those of which the search knows what our receipt says

    @cached_property
    def api(self) -> Api:
        """The way to the portal; the token is the environment's."""
        from pipelines.portals.ckan.api import Api

        return Api(self.url, os.environ.get(TOKEN))

    @property
    def site(self) -> Site:
        """The portal and what it can do, asked once. Raises UserError where it cannot be published to."""
        with self._asking:
            return self._site

    @cached_property
    def _site(self) -> Site:
        from pipelines.portals.ckan.preflight import preflight
        from pipelines.portals.ckan.site import Site

        return Site(self.api, preflight(self.api), self._publisher())

    # --- looking ----------------------------------------------------------------------------------------------------

    def name(self, archive_root: Path) -> str:
        """Its address: it stays the same wherever the archive is."""
        return f"ckan:{self.url}"

    def exists(self) -> bool:
        """A portal elsewhere is taken to be there: whoever cannot reach it must hear so."""
        return True

    def address(self, slug: str | None = None, language: Language = "en") -> str:
        """The URL of a dataset's page, or of the portal."""
        return f"{self.url}/dataset/{slug}" if slug else self.url

    def current(self, slug: str) -> PublishedState | None:
        """What stands there, by the word of the dataset itself, or of the search where `drift` found that enough."""
        if slug not in self._shown and slug in self._settled:
            return self._rows[slug].state
        return summary(self._show(slug))

    def receipt(self, slug: str) -> Receipt | None:
        """A receipt of what stands there, if nobody's hand has touched it since publica wrote it."""
        show = self._show(slug)
        if show is None or moving(show) or not self.site.untouched(show):
            return None
        return receipt_of(self.site, show)

    def kept(self, slug: str) -> list[str]:
        """Numbers of the versions whose zips the dataset lists, the newest first."""
        if slug not in self._shown and slug not in self._touched and slug not in self._rows:
            return []
        show = self._show(slug)
        return newest_first(ids.kept_versions(show["resources"])) if show and not is_starting(show) else []

    def drift(self, slug: str, receipt: Receipt) -> list[Finding]:
        """Edits by hand since `receipt`. Costs nothing where the search knows the dataset as it was then."""
        row = None if slug in self._shown else self._rows.get(slug)
        if row and row.modified == milliseconds(receipt.metadata["metadata_modified"]):
            self._settled.add(slug)
            return []
        return self._edits(slug, self._show(slug), receipt)

    def verify(self, slug: str, receipt: Receipt, archived: Archived = forgotten) -> list[Finding]:
        """What is not as it was written: fields, every file to its last byte, every table row for row."""
        from pipelines.portals.ckan.audit import audit

        self._forget(slug)
        show = self._show(slug)
        found = self._edits(slug, show, receipt)
        ours = as_ours(show, receipt)
        return found + (audit(self.site, slug, ours, archived) if ours else [])

    def listing(self, without: Collection[str] = ()) -> list[ListedVersion]:
        """Every public version of every dataset but those named. One question for a thousand datasets."""
        from pipelines.portals.ckan.receipts import listed

        return listed(self.api, without)

    def diagnose(self, organizations: Collection[str]) -> tuple[list[Fact], list[Finding]]:
        """What the portal is and can do, what the token may do there, and what follows."""
        from pipelines.portals.ckan.preflight import diagnose

        return diagnose(self.api, organizations)

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
        """Every write that `publish` with the same arguments would make."""
        self._forget(version.slug)
        from pipelines.portals.ckan.publication import Publication

        act = Publication(self.site, version.slug, now, last, archived, overwrite)
        return [] if act.as_adopted(version, about) else act.of(version, about, older).writes()

    def found(self, name: str, folder: Path, known: Known, without: Collection[str]) -> Found:
        """A dataset that stands there and that publica did not put there, its files in `folder`."""
        from pipelines.portals.ckan.adoption import found

        return found(self.site, name, folder, known, without)

    def organization_entry(self, name: str) -> str:
        """What the portal tells of an organisation, as an entry of `_shared/organizations.yaml`."""
        from pipelines.portals.ckan.adoption_words import organization_entry

        return organization_entry(self.site, name)

    def adopted(
        self, found: Found, taken: Collection[Taken], version: CheckedVersion, about: About
    ) -> tuple[Receipt, list[Finding]]:
        """The receipt that says: what stands there is `version`; and in which tables other rows stand."""
        from pipelines.portals.ckan.adoption import adopted

        return adopted(self.site, found, taken, version, about)

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
        """Make `version` the current one and read it back as a stranger; a mismatch puts back what stood there."""
        from pipelines.portals.ckan.publication import Publication

        act = Publication(self.site, version.slug, now, last, archived, overwrite, self._first_look(version.slug, last))
        self._forget(version.slug)
        return act.carry_out(lambda: act.of(version, about, older), agreed)

    def withdraw(
        self, slug: str, reason: Reason, now: datetime, *, last: Receipt | None = None, overwrite: bool = False
    ) -> Receipt:
        """Take away files, tables and zips, leaving why and which versions there were."""
        from pipelines.portals.ckan.publication import Publication

        self._forget(slug)
        act = Publication(self.site, slug, now, last, forgotten, overwrite)
        return act.carry_out(lambda: act.withdrawal(in_words(reason)))

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
        """Remove versions (None: all) for good: their bytes from the portal's disk as well."""
        from pipelines.portals.ckan.publication import Publication

        self._forget(slug)
        gone = None if numbers is None else list(numbers)
        return Publication(self.site, slug, now, last, archived, overwrite=True).erase(gone, in_words(reason))

    def refresh(self) -> list[str]:
        """Nothing is kept beside the datasets."""
        return []

    # --- inside -----------------------------------------------------------------------------------------------------

    @property
    def _rows(self) -> dict[str, Row]:
        with self._asking:
            return self._listed

    @cached_property
    def _listed(self) -> dict[str, Row]:
        from pipelines.portals.ckan.api import Refused, Unsure
        from pipelines.portals.ckan.listing import rows
        from pipelines.portals.ckan.preflight import explained

        try:
            return rows(self.api)
        except (Refused, Unsure) as error:
            raise explained(error) from None

    def _first_look(self, slug: str, last: Receipt | None) -> list[Value | None]:
        """What this run saw of the dataset, if anything. An old look does no harm: each write says what it expects.

        What the search does not know and we never wrote is taken to be absent; creating it tells.
        """
        if slug in self._shown:
            return [self._shown[slug]]
        return [None] if last is None and slug not in {*self._rows, *self._touched} else []

    def _forget(self, slug: str) -> None:
        """What was seen of a dataset before it is written."""
        self._touched.add(slug)
        self._shown.pop(slug, None)
        self._settled.discard(slug)

    def _show(self, slug: str) -> Value | None:
        if slug not in self._shown:
            self._shown[slug] = self.site.show(slug)
        return self._shown[slug]

    def _edits(self, slug: str, show: Value | None, receipt: Receipt) -> list[Finding]:
        from pipelines.portals.ckan.in_the_way import hand_edits

        if show is None or show.get("state") == "deleted":
            return [Finding("portal-deleted", dataset=slug, params={"path": slug})]
        if "publica_manifest" not in extras(show) and show["id"] != receipt.metadata.get("id"):
            raise UserError(Finding("portal-name-taken", dataset=slug))
        return hand_edits(self.site, slug, show, receipt) + reuploaded(self.site, slug, show, receipt)
