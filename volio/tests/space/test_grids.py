from __future__ import annotations

import nibabel.spaces as oracle
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from volio.errors import AffineError, SpaceError, UsageError
from volio.space.affines import apply_affine, voxel_sizes
from volio.space.grids import (
    bounding_box,
    corners,
    mask_slices,
    slice2volume,
    slice_affine,
    vox2out_vox,
)
from volio.tests.space.strategies import affines, shapes, voxel_positions

ends = st.none() | st.integers(-12, 12)
basic_slices = st.builds(slice, ends, ends, st.none() | st.sampled_from([-3, -2, -1, 1, 2, 3]))


@given(affines(), shapes, st.tuples(basic_slices, basic_slices, basic_slices))
def test_slicing_leaves_every_voxel_in_place(affine, shape, slices):
    kept = voxel_positions(affine, shape)[slices]
    moved = slice_affine(affine, shape, slices)
    assert np.allclose(voxel_positions(moved, kept.shape[:3]), kept, rtol=1e-12, atol=1e-9)


@given(affines(), shapes, st.integers(0, 9))
def test_cropping_leaves_every_voxel_in_place(affine, shape, seed):
    mask = np.random.default_rng(seed).random(shape) > 0.7
    mask.flat[0] |= not mask.any()
    slices = mask_slices(mask)
    moved = slice_affine(affine, shape, slices)
    before = voxel_positions(affine, shape)[mask]
    after = voxel_positions(moved, mask[slices].shape)[mask[slices]]
    assert np.allclose(after, before, rtol=1e-12, atol=1e-9)


@pytest.mark.parametrize(
    ("index", "start"),
    [
        (slice(2, None), (2, 0, 0)),
        (Ellipsis, (0, 0, 0)),
        ((), (0, 0, 0)),
        ((Ellipsis, 3), (0, 0, 0)),
        ((Ellipsis, slice(1, None), slice(-2, None)), (0, 0, 1)),
        ((slice(-1, None), Ellipsis, 0), (4, 0, 0)),
        ((slice(1, None), slice(None), slice(None), None, np.int64(3)), (1, 0, 0)),
        ((slice(None), slice(None), slice(2, 3), Ellipsis), (0, 0, 2)),
    ],
)
def test_indices_as_numpy_takes_them(index, start):
    moved = slice_affine(np.eye(4), (5, 6, 7, 8), index)
    assert np.array_equal(moved[:3, 3], start)
    assert np.array_equal(moved[:3, :3], np.eye(3))


def test_planes_and_lines_have_an_affine_too():
    moved = slice_affine(np.diag([2, 3, 4, 1]), (5, 6), (slice(None, None, -1), slice(1, None)))
    assert np.array_equal(moved, [[-2, 0, 0, 8], [0, 3, 0, 3], [0, 0, 4, 0], [0, 0, 0, 1]])


@pytest.mark.parametrize(
    "index",
    [
        3,
        (None, Ellipsis),
        (slice(None), 1),
        (Ellipsis, Ellipsis),
        slice(None, None, 0),
        (slice(None),) * 5,
        ([0, 1],),
    ],
)
def test_indices_that_drop_or_move_an_axis_are_refused(index):
    with pytest.raises(UsageError, match="slices"):
        slice_affine(np.eye(4), (5, 6, 7, 8), index)


@given(affines(), shapes)
def test_corners_and_box_hold_the_volume(affine, shape):
    places = voxel_positions(affine, shape).reshape(-1, 3)
    low, high = bounding_box(affine, shape)
    assert np.allclose([low, high], [places.min(0), places.max(0)], atol=1e-9)
    inner, outer = corners(affine, shape), corners(affine, shape, edges=True)
    assert inner.shape == outer.shape == (8, 3)
    middle = places.mean(axis=0)
    assert np.allclose([inner.mean(axis=0), outer.mean(axis=0)], middle, atol=1e-9)
    wider = bounding_box(affine, shape, edges=True) - [low, high]
    assert (wider[0] < 0).all()
    assert (wider[1] > 0).all()


def test_corners_in_order_of_the_voxel_axes():
    assert np.array_equal(corners(np.eye(4), (2, 3))[[0, 2, -1]], [[0, 0, 0], [0, 2, 0], [1, 2, 0]])
    with pytest.raises(SpaceError, match="without voxels"):
        corners(np.eye(4), (3, 0, 3))
    with pytest.raises(AffineError, match="4x4"):
        corners(np.eye(3), (3, 3, 3))


def test_mask_slices_with_margin():
    mask = np.zeros((6, 7, 8, 2))
    mask[2:4, 0, 7, 1] = -1
    assert mask_slices(mask) == (slice(2, 4), slice(0, 1), slice(7, 8), slice(1, 2))
    assert mask_slices(mask, 1) == (slice(1, 5), slice(0, 2), slice(6, 8), slice(0, 2))
    with pytest.raises(SpaceError, match="no voxel"):
        mask_slices(np.zeros((2, 2)))


@given(affines(), shapes, st.none() | st.tuples(*[st.floats(0.5, 5)] * 3), st.integers(1, 3))
def test_vox2out_vox_equals_nibabel(affine, shape, sizes, count):
    sizes = sizes and sizes[:count]
    ours = vox2out_vox((shape[:count], affine), sizes)
    theirs = oracle.vox2out_vox((shape[:count], affine), sizes)
    assert np.allclose(ours[1], theirs[1], atol=1e-9)
    # The number of voxels is the same but where the last one is decided by rounding.
    low, high = bounding_box(affine, shape[:count])
    steps = ((high - low) / voxel_sizes(theirs[1]))[:count]
    certain = np.abs(steps - np.round(steps)) > 1e-9
    assert np.array_equal(np.array(ours[0])[certain], np.array(theirs[0])[certain])


def test_vox2out_vox_takes_images():
    class Image:
        shape = (5, 6, 7)
        affine = np.diag([-2, 3, 4, 1])

    shape, affine = vox2out_vox(Image, (2, 2, 2))
    assert shape == (5, 9, 13)
    assert all(type(n) is int for n in shape)
    assert np.array_equal(affine[:3, 3], [-8, 0, 0])


@pytest.mark.parametrize(
    ("shape", "sizes", "error", "words"),
    [
        ((5, 6, 7, 8), None, SpaceError, "one to three axes"),
        ((), None, SpaceError, "one to three axes"),
        ((5, 0, 7), None, SpaceError, "without voxels"),
        ((5, 6, 7), (1, 1), UsageError, "must have 3 values"),
        ((5, 6, 7), (1, 1, 0), UsageError, "above 0"),
        ((5, 6, 7), (1, 1, np.nan), UsageError, "above 0"),
        ((5, 6, 7), 2, UsageError, "must have 3 values"),
    ],
)
def test_vox2out_vox_refuses(shape, sizes, error, words):
    with pytest.raises(error, match=words):
        vox2out_vox((shape, np.eye(4)), sizes)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_slice2volume_equals_nibabel(axis):
    plane = slice2volume(3, axis, (4, 5, 6))
    assert np.array_equal(plane, oracle.slice2volume(3, axis, (4, 5, 6)))
    volume = np.arange(120).reshape(4, 5, 6)
    i, j, k = apply_affine(plane, [1, 2]).astype(int)
    assert volume[i, j, k] == volume.take(3, axis)[1, 2]


@pytest.mark.parametrize(("index", "axis"), [(-1, 0), (4, 0), (0, 3), (0, -1)])
def test_slice2volume_refuses(index, axis):
    words = "axis: must be 0, 1 or 2" if index == 0 else "index: must be a plane"
    with pytest.raises(UsageError, match=words):
        slice2volume(index, axis, (4, 5, 6))
