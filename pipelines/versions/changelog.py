"""The changelog in words: what each version changed, newest first, in every language.

The reasons themselves come from the differences; the lines of earlier versions come from their manifests.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pipelines.languages import LANGUAGES, Language
from pipelines.versions.draft import ChangelogEntry, Reason


def changelog(
    number: str, reasons: Iterable[Reason], history: Iterable[Mapping[str, Any]]
) -> Mapping[Language, tuple[ChangelogEntry, ...]]:
    """The whole changelog. `history`: manifests of the versions before, newest first."""
    told = list(reasons)
    past = list(history)
    return {
        language: (
            ChangelogEntry(number, tuple(reason.text(language) for reason in told)),
            *(ChangelogEntry(m["version"], tuple(reason[language] for reason in m["reasons"])) for m in past),
        )
        for language in LANGUAGES
    }
