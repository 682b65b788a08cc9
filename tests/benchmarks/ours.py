"""Publishes every dataset of a folder in this process, as `publica publish --yes` does, and prints what it cost.

Usage: python -m tests.benchmarks.ours DATAPACKAGES ARCHIVE PUBLIC. Prints JSON: seconds, by stage.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

from tests.benchmarks.timing import Cost, middle, timed


def main(datapackages: Path, archive: Path, public: Path) -> None:
    """Publish all; the figures are per dataset, `build` and `show` being medians after the first."""
    from pipelines.commands.build import build
    from pipelines.commands.publish import person_said_yes, show
    from pipelines.commands.workspace import Workspace

    workspace = Workspace(datapackages, archive, f"folder:{public}")
    loaded, _ = timed(lambda: workspace.catalogue)
    builds: list[Cost] = []
    shows: list[Cost] = []
    for slug in workspace.in_order([]):
        dataset = workspace.dataset(slug)
        cost, built = timed(lambda dataset=dataset: build(workspace, dataset))
        builds.append(cost)
        cost, outcome = timed(lambda built=built: show(workspace, built, person_said_yes))
        shows.append(cost)
        if outcome.status not in ("published", "unchanged"):
            raise SystemExit(f"{slug}: {outcome}")
    listed, _ = timed(workspace.portal.refresh)
    count = len(builds)
    stages = {"load": loaded / count, "build": middle(builds[1:]), "show": middle(shows[1:]), "list": listed / count}
    sys.stdout.write(json.dumps({name: asdict(cost) for name, cost in stages.items()}))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
