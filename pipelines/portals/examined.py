"""What the doctor says of a folder portal: where it is, whether it can be written, its free space, who serves it.

Nothing is written, not even to try. What is done in the folder is in `folder.py`.
"""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

from pipelines.findings import Finding, Severity
from pipelines.portals.facts import Fact

ROOM = 1_000  # MB free, under which a person should look


def examined(root: Path, datasets: int) -> tuple[list[Fact], list[Finding]]:
    """Facts about the portal in the folder `root`, which holds so many datasets, and what stands in the way."""
    there = root.is_dir()
    facts = [Fact("folder-fact-portal", {"folder": str(root.absolute()), "count": datasets})]
    if not there:
        facts = [Fact("folder-fact-new", {"folder": str(root.absolute())})]
    ground = next(path for path in (root.absolute(), *root.absolute().parents) if os.path.lexists(path))
    findings = _closed(root, ground)
    if not findings:
        free = shutil.disk_usage(ground).free // 1_000_000
        facts.append(Fact("folder-fact-room", {"megabytes": f"{free:,}".replace(",", " ")}))
        if free < ROOM:
            findings.append(Finding("folder-little-room", Severity.WARN, {"megabytes": free, "folder": str(root)}))
    return [*facts, Fact("folder-fact-token"), Fact("folder-fact-tables"), Fact("folder-fact-server")], findings


def _closed(root: Path, ground: Path) -> list[Finding]:
    """Why nothing can be written below `ground`, the part of the path that is there."""
    if not ground.is_dir():
        return [Finding("portal-disk", params={"folder": str(root), "why": os.strerror(errno.ENOTDIR)})]
    if not os.access(ground, os.W_OK | os.X_OK, effective_ids=True):
        return [Finding("portal-read-only", params={"folder": str(root), "why": os.strerror(errno.EACCES)})]
    return []
