"""One module per source format. Adding a format is adding a module here with a function `batches`.

    def batches(snapshot: Snapshot, resource: Resource) -> Iterator[RawTable]    # raises UserError

It gives the rows of one table in order, some at a time where there may be many, and at least one batch, which may be
empty. What is wrong with the table may be raised after the last batch: before, nobody may rely on what they got.

The module's name is the format's name, as in a declaration's `format` or a file's suffix.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module

from pipelines.declaration.model import Resource
from pipelines.sources.raw import RawTable
from pipelines.sources.snapshot import Snapshot

Reader = Callable[[Snapshot, Resource], Iterator[RawTable]]


@cache
def format_names() -> tuple[str, ...]:
    """The formats that can be read, in order of name."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


def reader(name: str) -> Reader:
    """The reader of a format; only that module is imported."""
    batches: Reader = import_module(f"{__name__}.{name}").batches
    return batches
