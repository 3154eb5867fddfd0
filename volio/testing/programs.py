"""Programs that tests start, wherever they are installed."""

from __future__ import annotations

import os
import shutil

__all__ = ["find_program"]

SYSTEM_FOLDERS = ("/usr/local/sbin", "/usr/sbin")  # of servers; not on every user's path


def find_program(*names: str) -> str:
    """Return the path of the first of these programs that is installed.

    Raises
    ------
    FileNotFoundError
        If none of them is.
    """
    folders = os.pathsep.join([os.environ.get("PATH", ""), *SYSTEM_FOLDERS])
    for name in names:
        found = shutil.which(name, path=folders)
        if found:
            return found
    raise FileNotFoundError(f"there is no program {names[0]}")
