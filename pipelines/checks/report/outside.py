"""What is outside the fast way: a table, or a cell, that only frictionless itself can be trusted with."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from frictionless.resources import TableResource

SMALL = 2**18  # bytes; frictionless alone is done with a smaller table before polars is even imported


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
    return is_large(local_path(resource))


def is_large(path: Path) -> bool:
    """Whether there is a file, and one worth scanning."""
    try:
        return path.is_file() and path.stat().st_size > SMALL
    except (OSError, ValueError):
        return False


def local_path(resource: TableResource) -> Path:
    """Where the file of a resource is."""
    return Path(str(resource.normpath).removeprefix("file://"))
