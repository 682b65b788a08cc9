"""What a portal says of itself when it is examined (`Portal.diagnose`): facts, each a line for people, as data.

What stands in the way of publishing there are findings. Who looks is `commands/doctor.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pipelines.findings import NOTHING
from pipelines.languages import LANGUAGES, Language, say


@dataclass(frozen=True)
class Fact:
    """One line of what the doctor says: `code` names the message that `params` fill."""

    code: str
    params: Mapping[str, Any] = field(default_factory=lambda: NOTHING)

    def text(self, language: Language = "en") -> str:
        """The line in words."""
        return say(self.code, language, dict(self.params))

    def to_json(self) -> dict[str, Any]:
        """JSON value with the text in every language."""
        text = {language: self.text(language) for language in LANGUAGES}
        return {"code": self.code, "params": dict(self.params), "text": text}
