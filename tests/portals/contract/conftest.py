"""Both kinds of portal in one form: the record that a publisher keeps, the eyes of a stranger, and somebody's hand.

What every portal does is in this folder's tests, each run on a folder and on the real CKAN (`-m contract`; the variant
is PUBLICA_TEST_CKAN's). What only one kind does is beside it.
"""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from pipelines.findings import Finding
from pipelines.portals.ckan.portal import Ckan
from pipelines.portals.folder import Folder
from pipelines.portals.gate import CheckedVersion, checked_version
from pipelines.portals.metadata import About
from pipelines.portals.portal import Portal as Kind
from pipelines.portals.receipt import PlannedWrite, Receipt

if TYPE_CHECKING:
    from tests.portal.portal import Portal

SLUG = "paralegals"


@dataclass
class Either(ABC):
    """A portal, and the record of one dataset there as a publisher keeps it.

    `portal`: as one run knows it; `run` begins another. What strangers see is asked for without our code.
    """

    maker: Any
    about: About
    now: datetime
    last: Receipt | None = None
    portal: Kind = field(init=False)

    def __post_init__(self) -> None:
        self.run()

    def run(self) -> Kind:
        """A publisher that starts now and has seen nothing."""
        self.portal = self.opened()
        return self.portal

    # --- the verbs, with what commands add to them ------------------------------------------------------------------

    def publish(self, version: CheckedVersion, older: Sequence[CheckedVersion] = (), **how: Any) -> Receipt:
        self.last = self.run().publish(version, *self._said(how), older, **self._record(), **how)
        return self.last

    def plan(self, version: CheckedVersion, older: Sequence[CheckedVersion] = (), **how: Any) -> list[PlannedWrite]:
        return self.run().plan(version, *self._said(how), older, **self._record(), **how)

    def withdraw(self, reason: Any, **how: Any) -> Receipt:
        self.last = self.run().withdraw(SLUG, reason, how.pop("now", self.now), last=self.last, **how)
        return self.last

    def erase(self, numbers: Sequence[str] | None, reason: Any) -> Receipt | None:
        self.last = self.run().erase(SLUG, numbers, reason, self.now, last=self.last)
        return self.last

    def verify(self) -> list[Finding]:
        assert self.last
        return self.run().verify(SLUG, self.last, self.archived)

    def drift(self) -> list[Finding]:
        assert self.last
        return self.run().drift(SLUG, self.last)

    def archived(self, number: str) -> CheckedVersion | None:
        there = number in self.maker.archive.numbers(SLUG)
        return checked_version(self.maker.archive, SLUG, number) if there else None

    def _said(self, how: dict[str, Any]) -> tuple[About, datetime]:
        return how.pop("about", self.about), how.pop("now", self.now)

    def _record(self) -> dict[str, Any]:
        return {"last": self.last, "archived": self.archived}

    # --- the kind -----------------------------------------------------------------------------------------------------

    @abstractmethod
    def opened(self) -> Kind:
        """The portal as the next run meets it."""

    @abstractmethod
    def lose(self) -> None:
        """All that was ever published is gone from the portal."""

    @abstractmethod
    def said(self) -> Mapping[str, Any]:
        """What everybody is told: `status`, `version`, `title` (English), `reason` (English), `erased` numbers."""

    @abstractmethod
    def files(self) -> dict[str, bytes]:
        """What is given at the link of every newest file, by link."""

    @abstractmethod
    def zips(self) -> dict[str, str]:
        """SHA-256 of what is given as the zip of each version that is listed."""

    @abstractmethod
    def rows(self) -> list[tuple[str, int]]:
        """The rows of the table wherever it can be read, which is everywhere the same."""

    @abstractmethod
    def touched(self) -> Any:
        """What differs once anything of the dataset was written."""

    @abstractmethod
    def holds(self, text: bytes) -> bool:
        """Whether the portal has a file in which `text` stands, listed or not."""

    @abstractmethod
    def edit_title(self, title: str) -> None:
        """Somebody changes the title by hand."""

    @abstractmethod
    def edit_file(self) -> None:
        """Somebody puts another file in the place of the newest CSV."""

    @abstractmethod
    def delete(self) -> None:
        """Somebody deletes the dataset."""

    @abstractmethod
    def take_name(self) -> None:
        """Somebody else has something under the dataset's name."""


@dataclass
class OnFolder(Either):
    root: Path = field(kw_only=True)

    @property
    def public(self) -> Path:
        return self.root / SLUG

    def opened(self) -> Folder:
        return Folder(self.root)

    def lose(self) -> None:
        self.root = self.root.with_name(f"{self.root.name}-again")

    def said(self) -> Mapping[str, Any]:
        if not (self.public / "dataset.json").exists():
            return {"status": ""}
        value = self._value()
        return {
            "status": value["status"],
            "version": value.get("version", ""),
            "title": value["title"]["en"],
            "reason": value.get("reason", {}).get("en", ""),
            "erased": [gone["version"] for gone in value.get("erased", [])],
        }

    def files(self) -> dict[str, bytes]:
        urls = [file["url"] for file in self._value().get("files", []) if file["path"].startswith("data/")]
        return {url: (self.public / url).read_bytes() for url in urls}

    def zips(self) -> dict[str, str]:
        versions = [version for version in self._value()["versions"] if "package" in version]
        return {v["version"]: _sha256((self.public / v["package"]["url"]).read_bytes()) for v in versions}

    def rows(self) -> list[tuple[str, int]]:
        records = json.loads((self.public / "latest/data/observations.json").read_bytes())
        rows = [(record["period"], record["paralegals"]) for record in records]
        assert _rows((self.public / "latest/data/observations.csv").read_text()) == rows
        return rows

    def touched(self) -> Any:
        paths = sorted(self.root.rglob("*"))
        return [(path, path.lstat().st_ino, path.lstat().st_mtime_ns) for path in paths if path.name != ".locks"]

    def holds(self, text: bytes) -> bool:
        return any(text in path.read_bytes() for path in self.root.rglob("*") if path.is_file())

    def edit_title(self, title: str) -> None:
        value = self._value()
        value["title"]["en"] = title
        (self.public / "dataset.json").write_text(json.dumps(value))

    def edit_file(self) -> None:
        (self.public / "latest/data/observations.csv").write_text("period,paralegals\n2019-S1,1000\n")

    def delete(self) -> None:
        self.public.unlink()

    def take_name(self) -> None:
        self.public.mkdir(parents=True)
        (self.public / "index.html").write_text("mine")

    def _value(self) -> dict[str, Any]:
        return json.loads((self.public / "dataset.json").read_bytes())


@dataclass
class OnCkan(Either):
    server: Portal = field(kw_only=True)

    def opened(self) -> Ckan:
        return Ckan(self.server.url, self.maker.archive.identity)

    def lose(self) -> None:
        self.server.reset()

    def said(self) -> Mapping[str, Any]:
        found = self.server.api("package_search", {"fq": f"name:{SLUG}"})["results"]
        if not found:
            return {"status": ""}
        told = {extra["key"]: extra["value"] for extra in found[0]["extras"]}
        return {
            "status": told.get("publica_status", ""),
            "version": found[0].get("version") or "",
            "title": found[0]["title"],
            "reason": told.get("reason_en", ""),
            "erased": sorted(json.loads(told.get("publica_erased", "{}")), reverse=True),
        }

    def files(self) -> dict[str, bytes]:
        return {held["url"]: _get(held["url"]) for held in self._resources() if "/" in held["publica_key"]
                and not held["publica_key"].startswith("version/")}  # fmt: skip

    def zips(self) -> dict[str, str]:
        zips = [held for held in self._resources() if held["publica_key"].startswith("version/")]
        return {held["publica_version"]: _sha256(_get(held["url"])) for held in zips}

    def rows(self) -> list[tuple[str, int]]:
        (table,) = [held for held in self._resources() if held["publica_key"] == "observations/csv"]
        found = self.server.api("datastore_search", {"resource_id": table["id"], "sort": "_id"})["records"]
        rows = sorted((record["period"], record["paralegals"]) for record in found)
        assert sorted(_rows(_get(table["url"]).decode())) == rows
        return rows

    def touched(self) -> Any:
        found = self.server.api("package_show", {"id": SLUG})
        tables = [self._table(held["id"]) for held in found["resources"] if held["datastore_active"]]
        return found, tables

    def holds(self, text: bytes) -> bool:
        files = [path for path in (self.server.folder / "storage").rglob("*") if path.is_file()]
        tables = [held["id"] for held in self._resources() if held["datastore_active"]]
        return any(text in path.read_bytes() for path in files) or any(text in self._table(each) for each in tables)

    def edit_title(self, title: str) -> None:
        self.server.api("package_patch", {"id": SLUG, "title": title}, self.server.editor_token)

    def edit_file(self) -> None:
        (csv,) = [held for held in self._resources() if held["publica_key"] == "observations/csv"]
        answer = httpx.post(
            f"{self.server.url}/api/3/action/resource_patch",
            headers={"Authorization": self.server.editor_token},
            data={"id": csv["id"]},
            files={"upload": ("observations.csv", b"period,paralegals\n2019-S1,1000\n", "text/csv")},
            timeout=60,
        )
        answer.raise_for_status()

    def delete(self) -> None:
        self.server.api("package_delete", {"id": SLUG}, self.server.editor_token)

    def take_name(self) -> None:
        body = {"name": SLUG, "title": "Mine", "notes": "Mine.", "owner_org": "age"}
        self.server.api("package_create", body, self.server.admin_token)

    def _resources(self) -> list[dict[str, Any]]:
        return self.server.api("package_show", {"id": SLUG})["resources"]

    def _table(self, key: str) -> bytes:
        return _get(f"{self.server.url}/datastore/dump/{key}")


def _get(url: str) -> bytes:
    answer = httpx.get(url, timeout=60, follow_redirects=True, trust_env=False)
    answer.raise_for_status()
    return answer.content


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _rows(text: str) -> list[tuple[str, int]]:
    return [(line.split(",")[0], int(line.split(",")[1])) for line in text.splitlines()[1:]]


@pytest.fixture(params=["folder", "ckan"])
def either(
    request: pytest.FixtureRequest,
    maker: Any,
    about: About,
    now: datetime,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Either]:
    """An empty portal of each kind."""
    if request.param == "folder":
        yield OnFolder(maker, about, now, root=tmp_path / "public")
        return
    server = request.getfixturevalue("running_portal")
    server.reset()
    monkeypatch.setenv("PUBLICA_CKAN_TOKEN", server.editor_token)
    yield OnCkan(maker, about, now, server=server)
    server.heal()
