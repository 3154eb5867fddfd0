"""Rays through a volume: the points where they meet its box, and the values seen along them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.errors import UsageError

__all__ = ["Pick", "drag_distance", "meet_box", "pick_along_ray", "ray_samples"]

Points = NDArray[np.float64]


class Pick(NamedTuple):
    """The value seen at a position, and where it comes from.

    Parameters
    ----------
    value : number, array or None
        The value shown there; None where nothing is.
    voxel : tuple of int or None
        The voxel of `level` it comes from, all axes; for an average or a sum the first voxel of
        the ray.
    level : int
        The level of the image that was looked at.

    Examples
    --------
    >>> voxels = np.random.default_rng(0).integers(0, 200, (8, 9, 10)).astype(np.int16)
    >>> img = volio.Nifti1Image(voxels, np.eye(4))
    >>> found = volio.ImageLayer.from_image(img).pick((1, 2, 3))
    >>> found.voxel, bool(found.value == voxels[1, 2, 3])
    ((1, 2, 3), True)
    """

    value: Any
    voxel: tuple[int, ...] | None
    level: int


def meet_box(
    position: ArrayLike, direction: ArrayLike, low: ArrayLike, high: ArrayLike
) -> tuple[Points, Points] | None:
    """Return where a line enters and leaves a box.

    Parameters
    ----------
    position, direction : (n,) array-like
        A point of the line, and where it goes; the line has no end, also before `position`.
    low, high : (n,) array-like
        Corners of the box.

    Returns
    -------
    enter, leave : (n,) array
        None if the line misses the box.

    Raises
    ------
    UsageError
        If the direction has no length.
    """
    start = np.asarray(position, np.float64)
    along = np.asarray(direction, np.float64)
    if not along.any():
        raise UsageError("view_direction: (0, 0, ...) points nowhere")
    corners = np.array([low, high], np.float64)
    moving = along != 0
    inside = (start >= corners[0]) & (start <= corners[1])
    if not inside[~moving].all():
        return None
    # How far along the line it meets the two sides of the box across each axis.
    ends = (corners[:, moving] - start[moving]) / along[moving]
    near = ends.min(axis=0).max()
    far = ends.max(axis=0).min()
    return None if near > far else (start + near * along, start + far * along)


def ray_samples(enter: Points, leave: Points, shape: ArrayLike) -> NDArray[np.intp]:
    """Return the voxels at points of a ray, two for the length of a voxel, ends included.

    Parameters
    ----------
    enter, leave : (n,) array
        In voxels, voxel centres at whole numbers.
    shape : (n,) array-like

    Returns
    -------
    (K, n) int array
    """
    count = max(1, int(2 * np.linalg.norm(leave - enter)))
    points = np.linspace(enter, leave, count)
    return np.clip(np.floor(points + 0.5), 0, np.asarray(shape) - 1).astype(np.intp)


def pick_along_ray(
    values: NDArray[Any],
    rendering: str,
    limits: tuple[float, float],
    threshold: float,
    attenuation: float,
) -> tuple[Any, int] | None:
    """Return what a rendering shows of the values along a ray, and the sample it comes from.

    Parameters
    ----------
    values : (K,) array
        Front to back; NaN for what is cut off.
    rendering : str
    limits : (float, float)
        Contrast limits, for ``"attenuated_mip"``.
    threshold, attenuation : float
        For ``"iso"`` and ``"attenuated_mip"``.

    Returns
    -------
    value, sample : number and int
        None if nothing is seen. For ``"average"`` and ``"additive"`` the value is the mean or sum
        and the sample the first; for ``"attenuated_mip"`` the value before attenuation.
    """
    is_known = ~np.isnan(values) if values.dtype.kind == "f" else np.ones(len(values), bool)
    if not is_known.any():
        return None
    if rendering in ("average", "additive"):
        known = values[is_known]
        total = known.mean() if rendering == "average" else known.sum()
        return total, int(np.argmax(is_known))
    if rendering == "attenuated_mip":
        sample = int(np.argmax(_attenuated(values, is_known, limits, attenuation)))
    else:
        sample = _seen_sample(values, is_known, rendering, threshold)
    return None if sample < 0 else (values[sample], sample)


def _seen_sample(
    values: NDArray[Any], is_known: NDArray[np.bool_], rendering: str, threshold: float
) -> int:
    """Return the sample whose value is seen; -1 for none."""
    if rendering == "translucent":
        return int(np.argmax(is_known))
    if rendering == "minip":
        return int(np.nanargmin(values))
    if rendering == "iso":
        hits = np.flatnonzero(is_known & (values > threshold))
        return int(hits[0]) if hits.size else -1
    return int(np.nanargmax(values))


def _attenuated(
    values: NDArray[Any],
    is_known: NDArray[np.bool_],
    limits: tuple[float, float],
    attenuation: float,
) -> Points:
    """Return values as they arrive at the front, weakened by what is before them."""
    low, high = limits
    share = np.clip((np.where(is_known, values, low) - low) / (high - low), 0, 1)
    passed = np.cumsum(share) / 2  # samples are half a voxel apart
    arrived = np.where(is_known, values, -np.inf) * np.exp(-attenuation * (passed - 1))
    return np.where(is_known, arrived, -np.inf)


def drag_distance(start: Points, end: Points, view: Points, vectors: ArrayLike) -> Any:
    """Return how far a drag of the mouse goes along vectors.

    Parameters
    ----------
    start, end : (3,) array
        Of the drag.
    view : (3,) array
        Direction of view; `end` is moved along it into the plane through `start` square to it.
    vectors : (3,) or (k, 3) array-like
        Not normalized: a vector of length 2 gives twice the distance.

    Returns
    -------
    float or (k,) array
    """
    drag = end - start
    drag = drag - view * (drag @ view) / (view @ view)
    distances = np.asarray(vectors, np.float64) @ drag
    return float(distances) if np.ndim(distances) == 0 else distances
