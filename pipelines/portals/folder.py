"""The folder portal: a static catalogue that any web server can serve, written so that no reader ever sees a half.

Here stands in which order things happen: keep the version's files, make the new state beside the old one, switch, read
everything back as a stranger, and only then call it done. How it lies on disk is in `shelf.py`, what it says in
`metadata.py` and `pages/`, what was changed by hand in `drift.py`.
"""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipelines.errors import UserError
from pipelines.files import canonical_json, pretty_json, sha256, sha256_file
from pipelines.findings import Finding
from pipelines.languages import Language
from pipelines.portals import metadata as public
from pipelines.portals.catalogue import write_catalogue
from pipelines.portals.drift import METADATA, changed, drift, extra
from pipelines.portals.gate import CheckedVersion
from pipelines.portals.metadata import About, Value
from pipelines.portals.pages import dataset_pages, tombstone_pages
from pipelines.portals.receipt import PlannedWrite, PublishedState, Receipt, Stamp, Status
from pipelines.portals.shelf import Shelf, remove

STATE = "version.json"
_REFUSALS = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), "portal-disk-full"),
    **dict.fromkeys((errno.EROFS, errno.EACCES, errno.EPERM), "portal-read-only"),
    **dict.fromkeys((errno.EIO, errno.ENOTDIR, errno.ENAMETOOLONG, errno.EMFILE), "portal-disk"),
}


@dataclass(frozen=True)
class State:
    """All that the public is to see of a dataset, decided and not yet written."""

    receipt: Receipt
    files: Mapping[str, bytes]


class Folder:
    """The portal in the folder `root`, which need not exist yet. Creating one writes nothing."""

    kind = "folder"

    def __init__(self, root: Path) -> None:
        self.root = root

    # --- looking ----------------------------------------------------------------------------------------------------

    def current(self, slug: str) -> PublishedState | None:
        """What stands on the portal, or None. One small read. Raises UserError where the name is not ours."""
        shelf = self._shelf(slug)
        state = shelf.state()
        if state is None:
            return None
        try:
            value = public.read_json(shelf.public / STATE)
            return PublishedState(
                value["status"], value["version"], value["manifest"], value["signature"], shelf.confirmed(state)
            )
        except (OSError, ValueError, KeyError, TypeError):
            return None  # somebody's hand; `drift` names it

    def receipt(self, slug: str) -> Receipt | None:
        """The receipt of what stands on the portal, kept there in case that a publisher died before it kept its own."""
        shelf = self._shelf(slug)
        return shelf.receipt(shelf.state())

    def kept(self, slug: str) -> list[str]:
        """Numbers of the versions whose files the portal holds, the newest first."""
        return public.newest_first(self._shelf(slug).kept())

    def drift(self, slug: str, receipt: Receipt) -> list[Finding]:
        """What was changed by hand since `receipt`: files deleted, changed or added, metadata field by field."""
        return [finding.within(dataset=slug) for finding in drift(self._shelf(slug).public, receipt)]

    def plan(
        self, version: CheckedVersion, about: About, now: datetime, older: Sequence[CheckedVersion] = ()
    ) -> list[PlannedWrite]:
        """Every write that `publish` with the same arguments would make, in order; empty where all is in place."""
        shelf = self._shelf(version.slug)
        records = self._records(shelf, [version, *older], now)
        present = self.receipt(version.slug)
        state = self._published(shelf, version, about.to_json(), records, now, present, version.folder / "package")
        if present and present.signature == state.receipt.signature:
            return []
        held = shelf.kept()
        writes = [
            PlannedWrite("create", f"{version.slug}/versions/{number}/{file['path']}", file["bytes"], file["sha256"])
            for number in records
            if number not in held
            for file in records[number]["files"]
        ]
        action = "replace" if present else "create"
        there = {stamp.path: stamp.sha256 for stamp in present.files} if present else {}
        for path, content in state.files.items():
            if there.get(path) != sha256(content):
                writes.append(PlannedWrite(action, f"{version.slug}/{path}", len(content), sha256(content)))
        links = present.links if present else {}
        for path, target in state.receipt.links.items():
            if links.get(path) != target:
                writes.append(PlannedWrite("link", f"{version.slug}/{path}", target=target))
        return writes

    # --- changing ---------------------------------------------------------------------------------------------------

    def publish(
        self,
        version: CheckedVersion,
        about: About,
        now: datetime,
        older: Sequence[CheckedVersion] = (),
        *,
        overwrite: bool = False,
    ) -> Receipt:
        """Make `version` the current one; it may be older than what stands there, which is a rollback.

        Every version that the portal keeps stays listed, and those of `older` are added. Nothing is written where all
        is in place. Raises UserError, with the last good state in place: edits made by hand (unless `overwrite`), a
        name that is taken, a version that was erased, a full or read-only disk, a read-back that differs.
        """
        with self._working(version.slug) as shelf:
            present = self._settled(shelf, overwrite)
            for one in (version, *older):
                self._keep(shelf, one, now)
            if present and not (overwrite and drift(shelf.public, present)) and present.status != "published":
                shelf.hide(False)
            records = shelf.kept()
            package = shelf.versions / version.number
            state = self._published(shelf, version, about.to_json(), records, now, present, package)
            if present and present.signature == state.receipt.signature and not drift(shelf.public, present):
                return present
            shelf.hide(False)
            return self._switch(shelf, state)

    def withdraw(self, slug: str, reason: str | Mapping[Language, str], now: datetime, *, overwrite: bool = False) -> Receipt:
        """Take a dataset away: a page that says why, no link to data. Its files stay aside for a later `publish`."""
        with self._working(slug) as shelf:
            present = self._settled(shelf, overwrite)
            if present is None:
                raise UserError(Finding("portal-not-published", dataset=slug))
            receipt = self._bury(shelf, present, "withdrawn", _worded(reason), now)
            shelf.hide(True)
            shelf.clean(keep_previous=False)
            return receipt

    def erase(
        self, slug: str, numbers: Iterable[str] | None, reason: str | Mapping[Language, str], now: datetime
    ) -> Receipt | None:
        """Remove versions (None: all) for good; hashes and the reason stay. They can never be published again.

        Where the current version is among them, the dataset says that it was erased, until another one is published.
        None where the portal shows nothing of the dataset.
        """
        with self._working(slug) as shelf:
            records, at = shelf.kept(), _iso(now)
            chosen = sorted(records) if numbers is None else list(numbers)
            unknown = [number for number in chosen if number not in records and number not in shelf.erasures()]
            if unknown:
                params = {"versions": ", ".join(unknown), "known": ", ".join(public.newest_first(records))}
                raise UserError(Finding("portal-unknown-version", dataset=slug, params=params))
            for number in chosen:
                if number in records:
                    shelf.record_erasure(number, public.erasure_record(records[number], number, _worded(reason), at))
            self._finish_erasures(shelf, now)
            return shelf.receipt(shelf.state())

    def refresh(self) -> list[str]:
        """Write the catalogue again where it changed, and clean up after publishers that died. Returns what changed.

        Once per run, after the datasets: the catalogue holds nothing that is bound to a version.
        """
        with self._told(""):
            for slug in self._slugs():
                shelf = Shelf(self.root, slug)
                if shelf.littered or shelf.erasures().keys() & shelf.kept().keys():
                    with shelf.lock():
                        self._recover(shelf, datetime.now(UTC))
            return write_catalogue(self.root, self._slugs())

    # --- steps ------------------------------------------------------------------------------------------------------

    def _shelf(self, slug: str) -> Shelf:
        shelf = Shelf(self.root, slug)
        if shelf.taken:
            raise UserError(Finding("portal-name-taken", dataset=slug, params={"name": slug}))
        return shelf

    def _slugs(self) -> list[str]:
        states = self.root / ".states"
        return sorted(os.listdir(states)) if states.is_dir() else []

    @contextlib.contextmanager
    def _working(self, slug: str) -> Iterator[Shelf]:
        with self._told(slug):
            shelf = self._shelf(slug)
            with shelf.lock():
                self._shelf(slug)
                self._recover(shelf, datetime.now(UTC))
                yield shelf

    @contextlib.contextmanager
    def _told(self, slug: str) -> Iterator[None]:
        """What a disk can do to a publisher, as a finding."""
        try:
            yield
        except OSError as error:
            if error.errno not in _REFUSALS:
                raise
            params = {"folder": str(self.root), "why": error.strerror}
            raise UserError(Finding(_REFUSALS[error.errno], dataset=slug, params=params)) from error

    def _recover(self, shelf: Shelf, now: datetime) -> None:
        """End what a publisher that died had begun."""
        shelf.clean()
        self._finish_erasures(shelf, now)
        state = shelf.state()
        if state and not shelf.confirmed(state):
            receipt = shelf.receipt(state)
            if receipt is None or self._unlike(shelf, receipt):
                shelf.switch(shelf.last_confirmed())
                shelf.clean()
            else:
                shelf.confirm(state)

    def _settled(self, shelf: Shelf, overwrite: bool) -> Receipt | None:
        """The receipt of what stands there now, once it is sure that nobody's hand was on it."""
        state = shelf.state()
        receipt = shelf.receipt(state)
        if overwrite:
            return receipt
        if state is None and (last := shelf.last_confirmed()):
            receipt = shelf.receipt(last)
        if receipt is None and state is None:
            return None
        findings = drift(shelf.public, receipt) if receipt else [Finding("portal-no-receipt", params={"name": shelf.slug})]
        if findings:
            raise UserError([finding.within(dataset=shelf.slug) for finding in findings])
        return receipt

    def _records(self, shelf: Shelf, versions: Sequence[CheckedVersion], now: datetime) -> dict[str, Value]:
        """The records of all versions that will be kept, in no order. Raises UserError for one that may not be."""
        records = shelf.kept()
        for version in versions:
            params = {"version": version.number}
            if version.number in shelf.erasures():
                raise UserError(Finding("portal-erased-version", dataset=shelf.slug, params=params))
            held = records.get(version.number)
            if held and held["digest"] != version.digest:
                raise UserError(Finding("portal-other-version", dataset=shelf.slug, params=params))
            if held is None:
                records[version.number] = public.version_record(version, _iso(now))
        return records

    def _keep(self, shelf: Shelf, version: CheckedVersion, now: datetime) -> None:
        """Have the files of a version in the portal, each proved by its hash while it is copied."""
        record = self._records(shelf, [version], now)[version.number]
        sources = {file["path"].removeprefix("package/"): version.folder / file["path"] for file in version.manifest["files"]}
        files: list[Value] = []
        copied = False
        for file in record["files"]:
            target = shelf.versions / version.number / file["path"]
            if "mtime_ns" in file and _whole(target, file):
                files.append(file)
                continue
            digest, stamp = shelf.keep_file(sources[file["path"]], version.number, file["path"])
            if digest != file["sha256"]:
                remove(target)
                params = {"version": version.number, "file": file["path"]}
                raise UserError(Finding("gate-file-changed", dataset=shelf.slug, params=params))
            files.append({**file, "mtime_ns": stamp.mtime_ns})
            copied = True
        home = shelf.versions / version.number
        for path in [path for path in home.rglob("*") if path.is_symlink() or not path.is_dir()]:
            if path.relative_to(home).as_posix() not in sources:
                remove(path)
        if copied:
            shelf.keep_record(version.number, {**record, "files": files})

    def _published(
        self,
        shelf: Shelf,
        version: CheckedVersion,
        about: Value,
        records: Mapping[str, Value],
        now: datetime,
        present: Receipt | None,
        package: Path,
    ) -> State:
        return self._of_version(shelf, version.number, about, records, now, present, package)

    def _of_version(
        self,
        shelf: Shelf,
        number: str,
        about: Value,
        records: Mapping[str, Value],
        now: datetime,
        present: Receipt | None,
        package: Path,
    ) -> State:
        """The state that shows version `number`; dated as `present` is where it shows the same."""
        resources = records[number]["manifest"]["metadata"]["resources"]
        erased = shelf.erasures()
        left = {key: record for key, record in records.items() if key not in erased}

        def made(modified: str) -> State:
            value = public.published_metadata(shelf.slug, number, left, erased, about, modified)
            return _state(value, dataset_pages(value, resources, package), now, left)

        return _dated(made, now, present)

    def _bury(self, shelf: Shelf, present: Receipt, status: Status, reason: Mapping[str, str], now: datetime) -> Receipt:
        """Put a tombstone in the place of a dataset, unless the same one stands there."""

        def made(modified: str) -> State:
            since = present.metadata.get(status, {}).get("at", modified) if present.status == status else modified
            value = public.tombstone_metadata(dict(present.metadata), status, reason, shelf.erasures(), modified)
            value[status]["at"] = since
            return _state(value, tombstone_pages(value), now, {})

        state = _dated(made, now, present)
        if state.receipt.signature == present.signature and not drift(shelf.public, present):
            return present
        return self._switch(shelf, state)

    def _switch(self, shelf: Shelf, state: State) -> Receipt:
        """Show `state` to the public, read it back, and put the last good one back where what is read is not what was written."""
        before = shelf.state()
        name = shelf.make_state(state.files, state.receipt.links, state.receipt)
        receipt = shelf.receipt(name)
        assert receipt is not None  # noqa: S101 - it was just written
        shelf.switch(name)
        if findings := self._unlike(shelf, receipt):
            shelf.switch(before)
            shelf.clean()
            raise UserError(findings)
        shelf.confirm(name)
        shelf.clean()
        return receipt

    def _unlike(self, shelf: Shelf, receipt: Receipt) -> list[Finding]:
        """What a stranger who reads the dataset's public address is given that was not written there."""
        findings: list[Finding] = []
        current = f"versions/{receipt.version}/" if receipt.version else None
        for file in receipt.files:
            path = shelf.public / file.path
            try:
                if current and file.path.startswith(current):
                    as_latest = shelf.public / "latest" / file.path.removeprefix(current)
                    same = sha256_file(path) == sha256_file(as_latest) == file.sha256
                elif file.path.startswith("versions/"):
                    same = not changed(path, file)
                else:
                    same = sha256_file(path) == file.sha256
            except OSError:
                same = False
            if not same:
                params = {"path": f"{shelf.slug}/{file.path}"}
                findings.append(Finding("portal-read-back", dataset=shelf.slug, params=params))
        return findings

    def _finish_erasures(self, shelf: Shelf, now: datetime) -> None:
        """Take erased versions out of the public's sight, then off the disk."""
        erased, records = shelf.erasures(), shelf.kept()
        pending = [number for number in erased if number in records or (shelf.versions / number).exists()]
        present = shelf.receipt(shelf.state())
        listed = present.metadata.get("versions", []) if present else []
        shown = [value["version"] for value in listed if value["version"] in erased]
        if present and (shown or pending):
            if present.status == "published" and present.version not in erased:
                about = dict(present.metadata)
                package = shelf.versions / present.version
                state = self._of_version(shelf, present.version, about, records, now, present, package)
                self._switch(shelf, state)
            else:
                reason = (present.metadata.get("withdrawn") or erased[max(shown or pending)])["reason"]
                status: Status = "withdrawn" if present.status == "withdrawn" else "erased"
                self._bury(shelf, present, status, reason, now)
        if pending or shown:
            shelf.clean(keep_previous=False)
        for number in pending:
            shelf.remove_version(number)


def _state(value: Value, pages: Mapping[str, bytes], now: datetime, records: Mapping[str, Value]) -> State:
    """A state from its metadata and pages; `records` are the versions whose files it links to."""
    slug, number = value["name"], value.get("version", "")
    kept = Path("..", "..", "..", ".versions", slug)
    files = {**pages, METADATA: pretty_json(value)}
    links: dict[str, str] = {}
    if number:
        links["latest"] = str(kept / number)
        links[f"{slug}.zip"] = str(kept / number / f"{slug}-{number}.zip")
    links |= {f"versions/{other}": str(".." / kept / other) for other in public.newest_first(records)}
    hashes = {path: sha256(content) for path, content in files.items()}
    seen = {"files": hashes, "links": links, "versions": {other: records[other]["digest"] for other in records}}
    signature = sha256(canonical_json(seen))
    head: Value = {"name": slug, "status": value["status"], "version": number}
    head |= {"manifest": value.get("manifest", ""), "signature": signature, "modified": value["modified"]}
    stamps = tuple(
        Stamp(f"versions/{other}/{file['path']}", file["bytes"], file.get("mtime_ns", 0), file["sha256"])
        for other in public.newest_first(records)
        for file in records[other]["files"]
    )
    receipt = Receipt(slug, value["status"], number, head["manifest"], signature, _iso(now), stamps, links, value)
    return State(receipt, {**files, STATE: pretty_json(head)})
