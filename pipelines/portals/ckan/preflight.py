"""What a CKAN portal is, what it can do and what the token may do there: asked before a run, and told by the doctor.

Nothing is written. How requests are made is in `api.py`; the words for what can go wrong with one are found here.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlsplit

from pipelines.errors import UserError
from pipelines.findings import Finding, Severity
from pipelines.languages import LANGUAGES, Language
from pipelines.portals.ckan.api import Api, Refused, Unsure
from pipelines.portals.facts import Fact
from pipelines.text import mask

OLDEST, NEWEST = (2, 10), (2, 12)  # what the tests run on
ROWS_MAX = 32_000  # CKAN's default, taken where the portal does not say
CLOCK = 60  # seconds that clocks may differ
VIEWS = ("datatables_view", "recline_view", "recline_grid_view")  # those that show a table, the best first
LOADERS = {"xloader", "datapusher", "datapusher_plus"}  # put files into tables on their own

Value = dict[str, Any]


@dataclass(frozen=True)
class Capabilities:
    """What a portal can do, and what the token may do there."""

    version: tuple[int, int]
    language: Language  # of its pages; English where it is none of ours
    datastore: bool
    delete_fields: bool  # a table can lose columns
    extras_last: bool  # readers may be told new extras beside old resources, and not the other way round
    view: str | None  # the type of view that shows a table
    fields: frozenset[str]  # of a dataset by the portal's own schema; empty on a stock portal
    resource_fields: frozenset[str]
    field_kinds: Mapping[str, str]  # of those fields: `list`, `subfields`, `languages` or `text`
    licences: Mapping[str, str]  # id -> address
    organizations: frozenset[str]  # in which the token may create datasets
    groups: frozenset[str]  # into which it may put them
    rows_max: int  # that one question to a table is answered with


def preflight(api: Api) -> Capabilities:
    """What the portal can do, in six or seven questions. Raises UserError where nothing could be published there."""
    seen = _Seen(api)
    if seen.findings:
        raise UserError(seen.findings)
    return seen.capabilities()


def diagnose(api: Api, wanted_organizations: Collection[str]) -> tuple[list[Fact], list[Finding]]:
    """All that is to be said of the portal, and all that stands in the way of publishing in these organisations."""
    facts = [Fact("ckan-fact-portal", {"address": api.address})]
    seen = _Seen(api)
    if not seen.status:
        return facts, seen.findings
    facts += _facts(api, seen)
    return facts, [*seen.findings, *_warnings(api, seen), *_closed(api, seen, wanted_organizations)]


def explained(error: Refused | Unsure, slug: str | None = None) -> UserError:
    """The error in words: what happened to the dataset `slug`, and what to do about it."""
    finding = _unsure(error) if isinstance(error, Unsure) else _refused(error)
    return UserError(finding.within(dataset=slug or ""))


class _Seen:
    """The portal's answers. What went wrong is kept in `findings`; without a status nothing else was asked."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self.findings: list[Finding] = []
        self.status: Value = self._ask("status_show", {})
        if not self.status:
            return
        self.extensions: set[str] = set(self.status.get("extensions", ()))
        # Some portals hide their version. Whatever they are, what the oldest can do they can do.
        found = re.match(r"(\d+)\.(\d+)", self.status.get("ckan_version") or "")
        self.version = (int(found[1]), int(found[2])) if found else None
        if self.version and self.version < OLDEST:
            self.findings.append(Finding("ckan-too-old", params={"version": self.status["ckan_version"]}))
        self._look_at_token()
        self.licences: list[Value] = self._ask("license_list", [])
        self.schema: Value = {}
        if "scheming_datasets" in self.extensions:
            self.schema = self._ask("scheming_dataset_schema_show", {}, type="dataset")
        self.rows_max = self._rows_max() if "datastore" in self.extensions else ROWS_MAX

    def capabilities(self) -> Capabilities:
        version = self.version or OLDEST
        fields: list[Value] = self.schema.get("dataset_fields", [])
        resource_fields: list[Value] = self.schema.get("resource_fields", [])
        return Capabilities(
            version=version,
            language=_language(str(self.status.get("locale_default", ""))),
            datastore="datastore" in self.extensions,
            delete_fields=version >= (2, 11),
            extras_last=version < (2, 12),
            view=next((view for view in VIEWS if view in self.extensions), None),
            fields=frozenset(each["field_name"] for each in fields),
            resource_fields=frozenset(each["field_name"] for each in resource_fields),
            field_kinds={each["field_name"]: field_kind(each) for each in [*resource_fields, *fields]},
            licences={each["id"]: each.get("url") or "" for each in self.licences},
            organizations=frozenset(self.organizations),
            groups=frozenset(self.groups),
            rows_max=self.rows_max,
        )

    def _look_at_token(self) -> None:
        self.user: Value = {}
        self.organizations: list[str] = []
        self.groups: list[str] = []
        if not self._api.signed:
            self.findings.append(Finding("ckan-no-token"))
            return
        try:
            self.user = self._api.ask("user_show")
        except Refused:  # CKAN takes whoever comes with a token that it does not know for a stranger
            self.findings.append(Finding("ckan-token-unknown"))
            return
        except Unsure as error:
            self.findings += explained(error).findings
            return
        found: list[Value] = self._ask("organization_list_for_user", [], permission="create_dataset")
        self.organizations = sorted(each["name"] for each in found)
        if not found:
            self.findings.append(Finding("ckan-no-organization", params={"user": self.user["name"]}))
        groups: list[Value] = self._ask("group_list_authz", [])
        self.groups = sorted(each["name"] for each in groups)

    def _rows_max(self) -> int:
        """The limit that CKAN sets instead of ours, told with no rows of a table that every DataStore has."""
        beyond = {"limit": 10**9, "offset": 10**9, "include_total": False}
        answer: Value = self._ask("datastore_search", {}, resource_id="_table_metadata", **beyond)
        return int(answer.get("limit", ROWS_MAX))

    def _ask(self, action: str, instead: Any, /, **params: Any) -> Any:
        try:
            return self._api.ask(action, **params)
        except (Refused, Unsure) as error:
            self.findings += explained(error).findings
            return instead


def _language(locale: str) -> Language:
    for language in LANGUAGES:
        if locale.startswith(language):
            return language
    return "en"


def field_kind(described: Mapping[str, Any]) -> str:
    """How a field of ckanext-scheming takes values: `subfields` (objects), `list`, `languages` (of each), or `text`."""
    preset, validators = str(described.get("preset", "")), str(described.get("validators", ""))
    if "repeating_subfields" in described:
        return "subfields"
    if preset.startswith("fluent_") or "fluent_" in validators:
        return "languages"
    several = preset.startswith("multiple_") or re.search(r"multiple_(choice|text)", validators)
    return "list" if several else "text"


def _facts(api: Api, seen: _Seen) -> list[Fact]:
    can = seen.capabilities()
    facts = [Fact("ckan-fact-language", {"language": can.language})]
    if seen.version:
        facts.append(Fact("ckan-fact-version", {"version": seen.status["ckan_version"]}))
    else:
        facts.append(Fact("ckan-fact-version-hidden", {"oldest": "{}.{}".format(*OLDEST)}))
    facts.append(Fact("ckan-fact-datastore", {"rows": can.rows_max}) if can.datastore else Fact("ckan-fact-files-only"))
    facts.append(Fact("ckan-fact-view", {"view": can.view}) if can.view else Fact("ckan-fact-no-view"))
    facts.append(Fact("ckan-fact-schema", {"count": len(can.fields)}) if can.fields else Fact("ckan-fact-stock"))
    if loaders := sorted(seen.extensions & LOADERS):
        facts.append(Fact("ckan-fact-loader", {"extensions": ", ".join(loaders)}))
    if seen.user:
        who = {"user": seen.user["name"], "organizations": ", ".join(seen.organizations) or "–"}
        facts.append(Fact("ckan-fact-token", who))
        facts.append(Fact("ckan-fact-groups", {"groups": ", ".join(seen.groups) or "–"}))
    if api.ahead is not None:
        facts.append(Fact("ckan-fact-clock", {"seconds": round(api.ahead)}))
    facts.append(Fact("ckan-fact-upload"))
    return facts


def _warnings(api: Api, seen: _Seen) -> list[Finding]:
    """What works, and should not stay so."""
    found = in_the_open(api)
    if seen.version and seen.version > NEWEST:
        known = {"version": seen.status["ckan_version"], "newest": "{}.{}".format(*NEWEST)}
        found.append(Finding("ckan-newer", Severity.WARN, known))
    if seen.user.get("sysadmin"):
        found.append(Finding("ckan-sysadmin", Severity.WARN, {"user": seen.user["name"]}))
    if abs(api.ahead or 0) > CLOCK:
        found.append(Finding("ckan-clock", Severity.WARN, {"seconds": round(api.ahead or 0)}))
    return found


def in_the_open(api: Api) -> list[Finding]:
    """A warning where the token would travel unencrypted to another machine."""
    parts = urlsplit(api.address)
    if not api.signed or parts.scheme == "https" or parts.hostname in ("127.0.0.1", "::1", "localhost"):
        return []
    return [Finding("ckan-open-wire", Severity.WARN, {"address": api.address})]


def _closed(api: Api, seen: _Seen, wanted: Collection[str]) -> list[Finding]:
    """The organisations in which the token's owner cannot publish; none without an owner, which is trouble enough."""
    found: list[Finding] = []
    for name in sorted(set(wanted) - set(seen.organizations)) if seen.user else ():
        try:
            api.ask("organization_show", id=name, include_users=False, include_groups=False, include_tags=False)
            found.append(Finding("ckan-organization-closed", params={"organization": name}))
        except Refused:
            found.append(Finding("ckan-organization-missing", params={"organization": name}))
        except Unsure as error:
            found += explained(error).findings
    return found


def _unsure(error: Unsure) -> Finding:
    why = {"action": error.action, "why": mask(error.detail)}
    return Finding("ckan-timeout" if error.timeout else "ckan-unsure", params=why)


def _refused(error: Refused) -> Finding:
    why = {"action": error.action, "why": shown(error.detail)}
    match error.kind:
        case "forbidden":
            return Finding("ckan-forbidden", params=why)
        case "missing":
            return Finding("ckan-missing", params=why)
        case "conflict":
            return Finding("ckan-conflict", params=why)
        case "invalid":
            return Finding("ckan-invalid", params=why)
        case "too-large":
            return Finding("ckan-too-large", params=why)
        case "permanent":
            return Finding("ckan-permanent", params=why)
        case "not-ckan" if "location" in error.detail and error.action.startswith("GET"):
            return Finding("ckan-elsewhere", params={"address": error.detail["location"]})
        case "not-ckan" if "location" in error.detail:
            address = re.sub(r"/api/(3/)?action/.*", "", error.detail["location"])
            return Finding("ckan-redirect", params={"address": address})
        case _:
            what = {"status": error.detail["status"], "text": mask(error.detail["text"])}
            return Finding("ckan-not-ckan", params={"address": error.detail["address"], **what})


def shown(detail: Any) -> str:
    """What the portal said, fit to be shown: each field with its faults, shortened and masked."""
    if isinstance(detail, dict):
        fields = cast(Value, detail).items()
        return "; ".join(f"{name}: {text}" for name, value in fields if (text := shown(value)))
    if isinstance(detail, list):
        return ", ".join(filter(None, map(shown, cast(list[Any], detail))))
    return mask(detail or "")
