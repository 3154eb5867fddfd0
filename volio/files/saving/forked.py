"""Files that are being written, which a forked child leaves to its parent.

A child has the descriptors of all files that its parent has open, for as long as it lives: a worker
of a pool perhaps for hours. It would hold the space of files on the disk after they are replaced or
removed, keep the lock of a temporary file whose save was killed, and let the reader of a pipe wait
for an end that the parent has written.
"""

from __future__ import annotations

import os
from typing import Protocol
from weakref import WeakSet

__all__ = ["OpenFile", "leave_in_children"]


class OpenFile(Protocol):
    """A file that is open for writing."""

    def leave_to_parent(self) -> None:
        """Close it, in a forked child; nothing else of it changes."""


_OPEN: WeakSet[OpenFile] = WeakSet()


def leave_in_children(file: OpenFile) -> None:
    """Let forked children close a file as soon as they begin, for as long as it is there."""
    _OPEN.add(file)


def _leave_to_parent() -> None:
    for file in list(_OPEN):
        file.leave_to_parent()
    _OPEN.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_leave_to_parent)
