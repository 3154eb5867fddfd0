"""The values of several arrays of a GIFTI image as one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from volio.formats.gifti.data_array import decode_together
from volio.formats.gifti.vertex_data import TIME_SERIES

if TYPE_CHECKING:
    from volio.formats.gifti.image import GiftiImage

__all__ = ["aggregated"]


def aggregated(image: GiftiImage, intent: Any) -> Any:
    """Return the values of the arrays with an intent, of all for None.

    One array is given as it is, time series as columns of shape (V, T), several others in a
    tuple; a tuple of intents gives a tuple with one of these for each.
    """
    if isinstance(intent, tuple):
        return tuple(aggregated(image, each) for each in intent)
    arrays = image.darrays if intent is None else image.get_arrays_from_intent(intent)
    decode_together(arrays)
    values: tuple[Any, ...] = tuple(array.data for array in arrays)
    if arrays and all(array.intent == TIME_SERIES for array in arrays):
        return np.column_stack(values)
    return values[0] if len(values) == 1 else values
