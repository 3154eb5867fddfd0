"""Lines in a picture: the nearer cover those behind them, and their edges are smooth."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from volio.display.colour.srgb import Picture
from volio.display.projection.depth_buffer import DepthBuffer
from volio.pieces import piece_and_place

__all__ = ["draw_segments"]

Floats = NDArray[np.float64]

#: Small pixels along the side of one: each line covers some of them.
FINER = 2
#: Points of lines that are worked on at once.
GROUP = 1 << 20


def draw_segments(
    starts: Floats, ends: Floats, colours: Picture, shape: tuple[int, int], width: float
) -> Picture:
    """Return a picture of segments on nothing.

    Parameters
    ----------
    starts, ends : float array, shape (n, 3)
        Row and column, pixel centres at integers, and how near they are to the viewer.
    colours : float32 array, shape (n, 4)
        RGBA in 0..1. What is behind a segment is not seen through it.
    shape : (rows, columns)
    width : float
        Pixels.

    Returns
    -------
    float32 array, shape (rows, columns, 4)
        Alpha is the part of a pixel that lines cover, times theirs.
    """
    fine_shape = (shape[0] * FINER, shape[1] * FINER)
    nearness = np.concatenate([starts[:, 2], ends[:, 2]])
    buffer = DepthBuffer(fine_shape[0] * fine_shape[1], nearness.min(), nearness.max())
    fine_starts = _in_small_pixels(starts)
    fine_ends = _in_small_pixels(ends)
    way = fine_ends - fine_starts
    # A point for each small pixel of way, and one for the start.
    counts = np.ceil(np.hypot(way[:, 0], way[:, 1])).astype(np.int64) + 1
    brush = _brush(width * FINER)
    for part in _groups(counts):
        segment, points = _points(fine_starts[part], fine_ends[part], counts[part])
        for down, right in brush:
            _add(buffer, points, segment + part.start, fine_shape, down, right)
    return _shrunk(*buffer.seen(), colours, fine_shape)


def _in_small_pixels(points: Floats) -> Floats:
    """Return points (row, column, nearness) with rows and columns of small pixels."""
    middle = (FINER - 1) / 2  # the centre of a pixel is in the middle of its small ones
    fine: Floats = points * [FINER, FINER, 1] + [middle, middle, 0]
    return fine


def _groups(counts: NDArray[np.int64]) -> Iterator[slice]:
    """Cut segments into groups of about `GROUP` points."""
    so_far = np.cumsum(counts)
    starts = np.searchsorted(so_far, np.arange(0, so_far[-1], GROUP)).tolist()
    for first, last in pairwise([*starts, len(counts)]):
        yield slice(first, last)


def _points(
    starts: Floats, ends: Floats, counts: NDArray[np.int64]
) -> tuple[NDArray[np.int64], Floats]:
    """Return so many points evenly spread over each segment, and the segment of each."""
    segment, number = piece_and_place(counts)
    share = number / np.maximum(counts - 1, 1)[segment]
    points: Floats = starts[segment] + share[:, np.newaxis] * (ends - starts)[segment]
    return segment, points


def _brush(width: float) -> list[tuple[float, float]]:
    """Return where the small pixels of a round brush are, from its middle."""
    count = max(1, round(width))
    steps = np.arange(count) - (count - 1) / 2
    reach = max(count / 2, 0.75)
    return [
        (down, right) for down in steps for right in steps if np.hypot(down, right) <= reach + 1e-9
    ]


def _add(
    buffer: DepthBuffer,
    points: Floats,
    owners: NDArray[np.int64],
    shape: tuple[int, int],
    down: float,
    right: float,
) -> None:
    """Add points, moved a little, as far as they are in the picture."""
    row = np.floor(points[:, 0] + down + 0.5).astype(np.int64)
    column = np.floor(points[:, 1] + right + 0.5).astype(np.int64)
    inside = (row >= 0) & (row < shape[0]) & (column >= 0) & (column < shape[1])
    pixels = (row * shape[1] + column)[inside]
    buffer.add(pixels, points[inside, 2], owners[inside])


def _shrunk(
    pixels: NDArray[np.int64],
    owners: NDArray[np.int64],
    colours: Picture,
    shape: tuple[int, int],
) -> Picture:
    """Return the picture of small pixels, the mean of those that make up each larger one."""
    weighted = np.zeros((shape[0] * shape[1], 4), np.float32)
    seen = colours[owners]
    weighted[pixels, :3] = seen[:, :3] * seen[:, 3:]
    weighted[pixels, 3] = seen[:, 3]
    rows, columns = (length // FINER for length in shape)
    means: Picture = weighted.reshape(rows, FINER, columns, FINER, 4).mean(axis=(1, 3))
    np.divide(means[..., :3], means[..., 3:], out=means[..., :3], where=means[..., 3:] > 0)
    return means
