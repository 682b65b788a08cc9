"""A source at a web address, fetched as one fetches from strangers: with limits of size, time and redirects.

Where it may be fetched from is in `addresses.py`; every redirect is judged as the first address was. What is said of
an address never holds its user, password or query.
"""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import unquote

from pipelines.archive.archive import Archive
from pipelines.findings import Place
from pipelines.sources.origins.addresses import allowed_addresses
from pipelines.sources.refusal import refused
from pipelines.sources.snapshot import Snapshot, keep

if TYPE_CHECKING:
    import httpx

MOST_REDIRECTS = 5
LONGEST_HEAD = 1_000  # bytes in which a web page shows itself
_REDIRECTS = (301, 302, 303, 307, 308)
_PAGE = re.compile(rb"(\xef\xbb\xbf)?\s*<(!doctype\s+html|html)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Limits:
    """What a web address may cost: bytes, seconds for the whole, seconds of silence."""

    size: int = 500_000_000
    seconds: float = 600.0
    silence: float = 30.0


def fetch_url(slug: str, address: str, archive: Archive, place: Place, limits: Limits | None = None) -> Snapshot:
    """Keep what is at `address`. Raises UserError."""
    import httpx

    limits = limits or Limits()
    ends = time.monotonic() + limits.seconds
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "body"
        url = _url(address, place)
        for _ in range(MOST_REDIRECTS + 1):
            with _told(url, place, limits), _answer(url, place, limits) as answer:
                if answer.status_code in _REDIRECTS and (target := answer.headers.get("location")):
                    url = _url(str(url.join(httpx.URL(target))), place)
                    continue
                _judge(answer, url, place)
                with archive.writing(), path.open("wb") as body:
                    _save(answer, body, url, place, limits, ends)
            return keep(archive, slug, path, _name(address), shown(_url(address, place)), place)
    raise refused("url-redirects", place, address=shown(url), limit=MOST_REDIRECTS)


def shown(url: httpx.URL) -> str:
    """`url` as it may be shown: without user, password and what follows the question mark."""
    port = f":{url.port}" if url.port else ""
    query = "?…" if url.query else ""
    return f"{url.scheme}://{url.host}{port}{url.path}{query}"


def _url(address: str, place: Place) -> httpx.URL:
    import httpx

    try:
        url = httpx.URL(address)
    except (httpx.InvalidURL, ValueError):  # its words would repeat the address, password and all
        raise refused("url-not-an-address", place) from None
    if url.scheme not in ("http", "https") or not url.host:
        raise refused("url-not-an-address", place)
    return url.copy_with(fragment=None)


@contextmanager
def _answer(url: httpx.URL, place: Place, limits: Limits) -> Generator[httpx.Response]:
    """The answer of the first of the host's addresses that takes a connection, its body not yet read."""
    import httpx

    addresses = allowed_addresses(url.host, url.port or (443 if url.scheme == "https" else 80), place)
    timeout = httpx.Timeout(min(limits.silence, limits.seconds), connect=min(10.0, limits.seconds))
    headers = {"Host": url.netloc.decode(), "Accept-Encoding": "identity", "User-Agent": "publica"}
    # trust_env=False: no proxy and no netrc of this machine has a say in where we go and as whom.
    with httpx.Client(trust_env=False, timeout=timeout, follow_redirects=False) as client:
        for last, address in zip([*[False] * (len(addresses) - 1), True], addresses, strict=True):
            request = client.build_request(
                "GET", url.copy_with(host=address), headers=headers, extensions={"sni_hostname": url.host}
            )
            try:
                answer = client.send(request, stream=True)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                if last:
                    raise
                continue
            try:
                yield answer
            finally:
                answer.close()
            return


@contextmanager
def _told(url: httpx.URL, place: Place, limits: Limits) -> Generator[None]:
    """Turns what can go wrong on the way into findings."""
    import httpx

    try:
        yield
    except httpx.TimeoutException:
        raise refused("url-silent", place, address=shown(url), seconds=int(limits.silence)) from None
    except httpx.HTTPError as error:
        raise refused("url-unreachable", place, address=shown(url), reason=type(error).__name__) from None


def _judge(answer: httpx.Response, url: httpx.URL, place: Place) -> None:
    if answer.status_code != 200:
        raise refused("url-status", place, address=shown(url), status=answer.status_code)
    if answer.headers.get("content-type", "").lower().startswith("text/html"):
        raise refused("url-page", place, address=shown(url))


def _save(answer: httpx.Response, body: BinaryIO, url: httpx.URL, place: Place, limits: Limits, ends: float) -> None:
    size, head = 0, b""
    for piece in answer.iter_bytes():
        if len(head) < LONGEST_HEAD:
            head += piece[:LONGEST_HEAD]
            if _PAGE.match(head):
                raise refused("url-page", place, address=shown(url))
        size += len(piece)
        if size > limits.size:
            raise refused("source-too-large", place, name=shown(url), limit=limits.size // 1_000_000)
        if time.monotonic() > ends:
            raise refused("url-slow", place, address=shown(url), seconds=int(limits.seconds))
        body.write(piece)
    promised = answer.headers.get("content-length", "")
    if promised.isdecimal() and "content-encoding" not in answer.headers and int(promised) != size:
        raise refused("url-unreachable", place, address=shown(url), reason=f"{size}/{promised}")


def _name(address: str) -> str:
    """The file's name: the last part of the path, whose suffix says its format where nothing else does."""
    return unquote(PurePosixPath(address.partition("?")[0].partition("#")[0]).name) or "source"
