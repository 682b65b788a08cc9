"""A dataset as it is to stand on a CKAN portal: its fields, its resources in order, the files and tables behind them.

Nothing is read or written here but the version's descriptor. What is shown at the moment comes in as `present`, as
`package_show` answers it; the files themselves are in `files.py`, how one becomes the other in `steps.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pipelines.languages import Language, say
from pipelines.portals.ckan import ids
from pipelines.portals.ckan.adopted import as_found
from pipelines.portals.ckan.fields import Fields, dataset_fields, is_foreign, is_foreign_field
from pipelines.portals.ckan.files import File, VersionTable, descriptor_of, zip_file, zip_resource
from pipelines.portals.ckan.view import ISSUED, MODIFIED, MOVING, SIGNATURE, Value, extras, signature, view
from pipelines.portals.gate import CheckedVersion
from pipelines.portals.metadata import About, newest_first
from pipelines.portals.state import iso

if TYPE_CHECKING:
    from pipelines.portals.ckan.preflight import Capabilities
    from pipelines.portals.ckan.tables import TableSpec

ERASED = "publica_erased"  # an extra: versions that are gone for good, with reason, time and manifest


@dataclass(frozen=True)
class Desired:
    """`dataset`: all its fields, extras and resources, signed. `files`: by resource id. `signature`: of its view."""

    dataset: Value
    signature: str
    files: Mapping[str, File] = field(default_factory=dict[str, File])
    tables: tuple[TableSpec, ...] = ()


def published(
    version: CheckedVersion,
    about: About,
    portal: Capabilities,
    present: Value | None,
    keep: Value,
    older: Sequence[CheckedVersion],
    now: datetime,
    adopted: str = "",
) -> Desired:
    """The dataset with `version` as its current one and every version that was ever published, those of `older` too.

    `keep`: the view whose foreign extras, groups and resources stay, as they were there before publica came.
    `adopted`: the extra that names the ids which were there before us.
    """
    shown: list[Value] = present["resources"] if present else []
    descriptor = descriptor_of(version)
    before = ids.read_json(adopted)
    tables = [VersionTable(version, resource, portal.language, shown, before) for resource in descriptor["resources"]]
    files = [file for table in tables for file in table.files()]
    resources = [table.resource(file) for table in tables for file in table.files()]
    resources += _retiring({held["id"] for held in resources}, shown, portal.language, now)
    resources += [held for held in shown if not held.get(ids.KEY) and held["id"] in keep["resources"]]
    zips = ids.kept_versions(shown)
    for one in (version, *older):
        if one.number not in zips:
            generations = {table.name: table.generation for table in tables} if one is version else {}
            file = zip_file(one)
            files.append(file)
            zips[one.number] = zip_resource(one, file, portal.language, generations, now)
    resources += [zips[number] for number in newest_first(zips)]
    fields = dataset_fields(version, descriptor, about, portal)
    fields.extras |= {ERASED: extras(present or {}).get(ERASED, ""), ids.ADOPTED: adopted}
    specs = tuple(table.spec() for table in tables) if portal.datastore else ()
    return Desired(**_signed(fields, resources, portal, present, keep, now), files=_by_id(files), tables=specs)


def shown_again(
    present: Value, portal: Capabilities, words: Fields, now: datetime, *, gone: Collection[str] | None = None
) -> Desired:
    """The dataset as it is shown, but for `words`, and without the resources of ours `gone` (None: without all)."""
    fields = _as_shown(present, portal)
    fields.top |= words.top
    fields.extras |= words.extras
    resources = [
        held for held in present["resources"] if not held.get(ids.KEY) or (gone is not None and held["id"] not in gone)
    ]
    return Desired(**_signed(fields, resources, portal, present, view({}), now))


def as_it_was(present: Value, portal: Capabilities) -> Value:
    """What to write so that a dataset is again as `present` shows it, its dates and signature included."""
    fields = _as_shown(present, portal)
    told = [extra for extra in present["extras"] if extra["key"] != MOVING]
    several = {name for name, kind in portal.field_kinds.items() if kind in ("list", "subfields")}
    dates = [name for name in (ISSUED, MODIFIED) if name in portal.fields]
    unset: Value = {name: [] if name in several else "" for name in portal.fields if name not in _STRUCTURED}
    top: Value = {**unset, **{name: present.get(name) or "" for name in dates}, **fields.top}
    return {**top, "resources": [as_found(held) for held in present["resources"]], "extras": told}


def _as_shown(present: Value, portal: Capabilities) -> Fields:
    seen = view(present, portal.fields)
    top: Value = {key: present.get(key) or "" for key in _STAYS}
    top |= {name: present[name] for name in portal.fields if present.get(name) and name not in _STRUCTURED}
    top |= {"owner_org": seen["organization"], "private": False, "state": "active", "type": seen["type"]}
    for name in ("tags", "groups"):
        top[name] = [{"name": word} for word in seen[name]]
    return Fields(top, {key: text for key, text in extras(present).items() if key not in (MOVING, SIGNATURE)})


_STAYS = (
    *("name", "title", "notes", "license_id", "author", "author_email", "maintainer", "maintainer_email"),
    *("url", "version"),
)
_STRUCTURED = ("owner_org", "tags", "tag_string", "groups", "resources", "extras", "name", ISSUED, MODIFIED)


def _retiring(current: set[str], shown: list[Value], language: Language, now: datetime) -> list[Value]:
    """Files of tables that this version replaces or leaves out: they stay as they are until their day."""
    left: list[Value] = []
    for held in shown:
        if not held.get(ids.KEY) or ids.is_version(held) or held["id"] in current:
            continue
        until: str = held.get(ids.UNTIL) or f"{now + ids.NOTICE:%Y-%m-%d}"
        if until < f"{now:%Y-%m-%d}":
            continue
        words = say("ckan-replaced", language, {"date": until})
        told = held if held.get(ids.UNTIL) else {**held, "description": f"{words} {held.get('description') or ''}"}
        left.append({**told, ids.UNTIL: until})
    return left


# --- together ---------------------------------------------------------------------------------------------------------


def _signed(
    fields: Fields, resources: list[Value], portal: Capabilities, present: Value | None, keep: Value, now: datetime
) -> dict[str, Any]:
    """The dataset with what stays of others, its dates and its signature; dated as before where it says the same."""
    before = extras(present or {})
    foreign = {key: text for key, text in keep["extras"].items() if is_foreign(key)}
    own = {key: text for key, text in fields.extras.items() if text and key not in (ISSUED, MODIFIED)}
    fields.extras = {**foreign, **own}
    groups = {group["name"] for group in fields.top["groups"]}
    fields.top["groups"] += [{"name": name} for name in keep["groups"] if name not in groups]
    there = {held["id"]: held for held in (present or {}).get("resources", [])}
    theirs = {name: keep[name] for name in portal.fields if keep.get(name) and is_foreign_field(name)}
    dataset: Value = {
        **theirs,
        **fields.top,
        "resources": [_over(there.get(held["id"]), held, portal) for held in resources],
        "extras": [{"key": key, "value": text} for key, text in fields.extras.items()],
    }
    signed = signature(view(dataset, portal.fields))
    same = before.get(SIGNATURE) == signed
    dates = {
        ISSUED: _date(present, ISSUED) or _made(present) or iso(now),
        MODIFIED: (_date(present, MODIFIED) if same else "") or iso(now),
    }
    for name, date in dates.items():
        if name in portal.fields:
            dataset[name] = date
        else:
            dataset["extras"].append({"key": name, "value": date})
    dataset["extras"].append({"key": SIGNATURE, "value": signed})
    return {"dataset": dataset, "signature": signed}


def _over(present: Value | None, wanted: Value, portal: Capabilities) -> Value:
    """A resource as wanted, with what only the server knows of it; keys of ours that are no longer wanted go."""
    kept = {
        key: held for key, held in (present or {}).items() if not key.startswith(("publica_", "name_", "description_"))
    }
    value = {key: held for key, held in {**kept, **wanted}.items() if key != ids.HELD}
    if not portal.datastore:
        value.pop("datastore_active", None)
    return value


def _made(present: Value | None) -> str:
    """When a dataset was made that says nothing of when it was issued: by hand, long before us. In UTC."""
    made = str((present or {}).get("metadata_created") or "")
    return f"{made.partition('.')[0]}Z" if made else ""


def _date(present: Value | None, name: str) -> str:
    return str((present or {}).get(name) or extras(present or {}).get(name) or "")


def _by_id(files: Iterable[File]) -> dict[str, File]:
    return {file.id: file for file in files}
