"""The pages people see, in every language: made from `dataset.json`, the version's schema, and its first rows.

Templates lie beside this module, words in `messages/portals.yaml`. No script, no request to anywhere else. What is true
of a dataset is decided in `metadata.py`; here it is only shown, and everything shown is escaped.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.languages import LANGUAGES, Language
from pipelines.portals.pages.words import Words

if TYPE_CHECKING:
    from jinja2 import Environment

PREVIEW_ROWS = 10
PREVIEW_CHARACTERS = 120
DATASET_PAGES: Mapping[Language, str] = {"en": "index.html", "ro": "ro.html", "ru": "ru.html"}
CATALOGUE_PAGES: Mapping[Language, str] = {"en": "index.html", "ro": "index.ro.html", "ru": "index.ru.html"}


def dataset_pages(metadata: Mapping[str, Any], resources: list[Mapping[str, Any]], package: Path) -> dict[str, bytes]:
    """The pages of a published dataset by file name. `resources`: of the published metadata; `package`: its files."""
    tables = [{**resource, "preview": preview(package / "data" / f"{resource['name']}.csv")} for resource in resources]
    return _render("dataset.html", DATASET_PAGES, data=metadata, tables=tables, home="../")


def tombstone_pages(metadata: Mapping[str, Any]) -> dict[str, bytes]:
    """The pages of a dataset that was taken away."""
    return _render("tombstone.html", DATASET_PAGES, data=metadata, home="../")


def catalogue_pages(entries: list[Mapping[str, Any]]) -> dict[str, bytes]:
    """The pages that list every dataset."""
    return _render("catalogue.html", CATALOGUE_PAGES, entries=entries, home="")


def preview(path: Path) -> list[list[str]]:
    """The first rows of a published CSV, long texts cut; empty where the table is not published as CSV."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(islice(csv.reader(file), 1, PREVIEW_ROWS + 1))
    return [[_cut(cell) for cell in row] for row in rows]


def _cut(text: str) -> str:
    return text if len(text) <= PREVIEW_CHARACTERS else text[: PREVIEW_CHARACTERS - 1] + "…"


def _render(template: str, pages: Mapping[Language, str], **values: Any) -> dict[str, bytes]:
    found = _templates().get_template(template)
    return {
        pages[language]: found.render(**values, words=Words(language), pages=pages, catalogue=CATALOGUE_PAGES).encode()
        for language in LANGUAGES
    }


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
