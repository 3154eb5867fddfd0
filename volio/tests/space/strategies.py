"""What these tests draw from, beside the strategies of the test kit."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
from hypothesis import strategies as st

from volio.testing.comparison import world_positions as voxel_positions
from volio.testing.strategies import affines

__all__ = ["ALL_ORNTS", "affines", "angles", "shapes", "sizes", "voxel_positions"]

ALL_ORNTS = [
    np.column_stack([axes, flips]).astype(float)
    for axes in permutations(range(3))
    for flips in product((1, -1), repeat=3)
]

angles = st.floats(-np.pi, np.pi)
sizes = st.floats(0.1, 10)
shapes = st.tuples(*[st.integers(1, 9)] * 3)
