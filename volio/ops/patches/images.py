"""Patches and tiles of images: boxes along their axes of space, all further axes with them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from volio.arrays.dtypes import Array
from volio.arrays.slabs import Slab, as_array, iterate_slabs
from volio.errors import UsageError
from volio.images.kinds import check_kind, kind_of
from volio.ops.derive import derived
from volio.ops.masks import has_same_grid, is_inside
from volio.ops.patches.box_writer import BoxWriter, WritableArray, box_writer, check_out
from volio.ops.patches.lengths import check_overlaps, check_sizes, per_axis
from volio.ops.patches.starts import Seed, covering_patches, random_starts
from volio.ops.patches.stitching import TileCount
from volio.ops.patches.strata import Cell, Strata
from volio.ops.patches.tiling import Tile, TileGrid

if TYPE_CHECKING:
    from volio.images.spatial import SpatialImage

__all__ = ["random_patches", "stitch_tiles", "stratified_patches", "tiles"]


def tiles(
    img: SpatialImage, size: int | Sequence[int], overlap: int | Sequence[int] = 0
) -> Iterator[tuple[Array, Tile]]:
    """Cut an image into tiles that cover all of it, read one after the other, x fastest.

    Parameters
    ----------
    img : SpatialImage
        Voxels (x, y, z, ...).
    size : int or sequence of int
        Lengths of a tile along the axes of space, in voxels. Along an axis that is shorter there
        is one tile, which is 0 outside the image.
    overlap : int or sequence of int, optional
        Voxels that neighbours share; see `tile_axis`.

    Yields
    ------
    voxels : ndarray
        Shape ``(*size, ...)``, with all voxels of further axes.
    tile : Tile
        Where it is, for `stitch_tiles`.

    Raises
    ------
    UsageError
        If lengths or overlaps do not fit the axes, or the image is not a volume.

    See Also
    --------
    stitch_tiles

    Examples
    --------
    >>> from volio.ops.patches import stitch_tiles, tiles
    >>> img = volio.Nifti1Image(np.random.default_rng(0).random((20, 18, 10)), np.eye(4))
    >>> parts = ((np.sqrt(voxels), tile) for voxels, tile in tiles(img, 8, overlap=2))
    >>> root = stitch_tiles(parts, img)
    >>> root.shape, bool((root.get_fdata() == np.sqrt(img.get_fdata())).all())
    ((20, 18, 10), True)
    """
    lengths = _lengths(img, size, "tiles")
    overlaps = check_overlaps(per_axis(overlap, len(lengths)), lengths)
    grid = TileGrid(_space(img), lengths, overlaps)
    # In the order in which most files have their voxels: compressed ones are read forward.
    numbers = np.arange(len(grid)).reshape(grid.shape).ravel(order="F")
    in_order = map(grid.tile, numbers.tolist())
    return ((img.patch(tile.coords, tile.patch_size), tile) for tile in in_order)


def stitch_tiles(
    parts: Iterable[tuple[Array, Tile]],
    img: SpatialImage,
    *,
    dtype: DTypeLike | None = None,
    out: WritableArray | None = None,
) -> SpatialImage:
    """Put tiles together to an image on the grid of the one that they were cut from.

    Parameters
    ----------
    parts : iterable of (array, Tile)
        Tiles as `tiles` gives them, with new values. Axes after those of space may have other
        lengths than in the image, the same for all tiles. A generator is enough.
    img : SpatialImage
        What was cut.
    dtype : dtype-like, optional
        Of the voxels (default: that of `out`, or of the first tile).
    out : array, optional
        What the voxels are written into, also memory-mapped or of Zarr or HDF5 (see `stitch`): an
        array with the axes of the result. Into what `volio.create` makes each tile can be written
        by itself: ``out[tile.target] = voxels[tile.crop]``.

    Returns
    -------
    SpatialImage
        Of the class of `img`, with its affine; its voxels are `out` where that is given.

    Raises
    ------
    UsageError
        If tiles are missing, do not fit the image, or there are none, or `out` has another shape
        or dtype.
    ImageDataError
        If the values of a tile are changed by the dtype, other than by rounding floats.

    See Also
    --------
    tiles

    Examples
    --------
    >>> from volio.ops.patches import stitch_tiles, tiles
    >>> img = volio.Nifti1Image(np.arange(1000.0).reshape(10, 10, 10), np.diag([2, 2, 2, 1]))
    >>> parts = ((voxels > 500, tile) for voxels, tile in tiles(img, 6))
    >>> mask = stitch_tiles(parts, img, dtype=np.uint8)
    >>> int(mask.dataobj[5, 0, 0]), int(mask.dataobj[5, 0, 1]), float(mask.affine[0, 0])
    (0, 1, 2.0)
    """
    check_kind(img, "volume", "stitch_tiles")
    if out is not None and not hasattr(out, "__getitem__"):
        raise UsageError(
            f"out: {type(out).__name__} cannot be read as the voxels of an image; write tiles "
            "one by one, out[tile.target] = voxels[tile.crop]"
        )
    result = _Result(_space(img), dtype, out)
    for array, tile in parts:
        result.add(np.asanyarray(array), tile)
    stitched: SpatialImage = derived(img, result.finished(), img.affine)
    return stitched


class _Result:
    """The voxels that tiles are written into, which are made when the first tile comes."""

    def __init__(
        self, space: tuple[int, ...], dtype: DTypeLike | None, out: WritableArray | None
    ) -> None:
        self.space = space
        self.dtype = dtype
        self.out = out
        self.count = TileCount()
        self.writer: BoxWriter | None = None

    def add(self, voxels: Array, tile: Tile) -> None:
        """Write what a tile keeps."""
        ndim = len(self.space)
        if voxels.shape[:ndim] != tile.patch_size:
            size = ", ".join(map(str, tile.patch_size))
            raise UsageError(f"parts: a tile must have the shape ({size}, ...), got {voxels.shape}")
        writer = self._writer_for(voxels)
        part = voxels[tile.crop]
        later = [slice(0, length) for length in part.shape[ndim:]]
        writer.write((*tile.target, *later), part)
        self.count.add(tile.stitch_coords, tile.total_tiles)

    def _writer_for(self, voxels: Array) -> BoxWriter:
        shape = (*self.space, *voxels.shape[len(self.space) :])
        if self.out is None:
            self.out = np.zeros(shape, voxels.dtype if self.dtype is None else self.dtype)
        check_out([self.out], [shape], self.dtype)
        if self.writer is None:
            self.writer = box_writer(self.out)
        return self.writer

    def finished(self) -> WritableArray | None:
        """Store what waits, and return the voxels."""
        self.count.check("the image")
        if self.writer is not None:
            self.writer.finish()
        return self.out


def random_patches(
    img: SpatialImage, size: int | Sequence[int], count: int | None = None, seed: Seed = None
) -> Iterator[tuple[Array, tuple[int, ...]]]:
    """Read patches of an image from random positions inside it.

    Parameters
    ----------
    img : SpatialImage
        Voxels (x, y, z, ...).
    size : int or sequence of int
        Lengths of a patch along the axes of space, in voxels. Along an axis that is shorter a
        patch is 0 after the end of the image.
    count : int, optional
        How many (default: as many as cover the image where they do not overlap).
    seed : int, optional
        What `numpy.random.default_rng` takes. The same seed gives the same patches.

    Yields
    ------
    voxels : ndarray
        Shape ``(*size, ...)``, with all voxels of further axes.
    corner : tuple of int
        First voxel of the patch.

    Raises
    ------
    UsageError
        If lengths do not fit the axes, `count` is negative, or the image is not a volume.

    See Also
    --------
    stratified_patches : visits all parts of an image evenly.

    Examples
    --------
    >>> from volio.ops.patches import random_patches
    >>> img = volio.Nifti1Image(np.zeros((20, 20, 20)), np.eye(4))
    >>> for voxels, corner in random_patches(img, 16, count=2, seed=0):
    ...     print(voxels.shape, max(corner) <= 4)
    (16, 16, 16) True
    (16, 16, 16) True
    """
    lengths = _lengths(img, size, "random_patches")
    space = _space(img)
    number = covering_patches(space, lengths) if count is None else count
    if number < 0:
        raise UsageError(f"count: must be 0 or more, got {count}")
    corners = random_starts(space, lengths, number, np.random.default_rng(seed))
    return ((img.patch(corner, lengths), tuple(corner)) for corner in corners.tolist())


def stratified_patches(
    img: SpatialImage,
    size: int | Sequence[int],
    mask: SpatialImage | ArrayLike | None = None,
    seed: Seed = None,
) -> Iterator[tuple[Array, tuple[int, ...]]]:
    """Read patches of an image from random positions, spread evenly over it.

    There are so many patches that each voxel is in one of them on average: one epoch of training.

    Parameters
    ----------
    img : SpatialImage
        Voxels (x, y, z, ...).
    size : int or sequence of int
        Lengths of a patch along the axes of space, in voxels.
    mask : SpatialImage or array, optional
        On the grid of `img`. The grid of patches that begins with the first voxel is looked at:
        no patch touches a cell of it in which the mask has no voxel other than 0 and NaN.
    seed : int, optional
        What `numpy.random.default_rng` takes. The same seed gives the same patches.

    Yields
    ------
    voxels : ndarray
        Shape ``(*size, ...)``, with all voxels of further axes.
    corner : tuple of int
        First voxel of the patch.

    Raises
    ------
    UsageError
        If lengths or mask do not fit the image, the mask leaves no patch, or the image is not a
        volume.

    See Also
    --------
    random_patches

    Examples
    --------
    >>> from volio.ops.patches import stratified_patches
    >>> img = volio.Nifti1Image(np.zeros((32, 32, 16)), np.eye(4))
    >>> mask = np.zeros(img.shape)
    >>> mask[:16] = 1
    >>> [corner[0] for _, corner in stratified_patches(img, 16, mask, seed=0)]
    [0, 0]
    """
    lengths = _lengths(img, size, "stratified_patches")
    strata = Strata(_space(img), lengths)
    if mask is not None:
        strata.exclude(_cells_without(mask, img, strata))
    if not strata.n_patches:
        raise UsageError(f"mask: leaves no patch of {lengths} that touches no cell outside it")
    rng = np.random.default_rng(seed)
    corners = (strata.draw(number, rng) for number in range(strata.n_patches))
    return ((img.patch(corner, lengths), corner) for corner in corners)


def _lengths(img: SpatialImage, size: int | Sequence[int], task: str) -> tuple[int, ...]:
    """Return the lengths of patches along the axes of space of a volume."""
    check_kind(img, "volume", task)
    ndim = len(_space(img))
    return check_sizes("size", per_axis(size, ndim), ndim)


def _space(img: SpatialImage) -> tuple[int, ...]:
    """Return the lengths of the axes of space, which an image must have voxels along."""
    return check_sizes("img: shape", img.shape[:3])


def _cells_without(mask: Any, img: SpatialImage, strata: Strata) -> list[Cell]:
    """Return the cells of a grid of patches in which a mask has no voxel."""
    data = as_array(mask if kind_of(mask) is None else mask.dataobj)
    is_other_grid = kind_of(mask) is not None and not has_same_grid(mask, img)
    if is_other_grid or tuple(data.shape[: len(strata.shape)]) != strata.shape:
        raise UsageError(f"mask: shape {data.shape} is not on the grid of the image, {img.shape}")
    holds: NDArray[np.bool_] = np.zeros(strata.grid, bool)
    for slab in iterate_slabs(data):
        _mark_cells(holds, slab, strata)
    return [cell for cell in strata.cells() if not holds[cell]]


def _mark_cells(holds: NDArray[np.bool_], slab: Slab, strata: Strata) -> None:
    """Set which cells have voxels inside a slab of a mask."""
    ndim = len(strata.shape)
    later = tuple(range(ndim, slab.values.ndim))
    inside: NDArray[np.bool_] = np.any(is_inside(slab.values), axis=later)
    cells = []
    for axis, part in enumerate(slab.where[:ndim]):
        touched, first = np.unique(_cells_along(strata, axis, part), return_index=True)
        inside = np.logical_or.reduceat(inside, first, axis=axis)
        cells.append(touched)
    holds[np.ix_(*cells)] |= inside


def _cells_along(strata: Strata, axis: int, part: slice) -> NDArray[np.int_]:
    """Return the cell of each voxel of a part of an axis."""
    # Voxels after the last cell, fewer than a patch, count with it.
    last = strata.grid[axis] - 1
    cells = np.arange(part.start, part.stop) // strata.patch_size[axis]
    return np.asarray(np.minimum(cells, last))
