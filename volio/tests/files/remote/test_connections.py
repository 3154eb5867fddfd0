"""Connections that stay open, redirects, credentials, and what ends a request."""

from __future__ import annotations

import multiprocessing
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread

import pytest

from volio.errors import LimitError, RemoteError
from volio.files.remote import connections, http
from volio.files.remote.connections import ConnectionPool, TimeLimits
from volio.files.remote.credentials import basic_credential, token_credential
from volio.files.remote.http import HTTPRequest, ask, fetch, retried
from volio.files.remote.rules import AccessRules
from volio.testing.servers.web_server import Server as FileServer
from volio.testing.servers.web_server import serving
from volio.threads import in_parallel

BODY = bytes(range(256)) * 4


class Handler(BaseHTTPRequestHandler):
    """HTTP/1.1: what is done is in the path."""

    protocol_version = "HTTP/1.1"

    def setup(self):
        super().setup()
        with self.server.lock:
            self.server.connections += 1

    def do_GET(self):
        with self.server.lock:
            self.server.requests.append((self.path, dict(self.headers)))
        action, _, rest = self.path.lstrip("/").partition("/")
        getattr(self, f"do_{action}")(rest)

    def do_body(self, rest):
        self.answer(200, BODY)

    def do_once(self, rest):
        """Close the connection without saying so."""
        self.answer(200, BODY)
        self.close_connection = True

    def do_to(self, rest):
        self.answer(302, b"moved", Location=rest)

    def do_again(self, rest):
        self.answer(307, b"", Location=self.path + "x")

    def do_status(self, rest):
        self.answer(int(rest), b"page")

    def do_chunked(self, rest):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for _ in range(8):
            self.wfile.write(b"400\r\n" + BODY + b"\r\n")
        self.wfile.write(b"0\r\n\r\n")

    def do_drip(self, rest):
        self.send_response(200)
        self.send_header("Content-Length", "100000")
        self.end_headers()
        self.drip()

    def do_driphead(self, rest):
        self.drip()

    def drip(self):
        try:
            while not self.server.ends:
                self.wfile.write(b"x")
                time.sleep(0.02)
        except OSError:
            pass
        self.close_connection = True

    def do_hang(self, rest):
        while not self.server.ends:
            time.sleep(0.02)
        self.close_connection = True

    def answer(self, status, body, **headers):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.lock = Lock()
        self.connections = 0
        self.requests = []
        self.ends = False
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.other_name = f"http://localhost:{self.server_address[1]}"

    def handle_error(self, request, client_address):
        pass


@pytest.fixture
def server(monkeypatch) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(http, "WAITS", (0.0, 0.0, 0.0))
    with Server() as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.ends = True
        connections.connection_pool().close()
        server.shutdown()
        thread.join()


def read(request: HTTPRequest) -> bytes:
    with ask(request) as answer:
        return b"".join(answer.pieces)


def test_one_connection_for_many_requests(server: Server):
    for path in ("body/1", "status/404", "body/2", "chunked", "to//body/3"):
        with suppress(RemoteError):
            fetch(f"{server.url}/{path}")
    assert (server.connections, len(server.requests)) == (1, 6)


def test_a_connection_that_the_server_closed_is_replaced_without_a_try(server: Server):
    for number in range(3):
        assert read(HTTPRequest(f"{server.url}/once/{number}")) == BODY
        time.sleep(0.02)
    assert (server.connections, len(server.requests)) == (3, 3)


def test_a_connection_that_closes_while_it_is_taken_is_replaced(server: Server, monkeypatch):
    monkeypatch.setattr(connections, "is_ready", lambda sock: False)
    for number in range(3):
        assert read(HTTPRequest(f"{server.url}/once/{number}")) == BODY
        time.sleep(0.02)
    assert len(server.requests) == 3


def test_as_many_connections_as_threads_at_once(server: Server):
    with ThreadPoolExecutor(16) as pool:
        bodies = list(pool.map(fetch, [f"{server.url}/body/{n}" for n in range(200)]))
    assert bodies == [BODY] * 200
    assert server.connections <= 16
    assert {path for path, _ in server.requests} == {f"/body/{n}" for n in range(200)}


def test_no_more_idle_connections_than_the_limit(server: Server, monkeypatch):
    monkeypatch.setattr(connections, "MOST_IDLE", 2)
    pool = ConnectionPool()
    monkeypatch.setattr(connections, "_POOL", pool)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(fetch, [f"{server.url}/body/{n}" for n in range(50)]))
    assert 1 <= len(pool._idle) <= 2
    pool.close()
    assert pool._idle == []


def _fetch_in_child(url: str, queue) -> None:
    queue.put(fetch(url))


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_children_have_connections_of_their_own(server: Server, method: str):
    fetch(f"{server.url}/body/parent")
    context = multiprocessing.get_context(method)
    queue = context.Queue()
    child = context.Process(target=_fetch_in_child, args=(f"{server.url}/body/child", queue))
    child.start()
    assert queue.get(timeout=60) == BODY
    child.join()
    assert fetch(f"{server.url}/body/parent") == BODY
    assert server.connections == 2


# Redirects and credentials.


def test_redirects_that_do_not_end(server: Server):
    with pytest.raises(RemoteError, match="sends on more than 5 times"):
        fetch(f"{server.url}/again/")
    assert len(server.requests) == 6


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://host/x", "gopher://host/"])
def test_redirects_to_other_protocols(server: Server, target: str):
    with pytest.raises(RemoteError, match=f"^{target}: is not an http or https address"):
        fetch(f"{server.url}/to/{target}")


@pytest.mark.parametrize(
    "credential", [token_credential("s3cret"), basic_credential("a", "s3cret")]
)
def test_credentials_stay_on_their_server(server: Server, credential):
    for target in (f"{server.other_name}/body/2", f"{server.url}/body/1"):
        address = f"{server.url}/to/{target}"
        rules = AccessRules(allow_redirects=True)
        assert read(HTTPRequest(address, credential=credential, rules=rules)) == BODY
    name = next(iter(credential.headers))
    sent = [headers.get(name) is not None for _, headers in server.requests]
    assert sent == [True, False, True, True]


def test_refusals_say_what_was_sent_and_not_the_secret(server: Server):
    request = HTTPRequest(f"{server.url}/status/401", credential=token_credential("s3cret"))
    with pytest.raises(RemoteError, match=r"answered 401 .*: asked with token$") as caught:
        read(request)
    assert "s3cret" not in f"{caught.value}{request!r}"
    with pytest.raises(RemoteError, match="403 Forbidden: asked with no credentials"):
        fetch(f"{server.url}/status/403")
    assert len(server.requests) == 2


def test_user_and_password_in_an_address(server: Server):
    address = server.url.replace("http://", "http://me:s%40cret@")
    assert fetch(f"{address}/body/") == BODY
    assert server.requests[0][1]["Authorization"] == "Basic bWU6c0BjcmV0"
    with pytest.raises(RemoteError, match=f"^{server.url}/status/403: ") as caught:
        fetch(f"{address}/status/403")
    assert "cret" not in str(caught.value)


def test_addresses_with_other_characters_are_quoted(server: Server):
    fetch(f"{server.url}/body/a b/ü%20?x=ä y")
    assert server.requests[0][0] == "/body/a%20b/%C3%BC%20?x=%C3%A4%20y"


def test_proxies_of_the_environment(monkeypatch: pytest.MonkeyPatch):
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with serving(FileServer()) as proxy:
        address = proxy.url.replace("http://", "http://me:s3cret@")
        monkeypatch.setenv("http_proxy", address)
        proxy.files["http://scans.example/a?b=1"] = BODY
        for _ in range(2):
            assert fetch("http://scans.example/a?b=1") == BODY
        assert proxy.headers[0]["Proxy-Authorization"] == "Basic bWU6czNjcmV0"
        assert proxy.headers[0]["Host"] == "scans.example"
        assert proxy.connections == 1
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        proxy.files["/direct"] = BODY[:9]
        assert fetch(f"{proxy.url}/direct") == BODY[:9]


# What ends a request.


def test_bodies_over_the_limit(server: Server):
    request = HTTPRequest(f"{server.url}/body/", largest=1023)
    with pytest.raises(LimitError, match="sends 1024 bytes, at most 1023 are read"):
        read(request)
    with pytest.raises(LimitError, match="sends more than 8191 bytes"):
        read(HTTPRequest(f"{server.url}/chunked", largest=8191))
    assert len(read(HTTPRequest(f"{server.url}/chunked", largest=8192))) == 8192


@pytest.mark.parametrize("path", ["drip", "driphead"])
def test_slow_servers_end_by_the_time_of_the_whole_try(server: Server, path: str):
    begin = time.monotonic()
    with pytest.raises(RemoteError, match="timed out"):
        read(HTTPRequest(f"{server.url}/{path}", limits=TimeLimits(5.0, 0.3, 0.0)))
    assert time.monotonic() - begin < 5


def test_a_longer_timeout_is_meant(server: Server, monkeypatch):
    """Also where it is longer than a try may take otherwise."""
    seen = []
    monkeypatch.setattr(connections.Clock, "left", lambda self: seen.append(self._limits) or 5.0)
    read(HTTPRequest(f"{server.url}/body/", timeout=77.0))
    assert (seen[0].between, seen[0].whole) == (77.0, 77.0)


def test_timeouts_double(server: Server):
    timeouts = []

    def once(request: HTTPRequest) -> bytes:
        timeouts.append(request.timeout)
        return read(request)

    with pytest.raises(RemoteError, match=r"timed out \(tried 4 times\)"):
        retried(once, HTTPRequest(f"{server.url}/hang", timeout=0.02))
    assert timeouts == [0.02, 0.04, 0.08, 0.16]


def test_one_failure_ends_requests_of_the_same_call(server: Server):
    paths = ["hang", "hang", "hang", "status/403"]
    begin = time.monotonic()
    with pytest.raises(RemoteError, match="answered 403"):
        in_parallel(lambda path: fetch(f"{server.url}/{path}"), paths, threads=4)
    assert time.monotonic() - begin < 10  # not the 30 seconds without a byte
    assert len(server.requests) <= 4


def test_a_failure_ends_waits_for_another_try(server: Server, monkeypatch):
    monkeypatch.setattr(http, "WAITS", (100.0, 100.0, 100.0))
    begin = time.monotonic()
    with pytest.raises(RemoteError, match="answered 403"):
        in_parallel(
            lambda path: fetch(f"{server.url}/{path}"), ["status/503", "status/403"], threads=2
        )
    assert time.monotonic() - begin < 50


def test_other_calls_go_on(server: Server):
    """A failure of one read is not that of another one at the same time."""
    with ThreadPoolExecutor(2) as pool:
        good = pool.submit(
            in_parallel, lambda n: fetch(f"{server.url}/body/{n}"), range(100), threads=4
        )
        with pytest.raises(RemoteError, match="answered 403"):
            in_parallel(lambda n: fetch(f"{server.url}/status/403"), range(4), threads=4)
        good.result()


def test_servers_that_talk_nonsense(server: Server):
    with socket.create_server(("127.0.0.1", 0)) as raw:

        def talk() -> None:
            for _ in range(4):
                client, _ = raw.accept()
                client.recv(1000)
                client.sendall(b"SSH-2.0-OpenSSH\r\n")
                client.close()

        thread = Thread(target=talk)
        thread.start()
        with pytest.raises(RemoteError, match=r"SSH-2\.0.*tried 4 times"):
            fetch(f"http://127.0.0.1:{raw.getsockname()[1]}/")
        thread.join()
