"""What is outside the fast way: a table, or a cell, that only frictionless itself can be trusted with."""

from __future__ import annotations

import json
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from frictionless.resources import TableResource

SMALL = 2**18  # bytes; frictionless alone is done with a smaller table before polars is even imported
_LONGEST = 2**20  # bytes of a descriptor that is read once more


class NotHereError(Exception):
    """This table is for frictionless alone."""


@contextmanager
def frictionless_code() -> Generator[None]:
    """While its code reads what a stranger wrote: where that fails, it is frictionless that has to fail on it.

    Raises NotHereError.
    """
    try:
        yield
    except Exception as error:
        raise NotHereError from error


def scannable(resource: TableResource) -> bool:
    """Whether a table, not yet open, is a CSV file here that is worth scanning."""
    if resource.data is not None or resource.remote or resource.multipart or resource.innerpath:
        return False
    if resource.scheme != "file" or resource.format != "csv" or resource.compression or not resource.path:
        return False
    return _large(local_path(resource))


def first_large(path: str) -> Path | None:
    """The file of the first table of the package at `path`, if that looks worth scanning before frictionless is asked.

    It is a guess, from a descriptor that is not checked.
    """
    file = Path(path)
    try:
        descriptor = json.loads(file.read_text("utf-8")) if _is_descriptor(file) else None
    except (OSError, ValueError, RecursionError):
        return None
    match descriptor:
        case {"resources": [{"path": str(said)}, *_]} if said.endswith(".csv") and _large(file.parent / said):
            return file.parent / said
        case _:
            return None


def _is_descriptor(path: Path) -> bool:
    return path.suffix == ".json" and path.is_file() and path.stat().st_size <= _LONGEST


def _large(path: Path) -> bool:
    try:
        return path.is_file() and path.stat().st_size > SMALL
    except (OSError, ValueError):
        return False


def local_path(resource: TableResource) -> Path:
    """Where the file of a resource is."""
    return Path(str(resource.normpath).removeprefix("file://"))
