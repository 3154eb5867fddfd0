"""Scaled integers that are converted: the stored integers stay, with the nearest slope there is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest

import volio
from volio.errors import PrecisionWarning
from volio.tests.requirements import optional

STORED = np.arange(60, dtype=np.uint8).reshape(5, 4, 3) % 13
AFFINE = np.diag([2.0, 2.0, 3.0, 1.0])
SLOPE = 152 / 255  # which float32 does not hold

SOURCES = [
    (volio.Minc1Image, "a.mnc", "minc1"),
    (volio.Minc2Image, "a.mnc", "minc2"),
    (volio.MifImage, "a.mif", None),
    (volio.Nifti2Image, "a.nii", "nifti2"),
]
TARGETS = [("b.nii", "nifti1"), ("b.img", "spm99"), ("b+orig.HEAD", None), ("b.v", None)]


def source(cls: Any, name: str, format: str | None, folder: Path, slope: Any, inter: Any) -> Any:
    img = cls(STORED, AFFINE)
    img.set_data_dtype(np.uint8)
    img.header.set_slope_inter(slope, inter)
    volio.save(img, folder / name, format=format)
    return volio.load(folder / name)


def converted(img: Any, target: Path, format: str | None, whole: bool) -> tuple[Any, float]:
    """Return an image as another format has it, and the largest error that a warning states."""
    if whole:
        img = type(img)(img.get_fdata(), img.affine, img.header)
    with pytest.warns(PrecisionWarning, match="largest error") as caught:
        volio.save(img, target, format=format)
    said = re.search(r"largest error ([0-9.e+-]*\d)", str(caught[0].message))
    assert said is not None
    return volio.load(target), float(said[1])


@pytest.mark.parametrize("given", SOURCES, ids=lambda given: given[0].__name__)
@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target[1] or target[0])
@pytest.mark.parametrize("whole", [False, True], ids=["lazy", "array"])
def test_stored_integers_stay_with_the_nearest_slope(
    given: Any, target: Any, whole: bool, tmp_path: Path
):
    img = source(*given, tmp_path, SLOPE, 0.0)
    back, said = converted(img, tmp_path / target[0], target[1], whole)
    slopes = np.unique(back.header.get_slope_inter()[0])
    assert slopes.tolist() == [float(np.float32(SLOPE))]
    np.testing.assert_array_equal(back.dataobj.get_unscaled().reshape(STORED.shape), STORED)
    assert back.get_data_dtype() == np.uint8
    error = np.abs(back.get_fdata().reshape(STORED.shape) - img.get_fdata()).max()
    assert error == pytest.approx(said, rel=0.01)
    assert error < 1e-6


def test_slopes_of_volumes_that_are_all_the_same_are_one(tmp_path: Path):
    stored = np.stack([STORED, STORED + 1], axis=-1)
    img = volio.AFNIImage(stored, AFFINE)
    img.set_data_dtype(np.uint8)
    slope = float(np.float32(SLOPE))
    img.header.set_slope_inter([slope, slope])
    volio.save(img, tmp_path / "a+orig.HEAD")
    img = volio.load(tmp_path / "a+orig.HEAD")
    assert np.shape(img.header.get_slope_inter()[0]) == (2,)
    volio.save(img, tmp_path / "b.nii")
    back = volio.load(tmp_path / "b.nii")
    assert back.header.get_slope_inter() == (slope, 0.0)
    assert back.get_data_dtype() == np.uint8
    np.testing.assert_array_equal(back.dataobj.get_unscaled(), stored)


@pytest.mark.parametrize("lazy", [True, False])
def test_slices_of_minc_without_labels_have_the_slope_of_the_others(lazy: bool, tmp_path: Path):
    """Their ends are both 0 in the file, which is a slope of 0."""
    stored = STORED.copy()
    stored[1] = 0
    slopes = np.full((5, 1, 1), SLOPE)
    slopes[1] = 0
    img = volio.Minc1Image(stored, AFFINE)
    img.set_data_dtype(np.uint8)
    img.header.set_slope_inter(slopes, np.zeros((5, 1, 1)))
    volio.save(img, tmp_path / "a.mnc", format="minc1")
    img = volio.load(tmp_path / "a.mnc")
    assert np.ravel(img.header.get_slope_inter()[0])[1] == 0
    back, said = converted(img, tmp_path / "b.nii", "nifti1", whole=not lazy)
    assert back.header.get_slope_inter() == (float(np.float32(SLOPE)), 0.0)
    assert back.get_data_dtype() == np.uint8
    np.testing.assert_array_equal(back.dataobj.get_unscaled(), stored)
    assert said < 1e-6


@pytest.mark.parametrize("target", TARGETS[1:], ids=lambda target: target[1] or target[0])
def test_an_intercept_that_a_format_has_no_place_for(target: Any, tmp_path: Path):
    """It is part of the integers, or values are floats: no new slope rounds them."""
    for count, inter in enumerate((100 * SLOPE, 1000.3)):
        folder = tmp_path / str(count)
        folder.mkdir()
        img = source(*SOURCES[2], folder, SLOPE, inter)
        if target[1] == "spm99" and count:
            volio.save(img, folder / target[0], format=target[1])
            back = volio.load(folder / target[0])
        else:
            back, _ = converted(img, folder / target[0], target[1], whole=False)
        assert back.get_data_dtype().kind == "uf"[count]
        error = np.abs(back.get_fdata().reshape(STORED.shape) - img.get_fdata()).max()
        assert error <= 2.0**-24 * img.get_fdata().max()


def test_an_intercept_that_float32_has_moved_off_the_steps(tmp_path: Path):
    """70 steps of float32(0.1) are 1e-7 off the intercept of 7: nearer than any new slope."""
    stored = np.array([[[-1_000_001, 0, 1, 1_000_003]]], np.int32)
    img = volio.Nifti2Image(stored, AFFINE)
    img.header.set_slope_inter(float(np.float32(0.1)), 7)
    volio.save(img, tmp_path / "a.nii", format="nifti2")
    img = volio.load(tmp_path / "a.nii")
    back, said = converted(img, tmp_path / "b.v", None, whole=False)
    np.testing.assert_array_equal(back.dataobj.get_unscaled().ravel(), stored.ravel() + 70)
    error = np.abs(back.get_fdata().ravel() - img.get_fdata().ravel()).max()
    assert error == pytest.approx(said, rel=0.01)
    assert error < 1.1e-7


def test_a_new_scaling_is_taken_where_it_moves_values_less(tmp_path: Path):
    stored = np.array([[[-(2**30), 5, 2**30 + 1]]], np.int32)
    img = volio.Nifti2Image(stored, AFFINE)
    img.header.set_slope_inter(0.1, 0)
    volio.save(img, tmp_path / "a.nii", format="nifti2")
    img = volio.load(tmp_path / "a.nii")
    back, said = converted(img, tmp_path / "b.nii", "nifti1", whole=False)
    error = np.abs(back.get_fdata() - img.get_fdata()).max()
    assert error == pytest.approx(said, rel=0.01)
    assert error < 0.05  # half a step; 2**30 steps of float32(0.1) are 1.6 off


@pytest.mark.parametrize("stored", [np.arange(256), np.arange(0, 32000, 17)])
def test_an_intercept_of_many_steps_loses_no_integers(stored: Any, tmp_path: Path):
    """10 million steps of the slope fit no integers that can be told apart by a float32."""
    dtype = np.uint8 if stored.max() < 256 else np.int16
    img = volio.MifImage(stored.astype(dtype).reshape(1, 1, -1), AFFINE)
    img.header.set_slope_inter(1e-3 / 3, 1e4 / 3)
    volio.save(img, tmp_path / "a.mif")
    img = volio.load(tmp_path / "a.mif")
    volio.save(img, tmp_path / "b.img", format="spm99")
    back = volio.load(tmp_path / "b.img")
    np.testing.assert_allclose(back.get_fdata(), img.get_fdata(), rtol=2.0**-24)


def test_minc_keeps_a_small_intercept_of_wide_integers(tmp_path: Path):
    img = volio.Nifti2Image(np.array([[[0, 7, 2**21]]], np.int32), AFFINE)
    img.header.set_slope_inter(1, 0.1)
    volio.save(img, tmp_path / "a.nii", format="nifti2")
    img = volio.load(tmp_path / "a.nii")
    volio.save(img, tmp_path / "b.mnc", format="minc1")
    back = volio.load(tmp_path / "b.mnc")
    np.testing.assert_allclose(back.get_fdata(), img.get_fdata(), atol=1e-6)


# Images of one value.

CLASSES = [
    (volio.Nifti1Image, "a.nii", None),
    (volio.Spm99AnalyzeImage, "a.img", "spm99"),
    (volio.AFNIImage, "a+orig.HEAD", None),
    (volio.EcatImage, "a.v", None),
    (volio.Minc1Image, "a.mnc", "minc1"),
    (volio.MifImage, "a.mif", None),
]


@pytest.mark.filterwarnings("ignore::volio.errors.PrecisionWarning")
@pytest.mark.parametrize("given", CLASSES, ids=lambda given: given[0].__name__)
@pytest.mark.parametrize("dtype", [np.uint8, np.int16])
def test_one_value_comes_back_from_every_format(given: Any, dtype: Any, tmp_path: Path):
    cls, name, format = given
    for value in (0.0, 0.1, -3.7, 1e-10, 1e-20, -1e-20, 1e-35, 1e20, 300.0, -1.0, 16777217.0):
        img = cls(np.full((2, 3, 4), value), AFFINE)
        img.set_data_dtype(dtype)
        volio.save(img, tmp_path / name, format=format)
        back = volio.load(tmp_path / name)
        np.testing.assert_allclose(back.get_fdata(), value, rtol=1e-7)


@pytest.mark.filterwarnings("ignore::volio.errors.PrecisionWarning")
def test_other_programs_read_one_value_from_nifti(tmp_path: Path):
    sitk = optional("SimpleITK")
    for value in (0.1, -3.7, 1e-9, 1e-20, 1e20, 300.0):
        img = volio.Nifti1Image(np.full((2, 3, 4), value), AFFINE)
        img.set_data_dtype(np.int16)
        volio.save(img, tmp_path / "a.nii")
        theirs = nibabel.load(tmp_path / "a.nii").get_fdata()
        np.testing.assert_allclose(theirs, value, rtol=1e-7)
        in_itk = sitk.GetArrayFromImage(sitk.ReadImage(str(tmp_path / "a.nii")))
        np.testing.assert_allclose(in_itk, value, rtol=1e-6)
