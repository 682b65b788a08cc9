"""The list of all datasets of a folder portal: `catalog.json` and its pages. Nothing in it is bound to a version.

It is made from what each dataset's own `dataset.json` says; the datasets themselves are published in `folder.py`. The
same list, version by version, is a source of data: what becomes of it is in `sources/origins/catalogue.py`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from pipelines.errors import UserError
from pipelines.files import pretty_json, replace_file
from pipelines.findings import Finding
from pipelines.portals.disk import locked, make_folder, remove
from pipelines.portals.drift import METADATA
from pipelines.portals.pages import catalogue_pages
from pipelines.portals.shelf import TEMPORARY
from pipelines.sources.origins.catalogue import ListedVersion

CATALOGUE = "catalog.json"
_KEYS = (
    "name",
    "status",
    "title",
    "description",
    "organization",
    "theme",
    "keywords",
    "licenses",
    "cadence",
    "frequency",
)


def write_catalogue(root: Path, slugs: Iterable[str]) -> list[str]:
    """Write the catalogue's files that are not already so. Returns their names."""
    make_folder(root)
    with locked(root / ".locks" / ".catalogue"):
        for rubbish in root.glob(f"{TEMPORARY}*"):
            remove(rubbish)
        entries = [entry for slug in slugs if (entry := _entry(root, slug))]
        entries.sort(key=lambda entry: (entry["title"].get("en", entry["name"]), entry["name"]))
        files = {**catalogue_pages(entries), CATALOGUE: pretty_json({"format": 1, "datasets": entries})}
        written = [name for name, content in files.items() if not _is(root / name, content)]
        for name in written:
            replace_file(root / name, files[name])
        return written


def listing(root: Path, slugs: Iterable[str]) -> list[ListedVersion]:
    """Every version that is public now of these datasets; what was withdrawn or erased is not.

    Raises UserError with every dataset whose `dataset.json` somebody's hand spoiled: a list without it would be wrong.
    """
    found: list[ListedVersion] = []
    findings: list[Finding] = []
    for slug in slugs:
        try:
            found += _listed(slug, json.loads((root / slug / METADATA).read_bytes()))
        except FileNotFoundError:
            continue  # all of it was erased, or a publisher died before it showed anything
        except (OSError, ValueError, TypeError, KeyError):
            findings.append(Finding("portal-listing", params={"name": slug, "file": METADATA}))
    if findings:
        raise UserError(findings)
    return found


def _listed(slug: str, value: dict[str, Any]) -> list[ListedVersion]:
    if value["status"] != "published":
        return []
    organization, title = str(value["organization"]["name"]), str(value["title"]["en"])
    return [
        ListedVersion(
            *(slug, organization, title, each["version"]),
            published=datetime.fromisoformat(each["published"]),
            current=each["version"] == value["version"],
        )
        for each in value["versions"]
    ]


def _entry(root: Path, slug: str) -> dict[str, Any] | None:
    try:
        value = json.loads((root / slug / METADATA).read_bytes())
        entry = {key: value[key] for key in _KEYS if key in value}
    except (OSError, ValueError, TypeError):
        return None  # not published, or spoiled by hand, which `drift` tells
    return {**entry, "url": f"{slug}/index.html", "metadata": f"{slug}/{METADATA}"}


def _is(path: Path, content: bytes) -> bool:
    try:
        return path.read_bytes() == content
    except FileNotFoundError:
        return False
