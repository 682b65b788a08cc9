"""A reverse proxy on 127.0.0.1 in front of the real CKAN, or in front of its Solr: it counts requests and lets chosen
ones go wrong, and never answers for the portal except by the fault asked for. The faults are in `faults.py`, the bytes
of HTTP in `wire.py`; a reader that looks on while a write is held here is in `reader.py`.

    with Proxy("http://127.0.0.1:5000") as proxy:
        proxy.when(action("package_revise"), Drop(before=False), first=1, times=1)  # the second one
        publish(to=proxy.url)
        assert [seen.action for seen in proxy.requests if seen.is_write] == [...]

Addresses that CKAN writes (a file's `url`) come from its `ckan.site_url`: a client meets them through the proxy only
where that setting names the proxy (give it a fixed `port`).
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from io import BufferedReader
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from tests.portal.faults import Fault, Hangup, Seen
from tests.portal.wire import Cut, Head, Reply, frame, read_body, read_head, read_reply

Predicate = Callable[[Seen], bool]


def action(*names: str) -> Predicate:
    """Requests of one of these actions of the API."""
    return lambda seen: seen.action in names


def writes(seen: Seen) -> bool:
    """Requests that change something."""
    return seen.is_write


@dataclass(eq=False)
class Rule:
    """Of the requests that match, those from number `first` (from 0) on, at most `times` of them, meet the fault."""

    matches: Predicate
    fault: Fault
    first: int = 0
    times: int | None = None
    met: int = 0
    """How many requests have matched so far."""

    def meets(self, seen: Seen) -> bool:
        if not self.matches(seen):
            return False
        number, self.met = self.met, self.met + 1
        return number >= self.first and (self.times is None or number < self.first + self.times)


class Proxy:
    """Serves from `with` until its end, a thread a connection. What a rule raised there is raised again at the end."""

    def __init__(self, upstream: str, port: int = 0) -> None:
        parts = urlsplit(upstream)
        self._upstream = (parts.hostname or "127.0.0.1", parts.port or 80)
        self._port = port
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self.url = ""
        self.rules: list[Rule] = []
        self.requests: list[Seen] = []
        self.errors: list[Exception] = []

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", self._port), backlog=128)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._start(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        with self._lock:
            for each in [self._listener, *self._open]:
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(timeout=10)
        self._listener.close()
        if self.errors and error is None:
            raise self.errors[0]

    def when(self, matches: Predicate, fault: Fault, *, first: int = 0, times: int | None = None) -> Rule:
        """From now on these requests meet the fault, after the faults of older rules. `rules.clear()` ends all."""
        rule = Rule(matches, fault, first, times)
        with self._lock:
            self.rules.append(rule)
        return rule

    def clear(self) -> None:
        """Forgets the requests seen so far; rules stay, and go on counting."""
        with self._lock:
            self.requests = []

    def settle(self, seconds: float = 60) -> None:
        """Waits until every request seen has ended, also those whose client is gone. TimeoutError: one did not."""
        until = time.monotonic() + seconds
        while any(seen.ended is None for seen in self.requests):
            if time.monotonic() > until:
                raise TimeoutError("a request through the proxy has not ended")
            time.sleep(0.005)

    def _start(self, work: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=work, args=args, daemon=True)
        self._threads = [*(old for old in self._threads if old.is_alive()), thread]
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):  # the listener was shut down
            while True:
                client, _ = self._listener.accept()
                self._start(self._serve, client)

    def _serve(self, client: socket.socket) -> None:
        with ExitStack() as stack:
            try:
                stream = self._stream(stack, client)
                while (head := read_head(stream)) is not None and self._exchange(client, head, read_body(stream, head)):
                    pass
            except (Hangup, Cut, OSError):
                pass  # the client is gone, the portal is gone, or a fault says so: all that happens is that we hang up
            except Exception as error:
                self.errors.append(error)

    def _stream(self, stack: ExitStack, connection: socket.socket) -> BufferedReader:
        """The connection to read from, closed with the stack or when the proxy ends; small pieces leave at once."""
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        stack.enter_context(connection)
        with self._lock:
            self._open.add(connection)
        if self._over.is_set():
            raise Hangup
        stack.callback(self._open.discard, connection)
        return stack.enter_context(connection.makefile("rb"))

    def _exchange(self, client: socket.socket, head: Head, body: Iterator[bytes]) -> bool:
        """One request and its answer; whether the connection can take another."""
        method, path, version = head.start.split(" ")
        stays = version == "HTTP/1.1" and head.get("connection").lower() != "close"
        seen = Seen.of(method, path, bool(head.get("authorization")), time.monotonic(), self._over)
        with self._lock:
            self.requests.append(seen)
            faults = [rule.fault for rule in self.rules if rule.meets(seen)]
        try:
            with ExitStack() as stack:
                if head.get("expect"):
                    client.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
                reply = next(filter(None, (fault.on_request(seen) for fault in faults)), None)
                body = _counted(body, seen)
                if reply is None:
                    reply = self._forward(stack, seen, head, body, faults)
                for fault in faults:
                    reply = fault.on_reply(seen, reply)
                for _ in body:
                    pass  # what the portal did not want: the next request starts after it
                return _answer(client, seen, reply, stays)
        finally:
            seen.ended = seen.ended or time.monotonic()

    def _forward(self, stack: ExitStack, seen: Seen, head: Head, body: Iterator[bytes], faults: list[Fault]) -> Reply:
        """What the portal says to the request. The answer's body is on a connection that lives as long as the stack."""
        upstream = socket.create_connection(self._upstream)
        stream = self._stream(stack, upstream)
        for name, value in (("Connection", "close"), ("Keep-Alive", None), ("Expect", None)):
            head.put(name, value)
        held = head.encode()
        for piece in body:
            # One byte always stays behind, so that the portal cannot begin before the faults have had their moment.
            wire = held + frame(piece, head.chunked)
            if not _sent(upstream, wire[:-1]):
                break
            held = wire[-1:]
        for fault in faults:
            fault.on_last_byte(seen)
        _sent(upstream, held + (frame(b"", True) if head.chunked else b""))
        seen.forwarded = time.monotonic()
        reply = read_reply(stream, seen.method)
        seen.answered, seen.portal_status = time.monotonic(), reply.status
        return reply


def _sent(upstream: socket.socket, data: bytes) -> bool:
    """False: the portal has stopped listening, and has most likely answered already (413)."""
    try:
        upstream.sendall(data)
    except OSError:
        return False
    return True


def _counted(body: Iterator[bytes], seen: Seen) -> Iterator[bytes]:
    for piece in body:
        seen.sent += len(piece)
        yield piece


def _answer(client: socket.socket, seen: Seen, reply: Reply, stays: bool) -> bool:
    head, chunked = reply.head, reply.head.chunked
    delimited = chunked or head.get("content-length") != "" or seen.method == "HEAD" or reply.status in (204, 304)
    stays = stays and reply.whole and delimited and head.start.startswith("HTTP/1.1")
    head.put("Keep-Alive", None)
    head.put("Connection", None if stays else "close")
    seen.status = reply.status
    held = head.encode()
    for piece in reply.body:
        client.sendall(held)
        held = frame(piece, chunked)
        seen.received += len(piece)
    if chunked and reply.whole and seen.method != "HEAD":
        held += frame(b"", True)
    seen.ended = time.monotonic()  # before the last bytes leave: who has the answer may look at its record
    client.sendall(held)
    return stays
