"""What a stranger sees of one dataset, look by look: its metadata, each file whole, each table's rows. Who looks again
and again while something is published is in `reader.py`, what a look may show is in `invariants.py`."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal, Self
from urllib.parse import urlsplit

import httpx

Package = Mapping[str, Any]
Row = Mapping[str, str]
"""Column -> text as PostgreSQL writes it (1.10, t, 2024-01-01T10:00:00.000), empty for null; without `_id`."""
Rows = tuple[Row, ...]

PAGE = 32_000  # what datastore_search gives at most; longer tables are dumped


@dataclass(frozen=True)
class Look:
    """One GET. Times are monotonic seconds; `status` None: no answer, or one that broke off."""

    kind: Literal["dataset", "file", "table"]
    at: float
    ended: float
    status: int | None
    package: Package | None
    """What package_show gave; of a file or table: the dataset in which it was listed."""
    resource_id: str = ""
    digest: str = ""
    """SHA-256 of a file."""
    rows: Rows | None = None
    """Of a table."""

    @property
    def failed(self) -> bool:
        """The portal itself was not well."""
        return self.status is None or self.status >= 500


@dataclass(frozen=True)
class Snapshot:
    """All that a stranger sees while nothing moves: by resource id, the files' SHA-256 and the tables' rows."""

    package: Package
    files: Mapping[str, str] = field(default_factory=dict[str, str])
    tables: Mapping[str, Rows] = field(default_factory=dict[str, Rows])


class Stranger:
    """Somebody without a token. To be closed, or used with `with`; for one thread."""

    def __init__(self, portal_url: str, slug: str) -> None:
        self._slug = slug
        self._client = httpx.Client(base_url=portal_url, timeout=120, trust_env=False, follow_redirects=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def dataset(self) -> Look:
        at, (status, body) = time.monotonic(), self._get("/api/3/action/package_show", id=self._slug)
        package = _result(body) if status == 200 else None
        return Look("dataset", at, time.monotonic(), status, package)

    def file(self, package: Package, resource: Mapping[str, Any]) -> Look:
        at, digest, status = time.monotonic(), hashlib.sha256(), None
        try:
            # By the door that this stranger was given: what is linked may lead through somebody else's proxy.
            with self._client.stream("GET", urlsplit(str(resource["url"])).path) as answer:
                for piece in answer.iter_bytes():
                    digest.update(piece)
                status = answer.status_code
        except httpx.HTTPError:
            pass
        return Look("file", at, time.monotonic(), status, package, resource["id"], digest.hexdigest())

    def table(self, package: Package, resource: Mapping[str, Any], dump: bool = False) -> Look:
        """By datastore_search, or by /datastore/dump (also where the table is longer than a page)."""
        at = time.monotonic()
        status, rows = self._dump(resource["id"]) if dump else self._search(resource["id"])
        if rows is not None and not dump and len(rows) >= PAGE:
            status, rows = self._dump(resource["id"])
        return Look("table", at, time.monotonic(), status, package, resource["id"], rows=rows)

    def everything(self, lap: int = 0) -> Iterator[Look]:
        """The dataset, and every file and table that it lists; odd laps go the other way round, and dump the tables."""
        first = self.dataset()
        yield first
        if first.package is None:
            return
        resources = first.package["resources"]
        for resource in reversed(resources) if lap % 2 else resources:
            if resource.get("url_type") == "upload":
                yield self.file(first.package, resource)
            if resource.get("datastore_active"):
                yield self.table(first.package, resource, dump=lap % 2 == 1)

    def snapshot(self) -> Snapshot:
        """What is there now. AssertionError: not all of it could be had."""
        looks = list(self.everything())
        broken = [look for look in looks if look.status != 200]
        assert not broken, f"a stranger cannot see everything: {broken}"
        assert looks[0].package is not None
        files = {look.resource_id: look.digest for look in looks if look.kind == "file"}
        tables = {look.resource_id: look.rows for look in looks if look.rows is not None}
        return Snapshot(looks[0].package, files, tables)

    def _get(self, path: str, **params: str | int) -> tuple[int | None, bytes]:
        try:
            answer = self._client.get(path, params=params)
        except httpx.HTTPError:
            return None, b""
        return answer.status_code, answer.content

    def _search(self, resource_id: str) -> tuple[int | None, Rows | None]:
        path = "/api/3/action/datastore_search"
        status, body = self._get(path, resource_id=resource_id, limit=PAGE, records_format="csv", include_total="false")
        return status, _found(body) if status == 200 else None

    def _dump(self, resource_id: str) -> tuple[int | None, Rows | None]:
        status, body = self._get(f"/datastore/dump/{resource_id}")
        return status, _rows(body.decode("utf-8-sig")) if status == 200 else None


def snapshot(portal_url: str, slug: str) -> Snapshot:
    """What a stranger sees of the dataset while nothing moves."""
    with Stranger(portal_url, slug) as stranger:
        return stranger.snapshot()


# Thousands of looks show the same few answers: the caches keep them once.


@lru_cache(maxsize=512)
def _result(body: bytes) -> Any:
    try:
        return json.loads(body)["result"]
    except (ValueError, KeyError):
        return None


@lru_cache(maxsize=512)
def _found(body: bytes) -> Rows | None:
    result = _result(body)
    if result is None:
        return None
    header = ",".join(field["id"] for field in result["fields"])  # names with commas do not occur in these tests
    return _rows(f"{header}\n{result['records']}")


@lru_cache(maxsize=512)
def _rows(text: str) -> Rows:
    return tuple(
        {name: cell for name, cell in row.items() if name != "_id"} for row in csv.DictReader(io.StringIO(text))
    )
