"""Requests over HTTP: whole files and byte ranges, tried again where a failure may pass."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, TypeVar

from volio.errors import RemoteError, RemoteMissingError
from volio.files.remote.addresses import is_url

__all__ = ["TIMEOUT", "Answer", "Span", "TryAgain", "ask", "fetch", "retried"]

TIMEOUT = 30.0  # seconds without a byte
WAITS = (0.5, 2.0, 5.0)  # seconds before the second, third and fourth try
LONGEST_WAIT = 60.0  # what a server may ask for in Retry-After
PIECE = 1 << 18
MISSING = (404, 410)

# Named here so that tests do not wait.
sleep = time.sleep

T = TypeVar("T")

#: First byte and the one after the last (None for the end); (-n, None) are the last n bytes.
Span = tuple[int, int | None]


class TryAgain(RemoteError):
    """A failure that may pass; `wait` is what the server asks for, in seconds."""

    def __init__(self, message: str, wait: float = 0.0) -> None:
        super().__init__(message)
        self.wait = wait


class Answer(NamedTuple):
    """The headers of an answer.

    Attributes
    ----------
    whole : bool
        Whether the bytes are the whole file, not the range that was asked for.
    size : int or None
        Bytes of the whole file, where the server states them.
    tag : tuple of str
        What changes when the file does: its ETag and time of change; empty where not stated.
    pieces : iterator of bytes
    """

    whole: bool
    size: int | None
    tag: tuple[str, ...]
    pieces: Iterator[bytes]


def fetch(url: str, timeout: float = TIMEOUT) -> bytes:
    """Return the bytes at an http or https address.

    Failed connections, incomplete answers, and answers that ask to come back (429 and 5xx) are
    tried again, four times in all.

    Parameters
    ----------
    url : str
    timeout : float, optional
        Seconds without a byte after which a try has failed.

    Raises
    ------
    RemoteError
        With the address and the server's answer.
    """

    def once() -> bytes:
        with ask(url, None, timeout) as answer:
            return b"".join(answer.pieces)

    return retried(once)


def retried(act: Callable[[], T]) -> T:
    """Call a function that may raise a failure that passes; wait and call it again, at most thrice.

    Raises
    ------
    RemoteError
    """
    for wait in WAITS:
        try:
            return act()
        except TryAgain as error:
            sleep(max(wait, min(error.wait, LONGEST_WAIT)))
    return act()


@contextmanager
def ask(url: str, span: Span | None, timeout: float = TIMEOUT) -> Iterator[Answer]:
    """Ask once for a file or for a range of its bytes; the pieces are read inside ``with``.

    Parameters
    ----------
    url : str
    span : (start, stop) or None
        Range of bytes; None asks for the whole file. ``(start, None)`` goes to its end, and
        ``(-n, None)`` asks for its last n bytes.
    timeout : float

    Raises
    ------
    TryAgain
        If it may work later: no connection, too few bytes, an answer of 429 or 5xx.
    RemoteMissingError
        If the server has no such file: an answer of 404 or 410.
    RemoteError
        If it will not work for another reason.
    """
    # Most programs never come here, and these take longer to import than the rest of volio.
    import http.client
    import urllib.error

    what = url if span is None else f"{url}: {_range_words(span)}"
    try:
        with _opened(url, span, timeout) as reply:
            yield _answer(what, reply, span)
    except urllib.error.HTTPError as error:
        error.close()
        # A range that begins after the last byte: 416, with the size of the file.
        if error.code == 416 and span and (size := _total(error.headers)) is not None:
            yield Answer(False, size, _tag(error.headers), iter(()))
            return
        raise _refusal(what, error) from None
    except (OSError, http.client.HTTPException) as error:  # URLError is an OSError
        if isinstance(error, RemoteError):
            raise
        raise TryAgain(f"{what}: {getattr(error, 'reason', error)!s}") from error


def _range_words(span: Span) -> str:
    """Return a range in words, for messages."""
    start, stop = span
    if start < 0:
        return f"the last {-start} bytes"
    return f"bytes {start} to {'the end' if stop is None else stop - 1}"


def _range_text(span: Span) -> str:
    """Return a range as the header Range has it: ``0-99``, ``100-``, ``-20``."""
    start, stop = span
    if start < 0:
        return str(start)
    return f"{start}-" if stop is None else f"{start}-{stop - 1}"


def _opened(url: str, span: Span | None, timeout: float) -> Any:
    import urllib.request

    if not is_url(url):
        raise RemoteError(f"{url}: is not an http or https address")
    # Identity: a range of what the server compresses on the way would mean nothing.
    headers = {"User-Agent": "volio", "Accept-Encoding": "identity"}
    if span is not None:
        headers["Range"] = f"bytes={_range_text(span)}"
    try:
        return urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=timeout)
    except ValueError as error:
        raise RemoteError(f"{url}: {error}") from None


def _answer(what: str, reply: Any, span: Span | None) -> Answer:
    headers = reply.headers
    whole = reply.status != 206
    length = headers.get("Content-Length", "")
    if whole:
        size = int(length) if length.isdecimal() else None
        return Answer(True, size, _tag(headers), _pieces(reply))
    if span is None or not _is_range(headers, span[0]):
        got = headers.get("Content-Range")
        raise RemoteError(f"{what}: the server answered with another range: {got!r}")
    return Answer(False, _total(headers), _tag(headers), _pieces(reply))


def _pieces(reply: Any) -> Iterator[bytes]:
    while piece := reply.read(PIECE):
        yield piece
    if missing := getattr(reply, "length", 0):
        raise OSError(f"the answer ends {missing} bytes early")


def _is_range(headers: Any, start: int) -> bool:
    """Return whether the answer begins at a byte; at -n, whether it ends with the file."""
    content_range = headers.get("Content-Range", "")
    if start >= 0:
        return re.match(rf"bytes {start}-\d+/", content_range) is not None
    found = re.match(r"bytes \d+-(\d+)/(\d+)$", content_range)
    return found is not None and int(found[1]) + 1 == int(found[2])


def _total(headers: Any) -> int | None:
    found = re.search(r"/(\d+)$", headers.get("Content-Range", ""))
    return int(found[1]) if found else None


def _tag(headers: Any) -> tuple[str, ...]:
    return tuple(headers.get(name, "") for name in ("ETag", "Last-Modified"))


def _refusal(what: str, error: Any) -> RemoteError:
    code = error.code
    message = f"{what}: the server answered {code} {error.reason}"
    refusal = RemoteError(message)
    if code in MISSING:
        refusal = RemoteMissingError(f"{message}: it has no such file")
    elif code == 429 or code >= 500:
        wait = error.headers.get("Retry-After", "")
        refusal = TryAgain(message, float(wait) if wait.isdecimal() else 0.0)
    refusal.status = code
    return refusal
