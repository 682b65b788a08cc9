"""A dataset as it is to stand on a CKAN portal: its fields, its resources in order, the files and tables behind them.

Nothing is read or written here but the version's descriptor. What is shown at the moment comes in as `present`, as
`package_show` answers it; how one becomes the other is in `steps.py`.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.files import canonical_json, sha256
from pipelines.languages import LANGUAGES, Language, say
from pipelines.portals.ckan import ids
from pipelines.portals.ckan.adopted import as_found, file_name, kept_source, kept_table
from pipelines.portals.ckan.fields import Fields, dataset_fields, is_foreign, is_foreign_field, word
from pipelines.portals.ckan.view import ISSUED, MODIFIED, MOVING, SIGNATURE, Value, extras, signature, view
from pipelines.portals.gate import CheckedVersion
from pipelines.portals.metadata import MEDIATYPES, ZIP, About, in_languages, newest_first
from pipelines.portals.state import iso

if TYPE_CHECKING:
    from pipelines.portals.ckan.preflight import Capabilities
    from pipelines.portals.ckan.tables import TableSpec

ERASED = "publica_erased"  # an extra: versions that are gone for good, with reason, time and manifest
LISTED = ("csv", "json", "xlsx")  # a table's formats with a resource of their own; all are in the zip


@dataclass(frozen=True)
class File:
    """A file of a version behind a resource: where it is, and as what it is sent."""

    id: str
    version: str
    path: Path
    name: str
    mediatype: str
    bytes: int
    sha256: str


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
    descriptor = _descriptor(version)
    before = ids.read_json(adopted)
    tables = [_Table(version, resource, portal.language, shown, before) for resource in descriptor["resources"]]
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
            zips[one.number] = _zip(one, file, portal.language, generations, now)
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
    return {**fields.top, "resources": [as_found(held) for held in present["resources"]], "extras": told}


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


def file_of(version: CheckedVersion, held: Value, language: Language) -> tuple[File | None, TableSpec | None]:
    """The file that the resource `held` had in `version`, and its table if it has one, both under its id."""
    key = str(held[ids.KEY])
    if ids.is_version(held):
        return zip_file(version), None
    if ids.HELD in held:
        return _kept(version, held)
    name, _, kind = key.partition("/")
    resource = next(each for each in _descriptor(version)["resources"] if each["name"] == name)
    every = [resource, *resource.get("publica", {}).get("formats", [])]
    told = next(each for each in every if each["format"] == kind)
    file = _file(version, held["id"], told, file_name(held))
    csv = _file(version, held["id"], resource)
    return file, _spec(resource, csv, language) if held.get(ids.COLUMNS) else None


def _kept(version: CheckedVersion, held: Value) -> tuple[File | None, TableSpec | None]:
    """The same for what stood there before publica came. There is no file where it was a link elsewhere."""
    from pipelines.portals.ckan.columns import key_of
    from pipelines.portals.ckan.tables import TableSpec

    path, table = kept_source(version, held), kept_table(version, held)
    mediatype = held.get("mimetype") or "application/octet-stream"
    digest = held[ids.SHA256]
    file = path and File(held["id"], version.number, path, file_name(held), mediatype, path.stat().st_size, digest)
    return file, TableSpec(held["id"], table[0], key_of(table[0]), table[1]) if table else None


# --- a table ----------------------------------------------------------------------------------------------------------


class _Table:
    """One table of a version: its files under their ids, and its rows."""

    def __init__(
        self,
        version: CheckedVersion,
        descriptor: Mapping[str, Any],
        language: Language,
        shown: list[Value],
        adopted: Mapping[str, tuple[str, str]],
    ) -> None:
        self.version = version
        self.descriptor = descriptor
        self.language: Language = language
        self.name: str = descriptor["name"]
        self.fields = {column["name"]: column["type"] for column in descriptor["schema"]["fields"]}
        self.generation = ids.generation(self.name, self.fields, version.number, shown)
        self._adopted = dict[str, tuple[str, str]]() if self.generation else adopted

    def files(self) -> list[File]:
        """Its files in the formats that get a resource, the CSV first."""
        every = [self.descriptor, *self.descriptor.get("publica", {}).get("formats", [])]
        return [self._file(told) for told in every if told["format"] in LISTED]

    def _file(self, told: Mapping[str, Any]) -> File:
        key = f"{self.name}/{told['format']}"
        known, name = self._adopted.get(key) or ("", "")
        return _file(self.version, known or ids.resource_id(self.version.slug, key, self.generation), told, name)

    def resource(self, file: File) -> Value:
        """One of its files as CKAN lists it."""
        kind = file.path.suffix.removeprefix(".")
        titles = in_languages(self.descriptor, "title") or {"en": self.name}
        value: Value = {
            **_file_fields(file, kind),
            "name": f"{word(titles, self.language)} ({kind.upper()})",
            "description": word(in_languages(self.descriptor, "description"), self.language),
            ids.KEY: f"{self.name}/{kind}",
            ids.VERSION: self.version.number,
            ids.GENERATION: self.generation,
        }
        value |= {f"name_{language}": f"{text} ({kind.upper()})" for language, text in titles.items()}
        descriptions = in_languages(self.descriptor, "description")
        value |= {f"description_{language}": text for language, text in descriptions.items()}
        if kind == "csv":
            value[ids.FIELDS] = json.dumps(self.fields, ensure_ascii=False)
        if file.id == self.spec().id:
            value[ids.COLUMNS] = sha256(canonical_json([asdict(column) for column in self.spec().columns]))
        return value

    def spec(self) -> TableSpec:
        """Its rows, as they are to stand in the DataStore under the id of the CSV, or of what had them before us."""
        csv = self.files()[0]
        known, _ = self._adopted.get(f"{self.name}/table") or ("", "")
        return _spec(self.descriptor, replace(csv, id=known or csv.id), self.language)


def _file(version: CheckedVersion, key: str, told: Mapping[str, Any], name: str = "") -> File:
    path = Path(told["path"])
    digest = told["hash"].removeprefix("sha256:")
    where = version.folder / "package" / path
    return File(key, version.number, where, name or path.name, told["mediatype"], told["bytes"], digest)


def _spec(resource: Mapping[str, Any], csv: File, language: Language) -> TableSpec:
    from pipelines.portals.ckan.columns import columns_of, key_of
    from pipelines.portals.ckan.tables import TableSpec

    columns = columns_of(resource["schema"], language)
    return TableSpec(csv.id, columns, key_of(columns), csv.path)


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


# --- a version's zip --------------------------------------------------------------------------------------------------


def zip_file(version: CheckedVersion) -> File:
    """A version's whole package behind its own resource."""
    (told,) = [file for file in version.manifest["files"] if file["path"].endswith(ZIP)]
    path = version.folder / told["path"]
    key = ids.resource_id(version.slug, ids.version_key(version.number))
    return File(key, version.number, path, path.name, MEDIATYPES[ZIP], told["bytes"], told["sha256"])


def _zip(
    version: CheckedVersion, file: File, language: Language, generations: Mapping[str, str], now: datetime
) -> Value:
    reasons = [reason[language] for reason in version.manifest["reasons"]]
    value: Value = {
        **_file_fields(file, "zip"),
        "name": say("ckan-version", language, {"version": version.number}),
        "description": "; ".join(reasons),
        ids.KEY: ids.version_key(version.number),
        ids.VERSION: version.number,
        ids.GENERATIONS: json.dumps(generations),
        "publica_manifest": version.digest,
        "publica_content_hash": version.manifest["content_hash"],
        "publica_published": iso(now),
    }
    words = {f"name_{each}": say("ckan-version", each, {"version": version.number}) for each in LANGUAGES}
    return value | words


def _file_fields(file: File, kind: str) -> Value:
    return {
        "id": file.id,
        "url": file.name,
        "url_type": "upload",
        "format": kind.upper(),
        "mimetype": file.mediatype,
        "size": file.bytes,
        "hash": file.sha256,
        ids.SHA256: file.sha256,
    }


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


def _descriptor(version: CheckedVersion) -> Value:
    return json.loads((version.folder / "package" / "datapackage.json").read_bytes())


def _by_id(files: Iterable[File]) -> dict[str, File]:
    return {file.id: file for file in files}
