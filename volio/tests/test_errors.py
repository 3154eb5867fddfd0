"""Wrong inputs raise the right error, and the message says what, where, and what to do."""

from __future__ import annotations

import gzip
import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import volio
from volio import errors
from volio.files.filemap import FileHolder
from volio.files.sources.source import BytesSource
from volio.testing.faults import FailingSource

Case = Callable[[Path], Any]

CASES: list[Any] = []


def raises(error: type[Exception], *words: str) -> Callable[[Case], Case]:
    """Add a function that must raise an error whose message has these words."""

    def add(function: Case) -> Case:
        CASES.append(pytest.param(function, error, words, id=function.__name__))
        return function

    return add


def image(dtype: Any = np.int16, shape: tuple[int, ...] = (3, 4, 5)) -> volio.Nifti1Image:
    """Return a small image."""
    return volio.Nifti1Image(np.arange(np.prod(shape)).reshape(shape).astype(dtype), np.eye(4))


def file_with(folder: Path, name: str, **fields: Any) -> Path:
    """Write an image whose header has wrong fields."""
    volio.save(image(), folder / name)
    data = (folder / name).read_bytes()
    header = volio.load(folder / name).header.structarr.copy()
    for field, value in fields.items():
        header[field] = value
    size = 90 if name.endswith(".mgh") else len(header.tobytes())
    (folder / name).write_bytes(header.tobytes()[:size] + data[size:])
    return folder / name


# Loading


@raises(errors.MissingFileError, "scan.nii", "no such file", "scan.nii.gz")
def missing_but_compressed(folder):
    (folder / "scan.nii.gz").touch()
    volio.load(folder / "scan.nii")


@raises(errors.MissingFileError, "scan.nii", "no folder", "nowhere")
def missing_folder(folder):
    volio.load(folder / "nowhere" / "scan.nii")


@raises(errors.MissingFileError, "scan.img", "no such file")
def half_a_pair(folder):
    volio.save(image(), folder / "scan.img")
    (folder / "scan.img").unlink()
    np.asarray(volio.load(folder / "scan.hdr").dataobj)


@raises(errors.ImageFileError, "is a folder")
def a_folder(folder):
    volio.load(folder)


@raises(errors.UnknownFormatError, "scan.nii", "68 65 6c 6c 6f", "NIfTI")
def no_image(folder):
    (folder / "scan.nii").write_bytes(b"hello, world" * 100)
    volio.load(folder / "scan.nii")


@raises(errors.UnknownFormatError, "empty")
def an_empty_file(folder):
    (folder / "scan.nii").touch()
    volio.load(folder / "scan.nii")


@raises(errors.UnknownFormatError, "first bytes")
def bytes_of_nothing(folder):
    volio.load(b"12345678" * 50)


@raises(errors.UsageError, "format", "nifti1", "'jpeg'")
def a_format_that_is_none(folder):
    volio.save(image(), folder / "scan.nii")
    volio.load(folder / "scan.nii", format="jpeg")


@raises(errors.HeaderError, "scan.nii", "version", "1")
def another_format(folder):
    volio.save(image(), folder / "scan.nii")
    volio.load(folder / "scan.nii", format="mgh")


@raises(errors.UsageError, "text", "'rb'")
def a_text_file(folder):
    volio.load(io.StringIO("text"))


@raises(errors.UsageError, "path", "int")
def no_place_at_all(folder):
    volio.load(3)


@raises(errors.ImageFileError, "pair", "from_file_map")
def bytes_of_half_a_pair(folder):
    volio.save(image(), folder / "scan.hdr")
    volio.load((folder / "scan.hdr").read_bytes())


@raises(errors.UsageError, "mmap", "'w'")
def wrong_mmap(folder):
    volio.save(image(), folder / "scan.nii")
    volio.load(folder / "scan.nii", mmap="w")


@raises(errors.TruncatedFileError, "scan.nii", "(3, 4, 5)", "472", "400")
def a_short_file(folder):
    volio.save(image(), folder / "scan.nii")
    (folder / "scan.nii").write_bytes((folder / "scan.nii").read_bytes()[:400])
    volio.load(folder / "scan.nii").get_fdata()


@raises(errors.CorruptFileError, "scan.nii.gz")
def a_wrong_checksum(folder):
    data = bytearray(gzip.compress(image().to_bytes()))
    data[-6] ^= 255
    (folder / "scan.nii.gz").write_bytes(data)
    volio.load(folder / "scan.nii.gz").get_fdata()


@raises(errors.TruncatedFileError, "scan.nii.gz")
def half_a_compressed_file(folder):
    data = gzip.compress(np.random.default_rng(0).bytes(9000))
    (folder / "scan.nii.gz").write_bytes(gzip.compress(image().to_bytes() + data)[:3000])
    np.asanyarray(volio.ArrayProxy(folder / "scan.nii.gz", ((8000,), "u1")))


@raises(errors.HeaderDataError, "scan.nii", "datatype", "1234")
def a_datatype_that_is_none(folder):
    volio.load(file_with(folder, "scan.nii", datatype=1234))


@raises(errors.HeaderDataError, "scan.nii", "dim", "9")
def nine_axes(folder):
    volio.load(file_with(folder, "scan.nii", dim=[9] * 8))


@raises(errors.HeaderDataError, "scan.mgh", "type", "7")
def a_type_that_is_none(folder):
    volio.load(file_with(folder, "scan.mgh", type=7))


@raises(errors.TruncatedFileError, "scan.nii", "30000", "the file has")
def a_huge_declaration(folder):
    path = file_with(folder, "scan.nii", dim=[3, 30000, 30000, 30000, 1, 1, 1, 1])
    np.asanyarray(volio.load(path).dataobj)


@raises(errors.LimitError, "scan.nii.gz", "30000", "at most")
def a_huge_declaration_in_gzip(folder):
    path = file_with(folder, "scan.nii", dim=[3, 30000, 30000, 30000, 1, 1, 1, 1])
    (folder / "scan.nii.gz").write_bytes(gzip.compress(path.read_bytes()))
    np.asanyarray(volio.load(folder / "scan.nii.gz").dataobj)


@raises(errors.SourceChangedError, "scan.nii", "vanished")
def a_file_that_vanished(folder):
    volio.save(image(), folder / "scan.nii")
    img = volio.load(folder / "scan.nii")
    (folder / "scan.nii").unlink()
    img.get_fdata()


# Saving


@raises(errors.FilenameError, "scan.jpg", ".jpg", ".nii", ".mgh")
def an_ending_nobody_writes(folder):
    volio.save(image(), folder / "scan.jpg")


@raises(errors.FilenameError, "scan", "no ending", ".nii")
def no_ending(folder):
    volio.save(volio.SpatialImage(image().dataobj, None), folder / "scan")


@raises(errors.FilenameError, ".mgz", "mgh", ".nii")
def a_format_with_another_ending(folder):
    volio.save(image(), folder / "scan.nii", format="mgh")


@raises(errors.MissingFileError, "scan.nii", "no folder", "nowhere")
def into_no_folder(folder):
    volio.save(image(), folder / "nowhere" / "scan.nii")


@raises(errors.ImageFileError, "scan.nii", "folder")
def over_a_folder(folder):
    (folder / "scan.nii").mkdir()
    volio.save(image(), folder / "scan.nii")


@raises(errors.HeaderDataError, "MGH", "complex64", "float32")
def complex_voxels_in_mgh(folder):
    volio.save(image(np.complex64), folder / "scan.mgz")


@raises(errors.CastingError, "complex", "real", "abs")
def complex_voxels_as_floats(folder):
    volio.save(image(np.complex64), folder / "scan.nii", dtype=np.float32)


@raises(errors.UsageError, "dtype", "'exact'", "'nonsense'")
def a_dtype_that_is_none(folder):
    volio.save(image(), folder / "scan.nii", dtype="nonsense")


@raises(errors.CastingError, "float16", "uint8")
def a_dtype_that_the_format_has_not(folder):
    volio.save(image(), folder / "scan.nii", dtype=np.float16)


@raises(errors.UsageError, "out.nii", "overwrite=True")
def a_target_that_is_there(folder):
    volio.save(image(), folder / "in.nii")
    volio.save(image(), folder / "out.nii")
    volio.convert(folder / "in.nii", folder / "out.nii", overwrite=False)


@raises(errors.FileHolderError, "filename", "fileobj")
def nowhere_to_save(folder):
    image().to_file_map()


@raises(errors.UsageError, "compression", "0 to 9")
def a_level_of_compression_that_is_none(folder):
    volio.save(image(), folder / "scan.nii.gz", compression=77)


@raises(errors.UsageError, "text", "'wb'")
def into_a_text_file(folder):
    image().to_stream(io.StringIO())


# Making


@raises(errors.HeaderDataError, "shape", "7 axes", "9")
def nine_axes_of_an_array(folder):
    volio.Nifti1Image(np.zeros((1,) * 9, np.uint8), np.eye(4))


@raises(errors.HeaderDataError, "40000", "32767", "NIfTI-2")
def a_long_axis(folder):
    volio.Nifti1Image(np.zeros((1, 40000, 1), np.uint8), np.eye(4))


@raises(errors.HeaderDataError, "object")
def an_array_of_objects(folder):
    volio.Nifti1Image(np.array([[[None]]]), np.eye(4))


@raises(errors.AffineError, "4x4", "(3, 3)")
def a_small_affine(folder):
    volio.Nifti1Image(np.zeros((2, 2, 2), np.uint8), np.eye(3))


@raises(errors.AffineError, "finite")
def an_affine_of_nan(folder):
    volio.Nifti1Image(np.zeros((2, 2, 2), np.uint8), np.full((4, 4), np.nan))


@raises(errors.HeaderTypeError, "header", "str")
def a_header_that_is_none(folder):
    volio.Nifti1Image(np.zeros((2, 2, 2), np.uint8), np.eye(4), "header")


@raises(errors.FileHolderError, "image")
def a_file_map_without_the_image(folder):
    volio.Nifti1Image.from_file_map({})


# Headers


@raises(errors.HeaderDataError, "zooms", "3", "2")
def two_zooms(folder):
    image().header.set_zooms((1, 1))


@raises(errors.HeaderDataError, "code", "'moon'", "scanner")
def a_space_that_is_none(folder):
    image().set_sform(np.eye(4), "moon")


@raises(errors.HeaderDataError, "xyzt_units", "'inch'", "mm")
def a_unit_that_is_none(folder):
    image().header.set_xyzt_units("inch")


@raises(errors.HeaderDataError, "intent", "'hope'")
def an_intent_that_is_none(folder):
    image().header.set_intent("hope")


@raises(errors.HeaderDataError, "dim_info", "5")
def an_axis_that_is_none(folder):
    image().header.set_dim_info(slice=5)


@raises(errors.HeaderDataError, "slice")
def slice_times_without_an_axis(folder):
    image().header.set_slice_times([1, 2])


# Voxels and space


@raises(errors.ImageDataError, "complex", "dtype=")
def complex_voxels_as_real_ones(folder):
    image(np.complex64).get_fdata()


@raises(errors.ImageDataError, "'R'", "fields")
def colours_as_numbers(folder):
    volio.Nifti1Image(np.zeros((2, 2, 2), [(c, "u1") for c in "RGB"]), np.eye(4)).get_fdata()


@raises(errors.IndexingError, "axis 0", "[1:2]")
def a_plane_of_an_image(folder):
    image().slicer[1]


@raises(errors.IndexingError, "7", "5")
def an_index_outside(folder):
    volio.Nifti1Image.from_bytes(image().to_bytes()).dataobj[0, 0, 7]


@raises(errors.OrientationError, "'X'")
def codes_of_no_axes(folder):
    volio.space.orientations.axcodes2ornt("XYZ")


@raises(errors.OrientationError, "(3, 2)", "(2, 2)")
def an_orientation_of_two_axes(folder):
    image().as_reoriented([[0, 1], [1, 1]])


@raises(errors.OrientationError, "once")
def an_orientation_without_an_axis(folder):
    image().as_reoriented([[0, 1], [1, 1], [1, -1]])


@raises(errors.VolioError, "shape", "(3, 4, 6)")
def a_series_of_other_shapes(folder):
    volio.concat_images([image(), image(shape=(3, 4, 6))])


@raises(errors.VolioError, "4", "3")
def volumes_of_a_volume(folder):
    volio.four_to_three(image())


@raises(errors.UsageError, "fwhm", "-3")
def a_negative_width(folder):
    volio.smooth_image(image(), -3)


@pytest.mark.parametrize(("function", "error", "words"), CASES)
def test_the_error_says_what_is_wrong(function, error, words, tmp_path):
    with pytest.raises(error, match=re.escape(words[0]) if words else "") as caught:
        function(tmp_path)
    assert isinstance(caught.value, errors.VolioError)
    for word in words:
        assert word in str(caught.value)


def test_a_refused_save_writes_nothing(tmp_path):
    for function in (an_ending_nobody_writes, complex_voxels_in_mgh, complex_voxels_as_floats):
        with pytest.raises(errors.VolioError, match=r"ending|cannot hold|was asked for"):
            function(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_failing_disk_is_an_error_wherever_it_fails():
    def read(source):
        holder = FileHolder(fileobj=source)
        return volio.Nifti1Image.from_file_map({"image": holder}).get_fdata()

    whole = FailingSource(BytesSource(image().to_bytes()), n=0)
    np.testing.assert_array_equal(read(whole), image().get_fdata())
    for n in range(1, whole.reads + 1):
        source = FailingSource(whole.base, n)
        with pytest.raises(OSError, match="Input/output error"):
            read(source)
        assert source.opened == source.closed


def test_the_tree_of_errors_is_the_one_that_is_drawn():
    words = set(errors.__doc__.split())
    assert words >= set(errors.__all__)
    for name in errors.__all__:
        base = errors.VolioWarning if name.endswith("Warning") else errors.VolioError
        assert issubclass(getattr(errors, name), base)


#: The built-in classes by which callers of other libraries catch each error, besides those of the
#: errors above it: nibabel, nilearn, numpy, h5py and Pillow raise these for the same mistakes.
BUILT_IN = {
    "ImageFileError": OSError,
    "MissingFileError": FileNotFoundError,
    "UnknownFormatError": ValueError,
    "DamagedFileError": OSError,
    "TruncatedFileError": EOFError,
    "SourceChangedError": OSError,
    "LimitError": OSError,
    "ArrayTooLargeError": MemoryError,
    "RemoteError": OSError,
    "RemoteMissingError": FileNotFoundError,
    "FilenameError": ValueError,
    "FileHolderError": ValueError,
    "HeaderDataError": ValueError,
    "CodeError": KeyError,
    "HeaderTypeError": TypeError,
    "ImageDataError": ValueError,
    "SaveError": ValueError,
    "SpaceError": ValueError,
    "UsageError": ValueError,
    "UsageTypeError": TypeError,
    "IndexingError": IndexError,
    "NotServedError": NotImplementedError,
    "MissingPackageError": ImportError,
}


def test_every_error_is_of_a_built_in_kind():
    for name in errors.__all__:
        kind = getattr(errors, name)
        if issubclass(kind, Warning) or name in ("VolioError", "HeaderError"):
            continue
        above = [each.__name__ for each in kind.__mro__ if each.__name__ in BUILT_IN]
        assert above, f"{name} is caught as VolioError alone"
        for each in above:
            assert issubclass(kind, BUILT_IN[each])
        error = kind("scan.nii: is odd")
        if isinstance(error, OSError):
            error.filename = "scan.nii"  # as code does that meets an OSError
        assert str(error) == "scan.nii: is odd"
    assert set(BUILT_IN) <= set(errors.__all__)


def test_the_table_of_errors_names_their_kinds():
    assert errors.__doc__ is not None
    for name, kind in BUILT_IN.items():
        line = next(line for line in errors.__doc__.splitlines() if f" {name} " in line)
        own = getattr(errors, name).__bases__
        assert (kind in own) == (f"(also {kind.__name__})" in line), line


RAGGED = [[1, 2, 3], [4, 5]]
TRIANGLE = ([[0, 0, 0], [1, 0, 0], [0, 1, 0]], [[0, 1, 2]])
LINE = [[1.0, 2, 3], [3, 4, 5]]


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("dataobj", lambda: volio.Nifti1Image(RAGGED, np.eye(4))),
        ("dataobj", lambda: volio.Cifti2Image(RAGGED)),
        ("affine", lambda: volio.Nifti1Image(np.zeros((2, 2, 2)), RAGGED)),
        ("vertices", lambda: volio.Surface(RAGGED, TRIANGLE[1])),
        ("faces", lambda: volio.Surface(TRIANGLE[0], RAGGED)),
        ("a", lambda: volio.Surface(*TRIANGLE, {"a": [1, [2, 3], 4]})),
        ("a", lambda: volio.Surface(*TRIANGLE).data.__setitem__("a", [1, [2, 3], 4])),
        ("points", lambda: volio.Tractogram(RAGGED)),
        ("lengths", lambda: volio.Tractogram(LINE, RAGGED)),
        ("a", lambda: volio.Tractogram(LINE, [2], per_point={"a": [[1], [2, 3]]})),
        ("a", lambda: volio.Tractogram(LINE, [2], per_line={"a": [[1], [2, 3]]})),
        ("a", lambda: volio.Tractogram(LINE, [2], groups={"a": [[0], [0, 0]]})),
        ("shape", lambda: image().header.set_data_shape([1, [2, 3]])),
        ("zooms", lambda: image().header.set_zooms([1, [2, 3]])),
        ("affine", lambda: image().header.set_sform(RAGGED)),
        ("index", lambda: volio.Nifti1Image.from_bytes(image().to_bytes()).dataobj[RAGGED]),
        ("pts", lambda: volio.affines.apply_affine(np.eye(4), RAGGED)),
    ],
)
def test_rows_of_unequal_lengths(name: str, call: Callable[[], Any]):
    with pytest.raises(errors.VolioError, match=r"unequal|must be") as caught:
        call()
    assert isinstance(caught.value, ValueError)
    assert name in str(caught.value).partition(":")[0] + str(caught.value).partition(":")[2][:20]
