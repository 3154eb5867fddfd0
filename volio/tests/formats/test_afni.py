"""AFNI data sets: attributes, places, factors, views, and what nibabel makes of the same files."""

from __future__ import annotations

import io
import warnings
from pathlib import Path

import nibabel
import numpy as np
import pytest
from nibabel.brikhead import AFNIImage as Theirs

import volio
from volio.errors import (
    GeometryWarning,
    HeaderDataError,
    HeaderTypeError,
    LimitError,
    LossWarning,
    PrecisionWarning,
    VolioError,
)
from volio.formats.afni import AFNIHeader, AFNIHeaderError, AFNIImage, AFNIImageError, head
from volio.images.meanings import Intent, losses
from volio.space.affines import from_matvec
from volio.space.eulerangles import euler2mat
from volio.testing.samples import FOLDER

WHEEL = Path(nibabel.__file__).parent / "tests" / "data"
SAMPLE = FOLDER / "afni" / "series+orig.HEAD"
OBLIQUE = from_matvec(euler2mat(0.1, 0.2, 0.3) @ np.diag([-2, 3, 4]), [10, -20, 30])


def header(**attributes) -> AFNIHeader:
    """A header with some attributes set."""
    made = AFNIHeader()
    made.set_data_shape((2, 3, 4, 2))
    return AFNIHeader({**made.attributes, **attributes})


def series(dtype=np.int16) -> AFNIImage:
    """An oblique series of three volumes."""
    return AFNIImage(np.arange(72).reshape(2, 3, 4, 3).astype(dtype), OBLIQUE)


@pytest.mark.parametrize("name", ["example4d+orig", "scaled+tlrc"])
@pytest.mark.parametrize("part", ["HEAD", "BRIK"])
def test_files_of_the_wheel_mean_the_same_to_both(name, part, tmp_path):
    ours, theirs = volio.load(WHEEL / f"{name}.{part}"), Theirs.load(str(WHEEL / f"{name}.HEAD"))
    assert ours.shape == theirs.shape
    assert ours.header.info == theirs.header.info
    assert ours.header.get_zooms() == theirs.header.get_zooms()
    assert ours.header.get_volume_labels() == theirs.header.get_volume_labels()
    assert ours.header.get_space() == theirs.header.get_space()
    np.testing.assert_array_equal(ours.dataobj.scaling, theirs.dataobj.scaling)
    np.testing.assert_array_equal(ours.affine, theirs.affine)
    np.testing.assert_array_equal(np.asarray(ours.dataobj), np.asarray(theirs.dataobj))
    ours.to_filename(tmp_path / f"{name}.HEAD")
    again = Theirs.load(str(tmp_path / f"{name}.HEAD"))
    assert again.header.info == theirs.header.info
    np.testing.assert_array_equal(np.asarray(again.dataobj), np.asarray(theirs.dataobj))


def test_a_scan_of_the_shared_data(shared_data):
    path = shared_data / "volumes" / "DT_FA+orig.HEAD"
    ours, theirs = volio.load(path), Theirs.load(str(path))
    np.testing.assert_array_equal(ours.dataobj[:, 20, ::3], theirs.dataobj[:, 20, ::3])
    np.testing.assert_array_equal(ours.affine, theirs.affine)


@pytest.mark.parametrize("name", ["bad_datatype+orig.HEAD", "bad_attribute+orig.HEAD"])
def test_bad_files_of_the_wheel(name):
    with pytest.raises((AFNIImageError, AFNIHeaderError), match=name.partition("+")[0]):
        volio.load(WHEEL / name)


def test_attributes_are_typed_and_unknown_ones_survive(tmp_path):
    img = volio.load(SAMPLE)
    attributes = img.header.attributes
    assert attributes["BRICK_TYPES"] == [1, 1, 1]
    assert [type(number) for number in attributes["TAXIS_FLOATS"]] == [float] * 8
    assert attributes["NEW_THING"] == "what no program knows: a ~ and a \u00fc"
    img.header.attributes["NEW_NUMBERS"] = [1.5, 2.0]
    img.header.attributes["MINE"] = "a 'quoted' text\nof two lines\n\nand a third"
    img.to_filename(tmp_path / "a+orig.HEAD")
    again = volio.load(tmp_path / "a+orig.HEAD").header.attributes
    assert again == {**attributes, "NEW_NUMBERS": [1.5, 2.0]}
    assert [type(number) for number in again["NEW_NUMBERS"]] == [float, float]


def test_times_labels_statistics_and_history():
    found = volio.load(SAMPLE).header
    assert found.get_zooms()[3] == 1500
    assert found.time_unit == 1e-3
    assert found.get_volume_labels() == ["mean", "t of it", "F of it"]
    assert found.get_statistics() == [Intent(), Intent("t test", (12,)), Intent("f test", (2, 30))]
    meaning = found.meaning()
    assert (meaning.step, meaning.unit, meaning.slice_times) == (1.5, "s", (0, 0.75))
    assert meaning.history == "[someone] 3dThis -a 1\n[someone] 3dThat 'b'"
    assert set(meaning.attributes) == {"NEW_THING", "NEW_NUMBERS"}
    assert found.view == "orig"


def test_there_and_back_through_nifti_nothing_is_lost(tmp_path):
    img = volio.load(SAMPLE)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", GeometryWarning)  # the sample is sheared
        volio.save(volio.Nifti1Image.from_image(img), tmp_path / "a.nii.gz")
        nifti = volio.load(tmp_path / "a.nii.gz")
        volio.save(nifti, tmp_path / "b+orig.HEAD")
    assert nifti.header.extensions[0].attributes["NEW_NUMBERS"] == [3, 4.5]
    back = volio.load(tmp_path / "b+orig.BRIK")
    assert losses(img.header.meaning(), back.header.meaning()) == []
    np.testing.assert_array_equal(np.asarray(back.dataobj), np.asarray(img.dataobj))
    np.testing.assert_allclose(back.affine, img.affine, atol=1e-5)


def test_what_mgh_cannot_hold_is_told():
    with pytest.warns(LossWarning, match="labels of volumes .mean, t of it, F of it.*NEW_THING"):
        volio.MGHImage.from_image(volio.load(SAMPLE))


def test_views_follow_the_name(tmp_path):
    img = series()
    img.to_filename(tmp_path / "a+tlrc.BRIK.gz")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a+tlrc.BRIK.gz", "a+tlrc.HEAD"]
    for name in ("a+tlrc.HEAD", "a+tlrc.BRIK", "a+tlrc.BRIK.gz", "a+tlrc"):
        again = AFNIImage.load(tmp_path / name)
        assert again.header.view == "tlrc"
        np.testing.assert_array_equal(again.get_fdata(), img.get_fdata())
    np.testing.assert_array_equal(volio.load(tmp_path / "a+tlrc.BRIK").get_fdata(), img.get_fdata())


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.float32])
def test_nibabel_reads_what_is_written(tmp_path, dtype):
    img = series(dtype)
    img.header.set_zooms((2, 3, 4, 2.5))
    img.to_filename(tmp_path / "a+orig.HEAD")
    theirs = Theirs.load(str(tmp_path / "a+orig.HEAD"))
    np.testing.assert_array_equal(np.asarray(theirs.dataobj), np.asarray(img.dataobj))
    np.testing.assert_allclose(theirs.affine, OBLIQUE, atol=1e-12)
    np.testing.assert_allclose(theirs.header.get_zooms(), (2, 3, 4, 2.5))
    assert theirs.get_data_dtype() == dtype


@pytest.mark.parametrize("kind", ["complex", "rgb"])
def test_kinds_that_nibabel_does_not_read(tmp_path, kind):
    array = (np.arange(24).reshape(2, 3, 4) * (1 + 2j)).astype(np.complex64)
    if kind == "rgb":
        array = np.arange(72, dtype=np.uint8).view([("R", "u1"), ("G", "u1"), ("B", "u1")])
        array = array.reshape(2, 3, 4)
    AFNIImage(array, np.eye(4)).to_filename(tmp_path / "a+orig.HEAD")
    again = volio.load(tmp_path / "a+orig.HEAD")
    assert again.shape == (2, 3, 4, 1)
    np.testing.assert_array_equal(np.asarray(again.dataobj)[..., 0], array)
    assert (tmp_path / "a+orig.BRIK").stat().st_size == array.nbytes


def test_each_volume_has_its_own_factor(tmp_path):
    scales = np.array([1e-3, 1.0, 1e3, 0.0])
    values = np.linspace(-1, 1, 60).reshape(3, 4, 5)[..., None] * scales
    with pytest.warns(PrecisionWarning, match="one slope for each volume") as caught:
        AFNIImage(values, OBLIQUE).to_filename(tmp_path / "a+orig.HEAD", dtype=np.int16)
    assert len(caught) == 1
    found = volio.load(tmp_path / "a+orig.HEAD")
    np.testing.assert_allclose(found.get_fdata(), values, rtol=0, atol=1e3 / 32000)
    for volume, scale in enumerate(scales):
        error = np.abs(found.dataobj[..., volume] - values[..., volume]).max()
        assert error <= scale / 60000
    theirs = Theirs.load(str(tmp_path / "a+orig.HEAD"))
    np.testing.assert_array_equal(np.asarray(theirs.dataobj), np.asarray(found.dataobj))


def test_editing_one_volume_leaves_the_others(tmp_path):
    img = volio.load(SAMPLE)
    values = np.asarray(img.dataobj.unscaled()) * np.array([0.5, 3.0, 1 / 7])
    first = AFNIImage(values, img.affine, img.header)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PrecisionWarning)
        first.to_filename(tmp_path / "a+orig.HEAD")
        again = volio.load(tmp_path / "a+orig.HEAD")
        before = np.asarray(again.dataobj)
        changed = before.copy()
        changed[0, 0, 0, 1] = before[1, 1, 1, 1]
        AFNIImage(changed, again.affine, again.header).to_filename(tmp_path / "b+orig.HEAD")
    found = volio.load(tmp_path / "b+orig.HEAD")
    np.testing.assert_array_equal(np.asarray(found.dataobj), changed)
    np.testing.assert_array_equal(found.header.get_data_scaling(), again.header.get_data_scaling())


def test_ranges_of_other_values_are_not_kept(tmp_path):
    img = volio.load(SAMPLE)
    assert "BRICK_STATS" in img.header.attributes
    AFNIImage(np.zeros(img.shape), img.affine, img.header).to_filename(tmp_path / "a+orig.HEAD")
    assert "BRICK_STATS" not in volio.load(tmp_path / "a+orig.HEAD").header.attributes


def test_single_volumes_of_a_series():
    part = volio.load(SAMPLE).slicer[..., 1:]
    assert part.header.get_data_shape() == (4, 3, 2, 2)
    assert part.header.attributes["BRICK_TYPES"] == [1, 1]
    assert part.header.attributes["TAXIS_NUMS"][0] == 2
    assert part.header.get_volume_labels() is None


def test_oblique_axes_are_told_by_the_nearest_ones():
    found = series().header.attributes
    assert found["ORIENT_SPECIFIC"] == [0, 2, 4]
    np.testing.assert_allclose(found["DELTA"], [2, -3, 4])
    np.testing.assert_allclose(found["ORIGIN"], [-10, 20, 30])


@pytest.mark.parametrize("codes", [(0, 3, 4), (1, 2, 5), (4, 0, 3), (3, 5, 1), (5, 1, 2)])
def test_axes_without_a_matrix(codes):
    axes = [code // 2 for code in codes]
    delta = [2.0 * (1 if code in (0, 3, 4) else -1) for code in codes]
    found = header(ORIENT_SPECIFIC=list(codes), DELTA=delta, ORIGIN=[1.0, 2.0, 3.0])
    del found.attributes["IJK_TO_DICOM_REAL"]
    affine = found.affine
    for voxel_axis, axis in enumerate(axes):
        sign = -1 if axis < 2 else 1
        assert affine[axis, voxel_axis] == sign * delta[voxel_axis]
        assert affine[axis, 3] == sign * (voxel_axis + 1)
    again = AFNIHeader()
    again.set_affine(affine)
    assert again.attributes["ORIENT_SPECIFIC"] == list(codes)
    assert again.attributes["DELTA"] == delta


@pytest.mark.parametrize(
    ("attributes", "match"),
    [
        ({"DATASET_RANK": [2, 1]}, "DATASET_RANK"),
        ({"DATASET_RANK": [3]}, "DATASET_RANK"),
        ({"DATASET_RANK": [3, 10**15]}, "number of volumes up to"),
        ({"DATASET_DIMENSIONS": [1, -2, 3]}, "DATASET_DIMENSIONS"),
        ({"DATASET_DIMENSIONS": [10**400, 2, 3]}, "finite"),
        ({"BRICK_TYPES": []}, "BRICK_TYPES"),
        ({"BRICK_TYPES": "1"}, "BRICK_TYPES"),
        ({"BRICK_TYPES": [9]}, "BRICK_TYPES"),
        ({"BRICK_TYPES": [1, 3]}, "of one type"),
        ({"DELTA": [1.0, float("nan"), 1.0]}, "DELTA"),
        ({"BRICK_FLOAT_FACS": [1.5]}, "BRICK_FLOAT_FACS: 2 numbers"),
        ({"BRICK_FLOAT_FACS": [1.5, float("inf")]}, "BRICK_FLOAT_FACS"),
        ({"IJK_TO_DICOM_REAL": [1.0]}, "IJK_TO_DICOM_REAL: 12"),
    ],
)
def test_attributes_that_make_no_sense(attributes, match):
    def ask() -> None:
        made = header(**attributes)
        made.get_slope_inter()
        made.get_affine()

    with pytest.raises(VolioError, match=match):
        ask()


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", "found 'nothing'"),
        ("hello", "line 1: an attribute"),
        ("type = list-attribute\nname = A\ncount = 1\n1\n", "A: its type"),
        ("type = integer-attribute\nname = A\ncount = 9999999999999999\n1 2\n", "2 found"),
        ("type = integer-attribute\nname = A\ncount = 1\n1.5\n", "A: invalid"),
        ("type = integer-attribute\nname = A\ncount = 1\n1\n\nname = B\n", "line 4"),
    ],
)
def test_texts_that_are_none(text, match):
    with pytest.raises(AFNIHeaderError, match=match):
        AFNIHeader.from_fileobj(io.BytesIO(text.encode()))


def test_wrong_counts_of_strings_are_taken():
    text = "type = string-attribute\nname = A\ncount = 99\n'abc~\n\n" + SAMPLE.read_text("utf-8")
    found = AFNIHeader.from_fileobj(io.StringIO(text))
    assert found.attributes["A"] == "abc"
    assert found.get_data_shape() == (4, 3, 2, 3)


def test_headers_without_an_end(monkeypatch):
    monkeypatch.setattr(head, "MOST", 100)
    with pytest.raises(LimitError, match="is no"):
        volio.load(SAMPLE)


def test_what_afni_cannot_hold():
    with pytest.raises(HeaderDataError, match="4 axes"):
        AFNIImage(np.zeros((2,) * 5, np.uint8), np.eye(4))
    with pytest.raises(HeaderTypeError, match="no place"):
        AFNIHeader().set_slope_inter(2.0, 1.0)
    with pytest.raises(HeaderDataError, match="finite"):
        AFNIHeader().set_slope_inter(float("nan") * 2)


def test_nibabels_names():
    assert volio.brikhead.AFNIImage is AFNIImage
    info = volio.brikhead.parse_AFNI_header(str(SAMPLE))
    assert info == nibabel.brikhead.parse_AFNI_header(str(SAMPLE))
