"""Slices found again after an image was cut, flipped or reoriented."""

from __future__ import annotations

import numpy as np
import pytest

from volio.space.affines import from_matvec
from volio.space.slices import numbers_after

SHAPE = (4, 5, 6)


@pytest.mark.parametrize(
    ("voxels", "after", "numbers"),
    [
        (np.eye(4), SHAPE, (0, 1, 2, 3, 4, 5)),
        (from_matvec(np.eye(3), [0, 0, 2]), (4, 5, 3), (2, 3, 4)),
        (from_matvec(np.diag([1, 1, -1]), [0, 0, 5]), SHAPE, (5, 4, 3, 2, 1, 0)),
        (from_matvec(np.diag([1, 1, 2]), [0, 0, 1]), (4, 5, 3), (1, 3, 5)),
        (from_matvec(np.eye(3)[[1, 0, 2]], [0, 0, 0]), (5, 4, 6), (0, 1, 2, 3, 4, 5)),
        (from_matvec(np.eye(3)[[0, 2, 1]], [0, 0, 0]), (4, 6, 5), None),  # another axis
        (from_matvec(np.eye(3), [0, 0, 0.5]), (4, 5, 3), None),
        (from_matvec(np.eye(3), [0, 0, 4]), (4, 5, 3), None),  # past the last slice
        (None, SHAPE, None),
    ],
)
def test_numbers_of_slices_along_the_same_axis(voxels, after, numbers):
    assert numbers_after(voxels, 2, SHAPE, after) == numbers
