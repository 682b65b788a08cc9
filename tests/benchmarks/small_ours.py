"""Builds every dataset of a folder in this process, and tells what the time went into.

Usage: python -m tests.benchmarks.small_ours DATAPACKAGES ARCHIVE. Prints JSON: seconds by stage, all datasets together.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict
from pathlib import Path

from tests.benchmarks.timing import Cost


def main(datapackages: Path, archive: Path) -> None:
    """Build all, and print."""
    spent: dict[str, Cost] = {}
    begun = ["importing", time.perf_counter(), time.process_time()]

    def tell(stage: str) -> None:
        now = Cost(time.perf_counter(), time.process_time())
        name, wall, cpu = str(begun[0]), float(begun[1]), float(begun[2])
        spent[name] = spent.get(name, Cost(0, 0)) + Cost(now.wall - wall, now.cpu - cpu)
        begun[:] = [stage, now.wall, now.cpu]

    from pipelines.commands.build import build
    from pipelines.commands.workspace import Workspace

    tell("loading declarations")
    workspace = Workspace(datapackages, archive, "folder:nowhere")
    slugs = workspace.in_order([])
    for slug in slugs:
        build(workspace, workspace.dataset(slug), tell)
    tell("end")
    sys.stdout.write(json.dumps({name: asdict(cost) for name, cost in spent.items()}))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
