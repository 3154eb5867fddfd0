"""Zarr on servers and in zip files, changed while it is open, pickled, and in commands."""

from __future__ import annotations

import pickle
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import volio
from volio.arrays.chunk_cache import chunk_cache
from volio.cli import main
from volio.errors import (
    RemoteError,
    SourceChangedError,
)
from volio.files.remote.same_keys import CHANGES
from volio.files.remote.stores import FsspecStore
from volio.files.sources.store import FolderStore
from volio.formats.zarr.metadata import read_node
from volio.formats.zarr.voxels import zarr_array
from volio.testing.servers.web_server import Fault, Server, serving
from volio.tests.formats.zarr_files import (
    ARRAY,
    CHUNKS,
    one_level,
    written,
)
from volio.tests.requirements import optional

zarr = optional("zarr")


def test_chunks_that_another_program_changes_are_read_anew_and_metadata_refuse(tmp_path: Path):
    path = written(tmp_path, chunks=CHUNKS)
    img = volio.load(path)
    assert img.dataobj[0, 0, 0] == ARRAY[0, 0, 0]
    made = zarr.open_array(path, mode="r+")
    made[0, 0, 0] = 1234
    assert img.dataobj[0, 0, 0] == 1234
    made.attrs["more"] = 1
    with pytest.raises(SourceChangedError, match=r"zarr.json has changed since it was opened"):
        img.dataobj[0]
    assert volio.load(path).dataobj[0, 0, 0] == 1234
    shutil.rmtree(path)
    with pytest.raises(SourceChangedError, match="has vanished"):
        img.dataobj[0]


def test_a_zip_file_may_hold_the_folder_itself(tmp_path: Path):
    written(tmp_path, chunks=CHUNKS)
    packed = shutil.make_archive(str(tmp_path / "b"), "zip", tmp_path, "a.zarr")
    img = volio.load(packed)
    np.testing.assert_array_equal(img.dataobj, ARRAY.T)
    assert volio.identify(packed).name == "zarr"


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A server that has a sharded multiscale below /a.ome.zarr."""
    monkeypatch.setenv("no_proxy", "*")
    path = tmp_path / "a.ome.zarr"
    group = zarr.open_group(path, mode="w")
    made = group.create_array(
        "0", shape=ARRAY.shape, dtype="i2", chunks=(4, 5, 3), shards=(8, 10, 9)
    )
    made[...] = ARRAY
    group.attrs["ome"] = one_level([{"type": "scale", "scale": [1, 1, 1]}])
    with serving(Server()) as server:
        for file in path.rglob("*"):
            if file.is_file():
                server.files[f"/a.ome.zarr/{file.relative_to(path)}"] = file.read_bytes()
        yield server


def test_images_on_a_server(served):
    img = volio.load(f"{served.url}/a.ome.zarr")
    asked = len(served.asked)
    np.testing.assert_array_equal(img.dataobj, ARRAY.T)
    # Of each of two shards its index, and all of its chunks in one request.
    assert len(served.asked) - asked == 4
    again = pickle.loads(pickle.dumps(img))
    np.testing.assert_array_equal(again.dataobj[:, ::2], ARRAY.T[:, ::2])


@pytest.mark.parametrize("has_tags", [True, False])
def test_a_shard_that_is_replaced_after_its_index_was_read(served, has_tags: bool):
    if not has_tags:
        served.faults = [Fault(headers={"ETag": ""})] * 100
    img = volio.load(f"{served.url}/a.ome.zarr")
    shard = "/a.ome.zarr/0/c/0/0/0"
    first = ARRAY.T[:3, :5, :4]
    np.testing.assert_array_equal(img.dataobj[:3, :5, :4], first)
    served.tags[shard] = 1
    if has_tags:
        with pytest.raises(SourceChangedError, match=r"0/c/0/0/0: has changed since a part of it"):
            np.asarray(img.dataobj[3:6, :5, :4])
        img = volio.load(f"{served.url}/a.ome.zarr")
    np.testing.assert_array_equal(img.dataobj[3:6, :5, :4], ARRAY.T[3:6, :5, :4])


def test_documents_of_levels_are_read_once(tmp_path: Path):
    volio.save(volio.OmeZarrImage(ARRAY.T, np.eye(4)), tmp_path / "a.ome.zarr", chunks=(3, 3, 3))
    with serving(Server()) as server:
        for file in (tmp_path / "a.ome.zarr").rglob("*"):
            if file.is_file():
                where = f"/a.ome.zarr/{file.relative_to(tmp_path / 'a.ome.zarr')}"
                server.files[where] = file.read_bytes()
        img = volio.load(f"{server.url}/a.ome.zarr")
        first = img.levels
        assert len(first) == 4
        asked = len(server.asked)
        for level, again in zip(first, img.levels, strict=True):
            np.testing.assert_array_equal(level.affine, again.affine)
        assert len(server.asked) == asked


def test_what_a_server_does_not_have_is_fill_and_what_it_refuses_is_not(served):
    del served.files["/a.ome.zarr/0/c/1/0/0"]
    img = volio.load(f"{served.url}/a.ome.zarr/")
    expected = ARRAY.copy()
    expected[8:] = 0
    served.faults = [403]
    with pytest.raises(RemoteError, match=r"0/c/0/0/0: .*answered 403"):
        img.dataobj[0, 0, 0]
    np.testing.assert_array_equal(img.dataobj, expected.T)


def test_an_address_of_nothing(served):
    with pytest.raises(RemoteError, match="it has no such file"):
        volio.load(f"{served.url}/b.ome.zarr")


def test_images_on_a_file_system_of_fsspec(tmp_path: Path):
    fsspec = optional("fsspec")
    path = written(tmp_path, chunks=CHUNKS)
    files = fsspec.filesystem("memory")
    files.store.clear()
    files.put(str(path), "/b.zarr", recursive=True)
    np.testing.assert_array_equal(volio.load("memory://b.zarr").dataobj, ARRAY.T)
    assert volio.identify("memory://b.zarr").name == "zarr"


@pytest.mark.parametrize("has_tags", [True, False])
@pytest.mark.parametrize("protocol", ["memory", "file"])
def test_a_shard_in_fsspec_that_is_replaced_after_its_index_was_read(
    protocol: str, has_tags: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    fsspec = optional("fsspec")
    path = written(tmp_path, chunks=CHUNKS, shards=tuple(2 * n for n in CHUNKS))
    files = fsspec.filesystem(protocol)
    where = str(path)
    if protocol == "memory":
        where = f"/{'tagged' if has_tags else 'untagged'}.zarr"  # one file system, of all tests
        files.put(str(path), where, recursive=True)
    if not has_tags:
        info = type(files).info
        monkeypatch.setattr(type(files), "info", lambda *args, **named: untagged(info, args, named))
    near = tuple(slice(length) for length in CHUNKS)
    far = (*near[:2], slice(CHUNKS[2], None))  # the chunk next to it, in the same shard
    store = FsspecStore(files, where, "b.zarr")
    array = zarr_array(store, read_node(store, ""))
    np.testing.assert_array_equal(array[near], ARRAY[near])
    shard = f"{where}/c/0/0/0"
    files.pipe_file(shard, files.cat_file(shard))
    if has_tags:
        with pytest.raises(SourceChangedError, match=r"c/0/0/0: has changed since a part of it"):
            array[far]
        again = FsspecStore(files, where, "b.zarr")
        array = zarr_array(again, read_node(again, ""))
    np.testing.assert_array_equal(array[far], ARRAY[far])


def untagged(info: Callable[..., dict[str, Any]], args: Any, named: Any) -> dict[str, Any]:
    """Return what a file system says of a file, without what changes with its bytes."""
    found = info(*args, **named)
    return {name: value for name, value in found.items() if name not in CHANGES}


def test_commands_take_folders(tmp_path: Path, capsys: pytest.CaptureFixture):
    path = written(tmp_path, chunks=CHUNKS)
    assert main(["ls", str(tmp_path)]) == 0
    assert "a.zarr  int16  9x10x13" in capsys.readouterr().out
    assert main(["view", str(path), "--png", str(tmp_path / "a.png")]) == 0
    assert (tmp_path / "a.png").stat().st_size > 1000


def test_a_read_asks_once_whether_a_shard_has_changed(tmp_path: Path, monkeypatch):
    path = written(tmp_path, chunks=CHUNKS, shards=tuple(2 * n for n in CHUNKS))
    dataobj = volio.load(path).dataobj
    np.asarray(dataobj)
    asked = Counter()
    signature = FolderStore.signature

    def counted(store, key):
        asked[key] += 1
        return signature(store, key)

    monkeypatch.setattr(FolderStore, "signature", counted)
    np.testing.assert_array_equal(dataobj, ARRAY.T)
    files = [str(file.relative_to(path)) for file in path.rglob("*") if file.is_file()]
    assert len(files) > 2
    assert asked == Counter([*files, "zarr.json"])  # the metadata before and after


def test_pickles_are_small_and_hold_no_chunks(tmp_path: Path):
    path = written(tmp_path, chunks=CHUNKS)
    dataobj = volio.load(path).dataobj
    chunk_cache().clear()
    assert len(pickle.dumps(dataobj)) < 2000
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(dataobj)), ARRAY.T)
