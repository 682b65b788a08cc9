"""The published `datapackage.json`: a Data Package v2 descriptor of what stands in the folder.

It is the published metadata, which `declaration/published.py` decides, with the version, hashes and sizes. We write it
ourselves: frictionless' own export turns the standard's words into its own. The other documents are in `documents.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.declaration.model import PACKAGE_PROFILE
from pipelines.packages.formats.format import Format
from pipelines.versions.draft import Draft

_FIRST = ("name", "title", "description", "translations", "version", "licenses", "sources", "contributors", "keywords")


@dataclass(frozen=True)
class DataFile:
    """One table in one format, written: `path` relative to the package's folder."""

    format: Format
    path: str
    sha256: str
    bytes: int

    def describe(self) -> dict[str, Any]:
        """What a Data Package says of a file."""
        return {
            "path": self.path,
            "format": self.format.name,
            "mediatype": self.format.mediatype,
            **self.format.descriptor,
            "hash": f"sha256:{self.sha256}",
            "bytes": self.bytes,
        }


def descriptor(draft: Draft, files: Mapping[str, Sequence[DataFile]]) -> dict[str, Any]:
    """The descriptor of a version whose tables are `files`, by resource and in the order of its formats."""
    told = {k: v for k, v in draft.metadata.items() if k not in ("resources", "formats")}
    told["version"] = draft.number
    told["contributors"] = [_publisher(draft), *told.get("contributors", [])]
    resources = [_resource(resource, files[resource["name"]]) for resource in draft.metadata["resources"]]
    ordered = {key: told.pop(key) for key in _FIRST if key in told}
    return {"$schema": PACKAGE_PROFILE, **ordered, **told, "resources": resources}


def _publisher(draft: Draft) -> dict[str, Any]:
    """The publishing body by its name and address on the web; its telephone and e-mail are the portal's business."""
    organization = draft.dataset.organization
    value: dict[str, Any] = {"title": organization.title}
    if organization.url:
        value["path"] = organization.url
    return {**value, "roles": ["creator", "publisher"]}


def _resource(told: Mapping[str, Any], files: Sequence[DataFile]) -> dict[str, Any]:
    """A resource is its CSV (else its first format); the same table in other formats stands under `publica.formats`.

    Not as resources of their own: the standard's profile knows no `type` but `table`, and whatever carries that, or
    no type at all, frictionless reads as a table. It then wants its extras for Parquet and XLSX, takes integers beside
    a gap in Parquet for floats, and misses the size of JSON and Parquet: a sound package would be called invalid.
    """
    main = next((file for file in files if file.format.name == "csv"), files[0])
    words = {key: told[key] for key in ("title", "description", "translations") if key in told}
    value: dict[str, Any] = {
        "name": told["name"],
        "type": "table",
        **main.describe(),
        **words,
        "schema": told["schema"],
    }
    if others := [file.describe() for file in files if file is not main]:
        value["publica"] = {"formats": others}
    return value
