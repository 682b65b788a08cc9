from __future__ import annotations

import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from pipelines.archive.archive import Archive
from pipelines.findings import Finding, Place
from pipelines.sources.origins.addresses import is_open
from pipelines.sources.origins.url import Limits, fetch_url
from pipelines.sources.snapshot import Snapshot

Answer = Callable[[BaseHTTPRequestHandler], None]
Web = tuple[str, dict[str, Answer]]
Fetching = Callable[..., Snapshot]
Refusal = Callable[[Callable[[], object]], list[Finding]]


def says(body: bytes, status: int = 200, **headers: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def test_what_is_at_an_address_is_kept(fetching: Fetching, web: Web) -> None:
    home, answers = web
    answers["/a/date%20noi.csv"] = says(b"a,b\n1,2\n", Content_Type="text/csv")
    snapshot = fetching(path=f"{home}/a/date%20noi.csv?token=abc#x")
    assert snapshot.path.read_bytes() == b"a,b\n1,2\n"
    assert snapshot.name == "date noi.csv"
    assert snapshot.origin == f"{home}/a/date noi.csv?…"


def test_the_server_is_told_the_name_it_was_called_by_and_credentials_only_there(fetching: Fetching, web: Web) -> None:
    home, answers = web
    heard: list[tuple[str | None, str | None]] = []

    def listen(handler: BaseHTTPRequestHandler) -> None:
        heard.append((handler.headers["Host"], handler.headers["Authorization"]))
        if handler.path == "/a.csv":
            says(b"", 302, Location="/b.csv")(handler)
        else:
            says(b"a\n1\n")(handler)

    answers["/a.csv"] = answers["/b.csv"] = listen
    snapshot = fetching(path=home.replace("://", "://officer:s3cret-word@") + "/a.csv")
    host = home.removeprefix("http://")
    assert heard[0] == (host, "Basic b2ZmaWNlcjpzM2NyZXQtd29yZA==")
    assert heard[1][0] == host
    assert "s3cret" not in repr(snapshot)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (says(b"gone", 404), "url-status"),
        (says(b"", 204), "url-status"),
        (says(b"a\n1\n", 206), "url-status"),
        (says(b"", 302), "url-status"),
        (says(b"a,b\n", Content_Type="text/html; charset=utf-8"), "url-page"),
        (says(b"\n <!DOCTYPE html><html>sign in</html>"), "url-page"),
        (says(b"<HTML>", Content_Type="text/csv"), "url-page"),
        (says(b""), "source-empty"),
        (says(b"a\n1\n", Content_Length="400"), "url-unreachable"),
        (says(b"", 302, Location="ftp://example.org/x"), "url-not-an-address"),
        (says(b"", 302, Location="file:///etc/passwd"), "url-not-an-address"),
        (says(b"not gzip", Content_Encoding="gzip"), "url-unreachable"),
    ],
)
def test_an_answer_that_is_no_data_is_a_finding(
    fetching: Fetching, refusal: Refusal, web: Web, answer: Answer, code: str
) -> None:
    home, answers = web
    answers["/x.csv"] = answer
    findings = refusal(lambda: fetching(path=home.replace("://", "://u:s3cret@") + "/x.csv?key=s3cret"))
    assert [f.code for f in findings] == [code]
    assert "s3cret" not in str([f.to_json() for f in findings])
    assert findings[0].place.file == "paralegals/datapackage.yaml"


def test_five_redirects_are_followed_and_a_sixth_is_not(fetching: Fetching, refusal: Refusal, web: Web) -> None:
    home, answers = web
    for number in range(6):
        answers[f"/{number}"] = says(b"", 307, Location=f"{number + 1}")
    answers["/6"] = says(b"a\n1\n")
    assert fetching(path=f"{home}/1").size == 4
    assert [f.code for f in refusal(lambda: fetching(path=f"{home}/0"))] == ["url-redirects"]
    answers["/loop"] = says(b"", 301, Location="/loop")
    assert [f.code for f in refusal(lambda: fetching(path=f"{home}/loop"))] == ["url-redirects"]


def test_a_redirect_into_the_inner_network_is_refused(fetching: Fetching, refusal: Refusal, web: Web) -> None:
    home, answers = web
    touched: list[str] = []
    answers["/secret"] = lambda handler: touched.append(handler.path)
    answers["/x.csv"] = says(b"", 302, Location=home.replace("localhost", "127.0.0.1") + "/secret")
    assert [f.code for f in refusal(lambda: fetching(path=f"{home}/x.csv"))] == ["url-port"]
    answers["/y.csv"] = says(b"", 302, Location="http://127.0.0.1/secret")
    (finding,) = refusal(lambda: fetching(path=f"{home}/y.csv"))
    assert (finding.code, finding.params["host"]) == ("url-inner", "127.0.0.1")
    assert touched == []


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1/x",
        "http://localhost/x",
        "http://[::1]/x",
        "http://[::ffff:10.0.0.1]/x",
        "http://169.254.169.254/latest/meta-data",
        "http://2130706433/x",
        "http://0x7f.1/x",
        "https://10.1.2.3/x",
        "http://0.0.0.0/x",
    ],
)
def test_an_inner_address_is_refused_unless_its_name_is_allowed(
    fetching: Fetching, refusal: Refusal, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.delenv("PUBLICA_INNER_HOSTS", raising=False)
    assert [f.code for f in refusal(lambda: fetching(path=address))] == ["url-inner"]


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.1", "172.16.0.1", "192.168.1.1", "127.0.0.1", "0.0.0.0", "169.254.169.254", "100.64.0.1", "224.0.0.1",
        "255.255.255.255", "240.0.0.1", "192.0.2.1", "198.18.0.1", "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1",
        "fd12::1", "ff02::1", "fec0::1", "::ffff:8.8.8.8", "::8.8.8.8", "64:ff9b::808:808", "64:ff9b:1::1",
        "2002:808:808::1", "2001::1", "2001:db8::1",
    ],
)  # fmt: skip
def test_addresses_that_are_not_of_the_open_internet(address: str) -> None:
    assert not is_open(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.216.34", "2606:4700::1111", "2a00:1450::200e"])
def test_addresses_of_the_open_internet(address: str) -> None:
    assert is_open(address)


def test_a_body_that_is_too_large_is_refused_even_when_its_size_is_not_announced(
    archive: Archive, refusal: Refusal, web: Web
) -> None:
    home, answers = web

    def endless(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        while True:
            handler.wfile.write(b"1,2\n" * 10_000)

    answers["/x.csv"] = endless
    limits = Limits(size=3_000_000)
    (finding,) = refusal(lambda: fetch_url("paralegals", f"{home}/x.csv", archive, Place(file="x"), limits))
    assert (finding.code, finding.params["limit"]) == ("source-too-large", 3)
    assert not archive.root.exists()


def test_a_packed_bomb_is_counted_as_it_unfolds(archive: Archive, refusal: Refusal, web: Web) -> None:
    import gzip

    home, answers = web
    answers["/x.csv"] = says(gzip.compress(b"1" * 20_000_000), Content_Encoding="gzip")
    limits = Limits(size=3_000_000)
    findings = refusal(lambda: fetch_url("paralegals", f"{home}/x.csv", archive, Place(file="x"), limits))
    assert [f.code for f in findings] == ["source-too-large"]


def test_a_body_that_drips_is_given_up_when_its_time_is_over(archive: Archive, refusal: Refusal, web: Web) -> None:
    home, answers = web

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        for _ in range(200):
            handler.wfile.write(b"1\n")
            time.sleep(0.02)

    answers["/x.csv"] = drip
    limits = Limits(seconds=0.3)
    began = time.monotonic()
    findings = refusal(lambda: fetch_url("paralegals", f"{home}/x.csv", archive, Place(file="x"), limits))
    assert [f.code for f in findings] == ["url-slow"]
    assert time.monotonic() - began < 2


def test_a_server_that_says_nothing_is_given_up(archive: Archive, refusal: Refusal, web: Web) -> None:
    home, answers = web
    answers["/x.csv"] = lambda _: time.sleep(3)
    limits = Limits(silence=0.2)
    findings = refusal(lambda: fetch_url("paralegals", f"{home}/x.csv", archive, Place(file="x"), limits))
    assert [f.code for f in findings] == ["url-silent"]


def test_a_host_that_is_not_known_or_does_not_listen_is_a_finding(
    fetching: Fetching, refusal: Refusal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUBLICA_INNER_HOSTS", "localhost")
    assert [f.code for f in refusal(lambda: fetching(path="http://localhost:1/x.csv"))] == ["url-unreachable"]
    unknown = refusal(lambda: fetching(path="https://nobody.invalid/x.csv"))
    assert [f.code for f in unknown] == ["url-host-unknown"]
    assert [f.code for f in refusal(lambda: fetching(path="https://example.org:22/x"))] == ["url-port"]


def test_no_proxy_of_the_machine_is_used(fetching: Fetching, web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    home, answers = web
    answers["/x.csv"] = says(b"a\n1\n")
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert fetching(path=f"{home}/x.csv").size == 4


def test_a_disk_that_is_full_is_a_finding(
    fetching: Fetching, refusal: Refusal, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, answers = web
    answers["/x.csv"] = says(b"a\n1\n")
    import tempfile

    class Full(tempfile.TemporaryDirectory[str]):
        def __enter__(self) -> str:
            name = super().__enter__()
            (Path(name) / "body").symlink_to("/dev/full")
            return name

    monkeypatch.setattr("tempfile.TemporaryDirectory", Full)
    assert [f.code for f in refusal(lambda: fetching(path=f"{home}/x.csv"))] == ["archive-not-writable"]
