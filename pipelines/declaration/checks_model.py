"""What a declaration says about checking a table: suites, limits of its size and change, series that must not fall.

Running them is in `checks/`. The string below an attribute says what the key is for; import models from `model.py`.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Discriminator, Field, Tag

from pipelines.declaration.base import FieldName, Model, Scalar, Text
from pipelines.declaration.vocabulary import SeverityWord


def _short_or_long(value: object) -> str:
    return "<long>" if isinstance(value, dict | BaseModel) else "<short>"


class SuiteUse(Model):
    """A suite of `expectations/`, and how bad it is when it is not met."""

    suite: Text
    """The suite's name."""
    severity: SeverityWord = "block"
    """What it does when it is not met: block stops, warn waits for a person once, info only tells."""


SuiteEntry = Annotated[
    Annotated[Text, Tag("<short>")] | Annotated[SuiteUse, Tag("<long>")], Discriminator(_short_or_long)
]


class Bounds(Model):
    """Limits of a count."""

    min: int | None = Field(default=None, ge=0)
    """Fewer stop the dataset."""
    max: int | None = Field(default=None, ge=0)
    """More warn."""


class Limit(Model):
    """How much of a change is accepted."""

    max: int = Field(ge=0)
    """More than this is a finding."""
    severity: SeverityWord = "block"
    """What that finding does."""


Most = Annotated[
    Annotated[int, Field(ge=0), Tag("<short>")] | Annotated[Limit, Tag("<long>")], Discriminator(_short_or_long)
]


class Cumulative(Model):
    """A series that must not fall when its rows are put in order."""

    field: FieldName
    """The field that must not fall."""
    order: FieldName
    """The field that puts the rows in order."""
    by: list[FieldName] = Field(default=[])
    """The fields that tell one series from another."""
    where: dict[FieldName, Scalar] = Field(default={})
    """For a field, the value of the rows that count; rows with another value in it are left out."""
    severity: SeverityWord = "block"
    """What a fall does."""


class Checks(Model):
    """Checks of a table that need no suite: its size, and its change against the last version."""

    rows: Bounds | None = None
    """How many rows there may be."""
    rows_lost: Most | None = None
    """How many rows of the last version may be gone; a plain number blocks beyond it."""
    history_revised: Most | None = None
    """How many rows of the last version may say something else; a plain number blocks beyond it."""
    cumulative: list[Cumulative] = Field(default=[])
    """Series that must not fall."""
