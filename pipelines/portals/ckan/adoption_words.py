"""What a CKAN dataset that somebody else made says of itself, in our words: fields, extras and groups of any portal.

People fill these fields in as they like, so whatever is not understood is left out. Its files are in `adoption.py`;
what publica itself writes into which field is in `fields.py`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from pipelines.declaration.vocabulary import FREQUENCY, Cadence
from pipelines.languages import LANGUAGES, Language
from pipelines.portals.adoption import Known
from pipelines.portals.ckan.api import Refused, Unsure
from pipelines.portals.ckan.fields import COUNTRIES, licence
from pipelines.portals.ckan.preflight import explained
from pipelines.portals.ckan.view import Value, extras

if TYPE_CHECKING:
    from pipelines.portals.ckan.site import Site

_CADENCES: Mapping[Cadence, str] = {  # what people write, as the beginning of a word
    "daily": "dail|zilnic|cotidian|ежедневн",
    "weekly": "week|s[ăa]pt[ăa]m[âa]n|еженедельн",
    "monthly": "month|lunar|ежемесячн",
    "quarterly": "quarter|trimestr|ежекварт|квартал",
    "semester": "semest|semian|biannual|half.?year|полугод",
    "annual": "annual|yearl|anual|ежегодн|годов",
    "never": "never|niciodat|никогда",
}
_WORDS_OF_CADENCE = ("frequency", "accrual_periodicity", "accrualPeriodicity", "update_frequency", "frecventa")
_DAY = re.compile(r"\d{4}(-\d\d(-\d\d)?)?")
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+")


def words_of(site: Site, show: Value, known: Known) -> dict[str, Any]:
    """What `Found` says of a dataset, but its files."""

    def told(name: str) -> Any:
        return show.get(name) if name in site.portal.fields else extras(show).get(name)

    tags: list[Value] = show.get("tags") or []
    return {
        "name": show["name"],
        "title": (show.get("title") or show["name"]).strip(),
        "description": (show.get("notes") or "").strip(),
        "titles": _in_languages(show, "title"),
        "descriptions": _in_languages(show, "notes"),
        "page": f"{site.api.address}/dataset/{show['name']}",
        "organization": show["organization"]["name"],
        "licence": _licence(show.get("license_id") or "", site.portal.licences, known),
        "licence_told": show.get("license_title") or show.get("license_id") or "-",
        "theme": _theme(show, told("theme"), known.themes),
        "cadence": _cadence([str(told(name) or "") for name in _WORDS_OF_CADENCE]),
        "tags": tuple(tag["name"] for tag in tags),
        "contact": _contact([told("contact_email"), _part(told("contact"), "email"), show.get("maintainer_email")]),
        "temporal": _temporal(told),
        "spatial": _country(str(told("spatial_uri") or _part(told("spatial_coverage"), "uri"))),
    }


def _in_languages(show: Value, name: str) -> dict[Language, str]:
    """A text in the languages that the portal has fields or extras for."""
    fluent = show.get(f"{name}_translated")
    several = cast(Value, fluent) if isinstance(fluent, dict) else {}
    told = {
        language: str(several.get(language) or extras(show).get(f"{name}_{language}", "")) for language in LANGUAGES
    }
    return {language: told[language].strip() for language in LANGUAGES if told[language].strip()}


def _licence(told: str, portal: Mapping[str, str], known: Known) -> str:
    """The name under which we know a licence of the portal's."""
    same = (name for name in known.licences if told and (name.lower() == told.lower() or licence(name, portal) == told))
    return next(same, "") if told != "other-open" else ""


def _theme(show: Value, told: Any, themes: Mapping[str, Any]) -> str:
    """The code in the field `theme`, else that of the first group whose name or title is one."""
    codes = re.findall(r"[A-Z]{4}\b", told if isinstance(told, str) else json.dumps(told or ""))
    groups: list[Value] = show.get("groups") or []
    said = [str(group.get(key) or "").casefold() for group in groups for key in ("name", "title", "display_name")]
    by_title = {title.casefold(): code for code, titles in themes.items() for title in (code, *titles)}
    return next((code for code in codes if code in themes), "") or next(
        (by_title[w] for w in said if w in by_title), ""
    )


def _cadence(told: list[str]) -> Cadence | None:
    for text in told:
        code = text.rpartition("/")[2].upper()
        for cadence, word in FREQUENCY.items():
            if code == word:
                return cadence
        for cadence, pattern in _CADENCES.items():
            if re.search(rf"\b({pattern})", text.casefold()):
                return cadence
    return None


def _temporal(told: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    for key in ("start", "end"):
        text = str(told(f"temporal_{key}") or _part(told("temporal_coverage"), key))
        if day := _DAY.match(text):
            found[key] = day[0]
    return found if "start" in found else {}


def _country(uri: str) -> str:
    code = uri.rpartition("/")[2].upper()
    return next((ours for ours, theirs in COUNTRIES.items() if code in (ours, theirs)), "")


def _contact(told: list[Any]) -> str:
    return next((text for text in map(str, told) if _MAIL.fullmatch(text)), "")


def _part(objects: Any, key: str) -> str:
    """What the first of several objects says, of a field that has parts."""
    several = cast("list[Any]", objects) if isinstance(objects, list) else []
    return str(cast(Value, several[0]).get(key) or "") if several and isinstance(several[0], dict) else ""


def organization_entry(site: Site, name: str) -> str:
    """What the portal tells of an organisation, as an entry of `_shared/organizations.yaml`, its e-mail left open."""
    import yaml

    try:
        told: Value = site.api.ask("organization_show", id=name, include_users=False)
    except (Refused, Unsure) as error:
        raise explained(error) from None
    title = told.get("title") or name
    translations = {language: {"title": title} for language in ("ro", "ru")}
    entry = {name: {"title": title, "translations": translations, "email": ""}}
    return yaml.safe_dump(entry, allow_unicode=True, sort_keys=False, default_flow_style=None)
