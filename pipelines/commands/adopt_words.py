"""A declaration of what an adopted dataset says of itself, and notes on what only a person can say better.

Which tables it has is found in `adopt_tables.py`. Everything declared here loads as it stands: what nobody told is
copied from the language that there is, or said in the plainest way, and the notes list it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from pipelines.commands.adopt_tables import AdoptedTable, title_of
from pipelines.declaration.model import PACKAGE_PROFILE
from pipelines.declaration.vocabulary import Cadence
from pipelines.languages import LANGUAGES, Language, preferred_language, say
from pipelines.portals.adoption import Found
from pipelines.text import romanian

_ROMANIAN = re.compile(r"[ăâîșțşţ]|\b(și|de|din|la|în|pe|privind|pentru|anul|datele|lista|numărul)\b", re.IGNORECASE)


def declaration(
    found: Found, tables: Sequence[AdoptedTable], paths: Sequence[str], *, licence: str, theme: str, email: str
) -> str:
    """The text of `datapackage.yaml`. `paths`: where each table's source is. `email`: of the organisation."""
    import yaml

    titles, notes = _titles(found), _descriptions(found)
    value: dict[str, Any] = {
        "$schema": PACKAGE_PROFILE,
        "name": found.name,
        "title": titles["en"],
        "description": notes["en"],
        "translations": {each: {"title": titles[each], "description": notes[each]} for each in ("ro", "ru")},
        "keywords": list(found.tags or [found.name]),
        "licenses": [{"name": licence}],
        "sources": [{"title": found.title, "path": found.page}],
        "publica": {
            "organization": found.organization,
            "cadence": _cadence(found),
            "theme": theme,
            **({"contact": found.contact} if found.contact not in ("", email) else {}),
            **({"temporal": dict(found.temporal)} if found.temporal else {}),
            **({"spatial": found.spatial} if found.spatial else {}),
        },
        "resources": [_resource(table, path) for table, path in zip(tables, paths, strict=True)],
    }
    text = yaml.safe_dump(value, allow_unicode=True, sort_keys=False, default_flow_style=None, width=110)
    return f"# {say('adopt-declaration', preferred_language(), {'page': found.page})}\n{text}"


def notes(found: Found, tables: Sequence[AdoptedTable], paths: Sequence[str], day: datetime) -> str:
    """The text of `notes.md`, in the language of the person at the keyboard."""
    language = preferred_language()
    head = say("adopt-notes", language, {"page": found.page, "day": f"{day:%d.%m.%Y}"})
    lines = "\n".join(f"- {line}" for line in _open(found, tables, paths, language))
    return f"# {found.name}\n\n{head}\n\n{lines}\n"


def language_of(text: str) -> Language:
    """The language that a text is in, by its letters and smallest words."""
    if len(re.findall(r"[а-яё]", text, re.IGNORECASE)) * 3 > len(re.findall(r"\w", text)):
        return "ru"
    return "ro" if _ROMANIAN.search(text) else "en"


def _titles(found: Found) -> dict[Language, str]:
    return {language: found.titles.get(language) or romanian(found.title) for language in LANGUAGES}


def _descriptions(found: Found) -> dict[Language, str]:
    plain = romanian(found.description) or romanian(found.title)
    return {language: found.descriptions.get(language) or plain for language in LANGUAGES}


def _cadence(found: Found) -> Cadence:
    return found.cadence or "irregular"


def _resource(table: AdoptedTable, path: str) -> dict[str, Any]:
    rows = table.inferred.raw.frame.height
    title, description = title_of(table.source), table.source.description.strip()
    layout = {key: value for key, value in table.inferred.layout.items() if value}
    return {
        "name": table.name,
        "type": "table",
        "path": path,
        "title": romanian(title),
        **({"description": romanian(description)} if description else {}),
        "translations": {"ro": {"title": romanian(title)}},
        **layout,
        "publica": {"checks": {"rows": {"min": (rows + 1) // 2}}},
        "schema": {"fields": [_field(told) for told in table.fields]},
    }


def _field(told: dict[str, Any]) -> dict[str, Any]:
    """A field with its title in Romanian, too: readers are told it."""
    translations: dict[str, Any] = told.get("translations", {})
    words = {"title": told["title"], **translations.get("ro", {})}
    return {**told, "translations": {**translations, "ro": words}}


def _open(found: Found, tables: Sequence[AdoptedTable], paths: Sequence[str], language: Language) -> Iterator[str]:
    """What is left to a person, a line each."""

    def line(code: str, **params: Any) -> str:
        return say(code, language, params)

    told = language_of(f"{found.title} {found.description}")
    missing = [each for each in LANGUAGES if each != told and not (each in found.titles and each in found.descriptions)]
    if missing:
        names = ", ".join(say(f"language-{each}", language, {}) for each in missing)
        yield line("adopt-notes-translate", told=say(f"language-{told}", language, {}), missing=names)
    if not found.description and not found.descriptions:
        yield line("adopt-notes-description")
    if not found.tags:
        yield line("adopt-notes-keywords")
    if not found.cadence:
        yield line("adopt-notes-cadence")
    for table, path in zip(tables, paths, strict=True):
        link = table.source.link
        yield line("adopt-notes-source-link", path=path, link=link) if link else line("adopt-notes-source", path=path)
    yield line("adopt-notes-tables", tables=", ".join(table.name for table in tables))
    if found.left:
        yield line("adopt-notes-left", titles=", ".join(found.left))
    yield line("adopt-notes-first")
