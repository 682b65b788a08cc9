"""Tables and datasets to check, made from text as a source would print it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import polars as pl
import pytest

from pipelines.declaration.dataset import Dataset, Suite
from pipelines.declaration.model import LicenceText, Organization, Package, Schema, Theme
from pipelines.sources.raw import RawTable
from pipelines.tables.cast import cast
from pipelines.tables.table import Table

Cells = Sequence[str | None]
WORDS = {"en": "the rule", "ro": "regula", "ru": "правило"}


class MakeTable(Protocol):
    def __call__(
        self, fields: Mapping[str, Mapping[str, Any]], *rows: Cells, name: str = "t", **keys: Any
    ) -> Table: ...


class MakeDataset(Protocol):
    def __call__(
        self,
        *tables: Table,
        suites: Mapping[str, Sequence[Mapping[str, Any]]] | None = None,
        said: Mapping[str, Any] | None = None,
        lines: Mapping[tuple[str | int, ...], int] | None = None,
        **extra: Any,
    ) -> Dataset: ...


def table_of(fields: Mapping[str, Mapping[str, Any]], *rows: Cells, name: str = "t", **keys: Any) -> Table:
    """A table of a CSV file whose heading is line 1. `fields`: what their declaration says, by name."""
    schema = Schema.model_validate(
        {"fields": [{"name": field, "type": "string", **said} for field, said in fields.items()], **keys}
    )
    texts: dict[str, pl.Series] = {}
    values: dict[str, pl.Series] = {}
    for index, field in enumerate(schema.fields):
        column = pl.Series(field.name, [row[index] for row in rows], dtype=pl.String)
        text, value = cast(column, None, field)
        texts[field.name], values[field.name] = text.alias(field.name), value.alias(field.name)
    positions = {field.name: index for index, field in enumerate(schema.fields)}
    frame = pl.DataFrame(texts)
    raw = RawTable(
        labels=list(texts),
        frame=frame.rename({label: str(i) for i, label in enumerate(texts)}),
        native=None,
        rows=pl.Series("rows", range(2, len(rows) + 2), dtype=pl.UInt32),
        sheet=None,
        columns=[str(i + 1) for i in range(len(texts))],
        file=f"{name}.csv",
        heading=1,
    )
    return Table(name, schema, pl.DataFrame(values), frame, raw, None, positions)


def dataset_of(
    *tables: Table,
    suites: Mapping[str, Sequence[Mapping[str, Any]]] | None = None,
    said: Mapping[str, Any] | None = None,
    lines: Mapping[tuple[str | int, ...], int] | None = None,
    **extra: Any,
) -> Dataset:
    """A dataset of these tables. `extra` stands under `publica` of each; `said`: what the package says besides."""
    empty: dict[str, Any] = {"ro": {}, "ru": {}}
    resources = [
        {"name": table.name, "path": f"source/{table.name}.csv", "schema": table.schema, "publica": extra}
        for table in tables
    ]
    package = Package.model_validate(
        {
            "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
            "name": "paralegals",
            "title": "Community paralegals",
            "description": "Size of the network.",
            "translations": empty,
            "keywords": ["justice"],
            "licenses": [{"name": "CC-BY-4.0"}],
            "sources": [{"title": "Progress report"}],
            "publica": {"organization": "cnajgs", "cadence": "semester", "theme": "JUST"},
            "resources": resources,
            **(said or {}),
        }
    )
    licence: dict[str, Any] = {"title": "CC", "path": "https://example.md", "summary": "Free.", "translations": empty}
    return Dataset(
        slug="paralegals",
        folder=Path("paralegals"),
        package=package,
        organization=Organization.model_validate({"title": "Council", "translations": empty, "email": "office@aid.md"}),
        licences=(LicenceText.model_validate(licence),),
        theme=Theme.model_validate({"title": "Justice", "translations": empty}),
        suites={
            name: Suite(name, tuple({"meta": WORDS, **each} for each in expectations), "0" * 64)
            for name, expectations in (suites or {}).items()
        },
        lookups={},
        corrections={},
        digest="0" * 64,
        lines=lines or {},
    )


@pytest.fixture
def make_table() -> MakeTable:
    return table_of


@pytest.fixture(scope="session")
def make_session_table() -> MakeTable:
    return table_of


@pytest.fixture(scope="session")
def make_session_dataset() -> MakeDataset:
    return dataset_of


@pytest.fixture
def make_dataset() -> MakeDataset:
    return dataset_of
