"""Rays through a volume: where they meet its box, and what they see."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.errors import UsageError

__all__ = ["Pick", "drag_distance", "meet_box", "pick_along_ray", "ray_samples"]

Points = NDArray[np.float64]


class Pick(NamedTuple):
    """What is seen at a place.

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
    start, along = np.asarray(position, np.float64), np.asarray(direction, np.float64)
    if not along.any():
        raise UsageError("view_direction: (0, 0, ...) points nowhere")
    first, last = np.asarray(low, np.float64), np.asarray(high, np.float64)
    moving = along != 0
    if ((start < first) | (start > last))[~moving].any():
        return None
    ends = (np.array([first, last])[:, moving] - start[moving]) / along[moving]
    near, far = ends.min(axis=0).max(), ends.max(axis=0).min()
    if near > far:
        return None
    return start + near * along, start + far * along


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
        Front to back; NaN for what is cut away.
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
    seen = ~np.isnan(values) if values.dtype.kind == "f" else np.ones(len(values), bool)
    if not seen.any():
        return None
    first = int(np.argmax(seen))
    if rendering in ("average", "additive"):
        known = values[seen]
        return (known.mean() if rendering == "average" else known.sum()), first
    if rendering == "iso":
        hits = np.flatnonzero(seen & (values > threshold))
        return (values[hits[0]], int(hits[0])) if hits.size else None
    if rendering == "translucent":
        return values[first], first
    if rendering == "minip":
        at = int(np.nanargmin(values))
    elif rendering == "attenuated_mip":
        at = int(np.argmax(_attenuated(values, seen, limits, attenuation)))
    else:
        at = int(np.nanargmax(values))
    return values[at], at


def _attenuated(
    values: NDArray[Any], seen: NDArray[np.bool_], limits: tuple[float, float], attenuation: float
) -> Points:
    """Return values as they arrive at the front, what lies before them having taken its share."""
    low, high = limits
    share = np.clip((np.where(seen, values, low) - low) / (high - low), 0, 1)
    passed = np.cumsum(share) / 2  # samples are half a voxel apart
    arrived = np.where(seen, values, -np.inf) * np.exp(-attenuation * (passed - 1))
    return np.where(seen, arrived, -np.inf)


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
