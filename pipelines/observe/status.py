"""Where every dataset stands and what is due: read from the archive's last entries, nothing is computed again.

Whether a portal was edited by hand is asked of the portal itself.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from pipelines.archive.archive import Archive
from pipelines.declaration.dataset import Dataset
from pipelines.declaration.vocabulary import Cadence
from pipelines.observe.calendar import CHISINAU, next_due


@dataclass(frozen=True)
class Standing:
    """One dataset: `built` in the archive, `published` on the portal since `since`, `due` by its cadence.

    One that is no longer declared has no cadence.
    """

    dataset: str
    title: str
    cadence: Cadence | None
    built: str | None
    published: str | None
    withdrawn: bool
    hold: str | None
    since: datetime | None
    due: date | None
    overdue: bool

    @property
    def word(self) -> str:
        """Which of the `status-` messages says it."""
        if self.cadence is None:
            return "undeclared-hidden" if self.published is None or self.withdrawn else "undeclared"
        if self.hold:
            return "gone" if self.withdrawn else "on-hold"
        if self.published is None:
            return "never"
        if self.built != self.published:
            return "behind"
        if self.due is None:
            return "standing"
        return "overdue" if self.overdue else "current"

    @property
    def params(self) -> dict[str, Any]:
        """What fills the message; dates as people in Moldova write them."""
        since = f"{self.since:%d.%m.%Y}" if self.since else "-"
        due = f"{self.due:%d.%m.%Y}" if self.due else "-"
        return {**asdict(self), "since": since, "due": due}

    def to_json(self) -> dict[str, Any]:
        """JSON value with ISO dates."""
        value = asdict(self)
        value["since"] = self.since.isoformat() if self.since else None
        value["due"] = self.due.isoformat() if self.due else None
        return value


def undeclared(archive: Archive, declared: Collection[str]) -> list[str]:
    """The datasets that the archive knows and that are not among the declared: their folders are gone."""
    return sorted({ledger.parent.name for ledger in archive.root.glob("*/ledger")} - {*declared})


def standing(archive: Archive, dataset: Dataset | str, portal: str, now: datetime) -> Standing:
    """Where a dataset stands on `portal`, as the ledger names it. Two small reads.

    Of one that is no longer declared its name is enough: nothing of it is due, its title is the last one published.
    """
    slug = dataset if isinstance(dataset, str) else dataset.slug
    state = archive.state(slug)
    place = state.on(portal)
    since = archive.ledger(slug).entry(place.receipt).at.astimezone(CHISINAU) if place.receipt else None
    cadence = None if isinstance(dataset, str) else dataset.package.publica.cadence
    due = next_due(cadence, since.date()) if cadence and since else None
    return Standing(
        dataset=slug,
        title=_last_title(archive, slug) if isinstance(dataset, str) else dataset.package.title,
        cadence=cadence,
        built=state.built,
        published=place.version,
        withdrawn=place.withdrawn,
        hold=state.hold["kind"] if state.hold else None,
        since=since,
        due=due,
        overdue=due is not None and due < now.astimezone(CHISINAU).date(),
    )


def _last_title(archive: Archive, slug: str) -> str:
    current = archive.current(slug)
    return archive.manifest(slug, current)["title"]["en"] if current else slug
