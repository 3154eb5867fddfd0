"""Comparing images: fields, places, voxels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

import volio
from volio.errors import UsageError
from volio.ops.compare import compare
from volio.ops.comparison import voxels
from volio.ops.comparison.voxels import compare_voxels
from volio.space.eulerangles import euler2mat

SHAPE = (3, 4, 5)
ARRAYS = npst.arrays(
    st.sampled_from([np.float32, np.float64, np.int16, np.uint8]), npst.array_shapes(max_dims=4)
)


def image(data=None, affine=None):
    """A small image."""
    data = np.arange(60, dtype=np.int16).reshape(SHAPE) if data is None else data
    return volio.Nifti1Image(data, np.diag([2.0, 2, 3, 1]) if affine is None else affine)


@given(ARRAYS)
def test_an_array_is_the_same_as_itself(array):
    found = compare_voxels(array, array.copy())
    assert found == voxels.VoxelDifference(array.size)


@given(ARRAYS, st.data())
def test_the_voxel_that_differs_is_found(array, data):
    array = np.nan_to_num(array, nan=1, posinf=2, neginf=3).clip(-100, 100)
    where = data.draw(st.tuples(*(st.integers(0, length - 1) for length in array.shape)))
    other = array.copy()
    other[where] += 5
    found = compare_voxels(array, other)
    assert (found.differing, found.where) == (1, where)
    assert found.values == (array[where], other[where])
    assert found.largest == pytest.approx(5, rel=1e-4)
    assert 0 < found.relative <= 5
    assert compare_voxels(array, other, atol=5.1).differing == 0


def test_slab_by_slab(monkeypatch, tmp_path):
    monkeypatch.setattr(voxels, "SLAB", 7)
    one = image()
    data = np.asarray(one.dataobj).astype(np.float32)
    data[2, 1, 3] += 1
    data[0, 3, 4] -= 8
    volio.save(image(data), tmp_path / "a.nii.gz")
    found = compare(one, tmp_path / "a.nii.gz").voxels
    assert (found.count, found.differing, found.largest) == (60, 2, 8)
    assert found.where == (0, 3, 4)


def test_nan_is_equal_to_nan_only():
    one = np.array([np.nan, np.nan, np.inf, np.inf, 1])
    other = np.array([np.nan, 0, np.inf, -np.inf, 1])
    found = compare_voxels(one, other, rtol=10, atol=1000)
    assert (found.differing, found.largest, found.where) == (2, np.inf, (1,))
    assert found.relative == 1


def test_large_integers_are_compared_exactly():
    one, other = np.array([2**63 - 1, -5]), np.array([2**63 - 2, -(2**63)])
    assert compare_voxels(one[:1], other[:1]).largest == 1
    assert compare_voxels(one, other).largest == pytest.approx(2.0**63)
    low, high = np.array([-(2**63)]), np.array([2**63 - 1])
    assert compare_voxels(low, high).largest == pytest.approx(2.0**64)
    small, smaller = np.array([250], np.uint8), np.array([-100], np.int8)
    assert compare_voxels(small, smaller).largest == 350


@pytest.mark.parametrize("dtype", [bool, np.complex64, [("R", "u1"), ("G", "u1"), ("B", "u1")]])
def test_other_kinds_of_voxels(dtype):
    one = np.zeros((2, 3), dtype)
    other = one.copy()
    other[1, 2] = (0, 1, 0) if one.dtype.names else 1
    found = compare_voxels(one, other)
    assert (found.differing, found.largest, found.where) == (1, 1, (1, 2))


def test_what_cannot_be_compared():
    assert compare_voxels(np.zeros(2), np.zeros(3)) is None
    assert compare_voxels(np.zeros(2), np.zeros(2, [("R", "u1")])) is None
    assert compare_voxels(np.zeros((0, 2)), np.zeros((0, 2))).differing == 0
    with pytest.raises(UsageError, match="rtol"):
        compare(image(), image(), rtol=-1)


def test_the_same_image():
    found = compare(image(), image())
    assert found.same
    assert (found.degrees, found.mm, found.fields) == (0, 0, ())


def test_fields_that_differ():
    one, other = image(), image()
    other.header["descrip"] = b"another"
    other.header["scl_slope"] = one.header["scl_slope"] = np.nan
    other.header["pixdim"][4] = 7
    found = compare(one, other)
    assert [difference.field for difference in found.fields] == ["pixdim", "descrip"]
    assert (found.fields[1].a, found.fields[1].b) == ("", "another")
    assert found.same_voxels
    assert found.same_place
    assert not found.same


def test_places_that_differ():
    turn = np.eye(4)
    turn[:3, :3] = euler2mat(np.radians(3))
    moved = turn @ image().affine
    moved[2, 3] += 4
    found = compare(image(), image(affine=moved))
    assert found.degrees == pytest.approx(3, abs=1e-3)
    assert found.mm > 4
    assert not found.same_place
    unknown = volio.SpatialImage(np.zeros(SHAPE), None)
    assert compare(unknown, unknown).same_place
    assert not compare(unknown, image()).same_place
    assert compare(unknown, image()).mm is None


def test_shapes_that_differ():
    found = compare(image(), image(np.zeros((3, 4, 5, 2), np.float32)))
    assert found.shapes == (SHAPE, (*SHAPE, 2))
    assert found.dtypes == ("int16", "float32")
    assert found.voxels is None
    assert found.mm == 0
    assert not found.same
    assert compare(image(), image(np.zeros((3, 4, 4)))).mm is None


def test_formats_that_differ():
    one = image()
    found = compare(one, volio.SpatialImage(np.asarray(one.dataobj), one.affine))
    assert found.formats == ("Nifti1Image", "SpatialImage")
    assert found.same_voxels
    assert not found.same


def test_images_without_voxels_are_compared_by_their_affines():
    one = volio.Nifti1Image(np.zeros((4, 0, 3)), np.eye(4))
    assert compare(one, one).same
    moved = volio.Nifti1Image(np.zeros((4, 0, 3)), np.eye(4) + np.eye(4, k=3) * 5)
    found = compare(one, moved)
    assert (found.mm, found.same_place) == (5, False)
