"""N5: damaged blocks, attributes that make no sense."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

import volio
from volio.errors import CorruptFileError, HeaderDataError, ImageFileError, LimitError, VolioError
from volio.tests.formats.tensorstore_files import n5
from volio.tests.formats.test_n5 import (
    ARRAY,
    FIRST,
    PIXELS,
    attributes,
    block,
    by_hand,
    lz4_blocks,
    pyramid,
    read,
)
from volio.tests.requirements import optional

optional("tensorstore")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"dimensions": [3, -2, 1]}, "dimensions: must be integers of 0 or more"),
        ({"dimensions": [3, 2]}, "blockSize: must have 2 axes, got 3"),
        ({"dimensions": []}, "blockSize: must have 0 axes"),
        ({"dimensions": [1] * 33}, "at most 32"),
        ({"dimensions": [2**40, 2**40, 1]}, "no array has the shape"),
        ({"dimensions": [2**63, 1, 1]}, "no array has the shape"),
        ({"blockSize": [2, 0, 1]}, "blockSize: must be integers of 1 or more"),
        ({"blockSize": [2**20, 2**20, 1]}, "at most 1073741824"),
        ({"blockSize": ...}, "blockSize: must be a list, got None"),
        ({"dataType": "string"}, "dataType: voxels are numbers, got 'string'"),
        ({"dataType": "object"}, "dataType: voxels are numbers, got 'object'"),
        ({"isLabelMultiset": True}, "several labels of a voxel are not read"),
        ({"compression": {"type": "jpeg"}}, "compression: 'jpeg' is not known"),
        ({"compression": {"type": "os.system"}}, "compression: 'os.system' is not known"),
        ({"compression": {}}, "type: must be text, got None"),
        ({"compression": 5}, "compression: must be a mapping"),
        ({"axes": ["x", "y"]}, "axes: must be 3 different names"),
        ({"axes": ["x", "y", "x"]}, "axes: must be 3 different names"),
        ({"resolution": [1, 0, 1]}, "resolution: must be numbers above 0"),
        ({"resolution": [1, float("nan"), 1]}, "resolution: must be numbers above 0"),
        ({"resolution": [1, 1, 1, 1]}, "resolution: must be 3 numbers"),
        ({"resolution": "1"}, "resolution: must be a list"),
        ({"pixelResolution": {"dimensions": [1, True, 1]}}, "must be numbers above 0"),
        ({**PIXELS, "offset": [1, float("inf"), 1]}, "offset: must be finite numbers"),
        ({**PIXELS, "downsamplingFactors": [1, -2, 1]}, "downsamplingFactors: must be numbers"),
        ({"transform": {"scale": [1, "a", 1]}}, "transform: scale: must be numbers above 0"),
        ({"transform": {"translate": [1, None, 1]}}, "transform: translate: must be finite"),
        ({"transform": 5}, "transform: must be a mapping"),
    ],
)
def test_attributes_that_make_no_sense(tmp_path: Path, fields: dict, words: str):
    by_hand(tmp_path, {"0/0/0": FIRST}, **fields)
    with pytest.raises(HeaderDataError, match=words):
        volio.load(tmp_path)


@pytest.mark.parametrize(
    ("group", "words"),
    [
        ({"multiscales": 5}, "multiscales: must be a list"),
        ({"multiscales": [{"datasets": 5}]}, "datasets: must be a list"),
        ({"multiscales": [{"datasets": [5]}]}, "datasets: must be mappings"),
        ({"multiscales": [{"datasets": [{"path": 5}]}]}, "path: must be text"),
        ({"multiscales": [{"datasets": [{"path": "s0"}] * 40}]}, "has 40 levels, at most 32"),
        ({**PIXELS, "scales": [[0, 1, 1]]}, "must be numbers above 0"),
    ],
)
def test_groups_that_make_no_sense(tmp_path: Path, group: dict, words: str):
    pyramid(tmp_path / "a.n5", **group)
    with pytest.raises(HeaderDataError, match=words):
        volio.load(tmp_path / "a.n5")


def test_paths_do_not_lead_out(tmp_path: Path):
    n5(tmp_path / "other", ARRAY)
    attributes(tmp_path / "a.n5", multiscales=[{"datasets": [{"path": "../other"}]}])
    with pytest.raises(ImageFileError, match="is not a key inside it"):
        volio.load(tmp_path / "a.n5")
    (tmp_path / "a.n5" / "attributes.json").unlink()
    (tmp_path / "a.n5" / "data").symlink_to(tmp_path / "other")
    assert volio.load(tmp_path / "a.n5").shape == ARRAY.shape


def test_levels_that_are_larger_than_the_one_before(tmp_path: Path):
    n5(tmp_path / "a.n5" / "s0", ARRAY[::2])
    n5(tmp_path / "a.n5" / "s1", ARRAY)
    with pytest.raises(HeaderDataError, match="is larger than level 0"):
        volio.load(tmp_path / "a.n5").levels  # noqa: B018


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "has 0 bytes, its header takes 16"),
        (FIRST[:15], "has 15 bytes, its header takes 16"),
        (FIRST[:-1], "must decode to 8 bytes, got 7"),
        (FIRST + b"\0", "must decode to 8 bytes, got 9"),
        (block([1, 2, 3, 4], 2, 2, 1, mode=2), "is of mode 2: objects are not read"),
        (block([1, 2, 3, 4], 2, 2), "has 20 bytes|must have 3 axes, got 2"),
        (block([1, 2, 3], 3, 1, 1), r"must have a shape within \(1, 2, 2\), got \(1, 1, 3\)"),
        (block([1, 2], 2**31, 1, 1), "must have a shape within"),
        (block([], 0, 2, 1), "must have a shape within"),
        (block([1, 2, 3, 4, 5], 2, 2, 1, mode=1), "must have 4 elements"),
    ],
)
def test_damaged_blocks(tmp_path: Path, data: bytes, words: str):
    by_hand(tmp_path, {"0/0/0": data})
    with pytest.raises(CorruptFileError, match=f"0/0/0: .*({words})"):
        read(tmp_path)


@pytest.mark.parametrize(
    "compression",
    [
        {"type": "gzip"},
        {"type": "gzip", "useZlib": True},
        {"type": "bzip2"},
        {"type": "xz"},
        {"type": "zstd"},
    ],
)
@pytest.mark.parametrize("fault", ["half", "byte", "nothing"])
def test_packed_blocks_cut_short(tmp_path: Path, compression: dict, fault: str):
    n5(tmp_path, ARRAY, compression)
    file = tmp_path / "1" / "0" / "1"
    data = file.read_bytes()
    length = {"half": len(data) // 2, "byte": len(data) - 1, "nothing": 16}[fault]
    file.write_bytes(data[:length])
    with pytest.raises(CorruptFileError, match="1/0/1: "):
        read(tmp_path)


def test_blocks_that_decode_to_far_more_take_no_memory(tmp_path: Path):
    bomb = FIRST[:16] + gzip.compress(bytes(50 << 20))
    by_hand(tmp_path, {"0/0/0": bomb}, compression={"type": "gzip"})
    with pytest.raises(CorruptFileError, match="at most 8 fit"):
        read(tmp_path)


@pytest.mark.parametrize(
    ("at", "value", "words"),
    [
        (0, b"lz4block", "there is no block of lz4 at byte 0"),
        (8, b"\x30", "is of method 0x30"),
        (9, struct.pack("<i", -1), "there is no block of lz4 at byte 0"),
        (9, struct.pack("<i", 10**6), "there is no block of lz4 at byte 0"),
        (13, struct.pack("<i", 10**9), "decodes to more bytes than fit"),
        (13, struct.pack("<i", 5), "must have 5 bytes"),
        (24, b"", "ends within|must decode to 8 bytes|there is no block"),
    ],
)
def test_damaged_lz4(tmp_path: Path, at: int, value: bytes, words: str):
    stream = bytearray(lz4_blocks(FIRST[16:], 4))
    stream[at : at + len(value)] = value
    if not value:
        del stream[at:]
    by_hand(tmp_path, {"0/0/0": FIRST[:16] + stream}, compression={"type": "lz4"})
    with pytest.raises(CorruptFileError, match=words):
        read(tmp_path)


def test_any_changed_byte_gives_values_or_an_error(tmp_path: Path):
    random = np.random.default_rng(5)
    pyramid(tmp_path / "a.n5", **PIXELS, scales=[[1, 1, 1], [2, 2, 2]])
    outcomes = set()
    for name in ("attributes.json", "s0/attributes.json", "s1/attributes.json", "s0/0/0/0"):
        path = tmp_path / "a.n5" / name
        data = path.read_bytes()
        for position in random.integers(0, min(len(data), 200), 60):
            damaged = bytearray(data)
            damaged[position] = random.integers(0, 127)
            path.write_bytes(damaged)
            try:
                for level in volio.load(tmp_path / "a.n5", format="n5").levels:
                    np.asarray(level.dataobj[:4, :4, :4])
                outcomes.add((name, "values"))
            except VolioError:
                outcomes.add((name, "error"))
        path.write_bytes(data)
    assert len(outcomes) == 8


def test_large_and_deep_documents(tmp_path: Path):
    by_hand(tmp_path, {})
    file = tmp_path / "attributes.json"
    text = file.read_text()
    file.write_text(text + " " * (16 << 20))
    with pytest.raises(LimitError, match="is larger than"):
        volio.load(tmp_path)
    file.write_text(text[:-1] + ', "a": ' + "[" * 70 + "]" * 70 + "}")
    with pytest.raises(LimitError, match="more than 64 levels"):
        volio.load(tmp_path)
