"""One request to a CKAN portal, sent once, and what came of it. ckanapi and httpx are known only here.

ckanapi prepares a call and reads its answer. Questions go by its own connections (`requests`), which are there as soon
as it is; what is written, and files, by httpx, because ckanapi alone reads whole uploads into memory and gives up on a
portal that is slow to take them. Asking again, and what a portal can be asked, is in `api.py`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, BinaryIO, TypeAlias, cast
from urllib.parse import urljoin

from pipelines.portals.ckan.answers import Refused, Unsure, is_json, no_room, seconds, words

if TYPE_CHECKING:
    import httpx

Files: TypeAlias = Mapping[str, tuple[str, BinaryIO, str]]  # form field -> name, open file, media type

CONNECT = 5.0  # seconds to find the portal
PASSING = {408, 425, 429}  # and every 5xx: statuses that may be others the next time


class Wire:
    """The connections to one portal. `sent` hears of each request before it leaves, with the bytes of its body."""

    def __init__(self, address: str, token: str | None, timeout: float, sent: Callable[[int], None]) -> None:
        self.address = address
        self.ahead: float | None = None  # seconds that the portal's clock was ahead of ours when it last answered
        self._token = token
        self._timeout = timeout
        self._sent = sent
        self._asking: Any = None  # the requests.Session of questions
        self._opened: httpx.Client | None = None
        self._opening = threading.Lock()

    def ask(self, action: str, payload: dict[str, Any], *, known: bool = True) -> Any:
        """The result of an action that changes nothing; with the token if `known`. Raises Refused, Unsure."""
        return self._call(_Asking(self._requests(), self, action, known), action, payload)

    def tell(self, action: str, payload: dict[str, Any], files: Files) -> Any:
        """The result of an action that writes. Raises Refused, Unsure."""
        return self._call(_Telling(self._client(), self, action), action, payload, files)

    def _call(
        self, session: _Asking | _Telling, action: str, payload: dict[str, Any], files: Files | None = None
    ) -> Any:
        from ckanapi import RemoteCKAN, errors  # pyright: ignore[reportMissingTypeStubs] - it has no types

        portal: Any = RemoteCKAN(self.address, user_agent="publica", session=session)
        trouble: Refused | Unsure
        try:
            return portal.call_action(action, payload, files=files)
        except (errors.CKANAPIError, errors.ServerIncompatibleError, KeyError) as error:
            trouble = self._sorted(action, error, session.answer)
        raise trouble  # out here, so that ckanapi's exception does not hang on it: that repeats the page, token and all

    @contextmanager
    def open(self, method: str, url: str) -> Generator[httpx.Response]:
        """An answer to a stranger, its body unread; redirects on the same host are followed. Raises Refused, Unsure."""
        import httpx

        action = f"{method} {url}"
        try:
            target = httpx.URL(self.address + "/").join(url)
            for _ in range(5):
                request = self._client().build_request(method, target, headers={"Accept-Encoding": "identity"})
                answer = self._client().send(request, stream=True)
                try:
                    if answer.next_request is None:
                        yield answer
                        return
                    before, target = target, answer.next_request.url
                finally:
                    answer.close()
                if target.host != before.host:
                    break
            raise Refused("not-ckan", action, self._masked({"location": str(target)}))
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise Refused("invalid", action, str(error)) from None
        except httpx.HTTPError as error:
            raise self.lost(action, error) from None

    def close(self) -> None:
        """Let go of the connections; the next request opens new ones."""
        with self._opening:
            for opened in (self._opened, self._asking):
                if opened:
                    opened.close()
            self._opened = self._asking = None

    def judge(self, action: str, answer: httpx.Response) -> None:
        """Raise what a page or file that is not there means: Refused or, where it may yet come, Unsure."""
        if answer.status_code in (404, 410):
            raise Refused("missing", action)
        if answer.status_code != 200:
            answer.read()
            raise self._by_status(action, answer)

    def _client(self) -> httpx.Client:
        import httpx

        with self._opening:
            if self._opened is None:
                # A cookie could make a stranger known, and ~/.netrc replace the token.
                refusing: Any = _no_cookies()
                self._opened = httpx.Client(
                    trust_env=False,
                    cookies=refusing,
                    timeout=httpx.Timeout(self._timeout, connect=self.waits[0]),
                    headers={"User-Agent": "publica"},
                    event_hooks={"request": [self._leaves], "response": [self.arrives]},
                )
            return self._opened

    def _requests(self) -> Any:
        import requests  # what ckanapi calls with

        with self._opening:
            if self._asking is None:
                self._asking = requests.Session()
                self._asking.trust_env = False
                self._asking.cookies = _no_cookies()
            return self._asking

    def signed(self, request: Any) -> Any:
        """A request of either library with the token; nothing else may hold it, so that no trace can show it."""
        if self._token:
            request.headers["Authorization"] = self._token
        return request

    @property
    def waits(self) -> tuple[float, float]:
        """Seconds to find the portal, and for it to answer."""
        return min(CONNECT, self._timeout), self._timeout

    def leaves(self, size: int) -> None:
        """A request with a body of so many bytes is about to be sent."""
        self._sent(size)

    def _leaves(self, request: httpx.Request) -> None:
        self.leaves(int(request.headers.get("Content-Length", 0)))

    def arrives(self, answer: Any) -> None:
        """An answer came: it tells the portal's time."""
        try:
            there = parsedate_to_datetime(answer.headers["Date"])
        except (KeyError, ValueError):
            return
        self.ahead = (there - datetime.now(UTC)).total_seconds()

    def lost(self, action: str, error: Exception) -> Unsure:
        """What it means that no answer came, or only half of one."""
        why = f"{type(error).__name__}: {error}"
        late = "Read timed out" in why or type(error).__name__ in ("ReadTimeout", "WriteTimeout", "PoolTimeout")
        return Unsure(action, self._masked(why), timeout=late)

    def _sorted(self, action: str, error: Any, answer: Any) -> Refused | Unsure:
        """What an exception of ckanapi means, which are told apart by their names alone."""
        detail = self._masked(getattr(error, "error_dict", None) or getattr(error, "extra_msg", None) or "")
        match type(error).__name__:
            case "NotAuthorized":
                return Refused("forbidden", action, detail)
            case "NotFound":
                return Refused("missing", action, detail)
            case "ValidationError":
                kind = "conflict" if "match" in detail else "too-large" if no_room(detail) else "invalid"
                return Refused(kind, action, detail)
            case "SearchQueryError":
                return Refused("invalid", action, detail)
            case "SearchIndexError" if "immense term" in answer.text:
                return Refused("permanent", action, detail)
            case "SearchIndexError" | "SearchError":
                return Unsure(action, str(detail))
            case _:
                return self._by_status(action, answer)

    def _by_status(self, action: str, answer: Any) -> Refused | Unsure:
        """What an answer means that is no answer of CKAN's API, or one without a kind of its own."""
        status, text = answer.status_code, self._masked(words(answer))
        if status in PASSING or status >= 500:
            return Unsure(action, f"{status} {text}", wait=seconds(answer.headers.get("Retry-After", "")))
        if answer.is_redirect:
            there = urljoin(str(answer.url), answer.headers["Location"])
            return Refused("not-ckan", action, self._masked({"location": there}))
        if status in (401, 403):
            return Refused("forbidden", action, text)
        if status == 413:
            return Refused("too-large", action, text)
        if "json" in answer.headers.get("Content-Type", ""):
            if not is_json(answer):
                return Unsure(action, f"half an answer: {text}")
            if status == 400:
                return Refused("invalid", action, text)
        return Refused("not-ckan", action, {"address": str(answer.url), "status": status, "text": text})

    def _masked(self, value: Any) -> Any:
        """`value` without the token, which an error page may well repeat."""
        if isinstance(value, str):
            return value.replace(self._token, "***") if self._token else value
        if isinstance(value, dict):
            fields = cast(dict[str, Any], value)
            return {self._masked(name): self._masked(held) for name, held in fields.items() if name != "__type"}
        return [self._masked(held) for held in cast(list[Any], value)] if isinstance(value, list) else value


class _Asking:
    """What ckanapi takes for its session: one question. Raises Unsure."""

    def __init__(self, session: Any, wire: Wire, action: str, known: bool) -> None:
        self._session, self._wire, self._action = session, wire, action
        self._known = known
        self.answer: Any = None  # once there is one

    def post(self, url: str, data: bytes, headers: dict[str, str], **_: Any) -> Any:
        """The answer, whole."""
        from requests import RequestException

        self._wire.leaves(len(data))
        try:
            self.answer = self._session.post(
                url,
                data=data,
                headers=headers,
                auth=self._wire.signed if self._known else _unsigned,
                timeout=self._wire.waits,
                allow_redirects=False,
            )
        except RequestException as error:
            raise self._wire.lost(self._action, error) from None
        self._wire.arrives(self.answer)
        return self.answer


class _Telling:
    """The same for one write, which may hold files. Raises Unsure."""

    def __init__(self, client: httpx.Client, wire: Wire, action: str) -> None:
        self._client, self._wire, self._action = client, wire, action
        self.answer: Any = None

    def post(self, url: str, data: Any, headers: dict[str, str], files: Any, **_: Any) -> Any:
        """The answer; `data` are bytes, or the fields of a form when there are files."""
        import httpx

        fields = {key.decode(): value.decode() for key, value in data.items()} if files else None
        content = None if files else data
        signed = self._wire.signed
        try:
            self.answer = self._client.post(
                url, content=content, data=fields, files=files, headers=headers, auth=signed
            )
        except httpx.HTTPError as error:
            raise self._wire.lost(self._action, error) from None
        return self.answer


def _unsigned(request: Any) -> Any:
    return request


def _no_cookies() -> Any:
    from http.cookiejar import CookieJar, DefaultCookiePolicy

    return CookieJar(DefaultCookiePolicy(allowed_domains=[]))
