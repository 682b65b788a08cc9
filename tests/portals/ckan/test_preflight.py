"""What is found out about the real portal and the token before a run, and what the doctor says of both."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from pipelines.errors import UserError
from pipelines.findings import Finding, Severity
from pipelines.languages import LANGUAGES, say
from pipelines.portals.ckan.api import Api, Refused, Unsure
from pipelines.portals.ckan.preflight import Fact, diagnose, explained, field_kind, in_the_open, preflight
from tests.portal.faults import Answer, Drop, Fault, Replace, Seen
from tests.portal.proxy import Proxy, action
from tests.portal.wire import Reply

if TYPE_CHECKING:
    from tests.portal.portal import Portal


@dataclass
class Dated(Fault):
    """The portal's clock stands at another time."""

    date: str

    def on_reply(self, seen: Seen, reply: Reply) -> Reply:
        reply.head.put("Date", self.date)
        return reply


def _api(address: str, token: str | None) -> Api:
    return Api(address, token, jitter=lambda _: 0)


def _stranger(portal: Portal) -> tuple[str, str]:
    """A user without any rights: name and token."""
    name = f"nobody-{uuid.uuid4().hex[:8]}"
    person = {"name": name, "email": f"{name}@example.org", "password": uuid.uuid4().hex}
    portal.api("user_create", person, portal.admin_token)
    return name, portal.api("api_token_create", {"user": name, "name": "tests"}, portal.admin_token)["token"]


def _codes(found: list[Finding] | list[Fact]) -> list[str]:
    return [each.code for each in found]


def _wrong(call: Callable[[], object]) -> list[str]:
    with pytest.raises(UserError) as raised:
        call()
    return _codes(raised.value.findings)


# --- before a run -----------------------------------------------------------------------------------------------------


def test_what_the_portal_can_do(portal: Portal, proxy: Proxy) -> None:
    can = preflight(_api(proxy.url, portal.editor_token))
    assert ".".join(map(str, can.version)) == portal.variant.split("-")[0]
    assert can.delete_fields == (can.version >= (2, 11))
    assert (can.language, can.datastore, can.view, can.rows_max) == ("en", True, "datatables_view", 32_000)
    assert {"agency", "age", "asp"} <= can.organizations
    assert {"gove", "just"} <= can.groups
    assert can.licences["cc-by"].startswith("http")
    assert len(proxy.requests) <= 7
    assert not any(seen.is_write for seen in proxy.requests)


def test_the_fields_of_the_portal_are_its_schemas(portal: Portal) -> None:
    can = preflight(_api(portal.url, portal.editor_token))
    if portal.variant.endswith("-dcat"):
        assert {"title", "frequency", "contact"} <= can.fields
        assert {"hash", "status"} <= can.resource_fields
        kinds = {name: can.field_kinds[name] for name in ("title", "theme", "contact", "temporal_coverage")}
        assert kinds == {"title": "text", "theme": "list", "contact": "subfields", "temporal_coverage": "subfields"}
    else:
        assert (can.fields, can.resource_fields, can.field_kinds) == (frozenset(), frozenset(), {})


def test_how_a_field_takes_values() -> None:
    kinds = {
        "text": {"field_name": "title", "preset": "title"},
        "list": {"field_name": "theme", "preset": "multiple_text", "validators": "ignore_missing"},
        "subfields": {"field_name": "contact", "repeating_subfields": [{"field_name": "name"}]},
        "languages": {"field_name": "title_translated", "preset": "fluent_core_translated"},
    }
    assert {kind: field_kind(described) for kind, described in kinds.items()} == {kind: kind for kind in kinds}
    assert field_kind({"field_name": "theme", "validators": "scheming_required scheming_multiple_choice"}) == "list"
    assert field_kind({"field_name": "notes", "validators": "fluent_text"}) == "languages"


def test_a_token_that_the_portal_does_not_know(portal: Portal) -> None:
    """CKAN says nothing of it: it answers as it answers strangers."""
    assert _wrong(lambda: preflight(_api(portal.url, "expired"))) == ["ckan-token-unknown"]
    assert _wrong(lambda: preflight(_api(portal.url, None))) == ["ckan-no-token"]
    assert _wrong(lambda: preflight(_api(portal.url, " "))) == ["ckan-no-token"]


def test_a_token_that_was_revoked(portal: Portal) -> None:
    token = portal.new_editor("agency")
    assert preflight(_api(portal.url, token)).organizations == {"agency"}
    portal.api("api_token_revoke", {"token": token}, portal.admin_token)
    assert _wrong(lambda: preflight(_api(portal.url, token))) == ["ckan-token-unknown"]


def test_a_token_that_may_publish_nowhere(portal: Portal) -> None:
    _, token = _stranger(portal)
    assert _wrong(lambda: preflight(_api(portal.url, token))) == ["ckan-no-organization"]


def test_what_is_no_portal(portal: Portal) -> None:
    assert _wrong(lambda: preflight(_api(portal.solr_url, portal.editor_token))) == ["ckan-not-ckan"]
    assert _wrong(lambda: preflight(_api(f"{portal.url}/dataset", portal.editor_token))) == ["ckan-not-ckan"]


def test_a_portal_that_is_too_old(portal: Portal, proxy: Proxy) -> None:
    proxy.when(action("status_show"), Replace(lambda body: re.sub(rb'"2\.1\d\.\d+"', b'"2.9.11"', body)))
    api = _api(proxy.url, None)
    assert _wrong(lambda: preflight(api)) == ["ckan-too-old", "ckan-no-token"]
    facts, findings = diagnose(api, ["agency"])
    assert "ckan-fact-version" in _codes(facts)
    assert _codes(findings) == ["ckan-too-old", "ckan-no-token"]


def test_a_portal_that_hides_its_version_is_taken_for_the_oldest(portal: Portal, proxy: Proxy) -> None:
    proxy.when(action("status_show"), Replace(lambda body: body.replace(b"ckan_version", b"nothing")))
    api = _api(proxy.url, portal.editor_token)
    can = preflight(api)
    assert (can.version, can.delete_fields) == ((2, 10), False)
    assert "ckan-fact-version-hidden" in _codes(diagnose(api, [])[0])


def test_the_language_of_the_portal(portal: Portal, proxy: Proxy) -> None:
    api = _api(proxy.url, portal.editor_token)
    for told, understood in ((b'"ro"', "ro"), (b'"en_GB"', "en"), (b'"uk_UA"', "en")):
        proxy.rules.clear()
        proxy.when(action("status_show"), Replace(lambda body, told=told: body.replace(b'"en"', told)))
        assert preflight(api).language == understood


# --- the doctor -------------------------------------------------------------------------------------------------------


def test_the_doctor_tells_all_of_a_well_portal(portal: Portal) -> None:
    facts, findings = diagnose(_api(portal.url, portal.editor_token), ["agency", "age"])
    assert findings == []
    told = {fact.code: fact.params for fact in facts}
    assert told["ckan-fact-portal"] == {"address": portal.url}
    assert told["ckan-fact-datastore"] == {"rows": 32_000}
    assert told["ckan-fact-token"]["user"] == "pub"
    assert "agency" in told["ckan-fact-token"]["organizations"]
    assert abs(told["ckan-fact-clock"]["seconds"]) <= 2
    for fact in facts:
        for language in LANGUAGES:
            assert say(fact.code, language, dict(fact.params))


def test_the_doctor_tells_who_may_not_publish_where(portal: Portal) -> None:
    api = _api(portal.url, portal.new_editor("agency"))
    _, findings = diagnose(api, ["agency", "age", "no-such"])
    assert [(each.code, each.params["organization"]) for each in findings] == [
        ("ckan-organization-closed", "age"),
        ("ckan-organization-missing", "no-such"),
    ]


def test_the_doctor_warns_of_too_many_rights(portal: Portal) -> None:
    _, findings = diagnose(_api(portal.url, portal.admin_token), ["agency"])
    assert [(each.code, each.severity) for each in findings] == [("ckan-sysadmin", Severity.WARN)]


def test_the_doctor_warns_of_a_wrong_clock(portal: Portal, proxy: Proxy) -> None:
    proxy.when(lambda _: True, Dated("Sat, 01 Jan 2000 00:00:00 GMT"))
    facts, findings = diagnose(_api(proxy.url, portal.editor_token), [])
    assert _codes(findings) == ["ckan-clock"]
    assert next(fact for fact in facts if fact.code == "ckan-fact-clock").params["seconds"] < -100_000


def test_the_doctor_warns_of_a_newer_portal_and_one_that_loads_tables_itself(portal: Portal, proxy: Proxy) -> None:
    def change(body: bytes) -> bytes:
        return re.sub(rb'"2\.1\d\.\d+"', b'"3.0.0"', body).replace(b'"activity"', b'"xloader"')

    proxy.when(action("status_show"), Replace(change))
    facts, findings = diagnose(_api(proxy.url, portal.editor_token), [])
    assert [(each.code, each.severity) for each in findings] == [("ckan-newer", Severity.WARN)]
    assert "ckan-fact-loader" in _codes(facts)


def test_the_doctor_warns_of_a_token_in_the_open() -> None:
    assert _codes(in_the_open(Api("http://portal.example", "token"))) == ["ckan-open-wire"]
    for address, token in (
        ("https://portal.example", "token"),
        ("http://portal.example", None),
        ("http://[::1]:5", "t"),
    ):
        assert in_the_open(Api(address, token)) == []


def test_the_doctor_does_not_stop_at_the_first_trouble(portal: Portal, proxy: Proxy) -> None:
    name, token = _stranger(portal)
    proxy.when(action("license_list"), Answer(502))
    proxy.when(action("datastore_search"), Answer(403))
    facts, findings = diagnose(_api(proxy.url, token), ["agency", "no-such"])
    assert sorted(_codes(findings)) == [
        "ckan-forbidden",
        "ckan-no-organization",
        "ckan-organization-closed",
        "ckan-organization-missing",
        "ckan-unsure",
    ]
    assert next(fact for fact in facts if fact.code == "ckan-fact-token").params["user"] == name


def test_the_doctor_finds_nobody_at_home(portal: Portal, proxy: Proxy) -> None:
    proxy.when(lambda _: True, Drop(before=True))
    facts, findings = diagnose(_api(proxy.url, portal.editor_token), ["agency"])
    assert (_codes(facts), _codes(findings)) == (["ckan-fact-portal"], ["ckan-unsure"])


# --- in words ---------------------------------------------------------------------------------------------------------

PAGE = {"address": "https://portal.example/api", "status": 200, "text": "Sign in"}
DETAILS: dict[str, Any] = {"not-ckan": PAGE, "conflict": {"match": ["metadata_modified"]}}


@pytest.mark.parametrize("kind", ["forbidden", "missing", "conflict", "invalid", "too-large", "permanent", "not-ckan"])
def test_every_refusal_has_its_words(kind: Any) -> None:
    detail = DETAILS.get(
        kind, {"title": ["call 022 123 456 or ion@example.md"], "resources": [{}, {"url": ["x" * 99]}]}
    )
    (finding,) = explained(Refused(kind, "package_revise", detail), "wells").findings
    assert (finding.code, finding.dataset, finding.severity) == (f"ckan-{kind}", "wells", Severity.BLOCK)
    for language in LANGUAGES:
        text = finding.text(language)
        assert "ion@example.md" not in text
        assert "x" * 61 not in text


def test_a_refusal_names_every_field_with_its_fault() -> None:
    detail = {"title": ["Missing value"], "resources": [{}, {"url": ["Bad", "Long"]}], "name": []}
    (finding,) = explained(Refused("invalid", "package_create", detail)).findings
    assert finding.params["why"] == "title: Missing value; resources: url: Bad, Long"


def test_a_doubt_has_its_words() -> None:
    assert _codes(explained(Unsure("package_revise", "ReadTimeout", timeout=True)).findings) == ["ckan-timeout"]
    assert _codes(explained(Unsure("package_revise", "502 Bad Gateway")).findings) == ["ckan-unsure"]
