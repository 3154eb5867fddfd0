"""Stacks of arrays of Zarr: what zarr-python writes, found by group, path and address."""

from __future__ import annotations

import json
import multiprocessing
import os
import pickle
import shutil
import urllib.error
import urllib.request
import warnings
from pathlib import Path

import numpy as np
import pytest

import volio
from volio.arrays.chunked import ChunkedArray
from volio.errors import (
    CorruptFileError,
    IndexingError,
    MissingFileError,
    UsageError,
    UsageTypeError,
)
from volio.formats.containers.store_chunks import StoreChunks
from volio.stacks import ZarrImageStack, load_zarrs
from volio.testing.servers.web_server import Server, serving
from volio.tests.requirements import optional

zarr = optional("zarr")

IMAGE = np.arange(1, 5 * 4 * 6 + 1, dtype=np.uint16).reshape(5, 4, 6)


@pytest.fixture
def group(tmp_path: Path) -> zarr.Group:
    """A group with two arrays, and a third in a group within it."""
    group = zarr.open_group(tmp_path / "a.zarr", mode="w")
    for name, factor in (("b", 1), ("a", 2), ("inner/c", 3)):
        made = group.create_array(name, shape=IMAGE.shape, dtype=IMAGE.dtype, chunks=(2, 3, 4))
        made[...] = IMAGE * factor
    return group


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("no_proxy", "*")
    with serving(Server()) as server:
        yield server


def serve(server: Server, folder: Path) -> str:
    """Put the files of a folder on a server; return its address."""
    for path in folder.rglob("*"):
        if path.is_file():
            server.files[f"/x/{path.relative_to(folder).as_posix()}"] = path.read_bytes()
    return f"{server.url}/x"


def all_of(stack: ZarrImageStack, sample: int = 0) -> np.ndarray:
    """The whole of a sample with one channel."""
    shape = stack.data_shape[2:]
    return stack.extract_patch(sample, None, (0,) * len(shape), shape)[0]


def test_facts(group, tmp_path):
    stack = ZarrImageStack(group, "inner/c", "ZYX")
    assert stack.source == str(group["inner/c"].store_path) == f"file://{tmp_path}/a.zarr/inner/c"
    assert (stack.data_shape, stack.data_dtype) == ((1, 1, 5, 4, 6), np.uint16)
    assert (stack.original_axes, stack.original_data_shape) == ("ZYX", (5, 4, 6))
    assert (stack.chunks, stack.shards) == ((2, 3, 4), None)
    np.testing.assert_array_equal(all_of(stack), IMAGE * 3)


def test_shards(group):
    made = group.create_array("s", shape=(8, 8), dtype="u1", chunks=(2, 2), shards=(4, 8))
    made[...] = 5
    stack = ZarrImageStack(group, "s", "YX")
    assert (stack.chunks, stack.shards) == ((2, 2), (4, 8))
    by_path = ZarrImageStack.from_path(group.store_path.store.root, "s", "YX")
    assert (by_path.chunks, by_path.shards) == ((2, 2), (4, 8))


def test_a_group_within_a_group(group):
    stack = ZarrImageStack(group["inner"], "c", "ZYX")
    assert stack.source.endswith("a.zarr/inner/c")
    np.testing.assert_array_equal(all_of(stack), IMAGE * 3)


def test_paths_need_no_group(group, tmp_path):
    stack = ZarrImageStack.from_path(tmp_path / "a.zarr", "inner/c", "ZYX")
    assert stack.source == ZarrImageStack(group, "inner/c", "ZYX").source
    np.testing.assert_array_equal(all_of(stack), IMAGE * 3)


def test_an_array_at_the_root(tmp_path):
    made = zarr.create_array(tmp_path / "r.zarr", shape=IMAGE.shape, dtype=IMAGE.dtype)
    made[...] = IMAGE
    stack = ZarrImageStack.from_path(tmp_path / "r.zarr", "", "TYX")
    assert stack.source == str(made.store_path)
    assert stack.data_shape == (5, 1, 4, 6)
    np.testing.assert_array_equal(all_of(stack, -1), IMAGE[-1])


def test_an_array_at_the_place_of_a_group(tmp_path):
    group = zarr.open_group(tmp_path / "g.zarr", mode="w", zarr_format=2)
    group.create_array("a", shape=(4, 4), dtype="u2")[...] = 3
    (tmp_path / "g.zarr" / "a" / ".zgroup").write_text('{"zarr_format": 2}')
    inner = zarr.open_group(tmp_path / "g.zarr" / "a", mode="r", zarr_format=2)
    assert ZarrImageStack(inner, "", "YX").data_shape == (1, 1, 4, 4)


def test_times_do_not_wrap(group):
    stack = ZarrImageStack(group, "b", "TYX")
    np.testing.assert_array_equal(all_of(stack, 4), IMAGE[4])
    np.testing.assert_array_equal(all_of(stack, -5), IMAGE[0])
    for sample in (5, 9, -6):
        with pytest.raises(IndexingError, match=f"sample_idx: must be -5 to 4.*got {sample}"):
            all_of(stack, sample)


def test_negative_coordinates_are_not_counted_from_the_end(group):
    stack = ZarrImageStack(group, "b", "ZYX")
    patch = stack.extract_patch(0, None, (-2, -1, 0), (3, 2, 1))
    assert patch[0, :, :, 0].tolist() == [[0, 0], [0, 0], [0, 1]]
    with pytest.raises(IndexingError, match="coords: must be 3 integers"):
        stack.extract_patch(0, None, (0, 0), (1, 1, 1))


@pytest.mark.parametrize("given", ["a.zarr", {"a": 1}, None])
def test_what_is_no_group(given):
    with pytest.raises(UsageTypeError, match=r"must be a zarr.Group, got"):
        ZarrImageStack(given, "a", "YX")


def test_an_array_is_no_group(group):
    with pytest.raises(UsageTypeError, match=r"must be a zarr.Group, got Array"):
        ZarrImageStack(group["a"], "", "ZYX")


def test_arrays_that_are_not_there(group, tmp_path):
    where = tmp_path / "a.zarr"
    with pytest.raises(UsageError, match=r"no array 'zz' in file://.*a.zarr"):
        ZarrImageStack(group, "zz", "ZYX")
    with pytest.raises(UsageError, match=r"no array '\.\./a'"):
        ZarrImageStack(group, "../a", "ZYX")
    with pytest.raises(UsageError, match=r"a.zarr/zz: there is no array of Zarr"):
        ZarrImageStack.from_path(where, "zz", "ZYX")
    for path in ("inner", ""):
        with pytest.raises(UsageTypeError, match="is a group of Zarr"):
            ZarrImageStack(group, path, "ZYX")
        with pytest.raises(UsageTypeError, match="is a group of Zarr"):
            ZarrImageStack.from_path(where, path, "ZYX")
    with pytest.raises(UsageError, match="names 2 axes, the array has 3"):
        ZarrImageStack(group, "a", "YX")


def test_pickles_are_small_and_work_in_another_folder(group, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    relative = zarr.open_group("a.zarr", mode="r")
    pickled = pickle.dumps(ZarrImageStack(relative, "a", "ZYX"))
    assert len(pickled) < 3000
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path / "other")
    np.testing.assert_array_equal(all_of(pickle.loads(pickled)), IMAGE * 2)


@pytest.mark.requires("fork")
def test_processes_that_are_forked_read_on(group):
    stack = ZarrImageStack(group, "a", "ZYX")
    first = stack.extract_patch(0, None, (0, 0, 0), (2, 3, 4))  # threads and cache are there
    with multiprocessing.get_context("fork").Pool(2) as pool:
        found = pool.map(all_of, [stack] * 4)
    for image in found:
        np.testing.assert_array_equal(image, IMAGE * 2)
    np.testing.assert_array_equal(first[0], IMAGE[:2, :3, :4] * 2)


def test_chunks_are_kept(group, monkeypatch):
    stack = ZarrImageStack(group, "a", "ZYX")
    assert isinstance(stack._data, ChunkedArray)
    stack.extract_patch(0, None, (0, 0, 0), (1, 1, 1))
    monkeypatch.setattr(StoreChunks, "_named", None)
    assert stack.extract_patch(0, None, (1, 1, 1), (1, 1, 1)).item() == 2 * IMAGE[1, 1, 1]


def test_a_chunk_that_was_edited_in_place_is_read_again(group, tmp_path):
    stack = ZarrImageStack(group, "a", "ZYX")
    stack.extract_patch(0, None, (0, 0, 0), (1, 1, 1))
    chunk = tmp_path / "a.zarr" / "a" / "c" / "0" / "0" / "0"
    status = chunk.stat()
    chunk.write_bytes(b"\0" * status.st_size)
    os.utime(chunk, ns=(status.st_atime_ns, status.st_mtime_ns))
    with pytest.raises(CorruptFileError, match="a/c/0/0/0"):
        stack.extract_patch(0, None, (1, 1, 1), (1, 1, 1))


def test_damaged_chunks_are_named(group, tmp_path):
    (tmp_path / "a.zarr" / "a" / "c" / "1" / "0" / "0").write_bytes(b"damage")
    stack = ZarrImageStack(group, "a", "ZYX")
    stack.extract_patch(0, None, (0, 0, 0), (2, 3, 4))
    with pytest.raises(CorruptFileError, match="a/c/1/0/0"):
        stack.extract_patch(0, None, (2, 0, 0), (1, 1, 1))


def test_damaged_chunks_that_zarr_reads_are_errors_of_volio():
    store = {}
    group = zarr.open_group(store, mode="w")
    group.create_array("a", shape=(4, 4), dtype="u2", chunks=(2, 4))[...] = 1
    stack = ZarrImageStack(group, "a", "YX")
    assert stack.source.startswith("memory://")
    key = next(key for key in store if key.endswith("c/1/0"))
    store[key] = zarr.core.buffer.default_buffer_prototype().buffer.from_bytes(b"damage")
    assert stack.extract_patch(0, None, (0, 0), (1, 2)).tolist() == [[[1, 1]]]
    with pytest.raises(CorruptFileError, match=r"memory://.*/a: cannot be decoded"):
        stack.extract_patch(0, None, (2, 0), (1, 1))


def test_codecs_that_only_zarr_knows(tmp_path):
    group = zarr.open_group(tmp_path / "f.zarr", mode="w", zarr_format=2)
    filters = [optional("numcodecs").Adler32()]
    made = group.create_array("a", shape=(4, 4), dtype="i4", chunks=(2, 4), filters=filters)
    made[...] = np.arange(16).reshape(4, 4)
    stack = ZarrImageStack(group, "a", "YX")
    assert not isinstance(stack._data, ChunkedArray)
    assert stack.extract_patch(0, None, (1, 1), (1, 2)).tolist() == [[[5, 6]]]
    with pytest.raises(volio.errors.HeaderDataError, match="adler32"):
        ZarrImageStack.from_path(tmp_path / "f.zarr", "a", "YX")


def test_zip_files(group, tmp_path):
    path = Path(shutil.make_archive(tmp_path / "z", "zip", tmp_path / "a.zarr"))
    opened = zarr.open_group(zarr.storage.ZipStore(path, mode="r"), mode="r")
    stack = ZarrImageStack(opened, "a", "ZYX")
    assert isinstance(stack._data, ChunkedArray)
    assert stack.source == f"zip://{path}/a"
    for other in (
        ZarrImageStack.from_path(path, "a", "ZYX"),
        load_zarrs([path], "ZYX")[0],
        load_zarrs([f"zip://{path}/a"], "ZYX")[0],
        load_zarrs([path / "a"], "ZYX")[0],
    ):
        assert other.source == stack.source
        np.testing.assert_array_equal(all_of(other), IMAGE * 2)


def test_zip_files_that_are_being_written(tmp_path):
    with zarr.storage.ZipStore(tmp_path / "z.zip", mode="w") as store:
        group = zarr.open_group(store, mode="w")
        group.create_array("a", shape=(2, 2), dtype="u2")[...] = 4
        stack = ZarrImageStack(group, "a", "YX")
        assert stack.extract_patch(0, None, (1, 1), (1, 1)).item() == 4


def file_system_over_http(**options: object):
    """A file system of fsspec that asks a server, as its own does with packages of its own."""
    optional("fsspec")
    from fsspec.asyn import AsyncFileSystem

    class OverHTTP(AsyncFileSystem):
        """Gets files, and nothing else."""

        protocol = "http"

        async def _cat_file(self, path, start=None, end=None, **_):
            try:
                with urllib.request.urlopen(path) as answer:
                    return answer.read()
            except urllib.error.HTTPError as error:
                error.close()
                raise FileNotFoundError(path) from error

    return OverHTTP(asynchronous=True, **options)


def test_servers_that_zarr_asks_by_fsspec(group, tmp_path, server):
    url = serve(server, tmp_path / "a.zarr")
    for options, kind in (({}, ChunkedArray), ({"client_kwargs": {"headers": {}}}, None)):
        fs = file_system_over_http(**options)
        store = zarr.storage.FsspecStore(fs, path=url, read_only=True)
        stack = ZarrImageStack(zarr.open_group(store, mode="r"), "a", "ZYX")
        # With passwords or proxies the file system itself must ask.
        assert isinstance(stack._data, ChunkedArray) == (kind is ChunkedArray)
        np.testing.assert_array_equal(all_of(stack), IMAGE * 2)


# Loading.


def sources_of(stacks: list[ZarrImageStack], folder: Path) -> list[str]:
    """Addresses of stacks, below a folder."""
    return [stack.source.removeprefix(f"file://{folder}/") for stack in stacks]


def test_all_arrays_of_a_group_by_name(group, tmp_path):
    stacks = load_zarrs([tmp_path / "a.zarr", f"{tmp_path}/a.zarr/inner"], "ZYX")
    assert sources_of(stacks, tmp_path) == ["a.zarr/a", "a.zarr/b", "a.zarr/inner/c"]
    np.testing.assert_array_equal(all_of(stacks[1]), IMAGE)


def test_addresses_of_files(group, tmp_path):
    places = ["a.zarr/b", "a.zarr/inner", "a.zarr", "a.zarr/inner/c"]
    stacks = load_zarrs([f"file://{tmp_path}/{place}" for place in places], "ZYX")
    expected = ["a.zarr/b", "a.zarr/inner/c", "a.zarr/a", "a.zarr/b", "a.zarr/inner/c"]
    assert sources_of(stacks, tmp_path) == expected
    store_path = group["a"].store_path  # which CAREamics takes, too
    for source in (store_path, str(store_path)):
        assert sources_of(load_zarrs([source], "ZYX"), tmp_path) == ["a.zarr/a"]


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_the_finest_level_of_a_multiscale(tmp_path, version):
    voxels = np.arange(40 * 30 * 20, dtype=np.uint16).reshape(40, 30, 20)
    img = volio.OmeZarrImage(voxels, np.eye(4))
    volio.save(img, tmp_path / "m.ome.zarr", chunks=(8, 8, 8), version=version)
    assert len(volio.load(tmp_path / "m.ome.zarr").levels) > 1
    (stack,) = load_zarrs([tmp_path / "m.ome.zarr"], "ZYX")
    assert stack.data_shape == (1, 1, 20, 30, 40)
    np.testing.assert_array_equal(all_of(stack), voxels.T)
    coarser = load_zarrs([f"{tmp_path}/m.ome.zarr/1"], "ZYX")[0]
    assert coarser.data_shape == (1, 1, 10, 15, 20)


def test_a_multiscale_in_a_group(tmp_path):
    outer = zarr.open_group(tmp_path / "o.zarr", mode="w")
    outer.attrs.put({"ome": {"version": "0.5", "bioformats2raw.layout": 3}})
    img = volio.OmeZarrImage(np.ones((4, 4, 4), np.uint8), np.eye(4))
    volio.save(img, tmp_path / "o.zarr" / "0.zarr")
    (tmp_path / "o.zarr" / "0.zarr").rename(tmp_path / "o.zarr" / "0")
    (stack,) = load_zarrs([tmp_path / "o.zarr"], "ZYX")
    assert stack.source.endswith("o.zarr/0/0")


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_servers(tmp_path, server, zarr_format):
    group = zarr.open_group(tmp_path / "w.zarr", mode="w", zarr_format=zarr_format)
    for name in ("y", "x"):
        group.create_array(name, shape=IMAGE.shape, dtype="u2", chunks=(2, 3, 4))[...] = IMAGE
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of version 3: few programs read it
        zarr.consolidate_metadata(tmp_path / "w.zarr")
    url = serve(server, tmp_path / "w.zarr")
    (stack,) = load_zarrs([f"{url}/y"], "ZYX")
    assert stack.source == f"{url}/y"
    np.testing.assert_array_equal(all_of(stack), IMAGE)
    # A server does not list what it has; the group itself does.
    stacks = load_zarrs([url], "ZYX")
    assert [stack.source for stack in stacks] == [f"{url}/x", f"{url}/y"]
    np.testing.assert_array_equal(all_of(stacks[0]), IMAGE)
    with pytest.raises(UsageError, match="there is no group or array of Zarr"):
        load_zarrs([f"{url}/nothing"], "ZYX")


def test_groups_on_servers_that_do_not_list_themselves(group, tmp_path, server):
    url = serve(server, tmp_path / "a.zarr")
    document = json.loads(server.files["/x/zarr.json"])
    assert not document.get("consolidated_metadata")
    with pytest.raises(UsageError, match=r"there is no array in it.*does not list"):
        load_zarrs([url], "ZYX")


def test_what_is_not_zarr(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "text.zarr").write_text("text")
    zarr.open_group(tmp_path / "empty.zarr", mode="w")
    with pytest.raises(UsageError, match="folder: there is no group or array of Zarr"):
        load_zarrs([tmp_path / "folder"], "YX")
    with pytest.raises(UsageError, match=r"text.zarr: there is no Zarr"):
        load_zarrs([tmp_path / "text.zarr"], "YX")
    with pytest.raises(UsageError, match=r"empty.zarr: there is no array in it"):
        load_zarrs([tmp_path / "empty.zarr"], "YX")
    for name in ("nowhere.zarr", "n" * 300):
        with pytest.raises(MissingFileError, match=name):
            load_zarrs([tmp_path / name], "YX")


def test_links_out_of_a_folder_are_followed(group, tmp_path):
    zarr.open_group(tmp_path / "l.zarr", mode="w")
    (tmp_path / "l.zarr" / "a").symlink_to(tmp_path / "a.zarr" / "a")
    followed = ZarrImageStack.from_path(tmp_path / "l.zarr", "a", "ZYX")
    np.testing.assert_array_equal(all_of(followed), IMAGE * 2)
    # What zarr-python has opened is read as it would read it.
    by_zarr = ZarrImageStack(zarr.open_group(tmp_path / "l.zarr", mode="r"), "a", "ZYX")
    np.testing.assert_array_equal(all_of(by_zarr), IMAGE * 2)
