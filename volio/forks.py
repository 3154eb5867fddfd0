"""Imports of other threads, which end before a process forks.

A module is imported when it is first used, in whichever thread that is. A fork copies one thread:
a module that another one was importing stays half done in the child, and its lock stays taken, so
that the child would wait for it for ever.
"""

from __future__ import annotations

import os
import time
from _thread import get_ident
from importlib import _bootstrap
from typing import Any

__all__ = ["wait_for_imports", "watch"]

LONGEST = 10.0  # seconds; importing everything takes a tenth of them
PAUSE = 0.001


def wait_for_imports() -> None:
    """Wait until no other thread is importing a module, or for 10 seconds."""
    deadline = time.monotonic() + LONGEST
    while _is_imported_elsewhere() and time.monotonic() < deadline:
        time.sleep(PAUSE)


def _is_imported_elsewhere() -> bool:
    """Return whether another thread holds the lock of a module.

    Python keeps these locks in a dictionary of its own; where it has none, nothing is known.
    """
    locks: dict[str, Any] = getattr(_bootstrap, "_module_locks", {})
    held = [lock() for lock in list(locks.values())]
    owners = {getattr(lock, "owner", None) for lock in held}
    return bool(owners - {None, get_ident()})


def watch() -> None:
    """Let every fork of this process wait for imports, from now on."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(before=wait_for_imports)
