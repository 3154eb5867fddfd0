"""Real servers for the tests: one with threads that honours Range and can fail, and nginx."""

from __future__ import annotations

import re
import socket
import subprocess
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread

from volio.tests.requirements import find_program


class Server(ThreadingHTTPServer):
    """Gives files from a dict.

    Attributes
    ----------
    files : dict of str to bytes
    ranges : bool
        Whether it gives ranges.
    faults : list
        What is done with the next requests, the first one taken off each time: a status, "cut"
        (half the body), or None for nothing.
    asked : list of (path, (start, stop) or None)
    """

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.files, self.ranges, self.faults, self.asked = {}, True, [], []
        self.tags = {}
        self.lock = Lock()
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    def sent(self):
        """Bytes that were asked for in ranges."""
        return sum(stop - start for _, span in self.asked if span for start, stop in [span])


class Handler(BaseHTTPRequestHandler):
    """Answers GET."""

    def do_GET(self):
        server = self.server
        data = server.files.get(self.path)
        span = self._span(len(data or b""))
        with server.lock:
            server.asked.append((self.path, span))
            fault = server.faults.pop(0) if server.faults else None
        if data is None or isinstance(fault, int):
            self._answer(404 if data is None else fault, b"", {"Retry-After": "1"})
            return
        headers = {"ETag": f'"{server.tags.get(self.path, 0)}"'}
        if span is None or not server.ranges:
            self._answer(200, data, headers, cut=fault == "cut")
        elif span[0] >= len(data):
            self._answer(416, b"", {**headers, "Content-Range": f"bytes */{len(data)}"})
        else:
            start, stop = span[0], min(span[1], len(data))
            headers["Content-Range"] = f"bytes {start}-{stop - 1}/{len(data)}"
            self._answer(206, data[start:stop], headers, cut=fault == "cut")

    def _span(self, size):
        found = re.fullmatch(r"bytes=(\d*)-(\d*)", self.headers.get("Range", ""))
        if not found:
            return None
        if not found[1]:
            return max(0, size - int(found[2])), size
        return int(found[1]), int(found[2]) + 1 if found[2] else size

    def _answer(self, status, body, headers, *, cut=False):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if cut else body)

    def log_message(self, *arguments):
        pass


@contextmanager
def serving():
    """Run the server with threads."""
    with Server() as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


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
