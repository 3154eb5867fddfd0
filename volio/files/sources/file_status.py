"""What distinguishes a file from what it was: by its status, without reading it.

Size, time of change and inode are sure: where one of them differs it is another file, or was
edited. The time of change of its *status* (``st_ctime``) also differs after an edit in place that
put the time of change back, but so it does after a link was made or removed, after it was renamed,
and after its owner, its permissions or its times were set.
"""

from __future__ import annotations

import os
import sys
from threading import Lock

__all__ = ["Access", "Signature", "access_of", "file_signature", "is_own_change", "note_own_change"]

#: Of a file: size, time of change, inode, time of change of its status (0 where there is none).
Signature = tuple[int, int, int, int]
#: What a change of the status alone may be due to: number of links, permissions, owner and group.
Access = tuple[int, int, int, int]

HAS_STATUS_TIME = sys.platform != "win32"  # where it is the time when the file was made
MOST = 1000  # own changes that are remembered


def file_signature(status: os.stat_result) -> Signature:
    """Return what distinguishes a file from what it was.

    Parameters
    ----------
    status : os.stat_result
    """
    status_time = status.st_ctime_ns if HAS_STATUS_TIME else 0
    return status.st_size, status.st_mtime_ns, status.st_ino, status_time


def access_of(status: os.stat_result) -> Access:
    """Return number of links, permissions, owner and group of a file.

    Parameters
    ----------
    status : os.stat_result
    """
    return status.st_nlink, status.st_mode, status.st_uid, status.st_gid


_OWN: dict[Signature, None] = {}  # the oldest first
_LOCK = Lock()


def note_own_change(path: str | os.PathLike[str]) -> None:
    """Note that this process has linked or renamed a file, and nothing else.

    Parameters
    ----------
    path : str or PathLike
        It may be gone by now.
    """
    try:
        signature = file_signature(os.stat(path))  # noqa: PTH116
    except OSError:
        return
    with _LOCK:
        _OWN[signature] = None
        if len(_OWN) > MOST:
            del _OWN[next(iter(_OWN))]


def is_own_change(signature: Signature) -> bool:
    """Return whether the last change of a file's status was one of this process."""
    return signature in _OWN


def _renew_lock() -> None:
    """Replace the lock in a forked child: another thread of the parent may have held it."""
    global _LOCK
    _LOCK = Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_lock)
