"""The voxels that a page holds: all of an image, or one of a few along each axis."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from math import ceil, prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.space.affines import apply_affine, voxel_sizes
from volio.space.orientations import apply_orientation, inv_ornt_aff, io_orientation
from volio.space.transforms import invert

__all__ = ["VoxelGrid", "voxel_grids"]

Affine = NDArray[np.float64]


@dataclass(frozen=True)
class VoxelGrid:
    """Some of the voxels of an image, its axes reoriented nearest to right, front and head.

    Attributes
    ----------
    level_shape : (int, int, int)
        Voxels of the level that is held.
    affine : (4, 4) array
        Of the image.
    steps : (int, int, int)
        One of so many voxels is held, along each axis of the image.
    level : int
        Of the image, whose voxels are held.
    to_finest : (4, 4) array
        From voxels of the level to those of the image.
    """

    level_shape: tuple[int, ...]
    affine: Affine
    steps: tuple[int, ...]
    level: int = 0
    to_finest: Affine = field(default_factory=lambda: np.eye(4))

    @property
    def _starts(self) -> list[int]:
        """The first voxel held along each axis: as many are left out before it as at the end."""
        return [(n - 1) % step // 2 for n, step in zip(self.level_shape, self.steps, strict=True)]

    @property
    def _counts(self) -> list[int]:
        return [ceil(n / step) for n, step in zip(self.level_shape, self.steps, strict=True)]

    @property
    def _orientation(self) -> Affine:
        return np.asarray(io_orientation(self.affine))

    @property
    def shape(self) -> tuple[int, ...]:
        """Voxels held, towards right, front and head."""
        counts = np.zeros(3, int)
        counts[self._orientation[:, 0].astype(int)] = self._counts
        return tuple(int(count) for count in counts)

    @property
    def to_voxel(self) -> Affine:
        """From indices of the grid to voxels of the image, shape (4, 4)."""
        spread = np.diag([*self.steps, 1.0])
        spread[:3, 3] = self._starts
        in_level = spread @ inv_ornt_aff(self._orientation, self._counts)
        return np.asarray(self.to_finest @ in_level)

    @property
    def spacing(self) -> float:
        """The least distance of two voxels held, mm."""
        return float(voxel_sizes(self.affine @ self.to_voxel).min())

    def index(self, voxel: Sequence[int]) -> list[int]:
        """Return the index in the grid that is nearest to a voxel of the image."""
        nearest = np.rint(apply_affine(invert(self.to_voxel), voxel))
        return [int(n) for n in np.clip(nearest, 0, np.array(self.shape) - 1)]

    def values(self, volume: Any) -> NDArray[Any]:
        """Return the voxels held of the level's own volume, colours last."""
        held = tuple(
            slice(start, None, step) for start, step in zip(self._starts, self.steps, strict=True)
        )
        return np.asarray(apply_orientation(np.asarray(volume[held]), self._orientation))

    def inside(self, shape: Sequence[int], affine: Affine) -> NDArray[np.bool_]:
        """Return which of the voxels held are in another image of a shape (3,) and an affine."""
        return self.nearest(np.ones(tuple(shape), np.bool_), affine, False)

    def nearest(self, volume: NDArray[Any], affine: Affine, outside: float) -> NDArray[Any]:
        """Return the voxels of another image that are nearest to those held.

        Parameters
        ----------
        volume : ndarray, shape (n, m, o), with colours after that
        affine : (4, 4) array
            Of `volume`.
        outside : number
            Value where there is none.
        """
        to_other = invert(affine) @ self.affine @ self.to_voxel
        dtype = np.result_type(volume.dtype, np.float32) if np.isnan(outside) else volume.dtype
        values = np.full((*self.shape, *volume.shape[3:]), outside, dtype)
        for k in range(self.shape[2]):
            voxels = np.rint(apply_affine(to_other, self._indices_of_slice(k)))
            inside = ((voxels >= 0) & (voxels < volume.shape[:3])).all(axis=-1)
            values[:, :, k][inside] = volume[tuple(voxels[inside].astype(int).T)]
        return values

    def _indices_of_slice(self, k: int) -> NDArray[np.intp]:
        """Return the indices of the voxels held in a slice, shape (n, m, 3)."""
        i, j = np.indices(self.shape[:2])
        return np.stack([i, j, np.full_like(i, k)], axis=-1)


def voxel_grids(
    shapes: Sequence[Sequence[int]], affine: Affine, to_finest: Sequence[Affine], first: int = 0
) -> Iterator[VoxelGrid]:
    """Go through grids, each coarser than the one before: levels, then some voxels of the last.

    Distances are alike along all axes of those.

    Parameters
    ----------
    shapes : sequence of (3,) sequence of int
        Of the levels of the image, the finest first.
    affine : (4, 4) array
        Of the image.
    to_finest : sequence of (4, 4) array
        From voxels of each level to those of the image.
    first : int
        Number of the first of these levels.
    """
    every = (1, 1, 1)
    grids = [
        VoxelGrid(tuple(shape), affine, every, first + number, matrix)
        for number, (shape, matrix) in enumerate(zip(shapes, to_finest, strict=True))
    ]
    yield from grids
    coarsest = grids[-1]
    while prod(coarsest.shape) > 1:
        coarsest = _coarser(coarsest)
        yield coarsest


def _coarser(grid: VoxelGrid) -> VoxelGrid:
    """Return a grid with a longer step along the axis on which its voxels are nearest."""
    sizes = voxel_sizes(grid.affine @ grid.to_finest)
    steps = list(grid.steps)
    wide = [axis for axis in range(3) if steps[axis] < grid.level_shape[axis]]
    distances = [steps[axis] * sizes[axis] for axis in wide]
    steps[wide[int(np.argmin(distances))]] += 1
    return replace(grid, steps=tuple(steps))
