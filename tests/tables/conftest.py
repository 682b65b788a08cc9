"""Sources and declarations to build tables from, made by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.declaration.dataset import Correction, Dataset
from pipelines.declaration.model import LicenceText, Organization, Package, Theme, Translations
from pipelines.errors import UserError
from pipelines.findings import Finding
from pipelines.sources.raw import RawTable
from pipelines.tables.build import build_table
from pipelines.tables.table import Table


@pytest.fixture
def raw() -> Callable[..., RawTable]:
    """A raw table from its headings and rows: of a CSV file, or of a sheet whose heading is in row 3 from column B."""

    def make(
        labels: Sequence[str], *rows: Sequence[str | None], sheet: str | None = None, native: bool = False
    ) -> RawTable:
        names = [str(i) for i in range(len(labels))]
        frame = pl.DataFrame(
            {name: [row[i] for row in rows] for i, name in enumerate(names)}, schema=dict.fromkeys(names, pl.String())
        )
        first = 4 if sheet else 2
        return RawTable(
            labels=list(labels),
            frame=frame,
            native=frame.select(pl.all().is_not_null()) if native else None,
            rows=pl.int_range(first, first + len(rows), dtype=pl.UInt32, eager=True),
            sheet=sheet,
            columns=[chr(66 + i) for i in range(len(labels))] if sheet else [str(i + 1) for i in range(len(labels))],
            file="table.xlsx" if sheet else "table.csv",
            heading=first - 1,
        )

    return make


@pytest.fixture(scope="session")
def declared() -> Callable[..., Dataset]:
    """A dataset of one table with these fields; `key` and what stands under `publica`."""

    def make(
        fields: Mapping[str, Mapping[str, Any]],
        *,
        key: Sequence[str] = (),
        lookups: Mapping[str, Mapping[str, str]] | None = None,
        corrections: Sequence[Correction] = (),
        missing: Sequence[str] = ("",),
        **publica: Any,
    ) -> Dataset:
        schema = {
            "fields": [{"name": name, "type": "string", **said} for name, said in fields.items()],
            "primaryKey": list(key),
            "missingValues": list(missing),
        }
        found = lookups or {}
        package = Package.model_validate(
            {
                "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
                "name": "paralegals",
                "title": "Paralegals",
                "description": "Paralegals at work.",
                "translations": {},
                "keywords": ["justice"],
                "licenses": [{"name": "CC-BY-4.0"}],
                "sources": [{"title": "Report"}],
                "publica": {"organization": "cnajgs", "cadence": "semester", "theme": "JUST"},
                "resources": [
                    {
                        "name": "observations",
                        "path": "table.csv",
                        "schema": schema,
                        "publica": {"lookups": {name: f"lookups/{name}.csv" for name in found}, **publica},
                    }
                ],
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
            lookups={("observations", name): lookup for name, lookup in found.items()},
            corrections={"observations": tuple(corrections)},
            digest="d",
        )

    return make


@pytest.fixture
def build() -> Callable[..., Table]:
    def make(dataset: Dataset, source: RawTable, previous: pl.DataFrame | None = None) -> Table:
        return build_table(dataset, dataset.resource("observations"), [source], previous)

    return make


@pytest.fixture
def refused(build: Callable[..., Table]) -> Callable[..., list[Finding]]:
    """The findings with which a table is refused."""

    def find(*arguments: Any) -> list[Finding]:
        with pytest.raises(UserError) as error:
            build(*arguments)
        assert all(finding.resource == "observations" for finding in error.value.findings)
        return error.value.findings

    return find
