"""Words and characters: the nearest known word, Romanian letters, and what must not be shown of a person.

Casting numbers and dates is in `tables/`; translations are in `languages.py`.
"""

from __future__ import annotations

import csv
import difflib
import re
from collections.abc import Generator, Iterable
from contextlib import contextmanager

# Before Unicode 3 Romanian had only the cedilla forms; NFC does not turn them into the right letters.
CEDILLA_TO_COMMA = str.maketrans("ŞşŢţ", "ȘșȚț")

SAMPLE_LENGTH = 60
LONGEST_CELL = 131_072  # characters
_PERSONAL = re.compile(
    r"""(?<!\d)[02](?:[ .-]?\d){12}(?!\d)                # a personal number (IDNP)
      | (?<!\w)\+?373[ .()-]*\d(?:[ .()-]*\d){7}(?!\d)   # a telephone number
      | [\w.+-]+@[\w-]+(?:\.[\w-]+)+                     # an e-mail address
      | \bMD\d{2}[ ]?[A-Z0-9]{2}(?:[ ]?[A-Z0-9]){18}\b   # a bank account (IBAN)
    """,
    re.VERBOSE,
)


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word most like `word`, or the empty string if there is none at all to choose from."""
    found = difflib.get_close_matches(word.lower(), list(known), n=1, cutoff=0.0)
    return found[0] if found else ""


def romanian(text: str) -> str:
    """`text` with the cedilla letters ş ţ written as the Romanian ș ț."""
    return text.translate(CEDILLA_TO_COMMA)


def mask(value: object) -> str:
    """`value` as a sample fit to be shown: shortened, on one line, with nothing that identifies a person."""
    text = _PERSONAL.sub("***", str(value)).replace("\n", " ").replace("\r", " ")
    return text if len(text) <= SAMPLE_LENGTH else text[: SAMPLE_LENGTH - 1] + "…"


@contextmanager
def cells_limited() -> Generator[None]:
    """While inside, no CSV cell is longer than `LONGEST_CELL`: the limit is the process's, and libraries lift it."""
    before = csv.field_size_limit(LONGEST_CELL)
    try:
        yield
    finally:
        csv.field_size_limit(before)
