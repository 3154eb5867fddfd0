"""Tiles that cover an image: where each begins, and which part of it is kept."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import NamedTuple

import numpy as np

from volio.ops.patches.lengths import box_at, check_overlaps, check_sizes

__all__ = ["AxisTiles", "Tile", "TileGrid", "tile_axis"]


class AxisTiles(NamedTuple):
    """Tiles along one axis, one number for each in every list.

    Attributes
    ----------
    coords : list of int
        First index of each tile.
    stitch_coords : list of int
        First index that is taken from the tile.
    crop_coords : list of int
        The same, counted from the first index of the tile.
    crop_size : list of int
        Number of indices that are taken from the tile.
    """

    coords: list[int]
    stitch_coords: list[int]
    crop_coords: list[int]
    crop_size: list[int]


def tile_axis(axis_size: int, patch_size: int, overlap: int) -> AxisTiles:
    """Divide an axis into tiles that overlap, and say which part of each is kept.

    Of two tiles each gives its half of what they share. With an odd overlap both give the index
    in the middle, and the later tile is the one that counts.

    Parameters
    ----------
    axis_size : int
        Length of the axis.
    patch_size : int
        Length of a tile. A longer one than the axis gives one tile, of which the axis is kept.
    overlap : int
        Indices that two tiles share; the last tile, which ends with the axis, may share more.

    Returns
    -------
    AxisTiles
        Four lists: ``coords``, ``stitch_coords``, ``crop_coords``, ``crop_size``.

    Raises
    ------
    UsageError
        If a length is below 1, or the overlap is negative or not shorter than the tile.

    Examples
    --------
    >>> from volio.ops.patches import tile_axis
    >>> found = tile_axis(16, 8, 3)
    >>> found.coords, found.stitch_coords, found.crop_coords, found.crop_size
    ([0, 5, 8], [0, 6, 11], [0, 1, 3], [7, 5, 5])
    """
    (length,) = check_sizes("axis_size", [axis_size])
    (size,) = check_sizes("patch_size", [patch_size])
    (shared,) = check_overlaps([overlap], [size])
    if length <= size:
        return AxisTiles([0], [0], [0], [length])
    return _several_tiles(length, size, shared)


def _several_tiles(length: int, size: int, shared: int) -> AxisTiles:
    """Divide an axis that is longer than a tile; see `tile_axis`."""
    step = size - shared
    margin = shared // 2  # what a tile leaves to the one before
    last = length - size
    inner = range(step, last, step)
    # The last tile takes over where the one before it stops.
    stop = inner[-1] + margin + step if inner else size - margin
    return AxisTiles(
        coords=[0, *inner, last],
        stitch_coords=[0, *[start + margin for start in inner], stop],
        crop_coords=[0, *[margin] * len(inner), stop - last],
        crop_size=[size - margin, *[step] * len(inner), length - stop],
    )


class Tile(NamedTuple):
    """A box of voxels, and the part of it that is kept when tiles are stitched.

    Parameters
    ----------
    coords : tuple of int
        First voxel of the tile, one index per axis.
    patch_size : tuple of int
        Lengths of the tile.
    crop_coords : tuple of int
        First voxel that is kept, counted from that of the tile.
    crop_size : tuple of int
        Lengths of the part that is kept.
    stitch_coords : tuple of int
        First voxel that is kept, in the image.
    total_tiles : int
        Number of tiles of the image.

    Examples
    --------
    A loop that writes an image of any size, tile by tile:

    >>> from volio.ops.patches import tiles
    >>> img = volio.Nifti1Image(np.arange(1000.0).reshape(10, 10, 10), np.eye(4))
    >>> with volio.create("sqrt.nii", img.shape, np.float32, img.affine) as out:
    ...     for voxels, tile in tiles(img, 6, overlap=2):
    ...         out[tile.target] = np.sqrt(voxels[tile.crop])
    >>> float(volio.load("sqrt.nii").dataobj[9, 0, 0])
    30.0
    """

    coords: tuple[int, ...]
    patch_size: tuple[int, ...]
    crop_coords: tuple[int, ...]
    crop_size: tuple[int, ...]
    stitch_coords: tuple[int, ...]
    total_tiles: int

    @property
    def crop(self) -> tuple[slice, ...]:
        """The part of the tile that is kept: ``voxels[tile.crop]``."""
        return box_at(self.crop_coords, self.crop_size)

    @property
    def target(self) -> tuple[slice, ...]:
        """Where that part is in the image: ``data[tile.target] = voxels[tile.crop]``."""
        return box_at(self.stitch_coords, self.crop_size)


class TileGrid:
    """The tiles of an image, numbered; the last axis varies fastest.

    Parameters
    ----------
    shape : sequence of int
        Of the image, along the axes that are cut.
    patch_size, overlaps : sequence of int
        Per axis, as `tile_axis` takes them.
    """

    def __init__(
        self, shape: Sequence[int], patch_size: Sequence[int], overlaps: Sequence[int]
    ) -> None:
        self.patch_size = tuple(patch_size)
        sides = zip(shape, patch_size, overlaps, strict=True)
        self.axes = [tile_axis(*side) for side in sides]
        self.shape = tuple([len(axis.coords) for axis in self.axes])

    def __len__(self) -> int:
        return prod(self.shape)

    def tile(self, number: int) -> Tile:
        """Return the tile of a number, which must be one of them."""
        # Per axis the entry of every list of `AxisTiles` for this tile.
        indices = np.unravel_index(number, self.shape)
        facts = [
            [values[index] for values in axis]
            for axis, index in zip(self.axes, indices, strict=True)
        ]
        coords, stitch_coords, crop_coords, crop_size = zip(*facts, strict=True)
        return Tile(
            coords, self.patch_size, crop_coords, crop_size, stitch_coords, total_tiles=len(self)
        )
