"""Models of what datasets share (`_shared/`, the suites of `expectations/`) and of a dataset's corrections file.

Reading them is in `shared.py` and `load.py`; the declaration itself is in `model.py`; import models from there.
The string below an attribute says what the key is for.
"""

from __future__ import annotations

from typing import Any

from pydantic import Field

from pipelines.declaration.base import Model, Text, Translations
from pipelines.declaration.vocabulary import SeverityWord


class Organization(Model):
    """A publishing body of `_shared/organizations.yaml`. Its contact is portal metadata and makes no version."""

    title: Text
    """Its name in English."""
    translations: Translations
    """Its name in the other languages."""
    email: Text
    """The address for questions about its data."""
    url: Text | None = None
    """Its site."""
    phone: Text | None = None
    """Its telephone number."""


class LicenceText(Model):
    """A licence of `_shared/licenses.yaml`: its name, its address, and in a sentence what it allows."""

    title: Text
    """Its name in English."""
    path: Text
    """Its web address."""
    summary: Text
    """What it allows, in a sentence."""
    translations: Translations
    """Name and sentence in the other languages."""


class Theme(Model):
    """A subject of `_shared/themes.yaml`, by the EU's data-theme codes."""

    title: Text
    """Its name in English."""
    translations: Translations
    """Its name in the other languages."""


class Words(Model):
    """A rule said in plain words, in the three languages."""

    en: Text
    """In English."""
    ro: Text
    """In Romanian."""
    ru: Text
    """In Russian."""


class Expectation(Model):
    """One expectation of a suite: Great Expectations' type and arguments, and what it means for people."""

    type: Text
    """The type, as Great Expectations calls it."""
    kwargs: dict[str, Any] = Field(default={})
    """Its arguments."""
    severity: SeverityWord | None = None
    """How bad it is when it is not met; left out, as bad as the dataset says for the suite."""
    meta: Words
    """What it means, in plain words."""


class SuiteFile(Model):
    """The whole of a file in `expectations/`."""

    name: Text
    """The suite's name: that of its file."""
    title: Words
    """What the suite is about."""
    expectations: list[Expectation] = Field(min_length=1)
    """What must hold."""


class CorrectionEntry(Model):
    """One entry of a corrections file: in the source rows that read as `where` says, `column` is wrong."""

    where: dict[str, str] = Field(min_length=1)
    """Headings of the source and what the row reads under them."""
    column: Text
    """The heading under which the wrong value stands."""
    was: str
    """The wrong value, as printed."""
    corrected: str = Field(alias="is")
    """The right value, as the source would print it."""
    reason: Text
    """Why it is known to be wrong."""
    reference: Text
    """Who or what says so."""
