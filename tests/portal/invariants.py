"""What a stranger may see of a dataset while it is being published (G2): pure functions over looks. Every file is whole
and of a checked version that the metadata beside it names; a table holds, key by key, rows of an allowed version and is
never partly filled; the metadata is the old, the new, or announces what is moving. Who looks is in `reader.py`."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from tests.portal.looks import Look, Package, Row, Rows, Snapshot

ANNOUNCEMENT = "publica_moving"
Key = tuple[str | int, ...]


@dataclass(frozen=True)
class Allowed:
    """What may be seen: the datasets, oldest first, as package_show gives them at rest; by resource id the SHA-256 of
    files of checked versions, the rows of every allowed version of a table, its key (no key: a row is its own)."""

    packages: Sequence[Package]
    files: Mapping[str, Collection[str]]
    tables: Mapping[str, Sequence[Rows]]
    keys: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    public: bool = True
    """There was a public dataset before the first look."""

    @staticmethod
    def of(*snapshots: Snapshot | None, keys: Mapping[str, Sequence[str]] | None = None) -> Allowed:
        """What was seen at rest, oldest first; None first: there was nothing."""
        there = [one for one in snapshots if one is not None]
        ids = [resource["id"] for one in there for resource in one.package["resources"]]
        return Allowed(
            packages=[one.package for one in there],
            files={each: {one.files[each] for one in there if each in one.files} for each in ids},
            tables={each: [one.tables[each] for one in there if each in one.tables] for each in ids},
            keys=keys or {},
            public=snapshots[0] is not None,
        )


def announcement(package: Package) -> Mapping[str, Any] | None:
    """What it says it is moving to: `to`, a version, and `files`, id -> one SHA-256 or several, an empty one for a file
    that goes. None: nothing, or nonsense."""
    texts = [extra["value"] for extra in package.get("extras", []) if extra["key"] == ANNOUNCEMENT]
    try:
        said: Any = json.loads(texts[0])
        return said if said["to"] and said["files"].items() is not None else None
    except (IndexError, ValueError, TypeError, KeyError, AttributeError):
        return None


def problems(looks: Iterable[Look], allowed: Allowed, portal_may_fail: bool = False) -> list[str]:
    """Every violation, in the order of looks. `portal_may_fail`: 5xx and no answer are not judged."""
    ordered = sorted(looks, key=lambda look: look.at)
    datasets = [look for look in ordered if look.kind == "dataset"]
    public_since = min((look.ended for look in datasets if look.package), default=float("inf"))
    found: list[str] = []
    for look in ordered:
        if look.failed and portal_may_fail:
            continue
        if look.kind == "dataset":
            there = allowed.public or look.at >= public_since
            said = _dataset_problems(look, allowed, there)
        elif look.status != 200:
            said = _absence_problems(look, allowed)
        elif look.kind == "file":
            after = next((each for each in datasets if each.at >= look.ended and each.package), None)
            said = _file_problems(look, after, allowed)
        else:
            said = _table_problems(look, allowed)
        found += [f"{look.at:.3f}-{look.ended:.3f} {look.kind} {look.resource_id}: {each}" for each in said]
    return found


def _dataset_problems(look: Look, allowed: Allowed, there: bool) -> Iterator[str]:
    if look.package is None:
        if there or look.status not in (403, 404):
            yield f"answered {look.status}" + (" without a dataset" if look.status == 200 else "")
        return
    if _comparable(look.package) in [_comparable(package) for package in allowed.packages]:
        return
    moving = announcement(look.package)
    if moving is None:
        yield f"neither an allowed state nor announced: {_difference(look.package, allowed)}"
        return
    for resource_id, said in moving["files"].items():
        for digest in _digests(said) - set(allowed.files.get(resource_id, ())):
            yield f"announces a file that is of no checked version: {resource_id} {digest}"


def _absence_problems(look: Look, allowed: Allowed) -> Iterator[str]:
    """A resource that the newest version does not have may be gone between being listed and being asked for, and its
    table while somebody reads it: then the answer breaks off, or CKAN says that the query failed (500 before 2.12)."""
    newest = {resource["id"] for resource in allowed.packages[-1]["resources"]} if allowed.packages else set[str]()
    fine = (404, 409, 500, None) if look.kind == "table" else (404,)
    if look.status not in fine or look.resource_id in newest:
        yield f"answered {look.status}"


def _file_problems(look: Look, after: Look | None, allowed: Allowed) -> Iterator[str]:
    if look.digest not in allowed.files.get(look.resource_id, ()):
        yield f"sha256 {look.digest} is of no checked version"
        return
    beside = [package for package in (look.package, after.package if after else None) if package]
    named = set[str]().union(*(_named(package, look.resource_id) for package in beside))
    if after and look.digest not in named:
        yield f"no metadata before or after names sha256 {look.digest}, but {sorted(named)}"


def _named(package: Package, resource_id: str) -> set[str]:
    """The SHA-256 that a dataset gives for the resource, of now and of what it announces."""
    hashes = {str(each.get("hash") or "") for each in package["resources"] if each["id"] == resource_id}
    moving = announcement(package)
    hashes |= _digests(moving["files"].get(resource_id, "")) if moving else set()
    return {each.removeprefix("sha256:") for each in hashes if each}


def _digests(said: str | Sequence[str]) -> set[str]:
    return ({said} if isinstance(said, str) else set(said)) - {""}


def _table_problems(look: Look, allowed: Allowed) -> Iterator[str]:
    key = allowed.keys.get(look.resource_id, ())
    versions = [_keyed(rows, key) for rows in allowed.tables.get(look.resource_id, ())]
    if look.rows is None or not versions:
        yield "is no table of any allowed version"
        return
    seen = _keyed(look.rows, key)
    if not seen and all(versions):
        yield "is empty"
    always = set(versions[0]).intersection(*versions)
    for gone in sorted(always - set(seen), key=str)[:3]:
        yield f"lacks {gone}, one of {len(always - set(seen))} rows that every allowed version has"
    wrong = {each: row for each, row in seen.items() if row not in [version.get(each) for version in versions]}
    for each, row in list(wrong.items())[:3]:
        yield f"has a row of no allowed version, one of {len(wrong)}: {each} {dict(row)}"


def _keyed(rows: Rows, key: Sequence[str]) -> dict[Key, Row]:
    """Rows by key; how often it came before is part of it, so that a doubled row is one that no version has."""
    times = Counter[tuple[str, ...]]()
    keyed: dict[Key, Row] = {}
    for row in rows:
        values = tuple(row.get(name, "") for name in key) if key else tuple(row.values())
        keyed[(*values, times[values])] = row
        times[values] += 1
    return keyed


def _comparable(package: Package) -> dict[str, Any]:
    """Without the times of the last write, and the order of extras, which say nothing that a reader takes for data."""
    resources = [{k: v for k, v in each.items() if k != "metadata_modified"} for each in package["resources"]]
    extras = {each["key"]: each["value"] for each in package.get("extras", [])}  # CKAN's search has them in our order
    return {**{k: v for k, v in package.items() if k != "metadata_modified"}, "resources": resources, "extras": extras}


def _difference(package: Package, allowed: Allowed) -> str:
    """Which fields differ from the nearest allowed state, with what was seen and what had been allowed."""
    seen = dict(_leaves(_comparable(package)))
    states = [dict(_leaves(_comparable(each))) for each in allowed.packages]
    differences = [
        [
            f"{name}: {seen.get(name)!r}, not {state.get(name)!r}"
            for name in {**state, **seen}
            if state.get(name) != seen.get(name)
        ]
        for state in states
    ]
    return ", ".join(min(differences, key=len, default=["nothing is allowed"]))


def _leaves(value: Any, name: str = "") -> list[tuple[str, Any]]:
    """What a value is made of, each part under its path."""
    if isinstance(value, Mapping):
        inner: Iterable[tuple[str, Any]] = cast("Mapping[str, Any]", value).items()
    elif isinstance(value, list):
        inner = ((str(n), each) for n, each in enumerate(cast("list[Any]", value)))
    else:
        return [(name, value)]
    return [leaf for key, each in inner for leaf in _leaves(each, f"{name}.{key}" if name else key)]
