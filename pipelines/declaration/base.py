"""What every model of a declaration is made of: the base class, kinds of text, title and description in more languages.

The string below an attribute says what the key is for; `editor_schema.py` reads it from here for people's editors.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=100)]
FieldName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=63)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Sign = Annotated[str, StringConstraints(min_length=1, max_length=1)]
Scalar = str | int | float | bool


class Model(BaseModel):
    """Base of all: nothing unknown is accepted, nothing changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Translation(Model):
    """Title and description in one more language."""

    title: Text | None = None
    """The title in this language."""
    description: Text | None = None
    """The description in this language."""


class Translations(Model):
    """The other two languages; English is in the standard's own `title` and `description`."""

    ro: Translation = Translation()
    """In Romanian."""
    ru: Translation = Translation()
    """In Russian."""
