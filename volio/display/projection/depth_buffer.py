"""The z-buffer: what is nearest to the viewer at each pixel."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["DepthBuffer"]

#: Steps of depth.
STEPS = float(2**32 - 2)
#: Bits of a key below those of the depth: the number of the owner.
OWNER_BITS = np.uint64(32)
OWNER_MASK = np.uint64(2**32 - 1)


class DepthBuffer:
    """Keeps the nearest of what is added at each pixel, in whichever order it comes.

    Parameters
    ----------
    pixels : int
        How many there are.
    low, high : float
        The farthest and the nearest that may come.
    """

    def __init__(self, pixels: int, low: float, high: float) -> None:
        # Nearness in steps is in the upper half of a key, the owner in the lower; 0 is for nothing.
        self._keys = np.zeros(pixels, np.uint64)
        self._low = low
        self._step = max(high - low, 1e-30) / STEPS

    def add(
        self,
        pixels: NDArray[np.integer],
        nearness: NDArray[np.floating],
        owners: NDArray[np.integer],
    ) -> None:
        """Add what is seen at pixels where nothing nearer is.

        Parameters
        ----------
        pixels : int array, shape (n,)
        nearness : float array, shape (n,)
        owners : int array, shape (n,)
            0 to 2**32 - 1; of those that are as near as each other the largest is seen.
        """
        steps = ((nearness - self._low) / self._step).astype(np.uint64) + np.uint64(1)
        np.maximum.at(self._keys, pixels, (steps << OWNER_BITS) | owners.astype(np.uint64))

    def seen(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the pixels at which something is seen, and the owner of each."""
        pixels = np.flatnonzero(self._keys)
        return pixels, (self._keys[pixels] & OWNER_MASK).astype(np.int64)
