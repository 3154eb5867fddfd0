"""Hdf5Contents: what an image of an HDF5 file is made of, whichever program wrote it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.arrays.lazy import LazyArray
from volio.formats.hdf5.own_facts import OwnFacts
from volio.images.microscopy import Channel
from volio.images.named_axes import FileAxis

__all__ = ["Hdf5Contents", "matrix_of"]


@dataclass(frozen=True)
class Hdf5Contents:
    """What an image of an HDF5 file is made of.

    Parameters
    ----------
    axes : tuple of FileAxis
        In the order of the arrays.
    arrays : tuple of LazyArray
        Its resolutions, the finest first.
    matrices : tuple of (ndarray or None)
        Voxel indices of each to positions, axes and units as in the file.
    channels : tuple of Channel
    attributes : dict
        Of the data set.
    own : OwnFacts, optional
        What volio has written into the file.
    """

    axes: tuple[FileAxis, ...]
    arrays: tuple[LazyArray, ...]
    matrices: tuple[NDArray[np.float64] | None, ...]
    channels: tuple[Channel, ...] = ()
    attributes: dict[str, Any] = field(default_factory=dict)
    own: OwnFacts | None = None


def matrix_of(sizes: ArrayLike, first: ArrayLike) -> NDArray[np.float64]:
    """Return voxel indices to positions: the size of a step along each axis, and the first one."""
    matrix = np.diag(np.append(sizes, 1.0))
    matrix[:-1, -1] = first
    return matrix
