"""Many datasets at once: each after those that it reads, as many at a time as it pays.

Here they are done by threads of this process, for portals that keep one waiting; by processes, in `processes.py`. What
is done with one dataset is for the caller; which reads which is told by the workspace.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from graphlib import TopologicalSorter
from queue import SimpleQueue
from typing import TypeVar

T = TypeVar("T")


def ordered(waits_for: Mapping[str, Collection[str]]) -> TopologicalSorter[str]:
    """The datasets, each after those that it waits for; equal ones by name."""
    return TopologicalSorter({slug: sorted(before) for slug, before in waits_for.items()})


def together(waits_for: Mapping[str, Collection[str]], do: Callable[[str], T], hands: int) -> Iterator[T]:
    """What `do` makes of each dataset, as it comes. `do` must not raise.

    The hands go with the process: whoever is interrupted leaves the datasets in work as a crash would, which costs
    nothing.
    """
    sorter = ordered(waits_for)
    if hands == 1:
        yield from map(do, sorter.static_order())
        return
    waiting: SimpleQueue[str | None] = SimpleQueue()
    done: SimpleQueue[tuple[str, T]] = SimpleQueue()

    def work() -> None:
        while (slug := waiting.get()) is not None:
            done.put((slug, do(slug)))

    for _ in range(hands):
        threading.Thread(target=work, daemon=True).start()
    sorter.prepare()
    try:
        while sorter.is_active():
            for slug in sorter.get_ready():
                waiting.put(slug)
            slug, made = done.get()
            sorter.done(slug)
            yield made
    finally:
        for _ in range(hands):
            waiting.put(None)
