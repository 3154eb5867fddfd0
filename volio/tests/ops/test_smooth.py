"""Smoothing: the numbers of nibabel.processing, volume by volume."""

from __future__ import annotations

import nibabel
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nibabel import processing
from scipy.ndimage import gaussian_filter

import volio
from volio.errors import AffineError, UsageError
from volio.ops.smooth import fwhm2sigma, sigma2fwhm, smooth_image

AFFINE = np.array([[0, -2.0, 0, 5], [3, 0, 0, 1], [0, 0, 4, 2], [0, 0, 0, 1]])


def pair(shape=(7, 8, 9), dtype=np.float32):
    """The same random image for volio and nibabel."""
    data = (1000 * np.random.default_rng(1).normal(size=shape)).astype(dtype)
    return volio.Nifti1Image(data, AFFINE), nibabel.Nifti1Image(data, AFFINE)


@given(st.floats(0, 1e6))
def test_widths_and_deviations(width):
    assert fwhm2sigma(width) == pytest.approx(processing.fwhm2sigma(width))
    assert sigma2fwhm(fwhm2sigma(width)) == pytest.approx(width)
    np.testing.assert_allclose(sigma2fwhm([1, width]), processing.sigma2fwhm([1, width]))


@pytest.mark.parametrize("fwhm", [0, 6, (6, 3, 0)])
@pytest.mark.parametrize("mode", ["nearest", "constant", "wrap"])
@pytest.mark.parametrize("dtype", [np.float32, np.int16])
def test_as_nibabel(fwhm, mode, dtype):
    ours, theirs = pair(dtype=dtype)
    found = smooth_image(ours, fwhm, mode, cval=10)
    expected = processing.smooth_image(theirs, fwhm, mode, cval=10)
    np.testing.assert_allclose(found.dataobj, expected.dataobj, rtol=1e-5, atol=1e-3)
    assert found.dataobj.dtype == dtype
    np.testing.assert_array_equal(found.affine, AFFINE)


@pytest.mark.parametrize("fwhm", [6, (6, 6, 6, 0), (6, 3, 0, 0)])
def test_volumes_as_nibabel(fwhm, tmp_path):
    ours, theirs = pair((5, 6, 4, 3))
    expected = processing.smooth_image(theirs, fwhm).get_fdata()
    np.testing.assert_allclose(smooth_image(ours, fwhm).dataobj, expected, rtol=1e-5, atol=1e-3)
    volio.save(ours, tmp_path / "a.nii.gz")
    lazy = volio.load(tmp_path / "a.nii.gz")
    np.testing.assert_allclose(smooth_image(lazy, fwhm).dataobj, expected, rtol=1e-5, atol=1e-3)


def test_over_time_in_volumes():
    # nibabel divides the last width by the length of the affine's last column, the origin.
    ours = pair((5, 6, 4, 3))[0]
    expected = gaussian_filter(np.asarray(ours.dataobj), fwhm2sigma([2, 2, 1, 2]), mode="nearest")
    found = smooth_image(ours, (6, 4, 4, 2))
    np.testing.assert_allclose(found.dataobj, expected, rtol=1e-5, atol=1e-3)


def test_the_image_is_not_changed():
    img = pair()[0]
    before = np.array(img.dataobj)
    assert not np.array_equal(smooth_image(img, 8).dataobj, before)
    np.testing.assert_array_equal(img.dataobj, before)


def test_class_of_the_result():
    img = volio.SpatialImage(np.ones((3, 4)), AFFINE)
    assert type(smooth_image(img, 4)) is volio.Nifti1Image
    assert type(smooth_image(img, 4, out_class=None)) is volio.SpatialImage


@pytest.mark.parametrize("fwhm", [-1, np.nan, (1, 2), (1, 2, 3, 4), (1, -2, 3)])
def test_widths_out_of_range(fwhm):
    with pytest.raises(UsageError, match="fwhm"):
        smooth_image(pair()[0], fwhm)


def test_images_that_cannot_be_smoothed():
    with pytest.raises(UsageError, match="mode"):
        smooth_image(pair()[0], 4, mode="bad")
    with pytest.raises(AffineError, match="no affine"):
        smooth_image(volio.SpatialImage(np.ones((3, 4, 5)), None), 4)
    with pytest.raises(AffineError, match="no length"):
        smooth_image(volio.SpatialImage(np.ones((3, 4, 5)), np.diag([1.0, 0, 1, 1])), 4)
