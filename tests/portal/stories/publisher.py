"""A publisher as a process of its own, so that it can be killed as `kill -9` kills: at any request that it sends.

`Publisher` is the test's end; run as a module, this is the other one: a process that has imported everything and forks
for each order, so that a run costs a fork and not a start. What is ordered are publica's commands, as people type them;
waits before further tries are cut short, nothing else is.
"""

from __future__ import annotations

import importlib
import json
import os
import random
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self

PROJECT = Path(__file__).resolve().parents[3]
HASTE = 20  # by which waits are divided
_IMPORTED = (
    *("ckanapi", "httpx", "polars", "pipelines.commands.undo", "pipelines.commands.verify"),
    *("pipelines.portals.ckan.portal", "pipelines.portals.ckan.publication", "pipelines.versions.content"),
)


@dataclass(frozen=True)
class Ran:
    """What came of an order: `status` of what was done, or `refused` with the codes of findings. Killed: neither."""

    status: str = ""
    refused: tuple[str, ...] = ()
    said: str = ""

    @property
    def killed(self) -> bool:
        return not self.status and not self.refused


@dataclass
class Publisher:
    """Somebody who publishes from the archive at `root` to the portal at `to`. To be used with `with`."""

    root: Path
    datapackages: Path
    to: str
    token: str = field(repr=False)
    child: int = 0

    def __enter__(self) -> Self:
        env = {**os.environ, "PUBLICA_CKAN_TOKEN": self.token, "PUBLICA_LANGUAGE": "en"}
        command = [sys.executable, "-m", "tests.portal.stories.publisher"]
        self._process = subprocess.Popen(
            command, cwd=PROJECT, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self._process.communicate()

    def start(self, verb: str, slug: str, **how: Any) -> None:
        """Begin a command. `stale`: it comes so late that whoever announced something before must have died."""
        order = {"verb": verb, "slug": slug, "root": self.root, "datapackages": self.datapackages, "to": self.to, **how}
        assert self._process.stdin
        self._process.stdin.write(json.dumps(order, default=str) + "\n")
        self._process.stdin.flush()
        self.child = int(self._line())

    def wait(self) -> Ran:
        """What came of it. AssertionError: it broke, as no command may."""
        told = json.loads(self._line())
        self.child = 0
        assert "error" not in told, told["error"]
        return Ran(told.get("status", ""), tuple(told.get("refused", ())), told.get("said", ""))

    def run(self, verb: str, slug: str, **how: Any) -> Ran:
        """Begin a command and wait for its end."""
        self.start(verb, slug, **how)
        return self.wait()

    def kill(self) -> None:
        """SIGKILL to the command under way."""
        if self.child:
            os.kill(self.child, signal.SIGKILL)

    def _line(self) -> str:
        assert self._process.stdout
        return self._process.stdout.readline()


# --- the other end ----------------------------------------------------------------------------------------------------


def _serve() -> None:
    import time

    wait: Callable[[float], None] = time.sleep

    def hasten(seconds: float) -> None:
        wait(seconds / HASTE)

    time.sleep = hasten  # before anything takes the name from there
    for name in _IMPORTED:
        importlib.import_module(name)
    for line in sys.stdin:
        source, sink = os.pipe()
        if (child := os.fork()) == 0:
            _obey(json.loads(line), sink)
        os.close(sink)
        _say(child)
        with os.fdopen(source) as answer:
            told = answer.read()
        os.waitpid(child, 0)
        _say(json.loads(told or "{}"))


def _say(what: Any) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def _obey(order: dict[str, Any], sink: int) -> None:
    from pipelines.errors import UserError

    random.seed()
    try:
        told: dict[str, Any] = {"status": _done(**order)}
    except UserError as error:
        told = {"refused": [finding.code for finding in error.findings], "said": str(error)}
    except BaseException:
        told = {"error": traceback.format_exc()}
    os.write(sink, json.dumps(told).encode())
    os._exit(0)


def _done(verb: str, root: str, datapackages: str, to: str, now: str, **how: Any) -> str:
    from pipelines.commands.workspace import Workspace
    from pipelines.portals.ckan import moving

    if how.pop("stale", False):
        moving.STALE = timedelta(hours=-1)
    os.environ["PUBLICA_CKAN_TIMEOUT"] = str(how.pop("patience", 60))
    moment = datetime.fromisoformat(now)
    return _VERBS[verb](Workspace(Path(datapackages), Path(root), to, now=lambda: moment), **how)


def _publish(workspace: Any, slug: str, *, overwrite: bool = False) -> str:
    from pipelines.commands.build import Built
    from pipelines.commands.publish import person_said_yes, show

    number = workspace.archive.state(slug).built
    outcome = show(workspace, Built(workspace.dataset(slug), number, made=False), person_said_yes, overwrite=overwrite)
    return outcome.status


def _undo(verb: str) -> Callable[..., str]:
    def do(workspace: Any, slug: str, **how: Any) -> str:
        from pipelines.commands import undo

        getattr(undo, verb)(workspace, slug, **how)
        return verb

    return do


def _verify(workspace: Any, slug: str) -> str:
    from pipelines.commands.verify import verify

    return verify(workspace, slug).status


_VERBS: dict[str, Callable[..., str]] = {
    "publish": _publish,
    "verify": _verify,
    **{verb: _undo(verb) for verb in ("rollback", "withdraw", "release", "erase")},
}

if __name__ == "__main__":
    _serve()
