"""Where every dataset stands and what is due: read from the archive's last entries, nothing is computed again.

Whether a portal was edited by hand is asked of the portal itself.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from pipelines.archive.archive import Archive
from pipelines.declaration.dataset import Dataset
from pipelines.declaration.vocabulary import Cadence
from pipelines.observe.calendar import CHISINAU, next_due


@dataclass(frozen=True)
class Standing:
    """One dataset: `built` in the archive, `published` on the portal since `since`, `due` by its cadence."""

    dataset: str
    title: str
    cadence: Cadence
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


def standing(archive: Archive, dataset: Dataset, portal: str, now: datetime) -> Standing:
    """Where a dataset stands on `portal`, as the ledger names it. Two small reads."""
    state = archive.state(dataset.slug)
    place = state.on(portal)
    since = archive.ledger(dataset.slug).entry(place.receipt).at.astimezone(CHISINAU) if place.receipt else None
    cadence = dataset.package.publica.cadence
    due = next_due(cadence, since.date()) if since else None
    return Standing(
        dataset=dataset.slug,
        title=dataset.package.title,
        cadence=cadence,
        built=state.built,
        published=place.version,
        withdrawn=place.withdrawn,
        hold=state.hold["kind"] if state.hold else None,
        since=since,
        due=due,
        overdue=due is not None and due < now.astimezone(CHISINAU).date(),
    )
