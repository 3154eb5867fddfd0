"""Many points through one affine."""

from __future__ import annotations

import numpy as np
import pytest

from volio.space.points import AT_ONCE, PART, WIDE, move_points

SHEARED = np.array([[0.5, 1, 0, 3], [-2, 0.25, 0, -7], [0.125, 0, 1.5, 11], [0, 0, 0, 1]])
SCALED = np.array([[-2.0, 0, 0, 90], [0, 3, 0, -126], [0, 0, 0.5, -72], [0, 0, 0, 1]])


@pytest.mark.parametrize("affine", [SHEARED, SCALED], ids=["sheared", "scaled"])
@pytest.mark.parametrize(
    "count", [0, 1, 3, 4, WIDE - 1, WIDE + 5, AT_ONCE + WIDE + 3, PART + AT_ONCE + 7]
)
def test_points_are_those_of_the_definition(affine, count):
    points = np.random.default_rng(count).uniform(-100, 100, (count, 3))
    expected = points @ affine[:3, :3].T + affine[:3, 3]
    single = points.astype(np.float32)
    moved = move_points(single, affine)
    assert moved is single
    np.testing.assert_allclose(moved, expected, rtol=0, atol=3e-5)
    np.testing.assert_allclose(move_points(points, affine), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("affine", [SHEARED, SCALED], ids=["sheared", "scaled"])
@pytest.mark.parametrize("odd", [np.nan, np.inf])
def test_an_odd_point_spoils_no_other(affine, odd):
    points = np.random.default_rng(1).uniform(-100, 100, (41, 3)).astype(np.float32)
    expected = points.astype(float) @ affine[:3, :3].T + affine[:3, 3]
    points[17, 1] = odd
    moved = move_points(points, affine)
    others = np.arange(41) != 17
    np.testing.assert_allclose(moved[others], expected[others], rtol=0, atol=3e-5)
    assert not np.isfinite(moved[17]).all()


def test_the_identity_changes_no_bit():
    points = np.array([[-0.0, np.inf, 1e-40]], np.float32)
    before = points.tobytes()
    assert move_points(points, np.eye(4)).tobytes() == before
