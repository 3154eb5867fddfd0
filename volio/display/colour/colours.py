"""From values to colours, and from several pictures to one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.display.base.choices import BLENDINGS
from volio.errors import UsageError

__all__ = [
    "MODES",
    "blend",
    "colorize",
    "colorize_rgb",
    "compose",
    "linear_to_srgb",
    "normalize",
    "srgb_to_linear",
    "to_bytes",
]

Picture = NDArray[np.float32]

#: Those of layers, and the one that only volumes have.
MODES = (*BLENDINGS, "subtractive")
#: What is hidden by what lies nearer to the viewer.
TESTED_FOR_DEPTH = frozenset({"opaque", "translucent"})


def normalize(values: ArrayLike, limits: Sequence[float], gamma: float = 1.0) -> Picture:
    """Bring values to 0..1, where a colour map starts and ends.

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
    held = np.asarray(values)
    # Small integers and float32 need no more than float32; others are brought near 0 first.
    exact = held.dtype.itemsize <= 2 or held.dtype == np.float32
    shifted: NDArray[Any] = held.astype(np.float32 if exact else np.float64)
    np.clip(shifted, low, high, out=shifted)
    shifted -= low
    shifted /= high - low
    result: Picture = shifted.astype(np.float32, copy=False)
    return result if gamma == 1 else np.power(result, np.float32(gamma))


def _checked_limits(limits: Sequence[float]) -> tuple[float, float]:
    low, high = (float(limit) for limit in limits)
    if not (np.isfinite(low) and np.isfinite(high) and low < high):
        raise UsageError(f"limits: must be two finite numbers that increase, got {(low, high)}")
    return low, high


def colorize(
    values: ArrayLike,
    limits: Sequence[float],
    gamma: float = 1.0,
    colormap: Any = None,
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
    """
    place = normalize(values, limits, gamma)
    missing = np.isnan(place)
    anywhere = bool(missing.any())
    picture = mapped(np.where(missing, np.float32(0), place) if anywhere else place, colormap)
    if anywhere:
        picture[missing] = getattr(colormap, "nan_color", 0)
    picture[..., 3] *= _checked_opacity(opacity)
    return picture


def mapped(place: Picture, colormap: Any) -> Picture:
    """Return the colours of numbers in 0..1 as a new float32 array with RGBA on a last axis."""
    if colormap is None:
        picture = np.repeat(place[..., np.newaxis], 4, axis=-1)
        picture[..., 3] = 1
        return picture
    found = getattr(colormap, "map", colormap)
    if callable(found):
        return np.array(found(place), np.float32)
    table = np.asarray(colormap, np.float32)
    if table.ndim != 2 or table.shape[1] not in (3, 4) or not len(table):
        raise UsageError(f"colormap: a table has shape (n, 3) or (n, 4), got {table.shape}")
    if table.shape[1] == 3:
        table = np.concatenate([table, np.ones((len(table), 1), np.float32)], axis=1)
    steps: Picture = table[np.minimum((place * len(table)).astype(np.intp), len(table) - 1)]
    return steps


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
    held = np.asarray(values)
    if held.ndim < 1 or held.shape[-1] not in (3, 4):
        raise UsageError(f"RGB(A): a last axis of 3 or 4 is needed, got shape {held.shape}")
    whole = (0.0, float(np.iinfo(held.dtype).max)) if held.dtype.kind in "ui" else (0.0, 1.0)
    picture = np.ones((*held.shape[:-1], 4), np.float32)
    picture[..., :3] = normalize(held[..., :3], whole if limits is None else limits, gamma)
    if held.shape[-1] == 4:
        picture[..., 3] = normalize(held[..., 3], whole)
    picture[..., 3] *= _checked_opacity(opacity)
    picture[np.isnan(picture).any(axis=-1)] = 0
    return picture


def blend(below: ArrayLike, layer: ArrayLike, mode: str, first: bool = False) -> Picture:
    """Lay one picture over another.

    Parameters
    ----------
    below, layer : array-like, shape (h, w, 4)
        RGBA in 0..1, alpha not multiplied in; `layer` comes on top. Where its alpha is 0, `below`
        stays as it is, in every mode.
    mode : str
        With a the layer's alpha, colours become

        * ``'opaque'``: the layer's, whatever a;
        * ``'translucent'``, ``'translucent_no_depth'``: ``a * layer + (1 - a) * below``;
        * ``'additive'``: ``a * layer + alpha of below * below``, at most 1;
        * ``'minimum'``: ``a * min(layer, below) + (1 - a) * below``;
        * ``'multiplicative'``: ``a * layer * below + (1 - a) * below``;
        * ``'subtractive'``: ``below - a * layer``, at least 0.

        Alpha becomes a for opaque, and stays that of `below` for the last three; the others add.
    first : bool
        The lowest visible layer over a canvas: for ``'minimum'`` the layer as it is, for
        ``'additive'`` ``a * layer`` over black, for all others ``'translucent'``.

    Returns
    -------
    ndarray of float32, shape (h, w, 4)
        New.

    Raises
    ------
    UsageError
        If there is no such mode.
    """
    if mode not in MODES:
        raise UsageError(f"blending: must be one of {', '.join(MODES)}, got {mode!r}")
    under, over = np.asarray(below, np.float32), np.asarray(layer, np.float32)
    shape = np.broadcast_shapes(under.shape, over.shape)
    result: Picture = np.empty(shape, np.float32)
    shown = over[..., 3:] > 0
    if first:
        _blend_first(result, under, over, shown, mode)
    else:
        _blend_next(result, under, over, shown, mode)
    return result


def _blend_first(
    result: Picture, under: Picture, over: Picture, shown: NDArray[np.bool_], mode: str
) -> None:
    alpha = over[..., 3:]
    if mode == "minimum":
        result[...] = np.where(shown, over, under)
    elif mode == "additive":
        result[..., :3] = np.where(shown, alpha * over[..., :3], under[..., :3])
        result[..., 3:] = np.minimum(alpha + under[..., 3:], 1)
    else:
        _blend_next(result, under, over, shown, "translucent")


def _blend_next(
    result: Picture, under: Picture, over: Picture, shown: NDArray[np.bool_], mode: str
) -> None:
    alpha, source, target = over[..., 3:], over[..., :3], under[..., :3]
    if mode == "opaque":
        result[...] = np.where(shown, over, under)
        return
    if mode == "additive":
        added = np.minimum(alpha * source + target * under[..., 3:], 1)
        result[..., :3] = np.where(shown, added, target)
    elif mode == "subtractive":
        result[..., :3] = np.maximum(target - alpha * source, 0)
    else:
        if mode == "minimum":
            source = np.minimum(source, target)
        elif mode == "multiplicative":
            source = source * target
        result[..., :3] = alpha * source + (1 - alpha) * target
    keeps = mode in ("minimum", "multiplicative", "subtractive")
    result[..., 3:] = under[..., 3:] if keeps else np.minimum(alpha + under[..., 3:], 1)


def compose(
    pictures: Sequence[ArrayLike],
    modes: Sequence[str] | None = None,
    background: Sequence[float] = (0.0, 0.0, 0.0, 1.0),
    *,
    depths: Sequence[ArrayLike | None] | None = None,
    linear: bool = False,
) -> NDArray[np.uint8]:
    """Blend pictures, the lowest first, over a background.

    Parameters
    ----------
    pictures : sequence of array-like, shape (h, w, 4)
        RGBA in 0..1.
    modes : sequence of str, optional
        Of `MODES`, one for each picture; 'translucent' by default.
    background : (red, green, blue) or (red, green, blue, alpha)
        The canvas.
    depths : sequence of (h, w) array-like or None, optional
        How far from the viewer each pixel lies; a picture without depths is never hidden. What
        lies behind an earlier opaque or translucent picture is left out in these two modes.
    linear : bool
        Blend amounts of light, as fastplotlib does, instead of screen values, as napari does.

    Returns
    -------
    ndarray of uint8, shape (h, w, 4)

    Raises
    ------
    UsageError
        If there is nothing to blend, or the numbers of pictures and modes or depths differ.
    """
    modes = ["translucent"] * len(pictures) if modes is None else list(modes)
    places: list[ArrayLike | None] = [None] * len(pictures) if depths is None else list(depths)
    if not pictures or not len(pictures) == len(modes) == len(places):
        raise UsageError(
            f"compose: as many modes and depths as pictures, and one at least, are needed: "
            f"got {len(pictures)} pictures, {len(modes)} modes, {len(places)} depths"
        )
    shape = np.asarray(pictures[0]).shape
    result = np.broadcast_to(_canvas(background), shape).astype(np.float32)
    result = _light(result) if linear else result
    nearest = np.full(shape[:2], np.inf)
    for number, (picture, mode) in enumerate(zip(pictures, modes, strict=True)):
        layer = np.array(picture, np.float32)
        if mode in TESTED_FOR_DEPTH and places[number] is not None:
            _hide_behind(layer, np.asarray(places[number]), nearest)
        result = blend(result, _light(layer) if linear else layer, mode, first=number == 0)
    return to_bytes(_screen(result) if linear else result)


def _canvas(background: Sequence[float]) -> Picture:
    colour = np.asarray([*background, 1.0][:4], np.float32)
    if colour.shape != (4,) or not ((colour >= 0) & (colour <= 1)).all():
        raise UsageError(f"background: 3 or 4 numbers between 0 and 1, got {tuple(background)}")
    return colour


def _hide_behind(layer: Picture, depth: NDArray[Any], nearest: NDArray[np.float64]) -> None:
    """Make pixels that lie behind the nearest so far transparent; remember those that do not."""
    layer[..., 3][depth > nearest] = 0
    drawn = (layer[..., 3] > 0) & np.isfinite(depth)
    np.copyto(nearest, depth, where=drawn)


def to_bytes(picture: ArrayLike) -> NDArray[np.uint8]:
    """Round numbers in 0..1 to 0..255; what lies outside is clipped, NaN becomes 0."""
    scaled = np.nan_to_num(np.asarray(picture, np.float32) * 255, nan=0.0)
    return np.rint(np.clip(scaled, 0, 255)).astype(np.uint8)


def srgb_to_linear(colour: ArrayLike) -> Picture:
    """Return amounts of light for screen values in 0..1 (IEC 61966-2-1)."""
    held = np.asarray(colour, np.float32)
    bright = ((np.maximum(held, 0) + 0.055) / 1.055) ** 2.4
    return np.where(held <= 0.04045, held / 12.92, bright).astype(np.float32)


def linear_to_srgb(light: ArrayLike) -> Picture:
    """Return screen values for amounts of light in 0..1 (IEC 61966-2-1)."""
    held = np.asarray(light, np.float32)
    bright = 1.055 * np.maximum(held, 0) ** (1 / 2.4) - 0.055
    return np.where(held <= 0.0031308, held * 12.92, bright).astype(np.float32)


def _light(picture: Picture) -> Picture:
    return np.concatenate([srgb_to_linear(picture[..., :3]), picture[..., 3:]], axis=-1)


def _screen(picture: Picture) -> Picture:
    return np.concatenate([linear_to_srgb(picture[..., :3]), picture[..., 3:]], axis=-1)
