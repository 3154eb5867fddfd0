"""Which voxels a page holds: all of them, or one of a few along each axis."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil, prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.space.affines import apply_affine
from volio.space.orientations import apply_orientation, inv_ornt_aff, io_orientation
from volio.space.transforms import invert

__all__ = ["VoxelGrid", "voxel_grids"]

Affine = NDArray[np.float64]


@dataclass(frozen=True)
class VoxelGrid:
    """Some of the voxels of a grid, its axes turned nearest to right, front and head.

    Attributes
    ----------
    grid : (int, int, int)
        Voxels of the image.
    affine : (4, 4) array
        Of the image.
    steps : (int, int, int)
        Every how manieth voxel is held, along the axes of the image.
    """

    grid: tuple[int, ...]
    affine: Affine
    steps: tuple[int, ...]

    @property
    def _starts(self) -> list[int]:
        return [(n - 1) % step // 2 for n, step in zip(self.grid, self.steps, strict=True)]

    @property
    def _counts(self) -> list[int]:
        return [ceil(n / step) for n, step in zip(self.grid, self.steps, strict=True)]

    @property
    def _ornt(self) -> Affine:
        return np.asarray(io_orientation(self.affine))

    @property
    def shape(self) -> tuple[int, ...]:
        """Voxels held, towards right, front and head."""
        counts = np.zeros(3, int)
        counts[self._ornt[:, 0].astype(int)] = self._counts
        return tuple(int(count) for count in counts)

    @property
    def to_voxel(self) -> Affine:
        """From places in the lattice to voxels of the image, shape (4, 4)."""
        spread = np.diag([*self.steps, 1.0])
        spread[:3, 3] = self._starts
        return spread @ inv_ornt_aff(self._ornt, self._counts)

    def place(self, voxel: Sequence[int]) -> list[int]:
        """Return the place in the lattice that is nearest to a voxel of the image."""
        found = np.rint(apply_affine(invert(self.to_voxel), voxel))
        return [int(n) for n in np.clip(found, 0, np.array(self.shape) - 1)]

    def values(self, volume: Any) -> NDArray[Any]:
        """Return the voxels held of the image's own volume, colours last."""
        picked = np.asarray(
            volume[
                tuple(
                    slice(start, None, step)
                    for start, step in zip(self._starts, self.steps, strict=True)
                )
            ]
        )
        return np.asarray(apply_orientation(picked, self._ornt))

    def nearest(self, volume: NDArray[Any], affine: Affine, outside: Any) -> NDArray[Any]:
        """Return the voxels of another grid that are nearest to those held.

        Parameters
        ----------
        volume : ndarray, shape (n, m, o), with colours after that
        affine : (4, 4) array
            Of `volume`.
        outside : number
            Where there is none.
        """
        there = invert(affine) @ self.affine @ self.to_voxel
        shape = np.array(volume.shape[:3])
        dtype = np.result_type(volume.dtype, np.float32) if np.isnan(outside) else volume.dtype
        found = np.full((*self.shape, *volume.shape[3:]), outside, dtype)
        for k in range(self.shape[2]):
            i, j = np.meshgrid(*(np.arange(n) for n in self.shape[:2]), indexing="ij")
            places = np.rint(apply_affine(there, np.stack([i, j, np.full_like(i, k)], -1)))
            inside = ((places >= 0) & (places < shape)).all(axis=-1)
            found[:, :, k][inside] = volume[tuple(places[inside].astype(int).T)]
        return found


def voxel_grids(grid: Sequence[int], affine: Affine, sizes: Sequence[float]) -> Iterator[VoxelGrid]:
    """Go through voxel_grids, each coarser than the one before, distances alike along all axes."""
    steps = [1, 1, 1]
    while True:
        lattice = VoxelGrid(tuple(grid[:3]), affine, tuple(steps))
        yield lattice
        if prod(lattice.shape) == 1:
            return
        wide = [axis for axis in range(3) if steps[axis] < grid[axis]]
        steps[min(wide, key=lambda axis: (steps[axis] * sizes[axis], axis))] += 1
