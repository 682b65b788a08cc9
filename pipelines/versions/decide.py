"""From checked tables and the current version to a draft, or to the knowledge that nothing changed.

The comparing is in `difference.py` and `schema_difference.py`, the number in `number.py`. Here a draft is refused
without a passing verdict on exactly this content (G1).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import polars as pl

from pipelines.archive.archive import Archive
from pipelines.checks.verdict import Verdict
from pipelines.declaration.dataset import Dataset
from pipelines.declaration.published import published_metadata
from pipelines.errors import UserError
from pipelines.files import canonical_json, sha256_file
from pipelines.findings import Finding
from pipelines.tables.held import Held
from pipelines.tables.table import Table
from pipelines.versions.changelog import changelog
from pipelines.versions.content import content_hash, read_table, table_hash
from pipelines.versions.difference import Changes, row_changes
from pipelines.versions.draft import Draft, Reason
from pipelines.versions.number import greatest, next_number, row_reasons
from pipelines.versions.schema_difference import metadata_reasons

_hashes: dict[tuple[str, bytes], str] = {}  # the last file's: by its bytes and its schema
_of_tables: WeakKeyDictionary[Table, tuple[bytes, str]] = WeakKeyDictionary()  # in memory: with the schema's JSON


@dataclass(frozen=True)
class Content:
    """What a run would publish: its metadata, the hash of each table, and the hash of it all."""

    metadata: Mapping[str, Any]
    table_hashes: Mapping[str, str]
    hash: str


@dataclass(frozen=True)
class Previous:
    """The current version: its manifest and its tables, typed as they were published."""

    manifest: Mapping[str, Any]
    tables: Mapping[str, Held]


def content_of(dataset: Dataset, tables: Sequence[Table]) -> Content:
    """The content of tables about to be judged."""
    metadata = published_metadata(dataset)
    schemas = {r["name"]: r["schema"] for r in metadata["resources"]}
    hashes = {table.name: _hash(table, schemas[table.name]) for table in tables}
    return Content(metadata, hashes, content_hash(metadata, hashes))


def _hash(table: Table, schema: Mapping[str, Any]) -> str:
    """The table's hash; of the same frame, or a file with the same bytes, it is not computed twice."""
    written = canonical_json(schema)
    if table.parquet is None:
        known, digest = _of_tables.get(table, (b"", ""))
        if known != written:
            digest = table_hash(table.values, schema)
            _of_tables[table] = (written, digest)
        return digest
    key = (sha256_file(table.parquet), written)
    if key not in _hashes:
        _hashes.clear()
        _hashes[key] = table_hash(table.values, schema)
    return _hashes[key]


def read_previous(archive: Archive, slug: str) -> Previous | None:
    """The current version of a dataset, or None before the first. Raises UserError where the archive lost it."""
    current = archive.current(slug)
    if current is None:
        return None
    try:
        return _read(archive, slug, current)
    except (OSError, ValueError, KeyError, pl.exceptions.PolarsError) as error:
        raise UserError(Finding("archive-damaged", params={"version": current}, dataset=slug)) from error


def _read(archive: Archive, slug: str, current: str) -> Previous:
    manifest = archive.manifest(slug, current)
    package = archive.version_folder(slug, current) / "package"
    resources = manifest["metadata"]["resources"]
    return Previous(
        manifest, {r["name"]: read_table(package, r, manifest.get("rows", {}).get(r["name"], 0)) for r in resources}
    )


def decide(
    archive: Archive,
    dataset: Dataset,
    tables: Sequence[Table],
    content: Content,
    verdict: Verdict,
    previous: Previous | None,
) -> Draft | None:
    """The draft of the next version, or None where the content is that of the current one.

    Raises UserError when the verdict does not pass, or speaks of another content than this.
    """
    _refuse_unchecked(dataset, tables, content, verdict)
    if previous is not None and previous.manifest["content_hash"] == content.hash:
        return None
    changes, reasons, unchanged = _compare(tables, content, previous)
    if not reasons:  # a change that nobody has words for is still one
        reasons = [Reason("reason-words", "patch", {"what": dataset.slug})]
    bump = greatest(reasons)
    current = previous.manifest["version"] if previous else None
    number = next_number(archive.state(dataset.slug).numbers, current, bump)
    return Draft(
        dataset=dataset,
        number=number,
        bump=bump,
        reasons=tuple(reasons),
        previous=current,
        tables=tuple(tables),
        verdict=verdict,
        content_hash=content.hash,
        table_hashes=content.table_hashes,
        unchanged=unchanged,
        changes=changes,
        changelog=changelog(number, reasons, _history(archive, dataset.slug, current)),
        metadata=content.metadata,
    )


def _refuse_unchecked(dataset: Dataset, tables: Sequence[Table], content: Content, verdict: Verdict) -> None:
    if not verdict.passed or verdict.dataset != dataset.slug or verdict.checks == 0:
        raise UserError(Finding("verdict-not-passing", dataset=dataset.slug))
    if content_of(dataset, tables).hash != content.hash or verdict.content_hash != content.hash:
        raise UserError(Finding("verdict-of-other-content", dataset=dataset.slug))


def _compare(
    tables: Sequence[Table], content: Content, previous: Previous | None
) -> tuple[tuple[Changes, ...], list[Reason], frozenset[str]]:
    """Changes of rows, the reasons for a new number, and the tables whose content stays."""
    if previous is None:
        rows = sum(table.height for table in tables)
        return (), [Reason("reason-first", "first", {"tables": len(tables), "rows": rows})], frozenset()
    reasons = list(metadata_reasons(previous.manifest["metadata"], content.metadata))
    changes: list[Changes] = []
    for table in tables:
        old = previous.tables.get(table.name)
        if old is None or old.schema != table.values.schema:
            continue  # its reason is the table's new shape; there are no cells to compare
        changes.append(row_changes(table.name, old, table.values, table.schema.primary_key))
        reasons += row_reasons(table.name, changes[-1].counts)
    before = previous.manifest["tables"]
    unchanged = frozenset(name for name, digest in content.table_hashes.items() if before.get(name) == digest)
    return tuple(changes), reasons, unchanged


def _history(archive: Archive, slug: str, number: str | None) -> list[Mapping[str, Any]]:
    """The manifests from `number` back to the first version that is still there, newest first."""
    manifests: list[Mapping[str, Any]] = []
    exists = set(archive.numbers(slug))
    while number in exists:
        manifest = archive.manifest(slug, str(number))
        manifests.append(manifest)
        number = manifest["previous"]["version"] if manifest["previous"] else None
    return manifests
