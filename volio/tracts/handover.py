"""Tracts as those of nibabel."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.extras import need
from volio.tracts.lines import Lines

__all__ = ["nibabel_tractogram"]

Array = NDArray[Any]


def nibabel_tractogram(lines: Lines) -> Any:
    """Return lines as a ``nibabel.streamlines.Tractogram``, over the same arrays.

    Parameters
    ----------
    lines : Lines

    Raises
    ------
    MissingPackageError
        If nibabel is not installed.
    """
    streamlines = need("nibabel.streamlines", "bench")
    sequence = _sequence(streamlines, lines.points, lines)
    return streamlines.Tractogram(
        sequence,
        {name: _columns(values) for name, values in lines.per_line.items()},
        {
            name: _sequence(streamlines, _columns(values), lines)
            for name, values in lines.per_point.items()
        },
        np.eye(4),
    )


def _columns(values: Array) -> Array:
    return values[:, np.newaxis] if values.ndim == 1 else values


def _sequence(streamlines: Any, rows: Array, lines: Lines) -> Any:
    """Return rows as a sequence of arrays, one for each line."""
    made = streamlines.ArraySequence()
    made._data = rows
    made._offsets = lines.starts
    made._lengths = lines.lengths
    return made
