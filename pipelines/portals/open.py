"""An address of a portal, as people type it (`folder:DIR`), turned into the portal. One line per kind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pipelines.errors import UserError
from pipelines.findings import Finding
from pipelines.portals.folder import Folder
from pipelines.text import mask, nearest


def _folder(rest: str) -> Folder:
    return Folder(Path(rest).expanduser())


KINDS: dict[str, Callable[[str], Folder]] = {"folder": _folder}


def open_portal(address: str) -> Folder:
    """The portal at `address`, written `kind:where`. Writes nothing. Raises UserError naming the known kinds."""
    kind, _, rest = address.partition(":")
    if kind not in KINDS:
        params = {"kind": mask(kind), "known": ", ".join(KINDS), "nearest": nearest(kind, KINDS)}
        raise UserError(Finding("portal-unknown-kind", params=params))
    if not rest.strip():
        raise UserError(Finding("portal-no-address", params={"kind": kind}))
    return KINDS[kind](rest.strip())
