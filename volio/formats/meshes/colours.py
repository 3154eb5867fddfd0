"""Colours of vertices in text: levels from 0 to 255, or fractions from 0 to 1."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.errors import CorruptFileError

__all__ = ["colours_of"]


def colours_of(numbers: NDArray[Any]) -> NDArray[np.uint8]:
    """Return colours from numbers of either kind, which follows from the largest.

    Parameters
    ----------
    numbers : array of float, shape (V, 3) or (V, 4)
        Red, green, blue, and opacity, up to 1 or up to 255. Fractions are rounded to 8 bits.

    Returns
    -------
    array of uint8, shape (V, 4)

    Raises
    ------
    CorruptFileError
        If they are neither.
    """
    levels = numbers * 255.0 if numbers.max(initial=0) <= 1 else numbers
    if not ((levels >= 0) & (levels <= 255)).all():
        raise CorruptFileError(
            f"colours: must be from 0 to 1 or from 0 to 255, got {numbers.min()} to {numbers.max()}"
        )
    colours = np.full((len(numbers), 4), 255, np.uint8)
    colours[:, : numbers.shape[1]] = np.rint(levels)
    return colours
