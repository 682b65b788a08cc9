"""What is outside the fast way: a table, or a cell, that only frictionless itself can be trusted with."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager


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
