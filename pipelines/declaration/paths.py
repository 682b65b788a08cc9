"""Whether a path in a declaration may be followed: only inside its own folder, whatever it is made of.

Web addresses are judged when they are fetched, in `sources/`.
"""

from __future__ import annotations

import os
from pathlib import Path
from stat import S_ISDIR, S_ISREG

from pipelines.findings import Finding
from pipelines.text import mask


def is_web_address(path: str) -> bool:
    """True where `path` is a URL rather than a file."""
    return path.split("://", 1)[0].lower() in ("http", "https") and "://" in path


def path_fault(folder: Path, path: str) -> Finding | None:
    """Why `path` may not be followed from `folder`, or None where it is the name of a file in it."""
    parts = path.split("/")
    odd = any(part in ("", ".", "..") or part.startswith((".", "~", "$")) for part in parts)
    if odd or any(sign in path for sign in ("\\", ":", "\0", "%2e", "%2E", "$")):
        return Finding("path-not-allowed", params={"path": mask(path)})
    if _is_plain(folder, parts):
        return None
    target = folder / path
    try:
        inside, exists = target.resolve().is_relative_to(folder.resolve()), target.exists()
    except (OSError, RuntimeError):  # a name longer than any file's; links that lead in a circle
        inside = exists = False
    if not inside:
        return Finding("path-not-allowed", params={"path": mask(path)})
    if not exists:
        return Finding("file-missing", params={"path": path, "beside": _beside(folder)})
    if not target.is_file():
        return Finding("file-not-a-file", params={"path": path})
    return None


def _is_plain(folder: Path, parts: list[str]) -> bool:
    """Whether it is a file to which no link leads: what nearly all are, seen by one look at each part."""
    try:
        *folders, file = (os.lstat(folder.joinpath(*parts[:n])).st_mode for n in range(1, len(parts) + 1))
    except OSError:
        return False
    return S_ISREG(file) and all(map(S_ISDIR, folders))


def _beside(folder: Path) -> str:
    files = sorted(
        f.relative_to(folder).as_posix() for f in folder.rglob("*") if f.is_file() and f.suffix not in (".yaml", ".md")
    )
    return ", ".join(files[:10]) or "-"
