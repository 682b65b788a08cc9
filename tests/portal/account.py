"""The ordinary user whom the portal belongs to, and programs run as that user.

PostgreSQL refuses root, so root takes a system user of its own, made when missing, with a cache folder that this user
can read; anybody else is that user already.
"""

from __future__ import annotations

import functools
import os
import pwd
import shutil
import subprocess
from collections.abc import Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from fcntl import LOCK_EX, flock
from pathlib import Path
from typing import Any

USER = "publica-tests"
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"  # Debian's programs, readable by everybody

DYING = ("/usr/bin/setpriv", "--pdeathsig", "KILL", "--")  # runs a program that is killed when we die
# A child is killed when the *thread* that started it ends, so servers are started by one that lasts as long as we do.
_STARTER = ThreadPoolExecutor(1, thread_name_prefix="portal")


class PortalError(Exception):
    """The portal, or what it is made of, cannot be had: what was tried, and what was said about it."""


@dataclass(frozen=True)
class Account:
    """A user, and the folder where everything of the portal is kept between runs."""

    name: str
    uid: int
    gid: int
    home: Path
    cache: Path

    def folder(self, path: Path, *, empty: bool = False) -> Path:
        """Make a folder, and its parents, of this user; `empty` removes what was there."""
        if empty:
            shutil.rmtree(path, ignore_errors=True)
        missing = [one for one in (path, *path.parents) if not one.exists()]
        path.mkdir(parents=True, exist_ok=True)
        for one in missing:
            os.chown(one, self.uid, self.gid)
        return path

    def write(self, path: Path, text: str) -> None:
        """Put a file of this user in place at once, readable by nobody else."""
        new = path.with_name(f"{path.name}.new")
        new.write_text(text, "utf-8")
        new.chmod(0o600)
        os.chown(new, self.uid, self.gid)
        new.replace(path)

    @contextmanager
    def alone(self, name: str) -> Generator[None]:
        """One process at a time does what needs this name."""
        with (self.folder(self.cache) / f"{name}.lock").open("w") as file:
            flock(file, LOCK_EX)
            yield

    def run(self, command: Sequence[str | Path], cwd: Path, *, log: Path, env: Mapping[str, str] | None = None) -> str:
        """Run a program of the portal as this user; what it prints, its complaints going to the log.

        Raises PortalError with the end of the log when it fails.
        """
        with log.open("a") as errors:
            done = subprocess.run(
                [*DYING, *command],
                cwd=cwd,
                env=env or self.environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                **self._who,
            )
        if done.returncode:
            words = " ".join(str(word) for word in command[:6])
            raise PortalError(f"{words} ... ended with {done.returncode}\n{done.stdout[-2000:]}{tail(log)}")
        return done.stdout

    def start(self, command: Sequence[str | Path], cwd: Path, log: Path) -> subprocess.Popen[str]:
        """Start a server as this user, in a session of its own; it is killed when we die."""
        with log.open("a") as out:

            def begin() -> subprocess.Popen[str]:
                return subprocess.Popen(
                    [*DYING, *command],
                    cwd=cwd,
                    env=self.environment,
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=out,
                    text=True,
                    start_new_session=True,
                    **self._who,
                )

            return _STARTER.submit(begin).result()

    @property
    def environment(self) -> dict[str, str]:
        """What the portal's programs are told: nothing of who started them."""
        return {"HOME": str(self.home), "PATH": PATH, "LANG": "C.UTF-8"}

    @property
    def installing(self) -> dict[str, str]:
        """The same with what installers must know, like proxies and certificates, but no other Python."""
        own = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "VIRTUAL_ENV"))}
        return {**own, **self.environment}

    @property
    def _who(self) -> dict[str, Any]:
        return {} if os.geteuid() else {"user": self.uid, "group": self.gid, "extra_groups": []}


def tail(log: Path) -> str:
    """The end of a log."""
    return log.read_text("utf-8", "replace")[-3000:] if log.exists() else ""


@functools.cache
def account() -> Account:
    """The user who runs the portal: for root a system user of its own, which is made when missing."""
    if os.geteuid() == 0:
        home = Path("/var/cache") / USER
        make = ["useradd", "--system", "--user-group", "--no-create-home", "--home-dir", home]
        if not any(entry.pw_name == USER for entry in pwd.getpwall()):
            subprocess.run([*make, "--shell", "/usr/sbin/nologin", USER], check=True)
        entry = pwd.getpwnam(USER)
        return Account(USER, entry.pw_uid, entry.pw_gid, home, home)
    entry = pwd.getpwuid(os.geteuid())
    home = Path.home()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache") / USER
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid, home, cache)
