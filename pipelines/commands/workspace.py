"""What every command works on: the declarations, the archive, the portal, and a clock. Opening one writes nothing.

Where they are is said by flags or by the environment (`PUBLICA_DATAPACKAGES`, `PUBLICA_ARCHIVE`, `PUBLICA_PORTAL`).
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from graphlib import TopologicalSorter
from pathlib import Path

from pipelines.archive.archive import Archive
from pipelines.declaration.dataset import Dataset
from pipelines.declaration.lineage import derived_from_catalogue, packages_read, reads_catalogue
from pipelines.declaration.load import Catalogue, load_all
from pipelines.errors import UserError
from pipelines.languages import LANGUAGES, Language
from pipelines.portals.open import open_portal
from pipelines.portals.portal import Portal


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Workspace:
    """Where things are. `to` is a portal's address as typed (`folder:public`).

    `placed`: somebody said where the archive is; what is published elsewhere must not depend on a checkout.
    """

    datapackages: Path
    archive_root: Path
    to: str
    placed: bool = True
    now: Callable[[], datetime] = field(default=_now)
    building: threading.Lock = field(default_factory=threading.Lock)  # versions are made one at a time in a process

    @classmethod
    def here(cls, datapackages: Path | None = None, archive: Path | None = None, to: str | None = None) -> Workspace:
        """What flags say, else the environment, else the folders beside one another where the person stands."""
        return cls(
            datapackages or Path(os.environ.get("PUBLICA_DATAPACKAGES", "datapackages")),
            archive or Path(os.environ.get("PUBLICA_ARCHIVE", "archive")),
            to or os.environ.get("PUBLICA_PORTAL", "folder:public"),
            placed=bool(archive or os.environ.get("PUBLICA_ARCHIVE")),
        )

    @cached_property
    def catalogue(self) -> Catalogue:
        """All declarations, read once."""
        return load_all(self.datapackages)

    @cached_property
    def archive(self) -> Archive:
        """The archive."""
        return Archive(self.archive_root)

    @cached_property
    def portal(self) -> Portal:
        """The portal."""
        return open_portal(self.to, self.archive.identity)

    @cached_property
    def portal_name(self) -> str:
        """What the ledger calls the portal."""
        return self.portal.name(self.archive_root)

    def dataset(self, slug: str) -> Dataset:
        """A dataset that loads. Raises UserError with its findings where it does not."""
        if slug in self.catalogue.broken:
            raise UserError(self.catalogue.broken[slug])
        return self.catalogue.datasets[slug]

    def known(self, name: str) -> str:
        """`name`, if it is declared or the archive keeps it though its folder is gone. Raises UserError."""
        kept = [ledger.parent.name for ledger in self.archive_root.glob("*/ledger")]
        return name if name in kept else self.catalogue.choose([name])[0]

    def titles(self, slug: str) -> Mapping[Language, str]:
        """A dataset's title by language: as declared, else as last published, else its name."""
        if slug in self.catalogue.datasets:
            package = self.catalogue.datasets[slug].package
            words = package.translations
            return {"en": package.title, "ro": words.ro.title or package.title, "ru": words.ru.title or package.title}
        current = self.archive.current(slug)
        return self.archive.manifest(slug, current)["title"] if current else dict.fromkeys(LANGUAGES, slug)

    def in_order(self, names: Iterable[str]) -> list[str]:
        """The datasets named (all, when none is), those that others read first."""
        return list(
            TopologicalSorter({slug: sorted(before) for slug, before in self.waits_for(names).items()}).static_order()
        )

    def waits_for(self, names: Iterable[str]) -> dict[str, set[str]]:
        """The datasets named (all, when none is), each with those among them that come before it: that it reads.

        What reads the portal's catalogue comes after all that the catalogue then lists.
        """
        chosen = self.catalogue.choose(names)
        datasets = self.catalogue.datasets
        listed = set(chosen) - derived_from_catalogue(datasets)
        reads = {slug: set(packages_read(datasets[slug])) if slug in datasets else set[str]() for slug in chosen}
        for slug in chosen:
            if slug in datasets and reads_catalogue(datasets[slug]):
                reads[slug] |= listed
        return {slug: reads[slug] & set(chosen) for slug in chosen}
