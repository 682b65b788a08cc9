"""How memory is looked after. What is held in it, and for how long, is for those who hold it.

Python looks for garbage every few hundred new objects, at all objects again and again, and at all once more when it
ends. What a command makes is mostly modules and declarations, which stay.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Generator
from contextlib import contextmanager

_OBJECTS = 10_000  # new ones after which garbage is looked for
_waits: list[Callable[[], object]] = []  # what is called before much memory is taken: one, or none


def search_seldom() -> None:
    """From now on, garbage is looked for less often: a command that imports much takes a tenth less time."""
    gc.set_threshold(_OBJECTS)


def search_no_more() -> None:
    """The process is about to end, and all it holds with it: nothing that is there is looked through for garbage."""
    gc.freeze()


def before_much(wait: Callable[[], object]) -> None:
    """From now on, `wait` is called before much memory is taken."""
    _waits[:] = [wait]


def much_follows() -> None:
    """A table that is too large for memory is about to be made: waits until no neighbour works on one."""
    for wait in _waits:
        wait()


@contextmanager
def keeping() -> Generator[None]:
    """While inside, nobody looks for garbage: a third of the time of work that makes much and drops little."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
