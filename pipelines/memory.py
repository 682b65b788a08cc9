"""How memory is looked after. What is held in it, and for how long, is for those who hold it.

Python looks for garbage every few hundred new objects, at all objects again and again, and at all once more when it
ends. What a command makes is mostly modules and declarations, which stay.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Generator
from contextlib import contextmanager

_OBJECTS = 10_000  # new ones after which garbage is looked for
_turn: list[Callable[[], object]] = []  # what is waited for before much memory is taken, if anything is


def seldom_searched() -> None:
    """From now on, look for garbage less often: importing takes a tenth less time."""
    gc.set_threshold(_OBJECTS)


def leave() -> None:
    """The process is about to end, and all it holds with it: nothing is looked through for garbage any more."""
    gc.freeze()


def in_turn(wait: Callable[[], object]) -> None:
    """From now on, whoever is about to take much memory calls `wait` first."""
    _turn[:] = [wait]


def much_follows() -> None:
    """A table that is too large for memory is about to be made: waits until no neighbour works on one."""
    for wait in _turn:
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
