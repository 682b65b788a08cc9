"""A server process of the portal: started, waited for, and hurt in the ways that tests need.

Every signal goes to the whole tree of processes, because a paused PostgreSQL whose children go on is not paused.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.portal.account import PortalError, account, tail

PROGRAMS = ("postgres", "redis-server", "java", "gunicorn", "ckan")
PATIENCE = 120.0  # seconds until a server that does not answer counts as failed


@dataclass
class Server:
    """A server of the portal.

    `ready` says whether it answers. `quits` is the signal after which it ends soon and in order.
    """

    name: str
    folder: Path
    command: list[str]
    ready: Callable[[], bool]
    quits: signal.Signals = signal.SIGTERM
    paused: bool = field(default=False, init=False)
    _process: subprocess.Popen[str] | None = field(default=None, init=False)

    @property
    def log(self) -> Path:
        return self.folder / "run" / f"{self.name}.log"

    @property
    def running(self) -> bool:
        """Whether the process lives, paused or not."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        if self._process is None:
            raise PortalError(f"{self.name} was never started")
        return self._process.pid

    def launch(self) -> None:
        """Start it, unless it lives, without waiting for its first answer."""
        if not self.running:
            self._process = account().start(self.command, self.folder, self.log)

    def start(self) -> None:
        """Start it, unless it lives, and wait until it answers."""
        self.launch()
        self.wait()

    def wait(self) -> None:
        """Wait until it answers. Raises PortalError with the end of its log when it ends or never does."""
        assert self._process
        until(self.ready, self._process, self.name, self.log)

    def stop(self) -> None:
        """End it in order, and wait for that."""
        self.resume()
        self._end(self.quits)

    def kill(self) -> None:
        """SIGKILL to all of it at once."""
        self._end(signal.SIGKILL)

    def pause(self) -> None:
        """SIGSTOP: it takes connections and never answers."""
        self.paused = True
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT: it goes on, also with the requests that came meanwhile."""
        self._signal(signal.SIGCONT)
        self.paused = False

    def restart(self) -> None:
        """Stop and start."""
        self.stop()
        self.start()

    def _end(self, how: signal.Signals) -> None:
        if self._process and self.running:
            tree = list(_tree(self.pid))
            if how == signal.SIGKILL:
                _send(tree, how)
            else:
                self._process.send_signal(how)
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                _send([*_tree(self.pid)], signal.SIGKILL)
                self._process.wait()
            _gone(tree)
        self.paused = False

    def _signal(self, what: signal.Signals) -> None:
        if self.running:
            _send(list(_tree(self.pid)), what)


class Web(Server):
    """gunicorn with CKAN in its workers, each of which says in a file `run/worker-PID` that it has loaded CKAN."""

    def launch(self) -> None:
        if not self.running:
            for file in (self.folder / "run").glob("worker-*"):
                file.unlink()
        super().launch()

    @property
    def workers(self) -> list[int]:
        """The processes of the workers."""
        return [pid for pid in _tree(self.pid) if pid != self.pid]

    def kill_workers(self) -> None:
        """SIGKILL to every worker: their requests are lost, the master starts others."""
        _send(self.workers, signal.SIGKILL)


def until(ready: Callable[[], bool], process: subprocess.Popen[str], name: str, log: Path) -> None:
    """Wait for a server's first answer. Raises PortalError with the end of its log."""
    end = time.monotonic() + PATIENCE
    while not ready():
        if process.poll() is not None or time.monotonic() > end:
            raise PortalError(f"{name} does not answer (ended with {process.returncode})\n{tail(log)}")
        time.sleep(0.05)


def leftovers(folder: Path) -> list[int]:
    """Servers of the portal in this folder that outlived who started them.

    Folders are compared and not their names, which mean others to a process that sees another root.
    """
    places = {_identity(path) for path in (folder, *folder.glob("*/")) if path.exists()}
    found: list[int] = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "comm").read_text().strip() in PROGRAMS and _identity(entry / "cwd") in places:
                found.append(int(entry.name))
        except OSError:
            continue  # it has ended meanwhile, or is somebody else's
    return found


def _identity(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_dev, status.st_ino


def remove(pids: list[int]) -> None:
    """Kill processes, and wait until they are gone."""
    _send(pids, signal.SIGKILL)
    _gone(pids)


def _tree(pid: int) -> Iterator[int]:
    """A process and all below it, parents first."""
    yield pid
    for thread in Path(f"/proc/{pid}/task").glob("*"):
        try:
            children = (thread / "children").read_text().split()
        except OSError:
            continue
        for child in children:
            yield from _tree(int(child))


def _send(pids: list[int], what: signal.Signals) -> None:
    for pid in pids:
        try:
            os.kill(pid, what)
        except ProcessLookupError:
            continue


def _gone(pids: list[int]) -> None:
    """Wait until these processes have ended: a server's children may outlive it by a moment."""
    end = time.monotonic() + 10
    while any(_lives(pid) for pid in pids) and time.monotonic() < end:
        time.sleep(0.01)


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
