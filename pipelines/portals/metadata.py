"""`dataset.json`: all that is public about a dataset, as one value. The pages are made from it and from nothing else.

What belongs to the version comes from its manifest, what does not (the organisation's contact, the cadence, the words
of the licence) from `About`. Links are relative to the dataset's address. Putting it on disk is in `shelf.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import semver

from pipelines.declaration.dataset import Dataset
from pipelines.declaration.model import Translations
from pipelines.declaration.vocabulary import FREQUENCY, Cadence
from pipelines.languages import LANGUAGES, Language
from pipelines.portals.gate import CheckedVersion

FORMAT = 1
ZIP = ".zip"
MEDIATYPES = {
    ".csv": "text/csv",
    ".json": "application/json",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".parquet": "application/vnd.apache.parquet",
    ".zip": "application/zip",
    ".md": "text/markdown",
    ".cff": "application/yaml",
}

_STAYS = (
    *("format", "name", "title", "description", "organization", "licenses"),
    *("theme", "cadence", "frequency", "keywords"),
)  # of what a dataset was, on its tombstone

Value = dict[str, Any]
Record = Mapping[str, Any]


@dataclass(frozen=True)
class About:
    """What a portal shows of a dataset that makes no version, as JSON values."""

    organization: Value
    licenses: list[Value]
    theme: Value
    cadence: Cadence

    @classmethod
    def of(cls, dataset: Dataset) -> About:
        """As the declaration says it."""
        extra, body = dataset.package.publica, dataset.organization
        organization = {
            "name": extra.organization,
            "title": _words(body.title, body.translations),
            "email": extra.contact or body.email,
        }
        if body.url:
            organization["url"] = body.url
        if body.phone:
            organization["phone"] = body.phone
        licenses = [
            {
                "name": named.name,
                "title": _words(text.title, text.translations),
                "path": text.path,
                # the summary of a licence is translated under `description`, as everything is
                "summary": _words(text.summary, text.translations, "description"),
            }
            for named, text in zip(dataset.package.licenses, dataset.licences, strict=True)
        ]
        theme = {"name": extra.theme, "title": _words(dataset.theme.title, dataset.theme.translations)}
        return cls(organization, licenses, theme, extra.cadence)

    @classmethod
    def from_json(cls, value: Record) -> About:
        """As `to_json` wrote it into a `dataset.json`."""
        return cls(value["organization"], value["licenses"], value["theme"], value["cadence"])

    def to_json(self) -> Value:
        """As it stands in `dataset.json`."""
        return {
            "organization": self.organization,
            "licenses": self.licenses,
            "theme": self.theme,
            "cadence": self.cadence,
            "frequency": FREQUENCY[self.cadence],
        }


def in_languages(holder: Record, key: str) -> dict[str, str]:
    """`title` or `description` of published metadata, in every language that has it; English is first."""
    words: dict[str, str] = {"en": holder[key]} if holder.get(key) else {}
    for language in LANGUAGES:
        if text := holder.get("translations", {}).get(language, {}).get(key):
            words[language] = text
    return words


def _words(english: str, translations: Translations, key: Literal["title", "description"] = "title") -> dict[str, str]:
    """A text of a declaration in every language that has it."""
    others = {"ro": getattr(translations.ro, key), "ru": getattr(translations.ru, key)}
    return {"en": english, **{language: text for language, text in others.items() if text}}


def version_record(version: CheckedVersion, published: str) -> Value:
    """What a portal remembers of a version that it keeps: its manifest, its verdict, and since when it is public."""
    checks = {"checks": version.verdict["checks"], "findings": version.verdict["findings"]}
    return {
        "manifest": dict(version.manifest),
        "digest": version.digest,
        "checks": checks,
        "published": published,
        "files": [
            {**file, "path": file["path"].removeprefix("package/")}
            for file in sorted(version.manifest["files"], key=lambda file: file["path"])
        ],
    }


def published_metadata(
    slug: str, number: str, records: Mapping[str, Record], erased: Mapping[str, Record], about: Value, modified: str
) -> Value:
    """`dataset.json` of a published dataset: version `number` is the current one of all those in `records`.

    `about`: `About.to_json()`, or the same keys of an earlier `dataset.json`. `modified`: ISO time of this change.
    """
    record = records[number]
    manifest = record["manifest"]
    metadata = manifest["metadata"]
    value: Value = {
        "format": FORMAT,
        "name": slug,
        "status": "published",
        "title": in_languages(metadata, "title"),
        "description": in_languages(metadata, "description"),
        "version": number,
        "manifest": record["digest"],
        "content_hash": manifest["content_hash"],
        "published": record["published"],
        "modified": modified,
    }
    value |= {key: about[key] for key in ("organization", "licenses", "theme", "cadence", "frequency")}
    value |= {key: metadata[key] for key in ("keywords", "sources", "temporal", "spatial") if key in metadata}
    value["rows"] = manifest.get("rows", {})
    value["checks"] = record["checks"]
    value["package"] = _zip(slug, record, f"{slug}{ZIP}")
    value["descriptor"] = "latest/datapackage.json"
    value["files"] = [_file(file, "latest", number) for file in record["files"] if not file["path"].endswith(ZIP)]
    value["versions"] = [_version(slug, other, records[other]) for other in newest_first(records)]
    if erased:
        value["erased"] = [erased[other] for other in newest_first(erased)]
    return value


def tombstone_metadata(
    present: Record,
    status: str,
    reason: Mapping[Language, str],
    since: str,
    erased: Mapping[str, Record],
    modified: str,
) -> Value:
    """`dataset.json` of a dataset that was taken away: who it was, why it is gone, and no link to any data."""
    value: Value = {key: present[key] for key in _STAYS if key in present}
    value |= {"status": status, "reason": dict(reason), "since": since, "modified": modified}
    value["versions"] = [
        {key: version[key] for key in ("version", "published", "manifest")}
        for version in present["versions"]
        if version["version"] not in erased
    ]
    if erased:
        value["erased"] = [erased[number] for number in newest_first(erased)]
    return value


def erasure_record(record: Record, number: str, reason: Mapping[Language, str], at: str) -> Value:
    """What stays of an erased version: its number, its hashes, the reason."""
    files = [{key: file[key] for key in ("path", "sha256", "bytes")} for file in record["files"]]
    return {
        "version": number,
        "manifest": record["digest"],
        "content_hash": record["manifest"]["content_hash"],
        "reason": dict(reason),
        "at": at,
        "files": files,
    }


def newest_first(numbers: Iterable[str]) -> list[str]:
    """Version numbers, the highest first."""
    return sorted(numbers, key=semver.Version.parse, reverse=True)


def _version(slug: str, number: str, record: Record) -> Value:
    manifest = record["manifest"]
    home = f"versions/{number}"
    return {
        "version": number,
        "published": record["published"],
        "bump": manifest["bump"],
        "reasons": manifest["reasons"],
        "manifest": record["digest"],
        "package": _zip(slug, record, f"{home}/{slug}-{number}{ZIP}"),
        "descriptor": f"{home}/datapackage.json",
        "files": [
            {"url": f"{home}/{file['path']}", "sha256": file["sha256"], "bytes": file["bytes"]}
            for file in record["files"]
            if file["path"].startswith("data/")
        ],
    }


def _zip(slug: str, record: Record, url: str) -> Value:
    (file,) = [file for file in record["files"] if file["path"].endswith(ZIP)]
    return {"url": url, "sha256": file["sha256"], "bytes": file["bytes"], "mediatype": MEDIATYPES[ZIP]}


def _file(file: Record, home: str, number: str) -> Value:
    path: str = file["path"]
    suffix = path[path.rfind(".") :] if "." in path else ""
    return {
        "path": path,
        "url": f"{home}/{path}",
        "permanent": f"versions/{number}/{path}",
        "sha256": file["sha256"],
        "bytes": file["bytes"],
        "mediatype": MEDIATYPES.get(suffix, "text/plain"),
    }
