"""Precomputed volumes: damaged chunks and shards, documents that make no sense."""

from __future__ import annotations

import gzip
import io
import json
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import volio
from volio.errors import CorruptFileError, HeaderDataError, ImageFileError, LimitError, VolioError
from volio.tests.formats.tensorstore_files import SHARDS, precomputed
from volio.tests.requirements import optional

optional("tensorstore")

GREY = np.arange(210, dtype=np.uint8).reshape(7, 6, 5, 1)
LABELS = (GREY // 3).astype(np.uint64)
KEY = "4_4_40/0-7_0-6_0-5"


def changed(path: Path, **fields: Any) -> Path:
    """Change fields of the document, of a scale where it has such a field; ... takes one away."""
    document = json.loads((path / "info").read_text())
    for name, value in fields.items():
        top = name in document or name.startswith("@")
        (document if top else document["scales"][0])[name] = value
    for each in (document, *(scale for scale in document["scales"] if isinstance(scale, dict))):
        for name in [name for name, value in each.items() if value is ...]:
            del each[name]
    (path / "info").write_text(json.dumps(document))
    return path


def read(path: Path) -> np.ndarray:
    return np.asarray(volio.load(path).dataobj)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"data_type": "float64"}, "data_type: must be one of"),
        ({"data_type": 5}, "data_type: must be text"),
        ({"num_channels": 0}, "num_channels: must be 1 or more"),
        ({"num_channels": 1.5}, "num_channels: must be an integer"),
        ({"num_channels": 2**40}, "jpeg|at most 1073741824"),
        ({"scales": []}, "must be 1 to 32, got 0"),
        ({"scales": [{}] * 33}, "must be 1 to 32, got 33"),
        ({"scales": [5]}, r"scales\[0\]: must be a mapping"),
        ({"key": 5}, "key: must be text"),
        ({"size": [7, 6]}, "size: must be three lengths"),
        ({"size": [7, 6, -5]}, "size: must be integers of 0 or more"),
        ({"size": [2**50, 6, 5]}, "size: must be three lengths"),
        ({"size": [2**40, 2**40, 5]}, "no array has the shape"),
        ({"chunk_sizes": []}, "chunk_sizes: must name a size"),
        ({"chunk_sizes": [8, 8, 8]}, "chunk_sizes: must be a list"),
        ({"chunk_sizes": [[8, 0, 8]]}, "chunk_sizes: must be integers of 1 or more"),
        ({"chunk_sizes": [[2**20, 2**20, 8]]}, "chunk_sizes: a chunk takes .* at most"),
        ({"resolution": [4, 4]}, "resolution: must be three finite numbers"),
        ({"resolution": [4, 0, 4]}, "resolution: must be above 0"),
        ({"resolution": [4, float("nan"), 4]}, "resolution: must be three finite numbers"),
        ({"resolution": [4, "4", 4]}, "resolution: must be three finite numbers"),
        ({"voxel_offset": [4, 0.5, 4]}, "voxel_offset: must be integers"),
        ({"voxel_offset": [4, 2.0**60, 4]}, "voxel_offset: must be three finite numbers"),
        ({"encoding": "compresso"}, r"encoding: 'compresso' is not read \(raw, jpeg"),
        ({"encoding": "os.system"}, "encoding: 'os.system' is not read"),
        ({"encoding": "compressed_segmentation"}, "is for uint32, uint64, not for uint8"),
        ({"encoding": "jpeg", "num_channels": 2}, "jpeg does not have 2 channels"),
        ({"encoding": "png", "num_channels": 5}, "png does not have 5 channels"),
        ({"sharding": {"@type": "mine"}}, "sharding: @type: 'mine' is not read"),
        ({"sharding": {**SHARDS, "preshift_bits": -1}}, "preshift_bits: must be 0 to 64"),
        ({"sharding": {**SHARDS, "shard_bits": True}}, "shard_bits: must be an integer"),
        ({"sharding": {**SHARDS, "minishard_bits": 21}}, "minishard_bits: at most 20"),
        ({"sharding": {**SHARDS, "shard_bits": 64}}, "64 together"),
        ({"sharding": {**SHARDS, "hash": "md5"}}, "hash: must be one of"),
        ({"sharding": {**SHARDS, "data_encoding": "br"}}, "data_encoding: must be one of"),
        (
            {"size": [2**23, 2**23, 2**20], "chunk_sizes": [[1, 1, 1]], "sharding": SHARDS},
            "no number of 64 bits fits",
        ),
    ],
)
def test_documents_that_make_no_sense(tmp_path: Path, fields: dict, words: str):
    precomputed(tmp_path, GREY)
    with pytest.raises(HeaderDataError, match=words):
        volio.load(changed(tmp_path, **fields))


def test_blocks_that_would_take_far_more_than_their_chunk(tmp_path: Path):
    precomputed(tmp_path, LABELS, encoding="compressed_segmentation")
    huge = [2**16, 2**16, 1]
    with pytest.raises(HeaderDataError, match="a chunk takes"):
        volio.load(changed(tmp_path, compressed_segmentation_block_size=huge))


def test_chunk_sizes_after_the_first_are_copies(tmp_path: Path):
    precomputed(tmp_path, GREY)
    changed(tmp_path, chunk_sizes=[[8, 7, 6], "whatever"])
    np.testing.assert_array_equal(read(tmp_path), GREY[..., 0])


def test_other_documents_of_neuroglancer(tmp_path: Path):
    precomputed(tmp_path, GREY)
    changed(tmp_path, **{"@type": "neuroglancer_legacy_mesh"})
    with pytest.raises(ImageFileError, match="is of 'neuroglancer_legacy_mesh'"):
        volio.load(tmp_path)
    (tmp_path / "info").write_text('{"@type": "neuroglancer_skeletons"}')
    with pytest.raises(ImageFileError, match="is a folder"):
        volio.load(tmp_path)
    (tmp_path / "info").unlink()
    with pytest.raises(ImageFileError, match="has no document 'info'"):
        volio.load(tmp_path, format="precomputed")


@pytest.mark.parametrize("key", ["../a", "/etc", "a/../../b", "C:\\x"])
def test_keys_do_not_lead_out(tmp_path: Path, key: str):
    precomputed(tmp_path / "a", GREY)
    img = volio.load(changed(tmp_path / "a", key=key))
    if key == "/etc":  # below the folder
        assert not np.asarray(img.dataobj).any()
        return
    with pytest.raises(ImageFileError, match="is not a key inside it"):
        np.asarray(img.dataobj)


def test_links_are_followed(tmp_path: Path):
    precomputed(tmp_path / "a", GREY)
    (tmp_path / "a" / "4_4_40").rename(tmp_path / "away")
    (tmp_path / "a" / "4_4_40").symlink_to(tmp_path / "away")
    found = volio.load(tmp_path / "a")
    np.testing.assert_array_equal(found.dataobj, GREY[..., 0])


def test_levels_that_are_larger_than_the_one_before(tmp_path: Path):
    precomputed(tmp_path, GREY)
    precomputed(tmp_path, GREY.repeat(2, 0), resolution=[2, 4, 40])
    document = json.loads((tmp_path / "info").read_text())
    document["scales"].sort(key=lambda scale: scale["size"])
    (tmp_path / "info").write_text(json.dumps(document))
    with pytest.raises(HeaderDataError, match="is larger than level 0"):
        volio.load(tmp_path).levels  # noqa: B018


CASES: dict[str, tuple[np.ndarray, dict[str, Any]]] = {
    "raw": (GREY, {}),
    "png": (GREY, {"encoding": "png"}),
    "jpeg": (GREY, {"encoding": "jpeg"}),
    "segmentation": (LABELS, {"encoding": "compressed_segmentation"}),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("fault", ["empty", "half", "byte"])
def test_chunks_cut_short_are_errors_that_name_them(tmp_path: Path, case: str, fault: str):
    array, more = CASES[case]
    precomputed(tmp_path, array, **more)
    data = (tmp_path / KEY).read_bytes()
    (tmp_path / KEY).write_bytes(
        {"empty": b"", "half": data[: len(data) // 2], "byte": data[:-1]}[fault]
    )
    if (case, fault) == ("png", "byte"):  # of the mark of the end
        np.testing.assert_array_equal(read(tmp_path), GREY[..., 0])
        return
    with pytest.raises(CorruptFileError, match=f"{KEY}: "):
        read(tmp_path)


def picture(mode: str, size: tuple[int, int], format: str = "PNG") -> bytes:
    stream = io.BytesIO()
    Image.new(mode, size).save(stream, format)
    return stream.getvalue()


def declared(width: int, height: int) -> bytes:
    """Return a small PNG that says in its header how large it is."""
    data = bytearray(picture("L", (7, 30)))
    struct.pack_into(">II", data, 16, width, height)
    struct.pack_into(">I", data, 29, zlib.crc32(data[12:29]))
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (picture("RGB", (7, 30)), "must have 1 channels of 8 bits, is RGB"),
        (picture("P", (7, 30)), "must have 1 channels of 8 bits, is P"),
        (picture("I;16", (7, 30)), "must have 1 channels of 8 bits, is I;16"),
        (picture("L", (7, 31)), "must have 210 pixels, got 217"),
        (declared(20_000, 20_000), "must have 210 pixels, got 400000000"),
        (picture("L", (7, 30), "JPEG"), "png cannot be decoded"),
    ],
    ids=["RGB", "P", "I;16", "more", "vast", "JPEG"],
)
def test_pictures_of_another_form(tmp_path: Path, data: bytes, words: str):
    precomputed(tmp_path, GREY, encoding="png")
    (tmp_path / KEY).write_bytes(data)
    with pytest.raises(CorruptFileError, match=f"{KEY}: {words}"):
        read(tmp_path)


@pytest.mark.parametrize(
    ("word", "value", "words"),
    [
        (0, 10**6, "has 0 words for the headers"),
        (1, 5 << 24, "5 bits for an index"),
        (1, 0xFFFFFF, "an offset leads to word"),
        (2, 2**32 - 1, "an offset leads to word"),
    ],
)
def test_segmentations_that_lead_nowhere(tmp_path: Path, word: int, value: int, words: str):
    precomputed(tmp_path, LABELS, encoding="compressed_segmentation")
    data = np.frombuffer((tmp_path / KEY).read_bytes(), "<u4").copy()
    data[word] = value
    (tmp_path / KEY).write_bytes(data.tobytes())
    with pytest.raises(CorruptFileError, match=f"{KEY}: {words}"):
        read(tmp_path)


ONE_SHARD = {**SHARDS, "preshift_bits": 0, "minishard_bits": 0, "shard_bits": 0}


@pytest.mark.parametrize(
    ("where", "value", "words"),
    [
        (8, 2**63, "the index of minishard 0: is in bytes"),  # the end of the minishard's index
        (8, 0, "the index of minishard 0: is in bytes"),
        (8, 215, "the index of minishard 0: must have 24 bytes for each chunk, got 5"),
        (0, 2**40, "is in bytes"),
    ],
)
def test_an_index_that_leads_nowhere(tmp_path: Path, where: int, value: int, words: str):
    precomputed(tmp_path, GREY, chunk_size=[4, 3, 5], sharding=ONE_SHARD)
    (shard,) = tmp_path.rglob("*.shard")
    data = bytearray(shard.read_bytes())
    data[where : where + 8] = struct.pack("<Q", value)
    shard.write_bytes(data)
    with pytest.raises(CorruptFileError, match=words):
        read(tmp_path)


@pytest.mark.parametrize(
    ("row", "value", "words"),
    [
        (0, 0, "identifiers of chunks do not ascend"),
        (1, 2**62, "ends at byte"),
        (1, 10**6, r"chunk \(0, 0, 1\): must have|the shard has 0"),
        (2, 2**40, r"1099511627776 bytes, at most"),
        (2, 3, r"must have \d+ bytes, got"),
    ],
)
def test_chunks_of_shards_that_are_not_there(tmp_path: Path, row: int, value: int, words: str):
    precomputed(tmp_path, GREY, chunk_size=[4, 3, 5], sharding=ONE_SHARD)
    (shard,) = tmp_path.rglob("*.shard")
    data = bytearray(shard.read_bytes())
    start, stop = struct.unpack_from("<QQ", data)
    index = np.frombuffer(data[16 + start : 16 + stop], "<u8").reshape(3, -1).copy()
    assert index.shape == (3, 4)
    index[row, 1] = value
    data[16 + start : 16 + stop] = index.tobytes()
    shard.write_bytes(data)
    with pytest.raises(CorruptFileError, match=words):
        read(tmp_path)


def test_shards_cut_short(tmp_path: Path):
    precomputed(tmp_path, GREY, chunk_size=[4, 3, 5], sharding=ONE_SHARD)
    (shard,) = tmp_path.rglob("*.shard")
    data = shard.read_bytes()
    for length in (0, 15, 16, len(data) - 1):
        shard.write_bytes(data[:length])
        with pytest.raises(CorruptFileError, match=r"0\.shard: the index of "):
            read(tmp_path)


def test_shards_that_decode_to_far_more_take_no_memory(tmp_path: Path):
    precomputed(tmp_path, GREY, sharding={**ONE_SHARD, "data_encoding": "gzip"})
    (shard,) = tmp_path.rglob("*.shard")
    bomb = gzip.compress(bytes(1 << 20))
    index = struct.pack("<3Q", 0, 0, len(bomb))
    shard.write_bytes(struct.pack("<QQ", len(bomb), len(bomb) + 24) + bomb + index)
    with pytest.raises(CorruptFileError, match=r"decodes to .*at most 210 fit"):
        read(tmp_path)


def test_any_changed_byte_gives_values_or_an_error(tmp_path: Path):
    random = np.random.default_rng(5)
    more = {"encoding": "compressed_segmentation", "sharding": {**ONE_SHARD, "preshift_bits": 1}}
    precomputed(tmp_path, LABELS, **more)
    outcomes = set()
    for path in [path for path in tmp_path.rglob("*") if path.is_file()]:
        data = path.read_bytes()
        for position in random.integers(0, len(data), 80):
            damaged = bytearray(data)
            damaged[position] = random.integers(32, 256)
            path.write_bytes(damaged)
            try:
                read(tmp_path)
                outcomes.add((path.name, "values"))
            except VolioError:
                outcomes.add((path.name, "error"))
        path.write_bytes(data)
    assert len(outcomes) == 4


def test_large_and_deep_documents(tmp_path: Path):
    precomputed(tmp_path, GREY)
    text = (tmp_path / "info").read_text()
    (tmp_path / "info").write_text(text + " " * (16 << 20))
    with pytest.raises(LimitError, match="is larger than"):
        volio.load(tmp_path)
    (tmp_path / "info").write_text(text[:-1] + ', "a": ' + "[" * 70 + "]" * 70 + "}")
    with pytest.raises(LimitError, match="more than 64 levels"):
        volio.load(tmp_path)
