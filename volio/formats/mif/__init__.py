"""MRtrix volumes, in one file (.mif) or with their voxels next to the header (.mih).

Source: https://mrtrix.readthedocs.io/en/latest/getting_started/image_data.html
"""

from __future__ import annotations

from volio.formats.mif.header import MifHeader
from volio.images.text_slab import TextPairImage, TextSlabImage

__all__ = ["MifHeader", "MifImage", "MifPair"]


class MifImage(TextSlabImage):
    """An MRtrix image in one file, .mif; parameters as for `SlabImage`."""

    header_class = MifHeader
    files_types = (("image", ".mif"),)
    valid_exts = (".mif",)


class MifPair(TextPairImage):
    """An MRtrix header, .mih, and its voxels, .dat; parameters as for `SlabImage`."""

    header_class = MifHeader
    header_aliases = (".mif",)
    files_types = (("header", ".mih"), ("image", ".dat"))
    valid_exts = (".mih", ".dat")
