"""Datasets, tables and verdicts of one table, made by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.archive.archive import Archive
from pipelines.checks.verdict import Verdict
from pipelines.declaration.dataset import Dataset
from pipelines.declaration.model import LicenceText, Organization, Package, Theme, Translations
from pipelines.findings import Finding, Severity
from pipelines.tables.history import as_texts
from pipelines.tables.table import DTYPES, Table
from pipelines.versions.decide import content_of

FIELDS: Sequence[dict[str, Any]] = ({"name": "period", "type": "string"}, {"name": "number", "type": "integer"})
ROWS: Sequence[tuple[Any, ...]] = (("S1", 1), ("S2", 2))


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "archive")


@pytest.fixture
def dataset() -> Callable[..., Dataset]:
    def make(fields: Sequence[dict[str, Any]] = FIELDS, key: Sequence[str] = ("period",), **said: Any) -> Dataset:
        package = Package.model_validate(
            {
                "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
                "name": "paralegals",
                "title": "Paralegals",
                "description": "Paralegals at work.",
                "translations": {"ro": {"title": "Parajuriști", "description": "x"}, "ru": {"title": "Параюристы"}},
                "keywords": ["justice"],
                "licenses": [{"name": "CC-BY-4.0"}],
                "sources": [{"title": "Report"}],
                "publica": {"organization": "cnajgs", "cadence": "semester", "theme": "JUST", "formats": ["csv"]},
                "resources": [
                    {
                        "name": "observations",
                        "path": "table.csv",
                        "schema": {"fields": list(fields), "primaryKey": list(key)},
                        "publica": {"checks": {"rows": {"min": 1}}},
                    }
                ],
                **said,
            }
        )
        words = Translations()
        return Dataset(
            slug="paralegals",
            folder=Path("paralegals"),
            package=package,
            organization=Organization(title="Council", translations=words, email="office@example.md"),
            licences=(LicenceText(title="CC", path="https://example.md", summary="All may.", translations=words),),
            theme=Theme(title="Justice", translations=words),
            suites={},
            lookups={},
            corrections={},
            digest="d",
        )

    return make


@pytest.fixture
def table() -> Callable[..., Table]:
    def make(dataset: Dataset, rows: Sequence[tuple[Any, ...]] = ROWS) -> Table:
        schema = dataset.package.resources[0].schema_
        types = {field.name: DTYPES[field.type] for field in schema.fields}
        frame = pl.DataFrame(list(rows), schema=types, orient="row")
        return Table("observations", schema, frame, as_texts(frame))

    return make


@pytest.fixture
def verdict() -> Callable[..., Verdict]:
    def make(dataset: Dataset, table: Table, /, *findings: Severity, checks: int = 3, **said: Any) -> Verdict:
        found = tuple(Finding("empty-table", severity) for severity in findings)
        known: dict[str, Any] = {"dataset": dataset.slug, "content_hash": content_of(dataset, [table]).hash, **said}
        return Verdict(findings=found, checks=checks, **known)

    return make
