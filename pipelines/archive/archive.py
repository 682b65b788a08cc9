"""The archive: everything that is kept. Snapshots of sources, verdicts, versions, and each dataset's ledger.

    <root>/.identity                     tells this archive from every other
    <root>/<slug>/ledger/000001.json     one object per entry, chained by hash
    <root>/<slug>/snapshots/<sha256>     sources as fetched; private
    <root>/<slug>/verdicts/<sha256>.json
    <root>/<slug>/<version>/             immutable: package/, the zip, and manifest.json, written last
    <root>/<slug>/.scratch/              versions in the making; whatever is left there is rubbish

A version exists when its manifest does and the ledger knows it. Store and read, nothing else: what a version must be is
decided in `versions/`, what may be shown of it in `portals/`.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import tempfile
import uuid
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

import semver

from pipelines.archive.ledger import Entry, Ledger
from pipelines.archive.state import State
from pipelines.errors import UserError
from pipelines.files import canonical_json, create_file, sha256, sha256_file
from pipelines.findings import Finding, Place

MANIFEST = "manifest.json"


class Archive:
    """The archive under `root`. Creating one writes nothing."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def identity(self) -> str:
        """What tells this archive from every other, made on the first question. It says so on portals it writes to."""
        path = self.root / ".identity"
        with self.writing(), contextlib.suppress(FileExistsError):
            create_file(path, uuid.uuid4().hex.encode())
        return path.read_text()

    # --- where a dataset stands -------------------------------------------------------------------------------------

    def ledger(self, slug: str) -> Ledger:
        """The ledger of a dataset, empty where it has none yet."""
        return Ledger(self.root / slug / "ledger")

    def state(self, slug: str) -> State:
        """Where a dataset stands."""
        return self.ledger(slug).state()

    @contextlib.contextmanager
    def lock(self, slug: str) -> Generator[None]:
        """Only one process at a time works on a dataset. Waits; the lock goes with the process, however it ends."""
        path = self.root / slug / ".lock"
        with self.writing():
            try:
                handle = os.open(path, os.O_RDWR)
            except FileNotFoundError:
                path.parent.mkdir(parents=True, exist_ok=True)
                handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    @contextlib.contextmanager
    def writing(self) -> Generator[None]:
        """Turns what a disk can do to a writer (full, read-only, no right) into a finding."""
        try:
            yield
        except OSError as error:
            if isinstance(error, FileExistsError | FileNotFoundError):
                raise
            place = Place(file=str(error.filename or self.root))
            why = error.strerror or type(error).__name__  # copying a tree fails with a list of what failed
            raise UserError(Finding("archive-not-writable", params={"why": why}, place=place)) from error

    # --- snapshots and verdicts -------------------------------------------------------------------------------------

    def keep_snapshot(self, slug: str, content: bytes | Path) -> Path:
        """Keep a source's bytes (or a file's) under their hash; returns where. Kept already, nothing is written."""
        digest = sha256_file(content) if isinstance(content, Path) else sha256(content)
        path = self.root / slug / "snapshots" / digest
        if not path.exists():
            with self.writing(), contextlib.suppress(FileExistsError):
                create_file(path, content)
        return path

    def keep_verdict(self, slug: str, verdict: Mapping[str, Any]) -> str:
        """Keep a verdict's JSON value under its digest, and record it in the ledger unless it is the last one there."""
        content = canonical_json(verdict)
        digest = sha256(content)
        with self.writing():
            with contextlib.suppress(FileExistsError):
                create_file(self._verdict_path(slug, digest), content)
            if self.state(slug).verdict != digest:
                passed = not any(f["severity"] == "block" for f in verdict["findings"])
                data = {"verdict": digest, "content_hash": verdict["content_hash"], "passed": passed}
                self.ledger(slug).append("judged", data)
        return digest

    def verdict(self, slug: str, digest: str) -> dict[str, Any] | None:
        """The verdict kept under `digest`, or None where there is none or its content is no longer that of its name."""
        path = self._verdict_path(slug, digest)
        if not path.exists() or sha256_file(path) != digest:
            return None
        return json.loads(path.read_bytes())

    def _verdict_path(self, slug: str, digest: str) -> Path:
        return self.root / slug / "verdicts" / f"{digest}.json"

    # --- versions ---------------------------------------------------------------------------------------------------

    def version_folder(self, slug: str, number: str) -> Path:
        """Where a version is, or would be."""
        return self.root / slug / number

    def numbers(self, slug: str) -> list[str]:
        """The versions that exist, lowest first. A manifest that the ledger does not know is of a run that died."""
        found = [n for n in self.state(slug).numbers if (self.version_folder(slug, n) / MANIFEST).exists()]
        return sorted(found, key=semver.Version.parse)

    def manifest(self, slug: str, number: str) -> dict[str, Any]:
        """A version's manifest. Raises FileNotFoundError."""
        return json.loads((self.version_folder(slug, number) / MANIFEST).read_bytes())

    def current(self, slug: str) -> str | None:
        """The version that stands: the newest, or the one rolled back to."""
        return self.state(slug).current

    def recorded(self, slug: str, number: str) -> Mapping[str, Any] | None:
        """What the ledger wrote down when the version was made: `manifest` and `verdict`, both SHA-256."""
        for entry in reversed(self.ledger(slug).entries()):
            if entry.kind == "version" and entry.data["version"] == number:
                return entry.data
        return None

    @contextlib.contextmanager
    def scratch(self, slug: str) -> Generator[Path]:
        """A new empty folder in which a version is made; gone afterwards unless it was committed. Needs the lock."""
        with self.writing():
            home = self.root / slug / ".scratch"
            self._remove_rubbish(slug)
            home.mkdir(parents=True)
            folder = Path(tempfile.mkdtemp(dir=home))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            with contextlib.suppress(OSError):
                home.rmdir()

    def _remove_rubbish(self, slug: str) -> None:
        """What dead runs left: versions in the making, and those that never came into the ledger. Needs the lock."""
        home = self.root / slug
        shutil.rmtree(home / ".scratch", ignore_errors=True)
        made = set(self.state(slug).numbers)
        for folder in home.iterdir() if home.is_dir() else ():
            if folder.name[0].isdigit() and folder.name not in made:
                shutil.rmtree(folder, ignore_errors=True)

    def commit(self, slug: str, number: str, scratch: Path, manifest: bytes, record: Mapping[str, Any]) -> Entry:
        """Make a version of the files in `scratch`: they move to its folder, then its manifest, then the ledger entry.

        Raises FileExistsError, with nothing changed, when the version exists.
        """
        target = self.version_folder(slug, number)
        with self.writing():
            if (target / MANIFEST).exists() and self.recorded(slug, number):
                raise FileExistsError(target)
            shutil.rmtree(target, ignore_errors=True)  # a run that died before its ledger entry: nobody was shown it
            scratch.chmod(0o755)
            scratch.rename(target)
            create_file(target / MANIFEST, manifest)
            data = {**record, "version": number, "manifest": sha256(manifest)}
            return self.ledger(slug).append("version", data)

    def remove_versions(self, slug: str, numbers: list[str], record: Mapping[str, Any]) -> Entry:
        """Remove versions for good, with the verdicts and snapshots that only they used; hashes and `record` stay."""
        entries = self.ledger(slug).entries()
        made = [e.data for e in entries if e.kind == "version"]
        going = [data for data in made if data["version"] in numbers]
        staying = [data for data in made if data["version"] not in {*numbers, *self.state(slug).erased}]
        kept = {digest for data in staying for digest in data["snapshots"].values()}
        hashes = {
            data["version"]: {"manifest": data["manifest"], "content_hash": data["content_hash"]} for data in going
        }
        with self.writing():
            self._remove_rubbish(slug)
            for digest in {p.name for p in (self.root / slug / "snapshots").glob("*")} - kept:
                (self.root / slug / "snapshots" / digest).unlink(missing_ok=True)
            for path in (self.root / slug / "verdicts").glob("*.json"):
                if path.stem not in {data["verdict"] for data in staying}:
                    path.unlink()
            for number in numbers:
                shutil.rmtree(self.version_folder(slug, number), ignore_errors=True)
            return self.ledger(slug).append("erased", {**record, "versions": numbers, "hashes": hashes})
