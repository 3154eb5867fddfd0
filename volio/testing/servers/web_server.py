"""A web server for tests: gives files and ranges of them, counts requests, and fails when asked."""

from __future__ import annotations

import re
import socket
import struct
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from typing import Any, TypeVar

__all__ = ["CUT", "RESET", "Fault", "Reply", "Server", "serving"]

DRIP = 64  # bytes that a dripping answer sends at a time

Span = tuple[int, int]


@dataclass(frozen=True)
class Reply:
    """What a server answers.

    Parameters
    ----------
    status : int
    body : bytes
    headers : mapping of str to str
        Besides the length of the body.
    """

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Fault:
    """What is wrong with an answer; what is not given stays as it would have been.

    Parameters
    ----------
    status : int, optional
        With an empty body, where none is given.
    body : bytes, optional
        Sent in place of what was asked for.
    headers : mapping of str to str, optional
        Added to the others; an empty text leaves a header out.
    wait : float
        Seconds before the answer begins.
    pause : float
        Seconds before every 64 bytes of the body.
    share : float
        How much of the body is sent before the connection is closed; 1 is all of it.
    reset : bool
        Whether the connection is reset after that, not closed.
    """

    status: int | None = None
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    wait: float = 0.0
    pause: float = 0.0
    share: float = 1.0
    reset: bool = False

    def applied(self, reply: Reply) -> Reply:
        """Return an answer with this fault."""
        body = self.body
        if body is None:
            body = reply.body if self.status is None else b""
        headers = {**reply.headers, **self.headers}
        kept = {name: value for name, value in headers.items() if value}
        return Reply(self.status or reply.status, body, kept)


#: Half of the body, then the connection is closed, or reset.
CUT = Fault(share=0.5)
RESET = Fault(share=0.5, reset=True)


class Server(ThreadingHTTPServer):
    """Gives files from a dict; a subclass may answer further paths.

    Attributes
    ----------
    url : str
        ``http://127.0.0.1:port``, without a slash at its end.
    files : dict of str to bytes
        By path, with its query.
    tags : dict of str to int
        The ETag of each file; 0 where it has none.
    ranges : bool
        Whether it gives ranges.
    faults : list of Fault, int or None
        What is wrong with the next answers, the first one taken off each time: a fault, a status
        that asks to come back after 1 s, or nothing.
    asked : list of (path, (start, stop) or None)
    headers : list of email.message.Message
        The headers of each request.
    statuses : Counter of int
        How often it answered what.
    connections : int
        How many were made.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, bytes] = {}
        self.tags: dict[str, int] = {}
        self.ranges = True
        self.faults: list[Fault | int | None] = []
        self.asked: list[tuple[str, Span | None]] = []
        self.headers: list[Message] = []
        self.statuses = Counter[int]()
        self.connections = 0
        self.lock = Lock()
        self.closing = Event()
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    def sent(self) -> int:
        """Return how many bytes were asked for in ranges."""
        spans = [span for _, span in self.asked if span]
        return sum(stop - start for start, stop in spans)

    def reply(self, path: str, headers: Message) -> Reply:
        """Return the answer to a request, without any fault."""
        data = self.files.get(path)
        if data is None:
            return Reply(404)
        return Reply(200, data, {"ETag": f'"{self.tags.get(path, 0)}"'})

    def next_fault(self, path: str) -> Fault | None:
        """Return what is to be wrong with the answer to a request."""
        fault = self.faults.pop(0) if self.faults else None
        if isinstance(fault, int):
            return Fault(fault, headers={"Retry-After": "1"})
        return fault

    def get_request(self) -> Any:
        """Count a connection."""
        self.connections += 1
        return super().get_request()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print errors, but not those of clients that went away."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    """Answers GET; keeps connections alive."""

    server: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # headers and body go together

    def do_GET(self) -> None:
        """Answer a request, or fail in the way that is asked for."""
        server = self.server
        reply = server.reply(self.path, self.headers)
        span = self._span(len(reply.body))
        with server.lock:
            server.asked.append((self.path, span))
            server.headers.append(self.headers)
            fault = server.next_fault(self.path) or Fault()
        server.closing.wait(fault.wait)
        if reply.status == 200 and fault.status is None:
            reply = self._part(self._unchanged(reply), span)
        reply = fault.applied(reply)
        with server.lock:
            server.statuses[reply.status] += 1
        self._send(reply, fault)

    def _span(self, size: int) -> Span | None:
        """Return the range of bytes that is asked for."""
        found = re.fullmatch(r"bytes=(\d*)-(\d*)", self.headers.get("Range", ""))
        if not found:
            return None
        if not found[1]:
            return max(0, size - int(found[2])), size
        return int(found[1]), int(found[2]) + 1 if found[2] else size

    def _unchanged(self, reply: Reply) -> Reply:
        """Return that nothing has changed, if the client has the file with this tag."""
        tag = reply.headers.get("ETag")
        if tag is None or tag != self.headers.get("If-None-Match"):
            return reply
        return replace(reply, status=304, body=b"")

    def _part(self, reply: Reply, span: Span | None) -> Reply:
        """Return a range of an answer."""
        if span is None or reply.status != 200 or not self.server.ranges:
            return reply
        size = len(reply.body)
        start = span[0]
        stop = min(span[1], size)
        if start >= size:
            where = {"Content-Range": f"bytes */{size}"}
            return Reply(416, b"", {**reply.headers, **where})
        where = {"Content-Range": f"bytes {start}-{stop - 1}/{size}"}
        return Reply(206, reply.body[start:stop], {**reply.headers, **where})

    def _send(self, reply: Reply, fault: Fault) -> None:
        self.send_response(reply.status)
        for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        sent = reply.body[: int(fault.share * len(reply.body))]
        if fault.pause:
            self._drip(sent, fault.pause)
        else:
            self.wfile.write(sent)
        if fault.reset:
            self._reset()
        if fault.reset or fault.share < 1:
            self.close_connection = True

    def _drip(self, data: bytes, pause: float) -> None:
        for start in range(0, len(data), DRIP):
            self.wfile.flush()
            if self.server.closing.wait(pause):
                return
            self.wfile.write(data[start : start + DRIP])

    def _reset(self) -> None:
        self.wfile.flush()
        # Lingering for 0 s: closing the socket sends RST in place of FIN.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def log_message(self, *arguments: Any) -> None:
        """Print nothing."""


AnyServer = TypeVar("AnyServer", bound=Server)


@contextmanager
def serving(server: AnyServer) -> Iterator[AnyServer]:
    """Run a server on a thread of its own; what it has begun to answer ends with it.

    Parameters
    ----------
    server : Server

    Examples
    --------
    >>> from urllib.request import urlopen
    >>> with serving(Server()) as server:
    ...     server.files["/a"] = b"abc"
    ...     with urlopen(f"{server.url}/a") as answer:
    ...         answer.read()
    b'abc'
    """
    with server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.closing.set()
            server.shutdown()
            thread.join()
