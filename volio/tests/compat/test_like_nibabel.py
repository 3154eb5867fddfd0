"""What nibabel's own tests showed to be different: held against nibabel here."""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nibabel
import numpy as np
import pytest
from nibabel.nifti1 import slice_order_codes

import volio
from volio import compat
from volio.arrays.scaling import fit_scaling
from volio.codes import Recoder
from volio.errors import (
    CodeError,
    FilenameError,
    HeaderDataError,
    SaveError,
    ScalingError,
)
from volio.formats.containers.matlab import read_matrices
from volio.images.headers.spatial import SpatialHeader
from volio.tests.compat.oracle import assert_alike
from volio.tests.requirements import optional

AFFINE = np.diag([2, 3, 4, 1.0])
VOXELS = np.arange(24, dtype=np.int16).reshape(2, 3, 4)
LIBRARIES = (volio, nibabel)


def test_unknown_codes_are_key_errors():
    header = volio.Nifti1Header()
    for call, words in (
        (lambda: header.set_sform(AFFINE, 99), "xform code: .* got 99"),
        (lambda: header.set_qform(AFFINE, "nowhere"), "xform code: .* got 'nowhere'"),
        (lambda: header.set_intent("nothing"), "intent: 'nothing'"),
        (lambda: header.set_xyzt_units("inch"), "xyzt_units: .* got 'inch'"),
        (lambda: volio.nifti1.Nifti1Extension("nothing", b""), "extension code: 'nothing'"),
    ):
        with pytest.raises(KeyError, match=words) as found:
            call()
        assert isinstance(found.value, CodeError | HeaderDataError)
        assert not str(found.value).startswith(("'", '"'))


@pytest.mark.parametrize("code", sorted(set(slice_order_codes.label.values()) - {"unknown"}))
@pytest.mark.parametrize("ends", [(0, 0), (1, 0), (1, 5)])
def test_slice_times(code: str, ends: tuple[int, int]):
    times = []
    for library in LIBRARIES:
        header = library.Nifti1Header()
        header.set_dim_info(slice=2)
        header.set_slice_duration(0.1)  # before the shape is known
        header.set_data_shape((1, 1, 7))
        header["slice_start"], header["slice_end"] = ends
        header["slice_code"] = library.nifti1.slice_order_codes[code]
        times.append(header.get_slice_times())
    assert times[0] == pytest.approx(times[1])


@pytest.mark.parametrize("kind", ["Nifti1Image", "Nifti1Pair", "Nifti2Image"])
def test_an_affine_is_stated_even_if_it_is_the_one_without_codes(kind: str):
    for library in LIBRARIES:
        header = library.Nifti1Header()
        header.set_data_shape(VOXELS.shape)
        implied = header.get_best_affine()
        img = getattr(library, kind)(VOXELS, implied)
        affine, code = img.header.get_sform(coded=True)
        np.testing.assert_array_equal(affine, implied)
        assert (code, int(img.header["qform_code"])) == (2, 0)
        assert getattr(library, kind)(VOXELS, implied, header).header["sform_code"] == 0


@pytest.mark.parametrize(("kind", "ending"), [("Nifti1Image", ".nii"), ("MGHImage", ".mgh")])
def test_a_name_without_an_ending_gets_the_usual_one(kind: str, ending: str, tmp_path: Path):
    for library in LIBRARIES:
        img = getattr(library, kind)(VOXELS, AFFINE)
        img.to_filename(str(tmp_path / "scan"))
        assert img.get_filename() == str(tmp_path / f"scan{ending}")
        np.testing.assert_array_equal(getattr(volio, kind).load(tmp_path / "scan").dataobj, VOXELS)
    with pytest.raises(FilenameError, match=r"\.01"):
        volio.Nifti1Image(VOXELS, AFFINE).to_filename(tmp_path / "scan.01")


@pytest.mark.parametrize("sniff", [b"", b"a" * 100, b"a" * 400])
def test_a_short_sniff_is_taken_again(sniff: bytes, tmp_path: Path):
    path = str(tmp_path / "scan.nii")
    volio.Nifti1Image(VOXELS, AFFINE).to_filename(path)
    ours, theirs = (lib.Nifti1Image.path_maybe_image(path, (sniff, path)) for lib in LIBRARIES)
    assert ours[0] == theirs[0] == (len(sniff) < 348)
    assert len(ours[1][0]) >= 348


def test_scaling_that_makes_no_sense_is_not_written():
    img = volio.Nifti1Image(VOXELS, AFFINE)
    img.header["scl_slope"], img.header["scl_inter"] = 2, np.nan
    again = volio.Nifti1Image.from_bytes(img.to_bytes())
    np.testing.assert_array_equal(again.dataobj, VOXELS)


@pytest.mark.requires("long doubles")
def test_values_beyond_float64_are_refused():
    huge = np.finfo(np.longdouble).max
    img = volio.Nifti1Image(np.full((2, 2, 2), huge), AFFINE)
    img.set_data_dtype(np.int16)
    with pytest.raises(SaveError, match="no dtype holds values up to inf"):
        img.to_bytes()
    with pytest.raises(ScalingError, match="range of float64"):
        fit_scaling(float("-inf"), float("inf"), np.int16)


WORDS = [
    (np.uint8, 0, 255, "compat"),
    (np.int8, 0, 127, "compat"),
    (np.int8, -128, 127, "compat"),
    (np.uint16, 0, 32767, "compat"),
    (np.uint16, 0, 65535, "compat"),
    (np.int32, -(2**31), 2**31 - 1, "compat"),
    (np.uint32, 0, 2**31 - 1, "compat"),
    (np.int64, -(2**31), 2**31 - 1, "compat"),
    (np.float32, 0, 1e30, "compat"),
    (np.float64, 0, 1e30, "compat"),
    (np.int64, 0, 255, "smallest"),
    (np.int64, -1, 255, "smallest"),
    (np.int64, 0, 1, "mask"),
]


@pytest.mark.parametrize(("dtype", "low", "high", "word"), WORDS)
def test_words_for_dtypes(dtype: Any, low: Any, high: Any, word: str):
    data = np.arange(24, dtype=dtype).reshape(2, 3, 4)
    data[0, 0, :2] = low, high
    found = []
    for library in LIBRARIES:
        img = library.Nifti1Image(data, AFFINE, dtype=word)
        kept = img.get_data_dtype()
        final = img.get_data_dtype(finalize=True)
        after = img.get_data_dtype()
        img.set_data_dtype(word)
        back = library.Nifti1Image.from_bytes(img.to_bytes()).get_data_dtype()
        found.append((kept, final, after, back, img.get_data_dtype()))
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("dtype", "high"), [(np.uint32, 2**32 - 1), (np.int64, 2**32 + 1), (np.float64, 1e40)]
)
def test_values_that_no_compatible_dtype_holds(dtype: Any, high: Any):
    img = volio.Nifti1Image(np.full((2, 2, 2), high, dtype), AFFINE, dtype="compat")
    with pytest.raises(SaveError, match=r"no dtype holds|fit none"):
        img.get_data_dtype(finalize=True)


@pytest.mark.parametrize("kind", ["AnalyzeHeader", "Nifti1Header", "Nifti2Header"])
def test_headers_from_any_object_that_has_the_methods(kind: str):
    source = SimpleNamespace(
        get_data_dtype=lambda: np.dtype("u1"),
        get_data_shape=lambda: (2, 3, 4),
        get_zooms=lambda: (4.0, 5.0, 6.0),
        as_analyze_map=lambda: {"cal_min": -100, "cal_max": 100, "datatype": 4},
    )
    for library in LIBRARIES:
        module = library.analyze if kind == "AnalyzeHeader" else library
        header = getattr(module, kind).from_header(source)
        assert header.get_data_dtype() == np.uint8
        assert header.get_data_shape() == (2, 3, 4)
        assert header.get_zooms() == (4, 5, 6)
        assert (header["cal_min"], header["cal_max"]) == (-100, 100)


@pytest.mark.parametrize("kind", ["AnalyzeHeader", "Spm2AnalyzeHeader", "Spm99AnalyzeHeader"])
def test_a_header_of_zeros_is_none(kind: str):
    cls = getattr(volio, kind)
    quiet = compat.module("imageglobals").LoggingOutputSuppressor()
    with quiet, pytest.raises(HeaderDataError, match="datatype"):
        cls(bytes(348))
    assert cls(bytes(348), check=False)["datatype"] == 0


def test_the_file_of_a_proxy(tmp_path: Path):
    path = str(tmp_path / "scan.nii.gz")
    volio.save(volio.Nifti1Image(VOXELS, AFFINE), path)
    assert volio.load(path).dataobj.file_like == nibabel.load(path).dataobj.file_like == path
    stream = io.BytesIO(Path(path).read_bytes())
    file_map = volio.Nifti1Image.make_file_map({"image": stream})
    assert volio.Nifti1Image.from_file_map(file_map).dataobj.file_like is stream


@pytest.mark.parametrize("mmap", [True, False, "c", "r"])
def test_programs_see_whether_a_file_is_mapped(mmap: Any, tmp_path: Path):
    volio.save(volio.Nifti1Image(np.zeros((2, 3, 4)), np.eye(4)), tmp_path / "a.nii")
    theirs = nibabel.load(tmp_path / "a.nii", mmap=mmap).dataobj
    assert volio.load(tmp_path / "a.nii", mmap=mmap).dataobj._mmap == theirs._mmap


def test_whole_numbers_in_matlab_files():
    from scipy.io import savemat

    for dtype in (np.int64, np.uint64, np.int8):
        for compressed in (False, True):
            file = io.BytesIO()
            savemat(file, {"M": np.diag([3, 4, 5, 1]).astype(dtype)}, do_compression=compressed)
            found = read_matrices(file.getvalue(), ["M"])["M"]
            np.testing.assert_array_equal(found, np.diag([3, 4, 5, 1]))


def test_the_first_column_of_a_table():
    ours = Recoder([(1, "one")], fields=("number", "label"))
    theirs = nibabel.volumeutils.Recoder([(1, "one")], fields=("number", "label"))
    assert ours.field1["one"] == theirs.field1["one"] == 1


def test_the_least_header():
    for cls in (SpatialHeader, nibabel.spatialimages.SpatialHeader):
        header = cls(np.int32, (1, 2, 3), (4, 3, 2))
        file = io.BytesIO()
        header.data_to_fileobj(VOXELS[:1, :2, :3].tolist(), file)
        assert file.getvalue() == VOXELS[:1, :2, :3].astype(np.int32).tobytes("F")
        file.seek(0)
        np.testing.assert_array_equal(header.data_from_fileobj(file), VOXELS[:1, :2, :3])
        assert file.tell() == len(file.getvalue())
        header.set_data_shape(())
        assert header.get_data_shape() == (0,)
        assert header.get_zooms() == (1,)


def test_a_header_with_more_in_it_is_copied_whole():
    class Noted(SpatialHeader):
        def __init__(self, notes: tuple[int, ...] = ()) -> None:
            super().__init__()
            self.notes = list(notes)

    header = Noted((1, 2))
    copy = Noted.from_header(header)
    copy.notes.append(3)
    assert (header.notes, copy.notes) == ([1, 2], [1, 2, 3])
    assert Noted.from_header().notes == []


@pytest.mark.parametrize("kind", ["Nifti1Image", "Nifti2Image", "MGHImage"])
def test_a_stream_is_read_after_it_was_written(kind: str):
    for library in LIBRARIES:
        img, stream = getattr(library, kind)(VOXELS, AFFINE), io.BytesIO()
        img.to_stream(stream)
        again = getattr(library, kind).from_stream(stream)
        np.testing.assert_array_equal(again.dataobj, VOXELS)
        assert again.header == img.header, library.__name__


def test_headers_are_equal_wherever_their_voxels_lie():
    header = volio.Nifti1Header()
    moved = header.copy()
    moved.set_data_offset(1024)
    assert header == moved.as_byteswapped()
    moved["descrip"] = b"other"
    assert header != moved


def test_dicom_extensions_give_data_sets():
    pydicom = optional("pydicom")
    content = b"\x10\x00\x20\x00LO\x04\x00NiPy"
    for library in LIBRARIES:
        extension = library.nifti1.Nifti1DicomExtension(2, content)
        assert extension.get_content().PatientID == "NiPy"
        assert library.nifti1.Nifti1DicomExtension(2, b"").get_content() == pydicom.Dataset()


def test_extensions_are_equal_with_their_padding():
    for library in LIBRARIES:
        module, file = library.nifti1, io.BytesIO()
        extension = module.Nifti1Extension("comment", b"hello")
        extension.write_to(file, False)
        file.seek(0)
        assert module.Nifti1Extensions.from_fileobj(file, -1, False)[0] == extension
        assert extension != module.Nifti1Extension("afni", b"hello")
        assert [module.Nifti1Extension(key, b"x") for key in list(module.extension_codes.keys())]


def test_an_intent_that_is_in_no_table():
    labels = []
    for library in LIBRARIES:
        header = library.Nifti1Header()
        header.set_intent(9999, allow_unknown=True)
        labels.append(header.get_intent()[0])
    assert labels[0] == labels[1]


# Low-level modules.


def test_floats_that_are_nan_pass_to_integers_on_request():
    casting = compat.module("casting")
    values = np.array([1.5, np.nan, np.inf])
    with np.errstate(invalid="ignore"):
        assert_alike(nibabel.casting.float_to_int, casting.float_to_int, values, np.int16, None)


@pytest.mark.parametrize("value", [np.inf, -np.inf, 0.0])
def test_the_type_of_scaling_of_infinite_values(value: float):
    ours = compat.module("volumeutils").best_write_scale_ftype
    values = np.array([value, np.finfo(np.float32).max], np.float32)
    assert_alike(nibabel.volumeutils.best_write_scale_ftype, ours, values, np.float32(0.5), 0)


def test_a_plain_file_that_is_too_short_is_an_oserror(tmp_path: Path):
    (tmp_path / "short").write_bytes(b"1")
    with (tmp_path / "short").open("rb") as file, pytest.raises(OSError, match="incomplete"):
        compat.module("volumeutils").array_from_file((2, 3), np.float32, file)


@pytest.mark.parametrize("kind", [np.int16, np.uint8, np.float64, np.complex64])
@pytest.mark.parametrize("source", [np.float32, np.complex64])
@pytest.mark.parametrize("scaling", [(0.5, 1), (0, 0.5), (-1, 1), (0.25, 2)])
def test_arrays_with_nan_in_files(source: Any, kind: Any, scaling: tuple[float, float]):
    values = np.array([-3, 0, 1, 100, np.finfo(np.float32).max, np.nan], source)
    written = []
    for module in (compat.module("volumeutils"), nibabel.volumeutils):
        file = io.BytesIO()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                module.array_to_file(values, file, kind, 0, *scaling)
            except ValueError:
                file.write(b"refused")
        written.append(file.getvalue())
    assert written[0] == written[1]


@pytest.mark.parametrize("name", ["ArrayWriter", "SlopeArrayWriter", "SlopeInterArrayWriter"])
def test_complex_values_without_scaling_lose_their_imaginary_part(name: str):
    how = {"check_scaling": False} if name == "ArrayWriter" else {"calc_scale": False}
    file = io.BytesIO()
    writer = getattr(compat.module("arraywriters"), name)(np.array([1 + 2j, 3]), np.int16, **how)
    with pytest.warns(np.exceptions.ComplexWarning, match="imaginary part") as caught:
        writer.to_fileobj(file)
    assert [warning.filename for warning in caught] == [__file__]
    np.testing.assert_array_equal(np.frombuffer(file.getvalue(), np.int16), [1, 3])


def test_zero_at_the_upper_end_is_stored_as_zero():
    values = np.array([np.finfo(np.float32).min, 0], np.float32)
    file = io.BytesIO()
    writer = compat.module("arraywriters").SlopeInterArrayWriter(values, np.uint8)
    writer.to_fileobj(file)
    stored = np.frombuffer(file.getvalue(), np.uint8)
    assert (stored * writer.slope + writer.inter)[1] == 0


def test_a_proxy_stays_a_proxy():
    proxy = volio.ArrayProxy(io.BytesIO(VOXELS.tobytes("F")), (VOXELS.shape, np.int16))
    with pytest.raises(AttributeError, match="is_proxy: is read from the file"):
        proxy.is_proxy = False
