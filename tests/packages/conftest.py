"""Drafts to write packages from. Run as a program, this file builds one: the tests that need another process do so.

python conftest.py OUT [chunks]   writes OUT/package and the zip; with `chunks`, from a frame in many pieces
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.checks.verdict import Verdict
from pipelines.declaration.dataset import Dataset
from pipelines.declaration.model import LicenceText, Organization, Package, Theme
from pipelines.declaration.published import published_metadata
from pipelines.findings import Finding, Severity
from pipelines.packages.package import write_package
from pipelines.tables.table import DTYPES, Table
from pipelines.versions.difference import row_changes
from pipelines.versions.draft import ChangelogEntry, Draft, Reason

FORMATS = ["csv", "json", "xlsx", "parquet"]

CODES = [
    "007",
    "=1+1",
    "+373",
    "-5",
    "@SUM(A1)",
    "Ținută «тест» €",
    'a "quoted", word',
    "line\nbreak",
    "  led by blanks",
]
NUMBERS = [12.5, 12.0, 0.1 + 0.2, -0.0, 1e300, 1e-7, 123456789012345680.0, None, -3.5]
INTEGERS = [2**53, -(2**53), 2**53 - 1, 0, None, 1, -1, 42, 7]
FLAGS = [True, False, None, True, False, None, True, False, True]
TEXTS = [None, "null", "NA", "true", "1.0", "https://example.md/?a=1&b=<2>", "\tpad ", "_x0041_", "a\r\nb"]
DATES = [date(1900, 3, 1), date(2024, 2, 29), None, date(9999, 12, 31), *[date(2020, 1, 31)] * 5]
MOMENTS = [
    datetime(2020, 1, 31, 12, 0),
    datetime(2020, 1, 31, 0, 0, 1),
    None,
    *[datetime(1999, 12, 31, 23, 59, 59)] * 6,
]

OBSERVATIONS: list[dict[str, Any]] = [
    {"name": "code", "type": "string", "title": "Code", "constraints": {"required": True}},
    {"name": "text", "type": "string"},
    {
        "name": "persons",
        "type": "integer",
        "from": "Nr. persoane",
        "title": "Persons",
        "description": "How many | persons",
        "translations": {"ro": {"title": "Persoane", "description": "Câte persoane"}, "ru": {"title": "Лица"}},
        "unit": "persons",
        "groupChar": " ",
        "missingValues": ["-"],
    },
    {"name": "share", "type": "number", "decimalChar": ",", "unit": "%"},
    {"name": "flag", "type": "boolean", "trueValues": ["da"], "falseValues": ["nu"]},
    {"name": "day", "type": "date", "format": "%d.%m.%Y"},
    {"name": "moment", "type": "datetime"},
    {"name": "year", "type": "year"},
    {"name": "month", "type": "yearmonth"},
    {"name": "hour", "type": "time"},
    {"name": "centre", "type": "string"},
]
CENTRES: list[dict[str, Any]] = [
    {"name": "centre", "type": "string", "constraints": {"required": True}},
    {
        "name": "kind",
        "type": "string",
        "categories": [
            {"value": "c", "label": "City", "translations": {"ro": {"title": "Oraș"}}},
            {"value": "d", "label": "District"},
        ],
    },
]


def observations() -> pl.DataFrame:
    count = len(CODES)
    return pl.DataFrame(
        {
            "code": CODES,
            "text": TEXTS,
            "persons": INTEGERS,
            "share": NUMBERS,
            "flag": FLAGS,
            "day": DATES,
            "moment": MOMENTS,
            "year": [2020, None, *[1999] * (count - 2)],
            "month": ["2020-01", None, *["1999-12"] * (count - 2)],
            "hour": ["08:30:00", None, *["23:59:59"] * (count - 2)],
            "centre": ["Chișinău", None, *["Bălți"] * (count - 2)],
        },
        schema={field["name"]: DTYPES[field["type"]] for field in OBSERVATIONS},
    )


def centres() -> pl.DataFrame:
    return pl.DataFrame({"centre": ["Chișinău", "Bălți"], "kind": ["c", "d"]})


def _resource(name: str, fields: list[dict[str, Any]]) -> dict[str, Any]:
    return {"name": name, "path": f"source/{name}.xlsx", "title": name.title(), "schema": {"fields": fields}}


def _dataset(resources: list[dict[str, Any]], formats: Sequence[str]) -> Dataset:
    package = Package.model_validate(
        {
            "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
            "name": "paralegals",
            "title": "Community paralegals",
            "description": "Size of the paralegal network, per half-year.",
            "translations": {"ro": {"title": "Parajuriști comunitari"}, "ru": {"title": "Общественные параюристы"}},
            "keywords": ["justice", "legal-aid"],
            "licenses": [{"name": "CC-BY-4.0"}],
            "sources": [{"title": "Progress report", "path": "https://example.md/report.pdf"}],
            "publica": {
                "organization": "cnajgs",
                "cadence": "semester",
                "theme": "JUST",
                "temporal": {"start": "2019-01-01", "end": "2020-06-30"},
                "spatial": "Republica Moldova",
                "formats": list(formats),
            },
            "resources": resources,
        }
    )
    words: dict[str, Any] = {"ro": {}, "ru": {}}
    organization = {
        "title": "Legal Aid Council",
        "translations": {"ro": {"title": "Consiliul de asistență juridică"}, "ru": {}},
        "email": "office@aid.example.md",
        "phone": "+373 22 123 456",
        "url": "https://aid.example.md",
    }
    licence = {
        "title": "Creative Commons Attribution 4.0",
        "path": "https://creativecommons.org/licenses/by/4.0/",
        "summary": "You may use the data for anything if you say where it is from.",
        "translations": {
            "ro": {"description": "Puteți folosi datele pentru orice, dacă spuneți de unde sunt."},
            "ru": {},
        },
    }
    return Dataset(
        slug="paralegals",
        folder=Path("datapackages/paralegals"),
        package=package,
        organization=Organization.model_validate(organization),
        licences=(LicenceText.model_validate(licence),),
        theme=Theme.model_validate({"title": "Justice", "translations": words}),
        suites={},
        lookups={},
        corrections={},
        digest="0" * 64,
    )


def draft_of(
    frames: dict[str, tuple[list[dict[str, Any]], pl.DataFrame]],
    *,
    formats: Sequence[str] = FORMATS,
    number: str = "1.0.0",
    unchanged: Sequence[str] = (),
    **keys: Any,
) -> Draft:
    """A draft of tables given as fields and rows; `keys`: more of a resource's schema, by resource name."""
    resources = [_resource(name, fields) for name, (fields, _) in frames.items()]
    for resource in resources:
        resource["schema"] |= keys.get(resource["name"], {})
    dataset = _dataset(resources, formats)
    tables = [
        Table(name, dataset.resource(name).schema_, frame, frame.cast(pl.String)) for name, (_, frame) in frames.items()
    ]
    warning = Finding("xlsx-too-many-rows", Severity.WARN, {"count": 1, "limit": 1}, resource=tables[0].name)
    first = (ChangelogEntry("1.0.0", ("first publication",)),)
    changes = row_changes(tables[0].name, pl.DataFrame({"word": ["x\ny"]}), pl.DataFrame({"word": ["z"]}), [])
    return Draft(
        dataset=dataset,
        number=number,
        bump="first",
        reasons=(Reason("readme-rows", "first", {"rows": 1}),),
        previous=None,
        tables=tuple(tables),
        verdict=Verdict("paralegals", "c" * 64, (warning,), 3),
        content_hash="c" * 64,
        table_hashes=dict.fromkeys(frames, "0" * 64),
        unchanged=frozenset(unchanged),
        changes=(changes,),
        changelog={"en": first, "ro": (ChangelogEntry("1.0.0", ("prima publicare",)),), "ru": first},
        metadata=published_metadata(dataset),
    )


def hard_draft(*, observed: pl.DataFrame | None = None, **options: Any) -> Draft:
    """A draft of two tables with every type and every case that some format or reader gets wrong."""
    frames = {
        "observations": (OBSERVATIONS, observations() if observed is None else observed),
        "centres": (CENTRES, centres()),
    }
    foreign = [{"fields": ["centre"], "reference": {"resource": "centres", "fields": ["centre"]}}]
    keys = {"observations": {"primaryKey": ["code"], "foreignKeys": foreign}, "centres": {"primaryKey": ["centre"]}}
    return draft_of(frames, **keys, **options)


@pytest.fixture
def make_draft() -> Callable[..., Draft]:
    return draft_of


@pytest.fixture
def make_hard_draft() -> Callable[..., Draft]:
    return hard_draft


@pytest.fixture
def hard_rows() -> list[dict[str, Any]]:
    """The rows of the hard draft's first table as Python values; -0.0 is published as 0.0."""
    return [
        {key: value + 0.0 if isinstance(value, float) else value for key, value in row.items()}
        for row in observations().iter_rows(named=True)
    ]


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package folder of the hard draft, for tests that only read it."""
    folder = tmp_path_factory.mktemp("version") / "package"
    write_package(hard_draft(), folder, None)
    return folder


@pytest.fixture
def utc() -> Callable[[datetime | None], datetime | None]:
    """A moment as readers give it that know of time zones."""
    return lambda moment: moment and moment.replace(tzinfo=UTC)


if __name__ == "__main__":
    frame = observations()
    if "chunks" in sys.argv:
        frame = pl.concat([frame[:2], frame[2:3], frame[3:]], rechunk=False)
    write_package(hard_draft(observed=frame), Path(sys.argv[1]) / "package", None)
