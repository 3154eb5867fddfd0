"""Remote files: over HTTP, and on any file system that fsspec knows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from tempfile import TemporaryFile
from typing import Any
from weakref import finalize

from volio.caller import warn_caller
from volio.errors import (
    RemoteError,
    SourceChangedError,
    UncheckedWarning,
)
from volio.extras import need
from volio.files.remote.addresses import is_fsspec_file, is_url, without_user
from volio.files.remote.fsspec_time import FsspecTime, errors_of_fsspec
from volio.files.remote.http import (
    TIMEOUT,
    Answer,
    HTTPRequest,
    TryAgain,
    ask,
    retried,
)
from volio.files.remote.ranges import FIRST, RangeSource
from volio.files.remote.same_keys import CHANGES
from volio.files.sources.source import ByteSource, BytesSource
from volio.files.sources.stream import StreamSource

__all__ = ["FsspecSource", "HTTPSource", "open_address"]

MOST_IN_MEMORY = 1 << 25  # larger files of servers without ranges go into a temporary file

#: Addresses of which a warning was given that their changes cannot be noticed.
_WITHOUT_TAG: set[str] = set()


def open_address(where: Any, timeout: float = TIMEOUT) -> ByteSource:
    """Open a remote file; its first 64 KiB are fetched, the rest when it is asked for.

    Parameters
    ----------
    where : str or fsspec.core.OpenFile
        An http or https address, or one of a protocol that fsspec knows.
    timeout : float
        Seconds without a byte after which a try has failed; for http and https.

    Returns
    -------
    ByteSource
        Of a server that does not give ranges: the whole file, in memory or in a temporary file.

    Raises
    ------
    RemoteError, MissingFileError
        If it cannot be had.
    MissingPackageError
        If fsspec is needed and not installed.
    """
    if is_url(where):
        return retried(_open_http, HTTPRequest(where, (0, FIRST), timeout))
    if is_fsspec_file(where):
        return _open_fsspec(where.fs, where.path, where.full_name)
    with errors_of_fsspec(where):
        fs, path = need("fsspec.core", "remote").url_to_fs(where)
    return _open_fsspec(fs, path, where)


def _open_http(request: HTTPRequest) -> ByteSource:
    url = request.url
    with ask(request) as answer:
        if answer.whole:
            return _kept(url, answer)
        first = b"".join(answer.pieces)
        if answer.size is not None:
            source = HTTPSource(url, answer.size, answer.tag, first, request)
            if len(first) < answer.size and not any(answer.tag):
                _warn_of_no_tag(source.name)
            return source
    with ask(replace(request, span=None)) as answer:
        return _kept(url, answer)


def _warn_of_no_tag(name: str) -> None:
    """Warn once of a file whose changes cannot be noticed unless they change its size."""
    if name in _WITHOUT_TAG:
        return
    _WITHOUT_TAG.add(name)
    warn_caller(
        f"{name}: the server sends neither ETag nor Last-Modified: whether the answers to several "
        "requests are of the same file cannot be checked; if it may be replaced meanwhile, "
        "download it first",
        UncheckedWarning,
    )


def _kept(url: str, answer: Answer) -> ByteSource:
    """Keep a file that came whole: a large one on disk, removed when the source goes."""
    data = bytearray()
    for piece in answer.pieces:
        data += piece
        if len(data) > MOST_IN_MEMORY:
            return _on_disk(url, data, answer.pieces)
    return BytesSource(bytes(data), name=without_user(url))


def _on_disk(url: str, data: bytearray, pieces: Iterator[bytes]) -> ByteSource:
    stream = TemporaryFile()  # noqa: SIM115  closed when the source goes
    stream.write(data)
    for piece in pieces:
        stream.write(piece)
    stream.seek(0)
    source = StreamSource(stream)
    source.name = without_user(url)
    finalize(source, stream.close)
    return source


class HTTPSource(RangeSource):
    """A file on a server that gives byte ranges; pickles as address and what it looked like.

    Parameters
    ----------
    url : str
    size : int
        Bytes of the file.
    tag : tuple of str
        ETag and time of change, as the server stated them.
    first : bytes
        Its first bytes.
    request : HTTPRequest
        By which they were had.
    """

    def __init__(
        self, url: str, size: int, tag: tuple[str, ...], first: bytes, request: HTTPRequest
    ) -> None:
        super().__init__(without_user(url), size, first)
        self._tag = tag
        self._request = request

    def fetch(self, start: int, stop: int) -> bytes:
        """Ask the server for a range, again where a failure may pass."""
        return retried(self._fetch_once, replace(self._request, span=(start, stop)))

    def is_in(self, where: Any) -> bool:
        """Return whether this is the same address."""
        return where in (self.name, self._request.url)

    def _fetch_once(self, request: HTTPRequest) -> bytes:
        with ask(request) as answer:
            self._check_same(answer)
            data = b"".join(answer.pieces)
        start, stop = request.span or (0, None)
        if stop is not None and len(data) != stop - start:
            raise TryAgain(f"{request.name}: the server sent {len(data)} bytes")
        return data

    def _check_same(self, answer: Answer) -> None:
        """Raise an error if the file is not the one that was opened, or comes as a whole."""
        if answer.tag != self._tag or answer.size not in (None, self._size):
            raise SourceChangedError(
                f"{self.name}: has changed since it was opened: size and tags were "
                f"{self._size}, {self._tag}, are {answer.size}, {answer.tag}. Load it again."
            )
        if answer.whole:
            raise RemoteError(f"{self.name}: the server does not give byte ranges any more")


class FsspecSource(RangeSource):
    """A file on a file system of fsspec.

    Parameters
    ----------
    fs : fsspec.AbstractFileSystem
    path : str
        The file in it.
    name : str
        For messages.
    info : dict
        What the file system states of it.
    """

    def __init__(self, fs: Any, path: str, name: str, info: dict[str, Any]) -> None:
        super().__init__(name, int(info["size"]))
        self.fs = fs
        self.path = path
        self._time = FsspecTime()
        self._signature = _signature(info)

    def open(self) -> Any:
        """Open a reader, if the file is still the same."""
        with errors_of_fsspec(self.name):
            found = _signature(self._time.limited(self.fs.info, self.path))
        if found != self._signature:
            raise SourceChangedError(
                f"{self.name}: has changed since it was opened: was {self._signature}, is {found}. "
                "Load it again."
            )
        return super().open()

    def fetch(self, start: int, stop: int) -> bytes:
        """Ask the file system for a range."""
        with errors_of_fsspec(self.name):
            data: bytes = self._time.limited(self.fs.cat_file, self.path, start=start, end=stop)
        if len(data) != stop - start:
            raise RemoteError(
                f"{self.name}: bytes {start} to {stop - 1}: the file system gave {len(data)} bytes"
            )
        return data


def _open_fsspec(fs: Any, path: str, name: str) -> ByteSource:
    time = FsspecTime()
    with errors_of_fsspec(name):
        info = time.limited(fs.info, path)
        if info.get("type") == "directory":
            raise RemoteError(f"{name}: is a folder, a file is needed")
        if info.get("size") is None:
            return BytesSource(time.limited(fs.cat_file, path), name=name)
    return FsspecSource(fs, path, name, info)


def _signature(info: dict[str, Any]) -> dict[str, Any]:
    return {key: info[key] for key in ("size", *CHANGES) if key in info}
