"""TiffHeader: what is known of an image in a TIFF file besides its voxels."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from volio.arrays.dtypes import RGB, RGBA, DType
from volio.formats.tiff.saving.ome_xml import PIXEL_TYPES
from volio.images.headers.metadata import Metadata
from volio.images.headers.voxel_types import known_dtype
from volio.images.microscopy import MicroscopyHeader

__all__ = ["TiffHeader"]


class TiffHeader(MicroscopyHeader):
    """The header of an image in a TIFF file: axes, unit, channels, shape, dtype and affine.

    Parameters
    ----------
    facts : MicroscopyFacts, optional
        What the file says (default: axes x, y, z of an image in RAS+).

    Examples
    --------
    >>> header = volio.TiffHeader()
    >>> header.axes, header.unit
    (('x', 'y', 'z'), '')
    """

    kinds = tuple(PIXEL_TYPES)

    @classmethod
    def supported_dtypes(cls) -> list[DType]:
        """Return the dtypes that are written: those that OME-XML has."""
        return [*super().supported_dtypes(), RGB, RGBA]

    @classmethod
    def known_dtype(cls, datatype: DTypeLike) -> DType:
        """Return a dtype in native byte order, of those that files have."""
        files_have = [*map(np.dtype, MicroscopyHeader.kinds), RGB, RGBA]
        return known_dtype(datatype, files_have, cls.__name__)

    #: Whether values are labels, which a pyramid does not average; files do not say so.
    is_labels = False

    def copy_from(self, header: Any) -> None:
        """Take from another format's header what this one can hold: no window of channels."""
        super().copy_from(header)
        channels = tuple([each._replace(window=None) for each in self.facts.channels])
        self.facts = replace(self.facts, channels=channels)

    def metadata(self) -> Metadata:
        """Return what the header holds; files do not keep the step of a single time."""
        found = super().metadata()
        is_single = self.get_data_shape()[3:4] in ((), (1,))
        return replace(found, step=Metadata().step, unit="") if is_single else found

    def set_metadata(self, metadata: Metadata) -> None:
        """Store names of channels, and time; there is no place for a window and a first time."""
        super().set_metadata(replace(metadata, window=(), start=0.0))
        self.is_labels = any(intent.name == "label" for intent in metadata.intents)
