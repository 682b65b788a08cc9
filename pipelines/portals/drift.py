"""What was changed by hand on a portal since a receipt: files deleted, changed or added, metadata field by field.

Cheap where nothing was: a look at each file's size and time, and a hash only where they differ. What is done about it
is decided by whoever asked.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Any, cast

from pipelines.files import sha256_file
from pipelines.findings import Finding
from pipelines.portals.receipt import Receipt, Stamp
from pipelines.text import mask

METADATA = "dataset.json"

Value = dict[str, Any]


def drift(public: Path, receipt: Receipt) -> list[Finding]:
    """The differences between the dataset at `public` and its receipt; empty where there are none."""
    if not public.is_dir():
        return [_finding(receipt, "portal-deleted", path="")]
    findings: list[Finding] = []
    for file in receipt.files:
        if not (public / file.path).is_file():
            findings.append(_finding(receipt, "portal-deleted", path=file.path))
        elif changed(public / file.path, file):
            findings += _changed(public, receipt, file)
    for path, target in receipt.links.items():
        if not os.path.lexists(public / path):
            findings.append(_finding(receipt, "portal-deleted", path=path))
        elif not (public / path).is_symlink() or str((public / path).readlink()) != target:
            findings.append(_finding(receipt, "portal-edited", path=path))
    return findings + [_finding(receipt, "portal-extra", path=path) for path in sorted(extra(public, receipt))]


def changed(path: Path, expected: Stamp) -> bool:
    """True where a file's bytes are no longer those of its stamp."""
    status = path.stat()
    if (status.st_size, status.st_mtime_ns) == (expected.bytes, expected.mtime_ns):
        return False
    return status.st_size != expected.bytes or sha256_file(path) != expected.sha256


def extra(public: Path, receipt: Receipt) -> set[str]:
    """Public paths that the receipt does not know."""
    known = {file.path for file in receipt.files} | receipt.links.keys()
    homes = ["", *(path for path in receipt.links if path.startswith("versions/"))]
    found = {path for home in homes for path in _paths(public / home, f"{home}/" if home else "")}
    return found - known


def _paths(folder: Path, prefix: str) -> Iterator[str]:
    for entry in os.scandir(folder) if folder.is_dir() else ():
        if entry.is_dir(follow_symlinks=False):
            yield from _paths(Path(entry.path), f"{prefix}{entry.name}/")
        else:
            yield prefix + entry.name


def _changed(public: Path, receipt: Receipt, file: Stamp) -> list[Finding]:
    if file.path != METADATA:
        return [_finding(receipt, "portal-edited", path=file.path)]
    try:
        there = json.loads((public / METADATA).read_bytes())
    except ValueError:
        there = None
    fields = differences(receipt.metadata, there) if isinstance(there, dict) else []
    return fields or [_finding(receipt, "portal-edited", path=METADATA)]


def differences(ours: Any, theirs: Any, path: str = "") -> list[Finding]:
    """One finding per field that differs, named by its path (`organization.email`, `files.2.url`)."""
    if ours == theirs:
        return []
    if isinstance(ours, dict) and isinstance(theirs, dict):
        mine, other = cast("Value", ours), cast("Value", theirs)
        keys = [*mine, *(key for key in other if key not in mine)]
        return [found for key in keys for found in differences(mine.get(key), other.get(key), f"{path}.{key}")]
    if isinstance(ours, list) and isinstance(theirs, list):
        pairs = list(zip_longest(cast("list[Any]", ours), cast("list[Any]", theirs)))
        return [found for i, pair in enumerate(pairs) for found in differences(*pair, f"{path}.{i}")]
    params = {"field": path.removeprefix("."), "ours": _shown(ours), "theirs": _shown(theirs)}
    return [Finding("portal-metadata-edited", params=params)]


def _shown(value: Any) -> str:
    return mask("-" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def _finding(receipt: Receipt, code: str, *, path: str) -> Finding:
    return Finding(code, dataset=receipt.dataset, params={"path": f"{receipt.dataset}/{path}".rstrip("/")})
