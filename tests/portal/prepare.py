"""Makes, once for all runs, what a portal is copied from: CKAN, Solr's jars, and a portal that has run once.

    .venv/bin/python -m tests.portal.prepare [2.12]

All stands in the cache folder of the account, named after the content of what asks for it, and counts only once it is
complete. Debian's packages are `.ci/setup`'s business; the variants of CKAN are named in `settings`.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from tests.portal import founding
from tests.portal.account import PATH, Account, account
from tests.portal.api import answers
from tests.portal.processes import leftovers, remove, until
from tests.portal.servers import free_ports, solr_command
from tests.portal.settings import VARIANTS

HERE = Path(__file__).parent
PYTHON = Path("/usr/bin/python3")  # the system's: one below somebody's home cannot be executed by another user
COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"

Make = Callable[[Account, Path, Path], None]  # in an empty folder, complaining to a log


def portal(variant: str) -> Path:
    """The folder of a portal that has run once, with nothing published."""
    jars, python = solr(), ckan(variant)

    def make(_: Account, folder: Path, log: Path) -> None:
        founding.found(folder, variant, python, jars, log)

    return once(f"portal-{variant}", founding.recipe() + bytes(jars) + bytes(python), make)


def ckan(variant: str) -> Path:
    """The folder of a virtual environment with this CKAN."""
    lock = HERE / f"ckan-{variant}.lock"

    def make(who: Account, folder: Path, log: Path) -> None:
        who.run([PYTHON, "-m", "venv", folder], who.cache, log=log, env=who.installing)
        who.write(folder / "lock", lock.read_text("utf-8"))  # the checkout may be unreadable to the account
        words = ["--disable-pip-version-check", "--no-input", "--no-deps", "--require-hashes", "-r", folder / "lock"]
        pip = [folder / "bin" / "python", "-m", "pip"]
        who.run([*pip, "install", *words], who.cache, log=log, env=who.installing)
        who.run([*pip, "check"], who.cache, log=log, env=who.installing)

    return once(f"ckan-{variant}", lock.read_bytes() + bytes(PYTHON.resolve()), make)


def solr() -> Path:
    """The folder with Solr's jars, our launcher and a class archive."""
    files = [HERE / "solr" / name for name in ("pom.xml", "Launch.java")]

    def make(who: Account, folder: Path, log: Path) -> None:
        for file in files:
            who.write(folder / file.name, file.read_text("utf-8"))
        maven = ["mvn", "-q", "-B", "-C", COPY, "-DincludeScope=runtime", f"-DoutputDirectory={folder / 'lib'}"]
        compiler = ["javac", "-cp", "lib/*", "-d", "classes", "Launch.java"]
        # a class archive wants a class path of jars only
        for command in (maven, compiler, ["jar", "cf", "lib/launch.jar", "-C", "classes", "."]):
            who.run(command, folder, log=log, env=who.installing)
        _archive(who, folder, log)

    java = Path(shutil.which("java", path=PATH) or "java").resolve()
    return once("solr", b"".join(file.read_bytes() for file in files) + bytes(java), make)


def _archive(who: Account, folder: Path, log: Path) -> None:
    """Start and stop Solr once to keep the classes that it loads: later starts take half the time."""
    warm = who.folder(folder / "warm")
    who.write(warm / "solr.xml", "<solr/>")
    port = free_ports().solr
    command = solr_command(folder, warm, port, f"-XX:ArchiveClassesAtExit={folder / 'app.jsa'}")
    process = who.start(command, folder, log)
    try:
        until(lambda: answers(f"http://127.0.0.1:{port}/solr/admin/cores"), process, "solr", log)
    finally:
        process.terminate()
        process.wait(120)
        shutil.rmtree(warm)


def once(name: str, asked: bytes, make: Make) -> Path:
    """The folder of that name for what is asked; one that is not complete is made from nothing. Raises PortalError."""
    who = account()
    folder = who.cache / f"{name}-{hashlib.sha256(asked).hexdigest()[:12]}"
    if not (folder / "complete").exists():
        with who.alone("prepare"):
            if not (folder / "complete").exists():
                remove(leftovers(folder))
                log = who.cache / f"{name}.log"
                log.unlink(missing_ok=True)
                make(who, who.folder(folder, empty=True), log)
                who.write(folder / "complete", "")
    return folder


if __name__ == "__main__":
    for asked in sys.argv[1:] or VARIANTS[:1]:
        portal(asked)
