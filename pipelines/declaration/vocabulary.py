"""The closed lists of a declaration: every word that has to be one of a few.

What may stand where is in `model.py`; names that people add to (organisations, licences, themes) are data in
`datapackages/_shared/`. Which file formats there are is told by the rooms that hold a file for each.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

_ROOMS = Path(__file__).parents[1]


@cache
def source_formats() -> tuple[str, ...]:
    """The formats that a source may have: one file each in `sources/formats/`."""
    return tuple(sorted(f.stem for f in (_ROOMS / "sources" / "formats").glob("[a-z]*.py")))


@cache
def file_formats() -> tuple[str, ...]:
    """The formats that a table may be published in: one file each in `packages/formats/`."""
    return tuple(sorted(f.stem.removeprefix("as_") for f in (_ROOMS / "packages" / "formats").glob("as_*.py")))


def _one_of(words: Callable[[], tuple[str, ...]]) -> tuple[AfterValidator, Any]:
    """A word out of a list that is known only when it is asked for; to pydantic and to editors as if it were fixed."""

    def check(word: str) -> str:
        if word not in words():
            expected = ", ".join(f"'{each}'" for each in words())
            raise PydanticCustomError("literal_error", "Input should be one of {expected}", {"expected": expected})
        return word

    def enumerate_words(schema: dict[str, Any]) -> None:
        schema["enum"] = list(words())

    return AfterValidator(check), Field(json_schema_extra=enumerate_words)


Cadence = Literal["daily", "weekly", "monthly", "quarterly", "semester", "annual", "irregular", "never"]
History = Literal["snapshot", "append", "upsert"]
FileFormat = Annotated[str, *_one_of(file_formats)]
SourceFormat = Annotated[str, *_one_of(source_formats)]
SeverityWord = Literal["block", "warn", "info"]
FieldType = Literal["string", "integer", "number", "boolean", "date", "time", "datetime", "year", "yearmonth"]
Encoding = Literal["utf-8", "cp1250", "cp1251", "iso-8859-2", "iso-8859-16", "utf-16"]

# The EU's frequency list (DCAT-AP), which portals show; "semester" is Moldova's half-year.
FREQUENCY: dict[Cadence, str] = {
    "daily": "DAILY",
    "weekly": "WEEKLY",
    "monthly": "MONTHLY",
    "quarterly": "QUARTERLY",
    "semester": "ANNUAL_2",
    "annual": "ANNUAL",
    "irregular": "IRREG",
    "never": "NEVER",
}
