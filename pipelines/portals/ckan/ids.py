"""Which resource id holds what. An id is computed once and never given to anything else.

A table keeps its ids through every version that a program which knows the older fields can still read. Once a
published field is removed, renamed or retyped, its files get new ones, named after the version that did it. The old
stay listed for the notice period.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, cast

NOTICE = timedelta(days=180)  # how long a table that was replaced stays listed

KEY = "publica_key"  # what a resource is: `observations/csv`, `version/1.2.0`
GENERATION = "publica_generation"  # the version that a table's ids are named after; empty for the first
FIELDS = "publica_fields"  # names and types of a table's fields
UNTIL = "publica_until"  # the day on which a replaced table leaves the list
GENERATIONS = "publica_generations"  # of a version's zip: the generation of each of its tables
VERSION = "publica_version"  # the version whose bytes these are
COLUMNS = "publica_columns"  # SHA-256 of a table's columns and data dictionary as the DataStore has them
SHA256 = "publica_sha256"
ADOPTED = "publica_adopted"  # an extra: by key, id and file name of what stood there before publica came
HELD = "publica_held"  # of an adopted resource, never on the portal: the table that stood behind it

_NAMESPACE = uuid.UUID("5e1c1c2e-8a35-5f0e-9a55-0f5a2d1b7c11")


def resource_id(slug: str, key: str, generation: str = "") -> str:
    """The id of a file of a dataset. `key`: `<table>/<format>` or `version/<number>`."""
    return str(uuid.uuid5(_NAMESPACE, "/".join(part for part in (slug, key, generation) if part)))


def version_key(number: str) -> str:
    """The key of a version's zip."""
    return f"version/{number}"


def is_version(resource: Mapping[str, Any]) -> bool:
    """True for a version's zip."""
    return str(resource.get(KEY, "")).startswith("version/")


def is_current(resource: Mapping[str, Any]) -> bool:
    """True for a file of the current version of a table, false for one that was replaced and for a zip."""
    return bool(resource.get(KEY)) and not resource.get(UNTIL) and not is_version(resource)


def kept_versions(resources: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The zips that a dataset lists, by version number."""
    return {str(held[KEY]).removeprefix("version/"): held for held in resources if is_version(held)}


def generation(table: str, fields: Mapping[str, str], number: str, resources: list[dict[str, Any]]) -> str:
    """The generation of the ids of `table` in version `number`, whose fields (name: type) these are.

    A version that was published here before has the ids that it had then.
    """
    kept = kept_versions(resources)
    before = read_json(kept[number].get(GENERATIONS)) if number in kept else {}
    if table in before:
        return str(before[table])
    listed = [held for held in resources if str(held.get(KEY)).startswith(f"{table}/") and held.get(FIELDS)]
    current = next((held for held in listed if is_current(held)), None)
    if current:
        known = read_json(current.get(FIELDS))
        broken = any(fields.get(name) != kind for name, kind in known.items())
        return number if broken else str(current.get(GENERATION) or "")
    known_before = any(table in read_json(held.get(GENERATIONS)) for held in kept.values())
    return number if listed or known_before else ""  # it went away and comes back: nobody expects it under the old id


def read_json(text: Any) -> dict[str, Any]:
    """A JSON object that a portal keeps as text; empty where there is none, or somebody's hand spoiled it."""
    try:
        value = json.loads(text or "{}")
    except (ValueError, TypeError):
        return {}
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}
