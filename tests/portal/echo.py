"""A small HTTP server that says what it got: what the proxy's own tests have behind it, and nothing else has."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Echo(BaseHTTPRequestHandler):
    """Answers with what it got, and remembers what it did."""

    protocol_version = "HTTP/1.1"
    done: list[str]

    def do_GET(self) -> None:
        self._answer(self.path.encode())

    def do_HEAD(self) -> None:
        self._answer(b"x" * 1000)

    def do_POST(self) -> None:
        if self.path == "/refuse":
            self._answer(b"too large", status=413)
            return
        digest, size = hashlib.sha256(), 0
        for piece in self._body():
            digest.update(piece)
            size += len(piece)
        self._answer(f"{size} {digest.hexdigest()} {self.headers['Host']}".encode())

    def _body(self) -> Iterator[bytes]:
        if self.headers.get("Transfer-Encoding") == "chunked":
            while size := int(self.rfile.readline(), 16):
                yield self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        left = int(self.headers.get("Content-Length") or 0)
        while left:
            piece = self.rfile.read(min(left, 1 << 16))
            if not piece:
                raise ConnectionError
            left -= len(piece)
            yield piece

    def _answer(self, body: bytes, status: int = 200) -> None:
        type(self).done.append(self.path)
        self.send_response(status)
        if self.path == "/chunked":
            self.send_header("Transfer-Encoding", "chunked")
            body = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in (b"one", b"two", b""))
        elif self.path != "/until-closed":
            self.send_header("Content-Length", str(len(body)))
        if self.path == "/refuse":
            self.send_header("Connection", "close")
        self.close_connection = self.path in ("/until-closed", "/refuse")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass


class Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass  # a client that hangs up is what these tests are about
