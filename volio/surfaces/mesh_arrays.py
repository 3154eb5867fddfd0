"""The arrays of a mesh, checked: vertices and faces."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.errors import HeaderDataError, ImageDataError
from volio.images.arguments import given_array

__all__ = ["checked_colours", "checked_faces", "checked_indices", "checked_vertices"]


def checked_vertices(vertices: ArrayLike) -> NDArray[Any]:
    """Return vertices as an array of floats, shape (V, 3); float64 stays what it is.

    Raises
    ------
    ImageDataError
        If they are of another shape, or not numbers.
    """
    array = np.asarray(given_array("vertices", vertices))
    if array.ndim != 2 or array.shape[1] != 3 or array.dtype.kind not in "iuf":
        raise ImageDataError(
            f"vertices: must be numbers of shape (V, 3), got {array.dtype} {array.shape}"
        )
    return array if array.dtype in (np.float32, np.float64) else array.astype(np.float64)


def checked_faces(faces: ArrayLike, count: int) -> NDArray[np.int32]:
    """Return faces as int32, shape (F, 3), of a surface with a number of vertices.

    Raises
    ------
    HeaderDataError
        If a face names a vertex that is not there.
    ImageDataError
        If they are of another shape, or not integers.
    """
    array = np.asarray(given_array("faces", faces))
    if array.ndim != 2 or array.shape[1] != 3 or array.dtype.kind not in "iu":
        raise ImageDataError(
            f"faces: must be integers of shape (F, 3), got {array.dtype} {array.shape}"
        )
    # Seen without a sign, negative numbers are the largest: one pass finds both kinds.
    unsigned = array.view(f"{array.dtype.byteorder}u{array.dtype.itemsize}")
    if array.size and int(unsigned.max()) >= count:
        wrong = np.flatnonzero(((array < 0) | (array >= count)).any(axis=1))
        raise HeaderDataError(
            f"faces: {len(wrong)} name vertices that are not there, the first is face "
            f"{wrong[0]}: {array[wrong[0]].tolist()} of {count} vertices"
        )
    return array.astype(np.int32, copy=False)


def checked_colours(colors: ArrayLike) -> NDArray[np.uint8]:
    """Return the colours of vertices as an array of uint8, shape (V, 4).

    Raises
    ------
    ImageDataError
        If they are of another shape or dtype.
    """
    array = np.asarray(colors)
    if array.ndim != 2 or array.shape[1] != 4:
        raise ImageDataError(f"colors: must be of shape (V, 4), got {array.shape}")
    if array.dtype != np.uint8:
        raise ImageDataError(f"colors: must be uint8, 0 to 255, got {array.dtype}")
    return array


def checked_indices(indices: ArrayLike) -> NDArray[np.int64]:
    """Return numbers of vertices in a whole surface as an array of int64, shape (V,).

    Raises
    ------
    ImageDataError
        If they are of another shape, or no integers.
    """
    array = np.asarray(indices)
    if array.ndim != 1 or array.dtype.kind not in "iu":
        raise ImageDataError(
            f"indices: must be integers of shape (V,), got {array.dtype} {array.shape}"
        )
    return array.astype(np.int64)
