"""A draft whose files are written becomes a version: its manifest is made, and the archive commits it.

What the files are is in `packages/`; the order in which a version comes to exist is in `archive/`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipelines.archive.archive import MANIFEST, Archive
from pipelines.errors import UserError
from pipelines.files import pretty_json, sha256_file
from pipelines.findings import Finding
from pipelines.versions.draft import Draft

MANIFEST_FORMAT = 1


def seal(
    archive: Archive,
    draft: Draft,
    scratch: Path,
    files: Sequence[Mapping[str, Any]],
    fingerprint: str,
    snapshots: Mapping[str, str],
) -> None:
    """Make a version of the files in `scratch`. `files`: path (below the version's folder), sha256 and bytes of each.

    Raises UserError when the archive does not know the draft's verdict: only what was judged here becomes a version.
    """
    slug = draft.dataset.slug
    if archive.verdict(slug, draft.verdict.digest) is None:
        raise UserError(Finding("verdict-unknown", dataset=slug))
    previous = None
    if draft.previous:
        path = archive.version_folder(slug, draft.previous) / MANIFEST
        previous = {"version": draft.previous, "manifest": sha256_file(path)}
    package = draft.dataset.package
    manifest = {
        "format": MANIFEST_FORMAT,
        "dataset": slug,
        "version": draft.number,
        "title": {"en": package.title, "ro": package.translations.ro.title, "ru": package.translations.ru.title},
        "previous": previous,
        "bump": draft.bump,
        "reasons": [reason.to_json() for reason in draft.reasons],
        "content_hash": draft.content_hash,
        "tables": dict(draft.table_hashes),
        "rows": {table.name: table.height for table in draft.tables},
        "verdict": draft.verdict.digest,
        "files": [dict(file) for file in files],
        "metadata": draft.metadata,
    }
    record = {
        "fingerprint": fingerprint,
        "content_hash": draft.content_hash,
        "verdict": draft.verdict.digest,
        "snapshots": dict(snapshots),
        "bump": draft.bump,
    }
    archive.commit(slug, draft.number, scratch, pretty_json(manifest), record)
