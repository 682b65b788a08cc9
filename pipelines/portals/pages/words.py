"""How one language says things on a page: texts that may be missing in it, dates, sizes, periods, links that are safe.

The words themselves are in `messages/portals.yaml`; the templates that use these are beside this module.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from pipelines.languages import LANGUAGES, Language, say
from pipelines.portals.metadata import in_languages

if TYPE_CHECKING:
    from markupsafe import Markup

TIME_ZONE = "Europe/Chisinau"
LANGUAGE_NAMES: Mapping[Language, str] = {"en": "English", "ro": "Română", "ru": "Русский"}
_UNITS = ("B", "kB", "MB", "GB", "TB")
_MONTHS: Mapping[Language, str] = {
    "en": "January February March April May June July August September October November December",
    "ro": "ianuarie februarie martie aprilie mai iunie iulie august septembrie octombrie noiembrie decembrie",
    "ru": "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
}


@dataclass(frozen=True)
class Words:
    """One language for the templates."""

    language: Language

    @property
    def others(self) -> Mapping[Language, str]:
        """The other languages and what each calls itself."""
        return {code: name for code, name in LANGUAGE_NAMES.items() if code != self.language}

    def say(self, code: str, **params: Any) -> str:
        """The page's own words."""
        return say(f"page-{code}", self.language, params)

    def plain(self, texts: Mapping[str, str]) -> str:
        """A text in this language, else in the first that has it; empty where none has."""
        return texts.get(self.language) or next((texts[code] for code in LANGUAGES if texts.get(code)), "")

    def text(self, texts: Mapping[str, str]) -> Markup:
        """The same as HTML, marked where it is in another language, so that it is read aloud in the right one."""
        from markupsafe import Markup, escape

        shown = self.plain(texts)
        if not shown or texts.get(self.language):
            return escape(shown)
        actual = next(code for code in LANGUAGES if texts.get(code))
        return Markup('<span lang="{}">{}</span>').format(actual, shown)

    def of(self, holder: Mapping[str, Any], key: str) -> Markup:
        """`title` or `description` of something that has translations."""
        return self.text(in_languages(holder, key))

    def name(self, holder: Mapping[str, Any]) -> Markup:
        """Its title, or its name where it has none."""
        return self.of(holder, "title") or self.text({"en": holder["name"]})

    def date(self, iso: str) -> str:
        """An ISO date or time in words, as the day it is in Chisinau."""
        moment = datetime.fromisoformat(iso)
        day = moment.astimezone(ZoneInfo(TIME_ZONE)) if moment.tzinfo else moment
        return f"{day.day} {_MONTHS[self.language].split()[day.month - 1]} {day.year}"

    def size(self, count: int) -> str:
        """A number of bytes for people."""
        value, unit = float(count), 0
        while value >= 1000 and unit < len(_UNITS) - 1:
            value, unit = value / 1000, unit + 1
        return f"{self.decimal(f'{value:.1f}' if unit and value < 100 else f'{value:.0f}')} {_UNITS[unit]}"

    def count(self, number: int) -> str:
        """A whole number with its thousands apart, by a blank at which no line breaks."""
        return f"{number:,}".replace(",", "\u00a0")

    def decimal(self, text: str) -> str:
        """A number with this language's decimal sign."""
        return text if self.language == "en" else text.replace(".", ",")

    def period(self, temporal: Mapping[str, str]) -> str:
        """The time the data is about."""
        end = temporal.get("end")
        return f"{temporal['start']} – {end}" if end else self.say("period-since", start=temporal["start"])

    def link(self, url: str | None) -> str:
        """A web address that is safe to click, or the empty string."""
        return url if url and url.lower().startswith(("https://", "http://")) else ""
