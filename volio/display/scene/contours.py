"""Outlines of masks and regions, and lines of equal value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.display.colour.colors import as_colors
from volio.display.sampling.sections import PicturePlane
from volio.display.scene.overlay import as_layer, sampled
from volio.errors import UsageError

__all__ = ["Contours", "Outline"]

#: Colours of outlines in turn: of one level the first alone.
COLORS = ("red", "cyan", "yellow", "lime", "magenta", "orange", "deepskyblue", "violet")
#: More different whole numbers in a slice than this are not regions.
REGIONS = 512


class Outline(NamedTuple):
    """Lines of one colour: arrays of shape (n, 2), row and column of each point."""

    color: NDArray[np.float32]
    lines: list[NDArray[np.float64]]


class Contours:
    """Contours of an image, to be shown over another.

    Parameters
    ----------
    image : SpatialImage, ImageLayer or array-like
        Three axes or more.
    levels : float or sequence of float, optional
        Values that lines follow, which are closed at the borders: outside, and where there is no
        value, counts as 0. Without levels booleans and whole numbers are regions, each of which
        is outlined, but for 0; of other numbers the line at 0.5 is drawn.
    colors : colour or sequence of colours, optional
        In turn for levels, and for regions by their numbers.
    linewidths : float
        In points on a screen, pixels in a picture.
    affine : (4, 4) array-like, optional
        Of an array: voxels to mm.
    name : str, optional

    Raises
    ------
    UsageError
        If the image has fewer than three axes, or a level is not finite.
    """

    def __init__(
        self,
        image: Any,
        levels: float | Sequence[float] | None = None,
        colors: Any = None,
        linewidths: float = 1.5,
        *,
        affine: ArrayLike | None = None,
        name: str | None = None,
    ) -> None:
        self.layer = as_layer(image, affine, **({} if name is None else {"name": name}))
        if self.layer.rgb:
            raise UsageError("contours: colours have no levels; give numbers")
        regions = levels is None and self.layer.dtype.kind in "biu"
        given = 0.5 if levels is None else levels
        self.levels = None if regions else np.atleast_1d(np.asarray(given, np.float64))
        if self.levels is not None and not np.isfinite(self.levels).all():
            raise UsageError(f"levels: must be finite numbers, got {levels!r}")
        single = isinstance(colors, tuple) and all(isinstance(part, int | float) for part in colors)
        self.colors = as_colors(COLORS if colors is None else [colors] if single else colors)
        self.linewidths = float(linewidths)

    def sample(self, plane: PicturePlane, volume: int) -> NDArray[np.float32]:
        """Return values at the points of a plane: between voxels, but for regions."""
        later = self.layer.shape[3:]
        last = int(np.prod(later)) - 1
        place = np.unravel_index(min(volume, last), later) if len(later) else ()
        how = "nearest" if self.levels is None else "linear"
        values: NDArray[np.float32] = sampled(self.layer, plane, tuple(int(n) for n in place), how)
        return values

    def outlines(self, values: NDArray[Any]) -> Iterator[Outline]:
        """Go through the outlines in a slice, by level or by region.

        Raises
        ------
        UsageError
            If there are too many regions.
        """
        if self.levels is None:
            yield from self._regions(values)
            return
        for number, level in enumerate(self.levels.tolist()):
            lines = _lines(values, level)
            if lines:
                yield Outline(self.colors[number % len(self.colors)], lines)

    def _regions(self, values: NDArray[Any]) -> Iterator[Outline]:
        from scipy.ndimage import find_objects

        named = np.where(np.isfinite(values), values, 0)
        found, places = np.unique(named, return_inverse=True)
        if len(found) > REGIONS:
            raise UsageError(f"contours: {len(found)} whole numbers in a slice: give levels")
        for number, box in enumerate(find_objects(places.reshape(values.shape) + 1)):
            region = found[number]
            if region and box is not None:
                color = self.colors[(int(region) - 1) % len(self.colors)]
                corner = [part.start for part in box]
                inside = (named[box] == region).astype(np.float32)
                yield Outline(color, [line + corner for line in _lines(inside, 0.5)])


def _lines(values: NDArray[Any], level: float) -> list[NDArray[np.float64]]:
    """Return the lines at a level; outside, and where there is no value, counts as 0."""
    from contourpy import contour_generator

    finite = np.isfinite(values)
    if not finite.any() or not values[finite].any():
        return []
    outside = 0.0 if level else -1.0
    filled = np.pad(np.where(finite, values, outside), 1, constant_values=outside)
    found: list[Any] = contour_generator(z=filled).lines(level)  # type: ignore[assignment]
    return [np.asarray(line)[:, ::-1] - 1 for line in found]
