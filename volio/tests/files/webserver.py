"""A real web server for the tests: nginx. The one that fails is `volio.testing.web_server`."""

from __future__ import annotations

import socket
import subprocess
import time
from contextlib import contextmanager

from volio.tests.requirements import find_program

CONFIG = """
daemon off;
master_process off;
pid {folder}/pid;
error_log {folder}/errors;
events {{}}
http {{
    access_log {folder}/requests;
    client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
    uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
    server {{
        listen 127.0.0.1:{port};
        root {files};
        location /whole/ {{ max_ranges 0; alias {files}/; }}
        location /broken/ {{ return 500; }}
    }}
}}
"""


@contextmanager
def nginx(folder, files):
    """Run nginx over a folder of files; yields its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = folder / "nginx.conf"
    config.write_text(CONFIG.format(folder=folder, port=port, files=files))
    process = subprocess.Popen(
        [find_program("nginx"), "-c", config, "-e", folder / "errors"], stderr=subprocess.DEVNULL
    )
    try:
        _wait_for(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def _wait_for(port):
    for _ in range(500):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.01)
        else:
            return
    raise RuntimeError("nginx does not answer")
