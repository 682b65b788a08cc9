"""The pages people see, in every language: made from `dataset.json`, the version's schema, and its first rows.

Templates lie beside this module, words in `messages/portals.yaml`. No script, no request to anywhere else. What is true
of a dataset is decided in `metadata.py`; here it is only shown, and everything shown is escaped.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.languages import Language
from pipelines.portals.metadata import in_languages
from pipelines.portals.pages.linked_data import linked_data
from pipelines.portals.pages.words import Words

if TYPE_CHECKING:
    from jinja2 import Environment, Template

PREVIEW_ROWS = 10
PREVIEW_CHARACTERS = 120
FORMATS = ("csv", "xlsx", "json", "parquet")  # the order in which people look for them; others come after
DATASET_PAGES: Mapping[Language, str] = {"en": "index.html", "ro": "ro.html", "ru": "ru.html"}
CATALOGUE_PAGES: Mapping[Language, str] = {"en": "index.html", "ro": "index.ro.html", "ru": "index.ru.html"}


def dataset_pages(
    metadata: Mapping[str, Any], resources: Sequence[Mapping[str, Any]], package: Path
) -> dict[str, bytes]:
    """The pages of a published dataset by file name. `resources`: of the published metadata; `package`: its files."""
    tables = [_table(resource, metadata, package) for resource in resources]
    there = {file["path"]: file["url"] for file in metadata["files"]}
    found = _templates().get_template("dataset.html")
    pages: dict[str, bytes] = {}
    for language, name in DATASET_PAGES.items():
        words = Words(language)
        pages[name] = _render(
            found,
            words,
            DATASET_PAGES,
            data=metadata,
            tables=tables,
            home="../",
            linked=linked_data(metadata, words),
            changelog=there.get(f"CHANGELOG.{language}.md") or there.get("CHANGELOG.md"),
        )
    return pages


def tombstone_pages(metadata: Mapping[str, Any]) -> dict[str, bytes]:
    """The pages of a dataset that was taken away."""
    found = _templates().get_template("tombstone.html")
    return {
        name: _render(found, Words(language), DATASET_PAGES, data=metadata, home="../")
        for language, name in DATASET_PAGES.items()
    }


def catalogue_pages(entries: Sequence[Mapping[str, Any]]) -> dict[str, bytes]:
    """The pages that list every dataset."""
    found = _templates().get_template("catalogue.html")
    return {
        name: _render(found, Words(language), CATALOGUE_PAGES, entries=entries, home="")
        for language, name in CATALOGUE_PAGES.items()
    }


def preview(path: Path) -> list[list[str]]:
    """The first rows of a published CSV, long texts cut; empty where the table is not published as CSV."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(islice(csv.reader(file), 1, PREVIEW_ROWS + 1))
    return [[_cut(cell) for cell in row] for row in rows]


def _cut(text: str) -> str:
    return text if len(text) <= PREVIEW_CHARACTERS else text[: PREVIEW_CHARACTERS - 1] + "…"


def _table(resource: Mapping[str, Any], metadata: Mapping[str, Any], package: Path) -> dict[str, Any]:
    """A table as its template wants it: its schema, its files, its first rows."""
    name: str = resource["name"]
    fields: list[dict[str, Any]] = [
        {**field, "categories": [{**c, "labels": _labels(c)} for c in field.get("categories", [])]}
        for field in resource["schema"]["fields"]
    ]
    files: list[dict[str, Any]] = []
    for file in metadata["files"]:
        stem, _, suffix = file["path"].removeprefix("data/").rpartition(".")
        if file["path"].startswith("data/") and stem == name:
            files.append({**file, "format": suffix})
    return {
        **resource,
        "schema": {**resource["schema"], "fields": fields},
        "by_name": {field["name"]: field for field in fields},
        "files": sorted(files, key=lambda file: (*FORMATS, file["format"]).index(file["format"])),
        "preview": preview(package / "data" / f"{name}.csv"),
    }


def _labels(category: Mapping[str, Any]) -> dict[str, str]:
    return {**in_languages(category, "title"), "en": category["label"]}


def _render(template: Template, words: Words, pages: Mapping[Language, str], **values: Any) -> bytes:
    return template.render(**values, words=words, pages=pages, catalogue=CATALOGUE_PAGES).encode()


@cache
def _templates() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
