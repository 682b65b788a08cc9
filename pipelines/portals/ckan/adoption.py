"""A dataset that stands on a CKAN portal and that publica did not put there, looked at so that it can be adopted.

Nothing is written. What the portal says in its own words is turned into ours in `adoption_words.py`; what an adopted
dataset is taken for afterwards is in `adopted.py`.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from pipelines.declaration.vocabulary import FieldType
from pipelines.errors import UserError
from pipelines.files import sha256_file
from pipelines.findings import Finding, Place, Severity
from pipelines.portals.adoption import Found, FoundColumn, FoundFile, FoundTable, Known, Taken
from pipelines.portals.ckan import ids
from pipelines.portals.ckan.adopted import ABOUT, ADOPTED, NAMES, file_name, text_of
from pipelines.portals.ckan.adoption_words import words_of
from pipelines.portals.ckan.api import Refused, Unsure
from pipelines.portals.ckan.columns import TYPES, Column, serves
from pipelines.portals.ckan.preflight import explained
from pipelines.portals.ckan.view import Value, extras
from pipelines.portals.gate import CheckedVersion
from pipelines.portals.metadata import About
from pipelines.portals.receipt import Receipt, Stamp
from pipelines.text import mask

if TYPE_CHECKING:
    import polars as pl

    from pipelines.portals.ckan.rows import Held
    from pipelines.portals.ckan.site import Site

MOST_BYTES = 500_000_000  # of one file, as of any source from a web address
_SUFFIXES = ("csv", "xlsx", "xls")  # what officers call files that may hold a table; their first bytes decide
_PAGE = re.compile(rb"(\xef\xbb\xbf)?\s*<(!doctype\s+html|html)\b", re.IGNORECASE)
_READ_AS: dict[str, tuple[FieldType, ...]] = {  # PostgreSQL's types by those of a published field
    "text": ("string",),
    "numeric": ("number", "integer"),
    "float8": ("number", "integer"),
    "bool": ("boolean",),
    "date": ("date",),
    "timestamp": ("datetime",),
    "timestamptz": ("datetime",),
    **dict.fromkeys(("int2", "int4", "int8"), cast("tuple[FieldType, ...]", ("integer",))),
}


def found(site: Site, name: str, folder: Path, known: Known, without: Collection[str]) -> Found:
    """The dataset, its files in `folder`. Raises UserError with everything that stands in the way of adopting it."""
    show = site.show(name)
    _refuse(name, show)
    assert show is not None  # noqa: S101 - it would have been refused
    files: list[FoundFile] = []
    left: list[str] = []
    columns: dict[str, list[list[Any]]] = {}
    findings: list[Finding] = []
    for number, held in enumerate(show["resources"]):
        title = held.get("name") or held["id"]
        if not _may_hold_a_table(held) or {title, held["id"]} & {*without}:
            left.append(title)
            continue
        home = folder / str(number)
        home.mkdir()
        try:
            path = _fetched(site, show["name"], held, home / _stem(held))
            table = _table(site, held, home / "rows") if path else None
        except UserError as error:
            findings += [finding.within(dataset=name, resource=title) for finding in error.findings]
            continue
        if path is None:
            left.append(title)
            continue
        link = "" if held.get("url_type") == "upload" else held["url"]
        known_table = _known_table(table, home / "rows")
        files.append(FoundFile(held["id"], title, held.get("description") or "", path, link, known_table))
        if table:
            columns[held["id"]] = [[column.name, column.type, column.info] for column in table.columns]
    if findings:
        raise UserError([*findings, Finding("adopt-without", dataset=name, params={"name": name})])
    if not files:
        raise UserError(Finding("adopt-nothing", dataset=name, params={"titles": ", ".join(left) or "-"}))
    proof = {"show": show, "columns": columns}
    return Found(**words_of(site, show, known), files=tuple(files), left=tuple(left), proof=proof)


def _refuse(name: str, show: Value | None) -> None:
    """Raise UserError for what is no dataset that strangers see and nobody's programs manage."""
    if show is None or show.get("state") not in (None, "active"):
        raise UserError(Finding("adopt-missing", dataset=name, params={"name": mask(name)}))
    slug, found = show["name"], list[Finding]()
    if show.get("private"):
        found.append(Finding("adopt-private"))
    if show.get("type", "dataset") != "dataset":
        found.append(Finding("adopt-type", params={"type": show["type"]}))
    if not show.get("organization"):
        found.append(Finding("adopt-nobody"))
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug):
        nearest = "-".join(re.findall("[a-z0-9]+", slug)) or "-"
        found.append(Finding("adopt-name", params={"name": slug, "nearest": nearest}))
    keys = [*extras(show), *(key for held in show["resources"] for key in held)]
    if any(key.startswith("publica_") for key in keys):
        found.append(Finding("adopt-managed"))
    if found:
        raise UserError(finding.within(dataset=slug) for finding in found)


# --- files ------------------------------------------------------------------------------------------------------------


def _may_hold_a_table(held: Value) -> bool:
    suffix = file_name(held).rpartition(".")[2].lower()
    return held.get("url_type") in (None, "", "upload") and (
        (held.get("format") or "").lower().removeprefix(".") in _SUFFIXES or suffix in _SUFFIXES
    )


def _stem(held: Value) -> str:
    """The name of a file without its ending, in letters that every disk takes."""
    return re.sub(r"[^a-z0-9]+", "-", file_name(held).rpartition(".")[0].lower()).strip("-")[:60] or "table"


def _fetched(site: Site, slug: str, held: Value, path: Path) -> Path | None:
    """The resource's bytes as a stranger is given them, named by what they are; None where they are no table's."""
    if held.get("url_type") == "upload":
        try:
            site.api.save(held["url"], path, MOST_BYTES)
        except (Refused, Unsure) as error:
            raise explained(error, slug) from None
    else:
        _fetch_link(slug, held, path)
    with path.open("rb") as file:
        start = file.read(1000)
    if _PAGE.match(start):
        raise UserError(Finding("url-page", params={"address": mask(held["url"])}))
    if not start:
        raise UserError(Finding("source-empty", params={"name": file_name(held)}))
    if start.startswith(b"PK\x03\x04"):
        return path.rename(path.with_suffix(".xlsx"))
    if b"\0" in start and not start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return None  # an old workbook, or what is no text at all
    return path.rename(path.with_suffix(".csv"))


def _fetch_link(slug: str, held: Value, path: Path) -> None:
    """What is at a link that somebody typed, fetched as one fetches from strangers."""
    from pipelines.archive.archive import Archive
    from pipelines.sources.origins.url import fetch_url

    place = Place(file=mask(held.get("name") or held["id"]))
    fetch_url(slug, held["url"], Archive(path.with_suffix(".link")), place).path.rename(path)


# --- tables -----------------------------------------------------------------------------------------------------------


def _table(site: Site, held: Value, path: Path) -> Held | None:
    """The table behind a resource, its rows also at `path`."""
    from pipelines.portals.ckan.rows import read_table

    if not held.get("datastore_active"):
        return None
    try:
        table = read_table(site.api, held["id"])
    except (Refused, Unsure) as error:
        raise explained(error) from None
    if table:
        table.rows.drop("_id").write_csv(path)
    return table


def _known_table(table: Held | None, kept: Path) -> FoundTable | None:
    if table is None:
        return None
    columns = tuple(
        FoundColumn(c.name, c.type, _READ_AS.get(c.type, ()), _dictionary(c), _holder(c.type)) for c in table.columns
    )
    return FoundTable(columns, kept, table.rows.drop("_id"))


def _holder(held: str) -> Any:
    def holds(kind: FieldType, values: pl.Series) -> bool:
        return serves(held, Column(values.name, TYPES[kind], {}), values)

    return holds


def _dictionary(column: Column) -> Mapping[str, str]:
    keys = {"label": "title", "notes": "description"}
    told = {
        words + key.removeprefix(name): str(text).strip()
        for name, words in keys.items()
        for key, text in column.info.items()
        if key == name or key.startswith(f"{name}_")
    }
    return {key: text for key, text in {**told, "unit": str(column.info.get("unit") or "")}.items() if text}


# --- the receipt ------------------------------------------------------------------------------------------------------


def adopted(
    site: Site, found: Found, taken: Collection[Taken], version: CheckedVersion, about: About
) -> tuple[Receipt, list[Finding]]:
    """The receipt that says: what stands there is `version`; and in which tables other rows stand.

    Raises UserError where it changed since it was found.
    """
    before, show = found.proof["show"], site.show(found.name)
    if show is None or (show["metadata_modified"], site.view(show)) != (before["metadata_modified"], site.view(before)):
        raise UserError(Finding("adopt-moved", dataset=found.name))
    there = {held["id"]: held for held in show["resources"]}
    keys = {one.file.id: _keys(one, version, found.proof["columns"].get(one.file.id)) for one in taken}
    names: dict[str, tuple[str, str]] = {}
    for one in taken:
        names[f"{one.name}/{one.format}"] = (one.file.id, "" if one.file.link else file_name(there[one.file.id]))
        if one.file.table and one.format != "csv":
            names[f"{one.name}/table"] = (one.file.id, "")
    receipt = Receipt(
        *(found.name, "published", version.number, version.digest, "", show["metadata_modified"]),
        tuple(Stamp(key[ids.KEY], there[n].get("size") or 0, 0, key[ids.SHA256]) for n, key in keys.items()),
        {key[ids.KEY]: there[n]["url"] for n, key in keys.items()},
        {
            "id": show["id"],
            "metadata_modified": show["metadata_modified"],
            "view": site.view(show),
            "uploaded": {held["id"]: held.get("last_modified") for held in show["resources"]},
            ADOPTED: keys,
            NAMES: text_of(names),
            ABOUT: about.to_json(),
        },
    )
    return receipt, [finding.within(dataset=found.name) for one in taken for finding in _other_rows(one, version)]


def _other_rows(one: Taken, version: CheckedVersion) -> list[Finding]:
    """A warning where the table behind a file does not hold what the file says."""
    from pipelines.portals.ckan.rows import numbered, rows_of

    if one.file.table is None or not one.same:
        return []
    there = one.file.table.rows
    columns = [Column(column.name, column.type, {}) for column in one.file.table.columns]
    here = rows_of(version.folder / "package" / "data" / f"{one.name}.csv", columns)
    pairs = [numbered(rows, rows.columns) for rows in (there, here)]
    count = pairs[0].join(pairs[1], on=pairs[0].columns, how="anti", nulls_equal=True).height
    if not count and there.height == here.height:
        return []
    params = {"count": count, "there": there.height, "here": here.height}
    return [Finding("adopt-rows-differ", Severity.WARN, params, resource=one.name)]


def _keys(one: Taken, version: CheckedVersion, columns: list[list[Any]] | None) -> Value:
    """What a resource would carry, had publica published it. Of a table that cannot go on, the columns it has."""
    fields: Mapping[str, str] = one.fields
    if one.file.table and not one.same:
        fields = {column.name: f"{column.type} (DataStore)" for column in one.file.table.columns}
    return {
        ids.KEY: f"{one.name}/{one.format}",
        ids.VERSION: version.number,
        ids.GENERATION: "",
        ids.FIELDS: json.dumps(fields, ensure_ascii=False),
        ids.SHA256: "" if one.file.link else sha256_file(one.file.path),
        ids.HELD: {"columns": columns, "rows": sha256_file(one.file.table.kept) if one.file.table else None},
    }
