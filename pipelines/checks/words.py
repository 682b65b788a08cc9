"""Small helps for saying things: a finding's variant in three languages, samples that may be shown, long lists cut.

The words are in `messages/checks.yaml`; what must never be shown of a person is masked in `text.py`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Sequence

from pipelines.findings import Finding
from pipelines.languages import LANGUAGES, say
from pipelines.text import mask

MOST_FINDINGS = 1000  # of one table
MOST_NAMED = 20  # keys, rows or fields named in one finding
HIDDEN = "***"


def in_words(code: str, params: dict[str, str | int]) -> dict[str, str]:
    """The message `code` in every language, as the parameters `text_en`, `text_ro`, `text_ru` of a finding."""
    return {f"text_{language}": say(code, language, params) for language in LANGUAGES}


def sample(value: object, fields: Sequence[str] = (), withheld: Collection[str] = ()) -> str:
    """`value` as it may be shown: masked, and nothing of it at all where one of its `fields` is withheld."""
    return HIDDEN if any(field in withheld for field in fields) else mask(value)


def folded(text: str) -> str:
    """`text` without case and marks, `_` as a blank: the form in which people's spellings are compared."""
    plain = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    return " ".join(plain.casefold().replace("_", " ").split())


def listed(values: Sequence[str]) -> str:
    """The first of `values`, joined; an ellipsis stands for the rest."""
    return ", ".join(values[:MOST_NAMED]) + (", …" if len(values) > MOST_NAMED else "")


def cut(findings: list[Finding]) -> list[Finding]:
    """At most `MOST_FINDINGS`, then one that says that there are more."""
    if len(findings) <= MOST_FINDINGS:
        return findings
    return [*findings[:MOST_FINDINGS], Finding("findings-cut", params={"shown": MOST_FINDINGS})]
