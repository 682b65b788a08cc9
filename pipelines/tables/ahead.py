"""Work on the batches of a large table on several cores at once, with the results in order and few batches in memory.

What is done with a batch is the caller's; it is nearly all polars', which lets other threads run meanwhile.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from typing import TypeVar

HANDS = 2  # batches worked on at a time
WAITING = 2  # results that nobody has asked for yet

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_order(work: Callable[[Item], Result], items: Iterable[Item]) -> Generator[Result]:
    """What `work` makes of each item, in order. Of a single item it is made without any thread."""
    coming = iter(items)
    begun = list(islice(coming, 2))
    if len(begun) < 2:
        yield from map(work, begun)
        return
    with ThreadPoolExecutor(HANDS) as pool:
        results = deque(pool.submit(work, item) for item in begun)
        try:
            for item in coming:
                results.append(pool.submit(work, item))
                if len(results) > HANDS + WAITING:
                    yield results.popleft().result()
            while results:
                yield results.popleft().result()
        finally:
            for each in results:
                each.cancel()


@contextmanager
def aside(work: Callable[[Item], object]) -> Generator[Callable[[Item], None]]:
    """Does `work` with items in another thread, one after the other; who hands them over waits when too many wait.

    What goes wrong there is raised at the next item or at the end.
    """
    begun: deque[Future[object]] = deque()
    with ThreadPoolExecutor(1) as pool:

        def hand_over(item: Item) -> None:
            begun.append(pool.submit(work, item))
            while len(begun) > WAITING:
                begun.popleft().result()

        try:
            yield hand_over
            while begun:
                begun.popleft().result()
        finally:
            for each in begun:
                each.cancel()
