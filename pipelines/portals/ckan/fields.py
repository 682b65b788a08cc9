"""What a dataset says of itself on a CKAN portal: which words go into which field.

A stock portal has a dozen fields and free extras; a portal with the DCAT-AP schema has fields of its own, which are
used where they are there. The names are those of ckanext-dcat, so that a stock portal's extras become DCAT as well.
Resources are in `desired.py`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pipelines.languages import Language
from pipelines.portals.gate import CheckedVersion
from pipelines.portals.metadata import About, in_languages

if TYPE_CHECKING:
    from pipelines.portals.ckan.preflight import Capabilities

Value = dict[str, Any]

_AUTHORITY = "http://publications.europa.eu/resource/authority"
_LANGUAGES: Mapping[str, str] = {"en": "ENG", "ro": "RON", "ru": "RUS"}
COUNTRIES: Mapping[str, str] = {"MD": "MDA", "UA": "UKR"}  # as the EU's authority list names them

# Extras that are ours on every portal, with those that begin with `publica_`, `title_`, `notes_` and `reason_`.
_OWN = {
    *("identifier", "issued", "modified", "frequency", "theme", "language", "temporal_start", "temporal_end"),
    *("spatial_uri", "contact_name", "contact_email", "publisher_name", "publisher_email", "publisher_url"),
    "version_notes",
}


@dataclass
class Fields:
    """`top`: the fields of the dataset itself. `extras`: the rest, as text."""

    top: Value
    extras: dict[str, str] = field(default_factory=dict[str, str])


def dataset_fields(
    version: CheckedVersion, descriptor: Mapping[str, Any], about: About, portal: Capabilities
) -> Fields:
    """All that a dataset says of itself, but its resources, its dates and its signature."""
    titles, notes = in_languages(descriptor, "title"), in_languages(descriptor, "description")
    body = about.organization
    name = word(body["title"], portal.language)
    theme = about.theme["name"].lower()
    fields = Fields(
        {
            "name": version.slug,
            "title": word(titles, portal.language),
            "notes": word(notes, portal.language),
            "license_id": licence(about.licenses[0]["name"], portal.licences) if about.licenses else "notspecified",
            "owner_org": body["name"],
            "author": name,
            "author_email": "",
            "maintainer": name,
            "maintainer_email": body["email"],
            "url": body.get("url", ""),
            "version": version.number,
            "private": False,
            "state": "active",
            "type": "dataset",
            "tags": [{"name": word} for word in descriptor.get("keywords", [])],
            "groups": [{"name": theme}] if theme in portal.groups else [],
        }
    )
    fields.extras |= {"publica_status": "published", "publica_manifest": version.digest}
    fields.extras |= {f"title_{language}": text for language, text in titles.items()}
    fields.extras |= {f"notes_{language}": text for language, text in notes.items()}
    _add(fields, portal, _catalogue_words(version, descriptor, about, titles, portal.language))
    return fields


def reason_fields(reason: Mapping[Language, str], since: str, versions: str, portal: Capabilities) -> Fields:
    """What stands where data stood: why it is gone, since when, and which versions there were."""
    words = {f"reason_{language}": text for language, text in reason.items()}
    notes = reason.get(portal.language) or reason["en"]
    return Fields({"notes": notes}, {**words, "publica_since": since, "publica_versions": versions})


def is_foreign(extra: str) -> bool:
    """True for the key of an extra that is none of ours."""
    return extra not in _OWN and not extra.startswith(("publica_", "title_", "notes_", "reason_"))


def is_foreign_field(name: str) -> bool:
    """True for a field of the portal's own schema that publica never writes."""
    return name not in _OWN and name not in _PARTS and not name.startswith("publica_")


def licence(name: str, known: Mapping[str, str]) -> str:
    """The portal's id of a licence: the same name, else without its version, else `other-open`."""
    wanted = name.lower()
    bare = wanted.rsplit("-", 1)[0] if wanted[-1:].isdigit() else wanted
    for candidate in (wanted, bare, {"cc0": "cc-zero"}.get(bare, "")):
        if match := next((key for key in known if key.lower() == candidate), ""):
            return match
    return "other-open"


def _catalogue_words(
    version: CheckedVersion, descriptor: Mapping[str, Any], about: About, titles: Iterable[str], language: Language
) -> Value:
    """The fields of a data catalogue: a text, a list of texts, or a list of objects each."""
    body, temporal, spatial = about.organization, descriptor.get("temporal"), descriptor.get("spatial")
    name = word(body["title"], language)
    publisher = {"name": name, "email": body["email"], "url": body.get("url", "")}
    words: Value = {
        "identifier": version.slug,
        "frequency": f"{_AUTHORITY}/frequency/{about.to_json()['frequency']}",
        "theme": [f"{_AUTHORITY}/data-theme/{about.theme['name']}"],
        "language": [f"{_AUTHORITY}/language/{_LANGUAGES[each]}" for each in titles],
        "version_notes": "; ".join(reason[language] for reason in version.manifest["reasons"]),
        "contact": [{"name": name, "email": body["email"]}],
        "publisher": [{key: text for key, text in publisher.items() if text}],
    }
    if temporal:
        words["temporal_coverage"] = [{key: temporal[key] for key in ("start", "end") if key in temporal}]
    if spatial:
        words["spatial_coverage"] = [{"uri": f"{_AUTHORITY}/country/{COUNTRIES.get(spatial, spatial)}"}]
    return words


# The extras that stand for a field with parts, on a portal that has no such field.
_PARTS = {
    "temporal_coverage": "temporal",
    "spatial_coverage": "spatial",
    "contact": "contact",
    "publisher": "publisher",
}


def _add(fields: Fields, portal: Capabilities, words: Value) -> None:
    """Each word into the portal's own field of that name, else into extras."""
    for name, value in words.items():
        if name in portal.fields:
            several = portal.field_kinds.get(name) in ("list", "subfields")
            fields.top[name] = value if several or isinstance(value, str) else _text(value)
        elif name in _PARTS:
            fields.extras |= {f"{_PARTS[name]}_{part}": text for part, text in value[0].items()}
        else:
            fields.extras[name] = value if isinstance(value, str) else _text(value)


def _text(values: list[Any]) -> str:
    """A list in one extra: itself where it is one text, else JSON."""
    return values[0] if len(values) == 1 and isinstance(values[0], str) else json.dumps(values, ensure_ascii=False)


def word(words: Mapping[str, str], language: Language) -> str:
    """A text in one language, else in English, else in any."""
    return words.get(language) or words.get("en") or next(iter(words.values()), "")
