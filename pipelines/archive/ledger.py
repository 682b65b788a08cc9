"""The ledger of one dataset: a file per entry, written whole, only if absent, holding the hash of the one before.

What an entry does to a dataset's state is in `state.py`; snapshots and versions are in `archive.py`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipelines.archive.state import State, advance
from pipelines.errors import UserError
from pipelines.files import create_file, pretty_json, sha256
from pipelines.findings import Finding, Place


@dataclass(frozen=True)
class Entry:
    """One thing that happened. `at` is UTC; `digest` is the SHA-256 of the entry's file."""

    seq: int
    kind: str
    at: datetime
    data: Mapping[str, Any]
    state: State
    previous: str | None
    digest: str


class Ledger:
    """The entries under `folder`, numbered from 1. Nothing is ever changed or removed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._latest: Entry | None = None  # as it was read last: most who ask where a dataset stands then ask for it

    def last(self) -> Entry | None:
        """The newest entry, or None. Costs one listing and one read."""
        numbers = self._numbers()
        self._latest = self._read(max(numbers)) if numbers else None
        return self._latest

    def state(self) -> State:
        """Where the dataset stands now."""
        last = self.last()
        return last.state if last else State()

    def entries(self) -> list[Entry]:
        """All entries, oldest first."""
        return [self._read(seq) for seq in sorted(self._numbers())]

    def entry(self, seq: int) -> Entry:
        """The entry number `seq`. Raises FileNotFoundError, and UserError where somebody spoilt it by hand."""
        return self._latest if self._latest and self._latest.seq == seq else self._read(seq)

    def append(self, kind: str, data: Mapping[str, Any], *, at: datetime | None = None) -> Entry:
        """Write one more entry. Raises FileExistsError when somebody else wrote one at the same moment."""
        last = self.last()
        seq = last.seq + 1 if last else 1
        state = advance(last.state if last else State(), seq, kind, data)
        value = {
            "seq": seq,
            "kind": kind,
            "at": (at or datetime.now(UTC)).astimezone(UTC).isoformat(timespec="seconds"),
            "previous": last.digest if last else None,
            "data": dict(data),
            "state": state.to_json(),
        }
        create_file(self._path(seq), pretty_json(value))
        return self._read(seq)

    def broken_links(self) -> list[int]:
        """Numbers of entries that do not follow from the one before: somebody changed the ledger by hand."""
        broken: list[int] = []
        digest: str | None = None
        state = State()
        for expected, number in enumerate(sorted(self._numbers()), 1):
            try:
                entry = self._read(number)
                state = advance(state, entry.seq, entry.kind, entry.data)
            except (UserError, KeyError, TypeError):
                broken.append(number)
                digest = None
                continue
            if entry.seq != expected or number != expected or entry.previous != digest or entry.state != state:
                broken.append(number)
            digest, state = entry.digest, entry.state
        return broken

    def _numbers(self) -> list[int]:
        try:
            stems = [name.partition(".")[0] for name in os.listdir(self.folder)]  # noqa: PTH208 - asked for in every run
        except (FileNotFoundError, NotADirectoryError):
            return []
        return [int(stem) for stem in stems if stem.isdigit()]

    def _path(self, seq: int) -> Path:
        return self.folder / f"{seq:06d}.json"

    def _read(self, seq: int) -> Entry:
        content = self._path(seq).read_bytes()
        try:
            value = json.loads(content)
            return Entry(
                seq=value["seq"],
                kind=value["kind"],
                at=datetime.fromisoformat(value["at"]),
                data=value["data"],
                state=State.from_json(value["state"]),
                previous=value["previous"],
                digest=sha256(content),
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise UserError(Finding("ledger-unreadable", place=Place(file=str(self._path(seq))))) from error
