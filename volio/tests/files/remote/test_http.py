from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from volio.errors import RemoteError
from volio.files.opener import open_source
from volio.files.remote import http
from volio.files.remote.addresses import is_url
from volio.files.remote.http import fetch
from volio.tests.files.samples import compressed

PACKED = compressed("gzip", b"0123456789")


class Handler(BaseHTTPRequestHandler):
    """Gives the answers of the server's list one after the other, the last one for ever."""

    def do_GET(self):
        answers = self.server.answers
        status, body, length = answers.pop(0) if len(answers) > 1 else answers[0]
        self.server.requests += 1
        self.send_response(status)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    waits = []
    monkeypatch.setattr(http, "sleep", waits.append)
    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        server.requests = 0
        server.waits = waits
        server.url = f"http://127.0.0.1:{server.server_address[1]}/a.nii.gz"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_fetch_and_decompress(server):
    server.answers = [(200, PACKED, len(PACKED))]
    source = open_source(server.url)
    assert source.name == server.url
    assert source.read(2, 4) == b"2345"


@pytest.mark.parametrize("first", [(503, b"", 0), (429, b"", 0), (200, PACKED[:9], len(PACKED))])
def test_failures_that_pass(server, first):
    server.answers = [first, first, (200, PACKED, len(PACKED))]
    assert fetch(server.url) == PACKED
    for wait, stated in zip(server.waits, http.WAITS[:2], strict=True):
        assert stated <= wait <= stated * (1 + http.JITTER)


@pytest.mark.parametrize(("status", "requests"), [(404, 1), (403, 1), (500, 4)])
def test_failures_that_stay(server, status, requests):
    server.answers = [(status, b"", 0)]
    with pytest.raises(RemoteError, match=rf"{server.url}: the server answered {status}"):
        fetch(server.url)
    assert server.requests == requests


def test_no_server(server):
    server.shutdown()
    server.server_close()
    with pytest.raises(RemoteError, match=r"a\.nii\.gz: .*refused"):
        fetch(server.url)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://x/y", "http://[x/"])
def test_addresses_that_are_none(url):
    with pytest.raises(RemoteError, match="^" + url.replace("[", r"\[")):
        fetch(url)


def test_is_url():
    assert is_url("HTTPS://host/a.nii")
    assert not is_url("http.nii")
    assert not is_url(3)
