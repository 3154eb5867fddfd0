"""Files that stay open between reads, where `volio.options.keep_file_open` asks for it."""

from __future__ import annotations

import atexit
import os
from collections import OrderedDict
from collections.abc import Callable
from io import FileIO
from threading import Lock
from typing import Any

__all__ = ["Handle", "borrow", "close_unused"]

MOST = 64  # files that stay open; systems allow a process 256 or more


class Handle:
    """An open file that several reads may use at once; closed after the last of them.

    Attributes
    ----------
    raw : FileIO
    """

    def __init__(self, path: str) -> None:
        self.raw = FileIO(path)
        self.users = 1


class _Shelf:
    """The handles that are kept, the last used at the end."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.kept: OrderedDict[tuple[Any, ...], Handle] = OrderedDict()


_SHELF = _Shelf()


def borrow(path: str) -> tuple[FileIO, Callable[[], None]]:
    """Return a file that stays open, and what to call after the operation.

    A file of the same name that is another one by now is opened anew.
    """
    status = os.stat(path)  # noqa: PTH116
    key = (path, status.st_dev, status.st_ino)
    with _SHELF.lock:
        handle = _SHELF.kept.pop(key, None)
        if handle is None:
            handle = Handle(path)  # its one user, so far, is the shelf
        handle.users += 1
        _SHELF.kept[key] = handle
        _close_oldest()
    return handle.raw, lambda: _give_back(handle)


def _close_oldest() -> None:
    """Close the files used longest ago, until as many as allowed are left; under the lock."""
    while len(_SHELF.kept) > MOST:
        _, oldest = _SHELF.kept.popitem(last=False)
        _leave(oldest)


def close_unused() -> None:
    """Close all files that are kept open and that no read is using."""
    with _SHELF.lock:
        while _SHELF.kept:
            _leave(_SHELF.kept.popitem()[1])


def _give_back(handle: Handle) -> None:
    with _SHELF.lock:
        _leave(handle)


def _leave(handle: Handle) -> None:
    handle.users -= 1
    if not handle.users:
        handle.raw.close()


def _renew_lock() -> None:
    """Replace the lock in a forked child: another thread of the parent may have held it."""
    _SHELF.lock = Lock()


atexit.register(close_unused)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_lock)
