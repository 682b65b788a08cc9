"""An address of a portal, as people type it (`folder:DIR`, `ckan:URL`), turned into the portal. One line per kind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pipelines.errors import UserError
from pipelines.findings import Finding
from pipelines.portals.portal import Portal
from pipelines.text import mask, nearest

Publisher = Callable[[], str]  # names the archive that publishes, once it does


def _folder(where: str, _publisher: Publisher) -> Portal:
    from pipelines.portals.folder import Folder

    return Folder(Path(where).expanduser())


def _ckan(where: str, publisher: Publisher) -> Portal:
    from pipelines.portals.ckan.portal import Ckan

    return Ckan(where, publisher)


KINDS: dict[str, Callable[[str, Publisher], Portal]] = {"folder": _folder, "ckan": _ckan}


def open_portal(address: str, publisher: Publisher) -> Portal:
    """The portal at `address`, written `kind:where`. Asks and writes nothing. Raises UserError: no such kind."""
    kind, _, where = address.partition(":")
    if kind not in KINDS:
        params = {"kind": mask(kind), "known": ", ".join(KINDS), "nearest": nearest(kind, KINDS)}
        raise UserError(Finding("portal-unknown-kind", params=params))
    if not where.strip():
        raise UserError(Finding("portal-no-address", params={"kind": kind}))
    return KINDS[kind](where.strip(), publisher)


def reopen_portal(name: str, archive_root: Path, publisher: Publisher) -> Portal:
    """The portal that ledgers call `name` (`Portal.name`)."""
    kind, _, where = name.partition(":")
    return open_portal(f"{kind}:{archive_root / where}" if kind == "folder" else name, publisher)
