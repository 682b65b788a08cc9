"""One dataset's place in a folder portal, and the only code that changes anything there.

    <slug>                           symlink to .states/<slug>/<n>: replacing it is the one switch a reader can see
    .states/<slug>/<n>/              pages, dataset.json, version.json, and links to the versions' files
    .states/<slug>/<n>.json          its receipt; called <n>.unread.json until everything was read back
    .versions/<slug>/<number>/       a version's files; <number>.json beside it, written last, says that it is whole
    .erased/<slug>/<number>.json     hashes and reason of a version that was erased
    .locks/<slug>                    held by whoever publishes

Everything is made under a `.tmp-` name and on disk before it gets its own, so a process that dies leaves only rubbish,
which `clean` removes. What the files say is in `metadata.py` and `pages/`; in which order things happen in `steps.py`.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipelines.files import create_file, pretty_json, replace_file, sha256
from pipelines.portals.disk import FOLDER_MODE, locked, make_folder, remove, settle, stamp, sync_folder
from pipelines.portals.receipt import Receipt, Stamp

TEMPORARY = ".tmp-"
_HIDDEN_MODE = 0o700
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_STATE = re.compile(r"\d{6,}")
_PIECE = 1 << 20

Record = dict[str, Any]


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
    def versions(self) -> Path:
        """Where its versions' files are."""
        return self.root / ".versions" / self.slug

    @property
    def _states(self) -> Path:
        return self.root / ".states" / self.slug

    @property
    def _erased(self) -> Path:
        return self.root / ".erased" / self.slug

    def lock(self) -> contextlib.AbstractContextManager[None]:
        """One publisher of a dataset at a time."""
        return locked(self.root / ".locks" / self.slug)

    # --- looking ----------------------------------------------------------------------------------------------------

    @property
    def taken(self) -> bool:
        """True where the public address is something that no publication made."""
        return os.path.lexists(self.public) and self.state() is None

    @property
    def littered(self) -> bool:
        """True where a publisher is at work, or died at it."""
        folders = (self._states, self.versions, self._erased)
        names = [path.name for folder in folders if folder.is_dir() for path in folder.iterdir()]
        if any(name.startswith(TEMPORARY) or name.endswith(".unread.json") for name in names):
            return True
        return any((self.versions / number).exists() for number in self.erasures())

    def state(self) -> str | None:
        """The name of the state that the public sees, or None."""
        try:
            target = self.public.readlink()
        except OSError:
            return None
        ours = target.parent == Path(".states", self.slug) and _STATE.fullmatch(target.name)
        return target.name if ours else None

    def confirmed(self, state: str) -> bool:
        """True where everything of a state was read back after the switch to it."""
        return (self._states / f"{state}.json").exists()

    def last_confirmed(self) -> str | None:
        """The newest state that was ever read back, whether the public still sees it or not."""
        return max((name for name in self._state_names() if self.confirmed(name)), default=None)

    def receipt(self, state: str | None) -> Receipt | None:
        """The receipt of a state; None for no state, or where somebody removed its receipt."""
        for name in (f"{state}.json", f"{state}.unread.json"):
            if state and (self._states / name).exists():
                return Receipt.from_json(json.loads((self._states / name).read_bytes()))
        return None

    def kept(self) -> dict[str, Record]:
        """The records of the versions whose files are here, by number."""
        return _records(self.versions)

    def erasures(self) -> dict[str, Record]:
        """The records of the erased versions, by number."""
        return _records(self._erased)

    def _state_names(self) -> list[str]:
        if not self._states.is_dir():
            return []
        return sorted(path.name for path in self._states.iterdir() if _STATE.fullmatch(path.name))

    # --- making -----------------------------------------------------------------------------------------------------

    def keep_file(self, source: Path, number: str, path: str) -> Stamp:
        """Copy one file of a version; the stamp holds the SHA-256 of the bytes that were copied."""
        target = self.versions / number / path
        make_folder(target.parent)
        digest = hashlib.sha256()
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=TEMPORARY)
        with source.open("rb") as reader, os.fdopen(handle, "wb") as writer:
            while piece := reader.read(_PIECE):
                digest.update(piece)
                writer.write(piece)
            settle(writer)
        Path(name).replace(target)
        return stamp(target, path, digest.hexdigest())

    def keep_record(self, number: str, record: Mapping[str, Any]) -> None:
        """Say that a version's files are all here."""
        for folder, _, _ in os.walk(self.versions / number):
            sync_folder(Path(folder))
        replace_file(self.versions / f"{number}.json", pretty_json(record))
        sync_folder(self.versions)

    def make_state(self, files: Mapping[str, bytes], receipt: Receipt) -> str:
        """Put a new state on disk, seen by nobody yet. Returns its name."""
        make_folder(self._states)
        name = f"{max([0, *map(int, self._state_names())]) + 1:06d}"
        scratch = Path(tempfile.mkdtemp(dir=self._states, prefix=TEMPORARY))
        for path, content in files.items():
            with (scratch / path).open("wb") as writer:
                writer.write(content)
                settle(writer)
        for path, target in receipt.links.items():
            (scratch / path).parent.mkdir(exist_ok=True)
            (scratch / path).symlink_to(target)
        for folder, _, _ in os.walk(scratch):
            Path(folder).chmod(FOLDER_MODE)
            sync_folder(Path(folder))
        stamps = tuple(stamp(scratch / path, path, sha256(content)) for path, content in files.items())
        whole = replace(receipt, files=(*stamps, *receipt.files))
        replace_file(self._states / f"{name}.unread.json", pretty_json(whole.to_json()))
        scratch.rename(self._states / name)
        sync_folder(self._states)
        return name

    def switch(self, state: str | None) -> None:
        """Show the public another state, or none: in one step, files and metadata together."""
        if state is None:
            self.public.unlink(missing_ok=True)
        else:
            link = self._states / f"{TEMPORARY}link"
            link.symlink_to(Path(".states", self.slug, state))  # read from where it is going to be
            link.replace(self.public)
        sync_folder(self.root)

    def confirm(self, state: str) -> None:
        """Say that everything of a state was read back."""
        (self._states / f"{state}.unread.json").replace(self._states / f"{state}.json")
        sync_folder(self._states)

    def hide(self, hidden: bool) -> None:
        """Close the versions' folder to everybody but its owner, or open it again."""
        mode = _HIDDEN_MODE if hidden else FOLDER_MODE
        if self.versions.is_dir() and self.versions.stat().st_mode & 0o777 != mode:
            self.versions.chmod(mode)

    # --- removing ---------------------------------------------------------------------------------------------------

    def record_erasure(self, number: str, record: Mapping[str, Any]) -> None:
        """Write down that a version is to be erased. From here on it is never published again."""
        make_folder(self._erased)
        with contextlib.suppress(FileExistsError):
            create_file(self._erased / f"{number}.json", pretty_json(record))
        sync_folder(self._erased)

    def remove_version(self, number: str) -> None:
        """Remove a version's files for good."""
        remove(self.versions / f"{number}.json")
        remove(self.versions / number)
        if self.versions.is_dir():
            sync_folder(self.versions)

    def clean(self, *, keep_previous: bool = True) -> None:
        """Remove what a publisher that died left, and all states but the current and, for readers in it, the last."""
        for folder in (self._states, self.versions, self._erased):
            for path in list(folder.rglob(f"{TEMPORARY}*")) if folder.is_dir() else ():
                remove(path)
        names, current = self._state_names(), self.state()
        before = [name for name in names if name != current and self.confirmed(name)]
        keep = {current, *(before[-1:] if keep_previous or current is None else ())}
        for name in names:
            if name not in keep:
                self._remove_state(name)
        for receipt in list(self._states.glob("*.json")) if self._states.is_dir() else ():
            if not (self._states / receipt.name.split(".")[0]).is_dir():
                receipt.unlink()

    def _remove_state(self, name: str) -> None:
        rubbish = self._states / f"{TEMPORARY}{name}"
        (self._states / name).rename(rubbish)
        remove(rubbish)


def _records(folder: Path) -> dict[str, Record]:
    if not folder.is_dir():
        return {}
    return {path.stem: json.loads(path.read_bytes()) for path in folder.glob("[0-9]*.json")}
