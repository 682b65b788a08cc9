"""Runs `publica publish --yes` in many folders, and dies in each before another change of the disk. Not a test.

Reads a JSON list of [folder, step, signal] and writes one of [status, changes made]. A process that has imported all is
copied for each, which is much faster than starting one; so nothing may have used a thread of polars before.
"""

from __future__ import annotations

import importlib
import itertools
import json
import os
import sys
from typing import Any

from pipelines import cli

IMPORTED = (
    "jinja2", "pyarrow.parquet", "xlsxwriter", "pipelines.checks.verdict", "pipelines.commands.publish",
    "pipelines.packages.package", "pipelines.portals.pages", "pipelines.sources.formats.csv", "pipelines.tables.build",
    "pipelines.versions.decide", "pipelines.versions.seal",
)  # fmt: skip
CHANGES = {"os.rename", "os.symlink", "os.link", "os.mkdir", "os.remove", "os.rmdir", "os.chmod"}
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


def watch(step: int, signal: int, count: int) -> None:
    """Send `signal` to this process before its change number `step`; tell `count` of each change."""
    steps = itertools.count(1)

    def each(event: str, args: tuple[Any, ...]) -> None:
        opens = event == "open" and isinstance(args[2], int) and args[2] & WRITING
        if opens or event in CHANGES:
            os.write(count, b".")
            if next(steps) == step:
                os.kill(os.getpid(), signal)

    sys.addaudithook(each)


def run(folder: str, step: int, signal: int) -> tuple[int, int]:
    """Publish in `folder`. Returns the status of the process and the number of changes it made."""
    read, write = os.pipe()
    if not (pid := os.fork()):
        os.close(read)
        os.chdir(folder)
        sys.argv = ["publica", "publish", "--yes"]
        os.dup2(os.open("told.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 1)
        os.dup2(1, 2)
        watch(step, signal, write)
        try:
            cli.main()
        except SystemExit as end:
            os._exit(int(end.code or 0))
        finally:
            os._exit(3)
    os.close(write)
    with os.fdopen(read, "rb") as told:
        changes = len(told.read())
    return os.waitpid(pid, 0)[1], changes


for name in IMPORTED:
    importlib.import_module(name)
json.dump([run(*each) for each in json.load(sys.stdin)], sys.stdout)
