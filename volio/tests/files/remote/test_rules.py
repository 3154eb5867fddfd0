"""How long servers may take, where they may redirect to, and files that change between requests."""

from __future__ import annotations

import pickle
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import volio
from volio.errors import RemoteError, SourceChangedError, UncheckedWarning, UsageError
from volio.files.opener import open_source
from volio.files.remote import sources
from volio.files.remote.http import fetch
from volio.files.remote.stores import FsspecStore, HTTPStore
from volio.testing.servers.web_server import Fault, Server, serving
from volio.tests.requirements import optional

LARGE = bytes(range(256)) * 1024  # 256 KiB, in several requests
SLOW = Fault(pause=0.05)  # 64 bytes each time: for ever, but never without a byte for long
SILENT = Fault(wait=30.0)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "*")
    with serving(Server()) as running:
        running.files["/a"] = LARGE
        yield running


@pytest.fixture
def other() -> Iterator[Server]:
    with serving(Server()) as running:
        running.files["/a"] = LARGE
        yield running


def image_file(folder: Path) -> bytes:
    voxels = np.arange(64**3, dtype=np.int16).reshape(64, 64, 64)
    volio.save(volio.Nifti1Image(voxels, np.eye(4)), folder / "a.nii")
    return (folder / "a.nii").read_bytes()


# Time


@pytest.mark.parametrize("fault", [SLOW, SILENT])
def test_a_try_ends_after_its_time_and_is_made_again(server: Server, fault: Fault):
    server.faults = [fault]
    with volio.options(request_timeout=0.3):
        begun = time.monotonic()
        assert fetch(f"{server.url}/a") == LARGE
    assert 0.3 <= time.monotonic() - begun < 10
    assert len(server.asked) == 2


@pytest.mark.parametrize("fault", [SLOW, SILENT])
def test_loading_ends_after_the_total_time(server: Server, fault: Fault):
    server.faults = [fault] * 20
    begun = time.monotonic()
    with pytest.raises(RemoteError, match=r"/a: .*total_timeout, 0\.4 s"):
        volio.load(f"{server.url}/a", total_timeout=0.4)
    assert time.monotonic() - begun < 10


def test_servers_that_ask_to_come_back_too_late_are_not_waited_for(server: Server):
    server.faults = [Fault(503, headers={"Retry-After": "50"})] * 9
    begun = time.monotonic()
    with volio.options(total_timeout=5), pytest.raises(RemoteError, match="answered 503"):
        fetch(f"{server.url}/a")
    assert time.monotonic() - begun < 4
    assert len(server.asked) == 1


def test_what_was_given_to_load_holds_for_later_reads_and_pickles(server: Server, tmp_path: Path):
    server.files["/a.nii"] = image_file(tmp_path)
    img = volio.load(f"{server.url}/a.nii", total_timeout=0.4)
    copy = pickle.loads(pickle.dumps(img))
    time.sleep(0.4)
    assert img.dataobj[3, 4, 63] == 3 * 64 * 64 + 4 * 64 + 63  # the time of each read is its own
    server.faults = [SILENT] * 40
    for each in (img, copy):
        begun = time.monotonic()
        with pytest.raises(RemoteError, match=r"total_timeout, 0\.4 s"):
            each.dataobj[:, :, 40]
        assert time.monotonic() - begun < 10


def test_requests_of_one_read_share_its_time(server: Server):
    source = open_source(f"{server.url}/a")
    far = [(100_000, 100_010), (250_000, 250_100)]
    with volio.options(total_timeout=0.6):
        source = open_source(f"{server.url}/a")
    with source.open() as reader:
        reader.read(70_000, 4)
        time.sleep(0.7)
        server.faults = [SILENT] * 9
        with pytest.raises(RemoteError, match="total_timeout"):
            reader.read(*far[1])


def test_chunks_of_one_read_share_its_time(server: Server, tmp_path: Path):
    volio.save(volio.Nifti1Image(np.ones((8, 8, 8), np.uint8), np.eye(4)), tmp_path / "a.ome.zarr")
    for path in (tmp_path / "a.ome.zarr").rglob("*"):
        if path.is_file():
            server.files[f"/{path.relative_to(tmp_path).as_posix()}"] = path.read_bytes()
    img = volio.load(f"{server.url}/a.ome.zarr", total_timeout=0.5)
    server.faults = [SILENT] * 40
    begun = time.monotonic()
    with pytest.raises(RemoteError, match="total_timeout"):
        img.dataobj[...]
    assert time.monotonic() - begun < 10


@pytest.mark.parametrize("name", ["request_timeout", "total_timeout"])
def test_file_systems_of_fsspec_are_left_after_the_time(name: str, tmp_path: Path):
    fsspec = optional("fsspec")

    class Slow(fsspec.get_filesystem_class("file")):
        wait = 0.0

        def info(self, path, **options):
            time.sleep(self.wait)
            return super().info(path, **options)

    (tmp_path / "a").write_bytes(b"abc")
    files = Slow()
    with volio.options(**{name: 0.3}):
        store = FsspecStore(files, str(tmp_path), "slow://files")
    assert store.get("a") == b"abc"
    files.wait = 1.0
    begun = time.monotonic()
    with pytest.raises(RemoteError, match=rf"slow://files/a: .*no answer in {name}, 0\.3 s"):
        store.get("a")
    assert time.monotonic() - begun < 0.9


@pytest.mark.parametrize("value", [0, -1, "soon", float("nan"), True, float("inf")])
@pytest.mark.parametrize("name", ["request_timeout", "total_timeout"])
def test_times_are_seconds(name: str, value: object):
    with pytest.raises(UsageError, match=f"{name}: must be seconds above 0 or None, got"):
        volio.load("https://host/a.nii", **{name: value})


# Redirects


def sent_on(target: str) -> Fault:
    return Fault(302, headers={"Location": target})


def test_redirects_to_another_host_are_followed_if_asked(server: Server, other: Server):
    server.faults = [sent_on(f"{other.url}/a")]
    message = f"{server.url}/a: .*{server.url} redirects to {other.url}; .*allow_redirects=True"
    with pytest.raises(RemoteError, match=message):
        fetch(f"{server.url}/a")
    assert other.asked == []
    server.faults = [sent_on(f"{other.url}/a")]
    with volio.options(allow_redirects=True):
        assert fetch(f"{server.url}/a") == LARGE
    assert len(other.asked) == 1


def test_redirects_on_the_same_host_are_followed(server: Server):
    server.files["/b"] = b"there"
    server.faults = [sent_on("/b")]
    assert fetch(f"{server.url}/a") == b"there"


def test_images_may_be_redirected_where_load_says_so(server: Server, other: Server, tmp_path: Path):
    other.files["/a.nii"] = image_file(tmp_path)
    server.faults = [sent_on(f"{other.url}/a.nii")] * 9
    with pytest.raises(RemoteError, match=f"redirects to {other.url}"):
        volio.load(f"{server.url}/a.nii")
    server.faults = [sent_on(f"{other.url}/a.nii")] * 9
    img = volio.load(f"{server.url}/a.nii", allow_redirects=True)
    assert img.dataobj[0, 0, 63] == 63
    assert pickle.loads(pickle.dumps(img)).dataobj[0, 1, 63] == 127


def test_stores_are_not_redirected_unasked(server: Server, other: Server):
    store = HTTPStore(server.url)
    server.faults = [sent_on(f"{other.url}/a")]
    with pytest.raises(RemoteError, match=f"redirects to {other.url}"):
        store.get("a")
    with volio.options(allow_redirects=True):
        follows = HTTPStore(server.url)
    server.faults = [sent_on(f"{other.url}/a")]
    assert follows.get("a") == LARGE


def test_passwords_do_not_follow(server: Server, other: Server):
    address = server.url.replace("http://", "http://me:secret@")
    server.faults = [sent_on(f"{other.url}/a")]
    with volio.options(allow_redirects=True):
        assert fetch(f"{address}/a") == LARGE
    assert server.headers[0]["Authorization"]
    assert "Authorization" not in other.headers[0]


def test_images_behind_a_password_do_not_show_it(server: Server, tmp_path: Path):
    server.files["/a.nii"] = image_file(tmp_path)
    address = server.url.replace("http://", "http://me:secret@")
    img = volio.load(f"{address}/a.nii")
    assert len(server.asked) == 1
    assert img.dataobj[0, 0, 63] == 63
    assert all(headers["Authorization"] for headers in server.headers)
    server.tags["/a.nii"] = 1
    with pytest.raises(SourceChangedError, match="has changed since") as caught:
        img.dataobj[:, :, 40]
    assert "secret" not in str(caught.value)


# Files that change


def without_tags(server: Server) -> None:
    """Let a server send no ETag."""
    usual = server.next_fault
    server.next_fault = lambda path: usual(path) or Fault(headers={"ETag": ""})


def test_a_server_without_tags_is_told_once(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sources, "_WITHOUT_TAG", set())
    server.files["/a.nii"] = image_file(tmp_path)
    without_tags(server)
    with pytest.warns(UncheckedWarning, match=r"a\.nii: the server sends neither ETag nor Last-"):
        img = volio.load(f"{server.url}/a.nii")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        volio.load(f"{server.url}/a.nii")
    assert img.dataobj[0, 0, 63] == 63
    server.files["/a.nii"] += b"more"
    with pytest.raises(SourceChangedError, match="size"):  # which can be noticed
        img.dataobj[:, :, 40]


def test_what_came_in_one_answer_needs_no_tag(server: Server, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sources, "_WITHOUT_TAG", set())
    server.files["/small"] = b"abc"
    without_tags(server)
    assert open_source(f"{server.url}/small").read(0, 3) == b"abc"
    server.ranges = False
    assert open_source(f"{server.url}/a").read(100_000, 3) == LARGE[100_000:100_003]


def test_a_server_with_tags_is_checked(server: Server):
    source = open_source(f"{server.url}/a")
    assert source.read(100_000, 3) == LARGE[100_000:100_003]
    server.tags["/a"] = 1
    with pytest.raises(SourceChangedError, match="has changed since it was opened"):
        source.read(200_000, 3)
