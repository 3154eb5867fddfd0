from __future__ import annotations

import io
import itertools

import nibabel as nib
import numpy as np
import pytest
import scipy.io
from hypothesis import given
from hypothesis import strategies as st
from nibabel.spm99analyze import Spm99AnalyzeHeader as OtherHeader
from nibabel.spm99analyze import Spm99AnalyzeImage as OtherImage

import volio
from volio.errors import (
    CorruptFileError,
    GeometryWarning,
    HeaderDataError,
    HeaderTypeError,
    PrecisionWarning,
)
from volio.files.filemap import FileHolder
from volio.formats.spm99 import Spm99AnalyzeHeader, Spm99AnalyzeImage, mat_bytes, read_mat

AFFINE = np.array([[-2, 0.1, 0, 10], [0.1, 3, 0.2, -20.3], [0, -0.2, 4, 30], [0, 0, 0, 1.0]])
DATA = np.arange(60, dtype=np.int16).reshape(3, 4, 5)


def holder(content: bytes) -> FileHolder:
    return FileHolder(fileobj=io.BytesIO(content))


def mat_file(version: str = "4", **variables) -> bytes:
    stream = io.BytesIO()
    scipy.io.savemat(stream, variables, format=version)
    return stream.getvalue()


def loaded_with(tmp_path, mat: bytes | None):
    Spm99AnalyzeImage(DATA, AFFINE).to_filename(tmp_path / "a.img")
    (tmp_path / "a.mat").unlink()
    if mat is not None:
        (tmp_path / "a.mat").write_bytes(mat)
    return Spm99AnalyzeImage.load(tmp_path / "a.img")


def test_fresh_headers_are_the_same_bytes():
    assert Spm99AnalyzeHeader.layout.newbyteorder("=") == OtherHeader.template_dtype.newbyteorder(
        "="
    )
    for order in "<>":
        ours, theirs = (cls(endianness=order) for cls in (Spm99AnalyzeHeader, OtherHeader))
        assert ours.binaryblock == theirs.binaryblock


@pytest.mark.parametrize("slope", [0, 1, 2.5, -2, np.nan, np.inf])
def test_slope_is_read_alike(slope):
    ours, theirs = Spm99AnalyzeHeader(), OtherHeader()
    for header in (ours, theirs):
        header["scl_slope"] = slope
    assert ours.get_slope_inter() == theirs.get_slope_inter()


@pytest.mark.parametrize("slope", [None, 0, 1, 2.5, np.nan, np.inf])
@pytest.mark.parametrize("inter", [None, 0, 3, np.nan])
def test_slope_is_set_alike(slope, inter):
    ours, theirs = Spm99AnalyzeHeader(), OtherHeader()
    try:
        theirs.set_slope_inter(slope, inter)
    except nib.spatialimages.HeaderTypeError:
        with pytest.raises(HeaderTypeError, match="intercept"):
            ours.set_slope_inter(slope, inter)
    except nib.spatialimages.HeaderDataError:
        with pytest.raises(HeaderDataError, match="scl_slope"):
            ours.set_slope_inter(slope, inter)
    else:
        ours.set_slope_inter(slope, inter)
        assert ours.binaryblock == theirs.binaryblock


@pytest.mark.parametrize("flip", [True, False])
@pytest.mark.parametrize(
    "origin",
    [(0, 0, 0), (3, 4, 5), (3, 0, 5), (-3, 4, 5), (-9, 1, 1), (-10, 1, 1), (19, 1, 1), (20, 1, 1)],
)
def test_origin_is_read_alike(origin, flip):
    ours, theirs = Spm99AnalyzeHeader(), OtherHeader()
    for header in (ours, theirs):
        header.set_data_shape((10, 12, 14))
        header.set_zooms((2, 3, 4))
        header["origin"][:3] = origin
        header.default_x_flip = flip
    np.testing.assert_array_equal(ours.get_origin_affine(), theirs.get_origin_affine())
    np.testing.assert_array_equal(ours.get_best_affine(), theirs.get_best_affine())
    found = theirs.diagnose_binaryblock(theirs.binaryblock)
    assert bool(ours.diagnose()) == bool(found)
    assert all(report.problem_level == 20 for report in ours.diagnose())


@given(st.tuples(*[st.integers(-8, 18)] * 3), st.booleans())
def test_origin_of_its_own_affine(origin, flip):
    header = Spm99AnalyzeHeader()
    header.set_data_shape((10, 12, 14))
    header.set_zooms((2, 3, 4))
    header.default_x_flip = flip
    header["origin"][:3] = origin if any(origin) else (1, 1, 1)
    before = header.get_origin_affine()
    header["origin"] = 9
    header.set_origin_from_affine(before)
    np.testing.assert_array_equal(header.get_origin_affine(), before)


def test_an_origin_that_lies_far_outside_is_not_stated():
    header = Spm99AnalyzeHeader()
    header.set_data_shape((10, 12, 14))
    far = volio.affines.from_matvec(np.eye(3), [1e6, 0, 0])
    for affine in (far, np.diag([0, 1, 1, 1])):
        header["origin"] = 5
        header.set_origin_from_affine(affine)
        assert not header["origin"].any()


@pytest.mark.parametrize("name", ["a.img", "a.hdr", "a.img.gz"])
def test_mat_keeps_the_affine_exactly(name, tmp_path):
    affine = AFFINE + np.pi * 1e-9
    affine[3] = 0, 0, 0, 1
    Spm99AnalyzeImage(DATA, affine).to_filename(tmp_path / name)
    ours = Spm99AnalyzeImage.load(tmp_path / name)
    np.testing.assert_allclose(ours.affine, affine, rtol=0, atol=2e-14)
    theirs = OtherImage.load(tmp_path / name)
    np.testing.assert_array_equal(theirs.affine, ours.affine)
    np.testing.assert_array_equal(ours.get_fdata(), theirs.get_fdata())


def test_mat_of_the_other_program(tmp_path):
    OtherImage(DATA, AFFINE).to_filename(tmp_path / "a.img")
    theirs = (tmp_path / "a.mat").read_bytes()
    assert scipy.io.loadmat(tmp_path / "a.mat").keys() >= {"M", "mat"}
    for name, values in scipy.io.loadmat(io.BytesIO(mat_bytes(AFFINE, True))).items():
        np.testing.assert_allclose(values, scipy.io.loadmat(io.BytesIO(theirs))[name])
    np.testing.assert_allclose(
        Spm99AnalyzeImage.load(tmp_path / "a.img").affine, AFFINE, atol=1e-14
    )


def test_mat_goes_before_M_and_M_is_flipped():
    one, other = np.diag([2, 3, 4, 1.0]), np.diag([5, 6, 7, 1.0])
    shift = np.eye(4)
    shift[:3, 3] = 1
    np.testing.assert_array_equal(read_mat(holder(mat_file(mat=one, M=other)), True), one @ shift)
    flipped = np.diag([-1, 1, 1, 1]) @ other @ shift
    np.testing.assert_array_equal(read_mat(holder(mat_file(M=other)), True), flipped)
    np.testing.assert_array_equal(read_mat(holder(mat_file(M=other)), False), other @ shift)
    for version in ("4", "5"):
        found = read_mat(holder(mat_file(version, mat=one)), True)
        np.testing.assert_array_equal(found, one @ shift)


def test_without_mat_the_origin_counts(tmp_path):
    for mat in (None, b""):
        img = loaded_with(tmp_path, mat)
        np.testing.assert_array_equal(img.affine, img.header.get_origin_affine())
    theirs = OtherImage.load(tmp_path / "a.img")
    np.testing.assert_allclose(img.affine, theirs.affine)


def test_a_mat_file_of_something_else(tmp_path):
    with pytest.warns(GeometryWarning, match="neither mat nor M"):
        img = loaded_with(tmp_path, mat_file(SPM=np.eye(3)))
    np.testing.assert_array_equal(img.affine, img.header.get_origin_affine())


@pytest.mark.parametrize(
    "content",
    [
        b"no mat file",
        b"MATLAB 7.3 MAT-file, Platform" + b" " * 95 + b"\0\2IM" + b"\x89HDF\r\n\x1a\n" * 50,
        mat_file(mat=np.eye(3)),
        mat_file("5", mat="text"),
        mat_file(mat=np.eye(4) * 1j),
        mat_file("5", mat={"a": 1}),
        mat_file(mat=np.full((4, 4), np.nan)),
        mat_file(mat=np.eye(4))[:-60],
    ],
)
def test_damaged_mat_files(content, tmp_path):
    with pytest.raises(volio.errors.VolioError, match=r"mat|affine"):
        loaded_with(tmp_path, content)


def test_any_bytes_in_place_of_a_mat_file():
    good = mat_file("5", mat=AFFINE)
    outcomes = []
    for place, value in itertools.product(range(0, len(good), 3), (0, 255)):
        content = good[:place] + bytes([value]) + good[place + 1 :]
        try:
            outcomes.append(type(read_mat(holder(content), True)))
        except (CorruptFileError, volio.errors.AffineError) as error:
            outcomes.append(type(error))
        except GeometryWarning as warning:
            outcomes.append(type(warning))
    assert outcomes.count(np.ndarray) >= 180  # of 208
    assert {CorruptFileError, GeometryWarning} <= set(outcomes)


def test_affines_of_many_volumes():
    same = np.dstack([AFFINE] * 3)
    assert read_mat(holder(mat_file("5", mat=same)), True) is not None
    same[0, 3, 2] += 1
    with pytest.warns(GeometryWarning, match="3 affines that differ"):
        found = read_mat(holder(mat_file("5", mat=same)), True)
    np.testing.assert_array_equal(found, AFFINE @ volio.affines.from_matvec(np.eye(3), [1] * 3))


def test_header_and_mat_may_disagree_until_one_is_changed(tmp_path):
    img = loaded_with(tmp_path, mat_file(mat=np.diag([7, 8, 9, 1.0])))
    before = (tmp_path / "a.hdr").read_bytes()
    img.to_filename(tmp_path / "b.img")
    assert (tmp_path / "b.hdr").read_bytes() == before
    np.testing.assert_array_equal(Spm99AnalyzeImage.load(tmp_path / "b.img").affine, img.affine)
    img.affine[0, 0] = 5
    img.to_filename(tmp_path / "c.img")
    again = Spm99AnalyzeImage.load(tmp_path / "c.img")
    np.testing.assert_array_equal(again.affine, img.affine)
    assert again.header.get_zooms() == (5, 8, 9)
    assert again.slicer[1:].affine[0, 3] == again.affine[0, 3] + 5


def test_zooms_set_against_the_mat_are_told(tmp_path):
    img = loaded_with(tmp_path, mat_file(mat=np.diag([7, 8, 9, 1.0])))
    img.header.set_zooms((1, 1, 1))
    with pytest.warns(GeometryWarning, match="voxel sizes"):
        img.to_filename(tmp_path / "b.img")
    assert img.header.get_zooms() == (7, 8, 9)


def test_file_maps_with_and_without_mat():
    files = {part: holder(b"") for part in ("header", "image")}
    with pytest.warns(GeometryWarning, match="affine"):
        Spm99AnalyzeImage(DATA, AFFINE).to_file_map(files)
    again = Spm99AnalyzeImage.from_file_map(files)
    np.testing.assert_array_equal(again.get_fdata(), DATA)
    straight = again.affine
    Spm99AnalyzeImage(DATA, straight).to_file_map(files)
    files["mat"] = holder(b"")
    Spm99AnalyzeImage(DATA, AFFINE).to_file_map(files)
    np.testing.assert_allclose(Spm99AnalyzeImage.from_file_map(files).affine, AFFINE)


def test_no_affine(tmp_path):
    (tmp_path / "a.mat").write_bytes(mat_bytes(AFFINE, True))
    Spm99AnalyzeImage(DATA, None).to_filename(tmp_path / "a.img")
    again = Spm99AnalyzeImage.load(tmp_path / "a.img")
    np.testing.assert_array_equal(again.affine, again.header.get_origin_affine())


def test_floats_are_scaled_without_an_intercept(tmp_path):
    data = np.linspace(-1, 3, 60).reshape(3, 4, 5)
    header = Spm99AnalyzeHeader()
    header.set_data_dtype(np.int16)
    with pytest.warns(PrecisionWarning, match="largest error"):
        Spm99AnalyzeImage(data, AFFINE, header).to_filename(tmp_path / "a.img")
    for cls in (Spm99AnalyzeImage, OtherImage):
        img = cls.load(tmp_path / "a.img")
        assert img.get_data_dtype() == np.int16
        np.testing.assert_allclose(img.get_fdata(), data, atol=1e-4)


def test_may_contain_header():
    analyze = volio.AnalyzeImage.header_class
    for header in (Spm99AnalyzeHeader(), Spm99AnalyzeHeader(endianness=">"), analyze()):
        assert Spm99AnalyzeHeader.may_contain_header(header.binaryblock)
    for header in (volio.Nifti1Header(), volio.Nifti1Header(endianness=">"), volio.Nifti2Header()):
        assert not Spm99AnalyzeHeader.may_contain_header(header.binaryblock)


def test_plain_analyze_with_a_mat_beside_keeps_its_place(tmp_path):
    straight = nib.AnalyzeImage(DATA, np.diag([-2, 3, 4, 1]))
    nib.AnalyzeImage.to_filename(straight, tmp_path / "a.img")
    (tmp_path / "a.mat").write_bytes(mat_bytes(AFFINE, True))
    ours, theirs = volio.load(tmp_path / "a.img"), nib.load(tmp_path / "a.img")
    np.testing.assert_allclose(ours.affine, AFFINE, atol=1e-14)
    np.testing.assert_array_equal(ours.affine, theirs.affine)


@pytest.mark.parametrize("axes", [-1, 8, 30000])
def test_a_diagnosis_of_impossible_axes_raises_nothing(axes):
    header = Spm99AnalyzeHeader()
    header["dim"][0] = axes
    problems = Spm99AnalyzeHeader.diagnose_binaryblock(header.binaryblock)
    assert problems == f"dim: the number of axes must be 0 to 7, got {axes}"


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_mat_file_without_finite_numbers_is_named(tmp_path, value):
    Spm99AnalyzeImage(DATA, AFFINE).to_filename(tmp_path / "a.img")
    scipy.io.savemat(tmp_path / "a.mat", {"mat": np.full((4, 4), value)})
    with pytest.raises(CorruptFileError, match=r"a\.mat: mat: .*finite"):
        Spm99AnalyzeImage.from_filename(tmp_path / "a.img")
