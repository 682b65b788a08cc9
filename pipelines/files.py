"""Writing to disk so that nobody ever sees half a file, and so that the same content is the same bytes.

Which files exist and what they are called is the business of `archive/`, `packages/` and `portals/`.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

FILE_MODE = 0o644  # set by hand, so that a person's umask changes nothing


def canonical_json(value: Any) -> bytes:
    """`value` as JSON with sorted keys and no blanks: the form that is hashed."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def pretty_json(value: Any) -> bytes:
    """`value` as JSON for people: indented, keys in the order given, a newline at the end."""
    return (json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False) + "\n").encode()


def sha256(content: bytes) -> str:
    """Hex SHA-256 of bytes."""
    return hashlib.sha256(content).hexdigest()


def sha256_file(path: Path) -> str:
    """Hex SHA-256 of a file, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextlib.contextmanager
def _whole(path: Path, content: bytes | Path) -> Generator[str]:
    """A temporary file beside `path` that holds `content` (a file's, by pieces), on disk; gone unless it was moved."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".tmp-")
    try:
        with os.fdopen(handle, "wb") as file:
            if isinstance(content, Path):
                with content.open("rb") as source:
                    shutil.copyfileobj(source, file)
            else:
                file.write(content)
            file.flush()
            os.fchmod(file.fileno(), FILE_MODE)
            os.fsync(file.fileno())
        yield name
    finally:
        with contextlib.suppress(FileNotFoundError):
            Path(name).unlink()


def settle(folder: Path) -> None:
    """Have every byte below a folder on disk: all at once where the system can, since each file alone costs as much."""
    import ctypes  # here, since most commands write nothing

    try:
        syncfs = ctypes.CDLL(None, use_errno=True).syncfs
    except (AttributeError, OSError, TypeError):  # not Linux
        for path in folder.rglob("*"):
            if path.is_file():
                _on_disk(path, os.fsync)
        return

    def all_of_it(handle: int) -> None:
        if syncfs(handle):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), str(folder))

    _on_disk(folder, all_of_it)


def _on_disk(path: Path, sync: Callable[[int], None]) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        sync(handle)
    finally:
        os.close(handle)


def replace_file(path: Path, content: bytes) -> None:
    """Write `path` whole: a reader sees the old bytes or the new ones."""
    with _whole(path, content) as name:
        Path(name).replace(path)


def create_file(path: Path, content: bytes | Path) -> None:
    """Write `path` whole and only if it is absent; `content` may be a file to copy.

    Raises FileExistsError, with nothing changed, if it is there.
    """
    with _whole(path, content) as name:
        os.link(name, path)
