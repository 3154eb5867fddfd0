"""Which face each pixel of a picture shows, and where on it.

Rays are parallel. A face is cut into spans, the parts of rows of pixels whose centres it covers;
spans are cut into pixels, and of the faces at a pixel the nearest stays.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from volio.display.projection.depth_buffer import DepthBuffer
from volio.display.sampling.view import View
from volio.display.surfaces.mesh import DrawnMesh
from volio.pieces import piece_and_place

__all__ = ["Hits", "Screen", "on_screen", "rasterise"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: Pixels of faces that are worked on at once: their numbers fit into the cache of a processor.
GROUP = 1 << 18
#: Of a pixel: centres that are so near to an edge belong to the faces on both sides, so that
#: rounding leaves no hole between two.
EDGE = 1e-6
#: Corners at the start and the end of each edge of a face.
EDGES = ((0, 1), (1, 2), (2, 0))


@dataclass(frozen=True)
class Hits:
    """Where the pixels of a picture show a surface.

    Parameters
    ----------
    shape : (rows, columns)
        Of the picture.
    pixels : int array, shape (n,)
        The pixels that show it: ``row * columns + column``.
    faces : int array, shape (n,)
        The number of the face at each of them.
    weights : float32 array, shape (n, 3)
        Shares of its three vertices, 0 to 1; their sum is 1.
    depths : float32 array, shape (n,)
        mm towards the viewer.
    """

    shape: tuple[int, int]
    pixels: Ints
    faces: Ints
    weights: NDArray[np.float32]
    depths: NDArray[np.float32]


class Screen(NamedTuple):
    """Points as a view sees them: columns and rows in pixels, and nearness in mm."""

    columns: Floats
    rows: Floats
    nearness: Floats


def rasterise(mesh: DrawnMesh, view: View) -> Hits:
    """Return what is seen of a mesh.

    Parameters
    ----------
    mesh : DrawnMesh
        Of a closed one the faces that look away from the viewer are left out: there are others
        before them.
    view : View
    """
    screen = on_screen(mesh.vertices, view)
    rows, columns = view.size
    low = float(screen.nearness.min())
    buffer = DepthBuffer(rows * columns, low, float(screen.nearness.max()))
    for faces in _groups(_faces_in_view(mesh, screen, view.size)):
        buffer.add(*faces.covered(view.size))
    return _hits(mesh, screen, view.size, *buffer.seen())


def on_screen(points: NDArray[np.floating], view: View) -> Screen:
    """Return points (n, 3), in mm, as a view sees them."""
    origin, down, right = view.plane()
    # Rows and columns are counted in steps of the view, so that centres of pixels are at integers.
    steps = np.stack([right / (right @ right), down / (down @ down), -view.direction])
    return Screen(*(steps @ points.T - (steps @ origin)[:, np.newaxis]))


@dataclass(frozen=True)
class _Faces:
    """Some faces on the screen.

    Parameters
    ----------
    numbers : int array, shape (n,)
        In the mesh.
    x, y, z : float array, shape (3, n)
        Columns and rows of their corners, and how near these are.
    """

    numbers: Ints
    x: Floats
    y: Floats
    z: Floats

    def part(self, which: slice) -> _Faces:
        """Return some of them."""
        return _Faces(self.numbers[which], self.x[:, which], self.y[:, which], self.z[:, which])

    def covered(self, size: tuple[int, int]) -> tuple[Ints, Floats, Ints]:
        """Return the pixels that faces cover.

        Returns
        -------
        pixels : int array, shape (n,)
            ``row * columns + column``; one that several faces cover is there for each of them.
        nearness : float array, shape (n,)
            Of the face, mm.
        faces : int array, shape (n,)
            Numbers in the mesh.
        """
        rows, columns = size
        # Spans: each row of pixels that a face reaches, and the face.
        top, bottom = _ends(self.y)
        face_of_span, row_of_span = _integers_between(top, bottom, rows)
        # Pixels: each column of pixels in a span, and the span.
        left, right = self._span_ends(face_of_span, row_of_span)
        span, column = _integers_between(left, right, columns)
        face = face_of_span[span]
        row = row_of_span[span]
        return row * columns + column, self._nearness(face, column, row), self.numbers[face]

    def _span_ends(self, face: Ints, row: Ints) -> tuple[Floats, Floats]:
        """Return the columns between which faces cover rows: where the row crosses their edges."""
        left = np.full(len(face), np.inf)
        right = np.full(len(face), -np.inf)
        for start, end in EDGES:
            crosses, crossing = self._crossing(start, end, face, row)
            np.minimum(left, crossing, out=left, where=crosses)
            np.maximum(right, crossing, out=right, where=crosses)
        return left, right

    def _crossing(
        self, start: int, end: int, face: Ints, row: Ints
    ) -> tuple[NDArray[np.bool_], Floats]:
        """Return whether rows cross an edge of faces, and at which column."""
        width = self.x[end] - self.x[start]
        height = self.y[end] - self.y[start]
        # A level edge is crossed at its start; its end is the start of the next.
        share = (row - self.y[start][face]) * _inverse(height)[face]  # of the way to the end
        np.clip(share, 0, 1, out=share)
        top = np.minimum(self.y[start], self.y[end]) - EDGE
        bottom = np.maximum(self.y[start], self.y[end]) + EDGE
        crosses = (row >= top[face]) & (row <= bottom[face])
        return crosses, self.x[start][face] + share * width[face]

    def _nearness(self, face: Ints, column: Ints, row: Ints) -> Floats:
        """Return how near faces are at pixels; never beyond their corners."""
        per_column, per_row = self._slopes()
        right = column - self.x[0][face]
        down = row - self.y[0][face]
        found = self.z[0][face] + right * per_column[face] + down * per_row[face]
        low, high = _ends(self.z)
        clipped: Floats = np.clip(found, low[face], high[face])
        return clipped

    def _slopes(self) -> tuple[Floats, Floats]:
        """Return how nearness changes per column and per row; 0 for faces without area."""
        # Two edges from the first corner span the plane of the face: nearness is a * x + b * y,
        # where a * x1 + b * y1 = z1 and a * x2 + b * y2 = z2. Cramer's rule gives a and b.
        x1, x2 = self.x[1:] - self.x[0]
        y1, y2 = self.y[1:] - self.y[0]
        z1, z2 = self.z[1:] - self.z[0]
        inverse = _inverse(x1 * y2 - x2 * y1)  # of twice the area
        per_column = (z1 * y2 - z2 * y1) * inverse
        per_row = (x1 * z2 - x2 * z1) * inverse
        return per_column, per_row


def _inverse(numbers: Floats) -> Floats:
    """Return 1 / numbers; 0 for 0."""
    return np.divide(1, numbers, out=np.zeros_like(numbers), where=numbers != 0)


def _ends(places: Floats) -> tuple[Floats, Floats]:
    """Return the lowest and the highest of the places of three corners."""
    low = np.minimum(np.minimum(places[0], places[1]), places[2])
    high = np.maximum(np.maximum(places[0], places[1]), places[2])
    return low, high


def _faces_in_view(mesh: DrawnMesh, screen: Screen, size: tuple[int, int]) -> _Faces:
    """Return the faces that reach over the centre of a pixel, as far as their boxes tell."""
    corners = np.ascontiguousarray(mesh.faces.T)
    x = np.take(screen.columns, corners)
    y = np.take(screen.rows, corners)
    is_seen = _covers_centre(x, size[1]) & _covers_centre(y, size[0])
    if mesh.closed:
        # Rows run downwards: what is counterclockwise for the viewer has a negative area here.
        area = (x[1] - x[0]) * (y[2] - y[0]) - (x[2] - x[0]) * (y[1] - y[0])
        is_seen &= area < 0
    numbers = np.flatnonzero(is_seen)
    nearness = np.take(screen.nearness, corners[:, numbers])
    return _Faces(numbers, x[:, numbers], y[:, numbers], nearness)


def _covers_centre(places: Floats, length: int) -> NDArray[np.bool_]:
    """Return which faces reach over an integer of an axis of the picture."""
    low, high = _ends(places)
    first = np.maximum(np.ceil(low - EDGE), 0)
    last = np.minimum(np.floor(high + EDGE), length - 1)
    covers: NDArray[np.bool_] = first <= last
    return covers


def _groups(faces: _Faces) -> Iterator[_Faces]:
    """Go through faces in groups of about `GROUP` pixels, as their boxes tell."""
    left, right = _ends(faces.x)
    top, bottom = _ends(faces.y)
    so_far = np.cumsum((right - left + 1) * (bottom - top + 1))
    start = 0
    while start < len(so_far):
        before = so_far[start - 1] if start else 0
        end = max(int(np.searchsorted(so_far, before + GROUP)), start + 1)
        yield faces.part(slice(start, end))
        start = end


def _integers_between(low: Floats, high: Floats, length: int) -> tuple[Ints, Ints]:
    """Return all integers between pairs of numbers, from 0 up to a length.

    Returns
    -------
    pair, integer : int array, shape (n,)
        The number of the pair, and an integer between its two: pair by pair, ascending.
    """
    start = np.maximum(np.ceil(low - EDGE), 0).astype(np.int64)
    stop = np.minimum(np.floor(high + EDGE), length - 1).astype(np.int64) + 1
    counts = np.maximum(stop - start, 0)
    pair, place = piece_and_place(counts)
    return pair, start[pair] + place


def _hits(
    mesh: DrawnMesh, screen: Screen, size: tuple[int, int], pixels: Ints, faces: Ints
) -> Hits:
    """Return where on their faces pixels are."""
    corners = mesh.faces[faces].T
    row, column = np.divmod(pixels, size[1])
    x = screen.columns[corners] - column
    y = screen.rows[corners] - row
    weights = np.stack([_twice_area(x, y, *pair) for pair in ((1, 2), (2, 0), (0, 1))])
    # The signs of all three are that of the face; rounding may leave a little of the other.
    weights *= np.where(weights.sum(axis=0) < 0, -1, 1)
    np.maximum(weights, 0, out=weights)
    total = weights.sum(axis=0)
    weights[:, total == 0] = 1
    weights /= np.where(total == 0, 3, total)
    depths = (weights * screen.nearness[corners]).sum(axis=0)
    return Hits(size, pixels, faces, weights.T.astype(np.float32), depths.astype(np.float32))


def _twice_area(x: Floats, y: Floats, one: int, other: int) -> Any:
    """Return twice the area between the pixel, at 0, and an edge; its sign says the side."""
    return x[one] * y[other] - x[other] * y[one]
