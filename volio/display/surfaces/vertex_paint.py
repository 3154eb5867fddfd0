"""Colours of vertices, and of the points of faces between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from volio.display.colour.colormaps import Colormap
from volio.display.colour.contrast import find_limits
from volio.display.colour.label_colours import colours_of_keys, names_nothing
from volio.display.colour.srgb import Picture
from volio.display.colour.value_colours import ValueColours
from volio.display.surfaces.raster import Hits
from volio.errors import UsageError
from volio.images.labels import Labels

__all__ = ["ColouredVertices", "Paint", "ShadedValues", "background_paint", "label_paint"]

#: Gray of surfaces without a background, and from the lowest to the highest value of one.
PLAIN = 0.72
GRAYS = ((0.86, 0.86, 0.86), (0.42, 0.42, 0.42))

Floats = NDArray[np.float32]


class Paint(Protocol):
    """What gives colours to points of a surface."""

    def at(self, corners: NDArray[np.integer], weights: Floats) -> Picture:
        """Return colours (n, 4), RGBA in 0..1, of points on faces.

        Parameters
        ----------
        corners : int array, shape (n, 3)
            The vertices of the face of each point.
        weights : float32 array, shape (n, 3)
            Their shares, 0 to 1; the sum is 1.
        """

    def of_vertices(self) -> Picture:
        """Return the colours of all vertices, (V, 4)."""


@dataclass(frozen=True)
class ShadedValues:
    """Values that are interpolated between vertices and then coloured.

    A point belongs to the vertex that is nearest to it: where that has no value, NaN, it has no
    colour, and where another has none, it does not count.

    Parameters
    ----------
    values : array, shape (V,)
    colours : ValueColours
    alphas : float array, shape (V,), optional
        How opaque each vertex is, 0 to 1; interpolated, too.
    """

    values: NDArray[Any]
    colours: ValueColours
    alphas: NDArray[Any] | None = None

    def at(self, corners: NDArray[np.integer], weights: Floats) -> Picture:
        """Return the colours of points on faces."""
        origin = self.colours.origin(self.values.dtype)
        values = self._near(origin)
        points = interpolated(values, corners, weights)
        alpha = None
        if self.alphas is not None:
            opaque = interpolated(np.asarray(self.alphas, np.float32), corners, weights)
            alpha = np.nan_to_num(opaque)
        return self.colours.less(origin).colours(points, alpha)

    def of_vertices(self) -> Picture:
        """Return the colours of all vertices."""
        origin = self.colours.origin(self.values.dtype)
        alpha = None if self.alphas is None else np.nan_to_num(self.alphas)
        return self.colours.less(origin).colours(self._near(origin), alpha)

    def _near(self, origin: float) -> Floats:
        """Return the values less a number, as float32."""
        values = self.values
        if not origin:
            return values.astype(np.float32)
        moved: Floats = (values - values.dtype.type(origin)).astype(np.float32)
        return moved


@dataclass(frozen=True)
class ColouredVertices:
    """Vertices that have colours: of labels, of whole numbers, or stored ones.

    Parameters
    ----------
    colours : float32 array, shape (V, 4)
        RGBA in 0..1.
    blended : bool
        Whether colours are interpolated; else a point has that of the vertex nearest to it, so
        that no label has the colour of another.
    keys : array, shape (V,), optional
        What the colours stand for.
    outline : int
        Only points that are so many pixels from another key are coloured; 0 for all.
    """

    colours: Picture
    blended: bool = False
    keys: NDArray[Any] | None = None
    outline: int = 0

    def at(self, corners: NDArray[np.integer], weights: Floats) -> Picture:
        """Return the colours of points on faces."""
        if not self.blended:
            return np.take(self.colours, nearest_vertices(corners, weights), axis=0)
        mixed: Picture = np.einsum("nk,nkc->nc", weights, self.colours[corners])
        return mixed

    def of_vertices(self) -> Picture:
        """Return the colours of all vertices."""
        return self.colours

    def borders(self, hits: Hits, corners: NDArray[np.integer]) -> NDArray[np.bool_]:
        """Return which points are near another key.

        Raises
        ------
        UsageError
            If the colours stand for no keys.
        """
        if self.keys is None:
            raise UsageError("outline: needs keys, between which there are borders")
        _, numbers = np.unique(self.keys, return_inverse=True)
        seen = np.full(hits.shape[0] * hits.shape[1], -1)
        seen[hits.pixels] = numbers[nearest_vertices(corners, hits.weights)]
        near = _near_others(seen.reshape(hits.shape), self.outline)
        return near.ravel()[hits.pixels]


def _near_others(numbers: NDArray[np.integer], width: int) -> NDArray[np.bool_]:
    """Return which pixels have another number within a width, along rows and columns.

    Pixels without a number, which is -1 there, are not others.
    """
    near = np.zeros(numbers.shape, bool)
    for step in range(1, width + 1):
        for axis in (0, 1):
            before = slice(0, max(numbers.shape[axis] - step, 0))
            after = slice(step, None)
            one = _part(numbers, axis, before)
            other = _part(numbers, axis, after)
            differ = (one != other) & (one >= 0) & (other >= 0)
            _part(near, axis, before)[...] |= differ
            _part(near, axis, after)[...] |= differ
    return near


def _part(array: NDArray[Any], axis: int, part: slice) -> NDArray[Any]:
    """Return a part of an axis of an array, as a view."""
    return array[part] if axis == 0 else array[:, part]


def nearest_vertices(corners: NDArray[np.integer], weights: Floats) -> NDArray[np.integer]:
    """Return the vertex of the largest share of each point, shape (n,)."""
    largest = weights.argmax(axis=1)
    nearest: NDArray[np.integer] = np.take_along_axis(corners, largest[:, np.newaxis], 1)[:, 0]
    return nearest


def interpolated(values: Floats, corners: NDArray[np.integer], weights: Floats) -> Floats:
    """Return values at points; NaN where the nearest vertex has none."""
    of_corners = values[corners]
    missing = np.isnan(of_corners)
    points = (of_corners * weights).sum(axis=1)
    incomplete = np.flatnonzero(missing.any(axis=1))
    if len(incomplete):
        shares = np.where(missing[incomplete], 0, weights[incomplete])
        known = np.where(missing[incomplete], 0, of_corners[incomplete])
        total = shares.sum(axis=1)
        of_known = (known * shares).sum(axis=1) / np.where(total > 0, total, np.nan)
        nearest = values[nearest_vertices(corners[incomplete], weights[incomplete])]
        points[incomplete] = np.where(np.isnan(nearest), np.nan, of_known)
    found: Floats = points.astype(np.float32, copy=False)
    return found


def label_paint(
    values: NDArray[Any], labels: Labels, opacity: float = 1.0, outline: int = 0
) -> ColouredVertices:
    """Return the paint of vertices that are keys of labels; or of the borders between these.

    The medial wall, and what is called unknown, have no colour: the background is seen there.
    """
    colours = colours_of_keys(values, labels)
    walls = [row.key for row in labels.rows if names_nothing(row.name)]
    colours[np.isin(values, walls), 3] = 0
    colours[:, 3] *= np.float32(opacity)
    return ColouredVertices(colours, keys=values, outline=outline)


def background_paint(values: NDArray[Any] | None, count: int) -> Paint:
    """Return the grays below the colours.

    Parameters
    ----------
    values : array, shape (V,), optional
        Sulcal depth or curvature as FreeSurfer has them: the larger, the darker. The middle gray
        is that of 0.
    count : int
        Number of vertices.
    """
    plain = np.full((count, 4), (PLAIN, PLAIN, PLAIN, 1), np.float32)
    if values is None:
        return ColouredVertices(plain)
    finite = np.where(np.isfinite(values), values, 0)
    low, high = find_limits(finite, labels=False)
    farthest = max(-low, high)
    return ShadedValues(finite, ValueColours((-farthest, farthest), colormap=Colormap(GRAYS)))
