"""What a portal shows of a dataset that publica did not put there, so that it can be taken over as it stands.

Values only, in the standard's words. Finding them is the business of the kinds of portal that can (`ckan/adoption.py`);
a folder, a version and a ledger entry are made of them in `commands/`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from pipelines.declaration.vocabulary import Cadence, FieldType
from pipelines.findings import Finding
from pipelines.languages import Language
from pipelines.portals.gate import CheckedVersion
from pipelines.portals.metadata import About
from pipelines.portals.receipt import Receipt

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class FoundColumn:
    """A column of a table that API developers use. `types`: those that its own type is read as, the likeliest first.

    `words`: `title`, `description`, `unit` of its data dictionary; `title_ro` and so on where it tells more languages.
    """

    name: str
    type: str
    types: tuple[FieldType, ...]
    words: Mapping[str, str]
    holds: Callable[[FieldType, pl.Series], bool]  # whether it can hold these values (texts, canonical) of such a field


@dataclass(frozen=True)
class FoundTable:
    """The table behind a file. `kept`: its rows as they stand, as a CSV file. `rows`: the same, as texts."""

    columns: tuple[FoundColumn, ...]
    kept: Path
    rows: pl.DataFrame


@dataclass(frozen=True)
class FoundFile:
    """A CSV or XLSX file. `path`: its bytes. `link`: where they come from, if that is not the portal itself."""

    id: str
    title: str
    description: str
    path: Path
    link: str
    table: FoundTable | None


@dataclass(frozen=True)
class Found:
    """A dataset. What the portal does not tell is empty; `left` are the titles of what stays there as it is.

    `titles`, `descriptions`: where it tells them in languages. `licence`, `theme`: by our names. `proof`: what stood
    there when it was looked at, for the portal alone.
    """

    name: str
    title: str
    description: str
    titles: Mapping[Language, str]
    descriptions: Mapping[Language, str]
    page: str
    organization: str
    licence: str
    licence_told: str
    theme: str
    cadence: Cadence | None
    tags: tuple[str, ...]
    contact: str
    temporal: Mapping[str, str]
    spatial: str
    files: tuple[FoundFile, ...]
    left: tuple[str, ...]
    proof: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True)
class Taken:
    """What one file becomes: the table `name` in `format`. `fields`: name -> type of those it is published with.

    `same`: its table can go on under its id, since no column is renamed or retyped.
    """

    file: FoundFile
    name: str
    format: str
    fields: Mapping[str, FieldType]
    same: bool = True


@dataclass(frozen=True)
class Known:
    """What is to be recognised: names of licences, names of themes with their titles."""

    licences: Collection[str]
    themes: Mapping[str, Collection[str]]


@runtime_checkable
class Adopts(Protocol):
    """A kind of portal whose datasets can be taken over. Nothing is written there."""

    def found(self, name: str, folder: Path, known: Known, without: Collection[str]) -> Found:
        """The dataset `name`, its files in `folder`. `without`: titles of those left alone. Raises UserError."""
        ...

    def organization_entry(self, name: str) -> str:
        """What `_shared/organizations.yaml` would say of an organisation, as far as the portal tells."""
        ...

    def adopted(
        self, found: Found, taken: Collection[Taken], version: CheckedVersion, about: About
    ) -> tuple[Receipt, list[Finding]]:
        """The receipt that says: what stands there is `version`; and what it is in which that is not quite so.

        Raises UserError where it changed since it was found.
        """
        ...
