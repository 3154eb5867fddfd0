"""Folders on a web server while a process measures: nginx, near or some milliseconds away."""

from __future__ import annotations

import atexit
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

__all__ = ["served"]


def served(folder: Path, latency: float = 0.0) -> str:
    """Return the address of a folder, which is served until this process ends.

    Parameters
    ----------
    folder : Path
    latency : float
        Seconds between a request and its arrival at the server.
    """
    from volio.testing.servers.nginx import nginx  # not before imports of volio are timed

    stack = ExitStack()
    atexit.register(stack.close)
    own = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="volio-nginx-")))
    url = stack.enter_context(nginx(own, folder))
    return stack.enter_context(_delayed(url, latency)) if latency else url


@contextmanager
def _delayed(url: str, latency: float) -> Iterator[str]:
    port = url.rpartition(":")[2]
    command = [sys.executable, "-m", "bench.latency", port, str(latency)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as proxy:
        assert proxy.stdout is not None
        yield f"http://127.0.0.1:{int(proxy.stdout.readline())}"
        proxy.communicate()  # its standard input ends, and so does it
