"""MINC2: HDF5 files, chunks, attributes, and what nibabel and h5py make of the files."""

from __future__ import annotations

import errno
import io
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nibabel
import numpy as np
import pytest
from nibabel.minc2 import Minc2File as Theirs
from nibabel.minc2 import Minc2Image as TheirImage

import volio
from volio.arrays.chunk_cache import chunk_cache
from volio.errors import (
    CorruptFileError,
    HeaderDataError,
    LimitError,
    MissingPackageError,
    PrecisionWarning,
    SourceChangedError,
    VolioError,
)
from volio.files.filemap import FileHolder
from volio.files.sources.source import BytesSource
from volio.formats.containers.hdf5 import writing
from volio.formats.minc.minc1 import Minc1Image, MincError
from volio.formats.minc.minc2 import Minc2Image
from volio.space.affines import from_matvec
from volio.space.eulerangles import euler2mat
from volio.testing.faults import CountingSource
from volio.testing.samples import FOLDER
from volio.tests.requirements import optional

h5py = optional("h5py")
WHEEL = Path(nibabel.__file__).parent / "tests" / "data"
SAMPLE = FOLDER / "minc2" / "slices.mnc"
OBLIQUE = from_matvec(euler2mat(0.1, 0.2, 0.3) @ np.diag([-2, 3, 4]), [10, -20, 30])
FILES = ["small", "minc2_1_scale", "minc2_4d", "minc2-4d-d", "minc2-no-att"]


def changed(change, path: Path = SAMPLE) -> bytes:
    """A sample after a change that h5py makes."""
    stream = io.BytesIO(path.read_bytes())
    with h5py.File(stream, "r+") as file:
        change(file["minc-2.0"])
    return stream.getvalue()


def in_order_of_axes(data: np.ndarray) -> np.ndarray:
    """nibabel's voxels with time as the last axis, as volio has it."""
    return np.moveaxis(data, 0, 3) if data.ndim == 4 else data


@pytest.mark.parametrize("name", FILES)
def test_reads_what_nibabel_reads(name):
    ours, theirs = (cls.from_filename(WHEEL / f"{name}.mnc") for cls in (Minc2Image, TheirImage))
    expected = in_order_of_axes(np.asanyarray(theirs.dataobj))
    np.testing.assert_array_equal(np.asanyarray(ours.dataobj), expected)
    np.testing.assert_array_equal(ours.affine, theirs.affine)
    for index in (np.s_[2], np.s_[..., 3:1:-1], np.s_[:, 4, ::3]):
        np.testing.assert_array_equal(ours.dataobj[index], expected[index])
    again = volio.load(ours.to_bytes())
    np.testing.assert_array_equal(np.asanyarray(again.dataobj), expected)
    assert ours.to_bytes() == ours.to_bytes()


def test_a_scan_with_a_narrow_range(shared_data, tmp_path):
    path = shared_data / "minc" / "mincex_diff-FA.mnc"
    ours, theirs = volio.load(path), nibabel.load(path)
    np.testing.assert_array_equal(ours.get_fdata(), theirs.get_fdata())
    np.testing.assert_array_equal(ours.affine, theirs.affine)
    ours.to_filename(tmp_path / "new.mnc")
    with h5py.File(path) as before, h5py.File(tmp_path / "new.mnc") as after:
        for name in ("image", "image-min", "image-max"):
            one, other = (file[f"minc-2.0/image/0/{name}"] for file in (before, after))
            np.testing.assert_array_equal(one[()], other[()])
        assert after["minc-2.0"].attrs["history"] == before["minc-2.0"].attrs["history"]


@pytest.mark.parametrize("shape", [(3, 4, 5), (40, 35, 3, 2), (2, 3, 1, 4, 3)])
@pytest.mark.parametrize("dtype", ["u1", "i2", "u4", "f4", "f8"])
def test_nibabel_and_h5py_read_what_is_written(tmp_path, shape, dtype):
    data = (np.arange(np.prod(shape)).reshape(shape) % 100).astype(dtype)
    Minc2Image(data, OBLIQUE).to_filename(tmp_path / "new.mnc")
    again = volio.load(tmp_path / "new.mnc")
    np.testing.assert_array_equal(np.asanyarray(again.dataobj), data)
    np.testing.assert_allclose(again.affine, OBLIQUE, atol=1e-12)
    moved = np.moveaxis(data, 3, 0) if len(shape) > 3 else data
    with h5py.File(tmp_path / "new.mnc") as file:
        node = file["minc-2.0/image/0/image"]
        np.testing.assert_array_equal(node[()], moved)
        assert node.compression == "gzip"
        low, high = node.attrs["valid_range"]
        if np.dtype(dtype).kind == "f":  # other programs find that floats mean themselves
            ends = [file[f"minc-2.0/image/0/image-{end}"][()] for end in ("min", "max")]
            assert [low, high] == ends == [data.min(), data.max()]
    if len(shape) < 5:  # nibabel has no vectors
        theirs = nibabel.load(tmp_path / "new.mnc")
        np.testing.assert_allclose(in_order_of_axes(theirs.get_fdata()), data)
        np.testing.assert_allclose(theirs.affine, OBLIQUE, atol=1e-12)


def test_a_slice_reads_the_chunks_that_it_needs():
    data = np.random.default_rng(1).integers(0, 250, (96, 96, 96)).astype(np.uint8)
    source = CountingSource(BytesSource(Minc2Image(data, OBLIQUE).to_bytes()))
    img = Minc2Image.from_file_map({"image": FileHolder(fileobj=source)})
    opened = source.count
    assert opened < 16_384
    for index in (np.s_[50], np.s_[:, 50], np.s_[..., 50]):
        chunk_cache().clear()
        before = source.count
        np.testing.assert_array_equal(img.dataobj[index], data[index])
        # One layer of chunks of three; such noise is not compressed by much.
        assert 0.3 * data.nbytes < source.count - before < 0.4 * data.nbytes
    before = source.count
    assert img.dataobj[3, 3, 3] == data[3, 3, 3]
    assert 32**3 < source.count - before < 2 * 32**3
    before = source.count
    np.testing.assert_array_equal(img.dataobj[:8, 1:20, 30], data[:8, 1:20, 30])
    assert source.count == before, "the chunk is still in memory"
    assert source.opened == source.closed


def test_chunks_of_a_file_that_has_changed_are_not_taken_from_memory(tmp_path):
    data = np.arange(60, dtype=np.int16).reshape(3, 4, 5)
    path = tmp_path / "a.mnc"
    Minc2Image(data, OBLIQUE).to_filename(path)
    img = volio.load(path)
    np.testing.assert_array_equal(img.dataobj[1], data[1])
    Minc2Image(data + 7, OBLIQUE).to_filename(path)
    with pytest.raises(SourceChangedError, match="has changed since"):
        img.dataobj[1]
    np.testing.assert_array_equal(volio.load(path).dataobj[1], data[1] + 7)


def test_contiguous_voxels_read_no_more_than_asked():
    data = np.random.default_rng(1).integers(0, 250, (64, 64, 64)).astype(np.uint8)
    stream = io.BytesIO(Minc2Image(data, OBLIQUE).to_bytes())
    with h5py.File(stream, "r+") as file:
        group = file["minc-2.0/image/0"]
        attributes = dict(group["image"].attrs)
        del group["image"]
        group.create_dataset("image", data=data).attrs.update(attributes)
    source = CountingSource(BytesSource(stream.getvalue()))
    img = Minc2Image.from_file_map({"image": FileHolder(fileobj=source)})
    before = source.count
    np.testing.assert_array_equal(img.dataobj[7], data[7])
    assert source.count - before == 64 * 64


def test_saves_of_one_image_on_several_threads_compress_as_each_was_asked(tmp_path):
    img = Minc2Image(np.arange(60000, dtype=np.int16).reshape(30, 40, 50) % 99, np.eye(4))
    levels = (0, 9, 0, 9)
    alone = {level: len(img.to_bytes(compression=level)) for level in set(levels)}
    assert alone[0] > 2 * alone[9]

    def save(number: int) -> None:
        for turn in range(5):
            path = tmp_path / f"{number}-{turn}.mnc"
            img.to_file_map(img.filespec_to_file_map(path), compression=levels[number])

    with ThreadPoolExecutor(len(levels)) as pool:
        list(pool.map(save, range(len(levels))))
    for number, level in enumerate(levels):
        for path in tmp_path.glob(f"{number}-*.mnc"):
            assert path.stat().st_size == pytest.approx(alone[level], rel=0.2)


def test_levels_of_compression():
    data = np.zeros((40, 40, 40), np.float32)
    data[5] = 1
    img = Minc2Image(data, OBLIQUE)
    sizes = {level: len(img.to_bytes(compression=level)) for level in (0, "fast", "small")}
    assert sizes["small"] <= sizes["fast"] < sizes[0] / 10


def test_attributes_groups_and_long_text_survive():
    def change(root):
        root["info/patient"].attrs["notes"] = np.bytes_(b"")
        root["info"].create_dataset("deep/inside", data=np.arange(3.0)).attrs["units"] = "ml"
        root.attrs.create("history", "many>>> lines\n" * 9000, dtype=h5py.string_dtype())
        root["dimensions"].create_dataset("time", data=np.arange(4.0))

    img = volio.load(changed(change))
    new = Minc2Image(img.get_fdata() * 2, img.affine, img.header).to_bytes()
    with h5py.File(io.BytesIO(new)) as file:
        root = file["minc-2.0"]
        history = root.attrs["history"]
        assert (history if isinstance(history, bytes) else history.encode()).startswith(b"many")
        assert len(history) == 14 * 9000
        np.testing.assert_array_equal(root.attrs["lab_number"], [17, 4])
        assert root["info/patient"].attrs["full_name"] == b"someone"
        assert root["info/patient"].attrs["age"] == 41.5
        np.testing.assert_array_equal(root["info/deep/inside"][()], np.arange(3))
        assert root["info/deep/inside"].attrs["units"] == b"ml"
        assert root["dimensions/zspace"].attrs["length"] == 3
        assert root["dimensions/zspace"].attrs["step"].shape == ()
        assert root["image/0/image"].attrs["dimorder"] == b"zspace,yspace,xspace"


def test_to_minc1_and_back_loses_nothing():
    img = volio.load(SAMPLE)
    minc1 = Minc1Image.from_bytes(Minc1Image.from_image(img).to_bytes())
    np.testing.assert_array_equal(minc1.get_fdata(), img.get_fdata())
    assert minc1.header.get_slope_inter()[0].shape == (3, 1, 1)
    back = volio.load(Minc2Image.from_image(minc1).to_bytes())
    np.testing.assert_array_equal(back.get_fdata(), img.get_fdata())
    assert back.header.metadata() == img.header.metadata()
    for sample in ("series", "vectors"):
        one = Minc2Image.from_image(volio.load(FOLDER / "minc1" / f"{sample}.mnc"))
        other = volio.load(FOLDER / "minc2" / f"{sample}.mnc")
        np.testing.assert_array_equal(np.asanyarray(one.dataobj), np.asanyarray(other.dataobj))
        np.testing.assert_allclose(one.affine, other.affine)


def test_ranges_of_slices_are_planned_and_found_again():
    sizes = np.array([1, 100, 10000])[:, None, None]
    data = np.random.default_rng(3).normal(size=(3, 4, 5)) * sizes
    with pytest.warns(PrecisionWarning, match="each slice"):
        raw = Minc2Image(data, OBLIQUE).to_bytes(dtype=np.int16)
    img = volio.load(raw)
    error = np.abs(img.get_fdata() - data).max(axis=(1, 2))
    assert (error <= np.ptp(data, axis=(1, 2)) / 65535).all()
    again = volio.load(img.slicer[::-1, 1:].to_bytes())
    np.testing.assert_array_equal(again.get_fdata(), img.get_fdata()[::-1, 1:])


@pytest.mark.parametrize("shape", [(1 << 15, 1 << 16, 0), (0, 1 << 15, 1 << 16), (0, 3, 4)])
def test_images_without_voxels_return_whatever_their_planes_would_take(tmp_path, shape):
    img = Minc2Image(np.zeros(shape, np.int16), np.eye(4))
    img.to_filename(tmp_path / "a.mnc")
    loaded = volio.load(tmp_path / "a.mnc")
    assert loaded.shape == shape
    assert loaded.get_fdata().shape == shape


def test_irregular_spacing_is_an_error_that_says_so():
    def change(root):
        root["dimensions/yspace"].attrs["spacing"] = np.bytes_(b"irregular")

    with pytest.raises(MincError, match="yspace: its spacing is irregular"):
        volio.load(changed(change))


def test_hdf5_of_other_kinds_is_told():
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        file["data"] = [1, 2]
    with pytest.raises(MincError, match="HDF5 file of another kind"):
        volio.load(stream.getvalue(), format="minc2")


def test_without_h5py_the_extra_is_named(monkeypatch, tmp_path):
    data = SAMPLE.read_bytes()
    monkeypatch.setitem(sys.modules, "h5py", None)
    assert volio.identify(data).name == "minc2"
    with pytest.raises(MissingPackageError, match=r"volio\[minc2\]"):
        volio.load(data)
    with pytest.raises(MissingPackageError, match=r"volio\[minc2\]"):
        Minc2Image(np.zeros((2, 2, 2), "f4"), OBLIQUE).to_filename(tmp_path / "a.mnc")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda root: root["image/0"].__delitem__("image"), "no such voxels"),
        (lambda root: root["image/0/image"].attrs.__delitem__("dimorder"), "dimorder"),
        (lambda root: root["image/0/image"].attrs.modify("dimorder", np.bytes_(b"a,b,c")), "once"),
        (lambda root: root["dimensions/xspace"].attrs.modify("step", np.inf), "finite"),
    ],
)
def test_nonsense_is_named(change, words):
    with pytest.raises(VolioError, match=words):
        volio.load(changed(change))


def test_chunks_that_are_not_there_take_no_memory():
    def change(root):
        attributes = dict(root["image/0/image"].attrs)
        del root["image/0/image"], root["image/0/image-min"], root["image/0/image-max"]
        node = root["image/0"].create_dataset("image", (20000, 20000, 20000), "i2", chunks=True)
        node.attrs.update(attributes)

    with pytest.raises(LimitError, match="needs 16000000000000 bytes, the file has 0 for it"):
        volio.load(changed(change))


def test_filters_that_are_not_there_are_named():
    def change(root):
        before = root["image/0/image"]
        attributes = dict(before.attrs)
        values = before[()]
        del root["image/0/image"]
        node = root.create_dataset("image/0/image", data=values, chunks=True, compression="lzf")
        node.attrs.update(attributes)

    data = changed(change)
    at = data.index(b"lzf\0") - 8  # code, length of the name, flags, number of values, name
    assert data[at : at + 2] == (32000).to_bytes(2, "little")
    data = data[:at] + (32123).to_bytes(2, "little") + data[at + 2 :]
    with pytest.raises(HeaderDataError, match=r"image: .*the filter 32123 of HDF5 \(lzf\)"):
        volio.load(data)


LED_ASTRAY = """
import sys
import volio
try:
    volio.load(sys.argv[1])
except volio.errors.CorruptFileError as error:
    print(error)
"""


def test_addresses_beyond_the_file_are_errors(tmp_path):
    content = bytearray(SAMPLE.read_bytes())
    content[49:51] = bytes(2)  # of an address that was none: now it lies far beyond the end
    path = tmp_path / "astray.mnc"
    path.write_bytes(content)
    words = [sys.executable, "-c", LED_ASTRAY, str(path)]
    ended = subprocess.run(words, capture_output=True, text=True)
    assert (ended.returncode, ended.stderr) == (0, "")  # HDF5 may crash when the process ends
    assert "HDF5 cannot read it" in ended.stdout


def test_damage_is_named(tmp_path):
    (tmp_path / "short.mnc").write_bytes(SAMPLE.read_bytes()[:3000])
    with pytest.raises(CorruptFileError, match=r"short\.mnc: HDF5 cannot read it"):
        volio.load(tmp_path / "short.mnc")


@pytest.mark.parametrize("name", ["small", "minc2_4d"])
def test_nibabels_class_of_the_file_is_served(name):
    from volio.compat.nibabel.minc2 import Hdf5Bunch, Minc2File

    path = WHEEL / f"{name}.mnc"
    with h5py.File(path) as file:
        ours, theirs = Minc2File(file), Theirs(file)
        assert ours.get_data_shape() == theirs.get_data_shape()
        assert ours.get_data_dtype() == theirs.get_data_dtype()
        assert ours.get_zooms() == theirs.get_zooms()
        np.testing.assert_array_equal(ours.get_affine(), theirs.get_affine())
        for index in ((), np.s_[1], np.s_[..., 2:5]):
            found = ours.get_scaled_data(index)
            np.testing.assert_array_equal(found, theirs.get_scaled_data(index))
        assert Hdf5Bunch(file["minc-2.0/dimensions/xspace"]).spacing == b"regular__"


def test_errors_of_the_temporary_file_are_kept(tmp_path, monkeypatch):
    """HDF5 crashes where an error comes out of its file: it is raised once HDF5 has ended."""
    img = volio.Minc2Image(np.arange(60, dtype=np.int16).reshape(3, 4, 5), np.eye(4))
    img.to_filename(tmp_path / "a.mnc")
    before = (tmp_path / "a.mnc").read_bytes()

    class FullDisk(io.BytesIO):
        def write(self, data):
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(writing, "TemporaryFile", lambda dir: FullDisk())
    with pytest.raises(OSError, match="No space left"):
        img.to_filename(tmp_path / "a.mnc")
    assert (tmp_path / "a.mnc").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["a.mnc"]
