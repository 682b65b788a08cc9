"""The difference between the published metadata of two versions: what was added, removed, retyped, tightened, reworded.

Works on the plain values of `declaration/published.py`, so that a version made years ago can be compared. Rows are
compared in `difference.py`; the number is chosen in `number.py`. Source: the Data Package version recipe.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pipelines.versions.draft import Reason

Value = Mapping[str, Any]

_TIGHTER_WHEN_LARGER = ("minimum", "exclusiveMinimum", "minLength")
_TIGHTER_WHEN_SMALLER = ("maximum", "exclusiveMaximum", "maxLength")


def metadata_reasons(old: Value, new: Value) -> Iterator[Reason]:
    """Every reason for a new number that lies in the metadata."""
    before = {r["name"]: r for r in old["resources"]}
    after = {r["name"]: r for r in new["resources"]}
    for name in _only(before, after):
        yield Reason("reason-resource-removed", "major", {"resource": name})
    for name in _only(after, before):
        yield Reason("reason-resource-added", "minor", {"resource": name})
    for name in [name for name in after if name in before]:
        yield from _schema_reasons(name, before[name]["schema"], after[name]["schema"])
        if _without(before[name], "schema") != _without(after[name], "schema"):
            yield Reason("reason-words", "patch", {"what": name})
    yield from _format_reasons(old["formats"], new["formats"])
    if old["licenses"] != new["licenses"]:
        yield Reason("reason-licence", "minor", {})
    reordered = before.keys() == after.keys() and list(before) != list(after)
    apart = ("resources", "formats", "licenses")
    if reordered or _without(old, *apart) != _without(new, *apart):
        yield Reason("reason-words", "patch", {"what": new["name"]})


def _only(these: Mapping[str, Any], others: Mapping[str, Any]) -> list[str]:
    """The keys of `these` that `others` has not, in the order of `these`: the changelog has one order everywhere."""
    return [name for name in these if name not in others]


def _without(value: Value, *keys: str) -> Value:
    return {key: held for key, held in value.items() if key not in keys}


def _format_reasons(old: list[str], new: list[str]) -> Iterator[Reason]:
    for name in sorted(set(old) - set(new)):
        yield Reason("reason-format-removed", "major", {"format": name})
    for name in sorted(set(new) - set(old)):
        yield Reason("reason-format-added", "minor", {"format": name})


def _schema_reasons(resource: str, old: Value, new: Value) -> Iterator[Reason]:
    before = {f["name"]: f for f in old["fields"]}
    after = {f["name"]: f for f in new["fields"]}
    for name in _only(before, after):
        yield Reason("reason-field-removed", "major", {"resource": resource, "field": name})
    for name in _only(after, before):
        yield Reason("reason-field-added", "major", {"resource": resource, "field": name})
    if before.keys() == after.keys() and list(before) != list(after):
        yield Reason("reason-fields-reordered", "major", {"resource": resource})
    for name in [name for name in after if name in before]:
        yield from _field_reasons(resource, before[name], after[name])
    yield from _key_reasons(resource, old, new)


def _field_reasons(resource: str, old: Value, new: Value) -> Iterator[Reason]:
    params = {"resource": resource, "field": new["name"]}
    if old["type"] != new["type"] or old.get("format") != new.get("format"):
        yield Reason("reason-field-retyped", "major", {**params, "old": old["type"], "new": new["type"]})
    if old.get("unit") != new.get("unit"):
        yield Reason("reason-field-unit", "major", {**params, "old": old.get("unit", "-"), "new": new.get("unit", "-")})
    tightened, loosened = _constraints(old.get("constraints", {}), new.get("constraints", {}))
    if tightened:
        yield Reason("reason-tightened", "major", {**params, "constraints": ", ".join(tightened)})
    if loosened:
        yield Reason("reason-loosened", "minor", {**params, "constraints": ", ".join(loosened)})
    structural = ("type", "format", "unit", "constraints")
    if _without(old, *structural) != _without(new, *structural):
        yield Reason("reason-words", "patch", {"what": f"{resource}.{new['name']}"})


def _constraints(old: Value, new: Value) -> tuple[list[str], list[str]]:
    """The names of the constraints that were tightened, and of those that were loosened."""
    tightened: list[str] = []
    loosened: list[str] = []
    for name in sorted(old.keys() | new.keys()):
        before, after = old.get(name), new.get(name)
        if before == after:
            continue
        (tightened if _tighter(name, before, after) else loosened).append(name)
    return tightened, loosened


def _tighter(name: str, before: Any, after: Any) -> bool:
    if after is None:
        return False
    if before is None or isinstance(before, str) != isinstance(after, str):  # the second: of another type of field
        return True
    if name in _TIGHTER_WHEN_LARGER:
        return after > before
    if name in _TIGHTER_WHEN_SMALLER:
        return after < before
    if name == "enum":
        return not set(before) <= set(after)
    return True  # another pattern refuses something that was accepted, as far as anyone can tell


def _key_reasons(resource: str, old: Value, new: Value) -> Iterator[Reason]:
    if old.get("primaryKey") != new.get("primaryKey"):
        yield Reason("reason-key", "major", {"resource": resource})
    for name in ("uniqueKeys", "foreignKeys"):
        before, after = old.get(name, []), new.get(name, [])
        if any(key not in before for key in after):
            yield Reason("reason-tightened", "major", {"resource": resource, "field": "*", "constraints": name})
        elif before != after:
            yield Reason("reason-loosened", "minor", {"resource": resource, "field": "*", "constraints": name})
