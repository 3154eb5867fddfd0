"""Connections to servers, which are kept open from one request to the next.

There is one pool per process, for any number of threads; a forked child begins with an empty one.
Proxies are those of the environment (``http_proxy``, ``https_proxy``, ``no_proxy``) or the system.
"""

from __future__ import annotations

import atexit
import http.client
import io
import os
import socket
import ssl
import time
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache, partial
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple, cast
from urllib.parse import SplitResult, unquote, urlsplit

from volio.files.remote.connecting import connected, is_ready
from volio.threads import interruption

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer as Buffer

__all__ = ["Clock", "ConnectionPool", "TimeLimits", "connection_pool", "drain"]

IDLE_SECONDS = 60.0  # after which a connection that nothing uses is not taken again
MOST_IDLE = 128
DRAINED = 1 << 16  # bytes of an answer that are read so that its connection can be used again


class TimeLimits(NamedTuple):
    """How long a try of a request may take.

    Attributes
    ----------
    between : float
        Seconds without a byte.
    whole : float
        Seconds of all of it.
    rate : float
        Bytes that give it one second more each time they have come; 0 for none.
    """

    between: float = 30.0
    whole: float = 30.0
    rate: float = 4096.0


class Clock:
    """The time that is left of a try.

    Parameters
    ----------
    limits : TimeLimits
    last : float, optional
        When it has to end whatever comes, by `time.monotonic`.
    """

    def __init__(self, limits: TimeLimits, last: float | None = None) -> None:
        self._limits = limits
        self._begin = time.monotonic()
        self._end = self._begin + limits.whole
        self._last = last

    def left(self) -> float:
        """Return how many seconds the next byte may take.

        Raises
        ------
        TimeoutError
            If the try has taken too long.
        """
        now = time.monotonic()
        end = self._end if self._last is None else min(self._end, self._last)
        if now >= end:
            raise TimeoutError(f"timed out after {now - self._begin:.3g} seconds in all")
        return min(self._limits.between, end - now)

    def received(self, count: int) -> None:
        """Take note of bytes that have come."""
        if self._limits.rate:
            self._end += count / self._limits.rate


class _TimedBytes(io.RawIOBase):
    """The bytes that come over a connection, each in the time that is left."""

    def __init__(self, raw: socket.SocketIO, sock: socket.socket, clock: Clock) -> None:
        self._raw = raw
        self._sock = sock
        self._clock = clock

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer) -> int:
        self._sock.settimeout(self._clock.left())
        count = self._raw.readinto(buffer) or 0
        self._clock.received(count)
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _TimedResponse(http.client.HTTPResponse):
    """An answer that has to come in time."""

    def __init__(self, clock: Clock, sock: socket.socket, *, method: str | None = None) -> None:
        super().__init__(sock, method=method)
        raw = cast("socket.SocketIO", self.fp.detach())
        self.fp = io.BufferedReader(_TimedBytes(raw, sock, clock))


class Connection:
    """A connection that is open, or will be at the first request.

    Parameters
    ----------
    parts : SplitResult
        An address on the server.
    """

    def __init__(self, parts: SplitResult) -> None:
        self.key = (parts.scheme, parts.hostname or "", parts.port)
        self.used = 0.0  # when it was used last
        self._socket: socket.socket | None = None  # also where only the answer still has it
        self._is_direct = True
        self._proxy_headers: dict[str, str] = {}
        proxy = _proxy_for(parts)
        self._connection = _plain(parts) if proxy is None else self._through(proxy, parts)
        self._connection._create_connection = self._connected  # type: ignore[attr-defined]

    def _connected(
        self, address: tuple[str, int], timeout: float, source_address: object = None
    ) -> socket.socket:
        """Connect in place of `http.client`; what follows (TLS, a tunnel) can be stopped."""
        self._socket = connected(address, timeout)
        return self._socket

    def _through(self, proxy: SplitResult, parts: SplitResult) -> http.client.HTTPConnection:
        headers = _proxy_credentials(proxy)
        if parts.scheme == "https":
            context = _tls_context()
            tunnel = http.client.HTTPSConnection(
                proxy.hostname or "", proxy.port or 80, context=context
            )
            tunnel.set_tunnel(parts.hostname or "", _port(parts), headers)
            return tunnel
        self._is_direct = False
        self._proxy_headers = headers
        return _plain(proxy)

    @property
    def is_new(self) -> bool:
        """Whether nothing was asked for yet."""
        return self._connection.sock is None

    def is_usable(self) -> bool:
        """Return whether the server keeps it open and has not sent what nobody asked for."""
        sock = self._connection.sock
        is_recent = time.monotonic() - self.used < IDLE_SECONDS
        return sock is not None and is_recent and not is_ready(sock)

    def ask(
        self, url: SplitResult, headers: Mapping[str, str], clock: Clock
    ) -> http.client.HTTPResponse:
        """Send a request; return the head of the answer."""
        connection = self._connection
        connection.timeout = clock.left()
        if connection.sock is None:
            connection.connect()
        self._socket = connection.sock
        _check_goes_on()
        connection.sock.settimeout(clock.left())
        connection.response_class = partial(_TimedResponse, clock)  # type: ignore[assignment]
        path = url._replace(fragment="")
        if self._is_direct:
            path = path._replace(scheme="", netloc="", path=path.path or "/")
        connection.request("GET", path.geturl(), headers={**headers, **self._proxy_headers})
        return connection.getresponse()

    def stop(self) -> None:
        """End what another thread is waiting for on it."""
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close it."""
        self._connection.close()


def _plain(parts: SplitResult) -> http.client.HTTPConnection:
    if parts.scheme == "https":
        context = _tls_context()
        return http.client.HTTPSConnection(parts.hostname or "", _port(parts), context=context)
    return http.client.HTTPConnection(parts.hostname or "", _port(parts))


def _port(parts: SplitResult) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)


@cache
def _tls_context() -> ssl.SSLContext:
    return ssl.create_default_context()


def _proxy_for(parts: SplitResult) -> SplitResult | None:
    from urllib.request import getproxies, proxy_bypass  # takes long to import

    host = parts.hostname or ""
    proxy = getproxies().get(parts.scheme)
    if not proxy or proxy_bypass(host if parts.port is None else f"{host}:{parts.port}"):
        return None
    return urlsplit(proxy if "://" in proxy else f"http://{proxy}")


def _proxy_credentials(proxy: SplitResult) -> dict[str, str]:
    if not proxy.username:
        return {}
    pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
    return {"Proxy-Authorization": f"Basic {b64encode(pair.encode()).decode()}"}


class ConnectionPool:
    """Open connections that nothing uses, for the requests to come."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._idle: list[Connection] = []  # the one that was used last is the last

    @contextmanager
    def answer(
        self, url: str, headers: Mapping[str, str], clock: Clock
    ) -> Iterator[http.client.HTTPResponse]:
        """Ask a server; the answer can be read inside ``with``.

        Parameters
        ----------
        url : str
            With http or https.
        headers : mapping
        clock : Clock

        Raises
        ------
        OSError, http.client.HTTPException
            If there is no answer.
        """
        parts = urlsplit(url)
        connection = self._take(parts)
        is_done = False
        try:
            with (
                interruption().stopped_by(connection.stop),
                _asked(connection, parts, headers, clock) as reply,
            ):
                try:
                    yield reply
                    drain(reply)
                finally:
                    is_done = reply.isclosed() and not reply.will_close
        finally:
            if is_done:
                self._give_back(connection)
            else:
                connection.close()

    def _take(self, parts: SplitResult) -> Connection:
        key = (parts.scheme, parts.hostname or "", parts.port)
        while True:
            with self._lock:
                found = next((each for each in reversed(self._idle) if each.key == key), None)
                if found is not None:
                    self._idle.remove(found)
            if found is None:
                return Connection(parts)
            if found.is_usable():
                return found
            found.close()

    def _give_back(self, connection: Connection) -> None:
        connection.used = time.monotonic()
        with self._lock:
            self._idle.append(connection)
            oldest = self._idle.pop(0) if len(self._idle) > MOST_IDLE else None
        if oldest is not None:
            oldest.close()

    def close(self) -> None:
        """Close the connections that nothing uses."""
        with self._lock:
            idle = self._idle
            self._idle = []
        for connection in idle:
            connection.close()


def _asked(
    connection: Connection, parts: SplitResult, headers: Mapping[str, str], clock: Clock
) -> http.client.HTTPResponse:
    """Send a request; once more where the server had closed the connection meanwhile."""
    if not connection.is_new:
        try:
            return connection.ask(parts, headers, clock)
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            connection.close()
            _check_goes_on()
    return connection.ask(parts, headers, clock)


def _check_goes_on() -> None:
    """Raise an error if other work of this call has failed."""
    if interruption().is_set:
        raise InterruptedError("was interrupted")


def drain(reply: http.client.HTTPResponse) -> None:
    """Read the rest of a short answer that nobody wants, so that the connection can be used on."""
    if not reply.isclosed():
        reply.read(DRAINED)


def connection_pool() -> ConnectionPool:
    """Return the pool of this process."""
    return _POOL


def _begin_again() -> None:
    """Forget all in a forked child: the connections are the parent's."""
    global _POOL
    inherited = _POOL._idle
    _POOL = ConnectionPool()
    for connection in inherited:
        connection.close()


def _end() -> None:
    _POOL.close()


_POOL = ConnectionPool()
atexit.register(_end)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_again)
