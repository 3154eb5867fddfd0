"""Stores elsewhere: what is absent, what is an error, ranges, and servers that fail at times."""

from __future__ import annotations

import pickle

import fsspec
import pytest

from volio.errors import ImageFileError, RemoteError
from volio.files.remote import http
from volio.files.remote.stores import FsspecStore, HTTPStore
from volio.files.stores import open_store
from volio.testing.servers.web_server import CUT, Server, serving

DATA = bytes(range(100))


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    waits: list[float] = []
    monkeypatch.setattr(http, "sleep", waits.append)
    return waits


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("no_proxy", "*")
    with serving(Server()) as server:
        yield server


@pytest.fixture
def store(server) -> HTTPStore:
    server.files["/a%20b.zarr/0/c/1"] = DATA
    return open_store(f"{server.url}/a%20b.zarr/")


SPANS = [(None, None), (10, 20), (90, None), (-7, None), (95, 300), (-300, None)]


@pytest.mark.parametrize(("start", "stop"), SPANS)
@pytest.mark.parametrize("ranges", [True, False])
def test_ranges(store: HTTPStore, server, start, stop, ranges: bool):
    server.ranges = ranges
    assert store.get("0/c/1", start, stop) == DATA[start:stop]


def test_only_the_range_is_sent(store: HTTPStore, server):
    store.get("0/c/1", -20)
    assert server.asked == [("/a%20b.zarr/0/c/1", (80, 100))]


def test_absent_keys_are_none_and_nothing_is_listed(store: HTTPStore, server):
    assert store.get("0/c/2") is None
    assert store.names() is None
    assert len(server.asked) == 1  # not tried again


def test_ranges_past_the_end_are_empty(store: HTTPStore, server):
    assert store.get("0/c/1", 200, 300) == b""


@pytest.mark.parametrize("status", [403, 401, 400])
def test_other_answers_are_errors(store: HTTPStore, server, status: int):
    server.faults = [status]
    with pytest.raises(RemoteError, match=f"answered {status}") as caught:
        store.get("0/c/1")
    assert caught.value.status == status


def test_answers_that_the_user_adds_mean_absent(server):
    server.files["/a/1"] = DATA
    server.faults = [403, 401]
    store = HTTPStore(f"{server.url}/a", missing=(404, 403))
    assert store.get("1") is None
    with pytest.raises(RemoteError, match="answered 401"):
        store.get("1")


@pytest.mark.parametrize("fault", [503, 429, CUT])
def test_failures_that_pass_are_tried_again(store: HTTPStore, server, waits, fault):
    server.faults = [fault]
    assert store.get("0/c/1") == DATA
    assert len(waits) == 1


def test_a_query_goes_with_every_request(server):
    server.files["/a/0/zarr.json?token=x"] = b"{}"
    assert HTTPStore(f"{server.url}/a?token=x").get("0/zarr.json") == b"{}"


def test_keys_that_could_lead_out_are_refused(store: HTTPStore, server):
    with pytest.raises(ImageFileError, match="is not a key inside it"):
        store.get("../other")
    assert server.asked == []


def test_copies_share_chunks_and_stores_opened_later_do_not(store: HTTPStore):
    again = pickle.loads(pickle.dumps(store))
    assert again.identity() == store.identity()
    assert HTTPStore(store.name).identity() != store.identity()


@pytest.fixture
def memory() -> FsspecStore:
    files = fsspec.filesystem("memory")
    files.store.clear()
    files.pipe("/a.zarr/0/c/1", DATA)
    return open_store("memory://a.zarr")


@pytest.mark.parametrize(("start", "stop"), SPANS)
def test_ranges_of_fsspec(memory: FsspecStore, start, stop):
    assert memory.get("0/c/1", start, stop) == DATA[start:stop]


def test_names_and_absent_keys_of_fsspec(memory: FsspecStore):
    assert memory.names() == ("0",)
    assert memory.names("0/c") == ("1",)
    assert memory.names("nothing") == ()
    assert memory.get("0/c/2") is None
    assert memory.get("0/c") is None


def test_stores_of_fsspec_pickle(memory: FsspecStore):
    again = pickle.loads(pickle.dumps(memory))
    assert again.get("0/c/1") == DATA
    assert again.identity() == memory.identity()


def test_failing_file_systems_are_errors(memory: FsspecStore, monkeypatch: pytest.MonkeyPatch):
    def fail(*arguments, **options):
        raise PermissionError("not yours")

    monkeypatch.setattr(type(memory.fs), "cat_file", fail)
    with pytest.raises(RemoteError, match=r"0/c/1: PermissionError: not yours"):
        memory.get("0/c/1")
