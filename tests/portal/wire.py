"""HTTP/1.1 as bytes on a socket: the head of a message, and its body in pieces, so that a gigabyte passes in little
memory. What the proxy does with messages is in `proxy.py`, what goes wrong with them on purpose in `faults.py`."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field

PIECE = 64 * 1024
BODYLESS = (204, 304)


class Cut(Exception):  # noqa: N818 - what happened, not what is wrong
    """The other side went away in the middle of a message."""


@dataclass
class Head:
    """The first line of a message and its headers, in their order, doubles kept."""

    start: str
    headers: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    def get(self, name: str) -> str:
        """The value of the header, empty where there is none."""
        return next((value for key, value in self.headers if key.lower() == name), "")

    def put(self, name: str, value: str | None) -> None:
        """One header in place of all of that name; None removes them."""
        self.headers = [(key, old) for key, old in self.headers if key.lower() != name.lower()]
        if value is not None:
            self.headers.append((name, value))

    @property
    def chunked(self) -> bool:
        return "chunked" in self.get("transfer-encoding").lower()

    def encode(self) -> bytes:
        lines = [self.start, *(f"{key}: {value}" for key, value in self.headers)]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


@dataclass
class Reply:
    """An answer on its way to the client. `whole` False: the connection closes at the end of the body."""

    status: int
    head: Head
    body: Iterator[bytes]
    whole: bool = True

    @staticmethod
    def of(status: int, body: bytes, content_type: str) -> Reply:
        """An answer that the portal never gave."""
        headers = [("Content-Type", content_type), ("Content-Length", str(len(body)))]
        return Reply(status, Head(f"HTTP/1.1 {status} Made up", headers), iter([body]))


def read_head(stream: io.BufferedReader) -> Head | None:
    """The next head; None where the other side closed instead of sending one. Cut: it closed inside."""
    start = stream.readline(PIECE)
    if not start:
        return None
    headers: list[tuple[str, str]] = []
    while (line := stream.readline(PIECE)) not in (b"\r\n", b"\n"):
        if not line.endswith(b"\n"):
            raise Cut
        key, _, value = line.decode("latin-1").partition(":")
        headers.append((key.strip(), value.strip()))
    return Head(start.decode("latin-1").strip(), headers)


def read_reply(stream: io.BufferedReader, method: str) -> Reply:
    """The portal's final answer, its body still to be read. Cut: there was none."""
    while True:
        head = read_head(stream)
        if head is None:
            raise Cut
        status = int(head.start.split(" ", 2)[1])
        if status >= 200:
            break
    if method == "HEAD" or status in BODYLESS:
        return Reply(status, head, iter(()))
    return Reply(status, head, read_body(stream, head, until_closed=True))


def read_body(stream: io.BufferedReader, head: Head, until_closed: bool = False) -> Iterator[bytes]:
    """The body in pieces of at most 64 KiB, without its framing. Cut: it ended before its end."""
    if head.chunked:
        while size := int(_line(stream).split(b";")[0], 16):
            yield from _exactly(stream, size)
            _line(stream)
        while _line(stream).strip():
            pass  # trailers, which nobody here reads
    elif length := head.get("content-length"):
        yield from _exactly(stream, int(length))
    elif until_closed:
        while piece := stream.read1(PIECE):
            yield piece


def frame(piece: bytes, chunked: bool) -> bytes:
    """The piece as it stands on the wire; the empty piece ends a chunked body."""
    return b"%x\r\n%s\r\n" % (len(piece), piece) if chunked else piece


def _exactly(stream: io.BufferedReader, size: int) -> Iterator[bytes]:
    while size:
        piece = stream.read1(min(size, PIECE))
        if not piece:
            raise Cut
        size -= len(piece)
        yield piece


def _line(stream: io.BufferedReader) -> bytes:
    line = stream.readline(PIECE)
    if not line.endswith(b"\n"):
        raise Cut
    return line
