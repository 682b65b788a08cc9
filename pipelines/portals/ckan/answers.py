"""What an answer of a CKAN portal means where it is no result: the two kinds of trouble, and how they are told apart.

Sending a request is in `transport.py`, the words for people are in `preflight.py`.
"""

from __future__ import annotations

import re
from typing import Any, Literal, TypeAlias, cast

Kind: TypeAlias = Literal["forbidden", "missing", "conflict", "invalid", "too-large", "permanent", "not-ckan"]
SHOWN = 300  # characters of a page that came instead of an answer


class Refused(Exception):  # noqa: N818 - what happened, in a word
    """The portal answered, and asking again will not change the answer.

    `conflict`: what was to be changed is no longer as `match` said. `invalid`: any other fault of the request.
    `too-large`: more than the portal takes. `permanent`: an error of the portal that never heals. `not-ckan`:
    something else answered; `detail` then holds its "address", "status" and "text", or the "location" it points to.
    """

    def __init__(self, kind: Kind, action: str, detail: Any = None) -> None:
        super().__init__(kind, action, detail)
        self.kind: Kind = kind
        self.action = action
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.action}: {self.kind}: {self.detail}"


class Unsure(Exception):  # noqa: N818
    """What became of a request is not known, or it may pass. `wait`: seconds that the portal asks to be left alone."""

    def __init__(self, action: str, detail: str, *, timeout: bool = False, wait: float = 0) -> None:
        super().__init__(action, detail)
        self.action = action
        self.detail = detail
        self.timeout = timeout
        self.wait = wait

    def __str__(self) -> str:
        return f"{self.action}: {self.detail}"


def no_room(detail: Any) -> bool:
    """Whether a validation error says that an uploaded file is too large, at whatever depth."""
    if isinstance(detail, dict):
        fields = cast(dict[str, Any], detail)
        return "File upload too large" in str(fields.get("upload")) or any(map(no_room, fields.values()))
    return isinstance(detail, list) and any(map(no_room, cast(list[Any], detail)))


def words(answer: Any) -> str:
    """What an error says in its first words: CKAN's own message, or a page without its tags."""
    try:
        told: Any = answer.json()
        said = str(told["error"]["message"] if isinstance(told, dict) else told)  # pyright: ignore[reportUnknownArgumentType] - JSON
    except (ValueError, KeyError, TypeError):
        page = answer.text[:100_000]
        said = re.sub(r"(?is)<(script|style)\b.*?</\1>|<[^>]*>", " ", page)
    return " ".join(said.split())[:SHOWN]


def is_json(answer: Any) -> bool:
    """Whether an answer is whole JSON."""
    try:
        answer.json()
    except ValueError:
        return False
    return True


def seconds(text: str) -> float:
    """What `Retry-After` asks for; nothing where it holds a date or nonsense."""
    return float(text) if re.fullmatch(r"\d{1,9}", text) else 0
