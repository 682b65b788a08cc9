"""What a portal answers, as data: the receipt of a publication, what stands on the portal now, and a planned write.

Every kind of portal gives these; the archive keeps receipts as JSON. Making them is the business of the kinds
(`folder.py`), comparing a receipt with a portal that of `drift.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Status = Literal["published", "withdrawn", "erased"]


@dataclass(frozen=True)
class Stamp:
    """A public file as it was read back. `path` is relative to the dataset's address; `mtime_ns` its time of change."""

    path: str
    bytes: int
    mtime_ns: int
    sha256: str


@dataclass(frozen=True)
class Receipt:
    """What was written, and read back as a stranger.

    `version` and `manifest` (its SHA-256) are empty after a withdrawal. `signature`: SHA-256 of all that the public
    sees of the dataset; the same content gives the same one. `metadata`: the whole of `dataset.json`.
    """

    dataset: str
    status: Status
    version: str
    manifest: str
    signature: str
    at: str
    files: tuple[Stamp, ...] = ()
    links: Mapping[str, str] = field(default_factory=dict[str, str])
    metadata: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def to_json(self) -> dict[str, Any]:
        """JSON value; `from_json` reads it back."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Receipt:
        """The receipt that `to_json` wrote."""
        told = dict(value)
        files = tuple(Stamp(**stamp) for stamp in told.pop("files"))
        return cls(**told, files=files)


@dataclass(frozen=True)
class PublishedState:
    """What stands on the portal. `confirmed` is False where a publisher died before it had read everything back."""

    status: Status
    version: str
    manifest: str
    signature: str
    confirmed: bool


@dataclass(frozen=True)
class PlannedWrite:
    """One write that publishing would make. `path` is relative to the portal; a link's `target` to the link's place.

    `announce` and `switch`: the first and the last change of a dataset that takes several.
    """

    action: Literal["create", "replace", "link", "remove", "announce", "switch", "insert", "update", "delete"]
    path: str
    bytes: int = 0
    sha256: str = ""
    target: str = ""

    def to_json(self) -> dict[str, Any]:
        """JSON value; keys without a value are left out."""
        return {key: value for key, value in asdict(self).items() if value}
