"""Imports of other threads, which end before a process forks.

A module is imported when it is first used, in whichever thread that is. A fork copies one thread:
a module that another one was importing stays half done in the child, and its lock stays taken, so
that the child would wait for it for ever. So a fork waits until nothing is being imported. An
import that begins between that look and the fork, or takes too long, is forgotten in the child,
which begins it anew.
"""

from __future__ import annotations

import functools
import os
import sys
import time
from _thread import LockType, allocate_lock, get_ident
from importlib import _bootstrap
from typing import Any
from weakref import WeakSet

__all__ = [
    "forget_imports",
    "fork_safe_lock",
    "free_locks",
    "free_property_locks",
    "wait_for_imports",
    "watch",
]

#: Modules that take a lock before each fork and release it afterwards, and the lock.
FORK_LOCKS = {"logging": "_lock", "concurrent.futures.thread": "_global_shutdown_lock"}
#: Packages that files are read with, whose classes have properties that are worked out once.
PEERS = ("tifffile", "zarr")
LIMITS = "numpy._core.getlimits"
LONGEST = 10.0  # seconds; importing everything takes a tenth of them
PAUSE = 0.001


def wait_for_imports() -> None:
    """Wait until no other thread is importing a module, or for 10 seconds.

    What a module that was imported meanwhile has registered for this fork comes too late for what
    is done before it, but not for what is done after it: its lock is taken here, to be released.
    """
    absent = [name for name in FORK_LOCKS if not _is_imported(name)]
    deadline = time.monotonic() + LONGEST
    while _is_imported_elsewhere() and time.monotonic() < deadline:
        time.sleep(PAUSE)
    for name in absent:
        lock = getattr(sys.modules.get(name), FORK_LOCKS[name], None)
        if lock is not None:
            _take(lock)


def _is_imported(name: str) -> bool:
    """Return whether a module is there, and complete."""
    specification = getattr(sys.modules.get(name), "__spec__", None)
    return specification is not None and not getattr(specification, "_initializing", False)


def _take(lock: Any) -> None:
    """Take a lock, unless this thread has it: then its module came in time."""
    is_owned = getattr(lock, "_is_owned", None)
    if is_owned is None or not is_owned():
        lock.acquire(timeout=1.0)  # a lock that does not know its owner may be taken already


def _is_imported_elsewhere() -> bool:
    """Return whether another thread holds the lock of a module."""
    return bool(_names_held_elsewhere())


def _names_held_elsewhere() -> list[str]:
    """Return the modules whose locks other threads hold.

    Python keeps these locks in a dictionary of its own; where it has none, nothing is known.
    """
    locks = list(_module_locks().items())
    owners = {name: getattr(lock(), "owner", None) for name, lock in locks}
    return [name for name, owner in owners.items() if owner not in (None, get_ident())]


def _module_locks() -> dict[str, Any]:
    locks: dict[str, Any] = getattr(_bootstrap, "_module_locks", {})
    return locks


def forget_imports() -> None:
    """Forget, in a forked child, what threads of the parent were importing."""
    for name in _names_held_elsewhere():
        _module_locks().pop(name, None)
        specification = getattr(sys.modules.get(name), "__spec__", None)
        if getattr(specification, "_initializing", False):
            del sys.modules[name]


#: Locks of things that a child inherits, which threads of the parent may have held.
_LOCKS: WeakSet[Any] = WeakSet()


def fork_safe_lock() -> LockType:
    """Return a lock that is free again in a forked child."""
    lock = allocate_lock()
    _LOCKS.add(lock)
    return lock


def free_locks() -> None:
    """Free, in a forked child, the locks that threads of the parent may have held."""
    for lock in list(_LOCKS):
        lock._at_fork_reinit()


def free_property_locks() -> None:
    """Free, in a forked child, the locks of properties that other packages work out once.

    Until Python 3.12 there is one for each property, whatever the object, which a thread of the
    parent may have held.
    """
    for name, module in list(sys.modules.items()):
        if name == LIMITS or name.partition(".")[0] in PEERS:
            for value in list(vars(module).values()):
                if isinstance(value, type):
                    _free_those_of(value)


def _free_those_of(cls: type) -> None:
    for each in list(vars(cls).values()):
        if isinstance(each, functools.cached_property):  # noqa: TID251
            lock = getattr(each, "lock", None)
            if lock is not None and not lock._is_owned():
                lock._at_fork_reinit()


def watch() -> None:
    """Let every fork of this process wait for imports, from now on."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(before=wait_for_imports, after_in_child=forget_imports)
        os.register_at_fork(after_in_child=free_locks)
        if sys.version_info < (3, 12):
            os.register_at_fork(after_in_child=free_property_locks)
