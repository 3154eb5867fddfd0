"""HDF5 that volio writes: what h5py finds in it, and what comes back."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import volio
from volio.arrays.saving.slab_stream import array_stream
from volio.cli import main
from volio.errors import HeaderDataError, MissingPackageError, SaveError, UsageError
from volio.tests.formats.hdf5_files import VOLUME, h5py, imaris, rng

OBLIQUE = np.array([[-2, 0.2, 0, 30], [0.1, 2.5, 0, -40], [0, 0, 3, 12], [0, 0, 0, 1]])


def save(path: Path, array: np.ndarray, affine: np.ndarray = OBLIQUE, **options) -> Path:
    volio.save(volio.Nifti1Image(array, affine), path, **options)
    return path


def test_what_h5py_finds(tmp_path: Path):
    array = rng.integers(-9, 900, (70, 6, 5)).astype(np.int16)
    path = save(tmp_path / "a.h5", array, np.diag([0.5, 1, 2, 1]))
    with h5py.File(path) as file:
        assert list(file) == ["data"]
        node = file["data"]
        np.testing.assert_array_equal(node[()], array.T)
        assert (node.dtype, node.chunks, node.compression) == (np.int16, (5, 6, 64), "gzip")
        np.testing.assert_array_equal(node.attrs["element_size_um"], [2000, 1000, 500])
        assert [dim.label for dim in node.dims] == ["z", "y", "x"]
        tags = json.loads(node.attrs["axistags"])["axes"]
        assert [tag["key"] for tag in tags] == ["z", "y", "x"]
        assert [tag["resolution"] for tag in tags] == [2, 1, 0.5]
        assert [tag["description"] for tag in tags] == ["millimeter"] * 3


def test_times_and_channels(tmp_path: Path):
    array = rng.integers(0, 900, (4, 5, 6, 3, 2)).astype(np.uint16)
    img = volio.Nifti1Image(array, OBLIQUE)
    img.header.set_xyzt_units("mm", "sec")
    img.header.set_zooms((*img.header.get_zooms()[:3], 2.5, 1))
    volio.save(img, tmp_path / "a.h5")
    with h5py.File(tmp_path / "a.h5") as file:
        node = file["data"]
        np.testing.assert_array_equal(node[()], array.transpose(3, 4, 2, 1, 0))
        tags = json.loads(node.attrs["axistags"])["axes"]
        assert [(tag["key"], tag["typeFlags"]) for tag in tags] == [
            ("t", 8),
            ("c", 1),
            ("z", 2),
            ("y", 2),
            ("x", 2),
        ]
        assert (tags[0]["resolution"], tags[0]["description"]) == (2.5, "second")
    again = volio.load(tmp_path / "a.h5")
    np.testing.assert_array_equal(again.dataobj, array)
    assert again.header.time_step == 2.5
    np.testing.assert_allclose(again.affine, img.affine)
    assert again.header.anatomical
    alone = save(tmp_path / "c.h5", array[:, :, :, :1])
    assert volio.load(alone).header.file_axes == ("c", "z", "y", "x")
    np.testing.assert_array_equal(volio.load(alone).dataobj, array[:, :, :, :1])


@pytest.mark.parametrize("dtype", ["u1", "i8", "u8", "f2", "f4", "f8", "c8", "c16"])
def test_dtypes(tmp_path: Path, dtype: str):
    array = (VOLUME.T % 251).astype(dtype)
    volio.Hdf5Image(array, OBLIQUE).to_filename(tmp_path / "a.h5", dtype=dtype)
    with h5py.File(tmp_path / "a.h5") as file:
        assert file["data"].dtype == np.dtype(dtype)
        np.testing.assert_array_equal(file["data"][()], array.T)
    again = volio.load(tmp_path / "a.h5")
    np.testing.assert_array_equal(again.dataobj, array)
    assert again.get_data_dtype() == np.dtype(dtype)


@pytest.mark.parametrize("shape", [(3,), (3, 4), (3, 4, 0), (1, 1, 1), (2, 3, 4, 1, 1)])
def test_shapes(tmp_path: Path, shape: tuple[int, ...]):
    array = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    volio.Hdf5Image(array, np.eye(4)).to_filename(tmp_path / "a.h5")
    found = np.asarray(volio.load(tmp_path / "a.h5").dataobj)
    np.testing.assert_array_equal(found.reshape(shape), array)


def test_more_axes_than_fit(tmp_path: Path):
    img = volio.Hdf5Image(np.zeros((2, 2, 2, 2, 2, 2), np.uint8), np.eye(4))
    with pytest.raises(SaveError, match=r"at most 5 axes \(x, y, z, t, c\) fit"):
        img.to_filename(tmp_path / "a.h5")
    assert list(tmp_path.iterdir()) == []


def test_compression(tmp_path: Path):
    smooth = np.arange(64**3, dtype=np.int32).reshape(64, 64, 64) // 7
    sizes = []
    for level in (0, "fast", "small"):
        path = save(tmp_path / "a.h5", smooth, compression=level)
        sizes.append(path.stat().st_size)
        np.testing.assert_array_equal(volio.load(path).dataobj, smooth)
    assert sizes[0] > sizes[1] > sizes[2]
    with pytest.raises(UsageError, match="compression"):
        save(tmp_path / "a.h5", smooth, compression=10)


def test_labels_and_channels_come_back(tmp_path: Path):
    img = volio.Nifti1Image(VOLUME.T.astype(np.int32), np.eye(4))
    img.header.set_intent("label")
    volio.save(img, tmp_path / "a.h5")
    again = volio.load(tmp_path / "a.h5")
    assert [intent.name for intent in again.header.metadata().intents] == ["label"]
    many = rng.integers(0, 99, (1, 3, 5, 6, 7)).astype(np.uint16)
    cells = volio.load(imaris(tmp_path / "a.ims", many))
    volio.save(cells, tmp_path / "b.h5")
    again = volio.load(tmp_path / "b.h5")
    assert again.header.channel_names == ("stain 0", "stain 1", "stain 2")
    assert again.header.channel_colors == cells.header.channel_colors
    assert again.header.windows == cells.header.windows
    assert not again.header.anatomical
    np.testing.assert_allclose(again.affine, cells.affine)


def test_letters_of_the_user_leave_the_affine_out(tmp_path: Path):
    path = save(tmp_path / "a.h5", VOLUME.T.astype(np.int32))
    img = volio.load(path, axes="XYZ")
    np.testing.assert_array_equal(img.dataobj, VOLUME)
    assert not img.header.anatomical
    np.testing.assert_allclose(
        np.diag(img.affine)[:3], np.linalg.norm(OBLIQUE[:3, :3], axis=0)[::-1]
    )


def test_an_image_is_saved_over_its_own_file(tmp_path: Path):
    path = save(tmp_path / "a.h5", VOLUME.T.astype(np.int32))
    img = volio.load(path)
    volio.save(img, path, "float32")
    np.testing.assert_array_equal(img.dataobj, VOLUME.T)
    assert img.levels[0] is img
    again = volio.load(path)
    np.testing.assert_array_equal(again.dataobj, VOLUME.T)
    assert again.get_data_dtype() == np.float32
    assert [each.name for each in tmp_path.iterdir()] == ["a.h5"]


class Recorder:
    """A data set that notes which slabs it gets."""

    def __init__(self, shape: tuple[int, ...], chunks: tuple[int, ...] | None) -> None:
        self.shape, self.chunks, self.dtype = shape, chunks, np.dtype("u2")
        self.values = np.zeros(shape, "u2")
        self.keys: list = []

    def __setitem__(self, key, values) -> None:
        self.keys.append(key)
        self.values[key] = values


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 200), min_size=1, max_size=8), st.sampled_from([None, 1, 2, 3, 9]))
def test_slabs_are_whole_chunks_however_the_bytes_come(sizes, depth):
    shape = (2, 3, 5, 4, 3)
    array = np.arange(np.prod(shape), dtype="u2").reshape(shape)
    target = Recorder(shape, None if depth is None else (1, 1, depth, 4, 3))
    stream = array_stream(target)
    data = array.tobytes()
    at = 0
    number = 0
    while at < len(data):
        at += stream.write(data[at : at + sizes[number % len(sizes)]])
        number += 1
    np.testing.assert_array_equal(target.values, array)
    assert len(target.keys) == 6 * -(-5 // (depth or 1))


def test_a_slab_is_in_memory(tmp_path: Path):
    """A volume of 32 MB is written in slabs of 64 planes, which take 8 MB."""
    array = np.zeros((256, 256, 256), np.int16)
    array[::7, ::5, ::3] = 5
    source = tmp_path / "a.nii"
    volio.save(volio.Nifti1Image(array, np.eye(4)), source)
    del array
    tracemalloc.start()
    try:
        volio.convert(source, tmp_path / "a.h5", compression=0)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 26 << 20


def test_without_h5py_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(__import__("sys").modules, "h5py", None)
    with pytest.raises(MissingPackageError, match=r"volio\[hdf5\]"):
        save(tmp_path / "a.h5", VOLUME.astype(np.int32))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "makes no sense"),
        ("[]", "makes no sense"),
        ('{"affine": [1, 2]}', "makes no sense"),
        ('{"affine": "x"}', "makes no sense"),
        ('{"affine": [[1,0,0,0],[0,1,0,0],[0,0,1,0],[0,0,0,NaN]]}', "makes no sense"),
    ],
)
def test_an_attribute_that_makes_no_sense(tmp_path: Path, text: str, words: str):
    path = save(tmp_path / "a.h5", VOLUME.T.astype(np.int32))
    with h5py.File(path, "a") as file:
        file["data"].attrs["volio"] = text
    with pytest.raises(HeaderDataError, match=f"data: volio: {words}"):
        volio.load(path)


@pytest.mark.parametrize(
    ("name", "value"),
    [("anatomical", 5), ("labels", "yes"), ("start", "soon"), ("start", 1e40), ("channels", [5])],
)
def test_fields_of_the_attribute_that_make_no_sense(tmp_path: Path, name: str, value):
    path = save(tmp_path / "a.h5", VOLUME.T.astype(np.int32))
    with h5py.File(path, "a") as file:
        found = json.loads(file["data"].attrs["volio"])
        file["data"].attrs["volio"] = json.dumps({**found, name: value})
    with pytest.raises(HeaderDataError, match="volio: "):
        volio.load(path)


def test_commands(tmp_path: Path, capsys: pytest.CaptureFixture):
    source = save(tmp_path / "a.nii.gz", VOLUME.T.astype(np.int32), np.diag([-1, 1, 2, 1]))
    assert main(["convert", str(source), str(tmp_path / "a.h5")]) == 0
    assert main(["verify", str(tmp_path / "a.h5")]) == 0
    assert main(["ls", str(tmp_path / "a.h5")]) == 0
    assert "21x18x13" in capsys.readouterr().out
