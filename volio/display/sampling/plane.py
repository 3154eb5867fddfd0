"""Slices and slabs of a volume, along its axes or at any angle."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.display.base.layer_protocol import as_shown
from volio.display.sampling.kernels import CUSTOM, NEAREST, checked_interpolation, matrix
from volio.display.sampling.points import sample_points
from volio.display.sampling.shown_volume import ShownVolume, shown_volume
from volio.errors import UsageError

__all__ = ["REDUCTIONS", "sample_plane"]

Floats = NDArray[np.float64]

#: What a slab may become, by the names of rendering modes and of numpy.
REDUCTIONS: dict[str, Callable[..., Any]] = {
    "average": np.mean,
    "mean": np.mean,
    "mip": np.max,
    "max": np.max,
    "minip": np.min,
    "min": np.min,
    "sum": np.sum,
}
ON_VOXEL = 1e-4  # of a voxel: nearer than this counts as on it


def sample_plane(
    image: Any,
    origin: ArrayLike,
    u: ArrayLike,
    v: ArrayLike,
    shape: tuple[int, int],
    interpolation: str = "linear",
    thickness: float = 0.0,
    reduce: str = "average",
    *,
    kernel: ArrayLike | None = None,
    outside: float = np.nan,
) -> NDArray[np.float32]:
    """Sample an image on a plane.

    Parameters
    ----------
    image : layer, SpatialImage or array-like
        Three axes or more; of later axes, a layer's point or the first is taken.
    origin : (3,) array-like
        World mm of the first sample.
    u, v : (3,) array-like
        Steps in world mm along the first and the second axis of the result.
    shape : (n, m)
        Numbers of samples: sample (i, j) lies at ``origin + i * u + j * v``.
    interpolation : str
        A name of `volio.display.sampling.kernels.NAMES`. With 'custom', `kernel` is the weights of
        voxels around each voxel, in the plane; the sum of weighted linear samples is returned.
    thickness : float
        Of a slab, mm; it lies symmetrically about the plane, and is sampled at least once per
        voxel along the normal. 0 is a plane.
    reduce : str
        What becomes of the samples through the slab: a name of `REDUCTIONS`.
    kernel : (k, l) array-like, optional
        Weights for 'custom'; a layer's `custom_interpolation_kernel_2d` by default.
    outside : float
        What lies outside of the voxels, which end half a voxel beyond the outermost centres.

    Returns
    -------
    ndarray of float32
        Shape `shape`, or ``(*shape, channels)`` of an image of colours, these in 0..1.

    Raises
    ------
    UsageError
        If u and v do not span a plane, or a setting is outside what it may be.

    Notes
    -----
    Of a lazy image, a plane along axes of the voxels reads the one slice it lies on, or two where
    it lies between slices and they are interpolated.
    """
    layer = as_shown(image)
    checked_interpolation(interpolation)
    if reduce not in REDUCTIONS:
        raise UsageError(f"reduce: must be one of {', '.join(REDUCTIONS)}, got {reduce!r}")
    if not (np.isfinite(thickness) and thickness >= 0):
        raise UsageError(f"thickness: must be 0 mm or more, got {thickness}")
    weights = _custom(layer, kernel) if interpolation == CUSTOM else None
    block = shown_volume(layer)
    points = _Plane(block, origin, u, v, shape)
    offsets = _offsets(block, points.normal, thickness)
    samples = [points.sample(offset, interpolation, weights, outside) for offset in offsets]
    if len(samples) == 1:
        return samples[0]
    result: NDArray[np.float32] = REDUCTIONS[reduce](np.stack(samples), axis=0)
    return result.astype(np.float32, copy=False)


def _custom(layer: Any, kernel: ArrayLike | None) -> NDArray[np.float64]:
    found = layer.custom_interpolation_kernel_2d if kernel is None else kernel
    weights = np.asarray(found, np.float64)
    if weights.ndim != 2 or not weights.size or not np.isfinite(weights).all():
        raise UsageError(f"kernel: a table of finite numbers is needed, got shape {weights.shape}")
    return weights


def _offsets(block: ShownVolume, normal: Floats, thickness: float) -> Floats:
    """Return places through a slab, in mm along its normal, at most a voxel apart."""
    through = np.linalg.norm(block.inverse[:3, :3] @ normal)  # voxels per mm
    count = max(1, ceil(thickness * through - ON_VOXEL))
    return (np.arange(count) - (count - 1) / 2) * thickness / count


class _Plane:
    """Samples of a plane, in voxels of a block."""

    def __init__(
        self, block: ShownVolume, origin: ArrayLike, u: ArrayLike, v: ArrayLike, shape: tuple[int, int]
    ) -> None:
        world = [np.asarray(vector, np.float64) for vector in (origin, u, v)]
        if any(vector.shape != (3,) or not np.isfinite(vector).all() for vector in world):
            raise UsageError("origin, u and v: must be three finite numbers each, world mm")
        self.block = block
        self.shape = int(shape[0]), int(shape[1])
        if min(self.shape) < 1:
            raise UsageError(f"shape: must be two positive numbers of samples, got {shape}")
        normal = np.cross(world[1], world[2])
        length = float(np.linalg.norm(normal))
        if length < 1e-12 * max(1.0, float(np.linalg.norm(world[1]))):
            raise UsageError(f"u and v: must span a plane, got {u!r} and {v!r}")
        self.normal = normal / length
        linear = block.inverse[:3, :3]
        self.start = linear @ world[0] + block.inverse[:3, 3]
        self.steps = np.stack([linear @ world[1], linear @ world[2]])

    def sample(
        self, offset: float, interpolation: str, weights: Any, outside: float
    ) -> NDArray[np.float32]:
        start = self.start + self.block.inverse[:3, :3] @ self.normal * offset
        axes = self._axes()
        if axes is not None:
            return self._along_axes(axes, start, interpolation, weights, outside)
        rows, columns = np.arange(self.shape[0]), np.arange(self.shape[1])
        points = start + rows[:, None, None] * self.steps[0] + columns[:, None] * self.steps[1]
        if weights is None:
            return sample_points(self.block, points, interpolation, outside)
        return self._custom_at(points, weights, outside)

    def _custom_at(self, points: Floats, weights: Any, outside: float) -> NDArray[np.float32]:
        """Weigh linear samples around each point, one voxel apart in the plane."""
        one, other = (step / np.linalg.norm(step) for step in self.steps)
        total: Any = 0.0
        for (row, column), weight in np.ndenumerate(weights):
            across = (row - (weights.shape[0] - 1) / 2) * one
            down = (column - (weights.shape[1] - 1) / 2) * other
            at = sample_points(self.block, points + across + down, "linear", 0.0)
            total = total + np.float32(weight) * at
        inside = np.isfinite(sample_points(self.block, points, NEAREST, np.nan))
        return np.where(inside, total, np.float32(outside)).astype(np.float32)

    def _axes(self) -> tuple[int, int] | None:
        """Return the axes of the voxels that the steps run along, None for an oblique plane."""
        found = [int(np.argmax(np.abs(step))) for step in self.steps]
        for step, axis, count in zip(self.steps, found, self.shape, strict=True):
            if np.abs(np.delete(step, axis)).max() * max(1, count - 1) > ON_VOXEL:
                return None
        return (found[0], found[1]) if found[0] != found[1] else None

    def _along_axes(
        self, axes: tuple[int, int], start: Floats, name: str, weights: Any, outside: float
    ) -> NDArray[np.float32]:
        through = 3 - sum(axes)
        places = [
            snapped(start[axis] + np.arange(count) * step[axis])
            for axis, count, step in zip(axes, self.shape, self.steps, strict=True)
        ]
        inside = [
            _inside(at, self.block.shape[axis]) for at, axis in zip(places, axes, strict=True)
        ]
        if not _inside(start[through : through + 1], self.block.shape[through])[0]:
            inside[0][:] = False
        channels = (self.block.channels,) if self.block.channels else ()
        result = np.full((*self.shape, *channels), outside, np.float32)
        if inside[0].any() and inside[1].any():
            part = [at[kept] for at, kept in zip(places, inside, strict=True)]
            values = self._slice(axes, through, float(start[through]), part, name, weights)
            result[np.ix_(*inside)] = values
        return result

    def _slice(
        self,
        axes: tuple[int, int],
        through: int,
        at: float,
        places: list[Floats],
        name: str,
        weights: Any,
    ) -> NDArray[np.float32]:
        """Sample the slices that count at a place through the plane."""
        length = self.block.shape[through]
        row = matrix(snapped(np.array([at])), length, "linear" if name == CUSTOM else name)[0]
        total: Any = None
        for number in np.flatnonzero(row):
            voxels = self._read(axes, through, int(number))
            found = resampled(voxels, places, name, weights)
            total = _weighted(total, found, float(row[number]))
        return np.asarray(total, np.float32)

    def _read(self, axes: tuple[int, int], through: int, number: int) -> NDArray[np.float32]:
        voxels = self.block.slab(through, number, number + 1)[0]
        return voxels if axes[0] < axes[1] else np.swapaxes(voxels, 0, 1)


def _weighted(total: Any, found: NDArray[np.float32], weight: float) -> Any:
    if weight == 1:
        return found
    return weight * found if total is None else total + weight * found


def snapped(places: Floats) -> Floats:
    """Return indices, those next to a voxel's centre on it."""
    near = np.rint(places)
    return np.where(np.abs(places - near) < ON_VOXEL, near, places)


def _inside(places: Floats, length: int) -> NDArray[np.bool_]:
    return np.asarray((places >= -0.5) & (places <= length - 0.5))


def resampled(
    voxels: NDArray[np.float32], places: list[Floats], name: str, weights: Any = None
) -> NDArray[np.float32]:
    """Return a slice sampled at places along its two axes.

    Parameters
    ----------
    voxels : ndarray, shape (n, m) or (n, m, channels)
    places : list of two ndarray
        Indices along each axis.
    name : str
        Interpolation.
    weights : ndarray, optional
        For 'custom'.

    Returns
    -------
    ndarray of float32, shape (len(places[0]), len(places[1])) and channels
        Where a NaN counts, NaN.
    """
    if name == CUSTOM:
        from scipy.ndimage import correlate

        window = weights.reshape(*weights.shape, *(1,) * (voxels.ndim - 2))
        voxels = correlate(voxels, window, mode="constant").astype(np.float32)
        name = "linear"
    on_voxels = all((at == np.rint(at)).all() for at in places)
    if name == NEAREST or (on_voxels and name in ("linear", "catrom")):
        index = [
            np.clip(np.floor(at + 0.5).astype(np.intp), 0, n - 1)
            for at, n in zip(places, voxels.shape, strict=False)
        ]
        return voxels[np.ix_(*index)]
    rows, columns = (matrix(at, n, name) for at, n in zip(places, voxels.shape, strict=False))
    missing = ~np.isfinite(voxels)
    if not missing.any():
        return _twice(voxels, rows, columns)
    found = _twice(np.where(missing, np.float32(0), voxels), rows, columns)
    touched = _twice(missing.astype(np.float32), np.abs(rows), np.abs(columns)) > 0
    return np.where(touched, np.float32(np.nan), found).astype(np.float32, copy=False)


def _twice(
    voxels: NDArray[np.float32], rows: NDArray[np.float32], columns: NDArray[np.float32]
) -> NDArray[np.float32]:
    if voxels.ndim == 2:
        return np.asarray(rows @ voxels @ columns.T, np.float32)
    return np.stack([_twice(voxels[..., c], rows, columns) for c in range(voxels.shape[2])], -1)
