"""A declaration that loaded: what the other rooms are handed. Immutable, with the line of everything that was written.

Made by `load.py` only; the models it holds are in `model.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pipelines.declaration.model import LicenceText, Organization, Package, Resource, Theme
from pipelines.findings import Place

DECLARATION = "datapackage.yaml"

Lines = Mapping[tuple[str | int, ...], int]


@dataclass(frozen=True)
class Suite:
    """A suite of `expectations/` as written: each expectation's `type`, `kwargs`, and `meta` with its words."""

    name: str
    expectations: tuple[Mapping[str, object], ...]
    digest: str


@dataclass(frozen=True)
class Dataset:
    """One folder of `datapackages/`. `digest` is the SHA-256 of all that was written about it, sources left out."""

    slug: str
    folder: Path
    package: Package
    organization: Organization
    licences: tuple[LicenceText, ...]
    theme: Theme
    suites: Mapping[str, Suite]
    lookups: Mapping[tuple[str, str], Mapping[str, str]]  # (resource, field) -> raw value -> value
    corrections: Mapping[str, tuple[Correction, ...]]  # by resource
    digest: str
    lines: Lines = field(default_factory=dict[tuple[str | int, ...], int], repr=False, compare=False)

    def resource(self, name: str) -> Resource:
        """The resource called `name`. Raises KeyError."""
        for resource in self.package.resources:
            if resource.name == name:
                return resource
        raise KeyError(name)

    def place(self, *path: str | int) -> Place:
        """Where in the declaration `path` stands, or the nearest thing above it that has a line."""
        while path and path not in self.lines:
            path = path[:-1]
        return Place(file=f"{self.slug}/{DECLARATION}", line=self.lines.get(path, 1))


@dataclass(frozen=True)
class Correction:
    """A known error of a source: in the rows that match `where`, `field` reads `was` and should read `corrected`."""

    where: Mapping[str, str]
    column: str
    was: str
    corrected: str
    reason: str
    reference: str
    place: Place
