"""What stood on a CKAN portal before publica came, once it was adopted: which resource is which table, and how it was.

Until the first publication only our own receipt knows. From then on the resources carry their keys themselves, and the
dataset an extra that names the ids for ever, so that they hold through withdrawals and undone edits too. Looking at a
dataset that is to be adopted is in `adoption.py`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from pipelines.portals.ckan import ids
from pipelines.portals.ckan.columns import Column
from pipelines.portals.ckan.moving import moving
from pipelines.portals.ckan.view import Value, extras
from pipelines.portals.gate import CheckedVersion
from pipelines.portals.receipt import Receipt

if TYPE_CHECKING:
    import polars as pl

ADOPTED = "adopted"  # in a receipt's metadata: by resource id, the keys that publica would have given it
NAMES = "adopted_names"  # in a receipt's metadata: the text of the extra `ids.ADOPTED`
ABOUT = "adopted_about"  # in a receipt's metadata: what the portal showed that makes no version, as declared


def names(present: Value | None, last: Receipt | None) -> str:
    """The extra that names adopted ids: as the dataset tells it, or as our record does; empty where none were."""
    told: Mapping[str, Any] = last.metadata if last else {}
    seen: Value = told.get("view", {}).get("extras", {})
    return extras(present or {}).get(ids.ADOPTED) or seen.get(ids.ADOPTED) or told.get(NAMES) or ""


def as_ours(present: Value | None, last: Receipt | None) -> Value | None:
    """A dataset with adopted resources under the keys that publica gives them, where they do not carry them yet."""
    told: Mapping[str, Value] = last.metadata.get(ADOPTED, {}) if last else {}
    if present is None or not told:
        return present
    resources = [
        held if held.get(ids.KEY) or held["id"] not in told else {**held, **told[held["id"]]}
        for held in present["resources"]
    ]
    return {**present, "resources": resources}


def as_found(resource: Value) -> Value:
    """A resource as the portal shows it, without what `as_ours` added."""
    if ids.HELD not in resource:
        return resource
    return {key: held for key, held in resource.items() if not key.startswith("publica_")}


def is_adopted(present: Value | None, last: Receipt | None) -> bool:
    """True where all stands as it was adopted, and no publication has begun to change it."""
    if present is None or last is None or ADOPTED not in last.metadata:
        return False
    return moving(present) is None and "publica_status" not in extras(present)


def file_name(held: Value) -> str:
    """The last part of a resource's link."""
    try:
        return unquote(urlsplit(held.get("url") or "").path.rpartition("/")[2])
    except ValueError:
        return ""


def has_table(resource: Value) -> bool:
    """Whether a resource of ours has a table behind it."""
    held: Value = resource.get(ids.HELD) or {}
    return bool(resource.get(ids.COLUMNS) or held.get("rows"))


# --- what was kept of it ----------------------------------------------------------------------------------------------


def kept_source(version: CheckedVersion, resource: Value) -> Path | None:
    """The bytes that an adopted resource had, as its version's source keeps them; None for a link elsewhere."""
    return _kept(version, resource[ids.SHA256])


def kept_rows(version: CheckedVersion, resource: Value) -> pl.DataFrame | None:
    """The rows that stood in an adopted resource's table, as `read_table` gives them without `_id`; None: no table."""
    import polars as pl

    held: Value = resource.get(ids.HELD) or {}
    path = _kept(version, held.get("rows"))
    return pl.read_csv(path, infer_schema=False) if path else None


def kept_table(version: CheckedVersion, resource: Value) -> tuple[tuple[Column, ...], Path] | None:
    """Columns and rows of that table, to write it again; None: there was none, or its rows are no longer kept."""
    held: Value = resource[ids.HELD]
    path = _kept(version, held.get("rows"))
    return (tuple(Column(*column) for column in held["columns"]), path) if path else None


def _kept(version: CheckedVersion, digest: str | None) -> Path | None:
    path = version.folder.parent / "snapshots" / str(digest or "-")
    return path if path.is_file() else None


def text_of(names: Mapping[str, tuple[str, str]]) -> str:
    """The extra that names adopted ids. `names`: by key, id and file name."""
    return json.dumps(names, ensure_ascii=False) if names else ""
