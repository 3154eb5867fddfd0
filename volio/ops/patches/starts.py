"""Starts of patches: where the first voxel of each is, one after the other or at random."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, prod

import numpy as np
from numpy.typing import NDArray

from volio.ops.patches.tiling import tile_axis

__all__ = ["Seed", "covering_patches", "random_starts", "starts_along"]

#: What starts a generator of random numbers.
Seed = int | Sequence[int] | np.random.SeedSequence | np.random.Generator | None


def starts_along(axis_size: int, patch_size: int, overlap: int) -> list[int]:
    """Return the first indices of patches that cover an axis; the last ends with the axis.

    Parameters are those of `tile_axis`.
    """
    return tile_axis(axis_size, patch_size, overlap).coords


def covering_patches(shape: Sequence[int], patch_size: Sequence[int]) -> int:
    """Return how many patches cover an image where they do not overlap."""
    sides = zip(shape, patch_size, strict=True)
    return prod([ceil(length / size) for length, size in sides])


def random_starts(
    shape: Sequence[int], patch_size: Sequence[int], count: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Draw first voxels of patches: anywhere inside, 0 along axes shorter than the patch.

    Parameters
    ----------
    shape, patch_size : sequence of int
    count : int
        How many. All at once are those that come one after the other.
    rng : Generator

    Returns
    -------
    ndarray, shape (count, axes)
    """
    room = np.maximum(0, np.subtract(shape, patch_size))
    return rng.integers(0, room, (count, len(room)), endpoint=True)
