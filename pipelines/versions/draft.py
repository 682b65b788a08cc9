"""A draft: a version about to be made. Everything about it is decided, nothing is written yet.

Deciding it (difference, number, changelog) is in the other modules of this room; turning it into files is in
`packages/`; making it a version, which needs its passing verdict, is in `seal.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import polars as pl

from pipelines.checks.verdict import Verdict
from pipelines.declaration.dataset import Dataset
from pipelines.languages import LANGUAGES, Language, say
from pipelines.tables.table import Table
from pipelines.versions.difference import Changes

Bump = Literal["first", "major", "minor", "patch"]


@dataclass(frozen=True)
class Reason:
    """One thing that changed, and the least step of the number it asks for. `code` names its words in `messages/`."""

    code: str
    bump: Bump
    params: Mapping[str, Any]

    def text(self, language: Language) -> str:
        """The reason in words."""
        return say(self.code, language, dict(self.params))

    def to_json(self) -> dict[str, Any]:
        """JSON value with the words in every language."""
        return {"bump": self.bump, **{language: self.text(language) for language in LANGUAGES}}


@dataclass(frozen=True)
class ChangelogEntry:
    """What one version changed, in words."""

    number: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Draft:
    """A version about to be made.

    `changes`: of each table that the version before has in the same shape. `unchanged`: resources whose content is that
    of `previous`, whose files are therefore copied, not written again.
    """

    dataset: Dataset
    number: str
    bump: Bump
    reasons: tuple[Reason, ...]
    previous: str | None
    tables: tuple[Table, ...]
    verdict: Verdict
    content_hash: str
    table_hashes: Mapping[str, str]
    unchanged: frozenset[str]
    changes: tuple[Changes, ...]
    changelog: Mapping[Language, tuple[ChangelogEntry, ...]]
    metadata: Mapping[str, Any]

    def changed_cells(self) -> Iterator[pl.DataFrame]:
        """What `changes.csv` says, some lines at a time: see `Changes.lines`."""
        return (lines for changes in self.changes for lines in changes.lines())
