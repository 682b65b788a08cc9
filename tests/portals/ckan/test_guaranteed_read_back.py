"""What was published is what was built (G9): a portal that lies to strangers is found out, and the last good version is
back. A proxy lies, in front of all that strangers ask for; what is really there is looked at behind it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from pipelines.errors import UserError
from tests.portal.api import RefusedError
from tests.portal.faults import Answer, Fault, Replace, Seen, Truncate
from tests.portal.proxy import Proxy
from tests.portals.ckan.officer import Officer, Table, current, desk_at, extras

if TYPE_CHECKING:
    from tests.portal.portal import Portal

FIELDS = {"place": "string", "depth": "integer"}
OLD = {"wells": Table(FIELDS, [("Valea Albă", 3), ("Dealul Rece", 5)])}
NEW = {"wells": Table(FIELDS, [("Valea Albă", 4), ("Dealul Rece", 5), ("Satul Nou", 7)])}


@dataclass(frozen=True)
class Lie:
    """Told to strangers who ask for what matches, once something was written; so often."""

    about: Callable[[Seen], bool]
    fault: Fault
    times: int | None = None


def download(seen: Seen) -> bool:
    return seen.path.endswith("/download/wells.csv")


def zipped(seen: Seen) -> bool:
    return seen.path.endswith(".zip")


def described(seen: Seen) -> bool:
    return seen.action == "package_show" and not seen.authorized


def searched(seen: Seen) -> bool:
    return seen.action == "datastore_search" and not seen.authorized


def changed(change: Callable[[dict[str, Any]], object]) -> Replace:
    """Another answer to `package_show`."""

    def lie(body: bytes) -> bytes:
        answer = json.loads(body)
        change(answer["result"])
        return json.dumps(answer).encode()

    return Replace(lie)


def untyped(body: bytes) -> bytes:
    return body.replace(b'"int8"', b'"text"')


LIES = {
    "a truncated file": Lie(download, Truncate(20, lying=False)),
    "a truncated zip": Lie(zipped, Truncate(200, lying=False)),
    "a page instead of the file": Lie(download, Answer(200)),
    "stale bytes": Lie(download, Replace(lambda _: OLD["wells"].source().encode())),
    "a file that is not there": Lie(download, Answer(404)),
    "a type is dropped": Lie(described, changed(lambda told: told["resources"][0].pop("mimetype"))),
    "an extra is dropped": Lie(described, changed(lambda told: told["extras"].pop(2))),
    "a file is dropped": Lie(described, changed(lambda told: told["resources"].pop())),
    "an old title": Lie(described, changed(lambda told: told.update(title="Old"))),
    "another value": Lie(searched, Replace(lambda body: body.replace(b",7\\n", b",8\\n")), times=5),
    "a stale value": Lie(searched, Replace(lambda body: body.replace(b",4\\n", b",3\\n")), times=5),
    "another type": Lie(searched, Replace(untyped), times=5),
}


@pytest.fixture(scope="module")
def office(exposed: Proxy, running_portal: Portal, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Officer]:
    """Publishes through the same proxy that strangers pass."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PUBLICA_CKAN_TOKEN", running_portal.editor_token)
        patch.setattr("pipelines.portals.ckan.rows.jitter", lambda _: 0.0)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType] - a stub
        patch.setattr("pipelines.portals.ckan.sending.WAITS", (0.0,) * 4)
        yield Officer(desk_at(tmp_path_factory.mktemp("office")), running_portal, exposed)


@pytest.fixture
def officer(office: Officer) -> Officer:
    """Nothing is published."""
    office.front.rules.clear()
    office.portal.reset()
    shutil.rmtree(office.desk.root / "archive", ignore_errors=True)
    return office


STATES: list[dict[str, Any]] = []  # what the last good version was


@pytest.fixture
def good(office: Officer, request: pytest.FixtureRequest) -> dict[str, Any]:
    """One version is published, and left in its place by each test."""
    office.front.rules.clear()
    try:
        if really(office) == STATES[-1]:
            return STATES[-1]
    except (RefusedError, IndexError):
        pass
    request.getfixturevalue("officer").show(OLD)
    STATES.append(really(office))
    return STATES[-1]


def really(officer: Officer) -> dict[str, Any]:
    """What is there behind the proxy: words, bytes, rows."""
    dataset = officer.dataset()
    found: dict[str, Any] = {"version": dataset["version"], "title": dataset["title"], "extras": extras(dataset)}
    for held in dataset["resources"]:
        bare = {key: value for key, value in held.items() if key not in ("metadata_modified", "last_modified")}
        found[held["publica_key"]] = bare, officer.digest(held["url"].replace(officer.front.url, officer.portal.url))
    for held in current(dataset["resources"]):
        if held["datastore_active"]:
            found[held["id"]] = officer.rows(held["id"])
    return found


@pytest.mark.parametrize("lie", LIES)
def test_g9_what_does_not_read_back_puts_the_last_good_version_back(
    office: Officer, good: dict[str, Any], lie: str
) -> None:
    told = LIES[lie]
    office.declare(NEW)

    def late(seen: Seen) -> bool:
        return told.about(seen) and any(before.is_write for before in office.front.requests)

    rule = office.front.when(late, told.fault, times=told.times)
    with pytest.raises(UserError) as error:
        office.publish()
    assert rule.met
    assert {"portal-read-back", "ckan-table-unequal"} & {finding.code for finding in error.value.findings}
    assert "package_revise" in office.written
    assert really(office) == good


def test_g9_a_version_that_was_put_back_stops_nothing(office: Officer, good: dict[str, Any]) -> None:
    office.declare(NEW)
    office.front.when(download, Answer(200))
    with pytest.raises(UserError):
        office.publish()
    assert really(office) == good
    office.front.rules.clear()
    assert office.publish().status == "published"
    assert office.rows(office.resource("wells/csv")["id"]) == NEW["wells"].shown()
    assert office.verify() == []


def test_g9_a_first_publication_that_does_not_read_back_is_shown_to_nobody(officer: Officer) -> None:
    officer.declare(OLD)
    officer.front.when(download, Answer(200))
    with pytest.raises(UserError) as error:
        officer.publish()
    assert "portal-read-back" in {finding.code for finding in error.value.findings}
    found = officer.portal.api("package_search", {"fq": "name:wells"})
    assert found["count"] == 0
    officer.front.rules.clear()
    assert officer.publish().status == "published"
    assert officer.verify() == []


def test_g9_a_download_that_breaks_off_is_asked_for_again(officer: Officer) -> None:
    officer.show(OLD)
    officer.declare(NEW)
    rule = officer.front.when(download, Truncate(20), times=1)
    assert officer.publish().status == "published"
    assert rule.met == 2


def test_g9_what_nobody_could_read_back_is_read_back_by_the_next_run(
    officer: Officer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The portal falls silent just after the switch; then a file is not what it was to be."""
    monkeypatch.setattr("pipelines.portals.ckan.api.REPEATS", 1)
    officer.show(OLD)
    officer.declare(NEW)
    officer.front.when(download, Truncate(20))
    with pytest.raises(UserError) as error:
        officer.publish()
    assert {finding.code for finding in error.value.findings} == {"ckan-unsure"}
    officer.front.rules.clear()
    officer.front.when(download, Answer(200))
    with pytest.raises(UserError) as error:
        officer.publish()
    assert [finding.params["path"] for finding in error.value.findings] == ["wells/wells/csv"]
    officer.front.rules.clear()
    assert officer.publish().status == "published"
    assert officer.verify() == []
