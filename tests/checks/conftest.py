"""Tables and datasets to check, made from text as a source would print it."""

# Great Expectations' own types are partial.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol
from typing import cast as typed

import polars as pl
import pytest

from pipelines.checks.engine import MOST_ROWS, Outcome, evaluate
from pipelines.checks.handed import to_pandas
from pipelines.declaration.dataset import Dataset, Suite
from pipelines.declaration.model import LicenceText, Organization, Package, Schema, Theme
from pipelines.sources.raw import RawTable
from pipelines.tables.cast import cast
from pipelines.tables.table import Table

Cells = Sequence[str | None]
Plainly = Callable[[pl.DataFrame, str, Mapping[str, Any]], list[Outcome]]
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


def without_ids(message: object) -> str:
    """The first line of a message of Great Expectations, without its ids of tables."""
    return re.sub(r"'[0-9a-f]{32}'", "ID", str(message).strip().splitlines()[0].strip())


@pytest.fixture(scope="session")
def plainly() -> Plainly:
    """What Great Expectations says of one expectation, used as its manual shows: one outcome, or one per error."""
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    batches = context.data_sources.add_pandas("plain").add_dataframe_asset("plain")
    whole = batches.add_batch_definition_whole_dataframe("plain")
    wanted = {"result_format": "SUMMARY", "partial_unexpected_count": MOST_ROWS}

    last: list[tuple[pl.DataFrame, Any]] = []

    def judge(frame: pl.DataFrame, kind: str, arguments: Mapping[str, Any]) -> list[Outcome]:
        if not last or last[0][0] is not frame:
            last[:] = [(frame, whole.get_batch(batch_parameters={"dataframe": to_pandas(frame)}))]
        batch = last[0][1]
        try:
            suite = gx.ExpectationSuite(name="one", expectations=[{"type": kind, "kwargs": dict(arguments)}])
            (answer,) = batch.validate(suite, result_format=wanted).results
        except Exception as error:  # what it does not catch itself
            return [Outcome(False, broken=without_ids(error))]
        raised = typed(dict[str, Any], answer.exception_info or {})
        told = [each for each in (raised, *raised.values()) if isinstance(each, dict) and each.get("raised_exception")]
        if told:
            return [Outcome(False, broken=without_ids(each["exception_message"])) for each in told]
        if answer.success:
            return [Outcome(True)]
        found = answer.result
        rows, observed = found.get("partial_unexpected_index_list") or (), found.get("observed_value")
        return [
            Outcome(False, "", tuple(rows), found.get("unexpected_count"), "" if observed is None else str(observed))
        ]

    return judge


@pytest.fixture(scope="session")
def ours() -> Callable[..., list[Outcome]]:
    """What we say of expectations."""

    def judge(frame: pl.DataFrame, *asked: tuple[str, Mapping[str, Any]], **named: int) -> list[Outcome]:
        found = evaluate(frame, asked, **named)
        return [replace(each, broken=each.broken and without_ids(each.broken)) for each in found]

    return judge
