"""The datasets that are published to a real portal: 30 rows and ten columns each, as CSV and JSON, of 49 bodies.

What stands in their tables is made in `tables.py`; measuring is in `ckan.py`.
"""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.benchmarks.tables import SCHEMA, csv_text
from tests.benchmarks.timing import CHECKOUT

BODIES = [f"body-{number:02d}" for number in range(49)]
CHANGED = 3  # rows of a dataset that a new version changes
_NUMBER = next(place for place, field in enumerate(SCHEMA["fields"]) if field["type"] == "integer")


def make_project(folder: Path, count: int) -> Path:
    """A folder of `count` datasets, with the bodies that publish them. Returns `datapackages/`."""
    datapackages = folder / "datapackages"
    shutil.copytree(CHECKOUT / "datapackages" / "_shared", datapackages / "_shared")
    (folder / "expectations").mkdir()
    bodies: dict[str, Any] = {
        name: {"title": name, "translations": {}, "email": f"{name}@example.org"} for name in BODIES
    }
    _write(datapackages / "_shared" / "organizations.yaml", bodies)
    for number in range(count):
        home = datapackages / f"measured-{number:04d}"
        home.mkdir()
        _table(home).write_text(csv_text(number), "utf-8")
        _write(home / "datapackage.yaml", _declaration(home.name, BODIES[number % len(BODIES)]))
    return datapackages


def change(datapackages: Path, every: int) -> list[str]:
    """Three numbers become others in the source of every so-manieth dataset. Returns the names of these."""
    names = sorted(path.name for path in datapackages.glob("measured-*"))[::every]
    for name in names:
        rows = list(csv.reader(io.StringIO(_table(datapackages / name).read_text("utf-8"))))
        for row in rows[1 : 1 + CHANGED]:
            row[_NUMBER] = str((int(row[_NUMBER]) + 1) % 100_000)
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(rows)
        _table(datapackages / name).write_text(text.getvalue(), "utf-8")
    return names


def as_metadata(datasets: Iterable[Mapping[str, Any]], path: Path) -> Path:
    """Datasets as `package_create` was told them, as a file for `ckanapi load datasets`: words alone, no files."""
    with path.open("w", encoding="utf-8") as file:
        for dataset in datasets:
            resources = [
                {key: value for key, value in held.items() if key not in ("id", "url_type", "datastore_active")}
                for held in dataset["resources"]
            ]
            for held in resources:
                held["url"] = f"https://example.org/{dataset['name']}/{held['name']}"
            file.write(json.dumps({**dataset, "private": False, "resources": resources}) + "\n")
    return path


def _table(home: Path) -> Path:
    return home / "table.csv"


def _declaration(name: str, body: str) -> dict[str, Any]:
    return {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": name,
        "title": f"Measures {name}",
        "description": "A generated table.",
        "translations": {
            "ro": {"title": f"Măsuri {name}", "description": "Un tabel generat."},
            "ru": {"title": f"Измерения {name}"},
        },
        "keywords": ["generated", "measured"],
        "licenses": [{"name": "CC-BY-4.0"}],
        "sources": [{"title": "A seeded generator"}],
        "publica": {"organization": body, "cadence": "annual", "theme": "GOVE", "formats": ["csv", "json"]},
        "resources": [
            {"name": "table", "path": "table.csv", "publica": {"checks": {"rows": {"min": 1}}}, "schema": SCHEMA}
        ],
    }


def _write(path: Path, value: dict[str, Any]) -> None:
    unshared = json.loads(json.dumps(value))  # what is the same object twice would be written as an anchor
    path.write_text(yaml.safe_dump(unshared, allow_unicode=True, sort_keys=False), "utf-8")
