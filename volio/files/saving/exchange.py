"""Exchanging two names of folders in one step, where the system can."""

from __future__ import annotations

import os
import sys
from functools import cache
from pathlib import Path
from typing import Any

__all__ = ["exchanged"]

AT_FDCWD = -100  # <fcntl.h> of Linux: a path is taken from the working folder
RENAME_EXCHANGE = 2  # <linux/fs.h>
RENAME_SWAP = 2  # <sys/stdio.h> of macOS


def exchanged(one: Path, other: Path) -> bool:
    """Exchange two names in one step; return whether that was done.

    Systems and file systems that cannot do so leave both names as they are: Windows, and some
    network file systems.

    Parameters
    ----------
    one, other : Path
        Both exist, in one file system.
    """
    library = _library()
    names = (os.fsencode(one), os.fsencode(other))
    status = -1
    if sys.platform == "linux" and hasattr(library, "renameat2"):
        status = library.renameat2(AT_FDCWD, names[0], AT_FDCWD, names[1], RENAME_EXCHANGE)
    elif sys.platform == "darwin" and hasattr(library, "renamex_np"):
        status = library.renamex_np(*names, RENAME_SWAP)
    return bool(status == 0)


@cache
def _library() -> Any:
    """Return the C library of the process; None where it is not needed."""
    if os.name != "posix":
        return None
    import ctypes

    return ctypes.CDLL(None)
