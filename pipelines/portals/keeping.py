"""Versions' files in a folder portal: copied from the archive once, each byte proved on the way, then never changed.

Whether a version may be published at all is decided in `gate.py`; which one the public sees in `steps.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from pipelines.errors import UserError
from pipelines.findings import Finding
from pipelines.portals.disk import remove
from pipelines.portals.drift import changed
from pipelines.portals.gate import CheckedVersion
from pipelines.portals.metadata import Value, version_record
from pipelines.portals.receipt import Stamp
from pipelines.portals.shelf import Shelf
from pipelines.portals.state import iso


def records_with(shelf: Shelf, versions: Iterable[CheckedVersion], now: datetime) -> dict[str, Value]:
    """The records of all versions that the portal keeps, and of `versions`.

    Raises UserError for a version that was erased, or whose number the portal knows with another content.
    """
    records, erased = shelf.kept(), shelf.erasures()
    for version in versions:
        held = records.setdefault(version.number, version_record(version, iso(now)))
        if version.number in erased:
            raise UserError(_finding("portal-erased-version", version))
        if held["digest"] != version.digest:
            raise UserError(_finding("portal-other-version", version))
    return records


def keep(shelf: Shelf, version: CheckedVersion, now: datetime) -> None:
    """Have a version's files in the portal, and no others beside them. Writes only what is not there already."""
    record = records_with(shelf, [version], now)[version.number]
    home = shelf.versions / version.number
    files = [_keep_file(shelf, version, home, file) for file in record["files"]]
    ours = {home / file["path"] for file in files}
    for path in [path for path in home.rglob("*") if path not in ours and (path.is_symlink() or not path.is_dir())]:
        remove(path)
    if files != record["files"]:
        shelf.keep_record(version.number, {**record, "files": files})


def _keep_file(shelf: Shelf, version: CheckedVersion, home: Path, file: Value) -> Value:
    """One file of a version's record, with the time of its copy."""
    path: str = file["path"]
    if "mtime_ns" in file and _same(home / path, file):
        return file
    inside = path if path.endswith(".zip") else f"package/{path}"
    stamp = shelf.keep_file(version.folder / inside, version.number, path)
    if stamp.sha256 != file["sha256"]:
        remove(home / path)
        raise UserError(_finding("gate-file-changed", version, file=inside))
    return {**file, "mtime_ns": stamp.mtime_ns}


def _same(path: Path, file: Value) -> bool:
    expected = Stamp(file["path"], file["bytes"], file["mtime_ns"], file["sha256"])
    return path.is_file() and not path.is_symlink() and not changed(path, expected)


def _finding(code: str, version: CheckedVersion, **params: str) -> Finding:
    return Finding(code, dataset=version.slug, params={"version": version.number, **params})
