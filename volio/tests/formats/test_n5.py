"""N5 that tensorstore writes, and by hand: codecs, blocks, scales, axes, searching, servers."""

from __future__ import annotations

import gzip
import json
import multiprocessing
import pickle
import shutil
import struct
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

import volio
from volio.arrays.chunk_cache import chunk_cache
from volio.cli import main
from volio.errors import ImageFileError, RemoteError, SourceChangedError, UsageError
from volio.testing.servers.web_server import Server, serving
from volio.tests.formats.tensorstore_files import VOLUME, boxes, n5
from volio.tests.requirements import optional, require

optional("tensorstore")

ARRAY = VOLUME[..., 0]


def attributes(path: Path, **fields: Any) -> Path:
    """Set attributes of a group or dataset, where ... takes one away."""
    file = path / "attributes.json"
    path.mkdir(exist_ok=True, parents=True)
    found = json.loads(file.read_text()) if file.exists() else {}
    found |= fields
    file.write_text(json.dumps({name: value for name, value in found.items() if value is not ...}))
    return path


def read(path: Path, **choices: Any) -> np.ndarray:
    chunk_cache().clear()
    return np.asarray(volio.load(path, **choices).dataobj)


@pytest.mark.parametrize(
    "dtype",
    [
        *("uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64"),
        *("float32", "float64"),
    ],
)
def test_dtypes(tmp_path: Path, dtype: str):
    array = (ARRAY.astype(np.int64) - 30_000).astype(dtype)
    found = read(n5(tmp_path, array))
    assert found.dtype == array.dtype
    np.testing.assert_array_equal(found, array)


@pytest.mark.parametrize(
    "compression",
    [
        {"type": "gzip"},
        {"type": "gzip", "level": 3, "useZlib": True},
        {"type": "bzip2"},
        {"type": "xz"},
        {"type": "zstd"},
    ],
)
def test_codecs(tmp_path: Path, compression: dict):
    np.testing.assert_array_equal(read(n5(tmp_path, ARRAY, compression)), ARRAY)


@pytest.mark.parametrize("cname", ["lz4", "zstd"])
def test_blosc(tmp_path: Path, cname: str):
    optional("numcodecs")
    compression = {"type": "blosc", "cname": cname, "clevel": 5, "shuffle": 1}
    np.testing.assert_array_equal(read(n5(tmp_path, ARRAY, compression)), ARRAY)


def lz4_blocks(data: bytes, size: int) -> bytes:
    """Return a stream as lz4-java writes it: every other block stored; checksums are 0."""
    numcodecs = optional("numcodecs")
    stream = b""
    for number, start in enumerate(range(0, len(data), size)):
        piece = data[start : start + size]
        body = numcodecs.LZ4().encode(piece)[4:] if number % 2 else piece  # after the length
        method = 0x20 if number % 2 else 0x10
        stream += struct.pack("<8sBiiI", b"LZ4Block", method, len(body), len(piece), 0) + body
    return stream + struct.pack("<8sBiiI", b"LZ4Block", 0x10, 0, 0, 0)


def by_hand(path: Path, blocks: dict[str, bytes], **fields: Any) -> Path:
    """Write a dataset of 3 x 2 x 1 in blocks of 2 x 2 x 1."""
    usual = {"dimensions": [3, 2, 1], "blockSize": [2, 2, 1], "dataType": "int16"}
    attributes(path, **{**usual, "compression": {"type": "raw"}, **fields})
    for key, data in blocks.items():
        (path / key).parent.mkdir(parents=True, exist_ok=True)
        (path / key).write_bytes(data)
    return path


def block(values: list[int], *lengths: int, mode: int = 0) -> bytes:
    """Return a block of int16 that is not compressed: x is first and fastest."""
    header = struct.pack(f">HH{len(lengths)}I", mode, len(lengths), *lengths)
    if mode == 1:
        header += struct.pack(">I", len(values))
    return header + struct.pack(f">{len(values)}h", *values)


FIRST = block([1, 2, 3, -4], 2, 2, 1)


@pytest.mark.parametrize(
    "second",
    [
        block([5, 6], 1, 2, 1),  # clipped where the array ends
        block([5, 0, 6, 0], 2, 2, 1),
        block([5, 6], 1, 2, 1, mode=1),
    ],
)
def test_blocks_by_hand(tmp_path: Path, second: bytes):
    by_hand(tmp_path, {"0/0/0": FIRST, "1/0/0": second})
    np.testing.assert_array_equal(read(tmp_path)[..., 0].T, [[1, 2, 5], [3, -4, 6]])


def test_blocks_that_are_absent_or_smaller_are_filled_up_with_0(tmp_path: Path):
    by_hand(tmp_path, {"0/0/0": block([1, 2], 2, 1, 1)})
    np.testing.assert_array_equal(read(tmp_path)[..., 0].T, [[1, 2, 0], [0, 0, 0]])


@pytest.mark.parametrize("size", [3, 8, 100])
def test_lz4_as_java_writes_it(tmp_path: Path, size: int):
    packed = FIRST[:16] + lz4_blocks(FIRST[16:], size)
    by_hand(tmp_path, {"0/0/0": packed}, compression={"type": "lz4"})
    np.testing.assert_array_equal(read(tmp_path)[:2, :, 0].T, [[1, 2], [3, -4]])


def test_compression_of_old_attributes(tmp_path: Path):
    packed = FIRST[:16] + gzip.compress(FIRST[16:])
    by_hand(tmp_path, {"0/0/0": packed}, compression=..., compressionType="gzip")
    np.testing.assert_array_equal(read(tmp_path)[:2, :, 0].T, [[1, 2], [3, -4]])


PIXELS = {"pixelResolution": {"unit": "um", "dimensions": [0.5, 0.5, 2]}}
TRANSFORM = {
    "axes": ["z", "y", "x"],
    "units": ["nm"] * 3,
    "scale": [40, 8, 4],
    "translate": [100, 20, 10],
}


@pytest.mark.parametrize(
    ("fields", "sizes", "first", "unit"),
    [
        ({"resolution": [4, 8, 40], "units": ["nm"] * 3}, (4e-6, 8e-6, 40e-6), (0, 0, 0), "nm"),
        (PIXELS, (0.5e-3, 0.5e-3, 2e-3), (0, 0, 0), "um"),
        ({"pixelResolution": [1, 2, 3]}, (1, 2, 3), (0, 0, 0), ""),
        ({"transform": TRANSFORM}, (4e-6, 8e-6, 40e-6), (10e-6, 20e-6, 100e-6), "nm"),
        ({**PIXELS, "transform": TRANSFORM}, (4e-6, 8e-6, 40e-6), (10e-6, 20e-6, 100e-6), "nm"),
        # The corner of the first voxel, in voxels: its centre is half a voxel on.
        ({**PIXELS, "offset": [10, 0, -3]}, (5e-4, 5e-4, 2e-3), (5.25e-3, 0.25e-3, -5e-3), "um"),
        # A voxel is as long as two of the finest level, and is centred on them.
        ({**PIXELS, "downsamplingFactors": [2, 2, 1]}, (1e-3, 1e-3, 2e-3), (25e-5, 25e-5, 0), "um"),
    ],
)
def test_positions(tmp_path: Path, fields: dict, sizes, first, unit: str):
    img = volio.load(n5(tmp_path, ARRAY, **fields))
    np.testing.assert_allclose(img.affine[:3, :3], np.diag(sizes))
    np.testing.assert_allclose(img.affine[:3, 3], first)
    assert (img.header.unit, img.header.anatomical) == (unit, False)
    np.testing.assert_array_equal(img.dataobj, ARRAY)


def test_a_dataset_that_says_nothing_of_sizes_has_no_affine(tmp_path: Path):
    img = volio.load(n5(tmp_path, ARRAY))
    assert img.affine is None
    assert img.header.axes == ("x", "y", "z")


def test_axes(tmp_path: Path):
    array = VOLUME.reshape(9, 7, 26, 3)[:, :, :5]
    n5(tmp_path, array, axes=["x", "y", "c", "z"], resolution=[1, 2, 1, 3], units=["um"] * 4)
    img = volio.load(tmp_path)
    assert img.header.axes == ("x", "y", "z", "t", "c")
    assert img.header.file_axes == ("z", "c", "y", "x")
    np.testing.assert_array_equal(np.asarray(img.dataobj)[..., 0, :], array.transpose(0, 1, 3, 2))
    assert img.header.get_zooms() == pytest.approx((1e-3, 2e-3, 3e-3, 1, 1))
    other = volio.load(tmp_path, axes="CZYX")
    np.testing.assert_array_equal(np.asarray(other.dataobj)[..., 0, :], array)
    assert other.header.get_zooms() == pytest.approx((1e-3, 2e-3, 1e-3, 1, 3))
    with pytest.raises(UsageError, match="axes: must be 4 different letters"):
        volio.load(tmp_path, axes="ZYX")


def pyramid(path: Path, **group: Any) -> Path:
    """Write two resolutions into a group."""
    n5(path / "s0", ARRAY)
    n5(path / "s1", ARRAY[::2, ::2, ::2], downsamplingFactors=[2, 2, 2])
    if group:
        attributes(path, **group)
    return path


@pytest.mark.parametrize(
    ("group", "first"),
    [
        (PIXELS, (0.25e-3, 0.25e-3, 1e-3)),
        # What the group says comes before what the level says.
        ({**PIXELS, "scales": [[1, 1, 1], [3, 2, 2]]}, (0.5e-3, 0.25e-3, 1e-3)),
        ({**PIXELS, "downsamplingFactors": [[1, 1, 1], [3, 2, 2]]}, (0.5e-3, 0.25e-3, 1e-3)),
        (
            {
                "multiscales": [
                    {
                        "datasets": [
                            {"path": "s0", "transform": TRANSFORM},
                            {"path": "s1", "transform": {**TRANSFORM, "translate": [9, 8, 7]}},
                        ]
                    }
                ]
            },
            (7e-6, 8e-6, 9e-6),
        ),
    ],
)
def test_resolutions(tmp_path: Path, group: dict, first):
    img = volio.load(pyramid(tmp_path / "a.n5", **group))
    assert [level.shape for level in img.levels] == [(21, 18, 13), (11, 9, 7)]
    np.testing.assert_allclose(img.levels[1].affine[:3, 3], first)
    np.testing.assert_array_equal(img.levels[1].dataobj, ARRAY[::2, ::2, ::2])
    alone = volio.load(tmp_path / "a.n5", level=1)
    np.testing.assert_allclose(alone.affine, img.levels[1].affine)
    if "multiscales" not in group:  # these are transforms that the group has
        by_path = volio.load(tmp_path / "a.n5", path="s1")
        np.testing.assert_allclose(by_path.affine, img.levels[1].affine)
    with pytest.raises(UsageError, match="has levels 0 to 1, got 2"):
        volio.load(tmp_path / "a.n5", level=2)


def test_a_container_as_bigdataviewer_writes_it(tmp_path: Path):
    pyramid(tmp_path / "a.n5" / "setup0" / "timepoint0", multiScale=True, resolution=[1, 1, 3])
    attributes(tmp_path / "a.n5" / "setup0", downsamplingFactors=[[1, 1, 1], [2, 2, 2]])
    img = volio.load(tmp_path / "a.n5")
    np.testing.assert_allclose(img.levels[1].affine[:3, 3], [0.5, 0.5, 1.5])


def test_the_only_dataset_of_nested_groups_is_found_and_several_are_listed(tmp_path: Path):
    path = attributes(tmp_path / "a", n5="2.5.0")
    n5(path / "one" / "two" / "data", ARRAY)
    np.testing.assert_array_equal(read(path), ARRAY)
    pyramid(path / "c0")
    np.testing.assert_array_equal(read(path), ARRAY)  # the only multiscale
    pyramid(path / "c1")
    with pytest.raises(ImageFileError, match=r"several images: c0, c1, one/two/data; path="):
        volio.load(path)
    assert volio.load(path, path="c1/s1").shape == (11, 9, 7)
    assert volio.load(path, path="one").shape == (21, 18, 13)
    with pytest.raises(ImageFileError, match="no/such: has no dataset of N5"):
        volio.load(path, path="no/such")


@pytest.fixture(scope="module")
def dataobj(tmp_path_factory: pytest.TempPathFactory):
    return volio.load(n5(tmp_path_factory.mktemp("n5"), ARRAY, {"type": "gzip"})).dataobj


@settings(max_examples=40, deadline=None)
@given(boxes())
def test_any_box_is_the_slice_of_the_whole(dataobj, box):
    np.testing.assert_array_equal(dataobj[box], ARRAY[box])


def _sum(dataobj) -> int:
    return int(np.asarray(dataobj).sum())


def test_threads_pickles_and_other_processes(dataobj):
    require("fork")
    chunk_cache().clear()
    assert len(pickle.dumps(dataobj)) < 3000
    again = pickle.loads(pickle.dumps(dataobj))
    with ThreadPoolExecutor(8) as pool:
        planes = list(pool.map(again.__getitem__, [(..., z) for z in range(13)]))
    np.testing.assert_array_equal(np.stack(planes, -1), ARRAY)
    with multiprocessing.get_context("fork").Pool(1) as pool:
        assert pool.map(_sum, [dataobj]) == [int(ARRAY.sum())]


def test_blocks_that_another_program_changes_are_read_anew(tmp_path: Path):
    by_hand(tmp_path, {"0/0/0": FIRST})
    img = volio.load(tmp_path)
    assert img.dataobj[0, 0, 0] == 1
    (tmp_path / "0/0/0").write_bytes(block([7, 2, 3], 1, 1, 1)[:18])
    assert img.dataobj[0, 0, 0] == 7
    attributes(tmp_path, more="more")
    with pytest.raises(SourceChangedError, match=r"attributes\.json has changed"):
        img.dataobj[0]


def test_zip_files(tmp_path: Path):
    pyramid(tmp_path / "brain.n5", **PIXELS)
    packed = shutil.make_archive(str(tmp_path / "b"), "zip", tmp_path, "brain.n5")
    np.testing.assert_array_equal(read(Path(packed)), ARRAY)
    assert volio.identify(packed).name == "n5"


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A server that has a container below /a.n5."""
    monkeypatch.setenv("no_proxy", "*")
    pyramid(tmp_path / "a.n5" / "c0")
    attributes(tmp_path / "a.n5", **PIXELS)
    with serving(Server()) as server:
        for file in tmp_path.rglob("*"):
            if file.is_file():
                server.files[f"/{file.relative_to(tmp_path)}"] = file.read_bytes()
        yield server


def test_images_on_a_server(served):
    img = volio.load(f"n5://{served.url}/a.n5", path="c0")
    np.testing.assert_array_equal(img.dataobj, ARRAY)
    np.testing.assert_allclose(img.levels[1].affine[:3, 3], (0.25e-3, 0.25e-3, 1e-3))
    again = pickle.loads(pickle.dumps(volio.load(f"{served.url}/a.n5/c0/s1/")))
    np.testing.assert_array_equal(again.dataobj, ARRAY[::2, ::2, ::2])
    with pytest.raises(ImageFileError, match="a server does not list what is in it; path="):
        volio.load(f"{served.url}/a.n5")


def test_what_a_server_does_not_have_is_0_and_what_it_refuses_is_an_error(served):
    del served.files["/a.n5/c0/s0/1/0/0"]
    img = volio.load(f"{served.url}/a.n5", path="c0/s0")
    expected = ARRAY.copy()
    expected[8:16, :7, :6] = 0
    served.faults = [403]
    with pytest.raises(RemoteError, match=r"c0/s0/0/0/0: .*answered 403"):
        img.dataobj[0, 0, 0]
    np.testing.assert_array_equal(img.dataobj, expected)


def test_commands_take_folders(tmp_path: Path, capsys: pytest.CaptureFixture):
    path = pyramid(tmp_path / "brain.n5", **PIXELS)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "attributes.json").write_text('{"name": "something else"}')
    assert main(["ls", "-r", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "brain.n5  uint16  21x18x13" in out
    assert "other" not in out
    assert main(["convert", f"{path}@level=1", str(tmp_path / "a.nii.gz")]) == 0
    np.testing.assert_array_equal(read(tmp_path / "a.nii.gz"), ARRAY[::2, ::2, ::2])
    assert main(["view", str(path), "--png", str(tmp_path / "a.png")]) == 0
