"""Starts of patches: where the first voxel of each is, one after the other or at random."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, prod

import numpy as np

from volio.ops.patches.tiling import tile_axis

__all__ = ["Seed", "covering_patches", "random_start", "starts_along"]

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


def random_start(
    shape: Sequence[int], patch_size: Sequence[int], rng: np.random.Generator
) -> tuple[int, ...]:
    """Draw the first voxel of a patch: anywhere inside, 0 along axes shorter than the patch."""
    room = np.maximum(0, np.subtract(shape, patch_size))
    start: list[int] = rng.integers(0, room, endpoint=True).tolist()
    return tuple(start)
