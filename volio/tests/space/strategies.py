"""Affines, shapes and orientations to draw from."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
from hypothesis import strategies as st

from volio.space.affines import from_matvec
from volio.space.eulerangles import euler2mat

ALL_ORNTS = [
    np.column_stack([axes, flips]).astype(float)
    for axes in permutations(range(3))
    for flips in product((1, -1), repeat=3)
]

angles = st.floats(-np.pi, np.pi)
sizes = st.floats(0.1, 10)
shapes = st.tuples(*[st.integers(1, 9)] * 3)


@st.composite
def affines(draw, sheared=True):
    """Invertible affines: rotated, anisotropic, mirrored, perhaps sheared."""
    turn = euler2mat(draw(angles), draw(angles), draw(angles))
    zooms = np.diag([draw(sizes) * draw(st.sampled_from([1, -1])) for _ in range(3)])
    shear = np.eye(3)
    if sheared:
        shear[[0, 0, 1], [1, 2, 2]] = [draw(st.floats(-0.5, 0.5)) for _ in range(3)]
    return from_matvec(turn @ shear @ zooms, [draw(st.floats(-200, 200)) for _ in range(3)])


def voxel_positions(affine, shape):
    """World position of every voxel, shape (*shape, 3), by the definition of an affine."""
    grid = np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), axis=-1).astype(float)
    return np.einsum("ab,...b->...a", affine[:3, :3], grid) + affine[:3, 3]
