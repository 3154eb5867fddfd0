"""GIFTI surfaces, values and labels (.gii).

Source: GIFTI Surface Data Format, version 1.0, https://www.nitrc.org/projects/gifti
"""

from __future__ import annotations

from volio.formats.gifti.coordinates import GiftiCoordSystem
from volio.formats.gifti.data_array import GiftiDataArray
from volio.formats.gifti.image import GiftiImage
from volio.formats.gifti.label_table import GiftiLabel, GiftiLabelTable
from volio.formats.gifti.meta import GiftiMetaData, GiftiNVPairs

__all__ = [
    "GiftiCoordSystem",
    "GiftiDataArray",
    "GiftiImage",
    "GiftiLabel",
    "GiftiLabelTable",
    "GiftiMetaData",
    "GiftiNVPairs",
]
