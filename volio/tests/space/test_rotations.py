from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from volio.errors import AffineError
from volio.space.affines import directions, from_matvec
from volio.space.eulerangles import euler2mat
from volio.space.rotations import affine_difference, is_sheared, nearest_rotation, shears
from volio.tests.space.strategies import affines, angles, shapes, voxel_positions


@given(affines())
def test_nearest_rotation_is_orthogonal_and_keeps_handedness(affine):
    nearest = nearest_rotation(affine[:3, :3])
    assert np.allclose(nearest.T @ nearest, np.eye(3))
    assert np.sign(np.linalg.det(nearest)) == np.sign(np.linalg.det(affine[:3, :3]))


@given(affines(), st.tuples(angles, angles, angles))
def test_no_rotation_is_nearer(affine, turn):
    matrix = affine[:3, :3]
    nearest, other = nearest_rotation(matrix), euler2mat(*turn) * np.sign(np.linalg.det(matrix))
    assert np.linalg.norm(matrix - nearest) <= np.linalg.norm(matrix - other) + 1e-9


def test_nearest_rotation_refuses_what_is_not_finite():
    with pytest.raises(AffineError, match="finite"):
        nearest_rotation(np.full((3, 3), np.nan))


@given(affines(sheared=False))
def test_square_axes_have_no_shear(affine):
    assert np.allclose(shears(affine), 0)
    assert not is_sheared(affine)
    assert not is_sheared(affine.astype(np.float32))


@pytest.mark.parametrize(("shear", "expected"), [(5e-5, False), (2e-4, True), (0.5, True)])
def test_shear_tolerance(shear, expected):
    matrix = np.diag([1.0, 2, 3])
    matrix[0, 1] = 2 * shear
    affine = from_matvec(matrix)
    assert shears(affine) == pytest.approx([shear / np.hypot(1, shear), 0, 0])
    assert is_sheared(affine) is expected
    assert not is_sheared(affine, tolerance=1)


@given(affines(sheared=False), st.floats(0, np.pi), shapes)
def test_affine_difference_finds_the_angle_and_the_gap(affine, angle, shape):
    turned = from_matvec(euler2mat(angle)) @ affine
    degrees, mm = affine_difference(affine, turned, shape)
    assert degrees == pytest.approx(np.degrees(angle), abs=1e-5)
    gaps = voxel_positions(affine, shape) - voxel_positions(turned, shape)
    assert mm == pytest.approx(np.linalg.norm(gaps, axis=-1).max(), abs=1e-9)


def test_affine_difference_of_equal_mirrored_and_nearly_equal_affines():
    assert affine_difference(np.eye(4), np.eye(4), (5, 5, 5)) == (0, 0)
    degrees, mm = affine_difference(np.eye(4), np.diag([-1, 1, 1, 1]), (5, 5, 5, 100))
    assert (degrees, mm) == (180, 8)
    tiny = from_matvec(euler2mat(1e-10))
    assert affine_difference(np.eye(4), tiny, (2, 2))[0] == pytest.approx(np.degrees(1e-10))


def test_directions_have_length_one():
    assert np.allclose(directions(np.diag([2, -3, 4, 1])), np.diag([1, -1, 1]))
