"""Requests over HTTP: whole files and byte ranges, tried again where a failure may pass."""

from __future__ import annotations

import http.client
import random
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from email.message import Message
from email.utils import parsedate_to_datetime
from typing import NamedTuple, TypeVar
from urllib.parse import unquote, urljoin, urlsplit

from volio.errors import ImageFileError, LimitError, RemoteError, RemoteMissingError
from volio.files.remote.addresses import quoted, server_of, without_user
from volio.files.remote.connections import Clock, TimeLimits, connection_pool, drain
from volio.files.remote.credentials import NO_CREDENTIAL, Credential, basic_credential
from volio.files.remote.redirects import check_leads_outside, check_same_host
from volio.files.remote.rules import AccessRules, current_rules
from volio.numerals import is_count
from volio.threads import interrupted_by, interruption

__all__ = [
    "TIMEOUT",
    "Answer",
    "HTTPRequest",
    "Span",
    "TryAgain",
    "ask",
    "fetch",
    "retried",
]

TIMEOUT = 30.0  # seconds without a byte
LONGEST_TIMEOUT = 30.0  # that it grows to from try to try
WAITS = (0.5, 2.0, 5.0)  # seconds before the second, third and fourth try
JITTER = 0.25  # part of a wait that is added at random, so that clients do not come back together
LONGEST_WAIT = 60.0  # what a server may ask for in Retry-After
PIECE = 1 << 18
MISSING = (404, 410)
REDIRECTS = (301, 302, 303, 307, 308)
MOST_REDIRECTS = 5

T = TypeVar("T")

#: First byte and the one after the last (None for the end); (-n, None) are the last n bytes.
Span = tuple[int, int | None]


def sleep(seconds: float) -> None:
    """Wait, but not longer than the work of this thread is wanted; tests do not wait."""
    interruption().wait(seconds)


class TryAgain(RemoteError):
    """A failure that may pass; `wait` is what the server asks for, in seconds."""

    def __init__(self, message: str, wait: float = 0.0) -> None:
        super().__init__(message)
        self.wait = wait

    def final(self, note: str = "") -> RemoteError:
        """Return the failure as one that is not tried again."""
        refusal = RemoteError(f"{self} ({note})" if note else str(self))
        refusal.status = self.status
        return refusal


@dataclass(frozen=True)
class HTTPRequest:
    """What is asked for.

    Parameters
    ----------
    url : str
        With http or https. A user and password in it are sent, and not shown.
    span : (start, stop), optional
        Range of bytes; None asks for the whole file. ``(start, None)`` goes to its end, and
        ``(-n, None)`` asks for its last n bytes.
    timeout : float
        Seconds without a byte after which a try has failed.
    limits : TimeLimits, optional
        What else ends a try; `timeout` takes the place of its `between`. Default: it may take as
        long as the timeout, at least 30 s, and one second more for each 4 KiB that come.
    credential : Credential
        Who asks; it is not sent on to another server.
    headers : mapping of str
        Further headers.
    largest : int, optional
        Most bytes that the answer may have.
    allow_private : bool
        Let a server that is not in a private network send on to one that is.
    rules : AccessRules
        How long it may take, and whether it may be redirected to another host (default: those of
        `volio.options`).
    """

    url: str
    span: Span | None = None
    timeout: float = TIMEOUT
    limits: TimeLimits | None = None
    credential: Credential = NO_CREDENTIAL
    headers: Mapping[str, str] = field(default_factory=dict)
    largest: int | None = None
    allow_private: bool = False
    rules: AccessRules = field(default_factory=current_rules)

    @property
    def time_limits(self) -> TimeLimits:
        """What ends a try."""
        longest = self.rules.request_timeout
        if longest is not None:
            return TimeLimits(min(self.timeout, longest), longest, rate=0.0)
        limits = self.limits or TimeLimits(whole=max(TIMEOUT, self.timeout))
        return limits._replace(between=self.timeout)

    @property
    def name(self) -> str:
        """What is asked for, for messages."""
        shown = without_user(self.url)
        return shown if self.span is None else f"{shown}: {_range_words(self.span)}"


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
    status : int
        304 where the file is still that of the ETag in the request.
    """

    whole: bool
    size: int | None
    tag: tuple[str, ...]
    pieces: Iterator[bytes]
    status: int = 200


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

    def once(request: HTTPRequest) -> bytes:
        with ask(request) as answer:
            return b"".join(answer.pieces)

    return retried(once, HTTPRequest(url, timeout=timeout))


def retried(act: Callable[[HTTPRequest], T], request: HTTPRequest) -> T:
    """Do something with a request; wait and do it again, at most thrice, where it may work later.

    The timeout is twice as long each time, up to 30 seconds.

    Raises
    ------
    RemoteError
    """
    with interrupted_by(interruption()):  # all tries count from the first one
        return _retried(act, request)


def _retried(act: Callable[[HTTPRequest], T], request: HTTPRequest) -> T:
    for tries, wait in enumerate((*WAITS, None), 1):
        try:
            return act(request)
        except TryAgain as error:
            if interruption().is_set:
                raise
            if wait is None:
                raise error.final(_tried(tries)) from error
            pause = max(wait * random.uniform(1, 1 + JITTER), min(error.wait, LONGEST_WAIT))
            left = request.rules.seconds_left()
            if left is not None and left <= pause:
                seconds = request.rules.total_timeout
                raise error.final(f"{_tried(tries)} in total_timeout, {seconds:g} s") from error
        longest = max(request.timeout, LONGEST_TIMEOUT)
        request = replace(request, timeout=min(2 * request.timeout, longest))
        sleep(pause)
    raise AssertionError("the last try returns or raises")


def _tried(times: int) -> str:
    return "tried once" if times == 1 else f"tried {times} times"


@contextmanager
def ask(request: HTTPRequest) -> Iterator[Answer]:
    """Ask once for a file or for a range of its bytes; the pieces are read inside ``with``.

    Parameters
    ----------
    request : HTTPRequest

    Raises
    ------
    TryAgain
        If it may work later: no connection, too few bytes, an answer of 429 or 5xx.
    RemoteMissingError
        If the server has no such file: an answer of 404 or 410.
    LimitError
        If it sends more bytes than the request allows.
    RemoteError
        If it will not work for another reason.
    """
    try:
        with _opened(request) as reply:
            yield _answer(request, reply)
    except ImageFileError:  # an OSError, but what it says is known
        raise
    except (http.client.InvalidURL, ValueError) as error:
        raise RemoteError(f"{request.name}: {error}") from None
    except (OSError, http.client.HTTPException) as error:
        reason = " ".join(str(error).split())[:200]  # may have what the server sent
        raise TryAgain(f"{request.name}: {reason or type(error).__name__}") from error


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


@contextmanager
def _opened(request: HTTPRequest) -> Iterator[http.client.HTTPResponse]:
    """Ask a server, and those that it sends on to, within the time of one try."""
    clock = Clock(request.time_limits, request.rules.end())
    url = request.url
    credential = request.credential
    for _ in range(MOST_REDIRECTS + 1):
        credential = _credential_in(url) or credential
        url = quoted(url)
        with connection_pool().answer(url, _headers(request, credential), clock) as reply:
            target = reply.getheader("Location") if reply.status in REDIRECTS else None
            if target is None:
                yield reply
                return
        before = url
        url = urljoin(before, target)
        if not request.allow_private:
            check_leads_outside(request.name, before, url)
        if not request.rules.allow_redirects:
            check_same_host(request.name, before, url)
        if server_of(url) != server_of(before):
            credential = NO_CREDENTIAL
    raise RemoteError(f"{request.name}: the server sends on more than {MOST_REDIRECTS} times")


def _headers(request: HTTPRequest, credential: Credential) -> dict[str, str]:
    # Identity: a range of what the server compresses on the way would mean nothing.
    headers = {"User-Agent": "volio", "Accept-Encoding": "identity", **request.headers}
    if request.span is not None:
        headers["Range"] = f"bytes={_range_text(request.span)}"
    return headers | credential.headers


def _credential_in(url: str) -> Credential | None:
    """Return the credential of the user and password in an address."""
    if "@" not in url:
        return None
    parts = urlsplit(url)
    if parts.username is None:
        return None
    return basic_credential(unquote(parts.username), unquote(parts.password or ""))


def _answer(request: HTTPRequest, reply: http.client.HTTPResponse) -> Answer:
    headers = reply.headers
    span = request.span
    if reply.status == 304:
        return Answer(True, None, _tag(headers), iter(()), 304)
    if reply.status == 416 and span and (size := _total(headers)) is not None:
        # A range that begins after the last byte: with the size of the file.
        return Answer(False, size, _tag(headers), iter(()))
    if reply.status not in range(200, 300):
        drain(reply)
        raise _refusal(request, reply)
    _check_length(request, reply)
    if reply.status != 206:
        length = headers.get("Content-Length", "")
        size = int(length) if is_count(length) else None
        return Answer(True, size, _tag(headers), _pieces(request, reply))
    if span is None or not _is_range(headers, span[0]):
        got = headers.get("Content-Range")
        raise RemoteError(f"{request.name}: the server answered with another range: {got!r}")
    return Answer(False, _total(headers), _tag(headers), _pieces(request, reply))


def _check_length(request: HTTPRequest, reply: http.client.HTTPResponse) -> None:
    """Refuse an answer that is longer than wanted before any of it is read."""
    if request.largest is not None and (reply.length or 0) > request.largest:
        raise LimitError(
            f"{request.name}: sends {reply.length} bytes, at most {request.largest} are read"
        )


def _pieces(request: HTTPRequest, reply: http.client.HTTPResponse) -> Iterator[bytes]:
    got = 0
    while piece := reply.read(PIECE):
        got += len(piece)
        if request.largest is not None and got > request.largest:
            raise LimitError(f"{request.name}: sends more than {request.largest} bytes")
        yield piece
    if missing := reply.length:
        raise OSError(f"the answer ends {missing} bytes early")


def _is_range(headers: Message, start: int) -> bool:
    """Return whether the answer begins at a byte; at -n, whether it ends with the file."""
    content_range = headers.get("Content-Range", "")
    if start >= 0:
        return re.match(rf"bytes {start}-[0-9]+/", content_range) is not None
    found = re.match(r"bytes [0-9]+-([0-9]{1,18})/([0-9]{1,18})$", content_range)
    return found is not None and int(found[1]) + 1 == int(found[2])


def _total(headers: Message) -> int | None:
    found = re.search(r"/([0-9]{1,18})$", headers.get("Content-Range", ""))
    return int(found[1]) if found else None


def _tag(headers: Message) -> tuple[str, ...]:
    return tuple(headers.get(name, "") for name in ("ETag", "Last-Modified"))


def _refusal(request: HTTPRequest, reply: http.client.HTTPResponse) -> RemoteError:
    code = reply.status
    message = f"{request.name}: the server answered {code} {reply.reason}"
    refusal = RemoteError(message)
    if code in MISSING:
        refusal = RemoteMissingError(f"{message}: it has no such file")
    elif code in (401, 403):
        refusal = RemoteError(f"{message}: asked with {request.credential.name}")
    elif code == 429 or code >= 500:
        refusal = TryAgain(message, _wait_wanted(reply.getheader("Retry-After", "")))
    refusal.status = code
    return refusal


def _wait_wanted(text: str) -> float:
    """Return the seconds that a server asks to wait: it gives them, or a date."""
    if is_count(text):
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return 0.0
