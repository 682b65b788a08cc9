"""A state of a dataset on a folder portal, decided and not yet written: every file's bytes, every link, the receipt.

The same content makes the same state, dates included. What it says is in `metadata.py` and `pages/`; putting it on
disk is in `shelf.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipelines.files import canonical_json, pretty_json, sha256
from pipelines.languages import Language
from pipelines.portals.drift import METADATA
from pipelines.portals.metadata import Value, newest_first, published_metadata, tombstone_metadata
from pipelines.portals.pages import dataset_pages, tombstone_pages
from pipelines.portals.receipt import Receipt, Stamp, Status

SUMMARY = "version.json"


@dataclass(frozen=True)
class State:
    """`files`: those of the state itself. The receipt's files are those of the versions that it links to."""

    files: Mapping[str, bytes]
    receipt: Receipt


def iso(moment: datetime) -> str:
    """A moment as ISO 8601 in UTC, to the second."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def published_state(
    slug: str,
    number: str,
    about: Value,
    records: Mapping[str, Value],
    erased: Mapping[str, Value],
    package: Path,
    now: datetime,
    present: Receipt | None,
) -> State:
    """The state that shows version `number`, whose files are in `package`, among all those of `records`.

    `about`: `About.to_json()` or an earlier `dataset.json`. It is dated as `present` where it shows the same.
    """
    left = {other: record for other, record in records.items() if other not in erased}
    value = published_metadata(slug, number, left, erased, about, _date_of(present))
    if present is None or value != present.metadata:
        value["modified"] = iso(now)
    pages = dataset_pages(value, left[number]["manifest"]["metadata"]["resources"], package)
    return _state(value, pages, now, left)


def tombstone_state(
    present: Receipt,
    status: Status,
    reason: Mapping[Language, str],
    erased: Mapping[str, Value],
    now: datetime,
) -> State:
    """The state of a dataset that was taken away. It is dated as `present` where it shows the same."""
    since: str = present.metadata["since"] if present.status == status else iso(now)
    value = tombstone_metadata(present.metadata, status, reason, since, erased, _date_of(present))
    if value != present.metadata:
        value["modified"] = iso(now)
    return _state(value, tombstone_pages(value), now, {})


def _date_of(present: Receipt | None) -> str:
    return present.metadata["modified"] if present else ""


def _state(value: Value, pages: Mapping[str, bytes], now: datetime, records: Mapping[str, Value]) -> State:
    """A state of its metadata and pages; `records` are the versions whose files it links to."""
    slug, number, manifest = value["name"], value.get("version", ""), value.get("manifest", "")
    files = {**pages, METADATA: pretty_json(value)}
    links = _links(slug, number, records)
    seen: dict[str, Any] = {
        "files": {path: sha256(content) for path, content in files.items()},
        "links": links,
        "versions": {other: record["digest"] for other, record in records.items()},
    }
    signature = sha256(canonical_json(seen))
    summary = {"name": slug, "status": value["status"], "version": number, "manifest": manifest, "signature": signature}
    stamps = tuple(
        Stamp(f"versions/{other}/{file['path']}", file["bytes"], file.get("mtime_ns", 0), file["sha256"])
        for other in newest_first(records)
        for file in records[other]["files"]
    )
    receipt = Receipt(slug, value["status"], number, manifest, signature, iso(now), stamps, links, value)
    return State({**files, SUMMARY: pretty_json(summary)}, receipt)


def _links(slug: str, number: str, records: Mapping[str, Value]) -> dict[str, str]:
    """What each link of a state points to, seen from where the link is."""
    kept = f"../../../.versions/{slug}"
    links = {f"versions/{other}": f"../{kept}/{other}" for other in newest_first(records)}
    if number:
        links |= {"latest": f"{kept}/{number}", f"{slug}.zip": f"{kept}/{number}/{slug}-{number}.zip"}
    return links
