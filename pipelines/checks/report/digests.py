"""What a report says of a file's bytes: its hashes and its size, taken beside the scan in threads of their own."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from frictionless.resources import TableResource

_PIECE = 2**20
_CHUNK = 8192  # bytes that Python's text reader, and so frictionless, takes from a file at a time


class Digests:
    """The hashes of a file, computed from the beginning of a `with` block; left early, they are given up."""

    def __init__(self, path: Path) -> None:
        self._path, self._stop, self._hands = path, Event(), ThreadPoolExecutor(2)

    def __enter__(self) -> Digests:
        self._md5, self._sha256 = self._hands.submit(self._hash, "md5"), self._hands.submit(self._hash, "sha256")
        return self

    def __exit__(self, _type: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        self._stop.set()
        self._hands.shutdown()

    def _hash(self, name: str) -> str:
        digest = hashlib.new(name, usedforsecurity=False)
        with self._path.open("rb") as file:
            while not self._stop.is_set() and (piece := file.read(_PIECE)):
                digest.update(piece)
        return digest.hexdigest()

    def of_all(self, resource: TableResource) -> None:
        """Note down what frictionless knows after the last byte."""
        resource.stats.md5, resource.stats.sha256 = self._md5.result(), self._sha256.result()
        resource.stats.bytes = self._path.stat().st_size

    def up_to(self, resource: TableResource, end: int) -> None:
        """Note down what it knows when it stops after the row that ends at `end`; beyond the file: no line ended it."""
        seen, size = resource.stats.bytes or 0, self._path.stat().st_size
        if resource.stats.md5 or end <= seen:
            return  # it saw as much when it opened the file
        if end > size:
            self.of_all(resource)
        else:
            resource.stats.bytes = min(size, seen + -(-(end - seen) // _CHUNK) * _CHUNK)
