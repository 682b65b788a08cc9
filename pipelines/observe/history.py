"""What happened to a dataset, in words: its ledger read aloud.

The ledger itself is in `archive/`; where a dataset stands now is in `status.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pipelines.archive.archive import Archive
from pipelines.archive.ledger import Entry
from pipelines.languages import LANGUAGES, Language, say


@dataclass(frozen=True)
class Event:
    """One thing that happened. `at` is UTC."""

    at: datetime
    kind: str
    params: dict[str, Any]

    def text(self, language: Language) -> str:
        """The event in words."""
        return say(f"event-{self.kind}", language, self.params)

    def to_json(self) -> dict[str, Any]:
        """JSON value with the words in every language."""
        return {
            "at": self.at.isoformat(),
            "kind": self.kind,
            **self.params,
            "text": {language: self.text(language) for language in LANGUAGES},
        }


def history(archive: Archive, slug: str) -> list[Event]:
    """All that happened to a dataset, oldest first."""
    return [_event(entry) for entry in archive.ledger(slug).entries()]


def _event(entry: Entry) -> Event:
    data = entry.data
    kind = entry.kind
    if kind == "judged":
        kind = "judged-passed" if data["passed"] else "judged-blocked"
    keys = ("version", "portal", "reason", "bump")
    params = {key: data[key] for key in keys if key in data}
    if "versions" in data:
        params["versions"] = ", ".join(data["versions"])
    if kind == "held":
        params["action"] = data["kind"]
    return Event(entry.at, kind, params)
