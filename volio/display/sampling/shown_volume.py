"""The volume of a layer that is shown: three axes of an array, read box by box."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.arrays.lazy import LazyArray
from volio.display.base.channels import plain
from volio.display.base.far_numbers import difference
from volio.display.base.layer_protocol import Shown
from volio.errors import AffineError, UsageError
from volio.space.affines import from_matvec

__all__ = ["ShownVolume", "fitting_level", "shown_volume"]

Matrix = NDArray[np.float64]

#: What is sampled.
SAMPLES = np.dtype(np.float32)
#: Determinants below this are those of matrices without an inverse.
SINGULAR = 1e-300


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
    level : int
        Of the layer, 0 for the finest.
    factors, offsets : ndarray, shape (3,)
        Voxel p is at ``p * factors + offsets`` in the finest level.
    origin : float
        Taken away from numbers, exactly, before they become floats of `dtype`.
    dtype : dtype
        What is sampled: float32, float64, or the integers of the voxels.
    finite_only : bool
        Whether infinite voxels, too, count as those that are missing (NaN).
    """

    array: Any
    index: tuple[Any, ...]
    order: tuple[int, int, int]
    shape: tuple[int, int, int]
    matrix: Matrix
    channels: int = 0
    level: int = 0
    factors: Matrix = field(default_factory=lambda: np.ones(3))
    offsets: Matrix = field(default_factory=lambda: np.zeros(3))
    origin: float = 0.0
    dtype: np.dtype[Any] = SAMPLES
    finite_only: bool = False

    @property
    def lazy(self) -> bool:
        """Whether voxels are read when they are asked for."""
        return not isinstance(self.array, np.ndarray)

    @property
    def channel_shape(self) -> tuple[int, ...]:
        """Shape of one voxel: that of its channels, () for numbers."""
        return (self.channels,) if self.channels else ()

    @property
    def array_axes(self) -> list[int]:
        """The axes of the array that are the first, second and third of the volume."""
        axes = [axis for axis, part in enumerate(self.index) if isinstance(part, slice)]
        return [axes[n] for n in self.order]

    @property
    def storage_order(self) -> list[int]:
        """The axes of the volume, the slowest of storage first."""
        axes = self.array_axes
        if isinstance(self.array, LazyArray):
            order = self.array.layout.order
            return sorted(range(3), key=lambda axis: order.index(axes[axis]))
        if isinstance(self.array, np.ndarray):
            strides = self.array.strides
            return sorted(range(3), key=lambda axis: -abs(strides[axes[axis]]))
        return sorted(range(3), key=lambda axis: axes[axis])

    def preferred_slices(self, axis: int) -> int | None:
        """Return how many slices of an axis a lazy array likes to read at once, None if unknown."""
        chunks = getattr(self.array, "chunks", None)
        if not chunks or self.storage_order[0] != axis:
            return None
        return int(np.max(chunks[self.array_axes[axis]]))

    @property
    def inverse(self) -> Matrix:
        """From the world to voxels, shape (4, 4)."""
        return np.asarray(np.linalg.inv(self.matrix), np.float64)

    @property
    def full_channel(self) -> float:
        """The number of a full channel of colour."""
        dtype = self.array.dtype
        channel = dtype[0] if dtype.names else dtype
        return float(np.iinfo(channel).max) if channel.kind in "ui" else 1.0

    def read(self, *ranges: slice) -> NDArray[Any]:
        """Read a box.

        Parameters
        ----------
        *ranges : slice
            One per axis of the volume.

        Returns
        -------
        ndarray
            Axes of the volume, then colours. float32, but numbers in memory as they are, unless
            there is an `origin`.
        """
        index = list(self.index)
        for axis, part in zip(self.array_axes, ranges, strict=True):
            index[axis] = part
        if self.origin and not self.channels:
            stored = np.asarray(self.array[tuple(index)])
            voxels = difference(stored, self.origin).astype(self.dtype)
        elif isinstance(self.array, LazyArray) and not self.array.dtype.names:
            voxels = self.array.read(tuple(index), self.dtype)
        else:
            voxels = plain(np.asarray(self.array[tuple(index)]))
        return voxels.transpose(*self.order, *range(3, voxels.ndim))

    def in_memory(self, *ranges: slice) -> ShownVolume:
        """Return a box of the volume as one in memory, at the same position.

        Parameters
        ----------
        *ranges : slice
            One per axis of the volume, with start and stop.
        """
        voxels = np.asarray(self.read(*ranges))
        if self.channels:
            voxels = voxels / np.float32(self.full_channel)
        first = np.array([part.start for part in ranges], np.float64)
        return ShownVolume(
            voxels,
            index=(slice(None),) * 3,
            order=(0, 1, 2),
            shape=voxels.shape[:3],
            matrix=self.matrix @ from_matvec(np.eye(3), first),
            channels=self.channels,
            level=self.level,
            factors=self.factors,
            offsets=self.offsets + first * self.factors,
            dtype=self.dtype,
        )

    def within_level(self, axis: int, indices: Matrix) -> Matrix:
        """Return indices of an axis, those inside the finest level inside this one, too.

        A level may lack the last voxels of the finest, where these do not fill one of its own.
        """
        last = self.shape[axis] - 0.5
        near = 1 - 1 / self.factors[axis]  # a voxel of a level less one of the finest
        beyond = np.maximum(-0.5 - indices, indices - last)
        is_near = (beyond > 0) & (beyond < near)
        return np.where(is_near, np.clip(indices, -0.5, last), indices)

    def slab(self, axis: int, *ranges: slice) -> NDArray[Any]:
        """Read a box with one axis first, in C order; colours in 0..1.

        Parameters
        ----------
        axis : int
            Which one becomes the first.
        *ranges : slice
            One per axis of the volume.

        Returns
        -------
        ndarray, shape (k, n, m) or (k, n, m, channels)
        """
        voxels = np.moveaxis(self.read(*ranges), axis, 0)
        with np.errstate(over="ignore"):  # infinite is as far from all limits
            values = np.ascontiguousarray(voxels, dtype=self.dtype)
        return values / np.float32(self.full_channel) if self.channels else values


def shown_volume(
    layer: Shown, pixel: float | None = None, normal: Matrix | None = None
) -> ShownVolume:
    """Return the volume of a layer that is shown.

    Parameters
    ----------
    layer : Shown
        Its `dims_displayed` if these are three, else its first three axes.
    pixel : float, optional
        Size of a pixel in the world: of a multiscale layer the level that is locked is taken, or
        the coarsest whose voxels are no larger. Without it the finest.
    normal : (3,) array, optional
        Of a plane, length 1: voxels count as large as they are in the plane, however thick they
        are across it.

    Raises
    ------
    UsageError
        If the layer has fewer than three axes, or `dims_point` is outside.
    AffineError
        If the data-to-world matrix cannot be inverted.
    """
    if layer.ndim < 3:
        raise UsageError(f"a volume needs three axes, got {layer.ndim}")
    shown = _shown_axes(layer)
    matrix = _invertible(layer.data_to_world_matrix)
    point = _nearest_voxel(matrix, layer.dims_point)
    level = 0 if pixel is None else fitting_level(layer, pixel, normal)
    array = _arrays(layer)[level]
    grids = layer.level_grids.of_axes(shown)
    return ShownVolume(
        array,
        index=_index_at(point, level, shown, layer),
        order=_ranks(shown),
        shape=tuple(int(array.shape[axis]) for axis in shown),  # type: ignore[arg-type]
        matrix=_matrix_of_axes(matrix, shown, point) @ grids.matrices[level],
        channels=_channels(layer, array),
        level=level,
        factors=grids.factors[level],
        offsets=grids.offsets[level],
    )


def _ranks(axes: Sequence[int]) -> tuple[int, int, int]:
    """Return the rank of each of three axes in the order of storage."""
    in_order = sorted(axes)
    i, j, k = (in_order.index(axis) for axis in axes)
    return i, j, k


def _arrays(layer: Shown) -> list[Any]:
    """Return the levels of a layer, the finest first."""
    return list(layer.data) if layer.multiscale else [layer.data]


def _shown_axes(layer: Shown) -> list[int]:
    displayed = list(layer.dims_displayed)
    return displayed if len(displayed) == 3 else [0, 1, 2]


def _invertible(matrix: Matrix) -> Matrix:
    checked = np.asarray(matrix, np.float64)
    determinant = np.linalg.det(checked[:-1, :-1])
    if abs(determinant) < SINGULAR or not np.isfinite(checked).all():
        raise AffineError("the volume cannot be shown: its data-to-world matrix has no inverse")
    return checked


def _nearest_voxel(matrix: Matrix, point: Matrix) -> Matrix:
    """Return the voxel of the finest level, all axes, that is nearest to a point of the world."""
    offset = np.asarray(point) - matrix[:-1, -1]
    return np.asarray(np.rint(np.linalg.solve(matrix[:-1, :-1], offset)), np.float64)


def fitting_level(layer: Shown, pixel: float, normal: Matrix | None = None) -> int:
    """Return the level of a layer that is shown in pixels of a size; see `shown_volume`."""
    if not layer.multiscale:
        return 0
    if layer.locked_data_level is not None:
        return layer.locked_data_level
    shown = _shown_axes(layer)
    matrix = layer.data_to_world_matrix
    edges = matrix[np.ix_(shown, shown)]  # columns: the edges of a voxel of the finest level
    if normal is not None:
        edges = edges - np.outer(normal, normal @ edges)
    sizes = np.linalg.norm(edges, axis=0)
    return layer.level_grids.of_axes(shown).fitting(sizes, pixel)


def _index_at(
    point: Matrix, level: int, shown: Sequence[int], layer: Shown
) -> tuple[int | slice, ...]:
    """Return the index of a level that holds the axes shown, the others at a finest voxel."""
    arrays = _arrays(layer)
    finest = arrays[0].shape
    shape = arrays[level].shape
    in_level = np.rint(layer.level_grids.to_level(level, point))
    index: list[int | slice] = [slice(None)] * len(shape)
    for axis in _hidden_axes(layer.ndim, shown):
        if not 0 <= point[axis] < finest[axis]:
            raise UsageError(f"dims_point: {layer.dims_point} is outside of axis {axis}")
        index[axis] = int(np.clip(in_level[axis], 0, shape[axis] - 1))
    return tuple(index)


def _hidden_axes(ndim: int, shown: Sequence[int]) -> list[int]:
    return [axis for axis in range(ndim) if axis not in shown]


def _matrix_of_axes(matrix: Matrix, shown: Sequence[int], point: Matrix) -> Matrix:
    """Return the affine (4, 4) of the axes shown, the others at a voxel."""
    hidden = _hidden_axes(len(matrix) - 1, shown)
    volume = np.eye(4)
    volume[:3, :3] = matrix[np.ix_(shown, shown)]
    volume[:3, 3] = matrix[shown, -1] + matrix[np.ix_(shown, hidden)] @ point[hidden]
    return volume


def _channels(layer: Shown, array: Any) -> int:
    if not layer.rgb:
        return 0
    return len(array.dtype.names) if array.dtype.names else int(array.shape[-1])
