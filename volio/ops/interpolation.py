"""Spline interpolation of volumes, with voxels that reach half a voxel around their centres."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from volio.cached import cached_property
from volio.errors import SpaceError, UsageError
from volio.ops.filters import check_mode
from volio.space.affines import from_matvec, to_matvec
from volio.space.grids import mask_slices
from volio.space.transforms import compose

__all__ = ["Edge", "VolumeSampler"]

Edge = Literal["voxel", "centre"]

#: What is this near to the edge of a voxel, in voxels, is on it.
ON_EDGE = 1e-6
#: Voxels that are NaN spoil samples in which they weigh more.
LEAST_WEIGHT = 1e-6


class VolumeSampler:
    """Samples volumes of one grid at the voxels of another.

    Parameters
    ----------
    to_from : (4, 4) array
        Voxel indices of the new grid to those of the volumes.
    source : tuple of int
        Shape of the volumes, three axes.
    grid : tuple of int
        Shape of the new grid, three axes.
    order : int
        Of the spline, 0 to 5.
    mode : str
        What is outside, as in ``scipy.ndimage.affine_transform``.
    cval : float
        Value outside for the constant modes.
    edge : {"voxel", "centre"}
        Where the mode 'constant' begins to be outside: half a voxel beyond the centres of the
        outermost voxels, or right after these centres.

    Attributes
    ----------
    spoiling : int
        Voxels, of all volumes so far, that were NaN or infinite.

    Raises
    ------
    UsageError
        If order, mode or edge are none of these.
    """

    def __init__(
        self,
        to_from: NDArray[np.float64],
        source: tuple[int, ...],
        grid: tuple[int, ...],
        *,
        order: int,
        mode: str,
        cval: Any,
        edge: Edge,
    ) -> None:
        check_mode(mode)
        if order not in range(6):
            raise UsageError(f"order: must be 0 to 5, got {order!r}")
        if edge not in ("voxel", "centre"):
            raise UsageError(f"edge: must be 'voxel' or 'centre', got {edge!r}")
        self.to_from = to_from
        self.source = source
        self.grid = grid
        self.order = order
        self.cval = cval
        self.fills_outside = mode == "constant" and edge == "voxel"
        # Within the outer half of the outermost voxels: what ITK takes there.
        beyond = "nearest" if order < 2 else "mirror"
        self.mode = beyond if self.fills_outside else mode
        self.spoiling = 0

    def sample(self, volume: NDArray[Any], out: NDArray[Any]) -> None:
        """Fill an array of the shape of the new grid with the samples of a volume.

        Parameters
        ----------
        volume : ndarray
            Three axes at most; not changed.
        out : ndarray
            Of the same dtype.

        Raises
        ------
        UsageError
            If the value outside is not finite, and the dtype has integers only.
        """
        if self.mode in ("constant", "grid-constant") or self.fills_outside:
            self._check_cval(out.dtype)
        finite = np.isfinite(volume)
        self.spoiling += finite.size - int(np.count_nonzero(finite))
        if not self.order or finite.all():
            self._sample(volume, out, self.cval)
        else:
            self._sample(_without_gaps(volume, finite), out, self.cval)
            self._spoil(volume, out)
        if self.fills_outside:
            out[~self._inside] = _as_voxel(self.cval, out.dtype)

    def _check_cval(self, dtype: np.dtype[Any]) -> None:
        if dtype.kind in "iu" and not np.isfinite(self.cval):
            raise UsageError(f"cval: {dtype} voxels cannot hold {self.cval}; use a finite number")

    def _sample(
        self, volume: NDArray[Any], out: NDArray[Any], cval: Any, prefilter: bool = True
    ) -> None:
        from scipy.ndimage import affine_transform

        transform: Any = affine_transform
        box = self._box
        start = [side.start for side in box]
        matrix, offset = to_matvec(compose(self.to_from, from_matvec(np.eye(3), start)))
        target = out[box]
        transform(
            volume,
            matrix,
            offset,
            target.shape,
            target,
            order=self.order,
            mode=self.mode,
            cval=cval,
            prefilter=prefilter,
        )

    def _spoil(self, volume: NDArray[Any], out: NDArray[Any]) -> None:
        """Make samples NaN or infinite in which such voxels have a weight."""
        weights = np.zeros(out.shape, np.float32, order="F")
        for value, where in _not_finite(volume):
            self._sample(where.astype(np.float32), weights, 0.0, prefilter=False)
            spoiled = weights > LEAST_WEIGHT
            with np.errstate(invalid="ignore"):  # infinity of both signs is NaN
                out[spoiled] += value

    @cached_property
    def _box(self) -> tuple[slice, ...]:
        """Slices of the new grid outside of which nothing is within the volume."""
        if not self.fills_outside:
            return tuple(slice(0, length) for length in self.grid)
        try:
            return mask_slices(self._inside)
        except SpaceError:  # nothing is within it
            return (slice(0, 0),) * 3

    @cached_property
    def _inside(self) -> NDArray[np.bool_]:
        """Which voxels of the new grid have their centre within a voxel of the volume.

        As in ITK, the lower edge of a voxel belongs to it and the upper one to the next.
        """
        inside = np.ones(self.grid, np.bool_, order="F")
        i, j = np.ogrid[: self.grid[0], : self.grid[1]]
        first_edge = -0.5 - ON_EDGE
        for (by_i, by_j, by_k, start), length in zip(self.to_from[:3], self.source, strict=True):
            in_plane = by_i * i + by_j * j + start
            for k in range(self.grid[2]):
                index = in_plane + by_k * k
                inside[..., k] &= (index >= first_edge) & (index < length + first_edge)
        return inside


def _without_gaps(volume: NDArray[Any], finite: NDArray[np.bool_]) -> NDArray[Any]:
    """Return a volume whose voxels that are NaN or infinite have the value of the nearest other."""
    from scipy.ndimage import distance_transform_edt

    if not finite.any():
        return np.zeros_like(volume)
    nearest: Any
    nearest = distance_transform_edt(~finite, return_distances=False, return_indices=True)
    filled: NDArray[Any] = volume[tuple(nearest)]
    return filled


def _not_finite(volume: NDArray[Any]) -> Iterator[tuple[Any, NDArray[np.bool_]]]:
    """Yield NaN and the infinite values that a volume has, and where each of them is."""
    if volume.dtype.kind == "c":
        kinds = [(complex(np.nan, np.nan), ~np.isfinite(volume))]
    else:
        kinds = [
            (np.nan, np.isnan(volume)),
            (np.inf, np.isposinf(volume)),
            (-np.inf, np.isneginf(volume)),
        ]
    for value, where in kinds:
        if where.any():
            yield value, where


def _as_voxel(value: Any, dtype: np.dtype[Any]) -> Any:
    """Return a value as voxels hold it: rounded, and within the range of integers."""
    if dtype.kind not in "iu":
        return value
    info = np.iinfo(dtype)
    return min(max(round(value), info.min), info.max)
