"""Numbers of 16 bits as numbers of 32, faster than numpy converts them."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["convert_into"]

HALF = np.dtype(np.float16)
SINGLE = np.dtype(np.float32)


def convert_into(out: NDArray[Any], values: NDArray[Any]) -> None:
    """Put values into an array of another dtype, as ``out[...] = values`` does.

    Parameters
    ----------
    out : array
    values : array
        C-contiguous, of the same shape.
    """
    if values.dtype == HALF and out.dtype == SINGLE and out.flags.c_contiguous:
        # The bits of a number are its place in the table: half the time of a conversion.
        np.take(_singles(), values.view(np.uint16), out=out, mode="clip")
    else:
        out[...] = values


@cache
def _singles() -> NDArray[np.float32]:
    """Return all numbers of 16 bits, in the order of their bits."""
    every = np.arange(1 << 16, dtype=np.uint16)
    return every.view(HALF).astype(SINGLE)
