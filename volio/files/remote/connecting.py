"""Making connections, so that waiting for one can be interrupted.

Servers that do not answer, behind a firewall that drops what it gets, let a connection wait for as
long as its timeout. Names are looked up by the system, which cannot be interrupted.
"""

from __future__ import annotations

import errno
import os
import select
import socket
import time

from volio.threads import interruption

__all__ = ["connected", "is_ready"]

STEP = 0.05  # seconds between two looks whether the work is still wanted
UNDER_WAY = (0, errno.EINPROGRESS, errno.EWOULDBLOCK)


def connected(address: tuple[str, int], timeout: float) -> socket.socket:
    """Return a socket that is connected to a server, by the first of its addresses that works.

    Parameters
    ----------
    address : (str, int)
        Host and port.
    timeout : float
        Seconds for all of it.

    Raises
    ------
    InterruptedError
        If the work of this thread is not wanted any more; see `volio.threads.interruption`.
    OSError
        If none of its addresses answers.
    """
    end = time.monotonic() + timeout
    failure = OSError(f"{address[0]}: has no address")
    for family, kind, protocol, _, place in socket.getaddrinfo(*address, type=socket.SOCK_STREAM):
        sock = socket.socket(family, kind, protocol)
        try:
            _connect(sock, place, end)
        except BaseException as error:
            sock.close()
            if isinstance(error, InterruptedError) or not isinstance(error, OSError):
                raise
            failure = error
        else:
            return sock
    raise failure


def _connect(sock: socket.socket, place: object, end: float) -> None:
    """Connect a socket before a time of the clock `time.monotonic`."""
    sock.setblocking(False)
    code = sock.connect_ex(place)  # type: ignore[arg-type]
    if code not in UNDER_WAY:
        raise OSError(code, os.strerror(code))
    while not is_ready(sock, STEP, to_write=True):
        if interruption().is_set:
            raise InterruptedError("was interrupted")
        if time.monotonic() >= end:
            raise TimeoutError("timed out")
    code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if code:
        raise OSError(code, os.strerror(code))
    sock.settimeout(max(end - time.monotonic(), STEP))


def is_ready(sock: socket.socket, seconds: float = 0.0, *, to_write: bool = False) -> bool:
    """Return whether a socket has something to read, or can be written to.

    Parameters
    ----------
    sock : socket
    seconds : float, optional
        How long to wait for that.
    to_write : bool, optional
    """
    if hasattr(select, "poll"):
        poll = select.poll()
        poll.register(sock, select.POLLOUT if to_write else select.POLLIN)
        return bool(poll.poll(1000 * seconds))
    # Windows has failed connections in the third list.
    writing = [sock] if to_write else []
    reading = [] if to_write else [sock]
    return any(select.select(reading, writing, writing, seconds))
