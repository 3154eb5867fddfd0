"""MetaImage volumes, in one file (.mha) or with their voxels next to the header (.mhd).

Source: https://itk.org/Wiki/MetaIO/Documentation
"""

from __future__ import annotations

from volio.formats.metaimage.header import MetaHeader
from volio.images.text_slab import TextPairImage, TextSlabImage

__all__ = ["MetaHeader", "MetaImage", "MetaPair"]


class MetaImage(TextSlabImage):
    """A MetaImage in one file, .mha; parameters as for `SlabImage`.

    New files are not compressed, so that slices are read without the rest;
    ``img.header["CompressedData"] = "True"`` makes `to_filename` compress.
    """

    header_class = MetaHeader
    files_types = (("image", ".mha"),)
    valid_exts = (".mha",)


class MetaPair(TextPairImage):
    """A MetaImage header, .mhd, and its voxels; parameters as for `SlabImage`."""

    header_class = MetaHeader
    header_aliases = (".mha",)
    files_types = (("header", ".mhd"), ("image", ".raw"))
    valid_exts = (".mhd", ".raw")
