"""Many datasets spread over processes, as many as there are cores: for work that keeps a core busy.

A process is a copy of this one, made before anything heavy was imported: what was read so far need not be read again,
what is imported later is imported once in each. Answers come back pickled. Tables too large for memory are worked on
in turn. Threads, for portals that keep one waiting, and the order of datasets are in `together.py`.
"""

from __future__ import annotations

import contextlib
import fcntl
import gc
import os
import signal
import tempfile
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from graphlib import TopologicalSorter
from multiprocessing import get_context
from multiprocessing.connection import Connection, Pipe, wait
from pathlib import Path
from typing import Generic, TypeVar

from pipelines import memory

FEW = 24  # datasets; so many are done sooner than another process has imported what they need
_TASKS = Path("/proc/self/task")
_MOMENT = 0.1  # seconds

T = TypeVar("T")
Do = Callable[[str, Callable[[str], None]], T]  # told a dataset, and whom to tell the name of each stage


def processes_for(count: int) -> int:
    """How many processes `count` datasets are worth; 1 is this one.

    A process of several threads is not copied: the copy would wait for ever for what another thread held.
    """
    return len(os.sched_getaffinity(0)) if count > FEW and _alone() else 1


def _alone() -> bool:
    """Whether no other thread runs. One that was told to end may take a moment to be gone."""
    until = time.monotonic() + _MOMENT
    while _TASKS.is_dir():
        if len(list(_TASKS.iterdir())) == 1:
            return True
        if time.monotonic() > until:
            break
        time.sleep(_MOMENT / 100)
    return False


class Team(Generic[T]):
    """Processes that wait for datasets. They go when the one that made them goes."""

    def __init__(self, do: Do[T], count: int) -> None:
        self._do = do
        self._hands: list[_Hand[T]] = []
        self._turn = _Turn()
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # a copy that is half made would tell of it itself
        try:
            for _ in range(count):
                self._hands.append(_Hand(do, self._turn, [hand.line for hand in self._hands]))
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})

    def work(
        self, sorter: TopologicalSorter[str], tell: Callable[[str, str], None], lost: Callable[[str, int], T]
    ) -> Generator[T]:
        """What `do` makes of each dataset, as it comes, each after those that `sorter` puts before it.

        `tell`: told a dataset and the name of a stage. `lost`: what to say of one whose process ended, with its exit
        code; the others take over the rest, and this process does where no other is left.
        """
        ready: deque[str] = deque()
        sorter.prepare()
        try:
            while sorter.is_active():
                ready.extend(sorter.get_ready())
                for slug, made in self._round(ready, tell, lost):
                    sorter.done(slug)
                    yield made
        except BaseException:
            self._end(at_once=True)
            raise
        self._end(at_once=False)

    def _round(
        self, ready: deque[str], tell: Callable[[str, str], None], lost: Callable[[str, int], T]
    ) -> Iterator[tuple[str, T]]:
        """Hand out what is ready, wait until something is heard, and give what was made."""
        for hand in self._hands:
            if ready and hand.slug is None:
                hand.give(ready.popleft())
        if not self._hands:
            slug = ready.popleft()
            yield slug, self._do(slug, lambda stage: tell(slug, stage))
            return
        busy = {hand.line: hand for hand in self._hands if hand.slug is not None}
        for line in wait(list(busy)):
            hand = busy[line]  # type: ignore[index] # a connection, since only those were given
            slug = hand.taken()
            try:
                stage, made = hand.line.recv()
            except (EOFError, ConnectionError):
                self._hands.remove(hand)
                yield slug, lost(slug, hand.end())
                continue
            if stage:
                tell(slug, stage)
            else:
                hand.slug = None
                yield slug, made

    def _end(self, *, at_once: bool) -> None:
        for hand in self._hands:
            hand.end(at_once=at_once)


class _Turn:
    """Whose turn it is to work on a large table: several at once would take several times the memory.

    A lock on a file, since that goes with the process that has it.
    """

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - it is for as long as the team

    def take(self, tell: Callable[[str], None], stage: str) -> None:
        """Wait for it, and tell that where it has to be waited for; then that it is `stage` again."""
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # who has it, gets it again
        except OSError:
            tell("waiting")
            fcntl.lockf(self._file, fcntl.LOCK_EX)
            tell(stage)

    def give(self) -> None:
        """Let another have it."""
        fcntl.lockf(self._file, fcntl.LOCK_UN)


class _Hand(Generic[T]):
    """One process. `slug`: the dataset it works on."""

    def __init__(self, do: Do[T], turn: _Turn, others: Sequence[Connection]) -> None:
        self.line, theirs = Pipe()
        self.slug: str | None = None
        given = (do, turn, theirs, [self.line, *others])
        self._process = get_context("fork").Process(target=_serve, args=given, daemon=True)
        self._process.start()
        theirs.close()

    def give(self, slug: str) -> None:
        """Have it work on a dataset."""
        self.slug = slug
        with contextlib.suppress(ConnectionError):  # it has ended, which is heard when it is listened to
            self.line.send(slug)

    def taken(self) -> str:
        """The dataset it works on."""
        assert self.slug is not None  # noqa: S101 - asked only of one that works
        return self.slug

    def end(self, *, at_once: bool = False) -> int:
        """Have it end, after what it works on or at once. Returns its exit code: below 0, the signal that ended it."""
        self.line.close()
        if at_once:
            self._process.terminate()
        self._process.join()
        return self._process.exitcode or 0


def _serve(do: Do[T], turn: _Turn, line: Connection, others: Sequence[Connection]) -> None:
    """What a process does: one dataset after another, until nobody holds the other end."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # who presses Ctrl-C means all of them, and one tells of it
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    gc.freeze()  # what was read before stays: to look through it for garbage would copy it
    for other in others:
        other.close()
    stage = "waiting"

    def tell(name: str) -> None:
        nonlocal stage
        stage = name
        line.send((name, None))

    memory.before_much(lambda: turn.take(tell, stage))
    while True:
        try:
            slug: str = line.recv()
        except EOFError:
            return
        made = do(slug, tell)
        turn.give()
        line.send(("", made))
