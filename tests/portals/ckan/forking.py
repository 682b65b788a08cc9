"""Runs `publica` again and again, each time in a copy of this process, and tells how each ended. Not a test.

A process that has imported all is copied much faster than one is started; so nothing here may use a thread, of polars
least of all. It reads a JSON value a line: `{"run": words, "folder", "env"}` is answered with the process's id at once,
`{"wait": id}` with its status as `waitpid` gives it, once it has ended.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from typing import Any

from pipelines import cli

IMPORTED = (
    "ckanapi", "httpx", "jinja2", "polars", "pyarrow.parquet", "xlsxwriter", "pipelines.checks.verdict",
    "pipelines.commands.publish", "pipelines.commands.undo", "pipelines.commands.verify", "pipelines.packages.package",
    "pipelines.portals.ckan.audit", "pipelines.portals.ckan.portal", "pipelines.portals.ckan.preflight",
    "pipelines.portals.ckan.publication", "pipelines.portals.ckan.tables", "pipelines.sources.formats.csv",
    "pipelines.tables.build", "pipelines.versions.decide", "pipelines.versions.seal",
)  # fmt: skip


def run(words: list[str], folder: str, env: dict[str, str]) -> int:
    """Type `publica` and `words` in `folder`; what it says goes to `said-<id>.txt` there. The id of the process."""
    if pid := os.fork():
        return pid
    os.chdir(folder)
    os.environ.update(env)
    sys.argv = ["publica", *words]
    os.dup2(os.open(f"said-{os.getpid()}.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 1)
    os.dup2(1, 2)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    try:
        cli.main()
    except SystemExit as end:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(int(end.code or 0))
    finally:
        os._exit(3)


def answer(told: dict[str, Any]) -> int:
    if "wait" in told:
        return os.waitpid(told["wait"], 0)[1]
    return run(told["run"], told["folder"], told["env"])


for name in IMPORTED:
    importlib.import_module(name)
for line in sys.stdin:
    sys.stdout.write(f"{answer(json.loads(line))}\n")
    sys.stdout.flush()
