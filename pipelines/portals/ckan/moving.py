"""The announcement: what a dataset says for machines from before the first change until all is in place.

It stands in the extra `publica_moving` as JSON, so that a reader who meets new bytes under old metadata knows what
they are, and so that the next run knows what a publisher that died had begun. When it is made and taken away is in
`steps.py`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from pipelines.portals.ckan.view import MOVING, Value, extras

GONE = ""  # in place of a hash: the file is being taken away
STALE = timedelta(hours=1)  # after which another publisher's announcement is taken for a dead one's


@dataclass(frozen=True)
class Moving:
    """`run`: of one attempt. `by`: the archive it publishes from. `to`: a version, or what becomes of the dataset.

    `new`: ids of the resources that are listed since the announcement. `files`: by resource id, the SHA-256 of every
    content that may be met there beside the one the metadata tell. `tables`: ids of the tables whose rows are moving.
    `past`: what attempts before this one, which died, were moving to.
    """

    run: str
    by: str
    to: str
    at: str
    new: tuple[str, ...] = ()
    files: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    tables: tuple[str, ...] = ()
    past: tuple[str, ...] = ()

    def text(self) -> str:
        """As it stands on the portal."""
        return json.dumps(self.__dict__, ensure_ascii=False, separators=(",", ":"))

    def and_before(self, before: Moving | None) -> Moving:
        """The same, with what an attempt before it may have left behind."""
        if before is None:
            return self
        ids = {*self.files, *before.files}
        files = {key: tuple(dict.fromkeys((*before.files.get(key, ()), *self.files.get(key, ())))) for key in ids}
        new = tuple(dict.fromkeys((*before.new, *self.new)))
        tables = tuple(dict.fromkeys((*before.tables, *self.tables)))
        past = tuple(dict.fromkeys((*before.past, before.to)))
        return Moving(self.run, self.by, self.to, self.at, new, files, tables, past)

    def is_stale(self, now: datetime) -> bool:
        """True where whoever announced it must have died."""
        return now - datetime.fromisoformat(self.at) > STALE


def moving(dataset: Mapping[str, Any] | None) -> Moving | None:
    """What a dataset announces; None where it announces nothing that can be understood."""
    text = extras(dataset or {}).get(MOVING)
    if not text:
        return None
    try:
        told: Value = json.loads(text)
        files = {key: tuple(hashes) for key, hashes in told["files"].items()}
        new, tables, past = (tuple(told.get(key, ())) for key in ("new", "tables", "past"))
        return Moving(told["run"], told["by"], told["to"], told["at"], new, files, tables, past)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def is_starting(dataset: Mapping[str, Any]) -> bool:
    """True for a dataset that nobody has been shown yet: what it lists may have no file."""
    return bool(dataset.get("private")) and moving(dataset) is not None
