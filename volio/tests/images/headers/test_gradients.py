"""Diffusion gradients lead to scanner RAS+, also from FSL's vectors along voxel axes."""

from __future__ import annotations

import numpy as np
import pytest

from volio.errors import AffineError
from volio.images.headers.gradients import Gradients, same_gradients, unit_vectors
from volio.space.orientations import inv_ornt_aff

BVECS = np.array([[0.6, 0.0, 0.8], [0.0, 0.0, 0.0], [0.36, 0.48, 0.8]])
BVALS = np.array([1000.0, 0.0, 2000.0])
ORDERS = [
    [(a, p), (b, q), (3 - a - b, r)]
    for a in range(3)
    for b in range(3)
    if a != b
    for p in (1, -1)
    for q in (1, -1)
    for r in (1, -1)
]


@pytest.mark.parametrize(
    ("axes", "scanner"),
    [
        # Rows of the matrix from voxel axes to R, A, S. The first component of FSL's vector is
        # reversed where the determinant is positive.
        ([[2, 0, 0], [0, 2, 0], [0, 0, 3]], [-0.6, 0.0, 0.8]),  # RAS, det > 0
        ([[-2, 0, 0], [0, 2, 0], [0, 0, 3]], [-0.6, 0.0, 0.8]),  # LAS, det < 0
        ([[-2, 0, 0], [0, -2, 0], [0, 0, 3]], [0.6, 0.0, 0.8]),  # LPS, det > 0
        ([[0, 0, 3], [2, 0, 0], [0, 2, 0]], [0.8, -0.6, 0.0]),  # ASR, det > 0
        ([[0, 0, 3], [-2, 0, 0], [0, 2, 0]], [0.8, -0.6, 0.0]),  # PSR, det < 0
    ],
)
def test_fsl_reverses_the_first_component_where_the_determinant_is_positive(axes, scanner):
    affine = np.eye(4)
    affine[:3, :3] = axes
    affine[:3, 3] = 10, -20, 30
    found = Gradients.from_bvecs(BVECS, BVALS, affine)
    np.testing.assert_allclose(found.scanner[0], scanner, atol=1e-12)
    np.testing.assert_array_equal(found.bvals, BVALS)
    np.testing.assert_allclose(found.bvecs(affine), BVECS, atol=1e-12)


@pytest.mark.parametrize("order", ORDERS)
def test_voxels_in_another_order_have_other_vectors_for_the_same_direction(order):
    turn = np.array([[0.8, -0.6, 0, 5], [0.6, 0.8, 0, 6], [0, 0, 1, 7], [0, 0, 0, 1]])
    before = turn @ np.diag([2.0, 3.0, 4.0, 1.0])
    after = before @ inv_ornt_aff(order, (5, 6, 7))
    scanner = Gradients.from_bvecs(BVECS, BVALS, before).scanner
    vectors = Gradients(BVALS, scanner).bvecs(after)
    handed = -1 if np.linalg.det(after) > 0 else 1
    axes = after[:3, :3] / np.linalg.norm(after[:3, :3], axis=0)
    np.testing.assert_allclose(vectors * [handed, 1, 1] @ axes.T, scanner, atol=1e-12)


def test_sheared_axes_still_give_unit_vectors():
    affine = np.eye(4)
    affine[0, 1] = 0.2
    found = Gradients.from_bvecs(BVECS, BVALS, affine)
    np.testing.assert_allclose(np.linalg.norm(found.scanner, axis=1), [1, 0, 1])
    with pytest.raises(AffineError, match="must be 4x4"):
        Gradients.from_bvecs(BVECS, BVALS, np.eye(3))


def test_vectors_of_any_length_become_unit_vectors():
    found = Gradients.from_vectors([[0, 0, 4.0], [0, 0, 0]], [5.0, 0.0], -np.eye(3))
    assert found.rows() == ((0.0, 0.0, -1.0, 5.0), (0.0, 0.0, 0.0, 0.0))
    assert not np.signbit(found.scanner[1]).any()
    assert unit_vectors([[3.0, 0.0, -4.0]]).tolist() == [[0.6, 0.0, -0.8]]


def test_rows_are_kept_as_they_are():
    rows = ((0.0, 0.0, 2.0, 5.0), (1.0, 0.0, 0.0, 0.0))
    assert Gradients.from_rows(rows).rows() == rows
    assert Gradients.from_rows(()).scanner.shape == (0, 3)


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ([(1, 0, 0, 1000), (0, 0, 0, 0)], True),
        ([(0.9995, 0, 0, 1000.5), (0, 1, 0, 0)], True),
        ([(0.99, 0, 0, 1000), (0, 0, 0, 0)], False),
        ([(1, 0, 0, 1002), (0, 0, 0, 0)], False),
        ([(1, 0, 0, 1000)], False),
        ([], False),
    ],
)
def test_directions_count_where_b_is_not_0(other, same):
    assert same_gradients([(1, 0, 0, 1000), (0, 0, 1, 0)], other) is same
