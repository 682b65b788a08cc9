"""One dataset's place in a folder portal, and the only code that changes anything there.

    <slug>                           symlink to .states/<slug>/<n>: replacing it is the one switch a reader can see
    .states/<slug>/<n>/              pages, dataset.json, version.json, and links to the versions' files
    .states/<slug>/<n>.json          its receipt; called <n>.unread.json until everything was read back
    .versions/<slug>/<number>/       a version's files; <number>.json beside it, written last, says that it is whole
    .erased/<slug>/<number>.json     hashes and reason of a version that was erased

Everything is made under a `.tmp-` name and on disk before it gets its own, so a process that dies leaves only rubbish,
which `clean` removes. What the files say is in `metadata.py` and `pages/`; in which order things happen in `folder.py`.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.files import FILE_MODE, create_file, pretty_json, replace_file
from pipelines.portals.receipt import Receipt, Stamp

FOLDER_MODE = 0o755
HIDDEN_MODE = 0o700
TEMPORARY = ".tmp-"
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_STATE = re.compile(r"\d{6,}")
_PIECE = 1 << 20


@dataclass(frozen=True)
class Shelf:
    """The place of the dataset `slug` in the portal folder `root`. Creating one writes nothing."""

    root: Path
    slug: str

    def __post_init__(self) -> None:
        if not _SLUG.fullmatch(self.slug):
            raise ValueError(self.slug)

    @property
    def public(self) -> Path:
        """The dataset's public address."""
        return self.root / self.slug

    @property
    def states(self) -> Path:
        """Where its states are."""
        return self.root / ".states" / self.slug

    @property
    def versions(self) -> Path:
        """Where its versions' files are."""
        return self.root / ".versions" / self.slug

    @property
    def erased(self) -> Path:
        """Where the records of its erased versions are."""
        return self.root / ".erased" / self.slug

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """One publisher of a dataset at a time. Waits; the lock goes with the process, however it ends."""
        locks = self.root / ".locks"
        make_folder(locks)
        with locked(locks / self.slug):
            yield

    # --- looking ----------------------------------------------------------------------------------------------------

    @property
    def taken(self) -> bool:
        """True where the public address is something that no publication made."""
        return os.path.lexists(self.public) and self.state() is None

    def state(self) -> str | None:
        """The name of the state that the public sees, or None."""
        try:
            target = Path(self.public.readlink())
        except OSError:
            return None
        return target.name if target == Path(".states", self.slug, target.name) and _STATE.fullmatch(target.name) else None

    def confirmed(self, state: str) -> bool:
        """True where everything of a state was read back after the switch to it."""
        return (self.states / f"{state}.json").exists()

    def receipt(self, state: str | None) -> Receipt | None:
        """The receipt of a state; None for no state, or where somebody removed its receipt."""
        for name in (f"{state}.json", f"{state}.unread.json"):
            if state and (content := _read(self.states / name)):
                return Receipt.from_json(json.loads(content))
        return None

    def last_confirmed(self) -> str | None:
        """The newest state that was ever read back, whether the public still sees it or not."""
        return max((name for name in self._state_names() if self.confirmed(name)), default=None)

    def kept(self) -> dict[str, dict[str, Any]]:
        """The records of the versions whose files are here, by number."""
        return _records(self.versions)

    def erasures(self) -> dict[str, dict[str, Any]]:
        """The records of the erased versions, by number."""
        return _records(self.erased)

    def _state_names(self) -> list[str]:
        if not self.states.is_dir():
            return []
        return sorted(name for name in os.listdir(self.states) if _STATE.fullmatch(name))

    # --- making -----------------------------------------------------------------------------------------------------

    def keep_file(self, source: Path, number: str, path: str) -> tuple[str, Stamp]:
        """Copy one file of a version. Returns the SHA-256 of the bytes copied, and the file's stamp."""
        target = self.versions / number / path
        make_folder(target.parent)
        digest = hashlib.sha256()
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=TEMPORARY)
        with source.open("rb") as reader, os.fdopen(handle, "wb") as writer:
            while piece := reader.read(_PIECE):
                digest.update(piece)
                writer.write(piece)
            _settle(writer.fileno(), writer.flush)
        Path(name).replace(target)
        return digest.hexdigest(), stamp(target, path, digest.hexdigest())

    def keep_record(self, number: str, record: Mapping[str, Any]) -> None:
        """Say that a version's files are all here."""
        for folder, _, _ in os.walk(self.versions / number):
            sync_folder(Path(folder))
        replace_file(self.versions / f"{number}.json", pretty_json(record))
        sync_folder(self.versions)

    def make_state(self, files: Mapping[str, bytes], links: Mapping[str, str], receipt: Receipt) -> str:
        """Put a new state on disk, seen by nobody yet. Returns its name."""
        make_folder(self.states)
        number = max([0, *map(int, self._state_names())]) + 1
        name = f"{number:06d}"
        scratch = Path(tempfile.mkdtemp(dir=self.states, prefix=TEMPORARY))
        for path, content in files.items():
            with (scratch / path).open("wb") as writer:
                writer.write(content)
                _settle(writer.fileno(), writer.flush)
        for path, target in links.items():
            (scratch / path).parent.mkdir(exist_ok=True)
            (scratch / path).symlink_to(target)
        for folder, _, _ in os.walk(scratch):
            Path(folder).chmod(FOLDER_MODE)
            sync_folder(Path(folder))
        stamps = tuple(stamp(scratch / path, path, hashlib.sha256(files[path]).hexdigest()) for path in files)
        value = Receipt(**{**vars(receipt), "files": (*stamps, *receipt.files)}).to_json()
        (self.states / f"{name}.json").unlink(missing_ok=True)
        replace_file(self.states / f"{name}.unread.json", pretty_json(value))
        scratch.rename(self.states / name)
        sync_folder(self.states)
        return name

    def switch(self, state: str | None) -> None:
        """Show the public another state, or none: in one step, files and metadata together."""
        if state is None:
            self.public.unlink(missing_ok=True)
        else:
            link = self.states / f"{TEMPORARY}link"
            link.unlink(missing_ok=True)
            link.symlink_to(Path(".states", self.slug, state))
            link.replace(self.public)
        sync_folder(self.root)

    def confirm(self, state: str) -> None:
        """Say that everything of a state was read back."""
        unread = self.states / f"{state}.unread.json"
        if unread.exists():
            unread.replace(self.states / f"{state}.json")
            sync_folder(self.states)

    def hide(self, hidden: bool) -> None:
        """Close the versions' folder to everybody but its owner, or open it again."""
        if self.versions.is_dir():
            self.versions.chmod(HIDDEN_MODE if hidden else FOLDER_MODE)

    # --- removing ---------------------------------------------------------------------------------------------------

    def record_erasure(self, number: str, record: Mapping[str, Any]) -> None:
        """Write down that a version is to be erased. From here on it is never published again."""
        make_folder(self.erased)
        with contextlib.suppress(FileExistsError):
            create_file(self.erased / f"{number}.json", pretty_json(record))
        sync_folder(self.erased)

    def remove_version(self, number: str) -> None:
        """Remove a version's files for good."""
        (self.versions / f"{number}.json").unlink(missing_ok=True)
        if (folder := self.versions / number).is_dir():
            rubbish = self.versions / f"{TEMPORARY}{number}"
            shutil.rmtree(rubbish, ignore_errors=True)
            folder.rename(rubbish)
            shutil.rmtree(rubbish)
        sync_folder(self.versions)

    def clean(self, *, keep_previous: bool = True) -> None:
        """Remove what a publisher that died left, and the states before the last one (which readers may still be in)."""
        current = self.state()
        names = self._state_names()
        confirmed = [name for name in names if self.confirmed(name) and name != current]
        keep = {current, *(confirmed[-1:] if keep_previous or current is None else ())}
        for folder in (self.states, self.versions, self.erased):
            for path in list(folder.rglob(f"{TEMPORARY}*")) if folder.is_dir() else ():
                remove(path)
        for name in names:
            if name not in keep:
                self._remove_state(name)
        for receipt in self.states.glob("*.json") if self.states.is_dir() else ():
            if not (self.states / receipt.name.split(".")[0]).is_dir():
                receipt.unlink()

    def _remove_state(self, name: str) -> None:
        rubbish = self.states / f"{TEMPORARY}{name}"
        (self.states / name).rename(rubbish)
        (self.states / f"{name}.unread.json").unlink(missing_ok=True)
        (self.states / f"{name}.json").unlink(missing_ok=True)
        shutil.rmtree(rubbish)


def remove(path: Path) -> None:
    """Remove a file, a link or a whole folder, if it is still there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def stamp(path: Path, name: str, digest: str) -> Stamp:
    """The stamp of a file whose SHA-256 is known."""
    status = path.stat()
    return Stamp(name, status.st_size, status.st_mtime_ns, digest)


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock file `path`."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, FILE_MODE)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def make_folder(path: Path) -> None:
    """Make a folder that everybody may read, and those above it, whatever the person's umask."""
    if not path.is_dir():
        make_folder(path.parent)
        with contextlib.suppress(FileExistsError):
            path.mkdir()
            path.chmod(FOLDER_MODE)


def sync_folder(path: Path) -> None:
    """Have the names in a folder on disk."""
    if path.is_dir():
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _settle(handle: int, flush: Any) -> None:
    flush()
    os.fchmod(handle, FILE_MODE)
    os.fsync(handle)


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _records(folder: Path) -> dict[str, dict[str, Any]]:
    if not folder.is_dir():
        return {}
    paths = [path for path in folder.glob("*.json") if not path.name.startswith(TEMPORARY)]
    return {path.stem: json.loads(path.read_bytes()) for path in paths}
