"""The languages publica speaks, and texts that exist in all of them.

Which words a finding uses is in `messages/`, one file per room; which language a person sees is chosen here.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

Language = Literal["en", "ro", "ru"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

_MESSAGES = Path(__file__).parent / "messages"


def preferred_language() -> Language:
    """The language of `PUBLICA_LANGUAGE`, else of the session's locale, else English."""
    for variable in ("PUBLICA_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        prefix = os.environ.get(variable, "")[:2].lower()
        if prefix in LANGUAGES:
            return prefix
    return "en"


@cache
def messages() -> dict[str, dict[Language, str]]:
    """Every message template by code, from all files of `messages/`."""
    import yaml

    found: dict[str, dict[Language, str]] = {}
    for file in sorted(_MESSAGES.glob("*.yaml")):
        found.update(yaml.load(file.read_text("utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))  # noqa: S506 - both are safe loaders
    return found


def say(code: str, language: Language, params: dict[str, Any]) -> str:
    """The message `code` in `language`, its `{names}` filled from `params`. Raises KeyError for an unknown code."""
    return messages()[code][language].format_map(params)
