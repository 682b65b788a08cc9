"""What somebody does by hand to a published dataset, as editor and past publica; and whether it is still so.

Each edit is told apart from all that publica ever writes, so that it is seen at once where one was written over.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from tests.portal.stories.line import SLUG
from tests.portal.stories.stage import Stage

MARK = "by hand"
Package = dict[str, Any]


@dataclass(frozen=True)
class Edit:
    """`resource`: the id of what was changed, empty for the dataset itself. `rows`: it is in the table."""

    what: str
    resource: str
    holds: Callable[[], bool]
    rows: bool = False


def edit(stage: Stage, what: str, pick: int, settled: bool) -> Edit | None:
    """Do it, to the resource or row number `pick`; None where there is nothing to do it to."""
    package = stage.editor("package_show", id=SLUG)
    ours = [held for held in package["resources"] if held.get("publica_key")]
    tables = [held for held in ours if held.get("datastore_active")]
    files = [held for held in ours if held.get("url_type") == "upload"]
    if what in _DATASET:
        return _DATASET[what](stage, package)
    if what in _FILES and files:
        return _FILES[what](stage, files[pick % len(files)])
    if what in _TABLES and tables and (settled or what != "row deleted"):
        return _TABLES[what](stage, tables[pick % len(tables)], pick)
    return None


def _shown(stage: Stage) -> Package:
    return stage.editor("package_show", id=SLUG)


# --- the dataset ------------------------------------------------------------------------------------------------------


def _title(stage: Stage, package: Package) -> Edit:
    stage.editor("package_patch", id=SLUG, title=MARK)
    return Edit("title", "", lambda: _shown(stage)["title"] == MARK)


def _extra(stage: Stage, package: Package) -> Edit:
    extras = [{**each, "value": MARK} if each["key"] == "frequency" else each for each in package["extras"]]
    stage.editor("package_patch", id=SLUG, extras=extras)
    return Edit("extra", "", lambda: {"key": "frequency", "value": MARK} in _shown(stage)["extras"])


def _tag(stage: Stage, package: Package) -> Edit:
    stage.editor("package_patch", id=SLUG, tags=[*package["tags"], {"name": MARK}])
    return Edit("tag", "", lambda: MARK in [tag["name"] for tag in _shown(stage)["tags"]])


def _resource_added(stage: Stage, package: Package) -> Edit:
    made = stage.editor("resource_create", package_id=SLUG, url="https://example.org/", name=MARK)
    return Edit("resource added", "", lambda: made["id"] in [held["id"] for held in _shown(stage)["resources"]])


def _deleted(stage: Stage, package: Package) -> Edit:
    stage.editor("package_delete", id=SLUG)
    return Edit("deleted", "", lambda: _shown(stage)["state"] == "deleted")


# --- a file -----------------------------------------------------------------------------------------------------------


def _renamed(stage: Stage, held: Package) -> Edit:
    stage.editor("resource_patch", id=held["id"], name=MARK)
    return Edit(f"renamed {held['publica_key']}", "", lambda: _resource(stage, held).get("name") == MARK)


def _rekeyed(stage: Stage, held: Package) -> Edit:
    stage.editor("resource_patch", id=held["id"], publica_key="x/y")
    key = held["publica_key"]
    return Edit(f"another key for {key}", held["id"], lambda: _resource(stage, held).get("publica_key") == "x/y")


def _removed(stage: Stage, held: Package) -> Edit:
    stage.editor("resource_delete", id=held["id"])
    return Edit(f"removed {held['publica_key']}", "", lambda: not _resource(stage, held))


def _uploaded(stage: Stage, held: Package) -> Edit:
    """Of the same length, so that only the bytes differ."""
    content = MARK.encode().ljust(int(held["size"]))[: int(held["size"])]
    answer = httpx.post(
        f"{stage.portal.url}/api/3/action/resource_patch",
        headers={"Authorization": stage.portal.editor_token},
        data={"id": held["id"]},
        files={"upload": (held["url"].rsplit("/", 1)[-1], content, held["mimetype"])},
        timeout=60,
        trust_env=False,
    )
    assert answer.is_success, answer.text

    def holds() -> bool:
        return httpx.get(held["url"], timeout=60, trust_env=False).content == content

    return Edit(f"uploaded {held['publica_key']}", held["id"], holds)


def _resource(stage: Stage, held: Package) -> Package:
    """As it is now; empty where it is gone."""
    resources: list[Package] = _shown(stage)["resources"]
    return next((each for each in resources if each["id"] == held["id"]), Package())


# --- a table ----------------------------------------------------------------------------------------------------------


def _told(held: Package) -> dict[str, Any]:
    return {"resource_id": held["id"], "force": True, "calculate_record_count": False}


def _rows(stage: Stage, held: Package) -> list[dict[str, Any]]:
    return stage.editor("datastore_search", resource_id=held["id"], limit=1000, sort="_id")["records"]


def _text(held: Package) -> str:
    return "note" if held["publica_key"].startswith("notes") else "place"


def _cell(stage: Stage, held: Package, pick: int) -> Edit:
    """A number of a row; its text, where it has none."""
    rows = _rows(stage, held)
    row, name, value = rows[pick % len(rows)], "count", "999"
    if name not in row:
        name, value = "note", MARK
    changed = {**{key: cell for key, cell in row.items() if cell is not None}, name: value}
    stage.editor("datastore_upsert", **_told(held), method="update", records=[changed])

    def holds() -> bool:
        return value in [str(each[name]).removesuffix(".0") for each in _rows(stage, held)]

    return Edit(f"cell of {held['publica_key']}", held["id"], holds, rows=True)


def _row_added(stage: Stage, held: Package, pick: int) -> Edit:
    name = _text(held)
    record = {name: MARK} | ({"count": "1"} if name == "place" else {})
    stage.editor("datastore_upsert", **_told(held), method="insert", records=[record])

    def holds() -> bool:
        return MARK in [each[name] for each in _rows(stage, held)]

    return Edit(f"row added to {held['publica_key']}", held["id"], holds, rows=True)


def _row_deleted(stage: Stage, held: Package, pick: int) -> Edit:
    rows = _rows(stage, held)
    gone = rows[pick % len(rows)]
    stage.editor("datastore_delete", **_told(held), filters={"_id": [gone["_id"]]})
    value = gone[_text(held)]
    count = [row[_text(held)] for row in rows].count(value)

    def holds() -> bool:
        return [row[_text(held)] for row in _rows(stage, held)].count(value) < count

    return Edit(f"row deleted of {held['publica_key']}", held["id"], holds, rows=True)


def _label(stage: Stage, held: Package, pick: int) -> Edit:
    told: list[Package] = stage.editor("datastore_info", id=held["id"])["fields"]
    fields = [{key: field[key] for key in ("id", "type", "info")} for field in told if field["id"] != "_id"]
    fields[0]["info"] = {**fields[0]["info"], "label": MARK}
    stage.editor("datastore_create", **_told(held), fields=fields)

    def holds() -> bool:
        found: list[Package] = stage.editor("datastore_info", id=held["id"])["fields"]
        return MARK in [field["info"]["label"] for field in found if "info" in field]

    return Edit(f"label in {held['publica_key']}", held["id"], holds, rows=True)


_DATASET: Mapping[str, Callable[[Stage, Package], Edit]] = {
    "title": _title,
    "extra": _extra,
    "tag": _tag,
    "resource added": _resource_added,
    "deleted": _deleted,
}
_FILES: Mapping[str, Callable[[Stage, Package], Edit]] = {
    "renamed": _renamed,
    "rekeyed": _rekeyed,
    "removed": _removed,
    "uploaded": _uploaded,
}
_TABLES: Mapping[str, Callable[[Stage, Package, int], Edit]] = {
    "cell": _cell,
    "row added": _row_added,
    "row deleted": _row_deleted,
    "label": _label,
}
EDITS = (*_DATASET, *_FILES, *_TABLES)
