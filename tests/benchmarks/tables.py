"""The tiny datasets: seeded tables of 30 rows and ten columns, every column with constraints, and their declarations.

Both ways of publishing read the same files: `SCHEMA` is a Table Schema, `EXPECTATIONS` are Great Expectations' own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import yaml

ROWS = 30
_COUNTIES = ["Argeș", "Bacău", "Botoșani", "Brașov", "Călărași", "Constanța", "Galați", "Iași", "Neamț", "Vâlcea"]
_PHRASES = ["spații verzi întreținute", "iluminat public, stradal", "apă și canalizare", "drumuri, poduri și podețe"]
_REQUIRED = {"required": True}

SCHEMA: dict[str, Any] = {
    "fields": [
        {
            "name": "cod",
            "type": "string",
            "constraints": {**_REQUIRED, "pattern": "[A-Z]{2}-[0-9]{6}", "maxLength": 9},
        },
        {"name": "judet", "type": "string", "constraints": {**_REQUIRED, "enum": _COUNTIES}},
        {"name": "cantitate", "type": "integer", "constraints": {**_REQUIRED, "minimum": 0, "maximum": 100_000}},
        {"name": "valoare", "type": "number", "constraints": {**_REQUIRED, "minimum": 0}},
        {
            "name": "data",
            "type": "date",
            "constraints": {**_REQUIRED, "minimum": "2015-01-01", "maximum": "2025-12-31"},
        },
        {"name": "an", "type": "year", "constraints": {**_REQUIRED, "minimum": 2015, "maximum": 2025}},
        {"name": "activ", "type": "boolean", "constraints": _REQUIRED},
        {"name": "descriere", "type": "string", "constraints": {"minLength": 3, "maxLength": 80}},
        {"name": "masura", "type": "number", "constraints": {"minimum": -50, "maximum": 50}},
        {"name": "id", "type": "string", "constraints": {**_REQUIRED, "unique": True, "pattern": "RO[0-9]{9}"}},
    ],
    "primaryKey": ["id"],
}
EXPECTATIONS: list[tuple[str, dict[str, Any]]] = [
    ("expect_table_row_count_to_be_between", {"min_value": 1, "max_value": 1_000}),
    ("expect_table_column_count_to_equal", {"value": len(SCHEMA["fields"])}),
    ("expect_column_values_to_match_regex", {"column": "cod", "regex": "^[A-Z]{2}-[0-9]{6}$"}),
    ("expect_column_values_to_be_in_set", {"column": "judet", "value_set": _COUNTIES}),
    ("expect_column_values_to_be_between", {"column": "cantitate", "min_value": 0, "max_value": 100_000}),
    ("expect_column_values_to_be_between", {"column": "valoare", "min_value": 0}),
    ("expect_column_values_to_be_between", {"column": "an", "min_value": 2015, "max_value": 2025}),
    ("expect_column_values_to_not_be_null", {"column": "activ"}),
    ("expect_column_value_lengths_to_be_between", {"column": "descriere", "min_value": 3, "max_value": 80}),
    ("expect_column_values_to_be_between", {"column": "masura", "min_value": -50, "max_value": 50}),
    ("expect_column_values_to_be_unique", {"column": "id"}),
    ("expect_column_values_to_match_regex", {"column": "id", "regex": "^RO[0-9]{9}$"}),
]
_WORDS = {"en": "As measured", "ro": "După cum s-a măsurat", "ru": "Как измерено"}


def csv_text(seed: int) -> str:
    """One table as CSV."""
    random = np.random.default_rng(seed)
    lines = [",".join(field["name"] for field in SCHEMA["fields"])]
    for number in random.permutation(ROWS):
        year = random.integers(2015, 2026)
        cells = [
            f"{'ABCDEFGH'[number % 8]}X-{random.integers(1_000_000):06d}",
            random.choice(_COUNTIES),
            str(random.integers(100_001)),
            f"{random.lognormal(8, 2):.2f}",
            f"{year}-{random.integers(1, 13):02d}-{random.integers(1, 29):02d}",
            str(year),
            "true" if random.random() < 0.7 else "false",
            f'"{random.choice(_PHRASES)}"',
            "" if random.random() < 0.15 else f"{random.uniform(-50, 50):.3f}",
            f"RO{100_000_000 + number}",
        ]
        lines.append(",".join(cells))
    return "\n".join(lines) + "\n"


def make_project(folder: Path, copies: int, *, suite: bool, tables: int = 1) -> Path:
    """A folder of `copies` datasets, each with tables of its own, and the suite beside it. Returns `datapackages/`."""
    (folder / "expectations").mkdir(parents=True)
    _write(folder / "expectations" / "measured.yaml", _suite())
    for number in range(copies):
        dataset = folder / "datapackages" / f"tiny-{number:04d}"
        (dataset / "source").mkdir(parents=True)
        names = _names(tables)
        for index, name in enumerate(names):
            (dataset / "source" / f"{name}.csv").write_text(csv_text(number + index * copies), "utf-8")
        _write(dataset / "datapackage.yaml", _declaration(dataset.name, suite=suite, tables=names))
    return folder / "datapackages"


def _names(tables: int) -> list[str]:
    return ["table", *(f"table-{number}" for number in range(2, tables + 1))]


def make_dataset(folder: Path, schema: Mapping[str, Any], *, formats: Sequence[str]) -> Path:
    """A folder with the declaration of one table and these formats. Returns where its CSV belongs."""
    (folder / "source").mkdir(parents=True)
    declaration = _declaration(folder.name, suite=False)
    declaration["publica"]["formats"] = list(formats)
    declaration["resources"][0]["schema"] = schema
    _write(folder / "datapackage.yaml", declaration)
    return folder / "source" / "table.csv"


def _suite() -> dict[str, Any]:
    entries = [{"type": kind, "kwargs": arguments, "meta": _WORDS} for kind, arguments in EXPECTATIONS]
    return {"name": "measured", "title": _WORDS, "expectations": entries}


def _declaration(name: str, *, suite: bool, tables: Sequence[str] = ("table",)) -> dict[str, Any]:
    ours = {"expectations": ["measured"]} if suite else {}
    return {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": name,
        "title": f"Measures {name}",
        "description": "A generated table.",
        "translations": {
            "ro": {"title": f"Măsuri {name}", "description": "Un tabel generat."},
            "ru": {"title": f"Измерения {name}"},
        },
        "keywords": ["generated"],
        "licenses": [{"name": "CC-BY-4.0"}],
        "sources": [{"title": "A seeded generator"}],
        "publica": {"organization": "age", "cadence": "annual", "theme": "GOVE"},
        "resources": [
            {
                "name": table,
                "path": f"source/{table}.csv",
                "publica": {"checks": {"rows": {"min": 1}}, **ours},
                "schema": SCHEMA,
            }
            for table in tables
        ],
    }


def _write(path: Path, value: dict[str, Any]) -> None:
    unshared = json.loads(json.dumps(value))  # what is the same object twice would be written as an anchor
    path.write_text(yaml.safe_dump(unshared, allow_unicode=True, sort_keys=False), "utf-8")
