"""The gate: nothing unchecked is published. A portal takes a `CheckedVersion`, and only `checked_version` makes one.

It proves that a version in the archive is, byte for byte, the one that a passing verdict speaks of. Reaching the
verdict is the business of `checks/`, making the version that of `versions/`, showing it that of the portals. Whoever
may write the whole archive could rewrite the whole ledger: against that stand the rights of its folder, not this.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipelines.archive.archive import MANIFEST, Archive
from pipelines.errors import UserError
from pipelines.files import canonical_json, sha256, sha256_file
from pipelines.findings import Finding

_SEAL = object()


@dataclass(frozen=True)
class CheckedVersion:
    """A version that passed the gate. `digest` is the SHA-256 of its manifest; `folder` holds it in the archive."""

    slug: str
    number: str
    folder: Path
    manifest: Mapping[str, Any]
    digest: str
    verdict: Mapping[str, Any]
    seal: object = field(repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.seal is not _SEAL:
            raise TypeError("only checked_version() makes a CheckedVersion")


def checked_version(archive: Archive, slug: str, number: str) -> CheckedVersion:
    """The version `number` of a dataset, proved whole and checked.

    Raises UserError with every reason why it may not be published: a file that is missing, changed or extra, a
    manifest that the ledger does not know, a verdict that is missing, forged, blocking or about something else, data
    that no longer give the content hash.
    """
    from pipelines.versions.content import content_hash_of_version  # brings polars in; not needed to look

    folder = archive.version_folder(slug, number)
    if not (folder / MANIFEST).is_file():
        raise UserError(_finding("gate-no-version", slug, number))
    content = (folder / MANIFEST).read_bytes()
    digest = sha256(content)
    recorded = archive.recorded(slug, number)
    if recorded is None:
        raise UserError(_finding("gate-unrecorded", slug, number))
    if archive.ledger(slug).broken_links():
        raise UserError(_finding("gate-ledger-changed", slug, number))
    if recorded["manifest"] != digest:
        raise UserError(_finding("gate-manifest-changed", slug, number))

    manifest: dict[str, Any] = json.loads(content)
    verdict = archive.verdict(slug, recorded["verdict"])
    codes = _about_itself(slug, number, manifest, recorded) + _verdict_codes(manifest, recorded, verdict)
    findings = [_finding(code, slug, number) for code in codes] + _file_findings(slug, number, folder, manifest)
    if not findings and content_hash_of_version(folder) != manifest["content_hash"]:
        findings.append(_finding("gate-content", slug, number))
    if findings or verdict is None:
        raise UserError(findings)
    return CheckedVersion(slug, number, folder, manifest, digest, verdict, _SEAL)


def _finding(code: str, slug: str, number: str, **params: str) -> Finding:
    return Finding(code, dataset=slug, params={"version": number, **params})


def _about_itself(slug: str, number: str, manifest: Mapping[str, Any], recorded: Mapping[str, Any]) -> list[str]:
    same = (manifest["dataset"], manifest["version"], manifest["verdict"]) == (slug, number, recorded["verdict"])
    return [] if same else ["gate-manifest-other"]


def _verdict_codes(
    manifest: Mapping[str, Any], recorded: Mapping[str, Any], verdict: Mapping[str, Any] | None
) -> list[str]:
    if verdict is None:
        return ["gate-verdict-missing"]
    codes: list[str] = []
    if sha256(canonical_json(verdict)) != recorded["verdict"]:
        codes.append("gate-verdict-forged")
    if any(finding["severity"] == "block" for finding in verdict["findings"]):
        codes.append("gate-verdict-blocks")
    if verdict["content_hash"] != manifest["content_hash"] or verdict["dataset"] != manifest["dataset"]:
        codes.append("gate-verdict-other")
    return codes


def _file_findings(slug: str, number: str, folder: Path, manifest: Mapping[str, Any]) -> list[Finding]:
    """Files of the folder that are not what the manifest says, one finding each."""
    listed = {file["path"]: file for file in manifest["files"]}
    there = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if not _is_folder(path)}
    there.pop(MANIFEST, None)
    findings = [_finding("gate-file-missing", slug, number, file=name) for name in sorted(listed.keys() - there)]
    findings += [_finding("gate-file-extra", slug, number, file=name) for name in sorted(there.keys() - listed)]
    for name in sorted(listed.keys() & there):
        path, expected = there[name], listed[name]
        if path.is_symlink() or path.stat().st_size != expected["bytes"] or sha256_file(path) != expected["sha256"]:
            findings.append(_finding("gate-file-changed", slug, number, file=name))
    return findings


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()
