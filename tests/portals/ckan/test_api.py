"""What a portal is asked and told, on the real one; what goes wrong on the way goes wrong in a proxy in front of it."""

from __future__ import annotations

import hashlib
import json
import socket
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pipelines.errors import UserError
from pipelines.portals.ckan.api import Api, Refused, Unsure, Upload, jitter
from pipelines.portals.ckan.preflight import explained
from tests.portal.faults import Answer, Delay, Drop, Fault, Seen, Truncate
from tests.portal.proxy import Proxy, action
from tests.portal.wire import Reply

if TYPE_CHECKING:
    from tests.portal.portal import Portal

PROJECT = Path(__file__).resolve().parents[3]
WELLS: dict[str, Any] = {"name": "wells", "title": "Fântâni", "notes": "Invented", "owner_org": "agency"}
ROWS = "id,oraș\n1,Iași\n2,Бэлць\n".encode()
NO_ROOM = b'{"success": false, "error": {"__type": "Validation Error", "upload": ["File upload too large"]}}'

Jitter = Callable[[int], float]


def at_once(repeat: int) -> float:
    return 0


@dataclass
class Elsewhere(Fault):
    """The answer sends the client to another address."""

    location: str
    status: int = 301

    def on_request(self, seen: Seen) -> Reply | None:
        reply = Reply.of(self.status, b"<html>Moved</html>", "text/html")
        reply.head.put("Location", self.location)
        return reply


@dataclass
class Later(Fault):
    """The portal has too much to do, and says when to come back."""

    seconds: str

    def on_request(self, seen: Seen) -> Reply | None:
        reply = Reply.of(429, b"slow down", "text/plain")
        reply.head.put("Retry-After", self.seconds)
        return reply


@pytest.fixture
def open_api(portal: Portal, proxy: Proxy) -> Iterator[Callable[..., Api]]:
    """Makes an Api of the portal behind the proxy; the editor's, and one that does not pause, unless told otherwise."""
    opened: list[Api] = []

    def make(token: str | None = portal.editor_token, *, jitter: Jitter = at_once, timeout: float | None = None) -> Api:
        opened.append(Api(proxy.url, token, jitter=jitter, timeout=timeout))
        return opened[-1]

    yield make
    for api in opened:
        api.close()


@pytest.fixture
def api(open_api: Callable[..., Api]) -> Api:
    return open_api()


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    file = tmp_path / "rows.csv"
    file.write_bytes(ROWS)
    return file


def _upload(api: Api, file: Path, name: str = "rows.csv") -> dict[str, Any]:
    """Put a file into the dataset `wells`; the resource that came of it."""
    fields = {"match": {"name": "wells"}, "update__resources__extend": [{"name": "Orașe № 1", "format": "CSV"}]}
    told = api.tell("package_revise", fields, {"update__resources__-1__upload": Upload(file, name, "text/csv")})
    return told["package"]["resources"][-1]


def _trouble(call: Callable[[], object]) -> Refused | Unsure:
    with pytest.raises((Refused, Unsure)) as raised:
        call()
    error = raised.value
    assert isinstance(error, Refused | Unsure)
    return error


def _kind(call: Callable[[], object]) -> str:
    error = _trouble(call)
    assert isinstance(error, Refused), error
    assert explained(error, "wells").findings[0].dataset == "wells"
    return error.kind


# --- what is asked and told ------------------------------------------------------------------------------------------


def test_what_is_told_can_be_asked_and_all_of_it_is_counted(api: Api, proxy: Proxy) -> None:
    made = api.tell("package_create", WELLS)
    assert api.ask("package_show", id="wells")["id"] == made["id"]
    assert api.ask_as_stranger("package_show", id="wells")["title"] == "Fântâni"
    assert [(seen.action, seen.authorized) for seen in proxy.requests] == [
        ("package_create", True),
        ("package_show", True),
        ("package_show", False),
    ]
    assert (api.traffic.requests, api.traffic.writes) == (3, 1)
    assert api.traffic.bytes_sent == sum(seen.sent for seen in proxy.requests) > 0


def test_a_stranger_stays_one_beside_an_editor_on_the_same_connections(api: Api) -> None:
    api.tell("package_create", {**WELLS, "private": True})
    assert api.ask("package_show", id="wells")["private"]
    for _ in range(3):
        assert _kind(lambda: api.ask_as_stranger("package_show", id="wells")) == "forbidden"


def test_null_arrives_as_null(api: Api) -> None:
    api.tell("package_create", {**WELLS, "resources": [{"name": "a", "url": "", "publica_note": None}]})
    (resource,) = api.ask("package_show", id="wells")["resources"]
    columns = [{"id": "a", "type": "text"}, {"id": "b", "type": "text"}]
    table = {"resource_id": resource["id"], "force": True, "fields": columns, "records": [{"a": None, "b": ""}]}
    api.tell("datastore_create", {**table, "calculate_record_count": False})
    (row,) = api.ask_as_stranger("datastore_search", resource_id=resource["id"])["records"]
    assert (row["a"], row["b"]) == (None, "")


def test_a_form_that_would_lose_a_null_is_a_mistake_of_ours(api: Api, rows: Path, proxy: Proxy) -> None:
    with pytest.raises(ValueError, match="notes"):
        api.tell("package_revise", {"notes": None}, {"upload": Upload(rows, "rows.csv", "text/csv")})
    assert not proxy.requests


def test_a_file_arrives_whole_under_whatever_name(api: Api, rows: Path) -> None:
    api.tell("package_create", WELLS)
    resource = _upload(api, rows, 'Orașe "№ 1"; копия.csv')
    assert resource["name"] == "Orașe № 1"
    assert resource["size"] == len(ROWS)
    got, head = api.download(resource["url"]), api.head(resource["url"])
    assert (got.status, got.bytes, got.sha256) == (200, len(ROWS), hashlib.sha256(ROWS).hexdigest())
    assert (head.status, head.bytes, head.sha256, head.etag) == (200, len(ROWS), "", got.etag)
    assert got.etag


def test_several_threads_may_ask_at_once(api: Api) -> None:
    api.tell("package_create", WELLS)
    with ThreadPoolExecutor(8) as pool:
        shown = [pool.submit(api.ask, "package_show", id="wells") for _ in range(40)]
    assert [each.result()["name"] for each in shown] == ["wells"] * 40
    assert api.traffic.requests == 41


def test_a_table_is_read_as_it_comes(api: Api, proxy: Proxy, rows: Path) -> None:
    api.tell("package_create", WELLS)
    table = _upload(api, rows)["id"]
    records = [{"a": "007", "b": None}, {"a": "Бэлць", "b": "1.10"}]
    columns = [{"id": "a", "type": "text"}, {"id": "b", "type": "numeric"}]
    told = {"resource_id": table, "force": True, "fields": columns, "records": records}
    api.tell("datastore_create", {**told, "calculate_record_count": False})
    with api.dump(table) as pieces:
        assert json.loads(b"".join(pieces))["records"] == [[1, "007", None], [2, "Бэлць", 1.10]]
    with api.dump(table, format="csv") as pieces:
        assert "2,Бэлць,1.10" in b"".join(pieces).decode()
    proxy.when(lambda seen: "/dump/" in seen.path, Truncate(30))

    def half() -> None:
        with api.dump(table) as pieces:
            b"".join(pieces)

    assert isinstance(_trouble(half), Unsure)


def test_names_are_encoded_in_addresses(api: Api, proxy: Proxy) -> None:
    def read() -> None:
        with api.dump("../no/such ș?x=1"):
            pass

    assert _kind(read) == "missing"
    assert proxy.requests[-1].path == "/datastore/dump/..%2Fno%2Fsuch%20%C8%99%3Fx%3D1?format=json"
    assert api.head(f"{proxy.url}/dataset/no such ș").status == 404
    assert proxy.requests[-1].path == "/dataset/no%20such%20%C8%99"


def test_a_gigabyte_needs_no_memory(portal: Portal, tmp_path: Path, api: Api) -> None:
    """With a fifth of it: memory that grew with the file would show."""
    api.tell("package_create", WELLS)
    big = tmp_path / "big.csv"
    with big.open("wb") as file:
        file.truncate(200_000_000)
    code = """if True:
        import re, sys
        from pathlib import Path
        from pipelines.portals.ckan.api import Api, Upload
        def peak(): return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
        api = Api(sys.argv[1], sys.stdin.read())
        match = {"match": {"name": "wells"}, "update__resources__extend": [{"name": "big"}]}
        api.ask("package_show", id="wells")
        before = peak()
        upload = {"update__resources__-1__upload": Upload(Path(sys.argv[2]), "big.csv", "text/csv")}
        told = api.tell("package_revise", match, upload)
        got = api.download(told["package"]["resources"][0]["url"])
        print(peak() - before, got.bytes, api.traffic.bytes_sent > 200_000_000)
    """
    words = [sys.executable, "-c", code, portal.url, str(big)]
    done = subprocess.run(words, cwd=PROJECT, input=portal.editor_token, capture_output=True, text=True, check=True)
    grown, length, counted = done.stdout.split()
    assert int(grown) < 60_000, "kB"
    assert (length, counted) == ("200000000", "True")


def test_nothing_slow_is_imported_before_the_first_request() -> None:
    code = """if True:
        import sys
        from pipelines.portals.ckan.api import Api
        Api("https://portal.example", "token")
        print([name for name in ("httpx", "ckanapi", "requests") if name in sys.modules])
    """
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# --- what may pass is asked again, and nothing is told twice ----------------------------------------------------------

PASSING: dict[str, Fault] = {
    "hung up": Drop(before=True),
    "hung up afterwards": Drop(before=False),
    "half an answer": Truncate(20),
    "half an answer that says it is whole": Truncate(20, lying=False),
    "bad gateway": Answer(502),
    "gateway timed out afterwards": Answer(504, before=False),
    "internal error": Answer(
        500, b'{"success": false, "error": {"__type": "Internal Server Error"}}', "application/json"
    ),
    "slow down": Later("0"),
}


@pytest.mark.parametrize("fault", PASSING)
def test_a_question_is_asked_again(api: Api, proxy: Proxy, fault: str) -> None:
    api.tell("package_create", WELLS)
    proxy.clear()
    proxy.when(action("package_show"), PASSING[fault], times=4)
    assert api.ask("package_show", id="wells")["name"] == "wells"
    assert len(proxy.requests) == 5


@pytest.mark.parametrize("fault", PASSING)
def test_a_question_is_given_up_in_the_end(api: Api, proxy: Proxy, fault: str) -> None:
    api.tell("package_create", WELLS)
    proxy.clear()
    proxy.when(action("package_show"), PASSING[fault])
    assert isinstance(_trouble(lambda: api.ask("package_show", id="wells")), Unsure)
    assert len(proxy.requests) == 5


@pytest.mark.parametrize("fault", PASSING)
def test_a_write_is_never_sent_twice(api: Api, proxy: Proxy, fault: str) -> None:
    proxy.when(action("package_create"), PASSING[fault])
    assert isinstance(_trouble(lambda: api.tell("package_create", WELLS)), Unsure)
    assert [seen.action for seen in proxy.requests] == ["package_create"]
    assert (api.traffic.requests, api.traffic.writes) == (1, 1)


def test_a_connection_that_died_unused_does_not_repeat_a_write(api: Api, proxy: Proxy, portal: Portal) -> None:
    """The pool may hold connections that the portal has closed meanwhile: the write goes out once, or not at all."""
    api.tell("package_create", WELLS)
    portal.web.restart()
    change = {"match": {"name": "wells"}, "update": {"notes": "new"}}
    assert api.tell("package_revise", change)["package"]["notes"] == "new"
    assert [seen.action for seen in proxy.requests] == ["package_create", "package_revise"]


def test_a_slow_answer_is_waited_for_twice(open_api: Callable[..., Api], proxy: Proxy) -> None:
    api = open_api(timeout=0.3)
    proxy.when(action("status_show"), Delay(1.5))
    error = _trouble(lambda: api.ask("status_show"))
    assert isinstance(error, Unsure)
    assert error.timeout
    assert len(proxy.requests) == 2
    assert [finding.code for finding in explained(error).findings] == ["ckan-timeout"]


def test_how_long_to_wait_is_set_by_the_environment(
    open_api: Callable[..., Api], proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUBLICA_CKAN_TIMEOUT", "0.2")
    proxy.when(action("status_show"), Delay(1))
    assert isinstance(_trouble(lambda: open_api().ask("status_show")), Unsure)
    monkeypatch.setenv("PUBLICA_CKAN_TIMEOUT", "soon")
    with pytest.raises(UserError) as raised:
        open_api()
    assert [finding.code for finding in raised.value.findings] == ["ckan-seconds"]


def test_the_portal_says_when_to_come_back(api: Api, proxy: Proxy) -> None:
    proxy.when(action("status_show"), Later("1"), times=1)
    began = time.monotonic()
    api.ask("status_show")
    assert time.monotonic() - began >= 1
    proxy.when(action("status_show"), Later("3600"))
    proxy.clear()
    assert isinstance(_trouble(lambda: api.ask("status_show")), Unsure)
    assert len(proxy.requests) == 1


def test_pauses_are_random_and_grow(open_api: Callable[..., Api], proxy: Proxy) -> None:
    asked: list[int] = []

    def pause(repeat: int) -> float:
        asked.append(repeat)
        return 0

    api = open_api(jitter=pause)
    proxy.when(action("status_show"), Answer(503))
    _trouble(lambda: api.ask("status_show"))
    assert asked == [1, 2, 3, 4]
    assert len({jitter(1) for _ in range(20)}) == 20
    assert all(0.2 <= jitter(1) <= 1 and 0.2 <= jitter(4) <= 8 for _ in range(100))


def test_nobody_listens(open_api: Callable[..., Api]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    api = Api(f"http://127.0.0.1:{port}", jitter=at_once)
    for call in (lambda: api.ask("status_show"), lambda: api.tell("package_create", WELLS)):
        assert isinstance(_trouble(call), Unsure)
    assert api.traffic.requests == 6


def test_a_portal_without_its_index_is_in_doubt_and_changes_nothing(portal: Portal, api: Api) -> None:
    portal.solr.stop()
    assert isinstance(_trouble(lambda: api.tell("package_create", WELLS)), Unsure)
    assert _kind(lambda: api.ask("package_show", id="wells")) == "missing"


# --- what will not pass -----------------------------------------------------------------------------------------------


def test_what_the_portal_refuses_is_sorted(api: Api, open_api: Callable[..., Api], proxy: Proxy) -> None:
    api.tell("package_create", WELLS)
    stale = {"match": {"name": "wells", "metadata_modified": "2020-01-01T00:00:00"}, "update": {"notes": "x"}}
    long = [{"key": "long", "value": "ă" * 20_000}]
    assert _kind(lambda: api.tell("package_revise", stale)) == "conflict"
    assert _kind(lambda: api.tell("package_create", WELLS)) == "invalid"
    assert _kind(lambda: api.tell("package_create", {**WELLS, "name": "long", "extras": long})) == "permanent"
    assert _kind(lambda: api.ask("package_show", id="none")) == "missing"
    assert _kind(lambda: api.ask("no_such_action")) == "invalid"
    assert _kind(lambda: open_api("unknown").tell("package_create", {**WELLS, "name": "mine"})) == "forbidden"
    proxy.clear()
    assert _kind(lambda: api.ask("package_show", id="none")) == "missing"
    assert len(proxy.requests) == 1, "an answer that will not change is not asked for again"


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Answer(200), "not-ckan"),
        (Answer(404), "not-ckan"),
        (Answer(200, b'{"answer": 42}', "application/json"), "not-ckan"),
        (Answer(200, b'{"success": true}', "application/json"), "not-ckan"),
        (Answer(200, b"[]", "application/json"), "not-ckan"),
        (Answer(403), "forbidden"),
        (Answer(413), "too-large"),
        (Answer(409, NO_ROOM, "application/json"), "too-large"),
    ],
    ids=str,
)
def test_what_others_answer_in_its_place_is_sorted(api: Api, proxy: Proxy, fault: Fault, kind: str) -> None:
    proxy.when(action("package_show", "package_create"), fault)
    assert _kind(lambda: api.ask("package_show", id="wells")) == kind
    assert _kind(lambda: api.tell("package_create", WELLS)) == kind
    assert len(proxy.requests) == 2


def test_a_form_that_the_portal_would_not_read_is_not_sent(api: Api, rows: Path, proxy: Proxy) -> None:
    api.tell("package_create", WELLS)
    proxy.clear()
    upload = {"update__resources__-1__upload": Upload(rows, "rows.csv", "text/csv")}
    fields: dict[str, Any] = {"match": {"name": "wells"}, "update__resources__extend": [{"name": "a"}]}
    room = 500_000 - len(json.dumps({"notes": ""}))
    assert (
        _kind(lambda: api.tell("package_revise", {**fields, "update": {"notes": "x" * (room + 1)}}, upload))
        == "too-large"
    )
    many = {f"update__resources__{n}__name": "a" for n in range(1_000)}
    assert _kind(lambda: api.tell("package_revise", {**fields, **many}, upload)) == "too-large"
    assert not proxy.requests
    told = api.tell("package_revise", {**fields, "update": {"notes": "x" * room}}, upload)
    assert len(told["package"]["notes"]) == room


def test_files_that_strangers_do_not_get(api: Api, rows: Path, proxy: Proxy) -> None:
    api.tell("package_create", {**WELLS, "private": True})
    url = _upload(api, rows)["url"].replace(proxy.url, "")
    assert _kind(lambda: api.download(url)) in ("forbidden", "missing")
    assert api.head(url).status in (401, 403, 404)
    assert _kind(lambda: api.download("/dataset/none/resource/none/download/none.csv")) == "missing"


# --- sent elsewhere ---------------------------------------------------------------------------------------------------


def test_a_question_or_a_write_follows_no_redirect(api: Api, proxy: Proxy, portal: Portal) -> None:
    there = f"https://portal.example/ckan/api/action/package_create?{portal.editor_token}"
    proxy.when(lambda _: True, Elsewhere(there))
    for call in (lambda: api.ask("package_show", id="wells"), lambda: api.tell("package_create", WELLS)):
        error = _trouble(call)
        assert isinstance(error, Refused)
        assert error.kind == "not-ckan"
        assert portal.editor_token not in str(error)
        (finding,) = explained(error).findings
        assert (finding.code, finding.params) == ("ckan-redirect", {"address": "https://portal.example/ckan"})
    assert len(proxy.requests) == 2


def test_a_download_follows_redirects_on_its_own_host_only(api: Api, rows: Path, proxy: Proxy, portal: Portal) -> None:
    api.tell("package_create", WELLS)
    path = _upload(api, rows)["url"].removeprefix(portal.public_url)
    proxy.when(lambda seen: seen.path == "/moved", Elsewhere(path, 302))
    assert api.download("/moved").sha256 == hashlib.sha256(ROWS).hexdigest()
    there = f"http://localhost:{portal.port}{path}"
    proxy.when(lambda seen: seen.path == "/far", Elsewhere(there, 302))
    error = _trouble(lambda: api.download("/far"))
    assert isinstance(error, Refused)
    (finding,) = explained(error).findings
    assert (finding.code, finding.params) == ("ckan-elsewhere", {"address": there})
    proxy.when(lambda seen: seen.path == "/round", Elsewhere("/round", 302))
    assert _kind(lambda: api.download("/round")) == "not-ckan"


# --- the token --------------------------------------------------------------------------------------------------------


def test_a_token_appears_nowhere(api: Api, portal: Portal, proxy: Proxy, rows: Path) -> None:
    """Whatever goes wrong, also where a page repeats the request's headers, and with all variables of the trace."""
    token = portal.editor_token
    echo = f"<html>Authorization: {token}</html>".encode()
    said = json.dumps({"success": False, "error": {"__type": "Validation Error", "name": [token]}}).encode()
    denied = json.dumps({"success": False, "error": {"__type": "Authorization Error", "message": token}}).encode()
    faults: list[Fault] = [Answer(status, echo) for status in (200, 403, 404, 413, 429, 500, 502)]
    faults += [Answer(status, echo, "application/json") for status in (400, 500)]
    faults += [Answer(409, said, "application/json"), Answer(403, denied, "application/json")]
    faults += [Answer(400, json.dumps(token).encode(), "application/json")]
    faults += [*PASSING.values(), Elsewhere("https://portal.example")]
    upload = {"upload": Upload(rows, "rows.csv", "text/csv")}
    calls: list[Callable[[], object]] = [
        lambda: api.ask("package_show", id="wells"),
        lambda: api.tell("package_create", WELLS),
        lambda: api.tell("package_revise", {"match": {"name": "wells"}}, upload),
        lambda: api.download("/dataset/wells/download/x"),
    ]
    for fault in faults:
        proxy.rules.clear()
        proxy.when(lambda _: True, fault)
        for call in calls[:3] if fault == Answer(200, echo) else calls:  # a page instead of a file is bytes
            error = _trouble(call)
            trace = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
            assert "in _trouble" in trace
            finding = explained(error).findings[0]
            for text in (str(error), repr(error), repr(vars(error)), repr(error.__context__), trace, repr(finding)):
                assert token not in text, fault
    assert token not in repr(api)
    assert token not in repr(vars(api))


@pytest.mark.parametrize("token", ["two words", "Ключ", "a\nb", "a\x00b", '"quoted"'])
def test_a_garbled_token_is_refused_and_not_shown(token: str) -> None:
    with pytest.raises(UserError) as raised:
        Api("https://portal.example", token)
    assert [finding.code for finding in raised.value.findings] == ["ckan-token-garbled"]
    assert token not in str(raised.value)


def test_white_space_around_a_token_is_nothing(portal: Portal, open_api: Callable[..., Api]) -> None:
    assert open_api(f" {portal.editor_token}\n").ask("user_show")["name"] == "pub"


@pytest.mark.parametrize(
    "address",
    ["", "portal.example", "ftp://portal.example", "https://", "https://u:secret@portal.example", "https://a.b/?x=1",
     "https://a.b/#x", "https://a .b", "https://a.b:port"],
)  # fmt: skip
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(UserError) as raised:
        Api(address)
    assert [finding.code for finding in raised.value.findings] == ["ckan-address"]
    assert "secret" not in str(raised.value)


def test_a_slash_at_the_end_of_an_address_is_nothing(proxy: Proxy) -> None:
    api = Api(f"{proxy.url}/")
    api.ask("status_show")
    assert proxy.requests[0].path == "/api/action/status_show"
