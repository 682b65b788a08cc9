"""What a report says of a file's bytes: its hashes and its size, taken beside all else in a thread of their own."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from types import TracebackType
from typing import TYPE_CHECKING

from pipelines.checks.report.outside import is_large
from pipelines.checks.report.safety import load

if TYPE_CHECKING:
    from frictionless.resources import TableResource

_PIECE = 2**24  # bytes; after each, a thread waits until the one that imports lets go of the interpreter
_CHUNK = 8192  # bytes that Python's text reader, and so frictionless, takes from a file at a time
_LONGEST = 2**20  # bytes of a descriptor that is read once more


class Digests:
    """The hashes of a file, computed from the beginning of a `with` block; left early, they are given up."""

    def __init__(self, path: Path) -> None:
        self.path, self._stop, self._hand = path, Event(), ThreadPoolExecutor(1)

    def __enter__(self) -> Digests:
        self._hashes = self._hand.submit(self._hash)
        return self

    def __exit__(self, _type: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        self._stop.set()
        self._hand.shutdown()

    def _hash(self) -> tuple[str, str]:
        md5, sha256 = hashlib.md5(usedforsecurity=False), hashlib.sha256()
        room = memoryview(bytearray(_PIECE))
        with self.path.open("rb", buffering=0) as file:
            while not self._stop.is_set() and (size := file.readinto(room)):
                md5.update(room[:size])
                sha256.update(room[:size])
        return md5.hexdigest(), sha256.hexdigest()

    def of_all(self, resource: TableResource) -> None:
        """Note down what frictionless knows after the last byte."""
        resource.stats.md5, resource.stats.sha256 = self._hashes.result()
        resource.stats.bytes = self.path.stat().st_size

    def up_to(self, resource: TableResource, end: int) -> None:
        """Note down what it knows when it stops after the row that ends at `end`; beyond the file: no line ended it."""
        seen, size = resource.stats.bytes or 0, self.path.stat().st_size
        if resource.stats.md5 or end <= seen:
            return  # it saw as much when it opened the file
        if end > size:
            self.of_all(resource)
        else:
            resource.stats.bytes = min(size, seen + -(-(end - seen) // _CHUNK) * _CHUNK)


def first_table(path: str) -> Path | None:
    """The large file of the first table of the package at `path`, by its JSON descriptor, which nobody has checked yet.

    It is what will probably be hashed; None where that is not known at once.
    """
    file = Path(path)
    try:
        known = file.suffix == ".json" and file.is_file() and file.stat().st_size <= _LONGEST
        descriptor = load(file) if known else None
    except (OSError, ValueError, RecursionError):
        return None
    match descriptor:
        case {"resources": [{"path": str(said)}, *_]} if said.endswith(".csv") and is_large(file.parent / said):
            return file.parent / said
        case _:
            return None
