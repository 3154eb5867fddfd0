"""The z-buffer: which face each pixel of a picture shows, and where on it.

Rays are parallel. A face is cut into spans, the parts of rows of pixels whose centres it covers;
spans are cut into pixels, and of the faces at a pixel the nearest stays.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.display.sampling.view import View
from volio.display.surfaces.mesh import DrawnMesh

__all__ = ["Hits", "rasterise"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: Pixels of faces that are worked on at once: their numbers fit into the cache of a processor.
GROUP = 1 << 18
#: Of a pixel: centres that are so near to an edge belong to the faces on both sides, so that
#: rounding leaves no hole between two.
EDGE = 1e-6
#: Steps of depth.
DEPTHS = float(2**32 - 2)
#: Bits of a key below those of the depth: the number of the face.
FACE_BITS = np.uint64(32)
FACE_MASK = np.uint64(2**32 - 1)


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


@dataclass(frozen=True)
class _Screen:
    """Vertices as a view sees them: columns and rows in pixels, and nearness in mm."""

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
    screen = _on_screen(mesh, view)
    rows, columns = view.size
    seen = _faces_in_view(mesh, screen, view.size)
    # The nearness in steps is in the upper half, the face in the lower; 0 is for nothing.
    nearest = np.zeros(rows * columns, np.uint64)
    low = screen.nearness.min()
    depth_step = max(float(np.ptp(screen.nearness)), 1e-30) / DEPTHS
    for group in _groups(mesh, screen, seen, rows):
        pixels, owners, nearness = _covered(mesh, screen, group, view.size)
        steps = ((nearness - low) / depth_step).astype(np.uint64) + np.uint64(1)
        keys = (steps << FACE_BITS) | owners.astype(np.uint64)
        np.maximum.at(nearest, pixels, keys)
    pixels = np.flatnonzero(nearest)
    faces = (nearest[pixels] & FACE_MASK).astype(np.int64)
    return _hits(mesh, screen, view.size, pixels, faces)


def _on_screen(mesh: DrawnMesh, view: View) -> _Screen:
    """Return the vertices as a view sees them."""
    origin, down, right = view.plane()
    # Rows and columns are counted in steps of the view, so that centres of pixels are at integers.
    steps = np.stack([right / (right @ right), down / (down @ down), -view.direction])
    columns, rows, nearness = steps @ mesh.vertices.T - (steps @ origin)[:, np.newaxis]
    return _Screen(columns, rows, nearness)


def _faces_in_view(mesh: DrawnMesh, screen: _Screen, size: tuple[int, int]) -> Ints:
    """Return the numbers of the faces that cover the centre of a pixel, as far as boxes tell."""
    xs = [screen.columns[mesh.faces[:, corner]] for corner in range(3)]
    ys = [screen.rows[mesh.faces[:, corner]] for corner in range(3)]
    is_seen = _covers_centre(xs, size[1]) & _covers_centre(ys, size[0])
    if mesh.closed:
        # Rows run downwards: what is counterclockwise for the viewer has a negative area here.
        area = (xs[1] - xs[0]) * (ys[2] - ys[0]) - (xs[2] - xs[0]) * (ys[1] - ys[0])
        is_seen &= area < 0
    return np.flatnonzero(is_seen)


def _covers_centre(places: list[Floats], length: int) -> NDArray[np.bool_]:
    """Return which faces reach over an integer of an axis of the picture."""
    low = np.minimum(np.minimum(places[0], places[1]), places[2])
    high = np.maximum(np.maximum(places[0], places[1]), places[2])
    first = np.maximum(np.ceil(low - EDGE), 0)
    last = np.minimum(np.floor(high + EDGE), length - 1)
    covers: NDArray[np.bool_] = first <= last
    return covers


def _groups(mesh: DrawnMesh, screen: _Screen, seen: Ints, rows: int) -> Iterator[Ints]:
    """Go through faces in groups of about `GROUP` pixels, as their boxes tell."""
    corners = mesh.faces[seen]
    height = np.ptp(screen.rows[corners], axis=1) + 1
    width = np.ptp(screen.columns[corners], axis=1) + 1
    so_far = np.cumsum(height * width)
    total = so_far[-1] if len(so_far) else 0
    ends = np.searchsorted(so_far, np.arange(GROUP, total + GROUP, GROUP), side="right")
    start = 0
    for end in np.maximum(ends, 1).tolist():
        if end > start:
            yield seen[start:end]
            start = end
    if start < len(seen):
        yield seen[start:]


def _covered(
    mesh: DrawnMesh, screen: _Screen, group: Ints, size: tuple[int, int]
) -> tuple[Ints, Ints, Floats]:
    """Return each pixel that each of some faces covers, the face, and how near it is there."""
    triangles = _Triangles.of(mesh, screen, group)
    owner, row = _spread(triangles.first_row, triangles.last_row, size[0])
    left, right = triangles.span(owner, row)
    span, column = _spread(np.ceil(left - EDGE), np.floor(right + EDGE), size[1])
    of_pixel = owner[span]
    nearness = triangles.nearness(of_pixel, column, row[span])
    return row[span] * size[1] + column, group[of_pixel], nearness


def _spread(first: Floats, last: Floats, length: int) -> tuple[Ints, Ints]:
    """Return all integers of ranges, cut to those from 0 to a length, and the range of each."""
    start = np.maximum(first, 0).astype(np.int64)
    stop = np.minimum(last, length - 1).astype(np.int64) + 1
    counts = np.maximum(stop - start, 0)
    owner = np.repeat(np.arange(len(counts)), counts)
    before = np.cumsum(counts) - counts
    return owner, np.arange(len(owner)) + (start - before)[owner]


@dataclass(frozen=True)
class _Triangles:
    """Some faces on the screen, their corners from the highest row to the lowest."""

    x: Floats  # (3, n): columns of the corners
    y: Floats  # (3, n): rows, rising
    z: Floats  # (3, n): nearness
    slope: Floats  # (2, n): nearness for each column to the right, for each row down

    @classmethod
    def of(cls, mesh: DrawnMesh, screen: _Screen, group: Ints) -> _Triangles:
        """Return some faces of a mesh."""
        corners = mesh.faces[group]
        order = np.argsort(screen.rows[corners], axis=1)
        corners = np.take_along_axis(corners, order, axis=1).T
        x = screen.columns[corners]
        y = screen.rows[corners]
        z = screen.nearness[corners]
        return cls(x, y, z, _slopes(x, y, z))

    @property
    def first_row(self) -> Floats:
        """The first row whose pixels have their centres in the face."""
        first: Floats = np.ceil(self.y[0] - EDGE)
        return first

    @property
    def last_row(self) -> Floats:
        """The last one."""
        last: Floats = np.floor(self.y[2] + EDGE)
        return last

    def span(self, owner: Ints, row: Ints) -> tuple[Floats, Floats]:
        """Return the columns between which faces cover rows."""
        along_longest = self._crossing(owner, row, 0, 2)
        is_upper = row < self.y[1][owner]
        upper = self._crossing(owner, row, 0, 1)
        lower = self._crossing(owner, row, 1, 2)
        other = np.where(is_upper, upper, lower)
        return np.minimum(along_longest, other), np.maximum(along_longest, other)

    def _crossing(self, owner: Ints, row: Ints, start: int, end: int) -> Floats:
        """Return the columns at which edges cross rows; that of their start where they are level.

        Both faces at an edge get the same column, since both go from its higher corner to the
        lower one.
        """
        height = self.y[end] - self.y[start]
        run = self.x[end] - self.x[start]
        per_row = np.divide(run, height, out=np.zeros_like(run), where=height > 0)
        down = np.clip(row - self.y[start][owner], 0, np.maximum(height, 0)[owner])
        crossing: Floats = self.x[start][owner] + down * per_row[owner]
        return crossing

    def nearness(self, owner: Ints, column: Ints, row: Ints) -> Floats:
        """Return how near faces are at pixels; never beyond their corners."""
        right = column - self.x[0][owner]
        down = row - self.y[0][owner]
        found = self.z[0][owner] + right * self.slope[0][owner] + down * self.slope[1][owner]
        clipped: Floats = np.clip(found, self.z.min(axis=0)[owner], self.z.max(axis=0)[owner])
        return clipped


def _slopes(x: Floats, y: Floats, z: Floats) -> Floats:
    """Return how nearness changes with the column and with the row; 0 for faces without area."""
    x1, x2 = x[1:] - x[0]
    y1, y2 = y[1:] - y[0]
    z1, z2 = z[1:] - z[0]
    area = x1 * y2 - x2 * y1
    slopes = np.zeros((2, len(area)))
    np.divide(z1 * y2 - z2 * y1, area, out=slopes[0], where=area != 0)
    np.divide(x1 * z2 - x2 * z1, area, out=slopes[1], where=area != 0)
    return slopes


def _hits(
    mesh: DrawnMesh, screen: _Screen, size: tuple[int, int], pixels: Ints, faces: Ints
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
