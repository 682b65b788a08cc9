"""What publica does with the large table, in a process of its own.

Usage: python -m tests.benchmarks.large_ours pass|build FOLDER. `pass`: checks it and writes and hashes its CSV, Parquet
and JSON, which is what the rival does; `build`: makes the version in the archive, or finds that none is needed. Prints
JSON: seconds, peak bytes, seconds by stage, and what was told.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks.memory import most_held
from tests.benchmarks.timing import timed

SLUG = "large"
Tell = Callable[[str], None]


def main(mode: str, folder: Path) -> None:
    """Do one of the two, and print."""
    stages: dict[str, float] = {}
    begun = ["start", time.perf_counter()]

    def tell(stage: str) -> None:
        now = time.perf_counter()
        stages[str(begun[0])] = stages.get(str(begun[0]), 0.0) + now - float(begun[1])
        begun[:] = [stage, now]

    cost, told = timed(lambda: (one_pass if mode == "pass" else build_version)(folder, tell))
    tell("end")
    found = {"wall": cost.wall, "cpu": cost.cpu, "most": most_held(), "stages": stages, "told": told}
    sys.stdout.write(json.dumps(found))


def one_pass(folder: Path, tell: Tell) -> object:
    """From the source to checked files and their hashes."""
    from pipelines.checks.verdict import judge
    from pipelines.commands.prepare import Sources, build_tables
    from pipelines.commands.workspace import Workspace
    from pipelines.packages.formats.files import write_files
    from pipelines.packages.formats.format import formats
    from pipelines.sources.snapshot import Snapshot

    tell("reading")
    workspace = Workspace(folder / "datapackages", folder / "archive", f"folder:{folder / 'public'}")
    dataset = workspace.dataset(SLUG)
    source = dataset.folder / "source" / "table.csv"
    sources = Sources({"table": Snapshot("", source.stat().st_size, source, source.name, "")}, "")
    (table,) = build_tables(workspace.archive, dataset, sources, {})
    tell("checking")
    verdict = judge(dataset, [table], "", {})
    if not verdict.passed:
        raise SystemExit(str(verdict.findings[:5]))
    tell("writing")
    (folder / "pass").mkdir(exist_ok=True)

    kinds = formats(dataset.package.publica.formats)
    return sorted(write_files(table, {folder / "pass" / f"table.{kind.name}": kind for kind in kinds}).values())


def build_version(folder: Path, tell: Tell) -> object:
    """What `publica build` does."""
    from pipelines.commands.build import build
    from pipelines.commands.workspace import Workspace

    workspace = Workspace(folder / "datapackages", folder / "archive", f"folder:{folder / 'public'}")
    built = build(workspace, workspace.dataset(SLUG), tell)
    reasons = [reason.text("en") for reason in built.draft.reasons] if built.draft else []
    return {"version": built.number, "made": built.made, "reasons": reasons}


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
