"""From values to colours."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor, isfinite
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.display.base.far_numbers import difference, exact_number, is_far
from volio.display.colour.colormaps import AnyColormap
from volio.display.colour.srgb import Picture
from volio.errors import UsageError

__all__ = ["colorize", "colorize_rgb", "mapped", "normalize"]


def normalize(values: ArrayLike, limits: Sequence[float], gamma: float = 1.0) -> Picture:
    """Scale values to 0..1, where a colour map starts and ends.

    Parameters
    ----------
    values : array-like
        Real numbers or booleans.
    limits : (low, high)
        Values that give 0 and 1; values outside are clipped.
    gamma : float
        Exponent, greater than 0.

    Returns
    -------
    ndarray of float32
        ``((clip(values, low, high) - low) / (high - low)) ** gamma``; NaN stays NaN.

    Raises
    ------
    UsageError
        If the limits are not finite and increasing, or gamma is not positive.
    """
    low, high = _checked_limits(limits)
    if not gamma > 0:
        raise UsageError(f"gamma: must be greater than 0, got {gamma}")
    numbers = np.asarray(values)
    origin = _origin(numbers.dtype, low, high)
    shifted = _as_floats(difference(numbers, origin) if origin else numbers)
    np.clip(shifted, low - origin, high - origin, out=shifted)
    shifted -= low - origin
    shifted /= float(high - low)
    scaled: Picture = shifted.astype(np.float32, copy=False)
    return scaled if gamma == 1 else np.power(scaled, np.float32(gamma))


def _origin(dtype: np.dtype[Any], low: float, high: float) -> int:
    """Return what is to be taken from values before they become floats; mostly 0."""
    if dtype.kind not in "iu" or not is_far(low, high):
        return 0
    ends = np.iinfo(dtype)
    return min(max(floor(low), int(ends.min)), int(ends.max))


def _as_floats(values: NDArray[Any]) -> NDArray[Any]:
    """Return a copy in floats that are exact enough to take one limit away."""
    # Small integers and float32 need no more than float32; others are brought near 0 first.
    is_exact = values.dtype.itemsize <= 2 or values.dtype == np.float32
    return values.astype(np.float32 if is_exact else np.float64)


def _checked_limits(limits: Sequence[float]) -> tuple[float, float]:
    low, high = (exact_number(limit) for limit in limits)
    if not (isfinite(low) and isfinite(high) and low < high):
        raise UsageError(f"limits: must be two finite numbers that increase, got {(low, high)}")
    return low, high


def colorize(
    values: ArrayLike,
    limits: Sequence[float],
    gamma: float = 1.0,
    colormap: AnyColormap | None = None,
    opacity: float | ArrayLike = 1.0,
) -> Picture:
    """Give values their colours.

    Parameters
    ----------
    values : array-like, shape (h, w)
        Real numbers or booleans; NaN gets the map's `nan_color`, or no colour at all.
    limits : (low, high)
        Values of the first and the last colour.
    gamma : float
        Exponent between the two, greater than 0.
    colormap : colour map, optional
        With a method ``map(t)``, t in 0..1, that gives RGBA on a last axis; a map of matplotlib;
        or an array of shape (n, 3) or (n, 4), taken as n steps of equal width. Gray without it.
    opacity : float or array-like, shape (h, w)
        0..1, multiplies the alpha of the map; an array gives each pixel its own.

    Returns
    -------
    ndarray of float32, shape (h, w, 4)
        RGBA in 0..1, alpha not multiplied into the colours, as a screen wants it (sRGB).

    Raises
    ------
    UsageError
        If limits, gamma or opacity are outside what they may be.

    Examples
    --------
    >>> volio.display.colorize([0, 50, 100], (0, 100)).round(1)
    array([[0. , 0. , 0. , 1. ],
           [0.5, 0.5, 0.5, 1. ],
           [1. , 1. , 1. , 1. ]], dtype=float32)
    """
    scaled = normalize(values, limits, gamma)
    missing = np.isnan(scaled)
    if missing.any():
        picture = mapped(np.where(missing, np.float32(0), scaled), colormap)
        picture[missing] = getattr(colormap, "nan_color", 0)
    else:
        picture = mapped(scaled, colormap)
    picture[..., 3] *= _checked_opacity(opacity)
    return picture


def mapped(scaled: Picture, colormap: Any) -> Picture:
    """Return the colours of numbers in 0..1 as a new float32 array with RGBA on a last axis."""
    if colormap is None:
        return _gray(scaled)
    function = getattr(colormap, "map", colormap)
    if callable(function):
        return np.array(function(scaled), np.float32)
    table = _colour_table(colormap)
    steps = np.minimum((scaled * len(table)).astype(np.intp), len(table) - 1)
    picture: Picture = table[steps]
    return picture


def _gray(scaled: Picture) -> Picture:
    picture = np.repeat(scaled[..., np.newaxis], 4, axis=-1)
    picture[..., 3] = 1
    return picture


def _colour_table(colours: ArrayLike) -> Picture:
    """Return a table of colours with alpha, (n, 4)."""
    table = np.asarray(colours, np.float32)
    if table.ndim != 2 or table.shape[1] not in (3, 4) or not len(table):
        raise UsageError(f"colormap: a table has shape (n, 3) or (n, 4), got {table.shape}")
    return _with_alpha(table) if table.shape[1] == 3 else table


def _checked_opacity(opacity: float | ArrayLike) -> NDArray[np.float32]:
    alpha = np.asarray(opacity, np.float32)
    if not bool(((alpha >= 0) & (alpha <= 1)).all()):
        raise UsageError(f"opacity: must be between 0 and 1, got {opacity!r}")
    return alpha


def colorize_rgb(
    values: ArrayLike,
    limits: Sequence[float] | None = None,
    gamma: float = 1.0,
    opacity: float | ArrayLike = 1.0,
) -> Picture:
    """Turn colours as images store them into a picture.

    Parameters
    ----------
    values : array-like, shape (h, w, 3) or (h, w, 4)
        Integers from 0 to the largest of their dtype, or numbers in 0..1. A pixel with a NaN is
        transparent.
    limits : (low, high), optional
        Stretch of red, green and blue. Without it colours are shown as they are.
    gamma : float
        Exponent for red, green and blue.
    opacity : float or array-like, shape (h, w)
        Multiplies alpha.

    Returns
    -------
    ndarray of float32, shape (h, w, 4)

    Raises
    ------
    UsageError
        If the last axis is not of 3 or 4, or a number is outside what it may be.
    """
    channels = np.asarray(values)
    if channels.ndim < 1 or channels.shape[-1] not in (3, 4):
        raise UsageError(f"RGB(A): a last axis of 3 or 4 is needed, got shape {channels.shape}")
    full_range = _channel_range(channels.dtype)
    colours = normalize(channels[..., :3], full_range if limits is None else limits, gamma)
    picture = _with_alpha(colours)
    if channels.shape[-1] == 4:
        picture[..., 3] = normalize(channels[..., 3], full_range)
    picture[..., 3] *= _checked_opacity(opacity)
    picture[np.isnan(picture).any(axis=-1)] = 0
    return picture


def _with_alpha(colours: Picture) -> Picture:
    """Return red, green and blue with an alpha of 1."""
    picture = np.ones((*colours.shape[:-1], 4), np.float32)
    picture[..., :3] = colours
    return picture


def _channel_range(dtype: np.dtype[Any]) -> tuple[float, float]:
    """Return the values of no and of full intensity of a channel."""
    return (0.0, float(np.iinfo(dtype).max)) if dtype.kind in "ui" else (0.0, 1.0)
