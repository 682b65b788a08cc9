"""An officer who publishes to the real CKAN by the true commands, a stranger who looks, and somebody's hand.

A dataset is a few tables in a value, written as a person writes its folder. Publishers that are killed are in
`publishers.py`, the reader who polls in tests/portal.
"""

from __future__ import annotations

import csv
import hashlib
import io
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import yaml

from pipelines.commands import undo
from pipelines.commands.publish import Outcome, person_said_yes, publish
from pipelines.commands.workspace import Workspace
from tests.portal.proxy import Proxy

if TYPE_CHECKING:
    from tests.portal.portal import Portal

Row = tuple[Any, ...]
SLUG = "wells"
POSTGRES = {"string": "text", "integer": "int8", "number": "numeric", "boolean": "bool", "date": "date"}


@dataclass
class Table:
    """A declared table: its fields (name: type), the first of which is the key, and its rows as the source has them."""

    fields: dict[str, str]
    rows: list[Row]

    def schema(self) -> dict[str, Any]:
        fields = [{"name": name, "type": kind, "title": f"The {name}"} for name, kind in self.fields.items()]
        return {"fields": fields, "primaryKey": [next(iter(self.fields))]}

    def source(self) -> str:
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([tuple(self.fields), *self.rows])
        return text.getvalue()

    def shown(self) -> list[tuple[str, ...]]:
        """Its rows in the order of the key, as texts."""
        return sorted(tuple(str(value) for value in row) for row in self.rows)


@dataclass
class Officer:
    """`now`: the officer's clock. What is typed goes through `front`, a proxy that strangers do not pass."""

    desk: Any
    portal: Portal
    front: Proxy
    now: datetime = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
    slug: str = SLUG
    words: dict[str, Any] = field(default_factory=dict[str, Any])

    # --- what an officer does -----------------------------------------------------------------------------------------

    def declare(self, tables: Mapping[str, Table], title: str = "Invented wells", organization: str = "age") -> None:
        """Write the dataset's folder."""
        folder = self.desk.datapackages / self.slug
        (folder / "source").mkdir(parents=True, exist_ok=True)
        declared = {
            "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
            "name": self.slug,
            "title": title,
            "description": "Invented figures that tests are made of.",
            "translations": {
                "ro": {"title": f"{title} (ro)", "description": "Cifre inventate, din care se fac teste."},
                "ru": {"title": "Выдуманное"},
            },
            "keywords": ["invented", "water"],
            "licenses": [{"name": "CC-BY-4.0"}],
            "sources": [{"title": "An invented list"}],
            "publica": {
                "organization": organization,
                "cadence": "semester",
                "theme": "GOVE",
                "formats": ["csv", "json"],
            },
            "resources": [self._resource(name, table) for name, table in tables.items()],
        }
        (folder / "datapackage.yaml").write_text(yaml.safe_dump(declared, allow_unicode=True, sort_keys=False), "utf-8")
        for name, table in tables.items():
            (folder / "source" / f"{name}.csv").write_text(table.source(), "utf-8")

    def workspace(self) -> Workspace:
        """What a command that is typed now works on."""
        root = self.desk.root
        to = f"ckan:{self.front.url}"
        return Workspace(self.desk.datapackages, root / "archive", to, now=lambda: self.now)

    def publish(self, *, overwrite: bool = False) -> Outcome:
        """Publish the dataset; raises what the command raises. `front` forgets what it saw before."""
        self.front.settle()
        self.front.clear()
        return publish(self.workspace(), self.slug, person_said_yes, overwrite=overwrite)

    def show(self, tables: Mapping[str, Table], **told: Any) -> str:
        """Declare it like this and publish it; the number of the version."""
        self.declare(tables, **told)
        outcome = self.publish()
        assert outcome.status == "published"
        assert outcome.version
        return outcome.version

    def rollback(self, number: str, *, overwrite: bool = False) -> None:
        undo.rollback(self.workspace(), self.slug, number, "A test.", overwrite=overwrite)

    def release(self) -> None:
        undo.release(self.workspace(), self.slug)

    def verify(self) -> list[Any]:
        """What a look at every byte and row finds."""
        from pipelines.commands.verify import verify

        return list(verify(self.workspace(), self.slug).findings)

    @property
    def written(self) -> list[str]:
        """The writes since the last publication began."""
        self.front.settle()
        return [seen.action for seen in self.front.requests if seen.is_write]

    @property
    def asked(self) -> list[str]:
        """The requests since then."""
        self.front.settle()
        return [seen.action or seen.path for seen in self.front.requests]

    # --- what a stranger sees -----------------------------------------------------------------------------------------

    def dataset(self) -> dict[str, Any]:
        """As strangers see it, its extras in the order of their names: CKAN's search has another than its database."""
        told = self.portal.api("package_show", {"id": self.slug})
        return {**told, "extras": sorted(told["extras"], key=lambda extra: extra["key"])}

    def resources(self) -> list[dict[str, Any]]:
        return self.dataset()["resources"]

    def resource(self, key: str) -> dict[str, Any]:
        """A resource of the current version."""
        (found,) = [held for held in current(self.resources()) if held["publica_key"] == key]
        return found

    def get(self, url: str) -> bytes:
        answer = httpx.get(url, timeout=60, trust_env=False)
        answer.raise_for_status()
        return answer.content

    def digest(self, url: str) -> str:
        return hashlib.sha256(self.get(url)).hexdigest()

    def rows(self, key: str) -> list[tuple[str, ...]]:
        """The rows of a table under the resource's id, sorted, as texts of PostgreSQL's."""
        text = self.get(f"{self.portal.url}/datastore/dump/{key}").decode()
        return sorted(tuple(row[1:]) for row in list(csv.reader(io.StringIO(text)))[1:])

    def columns(self, key: str) -> dict[str, str]:
        told = self.portal.api("datastore_info", {"id": key})["fields"]
        return {column["id"]: column["type"] for column in told}

    # --- what somebody's hand does ------------------------------------------------------------------------------------

    def by_hand(self, action: str, payload: Mapping[str, Any]) -> Any:
        return self.portal.api(action, payload, self.portal.editor_token)

    def upload_by_hand(self, key: str, content: bytes, name: str = "rows.csv") -> None:
        """As the portal's form does it."""
        answer = httpx.post(
            f"{self.portal.url}/api/3/action/resource_patch",
            headers={"Authorization": self.portal.editor_token},
            data={"id": key},
            files={"upload": (name, content, "text/csv")},
            timeout=60,
            trust_env=False,
        )
        answer.raise_for_status()

    def _resource(self, name: str, table: Table) -> dict[str, Any]:
        told = {"name": name, "type": "table", "path": f"source/{name}.csv", "title": name.capitalize()}
        return {**told, "publica": {"checks": {"rows": {"min": 1}}}, "schema": table.schema(), **self.words}


def current(resources: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those of the current version's tables."""
    ours = [held for held in resources if held.get("publica_key") and not held.get("publica_until")]
    return [held for held in ours if not held["publica_key"].startswith("version/")]


def extras(dataset: Mapping[str, Any]) -> dict[str, str]:
    return {extra["key"]: extra["value"] for extra in dataset["extras"]}


def told(error: pytest.ExceptionInfo[Any]) -> dict[str, Any]:
    """What findings of an error name: a field, or else a path, with its code."""
    return {str(f.params.get("field") or f.params.get("path") or f.code): f for f in error.value.findings}


@pytest.fixture
def officer(desk: Any, portal: Portal, monkeypatch: pytest.MonkeyPatch) -> Iterator[Officer]:
    """Publishes to an empty portal."""
    monkeypatch.setenv("PUBLICA_CKAN_TOKEN", portal.editor_token)
    with Proxy(portal.url) as front:
        yield Officer(desk, portal, front)


def desk_at(root: Path) -> Any:
    """A desk that several tests share: the folders that an officer needs."""
    desk = SimpleNamespace(root=root, datapackages=root / "datapackages")
    shutil.copytree(Path(__file__).parents[3] / "datapackages" / "_shared", desk.datapackages / "_shared")
    return desk
