"""Precomputed volumes that tensorstore writes: encodings, shards, scales, servers."""

from __future__ import annotations

import gzip
import multiprocessing
import pickle
import shutil
import struct
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

import volio
from volio.arrays.chunk_cache import chunk_cache
from volio.cli import main
from volio.errors import (
    CorruptFileError,
    ImageFileError,
    RemoteError,
    SourceChangedError,
    UsageError,
)
from volio.formats.precomputed.segmentation import decode_segmentation
from volio.formats.precomputed.sharding import morton_code
from volio.testing.servers.web_server import Server, serving
from volio.tests.formats.tensorstore_files import (
    CHUNKS,
    SHARDS,
    VOLUME,
    boxes,
    precomputed,
    rng,
    shown,
)
from volio.tests.requirements import optional, require

optional("tensorstore")


def check(path: Path, array: np.ndarray) -> None:
    """The image in a folder has the values of an array, axes x, y, z, channel."""
    chunk_cache().clear()
    found = np.asarray(volio.load(path).dataobj)
    assert found.dtype == array.dtype
    np.testing.assert_array_equal(found, shown(array))


@pytest.mark.parametrize(
    "dtype", ["uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "float32"]
)
def test_dtypes(tmp_path: Path, dtype: str):
    array = (VOLUME.astype(np.int64) - 30_000).astype(dtype)
    check(precomputed(tmp_path, array), array)


def test_channels_are_the_fifth_axis(tmp_path: Path):
    array = rng.integers(0, 2**16, (9, 8, 7, 3)).astype(np.uint16)
    img = volio.load(precomputed(tmp_path, array))
    assert img.header.axes == ("x", "y", "z", "t", "c")
    check(tmp_path, array)


@pytest.mark.parametrize(
    ("channels", "dtype"), [(1, "u1"), (2, "u1"), (3, "u1"), (4, "u1"), (1, "u2")]
)
def test_png(tmp_path: Path, channels: int, dtype: str):
    array = rng.integers(0, np.iinfo(dtype).max, (21, 18, 13, channels)).astype(dtype)
    check(precomputed(tmp_path, array, encoding="png"), array)


@pytest.mark.parametrize("channels", [2, 3, 4])
def test_png_of_several_channels_of_16_bits(tmp_path: Path, channels: int):
    optional("imagecodecs")
    array = rng.integers(0, 2**16, (9, 8, 7, channels)).astype(np.uint16)
    check(precomputed(tmp_path, array, encoding="png"), array)


@pytest.mark.parametrize("channels", [1, 3])
def test_jpeg(tmp_path: Path, channels: int):
    array = (np.indices((21, 18, 13, channels)).sum(0) * 3).astype(np.uint8)
    array += np.arange(channels, dtype=np.uint8) * 20
    precomputed(tmp_path, array, encoding="jpeg", jpeg_quality=95)
    found = np.asarray(volio.load(tmp_path).dataobj).astype(int)
    assert np.abs(found - shown(array)).max() <= 3


@pytest.mark.parametrize(
    ("labels", "chunk", "block"),
    [
        (1, (8, 8, 8), (8, 8, 8)),
        (2, (10, 9, 8), (8, 8, 8)),
        (4, (10, 9, 8), (3, 4, 5)),
        (16, (21, 18, 13), (8, 8, 8)),
        (200, (21, 18, 13), (8, 8, 8)),
        (2**31, (64, 64, 64), (16, 8, 8)),
        (2**31, (64, 64, 64), (64, 64, 64)),
    ],
)
@pytest.mark.parametrize("dtype", ["uint32", "uint64"])
def test_compressed_segmentation(tmp_path: Path, labels: int, chunk, block, dtype: str):
    array = rng.integers(0, labels, (21, 18, 13, 2)).astype(dtype)
    if dtype == "uint64":
        array *= np.uint64(2**29 + 1)
    more = {"chunk_size": list(chunk), "compressed_segmentation_block_size": list(block)}
    precomputed(tmp_path, array, encoding="compressed_segmentation", **more)
    check(tmp_path, array)
    assert volio.load(tmp_path).header.metadata().intents[0].name == "label"


def test_compressed_segmentation_by_hand():
    """Two blocks of 2 x 2 x 1 voxels: the second one has one label, and ends after a column."""
    first = 5 | 2 << 24, 4  # its table begins at word 5; indices of two bits, in word 4
    second = 8 | 0 << 24, 4
    indices = 0b01_10_00_10  # that of the first voxel is in the lowest bits
    words = [1, *first, *second, indices, 70, 71, 72, 99]  # word 0 leads to the channel
    form = (1, 1, 2, 3), (1, 2, 2), np.dtype("u4")
    found = decode_segmentation(struct.pack("<10I", *words), *form)
    np.testing.assert_array_equal(found, [[[[72, 70, 99], [72, 71, 99]]]])
    words[3] = 9 | 0 << 24
    with pytest.raises(CorruptFileError, match="leads to word 9, there are 9"):
        decode_segmentation(struct.pack("<10I", *words), *form)


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"hash": "murmurhash3_x86_128"},
        {"minishard_index_encoding": "gzip"},
        {"data_encoding": "gzip", "hash": "murmurhash3_x86_128"},
        {"preshift_bits": 0, "minishard_bits": 0, "shard_bits": 0},
        {"preshift_bits": 3, "minishard_bits": 2, "shard_bits": 5},
    ],
)
def test_shards(tmp_path: Path, more: dict):
    precomputed(tmp_path, chunk_size=[6, 5, 4], sharding={**SHARDS, **more})
    check(tmp_path, VOLUME)


def test_shards_lack_chunks_that_are_0(tmp_path: Path):
    array = VOLUME.copy()
    array[6:, 5:] = 0
    precomputed(tmp_path, array, chunk_size=[3, 5, 2], sharding=SHARDS)
    check(tmp_path, array)
    (shard, *_) = tmp_path.rglob("*.shard")
    shard.unlink()
    found = np.asarray(volio.load(tmp_path).dataobj)
    kept = found != 0
    assert 0 < kept.sum() < (array != 0).sum()
    np.testing.assert_array_equal(found[kept], array[..., 0][kept])


def test_identifiers_of_chunks_by_hand():
    # Grid of 5, 1 and 2 chunks: three bits of x, none of y, one of z: x0 z0 x1 x2.
    assert [morton_code((x, 0, z), (5, 1, 2)) for x, z in [(1, 0), (0, 1), (2, 0), (4, 1)]] == [
        *(0b0001, 0b0010, 0b0100, 0b1010),
    ]


def test_the_centre_of_a_voxel_is_half_a_voxel_after_its_corner(tmp_path: Path):
    precomputed(tmp_path, voxel_offset=[10, -4, 0])
    coarse = VOLUME[::2, ::2, :, :]
    precomputed(tmp_path, coarse, resolution=[8, 8, 40], voxel_offset=[5, -2, 0])
    img = volio.load(tmp_path)
    np.testing.assert_allclose(img.affine[:3, 3], [42e-6, -14e-6, 20e-6])
    np.testing.assert_allclose(img.affine[:3, :3], np.diag([4e-6, 4e-6, 40e-6]))
    assert (img.header.unit, img.header.anatomical) == ("nanometer", False)
    assert [level.shape for level in img.levels] == [(21, 18, 13), (11, 9, 13)]
    np.testing.assert_allclose(img.levels[1].affine[:3, 3], [44e-6, -12e-6, 20e-6])
    np.testing.assert_array_equal(volio.load(tmp_path, level=1).dataobj, coarse[..., 0])
    with pytest.raises(UsageError, match="has levels 0 to 1, got 2"):
        volio.load(tmp_path, level=2)


@pytest.fixture(scope="module")
def volumes(tmp_path_factory: pytest.TempPathFactory):
    """The dataobj of a volume in files and of one in shards, both with an offset."""
    found = []
    for name, more in (("files", {}), ("shards", {"sharding": SHARDS})):
        folder = tmp_path_factory.mktemp(name)
        precomputed(folder, voxel_offset=[-5, 3, 2], chunk_size=[4, 7, 3], **more)
        found.append(volio.load(folder).dataobj)
    return found


@settings(max_examples=60, deadline=None)
@given(boxes())
def test_any_box_is_the_slice_of_the_whole(volumes, box):
    for dataobj in volumes:
        np.testing.assert_array_equal(dataobj[box], VOLUME[..., 0][box])


def test_threads_and_pickles(volumes):
    for dataobj in volumes:
        chunk_cache().clear()
        again = pickle.loads(pickle.dumps(dataobj))
        assert len(pickle.dumps(dataobj)) < 4000
        with ThreadPoolExecutor(8) as pool:
            planes = list(pool.map(again.__getitem__, [(..., z) for z in range(13)]))
        np.testing.assert_array_equal(np.stack(planes, -1), VOLUME[..., 0])


def _sum(dataobj) -> int:
    return int(np.asarray(dataobj).sum())


@pytest.mark.parametrize("method", ["fork"])
def test_other_processes(volumes, method: str):
    require(method)
    with multiprocessing.get_context(method).Pool(1) as pool:
        assert pool.map(_sum, volumes) == [int(VOLUME.sum())] * 2


def test_files_that_another_program_packed(tmp_path: Path):
    precomputed(tmp_path)
    chunks = sorted((tmp_path / "4_4_40").iterdir())
    for path in chunks[::2]:
        Path(f"{path}.gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
    check(tmp_path, VOLUME)
    chunks[1].rename(f"{chunks[1]}.br")
    with pytest.raises(ImageFileError, match=r"chunks in \.br are not read"):
        check(tmp_path, VOLUME)


def test_chunks_that_another_program_changes_are_read_anew(tmp_path: Path):
    precomputed(tmp_path)
    img = volio.load(tmp_path)
    assert img.dataobj[0, 0, 0] == VOLUME[0, 0, 0, 0]
    chunk = tmp_path / "4_4_40" / "0-8_0-7_0-6"
    chunk.write_bytes(struct.pack("<H", 5) + chunk.read_bytes()[2:])
    assert img.dataobj[0, 0, 0] == 5
    (tmp_path / "info").write_text((tmp_path / "info").read_text() + " ")
    with pytest.raises(SourceChangedError, match="info has changed"):
        img.dataobj[0]


def test_zip_files(tmp_path: Path):
    precomputed(tmp_path / "brain")
    packed = shutil.make_archive(str(tmp_path / "b"), "zip", tmp_path, "brain")
    check(Path(packed), VOLUME)
    assert volio.identify(packed).name == "precomputed"


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A server that has a volume in files below /a, and one in shards below /b."""
    monkeypatch.setenv("no_proxy", "*")
    precomputed(tmp_path / "a")
    precomputed(tmp_path / "b", sharding={**SHARDS, "shard_bits": 0, "minishard_bits": 0})
    with serving(Server()) as server:
        for file in tmp_path.rglob("*"):
            if file.is_file():
                server.files[f"/{file.relative_to(tmp_path)}"] = file.read_bytes()
        yield server


def test_volumes_on_a_server(served):
    img = volio.load(f"precomputed://{served.url}/b")
    asked = len(served.asked)
    np.testing.assert_array_equal(img.dataobj, VOLUME[..., 0])
    # The index of the shard, that of its minishard, and all chunks in one request.
    assert len(served.asked) - asked == 3
    again = pickle.loads(pickle.dumps(volio.load(f"{served.url}/a/")))
    np.testing.assert_array_equal(again.dataobj[::2], VOLUME[::2, ..., 0])
    assert volio.identify(f"precomputed://{served.url}/a").name == "precomputed"


def test_what_a_server_does_not_have_is_0_and_what_it_refuses_is_an_error(served):
    del served.files["/a/4_4_40/8-16_0-7_0-6"]
    img = volio.load(f"{served.url}/a")
    expected = VOLUME[..., 0].copy()
    expected[8:16, :7, :6] = 0
    served.faults = [403]
    with pytest.raises(RemoteError, match=r"4_4_40/0-8_0-7_0-6: .*answered 403"):
        img.dataobj[0, 0, 0]
    np.testing.assert_array_equal(img.dataobj, expected)


def test_an_address_of_nothing(served):
    with pytest.raises(RemoteError, match="it has no such file"):
        volio.load(f"precomputed://{served.url}/c")


def test_commands_take_folders(tmp_path: Path, capsys: pytest.CaptureFixture):
    path = precomputed(tmp_path / "brain")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "info").write_text("not a document")
    assert main(["ls", "-r", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "brain  uint16  21x18x13" in out
    assert "other" not in out
    target = tmp_path / "a.nii.gz"
    assert main(["convert", str(path), str(target)]) == 0
    np.testing.assert_array_equal(volio.load(target).dataobj, VOLUME[..., 0])
    assert main(["view", str(path), "--png", str(tmp_path / "a.png")]) == 0


def test_the_doctor_finds_nothing_odd_in_a_folder_without_an_ending(tmp_path: Path, capsys):
    path = precomputed(tmp_path / "brain", encoding="raw")
    assert main(["doctor", str(path)]) == 0
    assert "suspicious" not in capsys.readouterr().out


def test_chunks_are_those_of_the_file(volumes):
    assert [dataobj.chunks for dataobj in volumes] == [(4, 7, 3)] * 2
    assert volumes[0].chunks != CHUNKS
