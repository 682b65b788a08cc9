"""A small project with a good declaration, which tests break in one place at a time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.declaration.load import Catalogue, load_all
from pipelines.findings import Finding

GOOD = """\
$schema: https://datapackage.org/profiles/2.0/datapackage.json
name: paralegals
title: Community paralegals
description: Size of the network.
translations:
  ro: {title: Parajuriști, description: Mărimea rețelei.}
  ru: {title: Параюристы}
keywords: [justice]
licenses: [{name: CC-BY-4.0}]
sources: [{title: Progress report}]
publica:
  organization: cnajgs
  cadence: semester
  theme: JUST
  formats: [csv, json]
resources:
  - name: observations
    path: source/observations.csv
    encoding: utf-8
    dialect: {delimiter: ";"}
    publica:
      expectations: [size]
      checks: {rows: {min: 1}, rows_lost: 0}
      ignore: [Note]
      lookups: {district: lookups/district.csv}
      corrections: corrections.yaml
      history: append
    schema:
      fields:
        - name: period
          type: string
          from: Perioada
          constraints: {required: true}
        - name: district
          type: string
        - name: paralegals
          type: integer
          constraints: {minimum: 0}
        - name: seen
          type: date
          format: "%d.%m.%Y"
      primaryKey: [period]
      foreignKeys:
        - fields: [district]
          reference: {resource: districts, fields: [code]}
  - name: districts
    path: source/districts.csv
    publica:
      checks: {rows: {min: 1}}
    schema:
      fields:
        - {name: code, type: string}
      primaryKey: [code]
"""
FILES = {
    "source/observations.csv": "Perioada;district;paralegals;seen;Note\n",
    "source/districts.csv": "code\nx\n",
    "lookups/district.csv": "raw,value\nChișinău,x\n",
    "corrections.yaml": (
        "- where: {Perioada: S1}\n  column: paralegals\n  was: '1'\n  is: '2'\n  reason: typo\n  reference: letter\n"
    ),
}
SUITE = """\
name: size
title: {en: Size, ro: Mărimea, ru: Размер}
expectations:
  - type: expect_table_row_count_to_be_between
    kwargs: {min_value: 1}
    meta: {en: Not empty., ro: Nu este gol., ru: Не пусто.}
"""


def put(content: str | bytes, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.fixture
def datapackages(tmp_path: Path) -> Path:
    """An empty folder of datasets beside a folder of suites; `_shared` is the project's own."""
    put(SUITE, tmp_path / "expectations" / "size.yaml")
    folder = tmp_path / "datapackages"
    folder.mkdir()
    return folder


@pytest.fixture
def add(datapackages: Path) -> Callable[..., Path]:
    """Makes a dataset's folder with this declaration, and every file that a good one needs."""

    def make(text: str | bytes = GOOD, slug: str = "paralegals") -> Path:
        folder = datapackages / slug
        for name, content in FILES.items():
            put(content, folder / name)
        put(text, folder / "datapackage.yaml")
        return folder

    return make


@pytest.fixture
def load(datapackages: Path) -> Callable[[], Catalogue]:
    return lambda: load_all(datapackages)


@pytest.fixture
def good() -> str:
    return GOOD


@pytest.fixture
def changed() -> Callable[..., str]:
    """The good declaration with the first `old` of each pair written as `new`."""

    def change(*pairs: tuple[str, str]) -> str:
        text = GOOD
        for old, new in pairs:
            assert old in text, old
            text = text.replace(old, new, 1)
        return text

    return change


@pytest.fixture
def faults(add: Callable[..., Path], load: Callable[[], Catalogue]) -> Callable[[str | bytes], list[Finding]]:
    """The findings of one dataset with this declaration; empty where it loads."""

    def find(text: str | bytes) -> list[Finding]:
        add(text)
        return list(load().broken.get("paralegals", []))

    return find
