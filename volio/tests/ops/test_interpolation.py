"""Where an image ends, and what voxels that are not finite do, when images are resampled."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import volio
from volio.errors import UsageError, VoxelsWarning
from volio.tests.requirements import optional

ITK_ORDERS = [0, 1, 2, 3, 4, 5]


def image(data: Any, affine: Any = None) -> volio.Nifti1Image:
    return volio.Nifti1Image(np.asarray(data), np.eye(4) if affine is None else affine)


def random_affine(seed: int) -> Any:
    random = np.random.default_rng(seed)
    rotation, _ = np.linalg.qr(random.normal(size=(3, 3)))
    affine = np.eye(4)
    affine[:3, :3] = rotation * random.uniform(0.7, 3.0, 3)
    affine[:3, 3] = random.uniform(-4, 4, 3)
    return affine


# Against ITK.


def in_itk(sitk: Any, data: Any, affine: Any) -> Any:
    """The image in LPS, as ITK has it."""
    lps = np.diag([-1.0, -1.0, 1.0, 1.0]) @ affine
    sizes = np.linalg.norm(lps[:3, :3], axis=0)
    img = sitk.GetImageFromArray(np.ascontiguousarray(data.T))
    img.SetSpacing(sizes.tolist())
    img.SetDirection((lps[:3, :3] / sizes).ravel().tolist())
    img.SetOrigin(lps[:3, 3].tolist())
    return img


@pytest.mark.parametrize("order", ITK_ORDERS)
@pytest.mark.parametrize("shape", [(9, 8, 7), (9, 8, 1)], ids=["volume", "slice"])
def test_values_and_edges_as_itk(order: int, shape: Any):
    sitk = optional("SimpleITK")
    kinds = [sitk.sitkNearestNeighbor, sitk.sitkLinear]
    kinds += [sitk.sitkBSpline2, sitk.sitkBSpline3, sitk.sitkBSpline4, sitk.sitkBSpline5]
    for seed in range(4):
        data = np.random.default_rng(seed).normal(100, 20, shape)
        affine = random_affine(seed)
        grid = (12, 11, 10)
        to_affine = random_affine(seed + 100)
        middle = affine[:3, :3] @ (np.subtract(shape, 1) / 2) + affine[:3, 3]
        to_affine[:3, 3] = middle - to_affine[:3, :3] @ (np.subtract(grid, 1) / 2) + 0.1
        found = volio.resample_from_to(image(data, affine), (grid, to_affine), order, cval=-7.0)
        like = in_itk(sitk, np.zeros(grid), to_affine)
        itk = in_itk(sitk, data, affine)
        expected = sitk.Resample(itk, like, sitk.Transform(), kinds[order], -7.0)
        expected = sitk.GetArrayFromImage(expected).T
        outside = expected == -7
        assert 0 < np.count_nonzero(~outside) < outside.size
        np.testing.assert_array_equal(found.get_fdata() == -7, outside)
        np.testing.assert_allclose(found.get_fdata(), expected, atol=2e-3)


# Half a voxel around each centre.


@pytest.mark.parametrize("order", range(6))
@pytest.mark.parametrize("shape", [(4, 4, 4), (4, 1, 4), (1, 1, 1)])
def test_constants_stay_constant_to_the_edges_of_voxels(order: int, shape: Any):
    fine = ((*(4 * length + 4 for length in shape),), np.diag([0.25, 0.25, 0.25, 1.0]))
    fine[1][:3, 3] = -0.5 - 2 * 0.25 + 0.125
    found = volio.resample_from_to(image(np.full(shape, 7.0)), fine, order).get_fdata()
    expected = np.zeros(found.shape)
    expected[2:-2, 2:-2, 2:-2] = 7
    np.testing.assert_allclose(found, expected, atol=1e-9)


@pytest.mark.parametrize("order", range(6))
def test_a_thin_slice_is_as_thick_as_its_voxels(order: int):
    img = image(np.full((8, 8, 1), 25, np.int16), np.diag([1.0, 1, 8, 1]))
    found = volio.conform(img, (8, 8, 8), (1, 1, 1), order=order)
    centres = found.affine[2, 3] + np.arange(8)
    in_slice = (centres >= -4) & (centres < 4)
    assert np.count_nonzero(in_slice) >= 7
    expected = np.where(in_slice, 25, 0) * np.ones((8, 8, 1), int)
    np.testing.assert_array_equal(found.dataobj, expected)


def test_the_lower_edge_belongs_to_a_voxel_and_the_upper_to_the_next():
    half = np.eye(4)
    half[0, 3] = -0.5
    found = volio.resample_from_to(image([[[1.0]], [[2.0]]]), ((3, 1, 1), half), order=0)
    assert np.ravel(found.dataobj).tolist() == [1.0, 2.0, 0.0]


@pytest.mark.parametrize("order", range(6))
def test_the_old_edges(order: int):
    half = np.eye(4)
    half[0, 3] = -0.25
    img = image(np.full((3, 3, 3), 5.0))
    found = volio.resample_from_to(img, ((3, 3, 3), half), order, edge="centre").get_fdata()
    assert (found[0] == 0).all()
    np.testing.assert_allclose(found[1:], 5)
    for resample in (volio.resample_from_to, volio.resample_to_output, volio.conform):
        with pytest.raises(UsageError, match="edge: must be 'voxel' or 'centre', got 'half'"):
            resample(img, *([img] if resample is volio.resample_from_to else []), edge="half")


def test_nothing_within_the_image_is_the_value_outside():
    far = np.eye(4)
    far[:3, 3] = 100
    found = volio.resample_from_to(image(np.ones((3, 3, 3))), ((2, 2, 2), far), cval=4.0)
    assert np.asarray(found.dataobj).tolist() == np.full((2, 2, 2), 4.0).tolist()


def test_the_value_outside_fits_the_voxels():
    img = image(np.ones((2, 2, 2), np.uint8))
    far = np.eye(4)
    far[:3, 3] = 100
    for cval, stored in ((2.6, 3), (-5, 0), (300, 255)):
        found = volio.resample_from_to(img, ((1, 1, 1), far), cval=cval)
        assert np.ravel(found.dataobj).tolist() == [stored]
    with pytest.raises(UsageError, match="cval: uint8 voxels cannot hold nan"):
        volio.resample_from_to(img, ((1, 1, 1), far), cval=np.nan)
    floats = volio.resample_from_to(image(np.ones((2, 2, 2))), ((1, 1, 1), far), cval=np.nan)
    assert np.isnan(np.ravel(floats.dataobj)).tolist() == [True]


# NaN and infinity.


@pytest.mark.parametrize("order", range(6))
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("edge", ["voxel", "centre"])
def test_voxels_that_are_not_finite_spoil_their_surroundings_only(
    order: int, value: float, edge: Any
):
    data = np.full((15, 15, 15), 3.0)
    data[7, 7, 7] = value
    shifted = np.eye(4)
    shifted[:3, 3] = 0.3
    with pytest.warns(VoxelsWarning, match="1 voxels are NaN or infinite") as caught:
        found = volio.resample_from_to(image(data), ((14, 14, 14), shifted), order, edge=edge)
    assert caught[0].filename == __file__
    distance = np.abs(np.arange(14) + 0.3 - 7)
    is_near = distance < (order + 1) / 2
    near = is_near[:, None, None] & is_near[:, None] & is_near
    values = found.get_fdata()
    np.testing.assert_allclose(values[~near], 3.0)
    assert np.isclose(values[7, 7, 7], value, equal_nan=True)
    # Far corners of the kernel weigh next to nothing.
    assert np.count_nonzero(~np.isfinite(values)) > 0.4 * np.count_nonzero(near)
    if not order:
        assert np.count_nonzero(~np.isfinite(values)) == 1


@pytest.mark.parametrize("order", [1, 3])
def test_on_its_own_grid_only_voxels_that_are_not_finite_change_nothing_else(order: int):
    data = np.random.default_rng(0).normal(size=(6, 7, 8))
    data[2, 3, 4] = np.nan
    with pytest.warns(VoxelsWarning, match="1 voxels"):
        found = volio.resample_from_to(image(data), image(data), order).get_fdata()
    reach = 1 if order == 3 else 0
    spoiled = np.isnan(found)
    assert np.count_nonzero(spoiled) == (2 * reach + 1) ** 3
    np.testing.assert_allclose(found[~spoiled], data[~spoiled], atol=1e-5)


def test_both_infinities_make_nan_where_they_meet():
    data = np.zeros((7, 3, 3))
    data[2], data[4] = np.inf, -np.inf
    half = np.eye(4)
    half[0, 3] = 0.5
    with pytest.warns(VoxelsWarning, match="18 voxels"):
        found = volio.resample_from_to(image(data), ((6, 3, 3), half), order=3).get_fdata()
    along = found[:, 1, 1]
    assert along[0] == np.inf
    assert np.isnan(along[2:4]).all()
    assert along[5] == -np.inf


def test_nothing_but_nan():
    data = np.full((4, 4, 4), np.nan)
    with pytest.warns(VoxelsWarning, match="64 voxels"):
        found = volio.resample_from_to(image(data), image(data))
    assert np.isnan(found.get_fdata()).all()


def test_complex_voxels_that_are_not_finite():
    data = np.ones((9, 9, 9), np.complex64)
    data[4, 4, 4] = complex(0, np.inf)
    with pytest.warns(VoxelsWarning, match="1 voxels"):
        found = np.asarray(volio.resample_from_to(image(data), image(data)).dataobj)
    assert np.isnan(found[4, 4, 4])
    assert np.count_nonzero(~np.isfinite(found)) == 27
    np.testing.assert_allclose(found[0], 1)
