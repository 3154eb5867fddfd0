"""Remote stores: below an http address, and folders of any file system that fsspec knows."""

from __future__ import annotations

import os
from collections.abc import Hashable, Mapping
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from volio.errors import MissingFileError, RemoteError, RemoteMissingError
from volio.extras import need
from volio.files.remote.credentials import NO_CREDENTIAL, Credential
from volio.files.remote.fsspec_time import FsspecTime, errors_of_fsspec
from volio.files.remote.http import TIMEOUT, Answer, HTTPRequest, Span, TryAgain, ask, retried
from volio.files.remote.rules import AccessRules, current_rules
from volio.files.remote.same_keys import CHANGES, SameKeys
from volio.files.sources.store import LARGEST, Store, check_key, span_of

__all__ = ["MISSING", "FsspecStore", "HTTPStore"]

#: Answers that mean that there is no such key. Buckets that may not be listed answer 403.
MISSING = (404, 410)


class HTTPStore(Store):
    """What a server has below an address. Its keys cannot be listed.

    Parameters
    ----------
    url : str
        A query (``?token=...``) goes with every request.
    timeout : float
        Seconds without a byte after which a try has failed.
    missing : tuple of int
        Answers that mean that there is no such key.
    credential : Credential, optional
        What is sent with every request; not pickled.
    allow_private : bool, optional
        Let the server send on to a private network though it is not in one.
    rules : AccessRules, optional
        How long requests may take, and where they may be redirected to (default: those of
        `volio.options` now).
    """

    is_remote = True

    def __init__(
        self,
        url: str,
        timeout: float = TIMEOUT,
        missing: tuple[int, ...] = MISSING,
        credential: Credential = NO_CREDENTIAL,
        *,
        allow_private: bool = False,
        rules: AccessRules | None = None,
    ) -> None:
        self.name = url
        self._allow_private = allow_private
        self.missing = missing
        self._credential = credential
        self._timeout = timeout
        self._rules = current_rules() if rules is None else rules
        # What a server has may change without notice: chunks that are kept in memory are for
        # this object and its copies, not for one that is opened later.
        self._token = os.urandom(16)
        self._same = SameKeys()

    def get(self, key: str, start: int | None = None, stop: int | None = None) -> bytes | None:
        """Ask the server for a key, again where a failure may pass; see `Store.get`."""
        check_key(key, self.name)
        span = None if start is None and stop is None else (start or 0, stop)
        try:
            data, tag = retried(self._get_once, self._request(key, span))
        except RemoteMissingError:
            return None
        if span is not None:
            self._same.check(self.name, key, tag if any(tag) else None)
        return data

    def _request(self, key: str, span: Span | None) -> HTTPRequest:
        return HTTPRequest(
            self._address(key),
            span,
            self._timeout,
            credential=self._credential,
            largest=LARGEST,
            allow_private=self._allow_private,
            rules=self._rules,
        )

    def _get_once(self, request: HTTPRequest) -> tuple[bytes, tuple[str, ...]]:
        try:
            with ask(request) as answer:
                return self._body(request, answer), answer.tag
        except TryAgain:
            raise
        except RemoteError as error:
            if error.status in self.missing:
                raise RemoteMissingError(str(error)) from error
            raise

    def _body(self, request: HTTPRequest, answer: Answer) -> bytes:
        data = b"".join(answer.pieces)
        if not answer.whole or request.span is None:
            return data
        low, high = span_of(len(data), *request.span, request.name)
        return data[low:high]

    def _address(self, key: str) -> str:
        parts = urlsplit(self.name)
        path = f"{parts.path.rstrip('/')}/{quote(key)}"
        return urlunsplit(parts._replace(path=path))

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_credential": NO_CREDENTIAL}

    def names(self, prefix: str = "") -> None:
        """Return None: a server does not list what it has."""

    def identity(self) -> Hashable:
        """Return what only this object and its copies have."""
        return self.name, self._token


class FsspecStore(Store):
    """A folder on a file system of fsspec.

    Parameters
    ----------
    fs : fsspec.AbstractFileSystem
    path : str
        The folder in it.
    name : str
        For messages.
    """

    is_remote = True

    def __init__(self, fs: Any, path: str, name: str) -> None:
        self.name = name
        self.fs = fs
        self.path = path.rstrip("/")
        self._time = FsspecTime()
        self._token = os.urandom(16)
        self._same = SameKeys()

    @classmethod
    def at(cls, url: str) -> FsspecStore:
        """Return the store at an address of a protocol that fsspec knows.

        Raises
        ------
        MissingPackageError
            If fsspec is not installed.
        RemoteError
            If there is no such protocol.
        """
        with errors_of_fsspec(url):
            fs, path = need("fsspec.core", "remote").url_to_fs(url)
        return cls(fs, path, url)

    def get(self, key: str, start: int | None = None, stop: int | None = None) -> bytes | None:
        """Ask the file system for a key; see `Store.get`."""
        check_key(key, self.name)
        path = f"{self.path}/{key}"
        try:
            with errors_of_fsspec(f"{self.name}/{key}"):
                return self._read(key, path, start, stop)
        except (MissingFileError, IsADirectoryError):
            return None

    def _read(self, key: str, path: str, start: int | None, stop: int | None) -> bytes:
        info = self._time.limited(self.fs.info, path)
        if info.get("type") == "directory":
            raise MissingFileError(path)
        is_part = start is not None or stop is not None
        if is_part:  # parts are read one after the other, and must be of the same bytes
            self._same.check(self.name, key, _tag_of(info))
        size = info.get("size")
        if (
            size is None
        ):  # then ends counted from the end of the file are not known before it is read
            data: bytes = self._time.limited(self.fs.cat_file, path)
            low, high = span_of(len(data), start, stop, path)
            return data[low:high]
        low, high = span_of(int(size), start, stop, path)
        return self._read_span(path, low, high)

    def _read_span(self, path: str, low: int, high: int) -> bytes:
        """Return the bytes of a file from `low` on, up to but without `high`."""
        found: bytes = self._time.limited(self.fs.cat_file, path, start=low, end=high)
        if len(found) != high - low:
            raise RemoteError(
                f"{path}: bytes {low} to {high - 1}: the file system gave {len(found)} bytes"
            )
        return found

    def names(self, prefix: str = "") -> tuple[str, ...]:
        """Return the names in a folder, sorted; none where there is no such folder."""
        path = f"{self.path}/{prefix}".rstrip("/")
        try:
            with errors_of_fsspec(f"{self.name}/{prefix}"):
                found = self._time.limited(self.fs.ls, path, detail=False)
        except MissingFileError:
            return ()
        return tuple(sorted({each.rstrip("/").rpartition("/")[2] for each in found}))

    def identity(self) -> Hashable:
        """Return what only this object and its copies have."""
        return self.name, self._token


def _tag_of(info: Mapping[str, Any]) -> Hashable:
    """Return what changes with the bytes of a file, of what a file system says of it."""
    return tuple([(name, str(info[name])) for name in CHANGES if info.get(name)])
