"""A line of versions of one dataset, each made by publica itself from the one before: rows added, changed and removed,
a column added, retyped and removed, words alone, a table without a key that comes, goes and comes back, another key.

Made once; archives of publishers then get them one after another, as if they had built them themselves.
"""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from pipelines.archive.archive import MANIFEST, Archive
from pipelines.commands.build import build
from pipelines.commands.workspace import Workspace

SLUG = "wells"
SHARED = Path(__file__).resolve().parents[3] / "datapackages" / "_shared"
Row = Mapping[str, str]


@dataclass
class _Source:
    """What the folder of the dataset says at the moment."""

    title: str = "Invented wells"
    types: dict[str, str] = field(default_factory=lambda: {"place": "string", "count": "integer"})
    key: list[str] = field(default_factory=lambda: ["place"])
    rows: dict[str, list[str]] = field(default_factory=lambda: {"Albă": ["3"], "Rece": ["5"], "Mică": ["7"]})
    notes: list[str] = field(default_factory=list[str])

    def write(self, folder: Path) -> None:
        (folder / "source").mkdir(parents=True, exist_ok=True)
        fields = [{"name": name, "type": kind, "title": f"{name} of {self.title}"} for name, kind in self.types.items()]
        lines = [list(self.types), *([place, *values] for place, values in self.rows.items())]
        tables = [self._table(folder, "wells", fields, lines, self.key)]
        if self.notes:
            lines = [["note"], *([note] for note in self.notes)]
            tables.append(self._table(folder, "notes", [{"name": "note", "type": "string", "title": "Note"}], lines))
        told = {
            "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
            "name": SLUG,
            "title": self.title,
            "description": "Invented figures that tests are made of.",
            "translations": {language: {"title": "Fântâni", "description": "Cifre."} for language in ("ro", "ru")},
            "keywords": ["invented"],
            "licenses": [{"name": "CC-BY-4.0"}],
            "sources": [{"title": "An invented list"}],
            "publica": {"organization": "age", "cadence": "semester", "theme": "GOVE"},
            "resources": tables,
        }
        (folder / "datapackage.yaml").write_text(yaml.safe_dump(told, allow_unicode=True, sort_keys=False), "utf-8")

    def _table(
        self, folder: Path, name: str, fields: list[Any], lines: list[list[str]], key: list[str] | None = None
    ) -> dict[str, Any]:
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(lines)
        (folder / "source" / f"{name}.csv").write_text(text.getvalue(), "utf-8")
        schema = {"fields": fields, **({"primaryKey": key} if key else {})}
        extra = {"checks": {"rows": {"min": 1}}}
        told = {"name": name, "type": "table", "path": f"source/{name}.csv", "title": f"The {name}"}
        return {**told, "publica": extra, "schema": schema}


def _stages() -> Iterator[_Source]:
    source = _Source()
    yield source
    source.rows |= {"Albă": ["4"], "Nouă": ["11"]}
    yield source
    del source.rows["Rece"]
    yield source
    source.types["depth"] = "number"
    source.rows = {place: [*values, "17.5"] for place, values in source.rows.items()}
    yield source
    source.title = "Invented wells, and springs"
    yield source
    source.notes = ["dry", "dry", "deep"]
    yield source
    source.types["count"] = "number"
    source.rows["Mică"] = ["7.5", "18"]
    yield source
    source.notes = ["dry", "shallow", "shallow", "deep"]
    yield source
    source.notes = []
    yield source
    del source.types["depth"]
    source.rows = {place: values[:1] for place, values in source.rows.items()} | {"Veche": ["1"]}
    yield source
    source.notes = ["back"]
    yield source
    source.key = ["count", "place"]
    source.rows["Nouă"] = ["12"]
    yield source


class Line:
    """The versions, lowest first, in an archive below `root`; `datapackages` holds the declaration of the last one."""

    def __init__(self, root: Path) -> None:
        self.datapackages = root / "datapackages"
        self.archive = Archive(root / "line")
        shutil.copytree(SHARED, self.datapackages / "_shared")
        for source in _stages():
            source.write(self.datapackages / SLUG)
            workspace = Workspace(self.datapackages, self.archive.root, "folder:none")
            build(workspace, workspace.dataset(SLUG))
        self.numbers = self.archive.numbers(SLUG)

    def give(self, archive: Archive, number: str) -> None:
        """Have a version in another archive as well."""
        folder, record = self.archive.version_folder(SLUG, number), self.archive.recorded(SLUG, number)
        assert record
        verdict = self.archive.verdict(SLUG, record["verdict"])
        assert verdict
        with archive.lock(SLUG), archive.scratch(SLUG) as scratch:
            archive.keep_verdict(SLUG, verdict)
            shutil.copytree(folder, scratch, dirs_exist_ok=True, ignore=shutil.ignore_patterns(MANIFEST))
            told = {key: value for key, value in record.items() if key not in ("version", "manifest")}
            archive.commit(SLUG, number, scratch, (folder / MANIFEST).read_bytes(), told)

    def next_after(self, number: str | None) -> str | None:
        """The version after that one; None after the last."""
        place = self.numbers.index(number) + 1 if number else 0
        return self.numbers[place] if place < len(self.numbers) else None

    def manifest(self, number: str) -> dict[str, Any]:
        return self.archive.manifest(SLUG, number)

    def files(self, number: str) -> dict[str, str]:
        """SHA-256 of what may be published of a version, by the key of its resource."""
        found: dict[str, str] = {}
        for file in self.manifest(number)["files"]:
            path = Path(file["path"])
            if path.suffix == ".zip":
                found[f"version/{number}"] = file["sha256"]
            elif path.parent.name == "data":
                found[f"{path.stem}/{path.suffix.removeprefix('.')}"] = file["sha256"]
        return found

    def rows(self, number: str, table: str) -> list[Row] | None:
        """The rows of a table as text; None where the version has no such table."""
        path = self.archive.version_folder(SLUG, number) / "package" / "data" / f"{table}.csv"
        if not path.is_file():
            return None
        with path.open(encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def descriptor(self, number: str) -> dict[str, Any]:
        return json.loads(
            (self.archive.version_folder(SLUG, number) / "package" / "datapackage.json").read_text("utf-8")
        )
