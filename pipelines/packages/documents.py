"""What lies beside the data for people and tools: licence, changelog, citation, the report of the checks, what changed.

The README is in `readme.py`, the descriptor in `descriptor.py`. None of them holds a date of its making.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pipelines.declaration.model import LicenceText, Organization, Package, Resource
from pipelines.files import pretty_json
from pipelines.languages import LANGUAGES, Language, say
from pipelines.packages.formats.as_csv import csv_bytes
from pipelines.versions.difference import COLUMNS
from pipelines.versions.draft import Draft

# Names that CITATION.cff accepts as they are; of any other licence it gets the address.
_SPDX = frozenset({
    "CC0-1.0", "CC-BY-3.0", "CC-BY-4.0", "CC-BY-SA-3.0", "CC-BY-SA-4.0", "CC-BY-NC-4.0", "CC-BY-ND-4.0",
    "ODbL-1.0", "ODC-By-1.0", "PDDL-1.0", "OGL-UK-3.0", "MIT",
})  # fmt: skip


def title_in(named: Package | Organization | LicenceText | Resource, language: Language) -> str:
    """The title in a language, else in English; a resource without one has its name."""
    own = None if language == "en" else getattr(named.translations, language).title
    return own or named.title or getattr(named, "name", "")


def description_in(named: Package | Resource, language: Language) -> str:
    """The description in a language, else in English, else nothing."""
    own = None if language == "en" else getattr(named.translations, language).description
    return own or named.description or ""


def summary_in(licence: LicenceText, language: Language) -> str:
    """What a licence allows, in a sentence."""
    own = None if language == "en" else getattr(licence.translations, language).description
    return own or licence.summary


def licence_text(draft: Draft) -> str:
    """`LICENSE`: each licence's title, name and address, and in plain words, in every language, what it allows."""
    blocks: list[str] = []
    for named, licence in zip(draft.dataset.package.licenses, draft.dataset.licences, strict=True):
        said = dict.fromkeys(f"{title_in(licence, each)}\n{summary_in(licence, each)}" for each in LANGUAGES)
        blocks.append("\n\n".join([f"{named.name}\n{licence.path}", *said]))
    return "\n\n----\n\n".join(blocks) + "\n"


def changelog_text(draft: Draft, language: Language) -> str:
    """`CHANGELOG.md`, newest version first."""
    lines = [f"# {say('readme-changelog', language, {})}: {title_in(draft.dataset.package, language)}"]
    for entry in draft.changelog[language]:
        lines += ["", f"## {entry.number}", "", *(f"- {line}" for line in entry.lines)]
    return "\n".join(lines) + "\n"


def citation_text(draft: Draft) -> str:
    """`CITATION.cff` 1.2.0, without a date of release: no clock gets into a package."""
    package, organization = draft.dataset.package, draft.dataset.organization
    author: dict[str, Any] = {"name": organization.title}
    if organization.url:
        author["website"] = organization.url
    value: dict[str, Any] = {
        "cff-version": "1.2.0",
        "message": say("readme-cite-message", "en", {}),
        "type": "dataset",
        "title": package.title,
        "abstract": package.description,
        "authors": [author],
        "version": draft.number,
        "keywords": package.keywords,
    }
    if package.homepage:
        value["url"] = package.homepage
    names = [licence.name for licence in package.licenses]
    if set(names) <= _SPDX:
        value["license"] = names[0] if len(names) == 1 else names
    else:
        value["license-url"] = draft.dataset.licences[0].path
    return "".join(f"{key}: {_yaml(held)}\n" for key, held in value.items())


def _yaml(value: str | list[Any] | Mapping[str, Any]) -> str:
    """A value as YAML, which every JSON value is; a list stands one item a line."""
    if isinstance(value, list):
        return "".join(f"\n  - {json.dumps(item, ensure_ascii=False)}" for item in value)
    return json.dumps(value, ensure_ascii=False)


def report_json(draft: Draft) -> bytes:
    """`report.json`: what was checked of this version's content, and what was found."""
    return pretty_json({"version": draft.number, **draft.verdict.to_json()})


def changes_csv(draft: Draft) -> Iterator[bytes]:
    """`changes.csv`, piece by piece: what this version changed, a line per cell."""
    yield f"{','.join(COLUMNS)}\n".encode()
    for lines in draft.changed_cells():
        yield csv_bytes(lines, header=False)
