"""Zarr and OME-Zarr that other programs write: codecs, shards, dtypes, axes, transformations."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import volio
from volio.errors import (
    CorruptFileError,
    HeaderDataError,
    ImageFileError,
    UsageError,
)
from volio.files.codecs.zstd_writer import zstd_library
from volio.formats.containers.chunk_codecs import BYTES_CODECS
from volio.formats.containers.crc32c import _slowly, crc32c
from volio.tests.formats.zarr_files import (
    ARRAY,
    CHUNKS,
    V3_CASES,
    axes,
    multiscale,
    one_level,
    values,
    written,
)
from volio.tests.requirements import optional

numcodecs = optional("numcodecs")
zarr = optional("zarr")


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


def test_frames_of_zstd_state_their_size():
    # Readers that ask for it, as numcodecs before 0.16, refuse others.
    frame = BYTES_CODECS["zstd"].encode(bytes(5000), {"level": 3})
    assert zstd_library().get_frame_info(frame).decompressed_size == 5000


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
    "byDimension": (
        {
            "type": "byDimension",
            "transformations": [
                {
                    "inputAxes": [0, 2],
                    "outputAxes": [2, 0],
                    "transformation": {"type": "affine", "affine": [[4, 1, 30], [0, 2, 10]]},
                },
                {  # as drafts spell it
                    "input_axes": [1],
                    "output_axes": [1],
                    "transformation": {"type": "scale", "scale": [3]},
                },
            ],
        },
        # x = 4 z + x + 30, y = 3 y, z = 2 x + 10
        [[1, 0, 4, 30], [0, 3, 0, 0], [2, 0, 0, 10], [0, 0, 0, 1]],
    ),
}


def by_dimension(*pairs: tuple) -> list:
    """A transformation of the axes before a number to those after it."""
    items = [
        {"inputAxes": before, "outputAxes": after, "transformation": {"type": "identity"}}
        for before, after in pairs
    ]
    return [{"type": "byDimension", "transformations": items}]


@pytest.mark.parametrize(
    ("transforms", "words"),
    [
        (by_dimension(([0, 1], [0, 1])), r"each of 3 axes must come out once, got \[0, 1\]"),
        (by_dimension(([0, 1, 2], [0, 1, 1])), "each of 3 axes must come out once"),
        (by_dimension(([0, 1, 2], [0, 1])), "3 axes become 2"),
        (by_dimension(([0, 1, 3], [0, 1, 2])), "inputAxes: must be numbers of axes"),
        (by_dimension((["z", "y", "x"], [0, 1, 2])), "inputAxes: must be numbers of axes"),
        (by_dimension(([0, 1, 2], [0, 1, -1])), "outputAxes: must be numbers of axes"),
        ([{"type": "byDimension", "transformations": ["scale"]}], "must be mappings"),
    ],
)
def test_axes_that_are_not_those_of_the_image(tmp_path: Path, transforms: list, words: str):
    path = multiscale(tmp_path, one_level(transforms), {"0": np.zeros((3, 4, 5), np.uint8)})
    with pytest.raises(HeaderDataError, match=words):
        volio.load(path)


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
