from __future__ import annotations

import itertools
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

import volio
from volio.errors import (
    GeometryWarning,
    HeaderDataError,
    HeaderTypeError,
    LossWarning,
    PrecisionWarning,
    SaveError,
    VolioError,
)
from volio.formats.analyze import AnalyzeHeader, AnalyzeImage, data_type_codes

BASE = np.diag([-2, 3, 4, 1.0])
BASE[:3, 3] = 2, -4.5, -8  # the centre of (3, 4, 5) at the origin
WHEEL = Path(nib.__file__).parent / "tests" / "data"


def test_fresh_headers_are_the_same_bytes():
    theirs = nib.AnalyzeImage.header_class
    assert AnalyzeHeader.layout.newbyteorder("=") == theirs.template_dtype.newbyteorder("=")
    for order in "<>":
        assert AnalyzeHeader(endianness=order).binaryblock == theirs(endianness=order).binaryblock


def test_dtypes_are_those_of_the_standard():
    assert data_type_codes.value_set() == nib.analyze.data_type_codes.value_set()
    assert {str(dtype) for dtype in AnalyzeHeader.supported_dtypes() if not dtype.names} == {
        "uint8", "int16", "int32", "float32", "float64", "complex64",
    }  # fmt: skip
    for bad in (np.int8, np.uint16, np.int64, np.complex128):
        with pytest.raises(HeaderDataError, match="not supported"):
            AnalyzeHeader().set_data_dtype(bad)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("dtype", AnalyzeHeader.supported_dtypes(), ids=str)
def test_every_dtype_comes_back(dtype, order, tmp_path):
    data = (np.arange(60 * dtype.itemsize) % 60).astype(np.uint8)
    data = data.view(dtype) if dtype.names else np.arange(60).astype(dtype)
    data = data.reshape(3, 4, 5)
    img = AnalyzeImage(data, BASE, AnalyzeHeader(endianness=order))
    img.set_data_dtype(dtype)
    img.to_filename(tmp_path / "a.img")
    for found in (AnalyzeImage.load(tmp_path / "a.hdr"), nib.AnalyzeImage.load(tmp_path / "a.img")):
        assert found.get_data_dtype() == dtype.newbyteorder(order)
        np.testing.assert_array_equal(np.asanyarray(found.dataobj), data)
        np.testing.assert_array_equal(found.affine, BASE)
        assert found.header.get_zooms() == (2, 3, 4)


def test_base_affine():
    header, theirs = AnalyzeHeader(), nib.AnalyzeImage.header_class()
    for one in (header, theirs):
        one.set_data_shape((10, 12, 14))
        one.set_zooms((2, 3, 4))
    np.testing.assert_array_equal(header.get_base_affine(), theirs.get_base_affine())
    np.testing.assert_array_equal(header.get_best_affine(), theirs.get_best_affine())
    header.default_x_flip = theirs.default_x_flip = False
    np.testing.assert_array_equal(header.get_best_affine(), theirs.get_best_affine())


@pytest.mark.parametrize(
    ("affine", "words"),
    [
        (np.diag([2, 3, 4, 1.0]), "left and right swapped"),
        (BASE + np.array([[0, 0, 0, 5]] + [[0] * 4] * 3), "up to 5 mm"),
        (
            BASE @ np.array([[1, 0, 0, 0], [0, 0, -1, 0], [0, 1, 0, 0], [0, 0, 0, 1.0]]),
            "90 degrees",
        ),
    ],
)
def test_a_lost_affine_is_told(affine, words, tmp_path):
    img = AnalyzeImage(np.zeros((3, 4, 5), np.uint8), affine)
    with pytest.warns(GeometryWarning, match=words):
        img.to_filename(tmp_path / "a.img")
    np.testing.assert_array_equal(img.affine, affine)
    again = AnalyzeImage.load(tmp_path / "a.img")
    assert again.header.get_zooms() == img.header.get_zooms()


def test_no_affine_is_no_loss(tmp_path):
    img = AnalyzeImage(np.zeros((3, 4, 5), np.uint8), None)
    img.to_filename(tmp_path / "a.img")
    assert img.affine is None
    np.testing.assert_array_equal(
        np.diag(AnalyzeImage.load(tmp_path / "a.img").affine), [-1, 1, 1, 1]
    )


def test_floats_under_an_integer_header_are_not_scaled(tmp_path):
    data = np.linspace(0, 1, 60, dtype=np.float32).reshape(3, 4, 5)
    header = AnalyzeHeader()
    header.set_data_dtype(np.int16)
    AnalyzeImage(data, BASE, header).to_filename(tmp_path / "a.img")
    again = AnalyzeImage.load(tmp_path / "a.img")
    assert again.get_data_dtype() == np.float32
    np.testing.assert_array_equal(again.get_fdata(dtype=np.float32), data)
    whole = AnalyzeImage(np.round(data * 100), BASE, header)
    whole.to_filename(tmp_path / "a.img")
    assert AnalyzeImage.load(tmp_path / "a.img").get_data_dtype() == np.int16
    with pytest.raises(SaveError, match="int16"):
        AnalyzeImage(data, BASE).to_filename(tmp_path / "b.img", dtype=np.int16)
    assert not (tmp_path / "b.img").exists()


def test_scaled_voxels_are_stored_as_they_are_read(tmp_path):
    scaled = nib.Nifti1Image(np.arange(60, dtype=np.int16).reshape(3, 4, 5), BASE)
    scaled.header.set_slope_inter(0.5, 1)
    nib.save(scaled, tmp_path / "a.nii")
    img = volio.load(tmp_path / "a.nii")
    AnalyzeImage.from_image(img).to_filename(tmp_path / "b.img")
    np.testing.assert_array_equal(
        AnalyzeImage.load(tmp_path / "b.img").get_fdata(), img.get_fdata()
    )


def test_complex128_is_rounded_with_a_warning(tmp_path):
    data = np.full((3, 4, 5), 0.1 + 0.2j)
    with pytest.warns(PrecisionWarning, match="complex64"):
        AnalyzeImage(data, BASE).to_filename(tmp_path / "a.img")
    np.testing.assert_array_equal(
        np.asanyarray(AnalyzeImage.load(tmp_path / "a.img").dataobj), data.astype(np.complex64)
    )


def test_slope_has_no_place():
    header = AnalyzeHeader()
    assert header.get_slope_inter() == (None, None)
    for slope, inter in itertools.product((None, 1, np.nan), (None, 0, np.nan)):
        header.set_slope_inter(slope, inter)
    for slope, inter in ((2, None), (1, 3), (None, 1)):
        with pytest.raises(HeaderTypeError, match="cannot store slope"):
            header.set_slope_inter(slope, inter)


def test_offset_of_the_voxels(tmp_path):
    header = AnalyzeHeader()
    header.set_data_offset(16)
    assert header.get_data_offset() == 16
    data = np.arange(60, dtype=np.float32).reshape(3, 4, 5)
    AnalyzeImage(data, BASE, header).to_filename(tmp_path / "a.img")
    assert (tmp_path / "a.img").stat().st_size == 16 + 240
    for program in (AnalyzeImage, nib.AnalyzeImage):
        np.testing.assert_array_equal(program.load(tmp_path / "a.img").get_fdata(), data)
    header["vox_offset"] = -1
    with pytest.raises(HeaderDataError, match="vox_offset"):
        header.get_data_offset()


def test_facts_of_nifti_headers_are_taken_over():
    nifti = volio.Nifti1Header()
    nifti.set_data_shape((3, 4, 5))
    nifti.set_data_dtype(np.uint16)
    nifti.set_sform(BASE, "mni")
    nifti.set_zooms((2, 3, 4))
    nifti["descrip"], nifti["cal_max"] = b"some text", 7
    header = AnalyzeHeader.from_header(nifti)
    assert header.get_data_shape() == (3, 4, 5)
    assert header.get_data_dtype() == np.int32
    assert header.get_zooms() == (2, 3, 4)
    assert (header["descrip"], header["cal_max"]) == (b"some text", 7)
    assert header.as_analyze_map()["descrip"] == b"some text"
    back = volio.Nifti1Header.from_header(header)
    np.testing.assert_array_equal(back.get_best_affine(), BASE)
    assert back["descrip"] == b"some text"


@pytest.mark.filterwarnings("ignore:pixdim:volio.errors.GeometryWarning")
@pytest.mark.parametrize(
    ("field", "value", "level"),
    [
        ("sizeof_hdr", 350, 30),
        ("datatype", 1000, 40),
        ("datatype", 256, 40),
        ("bitpix", 0, 10),
        ("dim", (8,) * 8, 40),
        ("dim", (3, -1, 2, 2, 1, 1, 1, 1), 40),
        ("pixdim", (1, -1, 1, 1, 1, 1, 1, 1), 35),
        ("pixdim", (0, 0, 1, 1, 1, 1, 1, 1), 30),
    ],
)
def test_checks(field, value, level):
    header = AnalyzeHeader()
    assert header.diagnose() == []
    header[field] = value
    assert max(report.problem_level for report in header.diagnose()) == level
    with pytest.raises(HeaderDataError, match=field):
        header.check_fix(error_level=level)


def test_may_contain_header():
    for order in "<>":
        block = AnalyzeHeader(endianness=order).binaryblock
        assert AnalyzeHeader.may_contain_header(block)
        assert not AnalyzeHeader.may_contain_header(block[:-1])
    assert not AnalyzeHeader.may_contain_header(volio.Nifti2Header().binaryblock)


def test_the_header_of_the_other_program():
    block = (WHEEL / "analyze.hdr").read_bytes()
    ours, theirs = AnalyzeHeader(block), nib.AnalyzeImage.header_class(block)
    assert ours.endianness == theirs.endianness == ">"
    assert ours.binaryblock == theirs.binaryblock
    assert ours.get_data_shape() == theirs.get_data_shape()
    np.testing.assert_allclose(ours.get_best_affine(), theirs.get_best_affine())
    for field in ours:
        np.testing.assert_array_equal(ours[field], theirs[field])


def test_files_follow_each_other_in_name(tmp_path):
    img = AnalyzeImage(np.zeros((3, 4, 5), np.uint8), BASE)
    for name in ("a.img", "b.hdr", "c", "d.img.gz", "E.IMG"):
        img.to_filename(tmp_path / name)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == sorted(
        [
            "a.img",
            "a.hdr",
            "b.img",
            "b.hdr",
            "c.img",
            "c.hdr",
            "d.img.gz",
            "d.hdr.gz",
            "E.IMG",
            "E.HDR",
        ]
    )
    assert volio.load(tmp_path / "d.hdr.gz", format="analyze").shape == (3, 4, 5)


@pytest.mark.filterwarnings("ignore:.*(pixdim|dim):volio.errors.GeometryWarning")
def test_hostile_headers_raise_errors_of_volio_only(tmp_path):
    AnalyzeImage(np.arange(60, dtype=np.int16).reshape(3, 4, 5), BASE).to_filename(
        tmp_path / "a.img"
    )
    good, read = (tmp_path / "a.hdr").read_bytes(), 0
    for place in (*range(4), *range(40, 56), *range(70, 74), *range(76, 112)):
        for value in (b"\xff", b"\x7f", b"\x00"):
            (tmp_path / "a.hdr").write_bytes(good[:place] + value + good[place + 1 :])
            try:
                img = AnalyzeImage.load(tmp_path / "a.img")
                repr(img), np.asanyarray(img.dataobj)
                read += 1
            except VolioError:
                pass
    assert read >= 150  # of 174


def test_texts_about_the_scan_are_told_where_they_are_lost(tmp_path):
    img = AnalyzeImage(np.zeros((3, 4, 5), np.int16), None)
    img.header["patient_id"], img.header["exp_date"] = b"s01", b"1999-02-03"
    img.header["db_name"] = b"study"
    img.to_filename(tmp_path / "a.img")
    loaded = volio.load(tmp_path / "a.img", format="analyze")
    with pytest.warns(LossWarning, match="patient s01; date 1999-02-03$"):
        volio.save(loaded, tmp_path / "a.nii")
    with pytest.warns(LossWarning, match="database name study; patient s01; date 1999-02-03$"):
        volio.save(loaded, tmp_path / "a.mgh")
