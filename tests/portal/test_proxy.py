"""The proxy itself, in front of a small server that echoes: what passes unchanged, and that each fault does what it
says. CKAN is not stood in for; what the proxy does to the real one is in the tests of the guarantees."""

from __future__ import annotations

import hashlib
import socket
import threading
import time
import tracemalloc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.portal.echo import Echo, Quiet
from tests.portal.faults import Answer, Call, Delay, Drop, Replace, Seen, Truncate
from tests.portal.proxy import Proxy, action, writes

REVISE, SHOW = "/api/3/action/package_revise", "/api/3/action/package_show"


@pytest.fixture
def echo() -> Iterator[Quiet]:
    handler = type("Handler", (Echo,), {"done": list[str]()})
    with Quiet(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def proxy(echo: Quiet) -> Iterator[Proxy]:
    with Proxy(f"http://127.0.0.1:{echo.server_port}") as proxy:
        yield proxy


@pytest.fixture
def client(proxy: Proxy) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=proxy.url, trust_env=False, timeout=10) as client:
        yield client


def done(echo: Quiet) -> list[str]:
    handler: Any = echo.RequestHandlerClass
    return handler.done


def pieces(count: int) -> Iterator[bytes]:
    return (bytes([n % 251]) * 100_000 for n in range(count))


def test_what_is_sent_arrives_with_the_host_it_was_addressed_to(proxy: Proxy, client: httpx.Client) -> None:
    body = b"".join(pieces(30))
    expected = f"{len(body)} {hashlib.sha256(body).hexdigest()} {proxy.url.removeprefix('http://')}"
    assert client.post(REVISE, content=body).text == expected
    assert client.post(REVISE, content=pieces(30)).text == expected  # chunked
    assert [seen.sent for seen in proxy.requests] == [len(body)] * 2


def test_every_way_to_end_an_answer_passes(client: httpx.Client) -> None:
    assert client.get("/plain").text == "/plain"
    assert client.get("/chunked").text == "onetwo"
    assert client.get("/until-closed").text == "/until-closed"
    head = client.head("/plain")
    assert (head.headers["Content-Length"], head.content) == ("1000", b"")
    assert client.get("/plain").text == "/plain"


def test_a_client_keeps_its_connection(proxy: Proxy) -> None:
    with (
        socket.create_connection(("127.0.0.1", int(proxy.url.rpartition(":")[2]))) as raw,
        raw.makefile("rb") as stream,
    ):
        for _ in range(3):
            raw.sendall(b"GET /plain HTTP/1.1\r\nHost: a\r\n\r\n")
            assert stream.readline() == b"HTTP/1.1 200 OK\r\n"
            while stream.readline() != b"\r\n":
                pass
            assert stream.read(6) == b"/plain"


def test_who_asks_whether_to_go_on_is_told_to(proxy: Proxy) -> None:
    with (
        socket.create_connection(("127.0.0.1", int(proxy.url.rpartition(":")[2]))) as raw,
        raw.makefile("rb") as stream,
    ):
        raw.sendall(b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
        assert stream.readline() == b"HTTP/1.1 100 Continue\r\n"
        stream.readline()
        raw.sendall(b"abc")
        assert stream.readline() == b"HTTP/1.1 200 OK\r\n"


def test_a_large_upload_takes_little_memory(client: httpx.Client) -> None:
    tracemalloc.start()
    size = int(client.post(REVISE, content=pieces(2000)).text.split()[0])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size == 200_000_000
    assert peak < 5_000_000


def test_an_answer_before_the_end_of_the_upload_arrives(client: httpx.Client) -> None:
    assert client.post("/refuse", content=b"".join(pieces(200))).status_code == 413


def test_requests_are_recorded_but_never_a_token(proxy: Proxy, client: httpx.Client) -> None:
    client.post(REVISE, content=b"12345", headers={"Authorization": "very-secret"})
    client.get(SHOW, params={"id": "paralegals"})
    client.post("/solr/ckan/update/?commit=true", content=b"<add/>")
    proxy.settle()
    first, second, third = proxy.requests
    assert (first.method, first.action, first.is_write, first.sent, first.authorized) == (
        "POST", "package_revise", True, 5, True,
    )  # fmt: skip
    assert (second.path, second.action, second.is_write, second.authorized) == (
        f"{SHOW}?id=paralegals", "package_show", False, False,
    )  # fmt: skip
    assert (third.action, third.is_write) == ("", True)
    assert first.status == first.portal_status == 200
    assert first.forwarded and first.answered and first.ended
    assert first.started <= first.forwarded <= first.answered <= first.ended
    assert "very-secret" not in repr(vars(first))
    proxy.clear()
    assert proxy.requests == []


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("package_create", True),
        ("package_patch", True),
        ("package_delete", True),
        ("resource_view_create", True),
        ("datastore_upsert", True),
        ("datastore_records_delete", True),
        ("package_show", False),
        ("package_search", False),
        ("datastore_search", False),
        ("organization_list_for_user", False),
        ("status_show", False),
    ],
)
def test_writes_are_told_by_the_name_of_the_action(name: str, expected: bool) -> None:
    seen = Seen.of("POST", f"/api/3/action/{name}", False, 0, threading.Event())
    assert seen.is_write is expected


def test_a_dropped_request_never_reaches_the_portal(echo: Quiet, proxy: Proxy, client: httpx.Client) -> None:
    proxy.when(writes, Drop(before=True))
    with pytest.raises(httpx.TransportError):
        client.post(REVISE, content=b"x")
    assert done(echo) == []
    assert proxy.requests[0].forwarded is None
    assert client.get(SHOW).status_code == 200


def test_a_dropped_answer_leaves_the_work_done(echo: Quiet, proxy: Proxy, client: httpx.Client) -> None:
    proxy.when(writes, Drop(before=False))
    with pytest.raises(httpx.RemoteProtocolError):
        client.post(REVISE, content=b"x")
    assert done(echo) == [REVISE]
    assert (proxy.requests[0].portal_status, proxy.requests[0].status) == (200, None)


def test_another_answers_instead_of_the_portal_or_after_it(echo: Quiet, proxy: Proxy, client: httpx.Client) -> None:
    proxy.when(action("package_revise"), Answer(413, b"<html>"), times=1)
    proxy.when(action("package_revise"), Answer(504, before=False), first=1, times=1)
    large = client.post(REVISE, content=b"".join(pieces(20)))
    assert (large.status_code, large.text, large.headers["Content-Type"]) == (413, "<html>", "text/html; charset=utf-8")
    assert done(echo) == []
    assert client.post(REVISE).status_code == 504
    assert done(echo) == [REVISE]
    assert client.post(REVISE).status_code == 200


def test_an_answer_is_cut_openly_or_in_secret(proxy: Proxy, client: httpx.Client) -> None:
    rule = proxy.when(action("package_show"), Truncate(4, lying=True))
    with pytest.raises(httpx.RemoteProtocolError):
        client.get(SHOW)
    rule.fault = Truncate(4, lying=False)
    assert client.get(SHOW).text == "/api"


def test_a_chunked_answer_is_cut_too(proxy: Proxy, client: httpx.Client) -> None:
    rule = proxy.when(lambda seen: seen.path == "/chunked", Truncate(4, lying=True))
    with pytest.raises(httpx.RemoteProtocolError):
        client.get("/chunked")
    rule.fault = Truncate(4, lying=False)
    assert client.get("/chunked").text == "onet"


def test_an_answer_is_replaced(proxy: Proxy, client: httpx.Client) -> None:
    proxy.when(action("package_show"), Replace(lambda body: body.replace(b"show", b"hide!")))
    assert client.get(SHOW).text == "/api/3/action/package_hide!"


def test_a_delay_waits_before_or_after(proxy: Proxy, client: httpx.Client) -> None:
    proxy.when(action("package_show"), Delay(0.2), times=1)
    proxy.when(action("package_show"), Delay(0.2, before=True), first=1)
    client.get(SHOW)
    client.get(SHOW)
    proxy.settle()
    after, before = proxy.requests
    assert after.forwarded and after.answered and after.ended and before.forwarded
    assert after.forwarded - after.started < 0.1 < after.ended - after.answered
    assert before.forwarded - before.started > 0.1


def test_something_happens_before_or_after_the_portal_did_its_work(
    echo: Quiet, proxy: Proxy, client: httpx.Client
) -> None:
    known: list[list[str]] = []
    proxy.when(writes, Call(lambda _: known.append([*done(echo)])))
    proxy.when(writes, Call(lambda _: known.append([*done(echo)]), before=False))
    client.post(REVISE)
    assert known == [[], [REVISE]]


def test_a_rule_meets_only_the_requests_it_was_made_for(proxy: Proxy, client: httpx.Client) -> None:
    proxy.when(lambda seen: seen.path == "/b", Answer(429), first=1, times=2)
    statuses = [client.get(path).status_code for path in ("/b", "/a", "/b", "/b", "/a", "/b")]
    assert statuses == [200, 200, 429, 429, 200, 200]
    proxy.rules.clear()
    assert client.get("/b").status_code == 200


def test_a_portal_that_is_not_there_is_not_answered_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with Proxy(f"http://127.0.0.1:{port}") as proxy, pytest.raises(httpx.RemoteProtocolError):
        httpx.get(proxy.url)
    assert proxy.requests[0].status is None


def test_a_client_that_dies_in_its_upload_prints_nothing(
    echo: Quiet, proxy: Proxy, client: httpx.Client, capfd: pytest.CaptureFixture[str]
) -> None:
    with socket.create_connection(("127.0.0.1", int(proxy.url.rpartition(":")[2]))) as raw:
        raw.sendall(b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nabc")
    while not proxy.requests:
        time.sleep(0.01)
    proxy.settle(5)
    assert client.get("/b").status_code == 200
    assert done(echo) == ["/b"]
    assert capfd.readouterr() == ("", "")


def test_many_clients_at_once_are_all_served_and_all_counted(proxy: Proxy) -> None:
    def ask(number: int) -> str:
        return httpx.get(f"{proxy.url}/{number}", trust_env=False).text

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(100))) == [f"/{number}" for number in range(100)]
    assert sorted(seen.path for seen in proxy.requests) == sorted(f"/{number}" for number in range(100))


def test_the_end_frees_port_and_threads_also_from_a_fault_that_waits(echo: Quiet) -> None:
    before = threading.active_count()
    with Proxy(f"http://127.0.0.1:{echo.server_port}") as proxy:
        proxy.when(writes, Delay(600))
        with httpx.Client(trust_env=False) as client, pytest.raises(httpx.ReadTimeout):
            client.post(proxy.url + REVISE, timeout=0.2)
        idle = socket.create_connection(("127.0.0.1", int(proxy.url.rpartition(":")[2])))
    with idle, socket.create_server(("127.0.0.1", int(proxy.url.rpartition(":")[2]))):
        assert threading.active_count() <= before + 1  # the small server may keep one for its last client


def test_a_fault_that_fails_itself_fails_the_test(echo: Quiet) -> None:
    def broken(_: Seen) -> None:
        raise AssertionError("the rule was wrong")

    with (
        pytest.raises(AssertionError, match="the rule was wrong"),
        Proxy(f"http://127.0.0.1:{echo.server_port}") as proxy,
    ):
        proxy.when(writes, Call(broken))
        with pytest.raises(httpx.RemoteProtocolError):
            httpx.post(proxy.url + REVISE, trust_env=False)
