"""Many points through one affine, in the cache of the processor."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.threads import in_parallel

__all__ = ["move_points"]

#: Points in a row of a tile: numbers of a factor and a shift for each of their coordinates.
WIDE = 1024
#: Points that are multiplied at once: they stay in the cache, and one thread does it.
AT_ONCE = 16 * WIDE
#: Points in a row of a matrix product: rows of 12 numbers are faster than of 3.
JOINED = 4
#: Points of a matrix product: OpenBLAS divides larger ones among threads of its own, which wait
#: for each other longer than they work, and get into the way of those that take parts here.
PRODUCT = 4 * WIDE
#: Points that one thread moves before it takes others: those of a block of lines stay on one.
PART = 8 * AT_ONCE


def move_points(
    points: NDArray[Any], affine: ArrayLike, out: NDArray[Any] | None = None
) -> NDArray[Any]:
    """Move points by an affine, in place or into another array.

    Parameters
    ----------
    points : array of float32 or float64, shape (n, 3)
        C-contiguous. What is NaN or infinite makes only its own point so.
    affine : array-like, shape (4, 4)
    out : array, shape (n, 3), optional
        C-contiguous, of the same dtype; without it the points are changed.

    Returns
    -------
    array
        The points that were moved.
    """
    moved = points if out is None else out
    matrix = np.asarray(affine, np.float64)
    linear = matrix[:3, :3]
    if np.array_equal(matrix, np.eye(4)):
        if moved is not points:
            moved[...] = points
    elif np.array_equal(linear, np.diag(np.diag(linear))):
        scale = partial(_scale, factors=np.diag(linear), shift=matrix[:3, 3])
        _for_parts(points, moved, scale)
    else:
        joined = np.kron(np.eye(JOINED), linear.T).astype(points.dtype)
        shift = np.tile(matrix[:3, 3], JOINED).astype(points.dtype)
        _for_parts(points, moved, partial(_multiply, joined=joined, shift=shift))
    return moved


def _for_parts(
    points: NDArray[Any],
    moved: NDArray[Any],
    move: Callable[[NDArray[Any], NDArray[Any]], None],
) -> None:
    """Move points in parts, on several threads where they are many."""
    if len(points) <= PART:
        move(points, moved)
        return

    def move_part(first: int) -> None:
        part = slice(first, first + PART)
        move(points[part], moved[part])

    in_parallel(move_part, range(0, len(points), PART))


def _scale(
    points: NDArray[Any], moved: NDArray[Any], factors: NDArray[Any], shift: NDArray[Any]
) -> None:
    """Multiply each axis and add to it, in tiles of `WIDE` points."""
    factors = factors.astype(points.dtype)
    shift = shift.astype(points.dtype)
    tiled = len(points) // WIDE * WIDE
    tiles = points[:tiled].reshape(-1, 3 * WIDE)
    moved_tiles = moved[:tiled].reshape(-1, 3 * WIDE)
    long_factors = np.tile(factors, WIDE)
    long_shift = np.tile(shift, WIDE)
    for first in range(0, len(tiles), AT_ONCE // WIDE):
        some = slice(first, first + AT_ONCE // WIDE)
        into = moved_tiles[some]
        np.multiply(tiles[some], long_factors, out=into)
        np.add(into, long_shift, out=into)
    rest = moved[tiled:]
    np.multiply(points[tiled:], factors, out=rest)
    rest += shift


def _multiply(
    points: NDArray[Any], moved: NDArray[Any], joined: NDArray[Any], shift: NDArray[Any]
) -> None:
    """Multiply points with a matrix that has the same block `JOINED` times on its diagonal."""
    stacked = len(points) // PRODUCT * PRODUCT
    whole = len(points) // JOINED * JOINED
    with np.errstate(invalid="ignore", over="ignore"):
        _multiply_stack(points[:stacked], moved[:stacked], joined, shift)
        _multiply_stack(points[stacked:whole], moved[stacked:whole], joined, shift)
        # The last points, fewer than a row has.
        moved[whole:] = _one_by_one(points[whole:], joined) + shift[:3]


def _multiply_stack(
    points: NDArray[Any], moved: NDArray[Any], joined: NDArray[Any], shift: NDArray[Any]
) -> None:
    """Multiply whole rows of points: as many as make whole products, or fewer than one product.

    One call has several products: threads that call numpy often wait for each other.
    """
    if not len(points):
        return
    each = min(len(points), PRODUCT)
    shape = (-1, each // JOINED, 3 * JOINED)
    products = points.reshape(shape)
    moved_products = moved.reshape(shape)
    at_once = AT_ONCE // PRODUCT
    # One array for all tiles: memory that is new each time would cost as much as the product.
    room = np.empty((min(at_once, len(products)), *products.shape[1:]), products.dtype)
    for first in range(0, len(products), at_once):
        tile = products[first : first + at_once]
        turned = np.matmul(tile, joined, out=room[: len(tile)])
        if not _is_finite(turned):
            # 0 times infinity is NaN: points that share a row would spoil each other.
            turned = _one_by_one(tile.reshape(-1, 3), joined).reshape(tile.shape)
        np.add(turned, shift, out=moved_products[first : first + at_once])


def _is_finite(rows: NDArray[Any]) -> bool:
    """Return whether all numbers are finite, by a sum of squares; huge ones count as infinite."""
    flat = rows.ravel()
    return bool(np.isfinite(np.dot(flat, flat)))


def _one_by_one(points: NDArray[Any], joined: NDArray[Any]) -> NDArray[Any]:
    """Multiply each point, shape (n, 3), with the first block of a matrix of equal blocks."""
    found: NDArray[Any] = np.einsum("ij,jk->ik", points, joined[:3, :3])
    return found
