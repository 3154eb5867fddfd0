"""The three axes of an image that are shown, read slab by slab."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.arrays.lazy import LazyArray
from volio.display.base.layer_protocol import Shown
from volio.errors import AffineError, UsageError

__all__ = ["ShownVolume", "shown_volume"]


@dataclass(frozen=True)
class ShownVolume:
    """A volume inside an array of any number of axes.

    Parameters
    ----------
    array : array-like
        Lazy ones are read where they are asked for.
    index : tuple
        Of the array: an int for each axis that is not shown, a slice for the others.
    order : tuple of 3 int
        Which of the axes kept by `index` is the first, second and third of the volume.
    shape : tuple of 3 int
    matrix : ndarray, shape (4, 4)
        From voxels of the volume to the world.
    channels : int
        0 for numbers, 3 or 4 for colours.
    factors : ndarray, shape (3,)
        Voxels of the finest level in one voxel, per axis.
    """

    array: Any
    index: tuple[Any, ...]
    order: tuple[int, int, int]
    shape: tuple[int, int, int]
    matrix: NDArray[np.float64]
    channels: int = 0
    factors: NDArray[np.float64] = None  # type: ignore[assignment]

    @property
    def lazy(self) -> bool:
        """Whether voxels are read from elsewhere when they are asked for."""
        return not isinstance(self.array, np.ndarray)

    @property
    def kept(self) -> list[int]:
        """The axes of the array that are the first, second and third of the volume."""
        axes = [axis for axis, part in enumerate(self.index) if isinstance(part, slice)]
        return [axes[place] for place in self.order]

    @property
    def storage(self) -> list[int]:
        """The axes of the volume, the slowest of storage first."""
        if isinstance(self.array, LazyArray):
            order = self.array.layout.order
            return sorted(range(3), key=lambda axis: order.index(self.kept[axis]))
        if isinstance(self.array, np.ndarray):
            return sorted(range(3), key=lambda axis: -abs(self.array.strides[self.kept[axis]]))
        return sorted(range(3), key=lambda axis: self.kept[axis])

    def best(self, axis: int) -> int | None:
        """Return how many slices of an axis a lazy array likes to read at once, None if unknown."""
        chunks = getattr(self.array, "chunks", None)
        if not chunks or self.storage[0] != axis:
            return None
        return int(np.max(chunks[self.kept[axis]]))

    @property
    def inverse(self) -> NDArray[np.float64]:
        """From the world to voxels, shape (4, 4)."""
        return np.asarray(np.linalg.inv(self.matrix), np.float64)

    def read(self, *ranges: slice) -> NDArray[Any]:
        """Read a box.

        Parameters
        ----------
        *ranges : slice
            One per axis of the volume.

        Returns
        -------
        ndarray
            Axes of the volume, then colours. float32, but small integers in memory as they are.
        """
        index = list(self.index)
        for axis, wanted in zip(self.kept, ranges, strict=True):
            index[axis] = wanted
        if isinstance(self.array, LazyArray) and not self.array.dtype.names:
            voxels = self.array.read(tuple(index), np.float32)
        else:
            voxels = np.asarray(self.array[tuple(index)])
        if voxels.dtype.names:
            voxels = np.stack([voxels[name] for name in voxels.dtype.names], axis=-1)
        return voxels.transpose(*self.order, *range(3, voxels.ndim))

    def held(self, *ranges: slice) -> ShownVolume:
        """Return a box of the volume as one in memory, float32, at the same place.

        Parameters
        ----------
        *ranges : slice
            One per axis of the volume, with start and stop.
        """
        voxels = np.asarray(self.read(*ranges))
        if self.channels:
            voxels = voxels / np.float32(self.brightest)
        onto = np.eye(4)
        onto[:3, 3] = [part.start for part in ranges]
        return ShownVolume(
            voxels,
            (slice(None),) * 3,
            (0, 1, 2),
            voxels.shape[:3],
            self.matrix @ onto,
            self.channels,
            self.factors,
        )

    def slab(self, axis: int, start: int, stop: int) -> NDArray[np.float32]:
        """Read slices of one axis, which becomes the first; float32, in C order; colours in 0..1.

        Returns
        -------
        ndarray, shape (stop - start, n, m) or (stop - start, n, m, channels)
        """
        ranges = [slice(None)] * 3
        ranges[axis] = slice(start, stop)
        voxels = np.moveaxis(self.read(*ranges), axis, 0)
        with np.errstate(over="ignore"):  # infinite is as far from all limits
            held = np.ascontiguousarray(voxels, dtype=np.float32)
        return held if not self.channels else held / np.float32(self.brightest)

    @property
    def brightest(self) -> float:
        """The number of a full channel of colour."""
        dtype = self.array.dtype
        dtype = dtype[dtype.names[0]] if dtype.names else dtype
        return float(np.iinfo(dtype).max) if dtype.kind in "ui" else 1.0

    def whole(self) -> NDArray[np.float32]:
        """Read everything, as `slab` does."""
        return self.slab(0, 0, self.shape[0])


def shown_volume(layer: Shown, pixel: float | None = None) -> ShownVolume:
    """Return the volume of a layer that is shown.

    Parameters
    ----------
    layer : Shown
        Its `dims_displayed` if these are three, else its first three axes.
    pixel : float, optional
        Size of a pixel in the world: of a multiscale layer the coarsest level is taken whose
        voxels are no larger. Without it the finest.

    Raises
    ------
    UsageError
        If the layer has fewer than three axes, or `dims_point` lies outside.
    AffineError
        If the place of the voxels cannot be inverted.
    """
    levels = list(layer.data) if layer.multiscale else [layer.data]
    if layer.ndim < 3:
        raise UsageError(f"a volume needs three axes, got {layer.ndim}")
    dims = tuple(layer.dims_displayed)
    dims = dims if len(dims) == 3 else tuple(range(layer.ndim))[:3]
    full = np.asarray(layer.data_to_world_matrix, np.float64)
    if abs(np.linalg.det(full[:-1, :-1])) < 1e-300 or not np.isfinite(full).all():
        raise AffineError("the volume cannot be shown: its data-to-world matrix has no inverse")
    fixed = np.rint(np.linalg.solve(full[:-1, :-1], np.asarray(layer.dims_point) - full[:-1, -1]))
    array, factors = _level(levels, layer.ndim, dims, full, pixel)
    index: list[Any] = [slice(None)] * len(array.shape)
    for axis in set(range(layer.ndim)) - set(dims):
        if not 0 <= fixed[axis] < levels[0].shape[axis]:
            raise UsageError(f"dims_point: {layer.dims_point} lies outside of axis {axis}")
        scaled = int(fixed[axis] * array.shape[axis] / levels[0].shape[axis])
        index[axis] = min(scaled, array.shape[axis] - 1)
    kept = sorted(dims)
    matrix = np.eye(4)
    matrix[:3, :3] = full[np.ix_(dims, dims)]
    others = [axis for axis in range(layer.ndim) if axis not in dims]
    matrix[:3, 3] = full[list(dims), -1] + full[np.ix_(dims, others)] @ fixed[others]
    onto = np.eye(4)  # voxels of the level cover whole voxels of the finest: edges lie on edges
    onto[:3, :3], onto[:3, 3] = np.diag(factors), (factors - 1) / 2
    return ShownVolume(
        array,
        tuple(index),
        (kept.index(dims[0]), kept.index(dims[1]), kept.index(dims[2])),
        tuple(int(array.shape[axis]) for axis in dims),  # type: ignore[arg-type]
        matrix @ onto,
        _channels(layer, array),
        factors,
    )


def _channels(layer: Shown, array: Any) -> int:
    if not layer.rgb:
        return 0
    return len(array.dtype.names) if array.dtype.names else int(array.shape[-1])


def _level(
    levels: list[Any], ndim: int, dims: tuple[int, ...], full: Any, pixel: float | None
) -> tuple[Any, NDArray[np.float64]]:
    """Return the coarsest level whose voxels are no larger than a pixel, and its factors."""
    first = np.asarray(levels[0].shape[:ndim], np.float64)[list(dims)]
    sizes = np.linalg.norm(full[np.ix_(dims, dims)], axis=0)
    chosen = 0
    for number, level in enumerate(levels):
        factors = first / np.asarray(level.shape[:ndim])[list(dims)]
        if pixel is not None and bool((sizes * factors <= pixel * 1.001).all()):
            chosen = number
    return levels[chosen], first / np.asarray(levels[chosen].shape[:ndim])[list(dims)]
