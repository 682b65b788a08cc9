"""A snapshot: the bytes of one source as they were when they were fetched, kept in the archive under their hash.

Getting the bytes is the work of `origins/`; where the archive puts them is its own business.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipelines.archive.archive import Archive
from pipelines.files import sha256_file
from pipelines.findings import Place
from pipelines.sources.refusal import refused

MOST_BYTES = 2_000_000_000  # of any source; web addresses and databases have tighter limits of their own


@dataclass(frozen=True)
class Snapshot:
    """One source as fetched. `path`: its bytes, in the archive's private store. `name`: the file's name.

    `origin` says for people where it came from and never holds a secret.
    """

    sha256: str
    size: int
    path: Path
    name: str
    origin: str


def keep(archive: Archive, slug: str, content: bytes | Path, name: str, origin: str, place: Place) -> Snapshot:
    """Keep `content` in the archive. Raises UserError where there is nothing in it, or far too much."""
    size = content.stat().st_size if isinstance(content, Path) else len(content)
    if size == 0:
        raise refused("source-empty", place, name=name)
    if size > MOST_BYTES:
        raise refused("source-too-large", place, name=name, limit=MOST_BYTES // 1_000_000)
    path = archive.keep_snapshot(slug, content)
    return Snapshot(sha256_file(path), path.stat().st_size, path, name, origin)
