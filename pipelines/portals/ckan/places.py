"""The places at which CKAN lists resources, and what becomes of them where somebody listed an id twice.

CKAN keeps one of the two and counts both; over the gap it stumbles at every further change that leaves a resource as it
is. How resources are listed is in `files.py` and `desired.py`.
"""

from __future__ import annotations

from pipelines.portals.ckan.view import Value


def has_gaps(show: Value) -> bool:
    """Whether CKAN's places of the resources of a dataset, as `package_show` answers it, are not 0, 1, 2 and so on."""
    return [held["position"] for held in show["resources"]] != list(range(len(show["resources"])))


def unplaced(resources: list[Value]) -> list[Value]:
    """Resources without their places, which CKAN then counts anew."""
    return [{key: value for key, value in held.items() if key != "position"} for held in resources]
