"""What servers sent, kept on disk: found again, bounded, safe for several processes, private."""

from __future__ import annotations

import multiprocessing
import os
import stat
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import volio
from volio.errors import RemoteError, UsageError
from volio.files.remote import disk_cache as module
from volio.files.remote import http
from volio.files.remote.credentials import (
    NO_CREDENTIAL,
    basic_credential,
    token_credential,
)
from volio.files.remote.disk_cache import DAY, DiskCache, FetchedAnswer, disk_cache, fetch_kept
from volio.files.remote.http import HTTPRequest
from volio.settings import options
from volio.testing.servers.web_server import Fault, Server, serving

BODY = bytes(range(256)) * 40
MISSING = (404, 410)


@pytest.fixture
def cache(tmp_path: Path) -> DiskCache:
    return DiskCache(tmp_path / "cache")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(http, "sleep", lambda seconds: None)
    with serving(Server()) as server:
        server.files["/tile"] = BODY
        yield server


def files_of(cache: DiskCache) -> list[Path]:
    return sorted(path for path in cache.folder.rglob("*") if path.is_file())


def fetched(server: Server, cache: DiskCache | None, path: str = "/tile") -> FetchedAnswer:
    return fetch_kept(HTTPRequest(server.url + path), cache, MISSING)


def later(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    now = time.time
    monkeypatch.setattr(module.time, "time", lambda: now() + seconds)


def test_a_tile_is_asked_for_once(server: Server, cache: DiskCache):
    assert fetched(server, cache) == (BODY, False)
    assert fetched(server, DiskCache(cache.folder)) == (BODY, True)
    assert fetched(server, None) == (BODY, False)
    assert len(server.asked) == 2


def test_the_bytes_are_kept_as_they_came_under_a_hash(server: Server, cache: DiskCache):
    fetched(server, cache)
    (path,) = files_of(cache)
    host, letters, name = path.relative_to(cache.folder).parts
    assert host == server.url.removeprefix("http://").replace(":", "_")
    assert len(name) == 64
    assert name.startswith(letters)
    assert path.read_bytes().partition(b"\n")[2] == BODY


def test_what_one_was_given_another_is_not(server: Server, cache: DiskCache):
    request = HTTPRequest(f"{server.url}/tile", credential=token_credential("t0ken"))
    assert fetch_kept(request, cache, MISSING) == (BODY, False)
    assert fetch_kept(request, cache, MISSING) == (BODY, True)
    others = [NO_CREDENTIAL, token_credential("t0keN"), basic_credential("me", "t0ken")]
    for credential in others:
        server.faults = [Fault(403)]
        with pytest.raises(RemoteError, match="answered 403"):
            fetch_kept(replace(request, credential=credential), cache, MISSING)
    assert len(server.asked) == 4
    cache.forget(request.url)
    assert cache.find(request.url, request.credential).data == BODY
    cache.forget(request.url, request.credential)
    assert files_of(cache) == []


def test_hosts_cannot_lead_out_of_the_folder(cache: DiskCache):
    for host in ("..", "../../etc", "a/b", "user:secret@host", "." * 500, ""):
        cache.keep(f"http://{host}", BODY)
    assert {path.parents[2] for path in files_of(cache)} == {cache.folder}
    assert not any("secret" in str(path) for path in files_of(cache))


def test_what_is_not_there_is_known_for_a_day(server: Server, cache: DiskCache, monkeypatch):
    for _ in range(3):
        assert fetched(server, cache, "/none").data is None
    assert len(server.asked) == 1
    later(monkeypatch, DAY + 1)
    server.files["/none"] = BODY
    assert fetched(server, cache, "/none").data == BODY
    assert len(server.asked) == 2


def test_after_a_day_the_server_is_asked_whether_it_has_changed(
    server: Server, cache: DiskCache, monkeypatch
):
    fetched(server, cache)
    later(monkeypatch, DAY + 1)
    assert fetched(server, cache) == (BODY, True)
    assert server.headers[-1]["If-None-Match"] == '"0"'
    assert server.statuses == {200: 1, 304: 1}
    assert fetched(server, cache) == (BODY, True)  # fresh again
    assert len(server.asked) == 2
    later(monkeypatch, 2 * DAY + 2)
    server.tags["/tile"] = 1
    server.files["/tile"] = BODY[::-1]
    assert fetched(server, cache) == (BODY[::-1], False)
    assert server.statuses == {200: 2, 304: 1}


def test_what_has_no_tag_is_kept_for_good(server: Server, cache: DiskCache, monkeypatch):
    server.faults = [Fault(headers={"ETag": ""})]
    fetched(server, cache)
    later(monkeypatch, 400 * DAY)
    assert fetched(server, cache) == (BODY, True)
    assert len(server.asked) == 1


@pytest.mark.parametrize("damage", ["cut", "changed", "empty", "garbage", "list", "folder"])
def test_damaged_files_are_fetched_again(server: Server, cache: DiskCache, damage: str):
    fetched(server, cache)
    (path,) = files_of(cache)
    content = path.read_bytes()
    if damage == "folder":
        path.unlink()
        path.mkdir()
        assert fetched(server, cache) == (BODY, False)
        return
    damaged = {
        "cut": content[:-1],
        "changed": content[:-1] + b"?",
        "empty": b"",
        "garbage": os.urandom(5000),
        "list": b"[]\n" + BODY,
    }
    path.write_bytes(damaged[damage])
    assert fetched(server, cache) == (BODY, False)
    assert fetched(server, cache) == (BODY, True)
    assert len(server.asked) == 2


def test_errors_are_not_kept(server: Server, cache: DiskCache):
    server.faults = [Fault(403), *[Fault(500)] * 4]
    for status in (403, 500):
        with pytest.raises(RemoteError, match=f"answered {status}"):
            fetched(server, cache)
    assert files_of(cache) == []
    assert fetched(server, cache) == (BODY, False)


def test_answers_that_mean_missing(server: Server, cache: DiskCache):
    server.faults = [Fault(500)]
    request = HTTPRequest(f"{server.url}/tile")
    assert fetch_kept(request, cache, (404, 500)).data is None
    assert len(server.asked) == 1


@pytest.mark.requires("POSIX")
def test_nobody_else_can_look_into_it(cache: DiskCache):
    cache.keep("https://host/1", BODY)
    folders = [cache.folder, *(path for path in cache.folder.rglob("*") if path.is_dir())]
    assert [stat.S_IMODE(path.stat().st_mode) for path in folders] == [0o700] * 3


def test_a_folder_that_cannot_be_written_is_no_error(server: Server, tmp_path: Path):
    (tmp_path / "file").write_bytes(b"")
    assert fetched(server, DiskCache(tmp_path / "file" / "cache")) == (BODY, False)
    assert DiskCache(tmp_path / "file").hosts() == []


def test_what_was_not_used_for_longest_is_removed(cache: DiskCache, monkeypatch):
    size = len(BODY) + 200
    with options(cache_size=10 * size):
        for number in range(10):
            cache.keep(f"http://host/{number}", BODY)
            path = cache._path(f"http://host/{number}", NO_CREDENTIAL)
            os.utime(path, (number, number))
        assert cache.find("http://host/0").data == BODY  # used, and so the newest
        for number in range(10, 13):
            cache.keep(f"http://host/{number}", BODY)
        left = {n for n in range(13) if cache.find(f"http://host/{n}")}
    assert {0, 10, 11, 12} < left
    assert 1 not in left
    assert sum(path.stat().st_size for path in files_of(cache)) <= 10 * size


def test_nothing_larger_than_all_of_it_is_kept(cache: DiskCache):
    with options(cache_size=1000):
        cache.keep("http://host/", BODY)
    assert files_of(cache) == []


def test_what_processes_left_half_written_is_removed(cache: DiskCache):
    cache.keep("http://host/1", BODY)
    (path,) = files_of(cache)
    old = path.with_name("x.part")
    old.write_bytes(b"half")
    young = path.with_name("y.part")
    young.write_bytes(b"half")
    os.utime(old, (0, 0))
    assert cache.hosts()[0].files == 1
    assert not old.exists()
    assert young.exists()
    cache.clear()
    assert list(cache.folder.iterdir()) == []


def _keep_and_find(folder: Path, number: int) -> int:
    cache = DiskCache(folder)
    found = 0
    with options(cache_size=40 * len(BODY)):
        for n in range(50):
            url = f"http://host/{(n * 7 + number) % 60}"
            cache.keep(url, url.encode() * 1000)
            kept = cache.find(url)
            assert kept is None or kept.data == url.encode() * 1000
            found += kept is not None
    return found


def test_several_processes_at_once(cache: DiskCache):
    context = multiprocessing.get_context("fork")
    with context.Pool(4) as pool:
        found = pool.starmap(_keep_and_find, [(cache.folder, number) for number in range(4)])
    assert min(found) > 0
    assert [path for path in files_of(cache) if path.name.endswith(".part")] == []


def test_the_folder_of_the_options(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    assert disk_cache() is None
    with volio.options(cache_folder=tmp_path):
        assert disk_cache().folder == tmp_path
        assert disk_cache() is disk_cache(str(tmp_path))
    monkeypatch.setenv("VOLIO_CACHE_FOLDER", str(tmp_path / "a"))
    monkeypatch.setenv("VOLIO_CACHE_SIZE", "1000")
    options.reset()
    assert disk_cache().folder == tmp_path / "a"
    assert options.cache_size == 1000
    monkeypatch.undo()
    options.reset()
    for value in ("", 3, b"bytes"):
        with pytest.raises(UsageError, match="cache_folder: must be a path or None"):
            options.cache_folder = value
