"""Zarr and OME-Zarr: what other programs write, damaged chunks, documents that make no sense."""

from __future__ import annotations

import json
import pickle
import shutil
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import volio
from volio.arrays.chunk_cache import chunk_cache
from volio.cli import main
from volio.errors import (
    CorruptFileError,
    HeaderDataError,
    ImageFileError,
    LimitError,
    RemoteError,
    SourceChangedError,
    UsageError,
    VolioError,
)
from volio.files.stores import open_store
from volio.formats.zarr.compression import BYTES_CODECS
from volio.formats.zarr.crc32c import _slowly, crc32c
from volio.formats.zarr.metadata import read_node
from volio.formats.zarr.voxels import zarr_array
from volio.tests.files.webserver import serving
from volio.tests.requirements import optional

numcodecs = optional("numcodecs")
zarr = optional("zarr")

RNG = np.random.default_rng(5)
ARRAY = np.sort(RNG.integers(-300, 300, (13, 10, 9)), axis=0).astype(np.int16)
CHUNKS = (4, 5, 6)


def written(folder: Path, array: np.ndarray = ARRAY, **options: Any) -> Path:
    """Write an array with zarr-python; return its folder."""
    path = folder / "a.zarr"
    made = zarr.create_array(path, shape=array.shape, dtype=array.dtype, **options)
    made[...] = array
    return path


def values(path: Path) -> np.ndarray:
    """Read the array at the root of a folder, axes as in the file."""
    store = open_store(path)
    return zarr_array(store, read_node(store, "")).read()


def change(path: Path, **fields: Any) -> None:
    """Change fields of a document, where None takes one away."""
    document = json.loads(path.read_text())
    document.update(fields)
    path.write_text(json.dumps({key: value for key, value in document.items() if value is not ...}))


V3_CASES = {
    "default": {},
    "nothing": {"compressors": None},
    "gzip": {"compressors": zarr.codecs.GzipCodec(level=1)},
    "blosc": {"compressors": zarr.codecs.BloscCodec(cname="lz4", shuffle="bitshuffle")},
    "crc32c": {"compressors": [zarr.codecs.ZstdCodec(level=3), zarr.codecs.Crc32cCodec()]},
    "transposed": {"filters": [zarr.codecs.TransposeCodec(order=(2, 0, 1))]},
    "big": {"serializer": zarr.codecs.BytesCodec(endian="big")},
    "dots": {"chunk_key_encoding": {"name": "default", "separator": "."}},
    "v2 keys": {"chunk_key_encoding": {"name": "v2", "separator": "/"}},
    "shards": {"shards": (8, 10, 12)},
}
V2_CASES = {
    "blosc": {"compressors": numcodecs.Blosc()},
    "zlib": {"compressors": numcodecs.Zlib()},
    "gzip": {"compressors": numcodecs.GZip()},
    "bz2": {"compressors": numcodecs.BZ2()},
    "lzma": {"compressors": numcodecs.LZMA()},
    "lz4": {"compressors": numcodecs.LZ4()},
    "zstd": {"compressors": numcodecs.Zstd()},
    "nothing": {"compressors": None},
    "fortran": {"order": "F"},
    "delta": {"filters": [numcodecs.Delta(dtype="<i2")]},
    "shuffle": {"filters": [numcodecs.Shuffle(2)]},
    "slashes": {"chunk_key_encoding": {"name": "v2", "separator": "/"}},
}


@pytest.mark.parametrize("case", V3_CASES)
def test_arrays_of_version_3_that_zarr_python_writes(tmp_path: Path, case: str):
    path = written(tmp_path, chunks=CHUNKS, **V3_CASES[case])
    np.testing.assert_array_equal(values(path), ARRAY)


@pytest.mark.filterwarnings("ignore:.*order.*:RuntimeWarning")
@pytest.mark.parametrize("case", V2_CASES)
def test_arrays_of_version_2_that_zarr_python_writes(tmp_path: Path, case: str):
    path = written(tmp_path, chunks=CHUNKS, zarr_format=2, **V2_CASES[case])
    np.testing.assert_array_equal(values(path), ARRAY)


@pytest.mark.parametrize("dtype", ["bool", "u1", "i8", "f2", "f4", "f8", "c8", "c16", ">i4"])
def test_dtypes(tmp_path: Path, dtype: str):
    array = ARRAY.astype(dtype)
    version = 2 if dtype == ">i4" else 3
    found = values(written(tmp_path, array, chunks=CHUNKS, zarr_format=version))
    np.testing.assert_array_equal(found, array)
    assert found.dtype == np.dtype(dtype).newbyteorder("=")


@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize(
    ("dtype", "fill"),
    [
        ("i2", -7),
        ("f4", np.nan),
        ("f8", -np.inf),
        ("bool", True),
        ("c8", 1 + 2j),
        ("u8", 2**64 - 1),
    ],
)
def test_absent_chunks_are_fill(tmp_path: Path, version: int, dtype: str, fill: Any):
    path = tmp_path / "a.zarr"
    made = zarr.create_array(
        path, shape=(6, 4), chunks=(3, 4), dtype=dtype, fill_value=fill, zarr_format=version
    )
    made[:3] = 1
    expected = np.full((6, 4), fill, dtype)
    expected[:3] = 1
    np.testing.assert_array_equal(values(path), expected)


def test_an_array_without_axes(tmp_path: Path):
    path = tmp_path / "a.zarr"
    zarr.create_array(path, shape=(), dtype="i4")[...] = 5
    assert values(path) == 5


@pytest.mark.parametrize("location", ["start", "end"])
def test_shards_that_tensorstore_writes(tmp_path: Path, location: str):
    tensorstore = optional("tensorstore")
    inner = [{"name": "bytes"}, {"name": "gzip", "configuration": {"level": 1}}]
    sharding = {
        "chunk_shape": [2, 5, 3],
        "codecs": [{"name": "transpose", "configuration": {"order": [1, 0, 2]}}, *inner],
        "index_codecs": [{"name": "bytes", "configuration": {"endian": "big"}}, {"name": "crc32c"}],
        "index_location": location,
    }
    spec = {
        "driver": "zarr3",
        "kvstore": {"driver": "file", "path": str(tmp_path / "a.zarr")},
        "metadata": {
            "shape": ARRAY.shape,
            "data_type": "int16",
            "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [8, 10, 6]}},
            "codecs": [{"name": "sharding_indexed", "configuration": sharding}],
        },
        "create": True,
    }
    made = tensorstore.open(spec).result()
    made[:12].write(ARRAY[:12]).result()
    expected = ARRAY.copy()
    expected[12:] = 0
    np.testing.assert_array_equal(values(tmp_path / "a.zarr"), expected)


def test_shards_within_shards(tmp_path: Path):
    inner = zarr.codecs.ShardingCodec(chunk_shape=(2, 5, 3))
    serializer = zarr.codecs.ShardingCodec(chunk_shape=(4, 5, 6), codecs=[inner])
    path = written(tmp_path, chunks=(8, 10, 12), serializer=serializer, compressors=None)
    np.testing.assert_array_equal(values(path), ARRAY)


def test_checksums_of_shards_are_crc_32c():
    data = bytes(range(200))
    assert crc32c(b"123456789") == _slowly(b"123456789") == 0xE3069283
    assert crc32c(data) == _slowly(data)


@pytest.mark.parametrize("name", sorted(BYTES_CODECS))
def test_codecs_give_back_what_they_got_and_no_more_than_fits(name: str):
    codec = BYTES_CODECS[name]
    data = np.arange(500, dtype="<i2").tobytes()
    settings: dict[str, Any] = {"elementsize": 2, "typesize": 2, "dtype": "<i2", "astype": "<i4"}
    settings |= {"scale": 1, "offset": 0, "digits": 3}
    if name == "quantize":
        data = np.arange(500, dtype="<f4").tobytes()
        settings |= {"dtype": "<f4", "astype": "<f4"}
    wanted = {
        "shuffle": ("elementsize",),
        "blosc": ("typesize",),
        "delta": ("dtype", "astype"),
        "fixedscaleoffset": ("dtype", "astype", "scale", "offset"),
        "quantize": ("dtype", "astype", "digits"),
    }
    settings = {key: settings[key] for key in wanted.get(name, ())}
    if name == "astype":
        settings = {"encode_dtype": "<i4", "decode_dtype": "<i2"}
    packed = codec.encode(data, settings)
    assert codec.decode(packed, len(data), settings) == data
    assert len(packed) <= codec.limit(len(data))
    with pytest.raises(CorruptFileError, match="at most"):
        codec.decode(packed, len(data) - 1, settings)


# Damage.


def damaged(path: Path, key: str, data: bytes) -> Path:
    (path / key).write_bytes(data)
    return path


@pytest.mark.parametrize("case", ["default", "gzip", "blosc", "crc32c", "nothing"])
@pytest.mark.parametrize("fault", ["empty", "half", "long"])
def test_chunks_of_another_length_are_errors_that_name_them(tmp_path: Path, case: str, fault: str):
    path = written(tmp_path, chunks=CHUNKS, **V3_CASES[case])
    data = (path / "c/1/0/1").read_bytes()
    changed = {"empty": b"", "half": data[: len(data) // 2], "long": data + data}[fault]
    damaged(path, "c/1/0/1", changed)
    with pytest.raises(CorruptFileError, match=r"a\.zarr: c/1/0/1: "):
        values(path)


@pytest.mark.parametrize("case", ["gzip", "crc32c"])
def test_flipped_bits_under_a_checksum_are_errors(tmp_path: Path, case: str):
    path = written(tmp_path, chunks=CHUNKS, **V3_CASES[case])
    data = (path / "c/1/0/1").read_bytes()
    for position in range(len(data) - 8, len(data)):
        changed = bytearray(data)
        changed[position] ^= 4
        damaged(path, "c/1/0/1", bytes(changed))
        with pytest.raises(CorruptFileError, match="c/1/0/1"):
            values(path)


def test_chunks_that_decode_to_far_more_than_they_may_take_no_memory(tmp_path: Path):
    path = written(tmp_path, chunks=CHUNKS, compressors=zarr.codecs.GzipCodec(level=1))
    bomb = BYTES_CODECS["gzip"].encode(bytes(50 << 20), {})
    damaged(path, "c/0/0/0", bomb)
    with pytest.raises(CorruptFileError, match="at most 240 fit"):
        values(path)


def shard_index(path: Path, key: str, count: int, change: Any) -> None:
    """Change the index of a shard, and give it the checksum that is right."""
    data = bytearray((path / key).read_bytes())
    index = np.frombuffer(data[-16 * count - 4 : -4], "<u8").copy()
    change(index)
    packed = index.tobytes()
    data[-16 * count - 4 :] = packed + struct.pack("<I", crc32c(packed))
    (path / key).write_bytes(data)


@pytest.mark.parametrize(
    ("position", "value", "words"),
    [
        (0, 10**6, "the shard has 0"),
        (1, 10**6, "at most"),
        (0, 2**63, "at most"),
        (1, 1, r"chunk \(0, 0, 0\)"),
    ],
)
def test_an_index_that_leads_nowhere(tmp_path: Path, position: int, value: int, words: str):
    path = written(tmp_path, chunks=CHUNKS, **V3_CASES["shards"])

    def change(index: np.ndarray) -> None:
        index[position] = value

    shard_index(path, "c/0/0/0", 8, change)
    with pytest.raises(CorruptFileError, match=f"c/0/0/0.*{words}|{words}.*c/0/0/0"):
        values(path)


def test_an_index_under_another_checksum(tmp_path: Path):
    path = written(tmp_path, chunks=CHUNKS, **V3_CASES["shards"])
    data = bytearray((path / "c/0/0/0").read_bytes())
    data[-20] ^= 1
    damaged(path, "c/0/0/0", bytes(data))
    with pytest.raises(CorruptFileError, match=r"c/0/0/0: the index of the shard: .*checksum"):
        values(path)
    damaged(path, "c/0/0/0", b"short")
    with pytest.raises(CorruptFileError, match="the index of the shard: its index must have 132"):
        values(path)


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


# Documents that make no sense.


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"shape": [-1, 2, 3]}, "shape: must be integers of 0 or more"),
        ({"shape": [1.5, 2, 3]}, "shape: must be integers"),
        ({"shape": [True, 2, 3]}, "shape: must be integers"),
        ({"shape": "13"}, "shape: must be a list"),
        ({"shape": ...}, "shape: must be a list, got None"),
        ({"shape": [2**40, 2**40, 9]}, "no array has the shape"),
        ({"shape": [13, 10]}, "chunk_shape: must have 2 axes"),
        ({"shape": [1] * 33}, "at most 32"),
        ({"chunk_grid": {"name": "rectilinear"}}, "chunks of several shapes"),
        ({"chunk_grid": 5}, "chunk_grid: must be a mapping"),
        (
            {"chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [4, 0, 6]}}},
            "chunk_shape: must be integers of 1 or more",
        ),
        (
            {"chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [2**20] * 3}}},
            "at most 1073741824|no chunk has the shape",
        ),
        ({"data_type": "string"}, "data_type: voxels are numbers, got 'string'"),
        ({"data_type": {"name": "numpy.datetime64"}}, "data_type: voxels are numbers"),
        ({"fill_value": "x"}, "fill_value: must be a value of int16"),
        ({"fill_value": 70000}, "fill_value: must be a value of int16"),
        ({"fill_value": []}, "fill_value"),
        ({"codecs": []}, "one of them must be 'bytes'"),
        ({"codecs": [{"name": "pickle"}]}, "'pickle' is not known"),
        ({"codecs": [{"name": "bytes"}, {"name": "os.system"}]}, "'os.system' is not known"),
        ({"codecs": [{"name": "bytes"}, {"name": "numcodecs.pickle"}]}, "'pickle' is not known"),
        ({"codecs": [{"name": "bytes", "configuration": {"endian": "middle"}}]}, "endian"),
        (
            {"codecs": [{"name": "transpose", "configuration": {"order": [0, 0, 1]}}]},
            "must name each of 3 axes once",
        ),
        ({"chunk_key_encoding": {"name": "odd"}}, "chunk_key_encoding: 'odd' is not known"),
        (
            {"chunk_key_encoding": {"name": "default", "configuration": {"separator": "../"}}},
            "separator",
        ),
        ({"storage_transformers": [{"name": "x"}]}, "storage_transformers"),
        ({"zarr_format": 4}, "zarr_format: must be 3"),
        ({"node_type": "link"}, "node_type"),
    ],
)
def test_documents_of_version_3_that_make_no_sense(tmp_path: Path, fields: dict, words: str):
    path = written(tmp_path, chunks=CHUNKS)
    change(path / "zarr.json", **fields)
    with pytest.raises(HeaderDataError, match=words):
        volio.load(path)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"chunk_shape": [3, 5, 6]}, "does not divide"),
        ({"chunk_shape": [4, 5]}, "does not divide"),
        ({"index_codecs": [{"name": "bytes"}, {"name": "gzip"}]}, "fixed size"),
        ({"index_codecs": ...}, "index_codecs: must be a list"),
        ({"index_location": "middle"}, "index_location"),
    ],
)
def test_shards_that_make_no_sense(tmp_path: Path, settings: dict, words: str):
    path = written(tmp_path, chunks=CHUNKS, **V3_CASES["shards"])
    codecs = json.loads((path / "zarr.json").read_text())["codecs"]
    codecs[0]["configuration"].update(settings)
    kept = {key: value for key, value in codecs[0]["configuration"].items() if value is not ...}
    codecs[0]["configuration"] = kept
    change(path / "zarr.json", codecs=codecs)
    with pytest.raises(HeaderDataError, match=words):
        volio.load(path)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"dtype": "|O"}, r"dtype: voxels are numbers, got '\|O'"),
        ({"dtype": "<M8[s]"}, "dtype: voxels are numbers"),
        ({"dtype": [["a", "<i2"]]}, "dtype: voxels are numbers"),
        ({"dtype": "<f3"}, "dtype: voxels are numbers"),
        ({"filters": [{"id": "pickle"}]}, "'pickle' is not known"),
        ({"filters": [{"id": "vlen-utf8"}]}, "'vlen-utf8' is not known"),
        ({"compressor": {"id": "mine"}}, "'mine' is not known"),
        ({"order": "K"}, "order: must be 'C' or 'F'"),
        ({"dimension_separator": "_"}, "separator"),
    ],
)
def test_documents_of_version_2_that_make_no_sense(tmp_path: Path, fields: dict, words: str):
    path = written(tmp_path, chunks=CHUNKS, zarr_format=2)
    change(path / ".zarray", **fields)
    with pytest.raises(HeaderDataError, match=words):
        volio.load(path)


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("", HeaderDataError, "is not JSON"),
        ("[1]", HeaderDataError, "must be a mapping, got list"),
        ("\xff\xfe{}", HeaderDataError, "is not JSON"),
        ('{"a": ' * 100_000, HeaderDataError, "is not JSON"),
        ('{"a": ' + "[" * 70 + "]" * 70 + "}", LimitError, "has more than 64 levels"),
        (" " * ((16 << 20) + 1), LimitError, "is larger than"),
    ],
)
def test_what_is_not_a_document(tmp_path: Path, text: str, error: type, words: str):
    path = tmp_path / "a.zarr"
    path.mkdir()
    (path / "zarr.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(error, match=f"a.zarr: zarr.json: {words}"):
        volio.load(path)


# Multiscales.


def multiscale(folder: Path, ome: dict, arrays: dict[str, np.ndarray], version: int = 3) -> Path:
    """Write a group with arrays, and its attributes."""
    path = folder / "a.ome.zarr"
    group = zarr.open_group(path, mode="w", zarr_format=version)
    for name, array in arrays.items():
        group.create_array(name, shape=array.shape, dtype=array.dtype, chunks=array.shape)[...] = (
            array
        )
    group.attrs.put(ome if version == 2 else {"ome": ome})
    return path


def axes(names: str, unit: str = "micrometer") -> list[dict]:
    kinds = {"t": {"type": "time", "unit": "millisecond"}, "c": {"type": "channel"}}
    in_space = {"type": "space", "unit": unit}
    return [{"name": name, **kinds.get(name, in_space)} for name in names]


def one_level(transforms: list, names: str = "zyx", **more: Any) -> dict:
    dataset = {"path": "0", "coordinateTransformations": transforms}
    return {"version": "0.5", "multiscales": [{"axes": axes(names), "datasets": [dataset], **more}]}


def test_axes_are_shown_as_x_y_z_t_c(tmp_path: Path):
    array = np.arange(2 * 3 * 4 * 5, dtype=np.uint8).reshape(2, 3, 4, 5)
    scale = {"type": "scale", "scale": [1, 3, 2, 0.5]}
    path = multiscale(tmp_path, one_level([scale], "czyx"), {"0": array})
    img = volio.load(path)
    assert img.header.axes == ("x", "y", "z", "t", "c")
    assert img.header.file_axes == ("c", "z", "y", "x")
    np.testing.assert_array_equal(np.asarray(img.dataobj)[..., 0, :], array.transpose(3, 2, 1, 0))
    np.testing.assert_allclose(img.affine, np.diag([0.5e-3, 2e-3, 3e-3, 1]))
    assert img.header.unit == "micrometer"
    assert not img.header.anatomical
    assert "orientation unknown" in str(img)


def test_time_steps_and_channels(tmp_path: Path):
    array = np.zeros((3, 2, 4, 5), np.uint8)
    ome = one_level([{"type": "scale", "scale": [40, 1, 2, 2]}], "tcyx")
    ome["omero"] = {
        "channels": [
            {"label": "DAPI", "color": "0000FF", "window": {"start": 5, "end": 90}},
            {"label": "GFP", "color": "00FF00"},
        ]
    }
    img = volio.load(multiscale(tmp_path, ome, {"0": array}))
    assert img.shape == (5, 4, 1, 3, 2)
    assert img.header.get_zooms() == pytest.approx((2e-3, 2e-3, 1, 40, 1))
    assert img.header.time_step == pytest.approx(0.04)
    assert img.header.channel_names == ("DAPI", "GFP")
    assert img.header.channel_colors == ("0000FF", "00FF00")
    assert img.header.windows == ((5.0, 90.0), None)
    assert img.header.metadata().labels == ("DAPI",) * 3 + ("GFP",) * 3
    assert img.slicer[..., 1:, 1:].header.metadata().labels == ("GFP",) * 2


def test_levels_have_affines_of_their_own(tmp_path: Path):
    fine = np.arange(7 * 6 * 8, dtype=np.uint16).reshape(7, 6, 8)
    coarse = fine[::2, ::2, ::2].copy()
    datasets = [
        {"path": "0", "coordinateTransformations": [{"type": "scale", "scale": [2, 1, 1]}]},
        {
            "path": "1",
            "coordinateTransformations": [
                {"type": "scale", "scale": [4, 2, 2]},
                {"type": "translation", "translation": [1, 0.5, 0.5]},
            ],
        },
    ]
    after = [{"type": "scale", "scale": [10, 10, 10]}]
    ome = {
        "version": "0.4",
        "multiscales": [
            {
                "axes": axes("zyx", "millimeter"),
                "datasets": datasets,
                "coordinateTransformations": after,
            }
        ],
    }
    path = multiscale(tmp_path, ome, {"0": fine, "1": coarse}, version=2)
    img = volio.load(path)
    assert [level.shape for level in img.levels] == [(8, 6, 7), (4, 3, 4)]
    assert img.levels[0] is img
    np.testing.assert_allclose(img.affine, np.diag([10, 10, 20, 1]))
    np.testing.assert_allclose(img.levels[1].affine[:3, 3], [5, 5, 10])
    np.testing.assert_allclose(img.levels[1].affine[:3, :3], np.diag([20, 20, 40]))
    alone = volio.load(path, level=1)
    np.testing.assert_array_equal(alone.dataobj, coarse.T)
    assert len(alone.levels) == 1
    np.testing.assert_array_equal(
        img.patch((3, 2, 3), (2, 1, 1), level=1), [[[coarse[3, 2, 3]]], [[0]]]
    )
    part = img.roi([[20, 20, 40], [39, 39, 79]], "world", level=1)
    assert part.shape == (2, 2, 2)
    with pytest.raises(UsageError, match="has levels 0 to 1, got 2"):
        volio.load(path, level=2)
    with pytest.raises(UsageError, match="must be 0 to 1, got 2"):
        img.patch((0, 0, 0), (1, 1, 1), level=2)


TRANSFORMS = {
    "scale": ({"type": "scale", "scale": [4, 3, 2]}, np.diag([2, 3, 4, 1])),
    "affine": (
        {"type": "affine", "affine": [[4, 0, 1, 30], [0, 3, 0, 20], [0, 0, 2, 10]]},
        [[2, 0, 0, 10], [0, 3, 0, 20], [1, 0, 4, 30], [0, 0, 0, 1]],
    ),
    "rotation": (
        {"type": "rotation", "rotation": [[1, 0, 0], [0, 0, -1], [0, 1, 0]]},
        [[0, 1, 0, 0], [-1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]],
    ),
    "mapAxis": (
        {"type": "mapAxis", "mapAxis": [0, 2, 1]},
        [[0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]],
    ),
    "identity": ({"type": "identity"}, np.eye(4)),
    "sequence": (
        {
            "type": "sequence",
            "transformations": [
                {"type": "translation", "translation": [1, 2, 3]},
                {"type": "scale", "scale": [4, 3, 2]},
            ],
        },
        [[2, 0, 0, 6], [0, 3, 0, 6], [0, 0, 4, 4], [0, 0, 0, 1]],
    ),
}


@pytest.mark.parametrize("kind", TRANSFORMS)
def test_transformations(tmp_path: Path, kind: str):
    transform, expected = TRANSFORMS[kind]
    ome = one_level([transform])
    ome["multiscales"][0]["axes"] = axes("zyx", "millimeter")
    img = volio.load(multiscale(tmp_path, ome, {"0": np.zeros((3, 4, 5), np.uint8)}))
    np.testing.assert_allclose(img.affine, expected, atol=1e-12)


def test_version_0_6_leads_to_the_system_with_anatomical_axes(tmp_path: Path):
    words = ("superior-to-inferior", "anterior-to-posterior", "right-to-left")
    anatomical = [
        {**axis, "orientation": {"type": "anatomical", "value": value}}
        for axis, value in zip(axes("zyx", "millimeter"), words, strict=True)
    ]
    dataset = {
        "path": "0",
        "coordinateTransformations": [
            {
                "type": "scale",
                "scale": [3, 2, 1],
                "input": {"path": "0"},
                "output": {"name": "own"},
            }
        ],
    }
    ome = {
        "version": "0.6",
        "multiscales": [
            {
                "coordinateSystems": [
                    {"name": "own", "axes": axes("zyx", "millimeter")},
                    {"name": "brain", "axes": anatomical},
                ],
                "coordinateTransformations": [
                    {
                        "type": "translation",
                        "translation": [5, 6, 7],
                        "input": "own",
                        "output": "brain",
                    }
                ],
                "datasets": [dataset],
            }
        ],
    }
    img = volio.load(multiscale(tmp_path, ome, {"0": np.zeros((3, 4, 5), np.uint8)}))
    assert img.header.anatomical
    expected = np.diag([-1.0, -2, -3, 1])
    expected[:3, 3] = [-7, -6, -5]
    np.testing.assert_allclose(img.affine, expected)


@pytest.mark.parametrize(
    ("ome", "words"),
    [
        (one_level([{"type": "displacements"}]), "'displacements' is not read"),
        (one_level([{"type": "scale", "scale": [1, 1]}]), "scale: must be"),
        (one_level([{"type": "scale", "scale": [1, 0, 1]}]), "must be above 0"),
        (one_level([{"type": "scale", "scale": [1, float("nan"), 1]}]), "must be finite"),
        (one_level([{"type": "scale", "scale": [1, "a", 1]}]), "scale: must be"),
        (one_level([{"type": "scale", "scale": 2}]), "scale: must be a list"),
        (one_level(["scale"]), "must be mappings"),
        (one_level([], datasets=[]), "must have 1 to 32 levels"),
        (one_level([], datasets=[{"path": "0"}] * 33), "must have 1 to 32 levels"),
        (one_level([], datasets=[{"path": "9"}]), "9: there is no array of level 0"),
        (one_level([], datasets=[{"path": 5}]), "path: must be text"),
        (one_level([], names="zyxc"), "must have 4 axes, got 3"),
        (one_level([], names="xyx"), "each once"),
        ({"multiscales": [5]}, "must be mappings"),
        ({"multiscales": {}}, "multiscales: must be a list"),
    ],
)
def test_multiscales_that_make_no_sense(tmp_path: Path, ome: dict, words: str):
    path = multiscale(tmp_path, ome, {"0": np.zeros((3, 4, 5), np.uint8)})
    with pytest.raises(HeaderDataError, match=words):
        volio.load(path)


def test_paths_of_levels_do_not_lead_out(tmp_path: Path):
    (tmp_path / "other").mkdir()
    written(tmp_path / "other", chunks=CHUNKS)
    ome = one_level([], datasets=[{"path": "../other/a.zarr"}])
    path = multiscale(tmp_path, ome, {"0": ARRAY})
    with pytest.raises(ImageFileError, match="is not a key inside it"):
        volio.load(path)


def test_levels_that_are_larger_than_the_one_before(tmp_path: Path):
    ome = one_level([], datasets=[{"path": "0"}, {"path": "1"}])
    arrays = {"0": np.zeros((2, 2, 2), np.uint8), "1": np.zeros((2, 2, 3), np.uint8)}
    img = volio.load(multiscale(tmp_path, ome, arrays))
    with pytest.raises(HeaderDataError, match=r"level 1 of shape .* is larger"):
        img.levels  # noqa: B018


# Which array.


def test_an_array_that_names_its_axes_or_not(tmp_path: Path):
    path = written(tmp_path, chunks=CHUNKS)
    img = volio.load(path)
    assert img.affine is None
    assert img.header.axes == ("x", "y", "z")
    np.testing.assert_array_equal(img.dataobj, ARRAY.T)
    named = volio.load(path, axes="YCX")
    np.testing.assert_array_equal(np.asarray(named.dataobj)[:, :, 0, 0], ARRAY.transpose(2, 0, 1))
    for wrong in ("ZYXX", "ZY", "ZZX", "Z1X"):
        with pytest.raises(UsageError, match="axes: must be 3 different letters"):
            volio.load(path, axes=wrong)
    shutil.rmtree(path)
    path = written(tmp_path, chunks=CHUNKS, dimension_names=["x", "y", "z"])
    np.testing.assert_array_equal(volio.load(path).dataobj, ARRAY)


def test_the_only_array_of_nested_groups_is_found_and_several_are_listed(tmp_path: Path):
    path = tmp_path / "a.zarr"
    group = zarr.open_group(path, mode="w")
    deep = group.create_group("one").create_group("two")
    deep.create_array("data", shape=ARRAY.shape, dtype=ARRAY.dtype)[...] = ARRAY
    np.testing.assert_array_equal(volio.load(path).dataobj, ARRAY.T)
    group.create_array("more", shape=(2, 3), dtype="i2")
    with pytest.raises(ImageFileError, match="has several arrays: more, one/two/data; path="):
        volio.load(path)
    assert volio.load(path, path="more").shape == (3, 2, 1)
    with pytest.raises(ImageFileError, match="no/such: there is no group or array"):
        volio.load(path, path="no/such")


def test_folders_of_bioformats2raw_and_plates(tmp_path: Path):
    inner = one_level([{"type": "scale", "scale": [1, 1, 1]}])
    path = multiscale(tmp_path, inner, {"0": ARRAY})
    shutil.move(path, tmp_path / "inner")
    root = zarr.open_group(path, mode="w")
    root.attrs["ome"] = {"bioformats2raw.layout": 3}
    shutil.move(tmp_path / "inner", path / "0")
    np.testing.assert_array_equal(volio.load(path).dataobj, ARRAY.T)
    root.attrs["ome"] = {"plate": {"wells": [{"path": "A/1"}, {"path": "B/2"}]}}
    with pytest.raises(ImageFileError, match=r"is a plate of 2 wells .*A/1, B/2.*path= names"):
        volio.load(path)
    empty = zarr.open_group(tmp_path / "empty.zarr", mode="w")
    assert empty is not None
    with pytest.raises(ImageFileError, match="without an image"):
        volio.load(tmp_path / "empty.zarr")


def test_a_zip_file_may_hold_the_folder_itself(tmp_path: Path):
    written(tmp_path, chunks=CHUNKS)
    packed = shutil.make_archive(str(tmp_path / "b"), "zip", tmp_path, "a.zarr")
    img = volio.load(packed)
    np.testing.assert_array_equal(img.dataobj, ARRAY.T)
    assert volio.identify(packed).name == "zarr"


# Elsewhere, and by the commands.


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
    with serving() as server:
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


def test_commands_take_folders(tmp_path: Path, capsys: pytest.CaptureFixture):
    path = written(tmp_path, chunks=CHUNKS)
    assert main(["ls", str(tmp_path)]) == 0
    assert "a.zarr  int16  9x10x13" in capsys.readouterr().out
    assert main(["view", str(path), "--png", str(tmp_path / "a.png")]) == 0
    assert (tmp_path / "a.png").stat().st_size > 1000


def test_pickles_are_small_and_hold_no_chunks(tmp_path: Path):
    path = written(tmp_path, chunks=CHUNKS)
    dataobj = volio.load(path).dataobj
    chunk_cache().clear()
    assert len(pickle.dumps(dataobj)) < 2000
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(dataobj)), ARRAY.T)


def test_any_changed_byte_of_a_document_gives_an_image_or_an_error(tmp_path: Path):
    ome = one_level([{"type": "scale", "scale": [1, 2, 3]}])
    path = multiscale(tmp_path, ome, {"0": ARRAY}, version=3)
    outcomes = set()
    for document in (path / "zarr.json", path / "0" / "zarr.json"):
        data = document.read_bytes()
        for position in RNG.integers(0, len(data), 60):
            changed = bytearray(data)
            changed[position] = RNG.integers(32, 127)
            document.write_bytes(changed)
            try:
                img = volio.load(path)
                np.asarray(img.dataobj[:2])
                outcomes.add("image")
            except VolioError:
                outcomes.add("error")
        document.write_bytes(data)
    assert outcomes == {"image", "error"}


@pytest.mark.parametrize("name", ["a.ome.zarr", "a.nii.zarr"])
def test_a_scale_of_0_is_refused(tmp_path: Path, name: str):
    where = tmp_path / name
    volio.save(volio.Nifti1Image(np.zeros((2, 3, 4), np.int16), np.eye(4)), where)
    document = json.loads((where / "zarr.json").read_text())
    (scale, *_) = document["attributes"]["ome"]["multiscales"][0]["datasets"][0][
        "coordinateTransformations"
    ]
    scale["scale"][0] = 0
    (where / "zarr.json").write_text(json.dumps(document))
    with pytest.raises(HeaderDataError, match=r"span no volume|scale"):
        volio.load(where)
