"""Small things on disk that the folder portal needs: locks, folders everybody may read, names that survive a power cut.

Writing one file whole is in `pipelines/files.py`; what lies where in a portal is in `shelf.py`.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import shutil
from collections.abc import Generator
from io import BufferedWriter
from pathlib import Path

from pipelines.errors import UserError
from pipelines.files import FILE_MODE
from pipelines.findings import Finding
from pipelines.portals.receipt import Stamp

FOLDER_MODE = 0o755
_REFUSALS = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), "portal-disk-full"),
    **dict.fromkeys((errno.EROFS, errno.EACCES, errno.EPERM), "portal-read-only"),
    **dict.fromkeys((errno.EIO, errno.ENOTDIR, errno.ENAMETOOLONG, errno.EMFILE), "portal-disk"),
}


@contextlib.contextmanager
def refusals(root: Path, slug: str = "") -> Generator[None]:
    """Turns what a disk can do to a writer (full, read-only, broken) into a finding."""
    try:
        yield
    except OSError as error:
        if error.errno not in _REFUSALS:
            raise
        params = {"folder": str(root), "why": error.strerror}
        raise UserError(Finding(_REFUSALS[error.errno], dataset=slug, params=params)) from error


@contextlib.contextmanager
def locked(path: Path) -> Generator[None]:
    """Hold the lock file `path`. Waits; the lock goes with the process, however it ends."""
    make_folder(path.parent)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, FILE_MODE)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def make_folder(path: Path) -> None:
    """Make a folder that everybody may read, and those above it, whatever the person's umask."""
    if path.is_dir():
        return
    make_folder(path.parent)
    with contextlib.suppress(FileExistsError):
        path.mkdir()
        path.chmod(FOLDER_MODE)


def sync_folder(path: Path) -> None:
    """Have the names in a folder on disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def settle(file: BufferedWriter) -> None:
    """Have an open file's bytes on disk, readable by everybody."""
    file.flush()
    os.fchmod(file.fileno(), FILE_MODE)
    os.fsync(file.fileno())


def remove(path: Path) -> None:
    """Remove a file, a link or a whole folder, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def stamp(path: Path, name: str, digest: str) -> Stamp:
    """The stamp of a file whose SHA-256 is known."""
    status = path.stat()
    return Stamp(name, status.st_size, status.st_mtime_ns, digest)
