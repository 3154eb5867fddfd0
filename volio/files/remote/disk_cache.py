"""What servers sent, kept in a folder: bytes as they came, for several processes at once.

A file is ``<folder>/<host>/<two letters>/<hash of the address and of who asked>``: a line of JSON
that describes the answer, then its bytes. It is written under another name and renamed, so that
nobody sees half of it. The time of change of a file says when it was used last; those that were not
used for longest are removed where all take more than `volio.options.cache_size`.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from volio.errors import LimitError, RemoteError
from volio.files.remote.credentials import NO_CREDENTIAL, Credential
from volio.files.remote.http import HTTPRequest, TryAgain, ask, retried
from volio.json_text import parse_json
from volio.settings import options

__all__ = ["CachedHost", "DiskCache", "FetchedAnswer", "KeptAnswer", "disk_cache", "fetch_kept"]

DAY = 86400.0
TOUCHED = 60.0  # seconds in which a file that is used often is marked as used once
LONGEST_LINE = 4096  # bytes of the line before the bytes
LEFT = 0.9  # part of the limit that is kept when files are removed
STALE_SECONDS = 3600.0  # after which a file that is being written has been given up
PART = ".part"


@dataclass(frozen=True)
class KeptAnswer:
    """What a server answered.

    Parameters
    ----------
    data : bytes or None
        None where there was nothing at the address.
    etag : str
        "" where the server gave none.
    fetched : float
        When, in seconds since 1970.
    """

    data: bytes | None
    etag: str
    fetched: float

    @property
    def is_fresh(self) -> bool:
        """Whether the server need not be asked: for a day, or for good where it gave no ETag."""
        is_young = time.time() - self.fetched < DAY
        return is_young or (self.data is not None and not self.etag)


class CachedHost(NamedTuple):
    """What is kept of a host.

    Attributes
    ----------
    name : str
    files : int
    nbytes : int
    """

    name: str
    files: int
    nbytes: int


class _CachedFile(NamedTuple):
    """A file, with what decides whether it stays."""

    used: float
    nbytes: int
    path: str


class DiskCache:
    """Answers of servers in a folder, which other processes may use too.

    Failures to write (a full disk, no permission) are not errors: nothing is kept then.

    Parameters
    ----------
    folder : path-like
        Made where it is not there, for the user alone.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder).expanduser().absolute()
        self._lock = Lock()
        self._unseen: int | None = None  # bytes that may be written before all are counted again

    def find(self, url: str, credential: Credential = NO_CREDENTIAL) -> KeptAnswer | None:
        """Return what is kept of an address; None where there is nothing, or it is damaged.

        Parameters
        ----------
        url : str
        credential : Credential, optional
            Who asks; what another was given is not found.
        """
        path = self._path(url, credential)
        try:
            content = path.read_bytes()
            found = _parsed(content)
        except (OSError, ValueError, KeyError, TypeError, LimitError):
            return None
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > TOUCHED:
                os.utime(path)
        return found

    def keep(
        self,
        url: str,
        data: bytes | None,
        etag: str = "",
        credential: Credential = NO_CREDENTIAL,
    ) -> None:
        """Keep what a server answered.

        Parameters
        ----------
        url : str
        data : bytes or None
            None where there is nothing at the address.
        etag : str, optional
        credential : Credential, optional
            Who asked.
        """
        content = _packed(data, etag[:1000])
        if len(content) > options.cache_size:
            return
        path = self._path(url, credential)
        with suppress(OSError):
            _make_private(path.parent)
            part = path.with_name(f"{path.name}.{os.getpid()}.{os.urandom(4).hex()}{PART}")
            try:
                part.write_bytes(content)
                part.replace(path)
            finally:
                part.unlink(missing_ok=True)
            self._make_room(len(content))

    def forget(self, url: str, credential: Credential = NO_CREDENTIAL) -> None:
        """Remove what is kept of an address, which turned out to be damaged.

        Parameters
        ----------
        url : str
        credential : Credential, optional
            Who asked.
        """
        with suppress(OSError):
            self._path(url, credential).unlink(missing_ok=True)

    def hosts(self) -> list[CachedHost]:
        """Return what is kept of each host, sorted by name."""
        found = []
        for folder in sorted(self._host_folders()):
            files = list(_files_in(folder))
            found.append(CachedHost(folder.name, len(files), sum(each.nbytes for each in files)))
        return found

    def clear(self) -> None:
        """Remove all that is kept."""
        for folder in self._host_folders():
            for each in _files_in(folder, with_parts=True):
                with suppress(OSError):
                    Path(each.path).unlink()
            for below in [*folder.iterdir(), folder]:
                with suppress(OSError):  # somebody has written there meanwhile
                    below.rmdir()

    def _host_folders(self) -> list[Path]:
        with suppress(OSError):
            return [each for each in self.folder.iterdir() if each.is_dir()]
        return []

    def _path(self, url: str, credential: Credential) -> Path:
        hashed = hashlib.sha256(url.encode())
        for header in sorted(credential.headers.items()):
            hashed.update("\0".join(["", *header]).encode())
        name = hashed.hexdigest()
        netloc = urlsplit(url).netloc.rpartition("@")[2]
        host = "".join(each if each.isalnum() or each in ".-" else "_" for each in netloc)
        # Never a folder above, and not longer than a name may be.
        folder = host.strip(".")[:100] or "_"
        return self.folder / folder / name[:2] / name

    def _make_room(self, written: int) -> None:
        """Remove files that were not used for longest, where all together take too much."""
        with self._lock:
            if self._unseen is not None and self._unseen > written:
                self._unseen -= written
                return
            most = options.cache_size
            # Other processes write too: all are counted again before a tenth more is written.
            left = most - self._remove_down_to(most)
            self._unseen = max(min(left, most // 10), 1)

    def _remove_down_to(self, most: int) -> int:
        """Remove files until the others take less; return the bytes that they take."""
        files = [each for folder in self._host_folders() for each in _files_in(folder)]
        nbytes = sum(each.nbytes for each in files)
        if nbytes <= most:
            return nbytes
        for each in sorted(files):
            if nbytes <= LEFT * most:
                break
            with suppress(OSError):
                Path(each.path).unlink()
            nbytes -= each.nbytes
        return nbytes


def _files_in(folder: Path, *, with_parts: bool = False) -> Iterator[_CachedFile]:
    """Go through the files of a host; what was left by a process that ended is removed."""
    for two_letters in _scanned(folder):
        if not two_letters.is_dir(follow_symlinks=False):
            continue
        for entry in _scanned(Path(two_letters.path)):
            with suppress(OSError):
                status = entry.stat(follow_symlinks=False)
                is_part = entry.name.endswith(PART)
                if is_part and time.time() - status.st_mtime > STALE_SECONDS:
                    Path(entry.path).unlink()
                elif with_parts or not is_part:
                    yield _CachedFile(status.st_mtime, status.st_size, entry.path)


def _scanned(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        return []


def _make_private(folder: Path) -> None:
    """Make a folder that the user alone can look into, and those above it."""
    if not folder.is_dir():
        _make_private(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


def _packed(data: bytes | None, etag: str) -> bytes:
    described = {
        "etag": etag,
        "fetched": time.time(),
        "size": None if data is None else len(data),
        "crc": zlib.crc32(data or b""),
    }
    return json.dumps(described).encode() + b"\n" + (data or b"")


def _parsed(content: bytes) -> KeptAnswer:
    """Return what a file has.

    Raises
    ------
    ValueError, KeyError, TypeError, LimitError
        If it is not one, or is damaged.
    """
    line, _, data = content.partition(b"\n")
    if len(line) > LONGEST_LINE:
        raise ValueError("is not a file of the cache")
    described: dict[str, Any] = parse_json(line, "description", most=LONGEST_LINE)
    size = described["size"]
    if len(data) != (size or 0) or zlib.crc32(data) != described["crc"]:
        raise ValueError("is damaged")
    kept = None if size is None else data
    return KeptAnswer(kept, str(described["etag"]), float(described["fetched"]))


_CACHES: dict[Path, DiskCache] = {}


def disk_cache(folder: str | os.PathLike[str] | None = None) -> DiskCache | None:
    """Return the cache of a folder.

    Parameters
    ----------
    folder : path-like, optional
        Default: ``volio.options.cache_folder``.

    Returns
    -------
    DiskCache or None
        None where neither names a folder.
    """
    where = folder if folder is not None else options.cache_folder
    if where is None:
        return None
    cache = DiskCache(where)
    # The same for all who use it, for they count together; a fork begins with locks of its own.
    return _CACHES.setdefault(cache.folder, cache)


class FetchedAnswer(NamedTuple):
    """The bytes at an address.

    Attributes
    ----------
    data : bytes or None
        None where there is nothing.
    was_kept : bool
        Whether they are from the cache.
    """

    data: bytes | None
    was_kept: bool = False


#: What stands for an answer of which a server says that it has not changed.
_UNCHANGED = KeptAnswer(None, "unchanged", 0.0)


def _asked(missing: tuple[int, ...], request: HTTPRequest) -> KeptAnswer:
    """Ask a server once."""
    try:
        with ask(request) as answer:
            if answer.status == 304:
                return _UNCHANGED
            return KeptAnswer(b"".join(answer.pieces), answer.tag[0], time.time())
    except TryAgain as error:
        if error.status not in missing:
            raise
        raise error.final() from error


def fetch_kept(
    request: HTTPRequest, cache: DiskCache | None, missing: tuple[int, ...]
) -> FetchedAnswer:
    """Return the bytes at an address, from the cache where it has them.

    Parameters
    ----------
    request : HTTPRequest
    cache : DiskCache or None
    missing : tuple of int
        Answers that mean that there is nothing.

    Raises
    ------
    RemoteError
        If they cannot be had.
    LimitError
        If they are more than the request allows.
    """
    kept = None if cache is None else cache.find(request.url, request.credential)
    if kept is not None and kept.is_fresh:
        return FetchedAnswer(kept.data, was_kept=True)
    if kept is not None and kept.etag:
        request = replace(request, headers={**request.headers, "If-None-Match": kept.etag})
    try:
        found = retried(partial(_asked, missing), request)
    except RemoteError as error:
        if error.status not in missing:
            raise
        found = KeptAnswer(None, "", 0.0)
    was_kept = found is _UNCHANGED
    if was_kept and kept is not None:
        found = kept
    if cache is not None:
        cache.keep(request.url, found.data, found.etag, request.credential)
    return FetchedAnswer(found.data, was_kept)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_CACHES.clear)
