"""Slices and slabs of a volume, along its axes or at any angle."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from volio.display.base.given import AnyImage
from volio.display.base.layer_protocol import PlainLayer, Shown, as_shown
from volio.display.sampling.kernels import CUSTOM, LINEAR, NEAREST, checked_interpolation
from volio.display.sampling.plane_grid import ON_VOXEL, PlaneGrid, WorldPlane
from volio.display.sampling.points import sample_points
from volio.display.sampling.shown_volume import ShownVolume, shown_volume
from volio.display.sampling.slices import Interpolation, sample_along_axes
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


def sample_plane(
    image: AnyImage | Shown | PlainLayer,
    origin: ArrayLike,
    u: ArrayLike,
    v: ArrayLike,
    shape: tuple[int, int],
    interpolation: str = "linear",
    thickness: float = 0.0,
    reduce: str = "average",
    *,
    kernel: ArrayLike | None = None,
    whole_slices: bool = False,
    outside: float = np.nan,
    origin_value: float = 0.0,
    dtype: DTypeLike = np.float32,
) -> NDArray[Any]:
    """Sample an image on a plane.

    Parameters
    ----------
    image : layer, SpatialImage or array-like
        Three axes or more; of later axes, a layer's point or the first is taken. Of several
        levels the coarsest is sampled whose voxels, as they are seen in the plane, are no larger
        than the steps; or the one that a layer locks.
    origin : (3,) array-like
        World mm of the first sample.
    u, v : (3,) array-like
        Steps in world mm along the first and the second axis of the result.
    shape : (n, m)
        Numbers of samples: sample (i, j) is at ``origin + i * u + j * v``.
    interpolation : str
        A name of `volio.display.sampling.kernels.NAMES`. With 'custom', `kernel` is the weights of
        voxels around each voxel, in the plane; the sum of weighted linear samples is returned.
    thickness : float
        Of a slab, mm, with the plane in its middle; it is sampled at least once per
        voxel along the normal. 0 is a plane.
    reduce : str
        What becomes of the samples through the slab: a name of `REDUCTIONS`.
    kernel : (k, l) array-like, optional
        Weights for 'custom'; a layer's `custom_interpolation_kernel_2d` by default.
    whole_slices : bool
        Take the slice that a plane along the axes of the voxels is in, not a mean of two where it
        is between them.
    outside : float
        Value outside of the voxels, which end half a voxel beyond the outermost centres.
    origin_value : float
        Taken away from numbers before they become floats: what differs by little far from 0
        stays different. A whole number for integers.
    dtype : dtype
        float32, or that of the voxels, or float64, for values of voxels themselves ("nearest")
        that float32 cannot hold. Integers need a number for `outside`.

    Returns
    -------
    ndarray of `dtype`
        Shape `shape`, or ``(*shape, channels)`` of an image of colours, these in 0..1.

    Raises
    ------
    UsageError
        If u and v do not span a plane, or a setting is outside what it may be.

    Notes
    -----
    Of a lazy image, a plane along axes of the voxels reads the one slice it is on, or two where it
    is between slices and they are interpolated, and of these no more than the plane covers.

    Examples
    --------
    >>> ramp = volio.Nifti1Image(np.arange(10.0).repeat(4).reshape(10, 2, 2), np.eye(4))
    >>> volio.display.sample_plane(ramp, (0.5, 0, 0), (1, 0, 0), (0, 1, 0), (2, 3))
    array([[0.5, 0.5, nan],
           [1.5, 1.5, nan]], dtype=float32)
    """
    layer = as_shown(image)
    checked_interpolation(interpolation)
    _check_slab(reduce, thickness)
    method = Interpolation(interpolation, _custom_weights(layer, interpolation, kernel))
    plane = WorldPlane.of(origin, u, v, shape)
    shown = shown_volume(layer, plane.pixel, plane.normal)
    volume = replace(shown, origin=origin_value, dtype=np.dtype(dtype))
    grid = PlaneGrid.of_world(volume, plane)
    if whole_slices:
        grid = grid.on_slices()
    distances = _distances(volume, grid.normal, thickness)
    sheets = [_sample(grid.moved(distance), method, outside) for distance in distances]
    if len(sheets) == 1:
        return sheets[0]
    reduced: NDArray[Any] = REDUCTIONS[reduce](np.stack(sheets), axis=0)
    return reduced.astype(dtype, copy=False)


def _check_slab(reduce: str, thickness: float) -> None:
    if reduce not in REDUCTIONS:
        raise UsageError(f"reduce: must be one of {', '.join(REDUCTIONS)}, got {reduce!r}")
    if not (np.isfinite(thickness) and thickness >= 0):
        raise UsageError(f"thickness: must be 0 mm or more, got {thickness}")


def _custom_weights(layer: Any, interpolation: str, kernel: ArrayLike | None) -> Floats | None:
    if interpolation != CUSTOM:
        return None
    given = layer.custom_interpolation_kernel_2d if kernel is None else kernel
    weights = np.asarray(given, np.float64)
    if weights.ndim != 2 or not weights.size or not np.isfinite(weights).all():
        raise UsageError(f"kernel: a table of finite numbers is needed, got shape {weights.shape}")
    return weights


def _distances(volume: ShownVolume, normal: Floats, thickness: float) -> Floats:
    """Return the distances of the sheets of a slab, in mm along its normal, at most a voxel."""
    voxels_per_mm = np.linalg.norm(volume.inverse[:3, :3] @ normal)
    count = max(1, ceil(thickness * voxels_per_mm - ON_VOXEL))
    # Each sheet is in the middle of its part of the slab.
    return (np.arange(count) - (count - 1) / 2) * thickness / count


def _sample(grid: PlaneGrid, method: Interpolation, outside: float) -> NDArray[Any]:
    axes = grid.voxel_axes()
    if axes is not None:
        return sample_along_axes(grid, axes, method, outside)
    if method.weights is None:
        return sample_points(grid.volume, grid.points(), method.name, outside)
    return _sample_weighted(grid, method.weights, outside)


def _sample_weighted(grid: PlaneGrid, weights: Floats, outside: float) -> NDArray[np.float32]:
    """Weigh linear samples around each point, one voxel apart in the plane."""
    points = grid.points()
    total: Any = 0.0
    for offset, weight in _window(grid, weights):
        neighbours = sample_points(grid.volume, points + offset, LINEAR, 0.0)
        total = total + np.float32(weight) * neighbours
    inside = np.isfinite(sample_points(grid.volume, points, NEAREST, np.nan))
    return np.where(inside, total, np.float32(outside)).astype(np.float32)


def _window(grid: PlaneGrid, weights: Floats) -> Iterator[tuple[Floats, float]]:
    """Yield the offsets in voxels of custom weights from the point in their middle, and these."""
    # A step in each direction of the plane, one voxel long.
    row_step, column_step = (step / np.linalg.norm(step) for step in grid.steps)
    middle = (np.array(weights.shape) - 1) / 2
    for (row, column), weight in np.ndenumerate(weights):
        yield (row - middle[0]) * row_step + (column - middle[1]) * column_step, weight
