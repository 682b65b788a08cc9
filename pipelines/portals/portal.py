"""What every kind of portal can be asked and told. The core knows portals by this and by what they can, not by name.

The kinds are `folder.py` and `ckan/portal.py`; which address means which is in `open.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol, TypeAlias

from pipelines.findings import Finding
from pipelines.languages import Language
from pipelines.portals.facts import Fact
from pipelines.portals.gate import CheckedVersion
from pipelines.portals.metadata import About
from pipelines.portals.receipt import PlannedWrite, PublishedState, Receipt
from pipelines.sources.origins.catalogue import ListedVersion

Reason: TypeAlias = str | Mapping[Language, str]
Archived: TypeAlias = Callable[[str], CheckedVersion | None]  # a version of the dataset, proved; None where it is gone


def in_words(reason: Reason) -> Mapping[Language, str]:
    """A reason by language."""
    return {"en": reason} if isinstance(reason, str) else dict(reason)


Agreed: TypeAlias = Callable[[list[PlannedWrite]], None]  # told every write before the first; raises to prevent them


def anything(_writes: list[PlannedWrite]) -> None:
    """Agrees to every write."""


def forgotten(_number: str) -> CheckedVersion | None:
    """An archive that has no version."""
    return None


class Portal(Protocol):
    """A portal. `last`, wherever it is asked for: the receipt of what was written there last, by our own record."""

    @property
    def kind(self) -> str:
        """The kind's word in addresses."""
        ...

    @property
    def hands(self) -> int:
        """How many datasets it pays to write at a time."""
        ...

    @property
    def apart(self) -> bool:
        """Whether they may be written by several processes, none of which knows what another one asked."""
        ...

    def name(self, archive_root: Path) -> str:
        """What ledgers call it; `open_portal` takes it again once the place is read as seen from the archive."""
        ...

    def exists(self) -> bool:
        """False where there is no portal (any more), and nothing could be on it."""
        ...

    def address(self, slug: str | None = None, language: Language = "en") -> str:
        """Where people find a dataset, or the catalogue: a URL, or a path."""
        ...

    def current(self, slug: str) -> PublishedState | None:
        """What stands there, or None."""
        ...

    def receipt(self, slug: str) -> Receipt | None:
        """The receipt of what stands there, by the portal itself: for publishers that died before they had it."""
        ...

    def kept(self, slug: str) -> list[str]:
        """Numbers of the versions that the portal holds, the newest first."""
        ...

    def drift(self, slug: str, receipt: Receipt) -> list[Finding]:
        """What was changed by hand since `receipt`, as far as a cheap look tells."""
        ...

    def verify(self, slug: str, receipt: Receipt, archived: Archived = forgotten) -> list[Finding]:
        """The same by a look at every public byte and row, as a stranger."""
        ...

    def listing(self, without: Collection[str] = ()) -> list[ListedVersion]:
        """Every public version of every dataset but those named."""
        ...

    def diagnose(self, organizations: Collection[str]) -> tuple[list[Fact], list[Finding]]:
        """What is to be said of the portal, and what stands in the way of publishing in these organisations."""
        ...

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
        ...

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
        """Make `version` the current one, with all that the portal keeps and those of `older` beside it.

        Nothing is written where all is in place. Raises UserError with the last good state in place.
        """
        ...

    def withdraw(
        self, slug: str, reason: Reason, now: datetime, *, last: Receipt | None = None, overwrite: bool = False
    ) -> Receipt:
        """Take a dataset's data away, leaving why. Raises UserError where nothing is published."""
        ...

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
        """Remove versions (None: all) for good. The receipt of what stands there then; None where nothing does."""
        ...

    def refresh(self) -> list[str]:
        """What is done once per run, after the datasets. Returns the names of what was written."""
        ...
