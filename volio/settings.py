"""Options of how volio works, not of what it gives: threads, memory, open files, caches."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from volio.errors import UsageError

__all__ = ["Options", "options"]

LONGEST = 1e6  # seconds that a timeout may have; systems wait no longer
MMAP = (False, True, "c", "r")
FLAGS = ("mmap", "keep_file_open", "allow_redirects", "durable")
WORDS = {"0": False, "no": False, "false": False, "1": True, "yes": True, "true": True}


class Options:
    """Options of how volio works; results are the same for all of them.

    Each is an attribute that can be set, for the process. Called, the object changes options
    inside a ``with`` statement, for the thread (or the asyncio task) that runs it. What is not set
    comes from the environment, else from the default.

    Attributes
    ----------
    threads : int
        Threads that one read or save may use. Default: the processors that the process may run on.
        ``VOLIO_THREADS``.
    mmap : {False, True, 'c', 'r'}
        Whether voxels of uncompressed, unscaled files are memory maps where `volio.load` is not
        otherwise: copy-on-write (True, 'c') or read-only ('r'). Default: False, since a mapped file
        must not be changed by others. ``VOLIO_MMAP``.
    keep_file_open : bool
        Whether files stay open after a read, at most 64 of them, the last used. Default: False.
        True saves some microseconds per read, and a slow file server's time; Windows cannot
        replace an open file. ``VOLIO_KEEP_FILE_OPEN``.
    checkpoint_memory : int
        Bytes that checkpoints of compressed files may take, for all files together.
        Default: 64 MiB. 0 keeps none. ``VOLIO_CHECKPOINT_MEMORY``.
    chunk_memory : int
        Bytes that decoded chunks may take in memory, those of all arrays together.
        Default: 256 MiB. 0 keeps none. ``VOLIO_CHUNK_MEMORY``.
    connections : int
        Requests to servers that one read has under way at the same time. Default: 16.
        ``VOLIO_CONNECTIONS``.
    request_timeout : float or None
        Seconds that one try of a request to a server may take, from connecting to the last byte of
        the answer; then it is tried again, at most thrice. Default: None, which is 30 s without
        a byte, and 30 s in all with one more for each 4 KiB that come. ``VOLIO_REQUEST_TIMEOUT``.
    total_timeout : float or None
        Seconds that loading a file from a server, or one read of its voxels, may take: all
        requests, tries, and pauses between them. Default: None, no limit.
        ``VOLIO_TOTAL_TIMEOUT``.
    allow_redirects : bool
        Whether a server may redirect requests to another host. Default: False, which is an error
        that names both. ``VOLIO_ALLOW_REDIRECTS``.
    durable : bool
        Whether a save waits until its file is on the disk. Default: True. Without, a power cut, or
        a system that stops, may leave an empty file in place of the old one and the new one;
        processes that are killed do no harm. For scratch files. ``VOLIO_DURABLE``.
    cache_folder : str or None
        Folder in which tiles of servers are kept, for later programs too. Default: None, they
        are not. ``VOLIO_CACHE_FOLDER``.
    cache_size : int
        Bytes that they may take there; those that were not used for longest are removed.
        Default: 10 GiB. ``VOLIO_CACHE_SIZE``.

    Examples
    --------
    >>> import volio
    >>> volio.options.threads = 4
    >>> with volio.options(threads=1, mmap="r"):
    ...     volio.options.threads
    1
    >>> volio.options.threads
    4
    >>> volio.options.reset()
    """

    threads: int
    mmap: bool | str
    keep_file_open: bool
    checkpoint_memory: int
    chunk_memory: int
    connections: int
    request_timeout: float | None
    total_timeout: float | None
    allow_redirects: bool
    durable: bool
    cache_folder: str | None
    cache_size: int

    def __init__(self) -> None:
        self.__dict__["_set"] = {}
        self.__dict__["_changed"] = ContextVar("volio_options", default=None)

    def __getattr__(self, name: str) -> Any:
        if name not in CHECKS:
            raise AttributeError(f"options: has no {name!r}; there are {', '.join(CHECKS)}")
        for values in (self._changed.get() or {}, self._set):
            if name in values:
                return values[name]
        self._set[name] = value = self._initial(name)
        return value

    def __setattr__(self, name: str, value: Any) -> None:
        self._set[name] = _checked(name, value)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *CHECKS]

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={getattr(self, name)!r}" for name in CHECKS)
        return f"options({values})"

    @contextmanager
    def __call__(self, **changes: Any) -> Iterator[Options]:
        """Change options inside a ``with`` statement.

        Raises
        ------
        UsageError
            For an unknown name or a value outside its range; nothing is changed.
        """
        checked = {name: _checked(name, value) for name, value in changes.items()}
        token = self._changed.set({**(self._changed.get() or {}), **checked})
        try:
            yield self
        finally:
            self._changed.reset(token)

    def reset(self) -> None:
        """Forget what was set: take the environment and the defaults again."""
        self._set.clear()

    def _initial(self, name: str) -> Any:
        variable = f"VOLIO_{name.upper()}"
        text = os.environ.get(variable, "").strip()
        if not text:
            return DEFAULTS[name]()
        word = WORDS.get(text.lower(), text) if name in FLAGS else text
        try:
            return CHECKS[name](variable, word)
        except UsageError as error:
            raise UsageError(f"environment variable {error}") from None


def _checked(name: str, value: Any) -> Any:
    if name not in CHECKS:
        raise UsageError(f"options: has no {name!r}; there are {', '.join(CHECKS)}")
    return CHECKS[name](name, value)


def _count(least: int) -> Callable[[str, Any], int]:
    def check(name: str, value: Any) -> int:
        try:
            number = int(value)
        except (TypeError, ValueError):
            number = least - 1
        if number < least or isinstance(value, float):
            raise UsageError(f"{name}: must be an integer of {least} or more, got {value!r}")
        return number

    return check


def _mmap(name: str, value: Any) -> bool | str:
    if not isinstance(value, bool | str) or value not in MMAP:
        raise UsageError(f"{name}: must be False, True, 'c' or 'r', got {value!r}")
    return value


def _yes_or_no(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise UsageError(f"{name}: must be True or False, got {value!r}")
    return value


def _seconds(name: str, value: Any) -> float | None:
    if value is None:
        return None
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        seconds = 0.0
    if not 0 < seconds <= LONGEST or isinstance(value, bool):
        raise UsageError(f"{name}: must be seconds above 0 or None, got {value!r}")
    return seconds


def _folder(name: str, value: Any) -> str | None:
    if value is None:
        return None
    try:
        path = os.fspath(value)
    except TypeError:
        path = b""
    if not isinstance(path, str) or not path:
        raise UsageError(f"{name}: must be a path or None, got {value!r}")
    return path


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


CHECKS: dict[str, Callable[[str, Any], Any]] = {
    "threads": _count(1),
    "mmap": _mmap,
    "keep_file_open": _yes_or_no,
    "checkpoint_memory": _count(0),
    "chunk_memory": _count(0),
    "connections": _count(1),
    "request_timeout": _seconds,
    "total_timeout": _seconds,
    "allow_redirects": _yes_or_no,
    "durable": _yes_or_no,
    "cache_folder": _folder,
    "cache_size": _count(0),
}
DEFAULTS: dict[str, Callable[[], Any]] = {
    "threads": _processors,
    "mmap": lambda: False,
    "keep_file_open": lambda: False,
    "checkpoint_memory": lambda: 64 << 20,
    "chunk_memory": lambda: 256 << 20,
    "connections": lambda: 16,
    "request_timeout": lambda: None,
    "total_timeout": lambda: None,
    "allow_redirects": lambda: False,
    "durable": lambda: True,
    "cache_folder": lambda: None,
    "cache_size": lambda: 10 << 30,
}

options = Options()
