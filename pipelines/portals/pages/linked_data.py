"""The schema.org description of a dataset, which search engines for datasets read from its page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipelines.portals.pages.words import Words


def linked_data(metadata: Mapping[str, Any], words: Words) -> dict[str, Any]:
    """A schema.org `Dataset` in one language; its links are relative to the page."""
    body = metadata["organization"]
    creator = {
        "@type": "GovernmentOrganization",
        "name": words.plain(body["title"]),
        "url": words.link(body.get("url")),
    }
    value: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Dataset",
        "name": words.plain(metadata["title"]),
        "description": words.plain(metadata["description"]),
        "inLanguage": words.language,
        "identifier": metadata["name"],
        "version": metadata["version"],
        "datePublished": metadata["published"],
        "dateModified": metadata["modified"],
        "isAccessibleForFree": True,
        "keywords": metadata["keywords"],
        "license": words.link(metadata["licenses"][0]["path"]),
        "creator": {key: held for key, held in creator.items() if held},
        "distribution": [
            {
                "@type": "DataDownload",
                "contentUrl": file["url"],
                "encodingFormat": file["mediatype"],
                "contentSize": str(file["bytes"]),
                "sha256": file["sha256"],
            }
            for file in metadata["files"]
            if file["path"].startswith("data/")
        ],
    }
    if temporal := metadata.get("temporal"):
        value["temporalCoverage"] = f"{temporal['start']}/{temporal.get('end', '..')}"
    if spatial := metadata.get("spatial"):
        value["spatialCoverage"] = spatial
    return value
