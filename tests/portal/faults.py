"""What goes wrong between a client and the real portal, on purpose: each fault is one small class with up to three
moments, before the request is sent on, before its last byte, after the portal's answer. The proxy that calls them is in
`proxy.py`; the fault that waits for a reader is in `reader.py`."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tests.portal.wire import Reply

ACTION = re.compile(r"^/api/(?:3/)?action/(\w+)")
WRITES = {"create", "update", "patch", "revise", "delete", "upsert", "purge", "reorder", "revoke", "undelete", "run"}


class Hangup(Exception):  # noqa: N818 - an order to the proxy, not an error
    """The connection to the client closes now, without a word."""


@dataclass(eq=False)
class Seen:
    """One request. Times are monotonic seconds, None until it came to that; a token's value is never kept."""

    method: str
    path: str
    """With the query."""
    action: str
    """The X of /api/3/action/X, else empty."""
    is_write: bool
    """By the action's name; in front of Solr, a POST to /update."""
    authorized: bool
    started: float
    sent: int = 0
    """Bytes of the request's body that the client sent."""
    received: int = 0
    """Bytes of the answer's body that the client was sent."""
    portal_status: int | None = None
    """What the portal answered."""
    status: int | None = None
    """What the client was told, None where it was told nothing."""
    forwarded: float | None = None
    """The portal had all of the request."""
    answered: float | None = None
    """The portal began to answer."""
    ended: float | None = None
    """The client had all that it was to get."""
    over: threading.Event = field(default_factory=threading.Event, repr=False)
    """Set when the proxy closes: whatever waits gives up."""

    @staticmethod
    def of(method: str, path: str, authorized: bool, now: float, over: threading.Event) -> Seen:
        found = ACTION.match(path)
        action = found[1] if found else ""
        indexing = method == "POST" and path.partition("?")[0].rstrip("/").endswith("/update")
        is_write = bool(WRITES & set(action.split("_"))) or (not action and indexing)
        return Seen(method, path, action, is_write, authorized, now, over=over)


class Fault:
    """Nothing goes wrong. Subclasses say what does."""

    def on_request(self, seen: Seen) -> Reply | None:
        """Before a byte reaches the portal; a reply is given in the portal's place."""
        return None

    def on_last_byte(self, seen: Seen) -> None:
        """The portal has all of the request's body but its last byte."""

    def on_reply(self, seen: Seen, reply: Reply) -> Reply:
        """The portal has answered, the client does not know it yet."""
        return reply


@dataclass
class Drop(Fault):
    """The connection closes: before the portal has heard of it, or after it has done all of it."""

    before: bool

    def on_request(self, seen: Seen) -> Reply | None:
        if self.before:
            raise Hangup
        return None

    def on_reply(self, seen: Seen, reply: Reply) -> Reply:
        raise Hangup


@dataclass
class Answer(Fault):
    """Somebody else answers: instead of the portal, or after it has done it, as a gateway that lost patience does."""

    status: int
    body: bytes = b"<html><body><h1>Not the portal</h1></body></html>"
    content_type: str = "text/html; charset=utf-8"
    before: bool = True

    def on_request(self, seen: Seen) -> Reply | None:
        return self._reply() if self.before else None

    def on_reply(self, seen: Seen, reply: Reply) -> Reply:
        return reply if self.before else self._reply()

    def _reply(self) -> Reply:
        return Reply.of(self.status, self.body, self.content_type)


@dataclass
class Truncate(Fault):
    """Only the first `size` bytes of the answer arrive, under the length of the whole (lying), or under their own."""

    size: int
    lying: bool = True

    def on_reply(self, seen: Seen, reply: Reply) -> Reply:
        if self.lying:
            return Reply(reply.status, reply.head, _first(reply.body, self.size), whole=False)
        return _with_body(reply, b"".join(_first(reply.body, self.size)))


@dataclass
class Replace(Fault):
    """The answer's body is another: stale bytes, a field that lost its type."""

    change: Callable[[bytes], bytes]

    def on_reply(self, seen: Seen, reply: Reply) -> Reply:
        return _with_body(reply, self.change(b"".join(reply.body)))


@dataclass
class Delay(Fault):
    """The answer, or the request, waits for so many seconds."""

    seconds: float
    before: bool = False

    def on_request(self, seen: Seen) -> Reply | None:
        if self.before:
            seen.over.wait(self.seconds)
        return None

    def on_reply(self, seen: Seen, reply: Reply) -> Reply:
        if not self.before:
            seen.over.wait(self.seconds)
        return reply


@dataclass
class Call(Fault):
    """Something else happens just then: the publisher dies, Solr stops, a token is revoked."""

    what: Callable[[Seen], object]
    before: bool = True

    def on_request(self, seen: Seen) -> Reply | None:
        if self.before:
            self.what(seen)
        return None

    def on_reply(self, seen: Seen, reply: Reply) -> Reply:
        if not self.before:
            self.what(seen)
        return reply


def _first(body: Iterator[bytes], size: int) -> Iterator[bytes]:
    for piece in body:
        if piece[:size]:
            yield piece[:size]
        size -= len(piece)
        if size <= 0:
            return


def _with_body(reply: Reply, body: bytes) -> Reply:
    reply.head.put("Transfer-Encoding", None)
    reply.head.put("Content-Length", str(len(body)))
    return Reply(reply.status, reply.head, iter([body]))
