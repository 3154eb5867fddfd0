"""TIFF: OME-TIFF, hyperstacks of ImageJ, tiled, pyramidal and plain files, and BigTIFF.

tifffile finds out which pages make an image and decodes strips and tiles (extra ``tiff``). The
bytes are read here, from any source and on any number of threads; so are OME-XML and the tables of
offsets, with every size checked before memory is taken.

Sources: https://www.itu.int/itudoc/itu-t/com16/tiff-fx/docs/tiff6.pdf and
https://docs.openmicroscopy.org/ome-model/
"""

from __future__ import annotations

from volio.formats.tiff.image import TiffHeader, TiffImage

__all__ = ["TiffHeader", "TiffImage"]
