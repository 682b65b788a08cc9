"""The files and tables that stand behind the resources of a dataset on a CKAN portal, and how each is listed.

Which of them a dataset has, in which order, beside what, is decided in `desired.py`; which id each has, in `ids.py`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.files import canonical_json, sha256
from pipelines.languages import LANGUAGES, Language, say
from pipelines.portals.ckan import ids
from pipelines.portals.ckan.adopted import file_name, kept_source, kept_table
from pipelines.portals.ckan.fields import word
from pipelines.portals.ckan.view import Value
from pipelines.portals.gate import CheckedVersion
from pipelines.portals.metadata import MEDIATYPES, ZIP, in_languages
from pipelines.portals.state import iso

if TYPE_CHECKING:
    from pipelines.portals.ckan.tables import TableSpec

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


def file_of(version: CheckedVersion, held: Value, language: Language) -> tuple[File | None, TableSpec | None]:
    """The file that the resource `held` had in `version`, and its table if it has one, both under its id."""
    key = str(held[ids.KEY])
    if ids.is_version(held):
        return zip_file(version), None
    if ids.HELD in held:
        return _kept(version, held)
    name, _, kind = key.partition("/")
    resource = next(each for each in descriptor_of(version)["resources"] if each["name"] == name)
    every = [resource, *resource.get("publica", {}).get("formats", [])]
    told = next(each for each in every if each["format"] == kind)
    file = _file(version, held["id"], told, file_name(held))
    csv = _file(version, held["id"], resource)
    return file, _spec(resource, csv, language) if held.get(ids.COLUMNS) else None


def table_of(version: CheckedVersion, spec: TableSpec, language: Language) -> TableSpec | None:
    """The table of `spec` as another version has it, under the same id; None where it has none of that name."""
    for resource in descriptor_of(version)["resources"]:
        if resource["name"] == spec.csv.stem:
            return _spec(resource, _file(version, spec.id, resource), language)
    return None


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


class VersionTable:
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


# --- a version's zip --------------------------------------------------------------------------------------------------


def zip_file(version: CheckedVersion) -> File:
    """A version's whole package behind its own resource."""
    (told,) = [file for file in version.manifest["files"] if file["path"].endswith(ZIP)]
    path = version.folder / told["path"]
    key = ids.resource_id(version.slug, ids.version_key(version.number))
    return File(key, version.number, path, path.name, MEDIATYPES[ZIP], told["bytes"], told["sha256"])


def zip_resource(
    version: CheckedVersion, file: File, language: Language, generations: Mapping[str, str], now: datetime
) -> Value:
    """It as CKAN lists it. `generations`: of the ids of each of the version's tables."""
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


def descriptor_of(version: CheckedVersion) -> Value:
    """A version's `datapackage.json`."""
    return json.loads((version.folder / "package" / "datapackage.json").read_bytes())
