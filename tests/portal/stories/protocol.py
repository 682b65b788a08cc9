"""What strangers may be shown of the dataset at rest, whatever was done to it and whoever died: the invariants of
`pipelines/portals/ckan/steps.py`, as a model that remembers what it saw and what was begun since. `world.py` tells it.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pipelines.portals.ckan.view import SIGNATURE, signature, view
from tests.portal.looks import Look, Package
from tests.portal.stories.hands import Edit
from tests.portal.stories.line import Line

KEPT = "version/"
RowKey = frozenset[tuple[str, str]]


@dataclass
class Seen:
    """One stranger's look at everything. `package` None: there is nothing for strangers."""

    package: Package | None
    files: Mapping[str, str | None]
    tables: Mapping[str, list[Mapping[str, str]] | None]

    @staticmethod
    def of(looks: list[Look]) -> Seen:
        first = looks[0]
        assert first.status in (200, 403, 404), f"package_show answered {first.status}"
        files = {look.resource_id: look.digest if look.status == 200 else None for look in looks if look.kind == "file"}
        tables = {look.resource_id: list(look.rows) if look.rows is not None else None
                  for look in looks if look.kind == "table"}  # fmt: skip
        return Seen(first.package, files, tables)

    @property
    def extras(self) -> dict[str, str]:
        return {extra["key"]: extra["value"] for extra in (self.package or {}).get("extras", [])}

    @property
    def moving(self) -> Any:
        return json.loads(self.extras.get("publica_moving") or "null")

    @property
    def what(self) -> str:
        """The version that is shown, or what became of the dataset; empty for nothing."""
        if self.package is None:
            return ""
        status = self.extras.get("publica_status", "")
        return str(self.package["version"]) if status == "published" else status

    @property
    def ours(self) -> list[Any]:
        return [held for held in (self.package or {}).get("resources", []) if held.get("publica_key")]


@dataclass
class Model:
    """`base`: what was shown when the dataset was settled last; `begun`: what somebody began to make of it since."""

    line: Line
    base: str = ""
    begun: set[str] = field(default_factory=set[str])
    listed: set[str] = field(default_factory=set[str])  # versions that were kept there at rest
    erased: set[str] = field(default_factory=set[str])  # by a run that ended well
    erasing: set[str] = field(default_factory=set[str])  # by one that did not
    edits: list[Edit] = field(default_factory=list[Edit])
    disturbed: bool = False  # by edits that somebody began to undo
    ids: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    links: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def touched(self) -> bool:
        """Somebody's hand may be seen."""
        return bool(self.edits) or self.disturbed

    def wrong(self, seen: Seen) -> list[str]:
        """Every invariant that does not hold."""
        found = [f"what was changed by hand is no longer so: {edit.what}" for edit in self.edits if not edit.holds()]
        if seen.package is None:
            gone = self.disturbed or any(edit.what == "deleted" for edit in self.edits)
            return found + (["the dataset is gone"] if self.base and not gone else [])
        settled = seen.moving is None
        found += self._state(seen, settled) + list(self._ids(seen)) + list(self._listed(seen, settled))
        for held in seen.ours:
            found += [f"{held['publica_key']}: {each}" for each in self._resource(seen, held, settled)]
        return found

    def settle(self, seen: Seen) -> None:
        """Nobody is at work: what is settled now is what was there before the next thing that is begun."""
        if seen.package is not None and seen.moving is None and not self.touched:
            self.base, self.begun = seen.what, set()
            self.listed |= {str(held["publica_version"]) for held in seen.ours if _is_zip(held)}

    # --- the dataset --------------------------------------------------------------------------------------------------

    def _state(self, seen: Seen, settled: bool) -> list[str]:
        found: list[str] = []
        allowed = {self.base, *self.begun} - {""}
        if seen.what not in allowed and not self.touched:
            found.append(f"shows {seen.what}, not {sorted(allowed)}")
        assert seen.package
        if settled and not self.touched and signature(view(seen.package)) != seen.extras.get(SIGNATURE):
            found.append("settled, and the signature does not fit")
        if not settled and seen.moving["to"] not in allowed:
            found.append(f"is moving to {seen.moving['to']}, not {sorted(allowed)}")
        return found

    def _ids(self, seen: Seen) -> Iterator[str]:
        new: list[str] = seen.moving["new"] if seen.moving else []
        current = [held for held in seen.ours if not held.get("publica_until") and held["id"] not in new]
        keys = [held["publica_key"] for held in current]
        yield from (f"{key} is there {times} times" for key, times in Counter(keys).items() if times > 1)
        for held in seen.ours:
            if any(edit.resource == held["id"] for edit in self.edits) or self.disturbed:
                continue
            name = (held["publica_key"], held.get("publica_generation") or "")
            if self.ids.setdefault(name, held["id"]) != held["id"]:
                yield f"{name} has another id"
            if held.get("url_type") == "upload" and self.links.setdefault(held["id"], held["url"]) != held["url"]:
                yield f"{name} has another link: {held['url']}"
        owners = Counter(self.ids.values())
        yield from (f"the id {each} was given twice" for each, times in owners.items() if times > 1)

    def _listed(self, seen: Seen, settled: bool) -> Iterator[str]:
        there = {str(held["publica_version"]) for held in seen.ours if _is_zip(held)}
        if seen.extras.get("publica_status") == "published" and not self.touched:
            if lost := self.listed - there - self.erased - self.erasing:
                yield f"versions are no longer listed: {sorted(lost)}"
            if settled and seen.what not in there:
                yield "the version shown is not listed"
        elif settled and not self.touched and seen.ours:
            yield f"{seen.what}, and has {[held['publica_key'] for held in seen.ours]}"
        if back := there & self.erased:
            yield f"erased versions are listed: {sorted(back)}"

    # --- a file and its table -----------------------------------------------------------------------------------------

    def _resource(self, seen: Seen, held: Any, settled: bool) -> Iterator[str]:
        if any(edit.resource == held["id"] for edit in self.edits) or self.disturbed:
            return
        announced: list[str] = [] if settled else seen.moving["files"].get(held["id"], [])
        if held.get("url_type") == "upload":
            yield from self._file(held, seen.files.get(held["id"]), announced)
        elif "" not in announced:
            yield "has no file"
        if held.get("datastore_active"):
            moving = not settled and held["id"] in [*seen.moving["tables"], *(announced and [held["id"]])]
            yield from self._table(held, seen.tables.get(held["id"]), moving)
        elif settled and held["publica_key"].endswith("/csv"):
            yield "has no table"

    def _file(self, held: Any, digest: str | None, announced: Collection[str]) -> Iterator[str]:
        if digest is None:
            if "" not in announced:
                yield "cannot be downloaded"
            return
        if digest not in (held["hash"], *announced):
            yield f"has bytes that nobody announced: {digest}"
        versions = [
            number for number in self.line.numbers if self.line.files(number).get(held["publica_key"]) == digest
        ]
        if not versions:
            yield f"has bytes of no version: {digest}"
        elif not set(versions) - self.erased:
            yield f"has bytes of {versions}, erased"

    def _table(self, held: Any, rows: list[Mapping[str, str]] | None, moving: bool) -> Iterator[str]:
        if rows is None:
            if not moving:
                yield "its table cannot be read"
            return
        name, shown = held["publica_key"].partition("/")[0], str(held["publica_version"])
        numbers = {shown, *(self.begun if moving else ()), *({self.base} if moving else ())}
        columns = list(rows[0]) if rows else []
        versions = [
            _rows(found, columns) for number in sorted(numbers)
            if number in self.line.numbers and (found := self.line.rows(number, name)) is not None
        ]  # fmt: skip
        seen = _rows(rows, columns)
        if not rows:
            yield "its table is empty"
        for row in seen:
            if all(row not in version for version in versions):
                yield f"has a row of no version: {dict(row)}"
        always = versions[0]
        for version in versions[1:]:
            always = always & version
        if lost := always - seen:
            yield f"its table lacks {[dict(row) for row in lost]}"
        most = versions[0]
        for version in versions[1:]:
            most = most | version
        if more := seen - most:
            yield f"its table has too often: {[dict(row) for row in more]}"
        wanted = self.line.rows(shown, name)
        if not moving and wanted and set(columns) != set(wanted[0]):
            yield f"its table has the columns {columns}"


def _rows(rows: list[Mapping[str, str]], columns: list[str]) -> Counter[RowKey]:
    return Counter(frozenset((name, _plain(row.get(name, ""))) for name in columns) for row in rows)


def _plain(text: str) -> str:
    """Numbers by their value: a file writes 4.0 where a table holds 4."""
    try:
        return str(float(text))
    except ValueError:
        return text


def _is_zip(held: Any) -> bool:
    return str(held["publica_key"]).startswith(KEPT)


def only_erased(line: Line, erased: Collection[str]) -> set[str]:
    """SHA-256 of every file that was in erased versions and in no other."""
    stays = {digest for number in line.numbers if number not in erased for digest in line.files(number).values()}
    return {digest for number in erased for digest in line.files(number).values()} - stays


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
