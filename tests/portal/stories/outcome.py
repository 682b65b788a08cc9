"""What a publication came to, without what follows from the history of the dataset: ids, dates, older versions, tables
that were replaced. Whatever happened before, the same version comes to the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from tests.portal.portal import Portal
from tests.portal.stories.line import SLUG

Value = dict[str, Any]

_DATASET = {
    *("id", "metadata_created", "metadata_modified", "revision_id", "extras", "resources", "num_resources"),
    *("organization", "groups", "tags", "creator_user_id", "owner_org", "tracking_summary"),
}
_EXTRAS = {"publica_signature", "publica_erased", "issued", "modified"}
_RESOURCE = {
    *("id", "package_id", "created", "last_modified", "metadata_modified", "position", "url", "revision_id"),
    *("publica_generation", "publica_generations", "publica_published", "cache_last_updated"),
}


def outcome(portal: Portal) -> Mapping[str, Any]:
    """The dataset, its newest files in order, its zip, and of each table columns, dictionary, rows and views."""
    shown = portal.api("package_show", {"id": SLUG})
    current = [held for held in shown["resources"] if not held.get("publica_until") and _is_of(held, shown["version"])]
    return {
        "dataset": {key: value for key, value in shown.items() if key not in _DATASET},
        "extras": {each["key"]: each["value"] for each in shown["extras"] if each["key"] not in _EXTRAS},
        "body": shown["organization"]["name"],
        "groups": [group["name"] for group in shown["groups"]],
        "tags": [tag["name"] for tag in shown["tags"]],
        "order": [held["publica_key"] for held in current],
        "resources": {held.get("publica_key"): _resource(held) for held in current},
        "tables": {held["publica_key"]: _table(portal, held["id"]) for held in current if held["datastore_active"]},
        "found": portal.api("package_search", {"fq": f"name:{SLUG}"})["count"],
        "search": [found["version"] for found in portal.api("package_search", {"fq": f"name:{SLUG}"})["results"]],
    }


def differences(wanted: Any, shown: Any, path: str = "") -> list[str]:
    """Where two outcomes differ."""
    if isinstance(wanted, dict) and isinstance(shown, dict):
        ours, theirs = cast(Value, wanted), cast(Value, shown)
        keys = [*ours, *(key for key in theirs if key not in ours)]
        return [text for key in keys for text in differences(ours.get(key), theirs.get(key), f"{path}/{key}")]
    return [] if wanted == shown else [f"{path}: {shown!r}, not {wanted!r}"]


def _is_of(held: Mapping[str, Any], number: str) -> bool:
    """False for the zip of another version. Whatever is not ours is there as well, and differs."""
    return not str(held.get("publica_key")).startswith("version/") or held["publica_version"] == number


def _resource(held: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**{key: value for key, value in held.items() if key not in _RESOURCE}, "url": held["url"].split("/")[-1]}


def _table(portal: Portal, key: str) -> Mapping[str, Any]:
    told = portal.api("datastore_info", {"id": key})
    rows = portal.api("datastore_search", {"resource_id": key, "limit": 1000})["records"]
    views = portal.api("resource_view_list", {"id": key})
    return {
        "columns": [(held["id"], held["type"], held.get("info")) for held in told["fields"]],
        "rows": sorted(str({name: cell for name, cell in row.items() if name != "_id"}) for row in rows),
        "views": sorted((view["view_type"], view["title"]) for view in views),
    }
