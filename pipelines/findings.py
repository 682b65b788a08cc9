"""A finding: one thing to tell a person, as data. What went wrong, how badly, where, and in which words.

Findings are made in every room and shown by the command line, Dagster, reports and pages alike. The words
themselves are in `messages/`; raising a pile of findings as an exception is in `errors.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from pipelines.languages import LANGUAGES, Language, say

NOTHING: Mapping[str, Any] = MappingProxyType({})


class Severity(StrEnum):
    """What a finding does: `block` stops the dataset, `warn` waits for a person once, `info` only tells."""

    BLOCK = "block"
    WARN = "warn"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: a file and line, or a sheet and cell. `column` is the heading as printed."""

    file: str = ""
    line: int | None = None
    sheet: str | None = None
    cell: str | None = None
    column: str | None = None
    record: int | None = None

    def text(self, language: Language) -> str:
        """The place in words; the file and line in the form that editors make clickable (`file:line`)."""
        parts: list[str] = []
        if self.file:
            parts.append(f"{self.file}:{self.line}" if self.line else self.file)
        elif self.line:
            parts.append(say("place-line", language, {"line": self.line}))
        if self.sheet is not None:
            parts.append(say("place-sheet", language, {"sheet": self.sheet}))
        if self.cell is not None:
            parts.append(say("place-cell", language, {"cell": self.cell}))
        if self.record is not None:
            parts.append(say("place-record", language, {"record": self.record}))
        if self.column is not None:
            parts.append(say("place-column", language, {"column": self.column}))
        return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding. `code` names the message; for data errors it is frictionless' error type.

    `params` fill the message's `{names}` and must be JSON values; personal data never goes into them
    (`text.mask` first). `row` counts data rows of the published table from 1.
    """

    code: str
    severity: Severity = Severity.BLOCK
    params: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    dataset: str = ""
    resource: str = ""
    field: str = ""
    row: int | None = None
    place: Place = Place()

    def text(self, language: Language = "en") -> str:
        """The message alone, without its place."""
        return say(self.code, language, dict(self.params))

    def line(self, language: Language = "en") -> str:
        """The whole finding on one line: where, then what."""
        where = self.place.text(language)
        if not where:
            where = "/".join(part for part in (self.dataset, self.resource, self.field) if part)
        return f"{where}: {self.text(language)}" if where else self.text(language)

    def within(self, *, dataset: str = "", resource: str = "") -> Finding:
        """The same finding, told which dataset and resource it belongs to where it did not say."""
        return replace(self, dataset=self.dataset or dataset, resource=self.resource or resource)

    def to_json(self) -> dict[str, Any]:
        """JSON value with the text in every language; keys without a value are left out."""
        place = {k: v for k in Place.__slots__ if (v := getattr(self.place, k)) not in (None, "")}
        value: dict[str, Any] = {"code": self.code, "severity": str(self.severity)}
        for key in ("dataset", "resource", "field", "row"):
            if (held := getattr(self, key)) not in (None, ""):
                value[key] = held
        if place:
            value["place"] = place
        if self.params:
            value["params"] = dict(self.params)
        value["text"] = {language: self.text(language) for language in LANGUAGES}
        return value


def blocking(findings: Iterable[Finding]) -> list[Finding]:
    """The findings that stop a dataset."""
    return [f for f in findings if f.severity is Severity.BLOCK]
