"""Volumes of a series: all axes after the third taken as one, the last fastest."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np

from volio.display.base.choices import as_count

__all__ = ["check_volume", "volume_count", "volume_index"]


def volume_count(shape: Sequence[int]) -> int:
    """Return the number of volumes of an image."""
    return prod(int(n) for n in shape[3:])


def volume_index(volume: int, shape: Sequence[int]) -> tuple[int, ...]:
    """Return the indices of a volume along the axes after the third.

    Parameters
    ----------
    volume : int
        Number of the volume; of images with fewer volumes the last one is taken.
    shape : sequence of int
        Of the image, all axes.
    """
    later = tuple(int(n) for n in shape[3:])
    if not later:
        return ()
    nearest = min(volume, volume_count(shape) - 1)
    return tuple(int(n) for n in np.unravel_index(nearest, later))


def check_volume(volume: int, *shapes: Sequence[int]) -> int:
    """Return the number of a volume of the longest of several series.

    Parameters
    ----------
    volume : int
    *shapes : sequence of int
        Of each image, all axes; of shorter series the last volume stands for those after it.

    Raises
    ------
    UsageError
        If it is not a whole number, or there are fewer volumes.
    """
    return as_count("volume", volume, 0, max(map(volume_count, shapes)) - 1)
