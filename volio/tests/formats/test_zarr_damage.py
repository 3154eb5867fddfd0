"""Zarr: damaged chunks and shards, documents that make no sense."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import volio
from volio.errors import (
    CorruptFileError,
    HeaderDataError,
    ImageFileError,
    LimitError,
    VolioError,
)
from volio.formats.containers.chunk_codecs import BYTES_CODECS
from volio.formats.containers.crc32c import crc32c
from volio.tests.formats.zarr_files import (
    ARRAY,
    CHUNKS,
    V3_CASES,
    multiscale,
    one_level,
    values,
    written,
)
from volio.tests.requirements import optional

zarr = optional("zarr")


def change(path: Path, **fields: Any) -> None:
    """Change fields of a document, where ... takes one away."""
    document = json.loads(path.read_text())
    document.update(fields)
    path.write_text(json.dumps({key: value for key, value in document.items() if value is not ...}))


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
        ('{"a": ' * 100_000, LimitError, "has more than 64 levels"),
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


def test_any_changed_byte_of_a_document_gives_an_image_or_an_error(tmp_path: Path):
    ome = one_level([{"type": "scale", "scale": [1, 2, 3]}])
    path = multiscale(tmp_path, ome, {"0": ARRAY}, version=3)
    rng = np.random.default_rng(5)
    outcomes = set()
    for document in (path / "zarr.json", path / "0" / "zarr.json"):
        data = document.read_bytes()
        for position in rng.integers(0, len(data), 60):
            changed = bytearray(data)
            changed[position] = rng.integers(32, 127)
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
