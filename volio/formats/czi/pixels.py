"""Pixel types: the samples of a pixel, and what channels of several types become together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from volio.arrays.dtypes import COLOURS, Array, DType
from volio.errors import HeaderDataError

__all__ = ["PIXEL_TYPES", "PixelType", "Samples", "in_rgb_order", "samples_of"]


class PixelType(NamedTuple):
    """What a pixel is.

    Attributes
    ----------
    name : str
    dtype : numpy.dtype
        Of one sample, as stored.
    samples : int
        1, or 3 or 4 for colours.
    """

    name: str
    dtype: DType
    samples: int = 1


#: By the code in the file. Colours are stored in the order B, G, R, A.
PIXEL_TYPES = {
    0: PixelType("Gray8", np.dtype("<u1")),
    1: PixelType("Gray16", np.dtype("<u2")),
    2: PixelType("Gray32Float", np.dtype("<f4")),
    3: PixelType("Bgr24", np.dtype("<u1"), 3),
    4: PixelType("Bgr48", np.dtype("<u2"), 3),
    8: PixelType("Bgr96Float", np.dtype("<f4"), 3),
    9: PixelType("Bgra32", np.dtype("<u1"), 4),
    10: PixelType("Gray64ComplexFloat", np.dtype("<c8")),
    11: PixelType("Bgr192ComplexFloat", np.dtype("<c8"), 3),
    12: PixelType("Gray32", np.dtype("<i4")),
    13: PixelType("Gray64Float", np.dtype("<f8")),
}


class Samples(NamedTuple):
    """What the values of an image are.

    Attributes
    ----------
    dtype : numpy.dtype
        Of a value: one that holds those of all channels, or RGB(A).
    of_channels : tuple of int
        Samples that each channel of the file has.
    """

    dtype: DType
    of_channels: tuple[int, ...]

    @property
    def is_colour(self) -> bool:
        """Whether a value is a colour of three or four samples."""
        return self.dtype.names is not None

    @property
    def channels(self) -> tuple[tuple[int, int], ...]:
        """Channel and sample of each index along the axis of channels."""
        if self.is_colour:
            return tuple([(channel, 0) for channel in range(len(self.of_channels))])
        return tuple(
            [
                (channel, sample)
                for channel, count in enumerate(self.of_channels)
                for sample in range(count)
            ]
        )


def samples_of(codes: Sequence[set[int]], name: str, *, colours_apart: bool = False) -> Samples:
    """Return what the values of an image are.

    Parameters
    ----------
    codes : sequence of set of int
        Pixel types of each channel.
    name : str
        Of the file, for messages.
    colours_apart : bool
        Whether samples of colours are channels of their own; otherwise so are those that are not
        of 8 bits, or are next to channels without colours.

    Raises
    ------
    HeaderDataError
        If a pixel type is not known, or a channel has some pixels of colour and some without.
    """
    types = [_known_type(code, name) for code in sorted(set().union(*codes))]
    of_channels = tuple([_samples_of_channel(each, name) for each in codes])
    dtype = np.result_type(*[each.dtype for each in types]).newbyteorder("=")
    counts = {each.samples for each in types}
    if not colours_apart and dtype == np.uint8 and len(counts) == 1:
        (count,) = counts
        dtype = COLOURS.get(count, dtype)
    return Samples(dtype, of_channels)


def _known_type(code: int, name: str) -> PixelType:
    """Return a pixel type, or refuse its code."""
    if code not in PIXEL_TYPES:
        known = ", ".join(f"{number} ({each.name})" for number, each in PIXEL_TYPES.items())
        raise HeaderDataError(f"{name}: pixel type {code} is not known; there are {known}")
    return PIXEL_TYPES[code]


def _samples_of_channel(codes: set[int], name: str) -> int:
    """Return how many samples the pixels of a channel have; 1 for one without pixels."""
    counts = {PIXEL_TYPES[code].samples for code in codes} or {1}
    if len(counts) > 1:
        raise HeaderDataError(
            f"{name}: a channel has pixels of {' and '.join(map(str, sorted(counts)))} samples"
        )
    return counts.pop()


def in_rgb_order(stored: Array) -> Array:
    """Return samples, the last axis, as R, G, B, A that are stored as B, G, R, A; a view."""
    if stored.shape[-1] == 3:
        return stored[..., ::-1]
    if stored.shape[-1] == 4:
        return stored[..., [2, 1, 0, 3]]
    return stored
