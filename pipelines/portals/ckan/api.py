"""What a CKAN portal can be asked and told: its actions, and the downloads that strangers see.

Questions are repeated while the trouble may pass; a write is sent once, and its caller looks what became of it.
One request by itself, and the sorting of errors, is in `transport.py`; what is asked for is in the other modules.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import re
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote, urlencode, urlsplit

from pipelines.errors import UserError
from pipelines.findings import Finding
from pipelines.portals.ckan.transport import Refused, Unsure, Wire
from pipelines.text import mask

__all__ = ["Api", "Download", "Refused", "Traffic", "Unsure", "Upload"]
T = TypeVar("T")

TIMEOUT = 150.0  # seconds for an answer: CKAN waits for a hanging Solr twice 60 seconds before it says so
REPEATS = 4
PATIENCE = 60.0  # seconds that a portal may ask for before the question is given up
LARGEST_FIELD = 500_000  # bytes of a form field, and
MOST_FIELDS = 1_000  # fields of a form that CKAN reads; it answers more with a page


@dataclass(frozen=True)
class Upload:
    """A file to send: where it lies, the name and the media type to send it under."""

    path: Path
    name: str
    mediatype: str


@dataclass(frozen=True)
class Download:
    """What a stranger is given at a link. `bytes`: its length; `sha256` is empty where only the head was asked for."""

    status: int
    sha256: str
    bytes: int
    etag: str


@dataclass
class Traffic:
    """What was sent: requests (each attempt), writes among them, and the bytes of all their bodies."""

    requests: int = 0
    writes: int = 0
    bytes_sent: int = 0


def jitter(repeat: int) -> float:
    """Seconds before the n-th repeat (from 1): at random, so that several do not come back at the same moment."""
    return random.uniform(0.2, 0.5 * 2**repeat)  # noqa: S311 - no secret


class Api:
    """One portal at `address` (http or https, below any path), asked with `token`. For several threads at once.

    `timeout`: seconds to wait for an answer, else the environment's PUBLICA_CKAN_TIMEOUT, else `TIMEOUT`.
    Nothing is sent before the first question. Raises UserError for an address, token or timeout that cannot be.
    """

    def __init__(
        self,
        address: str,
        token: str | None = None,
        *,
        timeout: float | None = None,
        jitter: Callable[[int], float] = jitter,
    ) -> None:
        self.address = _address(address)
        self.signed = bool(token and token.strip())
        self.traffic = Traffic()
        self._jitter = jitter
        self._counting = threading.Lock()
        self._wire = Wire(self.address, _token(token), timeout or _timeout(), self._count)

    @property
    def ahead(self) -> float | None:
        """Seconds that the portal's clock was ahead of ours when it last answered; None where it never told."""
        return self._wire.ahead

    def ask(self, action: str, /, **params: Any) -> Any:
        """The result of an action that changes nothing. Raises Refused, Unsure."""
        return self._persistently(lambda: self._wire.ask(action, params))

    def ask_as_stranger(self, action: str, /, **params: Any) -> Any:
        """The same without the token: what everybody is told."""
        return self._persistently(lambda: self._wire.ask(action, params, known=False))

    def tell(self, action: str, payload: Mapping[str, Any], uploads: Mapping[str, Upload] | None = None) -> Any:
        """The result of an action that writes, sent once. Files stream from disk, and values go beside them as text.

        Raises Unsure when nobody knows whether it was done: look before telling it again. Raises Refused.
        """
        with ExitStack() as opened:
            files = {
                field: (upload.name, opened.enter_context(upload.path.open("rb")), upload.mediatype)
                for field, upload in (uploads or {}).items()
            }
            body = _form(action, payload, len(files)) if files else dict(payload)
            self._count(writes=1)
            return self._wire.tell(action, body, files)

    def download(self, url: str) -> Download:
        """Length and hash of what a stranger is given at `url`, streamed. A page instead of the file is bytes, too.

        Raises Refused (`missing`, `forbidden`; `not-ckan` where it leads to another host), Unsure.
        """

        def once() -> Download:
            digest, length = hashlib.sha256(), 0
            with self._wire.open("GET", url) as answer:
                self._wire.judge(f"GET {url}", answer)
                for chunk in answer.iter_bytes():
                    digest.update(chunk)
                    length += len(chunk)
                return Download(answer.status_code, digest.hexdigest(), length, answer.headers.get("ETag", ""))

        return self._persistently(once)

    def save(self, url: str, path: Path, most: int) -> Download:
        """The same, kept at `path`. Raises Refused (`too-large`) beyond `most` bytes, too."""

        def once() -> Download:
            digest, length = hashlib.sha256(), 0
            with self._wire.open("GET", url) as answer, path.open("wb") as file:
                self._wire.judge(f"GET {url}", answer)
                for chunk in answer.iter_bytes():
                    length += file.write(chunk)
                    if length > most:
                        raise Refused("too-large", f"GET {url}", {"most": most})
                    digest.update(chunk)
                return Download(answer.status_code, digest.hexdigest(), length, answer.headers.get("ETag", ""))

        return self._persistently(once)

    def head(self, url: str) -> Download:
        """The same by the head alone. That strangers find nothing is an answer as well: its status. Raises Unsure."""

        def once() -> Download:
            with self._wire.open("HEAD", url) as answer:
                if answer.status_code not in (401, 403, 404, 410):
                    self._wire.judge(f"HEAD {url}", answer)
                length = int(answer.headers.get("Content-Length", 0))
                return Download(answer.status_code, "", length, answer.headers.get("ETag", ""))

        return self._persistently(once)

    @contextmanager
    def dump(self, resource_id: str, **query: str | int) -> Generator[Iterator[bytes]]:
        """A table as strangers download it, in pieces as they come: `with api.dump(id) as pieces`. JSON by default.

        Asked once: whoever reads half a table begins again. Raises Refused (`missing`), also Unsure while it is read.
        """
        query = {"format": "json", **query}
        url = f"{self.address}/datastore/dump/{quote(resource_id, safe='')}?{urlencode(query)}"
        with self._wire.open("GET", url) as answer:
            self._wire.judge(f"GET {url}", answer)
            yield answer.iter_bytes()

    def close(self) -> None:
        """Let go of the connections."""
        self._wire.close()

    def _count(self, body: int | None = None, *, writes: int = 0) -> None:
        with self._counting:
            self.traffic.requests += body is not None
            self.traffic.bytes_sent += body or 0
            self.traffic.writes += writes

    def _persistently(self, once: Callable[[], T]) -> T:
        """What `once` answers, asked again while the trouble may pass; a slow answer is waited for twice."""
        late = False
        for repeat in range(1, REPEATS + 1):
            try:
                return once()
            except Unsure as trouble:
                if (trouble.timeout and late) or trouble.wait > PATIENCE:
                    raise
                late = late or trouble.timeout
                time.sleep(max(trouble.wait, self._jitter(repeat)))
        return once()


def _form(action: str, payload: Mapping[str, Any], files: int) -> dict[str, str]:
    """The fields of a form as text, within what CKAN reads of one. Raises Refused before anything is sent."""
    if missing := [name for name, value in payload.items() if value is None]:
        raise ValueError(f"a form holds no null: {missing}")
    fields = {n: v if isinstance(v, str) else json.dumps(v, ensure_ascii=False) for n, v in payload.items()}
    for name, text in fields.items():
        if (size := len(text.encode())) > LARGEST_FIELD:
            raise Refused("too-large", action, {"field": name, "bytes": size, "most": LARGEST_FIELD})
    if (count := len(fields) + files) > MOST_FIELDS:
        raise Refused("too-large", action, {"fields": count, "most": MOST_FIELDS})
    return fields


def _address(address: str) -> str:
    """The address without its last slash. Raises UserError where it is none, or holds a password."""
    try:
        parts = urlsplit(address)
        whole = parts.scheme in ("http", "https") and parts.hostname and (parts.port or True)
    except ValueError:
        whole = False
        parts = urlsplit("")
    if not whole or parts.username or parts.password or parts.query or parts.fragment or re.search(r"\s", address):
        bare = re.sub(r"//[^/]*@", "//", address)
        raise UserError(Finding("ckan-address", params={"address": mask(bare)}))
    return address.rstrip("/")


def _token(token: str | None) -> str | None:
    """The token without the white space that copying adds. Raises UserError, which does not show it."""
    token = (token or "").strip()
    if token and not re.fullmatch(r"[\w.~+/=-]+", token, re.ASCII):
        raise UserError(Finding("ckan-token-garbled"))
    return token or None


def _timeout() -> float:
    text = os.environ.get("PUBLICA_CKAN_TIMEOUT", "")
    if not text:
        return TIMEOUT
    if not re.fullmatch(r"\d{1,6}(\.\d+)?", text) or not float(text):
        raise UserError(Finding("ckan-seconds", params={"text": mask(text)}))
    return float(text)
