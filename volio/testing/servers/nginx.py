"""A real web server for tests: nginx, over a folder of files."""

from __future__ import annotations

import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from volio.testing.programs import find_program

__all__ = ["logged_requests", "nginx"]

PATIENCE = 5.0  # seconds until it must answer

CONFIG = """
daemon off;
master_process off;
pid {folder}/pid;
error_log {folder}/errors;
events {{}}
http {{
    types {{ image/png png; image/jpeg jpg jpeg; image/tiff tiff; }}
    default_type application/octet-stream;
    access_log {folder}/requests;
    client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
    uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
    server {{
        listen 127.0.0.1:{port};
        root {files};
        location /whole/ {{ max_ranges 0; alias {files}/; }}
        location /broken/ {{ return 500; }}
        location = /are-you-done {{ access_log off; return 204; }}
    }}
}}
"""


@contextmanager
def nginx(folder: Path, files: Path) -> Iterator[str]:
    """Run nginx over a folder of files; yields its address.

    Below ``/whole/`` it gives the same files without ranges, below ``/broken/`` it fails.

    Parameters
    ----------
    folder : Path
        For its settings and logs: ``requests`` has a line for each request.
    files : Path

    Raises
    ------
    FileNotFoundError
        If nginx is not installed.
    RuntimeError
        If it does not answer.
    """
    program = find_program("nginx")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = folder / "nginx.conf"
    config.write_text(CONFIG.format(folder=folder, port=port, files=files))
    process = subprocess.Popen(
        [program, "-c", config, "-e", folder / "errors"], stderr=subprocess.DEVNULL
    )
    try:
        _wait_for(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def logged_requests(address: str, folder: Path) -> list[str]:
    """Read the log of nginx: a line for each request that it has answered so far.

    It writes a line *after* the answer is sent, so that who reads the log at once may miss the
    last one. It is one process, which does one thing after the other: what it was asked before
    is in the log when it answers a further request.

    Parameters
    ----------
    address : str
        What `nginx` gave.
    folder : Path
        The folder of its settings and logs.
    """
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"{address}/are-you-done", timeout=PATIENCE):
        return (folder / "requests").read_text().splitlines()


def _wait_for(port: int) -> None:
    last = time.monotonic() + PATIENCE
    while time.monotonic() < last:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.01)
        else:
            return
    raise RuntimeError("nginx does not answer")
