"""What a CKAN portal shows of a dataset, made comparable: the fields that people can edit, in one form.

What the server derives or orders by itself (times, positions, its own ids) is left out. What a dataset ought to be is
decided in `desired.py`; what is done about a difference by whoever asks.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from pipelines.files import canonical_json, sha256
from pipelines.findings import Finding
from pipelines.portals.drift import differences

Value = dict[str, Any]

MOVING = "publica_moving"  # the announcement: which version the dataset is moving to
SIGNATURE = "publica_signature"
MODIFIED = "modified"
ISSUED = "issued"

_TEXTS = ("name", "title", "notes", "license_id", "url", "version", "type")
_PEOPLE = ("author", "author_email", "maintainer", "maintainer_email")
_DERIVED = {  # of a resource: what the server, or a plugin that only watches, sets
    *("created", "metadata_modified", "last_modified", "position", "package_id", "state", "cache_url"),
    *("cache_last_updated", "mimetype_inner", "revision_id", "tracking_summary", "archiver", "qa", "datastore_active"),
    *("datastore_contains_all_records_of_source_file", "on_same_domain", "upload", "clear_upload", "has_views"),
}


def extras(dataset: Mapping[str, Any]) -> dict[str, str]:
    """The extras of a dataset by key."""
    told: list[Value] = dataset.get("extras") or []
    return {extra["key"]: extra["value"] for extra in told}


def dates(dataset: Mapping[str, Any]) -> dict[str, str]:
    """When a dataset says that it was first published, and last changed; what the rest of it decides."""
    told = extras(dataset)
    return {name: date for name in (ISSUED, MODIFIED) if (date := str(dataset.get(name) or told.get(name) or ""))}


def view(dataset: Mapping[str, Any], fields: Collection[str] = ()) -> Value:
    """A dataset as `package_show` answers it, or as it is to be written, in the one form that can be compared.

    `fields`: names of further fields, those of the portal's own schema. The announcement and the signature are not
    part of it, nor the two dates that follow from the rest.
    """
    value: Value = {key: _text(dataset.get(key)) for key in (*_TEXTS, *_PEOPLE)}
    value["type"] = value["type"] or "dataset"
    value["private"] = bool(dataset.get("private"))
    value["state"] = dataset.get("state") or "active"
    body: Value = dataset.get("organization") or {}
    value["organization"] = body.get("name") or dataset.get("owner_org") or ""
    value["tags"] = _names(dataset, "tags")
    value["groups"] = _names(dataset, "groups")
    value["extras"] = {
        key: _text(text)
        for key, text in sorted(extras(dataset).items())
        if key not in (MOVING, SIGNATURE, MODIFIED, ISSUED)
    }
    resources: list[Value] = dataset.get("resources") or []
    value["resources"] = {resource["id"]: _resource(resource) for resource in resources}
    value["order"] = list(value["resources"])
    own = set(fields) - value.keys() - {"owner_org", "resources", "tag_string", MODIFIED, ISSUED}
    return value | {name: _plain(dataset.get(name)) for name in sorted(own)}


def signature(seen: Value) -> str:
    """SHA-256 of a view: the same content gives the same one."""
    return sha256(canonical_json(seen))


def without(seen: Value, ids: Iterable[str]) -> Value:
    """A view as it was before the resources `ids` were listed."""
    gone = set(ids)
    resources = {key: held for key, held in seen["resources"].items() if key not in gone}
    return {**seen, "resources": resources, "order": [key for key in seen["order"] if key not in gone]}


def edits(slug: str, ours: Value, theirs: Value) -> list[Finding]:
    """One finding per field that differs between what was written and what is shown. Resources go by their keys."""
    return [finding.within(dataset=slug) for finding in differences(_named(ours), _named(theirs))]


def _names(dataset: Mapping[str, Any], key: str) -> list[str]:
    told: list[Value] = dataset.get(key) or []
    return sorted(each["name"] for each in told)


def _named(seen: Value) -> Value:
    """Resources under names that a person knows instead of ids."""
    names = {key: _name(key, held) for key, held in seen["resources"].items()}
    resources = {names[key]: held for key, held in seen["resources"].items()}
    return {**seen, "resources": resources, "order": [names[key] for key in seen["order"]]}


def _name(key: str, resource: Value) -> str:
    """What a person knows a resource by. A table that was replaced has the key of the one in its place."""
    generation = resource.get("publica_generation")
    name = str(resource.get("publica_key") or resource.get("name") or key)
    return f"{name} ({generation})" if generation else name


def _resource(resource: Mapping[str, Any]) -> Value:
    value = {key: _plain(held) for key, held in sorted(resource.items()) if key not in _DERIVED}
    if resource.get("url_type") == "upload":
        value["url"] = str(resource.get("url") or "").rsplit("/", 1)[-1]
    value["size"] = _number(resource.get("size"))
    return {key: held for key, held in value.items() if held not in (None, "", [], {})}


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return _text(value)
    return value


def _text(value: Any) -> str:
    return "" if value is None else str(value).replace("\r\n", "\n").strip()


def _number(value: Any) -> int | None:
    return int(value) if isinstance(value, int | float) or (isinstance(value, str) and value.isdigit()) else None
