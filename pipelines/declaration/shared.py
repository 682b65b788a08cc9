"""The lists that all datasets share: organisations, licences and themes of `_shared/`, the suites of `expectations/`.

Read once for all datasets. What one folder says is read in `load.py`; running a suite is in `checks/`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import RootModel, ValidationError

from pipelines.declaration.dataset import Suite
from pipelines.declaration.explain import explain
from pipelines.declaration.model import LicenceText, Model, Organization, Slug, SuiteFile, Text, Theme
from pipelines.declaration.yaml_lines import read_yaml
from pipelines.errors import UserError
from pipelines.files import canonical_json, sha256
from pipelines.findings import Finding, Place
from pipelines.text import nearest

PROJECT = Path(__file__).resolve().parents[2]


class _Organizations(RootModel[dict[Slug, Organization]]):
    pass


class _Licences(RootModel[dict[Text, LicenceText]]):
    pass


class _Themes(RootModel[dict[Text, Theme]]):
    pass


@dataclass(frozen=True)
class Shared:
    """What is shared. A suite that does not load is kept as its findings: it breaks only those who use it."""

    organizations: Mapping[str, Organization]
    licences: Mapping[str, LicenceText]
    themes: Mapping[str, Theme]
    suites: Mapping[str, Suite | list[Finding]]


def load_shared(datapackages: Path) -> Shared:
    """The shared lists for a folder of datasets; the project's own where the folder has none beside or in it.

    Raises UserError when one of the three lists of `_shared/` is broken: nothing can be understood without them.
    """
    folder = _or_ours(datapackages / "_shared", "datapackages/_shared")
    suites = _or_ours(datapackages.resolve().parent / "expectations", "expectations")
    return Shared(
        organizations=_read(folder / "organizations.yaml", _Organizations),
        licences=_read(folder / "licenses.yaml", _Licences),
        themes=_read(folder / "themes.yaml", _Themes),
        suites={file.stem: _suite(file) for file in sorted(suites.glob("*.yaml"))},
    )


def _or_ours(folder: Path, ours: str) -> Path:
    return folder if folder.is_dir() else PROJECT / ours


def _read(file: Path, model: type[RootModel[Any]]) -> Mapping[str, Any]:
    name = f"_shared/{file.name}"
    value, lines = read_yaml(file, name)
    try:
        return model.model_validate(value).root
    except ValidationError as error:
        raise UserError(explain(error, model, value, lines, name)) from error


def _suite(file: Path) -> Suite | list[Finding]:
    name = f"expectations/{file.name}"
    try:
        value, lines = read_yaml(file, name)
    except UserError as error:
        return error.findings
    try:
        suite = SuiteFile.model_validate(value)
    except ValidationError as error:
        return explain(error, SuiteFile, value, lines, name)
    findings: list[Finding] = []
    if suite.name != file.stem:
        findings.append(
            Finding(
                "suite-name-differs",
                params={"name": suite.name, "file": file.stem},
                place=Place(name, lines.get(("name",), 1)),
            )
        )
    for index, expectation in enumerate(suite.expectations):
        if expectation.type not in expectation_types():
            params = {"type": expectation.type, "nearest": nearest(expectation.type, expectation_types())}
            place = Place(name, lines.get(("expectations", index, "type"), 1))
            findings.append(Finding("unknown-expectation", params=params, place=place))
    if findings:
        return findings
    entries = tuple(_plain(e) for e in suite.expectations)
    return Suite(suite.name, entries, sha256(canonical_json(value)))


def _plain(model: Model) -> Mapping[str, Any]:
    return model.model_dump(mode="json", exclude_none=True)


@cache
def expectation_types() -> frozenset[str]:
    """Every type that Great Expectations knows: a list kept in a file, because asking the library takes seconds."""
    return frozenset((Path(__file__).parent / "expectation_types.txt").read_text("utf-8").split())
