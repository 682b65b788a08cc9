"""`plan --save`, `apply`, `verify` and `doctor` at the real portal, as a person types them."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from pipelines.commands.apply import apply
from pipelines.commands.plan_file import read_plan
from pipelines.commands.workspace import Workspace
from pipelines.errors import UserError

if TYPE_CHECKING:
    from tests.portal.portal import Portal

ONE = "Loc,Nr\nValea Albă,3\nDealul Rece,5\n"
TWO = "Loc,Nr\nValea Albă,4\nDealul Rece,5\nSatul Nou,1\n"


@pytest.fixture
def office(desk: Any, portal: Portal, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A desk with a dataset and a token, from which one publishes to the portal."""
    monkeypatch.setenv("PUBLICA_CKAN_TOKEN", portal.editor_token)
    monkeypatch.setenv("PUBLICA_PORTAL", f"ckan:{portal.url}")
    monkeypatch.setenv("PUBLICA_ARCHIVE", str(desk.root / "archive"))
    desk.dataset(rows=ONE)
    return desk


def _saved(office: Any) -> dict[str, Any]:
    ran = office.run("plan", "--save", "plan.json")
    assert ran.code == 0, ran.said
    (told,) = json.loads((office.root / "plan.json").read_bytes())["datasets"]
    return told


def _applied(office: Any) -> Any:
    return office.run("apply", "plan.json", "--yes", "--json")


def _show(portal: Portal) -> dict[str, Any]:
    return portal.api("package_show", {"id": "wells"})


def _ids(show: dict[str, Any]) -> dict[str, str]:
    return {held["publica_key"]: held["id"] for held in show["resources"]}


def _codes(ran: Any) -> list[str]:
    return [finding["code"] for finding in ran.json[0]["findings"]]


def _second(office: Any) -> None:
    """Another version is to come."""
    (office.datapackages / "wells" / "source" / "rows.csv").write_text(TWO, "utf-8")


def test_a_plan_of_a_first_and_of_a_second_version_are_applied_as_they_were_saved(office: Any, portal: Portal) -> None:
    first = _saved(office)
    assert first["writes"][0]["action"] == "create"
    assert _applied(office).json[0]["status"] == "published"
    before = _show(portal)
    _second(office)
    second = _saved(office)
    assert {"announce", "switch", "replace"} <= {write["action"] for write in second["writes"]}
    assert _show(portal)["metadata_modified"] == before["metadata_modified"]
    ran = _applied(office)
    assert ran.code == 0, ran.said
    after = _show(portal)
    assert after["version"] == second["version"] == "1.1.0"
    assert _ids(before).items() <= _ids(after).items()
    files = {write["path"].removeprefix("wells/"): write for write in second["writes"] if "." in write["path"]}
    for held in after["resources"]:
        if told := files.pop(held["url"].rsplit("/", 1)[-1], None):
            content = httpx.get(held["url"], follow_redirects=True).content
            assert (len(content), hashlib.sha256(content).hexdigest()) == (told["bytes"], told["sha256"])
    assert files == {}
    again = _applied(office)
    assert (again.code, again.json[0]["status"]) == (0, "unchanged")
    assert office.run("verify").code == 0
    assert office.run("plan", "--json").json[0]["plan"] == []


def test_a_plan_made_twice_has_the_same_writes(office: Any) -> None:
    office.publish()
    _second(office)
    assert _saved(office)["writes"] == _saved(office)["writes"]


@pytest.mark.parametrize("what", ["field", "rollback", "source"])
def test_what_moved_since_the_plan_is_told_and_nothing_is_written(office: Any, portal: Portal, what: str) -> None:
    office.publish()
    _second(office)
    office.publish()
    (office.datapackages / "wells" / "source" / "rows.csv").write_text(TWO.replace("1\n", "8\n"), "utf-8")
    _saved(office)
    if what == "field":
        portal.api("package_patch", {"id": "wells", "title": "Mine"}, portal.editor_token)
    elif what == "rollback":
        assert office.run("rollback", "wells", "1.0.0", "--reason", "x", "--yes").code == 0
        assert office.run("release", "wells").code == 0
    else:
        _second(office)
    before, kept = _show(portal), office.tree("archive")
    ran = _applied(office)
    expected = {"field": "portal-metadata-edited", "rollback": "plan-moved-portal", "source": "plan-moved-source"}
    assert (ran.code, _codes(ran)) == (1, [expected[what]])
    assert _show(portal) == before
    assert office.tree("archive") == kept


def test_what_another_run_shows_while_the_person_thinks_is_found_right_before_writing(
    office: Any, portal: Portal
) -> None:
    office.publish()
    _second(office)
    office.publish()
    (office.datapackages / "wells" / "source" / "rows.csv").write_text(TWO.replace("1\n", "8\n"), "utf-8")
    _saved(office)
    workspace = Workspace(
        office.datapackages, office.root / "archive", f"ckan:{portal.url}", now=lambda: datetime.now(UTC)
    )
    file = read_plan(office.root / "plan.json", workspace.portal_name)

    def thinks(_question: object) -> bool:
        assert office.process("rollback", "wells", "1.0.0", "--reason", "x", "--yes").code == 0
        assert office.process("release", "wells").code == 0
        return True

    with pytest.raises(UserError) as refused:
        apply(workspace, file.plans[0], file.at, thinks)
    assert [finding.code for finding in refused.value.findings] == ["plan-moved-portal"]
    assert _show(portal)["version"] == "1.0.0"


def test_g8_a_row_and_a_file_changed_by_hand_are_found_by_a_look_at_all(office: Any, portal: Portal) -> None:
    office.publish()
    assert office.run("verify").out == "wells: 1.0.0 is public exactly as it was published\n"
    table = _ids(_show(portal))["rows/csv"]
    row = {"place": "Dealul Rece", "count": 6}
    edit = {"resource_id": table, "records": [row], "method": "update", "force": True}
    portal.api("datastore_upsert", edit, portal.editor_token)
    ran = office.run("verify", "--json")
    assert (ran.code, ran.json[0]["status"]) == (1, "differs")
    assert "Dealul Rece" in json.dumps(ran.json[0], ensure_ascii=False)


def test_the_doctor_says_what_the_portal_is_and_what_the_token_may(office: Any, portal: Portal) -> None:
    ran = office.run("doctor")
    assert ran.code == 0, ran.said
    for told in (f"portal: {portal.url}", "version: CKAN ", "DataStore: yes", "token: of pub", "clock: "):
        assert told in ran.out
    value = office.run("doctor", "--json").json
    assert (value["portal"], value["findings"]) == (portal.url, [])


def test_the_doctor_says_what_stands_in_the_way(office: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (office.datapackages / "_shared" / "organizations.yaml").open("a", encoding="utf-8").write(
        "nobody:\n  title: Nobody\n  translations: {ro: {title: Nimeni}, ru: {title: Никто}}\n"
        "  email: nobody@example.org\n  url: https://example.org\n"
    )
    office.edit("wells", "organization: age", "organization: nobody")
    monkeypatch.delenv("PUBLICA_ARCHIVE")
    ran = office.run("doctor", "--json")
    assert ran.code == 1
    assert [finding["code"] for finding in ran.json["findings"]] == ["ckan-organization-missing", "archive-not-placed"]
    monkeypatch.delenv("PUBLICA_CKAN_TOKEN")
    assert "ckan-no-token" in [finding["code"] for finding in office.run("doctor", "--json").json["findings"]]
    assert "In the way of publishing: 2" in office.run("doctor").out
