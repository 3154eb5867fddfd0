"""From several pictures to one: ways of blending, and what is hidden by what is nearer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.display.base.choices import BLENDINGS
from volio.display.colour.srgb import Picture, picture_to_linear, picture_to_srgb, to_bytes
from volio.errors import UsageError

__all__ = ["MODES", "blend", "compose"]

#: Those of layers, and the one that only volumes have.
MODES = (*BLENDINGS, "subtractive")
#: Modes in which pixels behind an earlier picture are hidden.
TESTED_FOR_DEPTH = frozenset({"opaque", "translucent"})
#: Modes that leave alpha as it is below.
KEEP_ALPHA = frozenset({"minimum", "multiplicative", "subtractive"})

#: Modes in which the colours of a layer are first combined with those below.
COMBINED: dict[str, Callable[..., Picture]] = {"minimum": np.minimum, "multiplicative": np.multiply}


def blend(below: ArrayLike, layer: ArrayLike, mode: str, first: bool = False) -> Picture:
    """Blend one picture over another.

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

    Examples
    --------
    >>> below = np.zeros((1, 1, 4))
    >>> above = np.array([[[1.0, 0.0, 0.0, 0.5]]])
    >>> volio.display.blend(below, above, "additive").shape
    (1, 1, 4)
    """
    if mode not in MODES:
        raise UsageError(f"blending: must be one of {', '.join(MODES)}, got {mode!r}")
    under = np.asarray(below, np.float32)
    over = np.asarray(layer, np.float32)
    return _blend_first(under, over, mode) if first else _blend_next(under, over, mode)


def _blend_first(under: Picture, over: Picture, mode: str) -> Picture:
    """Blend the lowest layer over a canvas."""
    if mode == "minimum":
        return _where_drawn(over, over, under)
    if mode != "additive":
        return _blend_next(under, over, "translucent")
    result = _empty(under, over)
    result[..., :3] = _where_drawn(over, over[..., 3:] * over[..., :3], under[..., :3])
    result[..., 3:] = _added_alpha(under, over)
    return result


def _empty(under: Picture, over: Picture) -> Picture:
    return np.empty(np.broadcast_shapes(under.shape, over.shape), np.float32)


def _where_drawn(over: Picture, drawn: Picture, under: Picture) -> Picture:
    """Return what is drawn where the upper picture has any alpha, elsewhere what is below."""
    return np.where(over[..., 3:] > 0, drawn, under)


def _added_alpha(under: Picture, over: Picture) -> Picture:
    alpha: Picture = np.minimum(over[..., 3:] + under[..., 3:], 1)
    return alpha


def _blend_next(under: Picture, over: Picture, mode: str) -> Picture:
    if mode == "opaque":
        return _where_drawn(over, over, under)
    result = _empty(under, over)
    result[..., :3] = _blended_colours(under, over, mode)
    result[..., 3:] = under[..., 3:] if mode in KEEP_ALPHA else _added_alpha(under, over)
    return result


def _blended_colours(under: Picture, over: Picture, mode: str) -> Picture:
    alpha = over[..., 3:]
    source = over[..., :3]
    target = under[..., :3]
    if mode == "additive":
        return _where_drawn(over, np.minimum(alpha * source + under[..., 3:] * target, 1), target)
    if mode == "subtractive":
        return _at_least_0(target - alpha * source)
    if mode in COMBINED:
        source = COMBINED[mode](source, target)
    mixed: Picture = alpha * source + (1 - alpha) * target
    return mixed


def _at_least_0(colours: Picture) -> Picture:
    return np.maximum(colours, 0, out=colours)


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
        Distance of each pixel from the viewer; a picture without depths is never hidden. What
        is behind an earlier opaque or translucent picture is left out in these two modes.
    linear : bool
        Blend amounts of light, as fastplotlib does, instead of screen values, as napari does.

    Returns
    -------
    ndarray of uint8, shape (h, w, 4)

    Raises
    ------
    UsageError
        If there is nothing to blend, or the numbers of pictures and modes or depths differ.

    Examples
    --------
    >>> red = np.array([[[1.0, 0.0, 0.0, 1.0]]])
    >>> volio.display.compose([red])
    array([[[255,   0,   0, 255]]], dtype=uint8)
    """
    modes = ["translucent"] * len(pictures) if modes is None else modes
    depths = [None] * len(pictures) if depths is None else depths
    _check_counts(len(pictures), len(modes), len(depths))
    shape = np.asarray(pictures[0]).shape
    canvas = np.broadcast_to(canvas_colour(background), shape).astype(np.float32)
    layers = _without_what_is_behind(pictures, modes, depths, shape[:2])
    if not linear:
        return to_bytes(_stacked(canvas, layers, modes))
    light = map(picture_to_linear, layers)
    return to_bytes(picture_to_srgb(_stacked(picture_to_linear(canvas), light, modes)))


def _check_counts(pictures: int, modes: int, depths: int) -> None:
    if not pictures or not pictures == modes == depths:
        raise UsageError(
            f"compose: as many modes and depths as pictures, and one at least, are needed: "
            f"got {pictures} pictures, {modes} modes, {depths} depths"
        )


def _stacked(canvas: Picture, layers: Iterable[Picture], modes: Sequence[str]) -> Picture:
    """Blend layers one after the other over a canvas."""
    result = canvas
    for number, layer in enumerate(layers):
        result = blend(result, layer, modes[number], first=number == 0)
    return result


def _without_what_is_behind(
    pictures: Sequence[ArrayLike],
    modes: Sequence[str],
    depths: Sequence[ArrayLike | None],
    shape: tuple[int, ...],
) -> Iterator[Picture]:
    """Yield copies of pictures, without pixels that are behind those of an earlier one."""
    nearest = np.full(shape, np.inf)
    for picture, mode, depth in zip(pictures, modes, depths, strict=True):
        layer = np.array(picture, np.float32)
        if depth is not None and mode in TESTED_FOR_DEPTH:
            _hide_behind(layer, np.asarray(depth), nearest)
        yield layer


def canvas_colour(background: Sequence[float]) -> Picture:
    """Return a background as RGBA.

    Raises
    ------
    UsageError
        If it is not 3 or 4 numbers between 0 and 1.
    """
    colour = np.asarray([*background, 1.0][:4], np.float32)
    if colour.shape != (4,) or not ((colour >= 0) & (colour <= 1)).all():
        raise UsageError(f"background: 3 or 4 numbers between 0 and 1, got {tuple(background)}")
    return colour


def _hide_behind(layer: Picture, depth: NDArray[Any], nearest: NDArray[np.float64]) -> None:
    """Make pixels behind the nearest so far transparent; keep the depths of the others."""
    layer[..., 3][depth > nearest] = 0
    drawn = (layer[..., 3] > 0) & np.isfinite(depth)
    np.copyto(nearest, depth, where=drawn)
