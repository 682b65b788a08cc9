"""How long a process, or a piece of work inside one, takes: wall clock and CPU. What is timed is decided elsewhere."""

from __future__ import annotations

import os
import resource
import subprocess
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TypeVar

CHECKOUT = Path(__file__).resolve().parents[2]
T = TypeVar("T")


@dataclass(frozen=True)
class Cost:
    """Seconds by the clock on the wall, and seconds of processor time."""

    wall: float
    cpu: float

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.wall + other.wall, self.cpu + other.cpu)

    def __truediv__(self, count: float) -> Cost:
        return Cost(self.wall / count, self.cpu / count)


@dataclass(frozen=True)
class Weight:
    """What a process of its own cost. `peak`: bytes of memory at most."""

    cost: Cost
    peak: int


def middle(costs: Iterable[Cost]) -> Cost:
    """The median of each."""
    seen = list(costs)
    return Cost(median(cost.wall for cost in seen), median(cost.cpu for cost in seen))


def timed(work: Callable[[], T]) -> tuple[Cost, T]:
    """What a piece of work in this process costs, all threads together, and what it gives."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = work()
    return Cost(time.perf_counter() - wall, time.process_time() - cpu), result


def weighed(command: Sequence[str | Path]) -> tuple[Weight, str, int]:
    """What a process costs, what it prints and its exit code."""
    environment = {**os.environ, "PUBLICA_LANGUAGE": "en", "PYTHONPATH": str(CHECKOUT)}
    start = time.perf_counter()
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment, cwd=CHECKOUT
    )
    assert process.stdout is not None
    with process.stdout as stream:
        out = stream.read()
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)  # it is no longer there to be waited for
    return Weight(Cost(wall, used.ru_utime + used.ru_stime), used.ru_maxrss * 1024), out, process.returncode


def run(command: Sequence[str | Path]) -> tuple[Cost, subprocess.CompletedProcess[str]]:
    """What a process costs from start to end. Raises CalledProcessError, its words told, where it fails."""
    environment = {**os.environ, "PUBLICA_LANGUAGE": "en", "PYTHONPATH": str(CHECKOUT)}
    wall, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=CHECKOUT)
    wall, after = time.perf_counter() - wall, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        error = subprocess.CalledProcessError(done.returncode, command, done.stdout, done.stderr)
        error.add_note(done.stderr[-2_000:])
        raise error
    return Cost(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime), done
