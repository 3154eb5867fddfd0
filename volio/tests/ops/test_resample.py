"""Resampling: the numbers of nibabel.processing, volume by volume."""

from __future__ import annotations

import nibabel
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nibabel import processing

import volio
from volio.compat.nibabel import processing as served
from volio.errors import (
    AffineError,
    GeometryWarning,
    ImageDataError,
    OrientationError,
    UsageError,
    VoxelsWarning,
)
from volio.ops.resample import conform, resample_from_to, resample_to_output
from volio.testing.strategies import affines

TURNED = np.array([[1.9, -0.4, 0.1, -8], [0.5, 2.2, 0, -9], [0, 0.3, -2.8, 11], [0, 0, 0, 1]])
GRID = ((6, 7, 8), np.array([[2.0, 0, 0.3, -7], [0, -2, 0, 6], [0.1, 0, 2, -6], [0, 0, 0, 1]]))


def pair(shape=(9, 8, 7), affine=TURNED, dtype=np.float32, seed=0):
    """The same random image for volio and nibabel."""
    data = (100 * np.random.default_rng(seed).normal(size=shape)).astype(dtype)
    return volio.Nifti1Image(data, affine), nibabel.Nifti1Image(data, affine)


def same(found, expected):
    """Same grid and values, which are not all outside."""
    assert found.shape == expected.shape
    np.testing.assert_allclose(found.affine, expected.affine, atol=1e-6)
    np.testing.assert_allclose(found.get_fdata(), expected.get_fdata(), rtol=1e-5, atol=1e-4)
    assert np.any(found.get_fdata())


@pytest.mark.parametrize("order", range(6))
@pytest.mark.parametrize("mode", ["constant", "nearest", "reflect", "wrap"])
def test_from_to_as_nibabel(order, mode):
    ours, theirs = pair()
    found = served.resample_from_to(ours, GRID, order, mode, cval=3.0)
    same(found, processing.resample_from_to(theirs, GRID, order, mode, cval=3.0))
    assert found.dataobj.dtype == np.float32


@given(affine=affines(), seed=st.integers(0, 99))
def test_onto_its_own_grid_nothing_changes(affine, seed):
    img = pair((4, 5, 3), affine, seed=seed)[0]
    found = resample_from_to(img, img, order=1)
    np.testing.assert_allclose(found.get_fdata(), img.get_fdata(), rtol=1e-4, atol=1e-2)


@pytest.mark.parametrize("dtype", [np.int8, np.int16, np.float64, np.complex64])
def test_dtypes_as_nibabel(dtype):
    ours, theirs = pair(dtype=dtype)
    found = served.resample_from_to(ours, GRID, order=1)
    expected = processing.resample_from_to(theirs, GRID, order=1)
    np.testing.assert_allclose(found.dataobj, expected.dataobj, rtol=1e-5, atol=1e-5)
    assert found.dataobj.dtype == expected.dataobj.dtype


def test_volumes_one_by_one(tmp_path):
    ours, theirs = pair((9, 8, 7, 3))
    expected = processing.resample_from_to(theirs, ((*GRID[0], 3), GRID[1]))
    same(served.resample_from_to(ours, GRID), expected)
    same(served.resample_from_to(ours, ((*GRID[0], 3), GRID[1])), expected)
    with pytest.warns(GeometryWarning, match="square"):
        volio.save(ours, tmp_path / "a.nii.gz")
    same(served.resample_from_to(volio.load(tmp_path / "a.nii.gz"), GRID), expected)
    five = resample_from_to(pair((9, 8, 7, 1, 2))[0], GRID)
    assert five.shape == (*GRID[0], 1, 2)


def test_nan_stays_in_its_volume():
    data = np.ones((6, 6, 6, 2), np.float32)
    data[2, 2, 2, 0] = np.nan
    with pytest.warns(VoxelsWarning, match="1 voxels"):
        found = resample_from_to(volio.Nifti1Image(data, np.eye(4)), ((6, 6, 6), np.eye(4)))
    assert np.isnan(found.dataobj[..., 0]).any()
    assert not np.isnan(found.dataobj[..., 1]).any()


def test_planes_as_grids():
    ours, theirs = pair()
    grid = ((6, 7), GRID[1])
    same(served.resample_from_to(ours, grid), processing.resample_from_to(theirs, grid))


def test_header_and_class():
    img = pair()[0]
    img.header["descrip"] = b"a scan"
    img.header.set_sform(TURNED, "scanner")
    found = resample_from_to(img, pair(affine=GRID[1])[0])
    assert found.header["descrip"] == b"a scan"
    assert found.header["sform_code"] == 1  # the world is the same
    np.testing.assert_allclose(found.get_sform(), GRID[1], atol=1e-6)
    plain = volio.SpatialImage(np.asarray(img.dataobj), TURNED)
    assert type(resample_from_to(plain, GRID)) is volio.Nifti1Image
    assert type(resample_from_to(plain, GRID, out_class=None)) is volio.SpatialImage


def test_images_of_other_packages():
    ours, theirs = pair()
    same(resample_from_to(theirs, GRID), resample_from_to(ours, GRID))
    assert type(resample_from_to(theirs, GRID, out_class=None)) is nibabel.Nifti1Image


@pytest.mark.parametrize("dtype", [np.float16, np.longdouble, np.clongdouble])
def test_dtypes_that_scipy_does_not_take(dtype):
    img = volio.SpatialImage(np.ones((4, 4, 4), dtype), np.eye(4))
    found = resample_from_to(img, ((3, 3, 3), np.eye(4)), out_class=None)
    np.testing.assert_allclose(found.dataobj, 1)


def test_arguments_out_of_range():
    img = pair()[0]
    with pytest.raises(UsageError, match="order"):
        resample_from_to(img, GRID, order=6)
    with pytest.raises(UsageError, match="mode"):
        resample_from_to(img, GRID, mode="bad")
    with pytest.raises(UsageError, match="to_vox_map"):
        resample_from_to(pair((4, 4, 4, 2))[0], ((4, 4, 4, 3), np.eye(4)))
    with pytest.raises(UsageError, match="to_vox_map"):
        resample_from_to(img, ((4, 4, 4, 3), np.eye(4)))
    with pytest.raises(AffineError, match="three axes"):
        resample_from_to(volio.SpatialImage(np.ones((3, 3)), np.eye(4)), GRID)
    with pytest.raises(AffineError, match="from_img"):
        resample_from_to(volio.SpatialImage(np.ones((3, 3, 3)), None), GRID)
    with pytest.raises(AffineError, match="inverted"):
        resample_from_to(volio.SpatialImage(np.ones((3, 3, 3)), np.diag([1.0, 0, 1, 1])), GRID)
    rgb = np.zeros((2, 3, 4), [("R", "u1"), ("G", "u1"), ("B", "u1")])
    with pytest.raises(ImageDataError, match="fields"):
        resample_from_to(volio.Nifti1Image(rgb, np.eye(4)), GRID)


# Corners touch the borders of the new grid, so that rounding decides whether they are outside:
# not so in the mode "nearest".
@pytest.mark.parametrize("sizes", [None, 2, 1.5, (1, 2, 3)])
def test_to_output_as_nibabel(sizes):
    ours, theirs = pair()
    expected = processing.resample_to_output(theirs, sizes, mode="nearest")
    same(served.resample_to_output(ours, sizes, mode="nearest"), expected)


@pytest.mark.parametrize(("shape", "sizes"), [((5,), 2), ((5, 6), 2), ((5, 6), (1, 2, 3))])
def test_to_output_of_few_axes(shape, sizes):
    ours, theirs = pair(shape)
    expected = processing.resample_to_output(theirs, sizes, mode="nearest")
    same(served.resample_to_output(ours, sizes, mode="nearest"), expected)


def test_to_output_keeps_volumes():
    img = pair((6, 5, 4, 2))[0]
    found = resample_to_output(img, 2)
    same(found, volio.concat_images([resample_to_output(v, 2) for v in volio.four_to_three(img)]))
    assert np.count_nonzero(found.affine[:3, :3]) == 3


@pytest.mark.parametrize("sizes", [(1, 2), 0, -1, (1, 2, 0), (1, 2, 3, 4)])
def test_to_output_sizes_out_of_range(sizes):
    with pytest.raises(UsageError, match="voxel_sizes"):
        resample_to_output(pair()[0], sizes)


@pytest.mark.parametrize("orientation", ["RAS", "LIA", "PSR"])
@pytest.mark.parametrize("affine", [TURNED, np.diag([-2.0, 2, 3, 1])])
def test_conform_as_nibabel(orientation, affine):
    ours, theirs = pair(affine=affine)
    options = {"voxel_size": (2, 1.5, 1), "orientation": orientation}
    found = served.conform(ours, (12, 13, 14), **options)
    same(found, processing.conform(theirs, (12, 13, 14), **options))
    assert "".join(volio.aff2axcodes(found.affine)) == orientation


def test_conform_keeps_class_and_volumes():
    img = volio.SpatialImage(np.ones((4, 5, 6, 2), np.int16), TURNED)
    found = conform(img, (8, 8, 8), (2, 2, 2))
    assert type(found) is volio.SpatialImage
    assert found.shape == (8, 8, 8, 2)
    assert found.dataobj.dtype == np.int16


def test_conform_arguments_out_of_range():
    with pytest.raises(UsageError, match="out_shape"):
        conform(pair()[0], (10, 10))
    with pytest.raises(UsageError, match="voxel_size"):
        conform(pair()[0], voxel_size=(1, 1, 0))
    with pytest.raises(OrientationError, match="axcodes"):
        conform(pair()[0], orientation="XYZ")


def test_a_plane_is_conformed_as_one_slice():
    plane = volio.Nifti1Image(np.full((6, 4), 5, np.int16), np.diag([0.5, 0.5, 1, 1]))
    conformed = volio.conform(plane, (4, 4, 3), (1, 1, 1), order=0)
    assert conformed.shape == (4, 4, 3)
    # 6 and 4 voxels of 0.5 mm reach over 3 and 2 mm in the middle; the slice is 1 mm thick.
    assert np.count_nonzero(conformed.dataobj[:, :, 1]) in (6, 8)
    assert not conformed.dataobj[:, :, ::2].any()
