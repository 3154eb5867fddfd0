"""Connections that nobody answers end by their timeout, or as soon as nobody wants them."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from volio.files.remote.connecting import connected, is_ready
from volio.threads import in_parallel

Address = tuple[str, int]


@pytest.fixture
def silent() -> Iterator[Address]:
    """The address of a server whose queue is full: Linux drops what asks for a connection."""
    with ExitStack() as stack:
        server = stack.enter_context(socket.socket())
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(server.getsockname())
        yield server.getsockname()


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def test_bytes_go_both_ways(listening: socket.socket):
    with connected(listening.getsockname(), 10) as sock, listening.accept()[0] as other:
        assert not is_ready(sock)
        other.sendall(b"abc")
        assert is_ready(sock, 10)
        assert sock.recv(9) == b"abc"
        sock.sendall(b"d")
        assert other.recv(9) == b"d"
        assert 0 < sock.gettimeout() <= 10


@pytest.mark.requires("Linux")
def test_a_server_that_does_not_answer_ends_by_the_timeout(silent: Address):
    begin = time.monotonic()
    with pytest.raises(TimeoutError, match="timed out"):
        connected(silent, 0.2)
    assert 0.2 <= time.monotonic() - begin < 2


@pytest.mark.requires("Linux")
def test_connections_that_are_not_wanted_any_more_end_at_once(silent: Address):
    ends = []

    def work(number: int) -> None:
        if number == 0:
            time.sleep(0.1)  # the others are waiting by then
            raise KeyboardInterrupt("enough")
        try:
            connected(silent, 60)
        except InterruptedError as error:
            ends.append(str(error))
            raise

    begin = time.monotonic()
    with pytest.raises(KeyboardInterrupt, match="enough"):
        in_parallel(work, range(4), 4)
    assert time.monotonic() - begin < 5
    assert ends == ["was interrupted"] * 3


def test_a_server_that_is_not_there(listening: socket.socket):
    address = listening.getsockname()
    listening.close()
    with pytest.raises(ConnectionRefusedError, match="refused"):
        connected(address, 10)


def test_all_addresses_of_a_name_are_tried(listening: socket.socket, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        refusing = closed.getsockname()
    places = [refusing, listening.getsockname()]
    found = [(socket.AF_INET, socket.SOCK_STREAM, 0, "", place) for place in places]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *address, type: found)
    with connected(("a.example", 80), 10) as sock:
        assert sock.getpeername() == listening.getsockname()
    del found[:]
    with pytest.raises(OSError, match=r"a\.example: has no address"):
        connected(("a.example", 80), 10)
