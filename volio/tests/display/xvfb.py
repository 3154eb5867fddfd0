"""A display of the X window system in memory."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from volio.testing.programs import find_program


@contextmanager
def display() -> Iterator[str]:
    """Run a server and give the name of its display."""
    read, write = os.pipe()
    words = ["-displayfd", str(write), "-screen", "0", "1280x1024x24", "-nolisten", "tcp"]
    process = subprocess.Popen(
        [find_program("Xvfb"), *words], pass_fds=(write,), stderr=subprocess.DEVNULL
    )
    os.close(write)
    try:
        with os.fdopen(read) as stream:
            number = stream.readline().strip()
        if not number:
            raise OSError("Xvfb opened no display")
        yield f":{number}"
    finally:
        process.terminate()
        process.wait()
