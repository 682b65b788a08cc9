"""A folder of datasets read into values, or into findings with file and line. One broken folder stops no other.

The models are in `model.py`, the rules across keys in `rules.py`, the shared lists in `shared.py`.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import RootModel, ValidationError

from pipelines.declaration.dataset import DECLARATION, Correction, Dataset, Suite
from pipelines.declaration.explain import explain
from pipelines.declaration.lineage import circles, packages_read
from pipelines.declaration.model import CorrectionEntry, Package, Resource
from pipelines.declaration.remembered import Remembered
from pipelines.declaration.rules import package_rules
from pipelines.declaration.salvage import salvaged
from pipelines.declaration.shared import Shared, load_shared
from pipelines.declaration.yaml_lines import Lines, read_yaml
from pipelines.errors import UserError
from pipelines.files import canonical_json, sha256
from pipelines.findings import Finding, Place, blocking
from pipelines.memory import keeping
from pipelines.text import cells_limited, mask, nearest


class _Corrections(RootModel[list[CorrectionEntry]]):
    pass


@dataclass(frozen=True)
class Catalogue:
    """All folders of `datapackages/`: those that loaded, and the findings of those that did not."""

    folder: Path
    datasets: Mapping[str, Dataset]
    broken: Mapping[str, list[Finding]]

    @cached_property
    def read(self) -> frozenset[str]:
        """The datasets that others are made from."""
        return frozenset(other for each in self.datasets.values() for other in packages_read(each))

    def choose(self, names: Iterable[str]) -> list[str]:
        """The folders named, or all when none is. Raises UserError for names that are none of them."""
        everything = sorted([*self.datasets, *self.broken])
        wanted = list(dict.fromkeys(names))
        unknown = [name for name in wanted if name not in everything]
        if unknown:
            known = ", ".join(everything)
            raise UserError(
                Finding("unknown-dataset", params={"name": name, "nearest": nearest(name, everything), "known": known})
                for name in unknown
            )
        return wanted or everything


@keeping()
def load_all(folder: Path) -> Catalogue:
    """Every dataset of `folder`; names that begin with `_` or `.` are none. Raises UserError without a folder."""
    if not folder.is_dir():
        raise UserError(Finding("no-datapackages", params={"folder": str(folder)}))
    shared, memory = load_shared(folder), Remembered.of(folder)
    datasets: dict[str, Dataset] = {}
    broken: dict[str, list[Finding]] = {}
    for child in sorted(folder.iterdir()):
        if child.is_dir() and not child.name.startswith(("_", ".")):
            try:
                datasets[child.name] = load_dataset(child, shared, memory)
            except UserError as error:
                broken[child.name] = [finding.within(dataset=child.name) for finding in error.findings]
            except OSError as error:  # a file that may not be read, or went away meanwhile
                why = error.strerror or str(error)
                broken[child.name] = [Finding("file-unreadable", params={"why": why}, place=Place(child.name))]
    memory.save()
    for slug, finding in circles(datasets).items():
        broken[slug] = [finding]
        del datasets[slug]
    return Catalogue(folder, datasets, broken)


def load_dataset(folder: Path, shared: Shared, memory: Remembered | None = None) -> Dataset:
    """The dataset declared in `folder`. Raises UserError with everything that is wrong."""
    slug = folder.name
    file = folder / DECLARATION
    name = f"{slug}/{DECLARATION}"
    if not file.is_file():
        raise UserError(Finding("declaration-missing", params={"file": DECLARATION}, place=Place(slug)))
    value, lines = memory.read_yaml(file, name) if memory else read_yaml(file, name)
    if not isinstance(value, dict):
        raise UserError(Finding("mapping-expected", params={"key": DECLARATION, "value": ""}, place=Place(name, 1)))

    def at(*path: str | int) -> Place:
        while path and path not in lines:
            path = path[:-1]
        return Place(name, lines.get(path, 1))

    try:
        package = Package.model_validate(value)
    except ValidationError as error:
        rest = salvaged(value, error, slug, shared)
        more = package_rules(rest, folder, shared, at) if rest else ()
        raise UserError([*explain(error, Package, value, lines, name), *more]) from error

    findings = list(package_rules(package, folder, shared, at))
    if blocking(findings):
        raise UserError(findings)
    return _dataset(folder, package, shared, value, lines)


def _dataset(folder: Path, package: Package, shared: Shared, value: Any, lines: Lines) -> Dataset:
    findings: list[Finding] = []
    lookups: dict[tuple[str, str], Mapping[str, str]] = {}
    corrections: dict[str, tuple[Correction, ...]] = {}
    for resource in package.resources:
        for field, path in resource.publica.lookups.items():
            lookups[resource.name, field] = _lookup(folder, path, findings)
        if resource.publica.corrections:
            corrections[resource.name] = _corrections(folder, resource, findings)
    if findings:
        raise UserError(findings)
    suites = _suites(package, shared)
    organization = shared.organizations[package.publica.organization]
    licences = tuple(shared.licences[licence.name] for licence in package.licenses)
    written = {
        "declaration": value,
        "lookups": {f"{r}/{f}": dict(v) for (r, f), v in lookups.items()},
        "corrections": {
            r: [[dict(c.where), c.column, c.was, c.corrected, c.reason] for c in cs] for r, cs in corrections.items()
        },
        "licences": [licence.model_dump(mode="json") for licence in licences],
        "organization": organization.model_dump(mode="json"),
        "suites": {name: suite.digest for name, suite in suites.items()},
    }
    return Dataset(
        slug=package.name,
        folder=folder,
        package=package,
        organization=organization,
        licences=licences,
        theme=shared.themes[package.publica.theme],
        suites=suites,
        lookups=lookups,
        corrections=corrections,
        digest=sha256(canonical_json(written)),
        lines=lines,
    )


def _suites(package: Package, shared: Shared) -> dict[str, Suite]:
    used = {u if isinstance(u, str) else u.suite for r in package.resources for u in r.publica.expectations}
    return {name: suite for name in sorted(used) if isinstance(suite := shared.suites[name], Suite)}


def _lookup(folder: Path, path: str, findings: list[Finding]) -> Mapping[str, str]:
    """A lookup file: CSV with the columns `raw` and `value`, in UTF-8."""
    place = Place(f"{folder.name}/{path}")
    try:
        with (folder / path).open(encoding="utf-8-sig", newline="") as file, cells_limited():
            reader = csv.DictReader(file)
            if reader.fieldnames != ["raw", "value"]:
                findings.append(Finding("lookup-columns", place=place))
                return {}
            found: dict[str, str] = {}
            for row in reader:
                if None in row or None in row.values():
                    findings.append(Finding("lookup-row", place=Place(place.file, reader.line_num)))
                    continue
                if row["raw"] in found:
                    params = {"raw": mask(row["raw"])}
                    findings.append(Finding("lookup-twice", params=params, place=Place(place.file, reader.line_num)))
                found[row["raw"]] = row["value"]
            return found
    except UnicodeDecodeError as error:
        findings.append(Finding("yaml-not-utf8", params={"byte": error.start}, place=place))
    except csv.Error as error:
        findings.append(Finding("file-unreadable", params={"why": str(error)}, place=place))
    return {}


def _corrections(folder: Path, resource: Resource, findings: list[Finding]) -> tuple[Correction, ...]:
    name = f"{folder.name}/{resource.publica.corrections}"
    try:
        value, lines = read_yaml(folder / str(resource.publica.corrections), name)
    except UserError as error:
        findings.extend(error.findings)
        return ()
    try:
        entries = _Corrections.model_validate(value).root
    except ValidationError as error:
        findings.extend(explain(error, _Corrections, value, lines, name))
        return ()
    return tuple(
        Correction(e.where, e.column, e.was, e.corrected, e.reason, e.reference, Place(name, lines.get((index,), 1)))
        for index, e in enumerate(entries)
    )
