"""NRRD volumes, with the header attached (.nrrd) or alone (.nhdr).

Source: https://teem.sourceforge.net/nrrd/format.html
"""

from __future__ import annotations

from volio.formats.nrrd.header import NrrdHeader
from volio.images.text_slab import TextPairImage, TextSlabImage

__all__ = ["NrrdHeader", "NrrdImage", "NrrdPair"]


class NrrdImage(TextSlabImage):
    """An NRRD image in one file, .nrrd; parameters as for `SlabImage`.

    New files are not compressed, so that slices are read without the rest;
    ``img.header["encoding"] = "gzip"`` makes `to_filename` compress.
    """

    header_class = NrrdHeader
    files_types = (("image", ".nrrd"),)
    valid_exts = (".nrrd",)


class NrrdPair(TextPairImage):
    """An NRRD header that stands alone, .nhdr, and its voxels; parameters as for `SlabImage`."""

    header_class = NrrdHeader
    header_aliases = (".nrrd",)
    files_types = (("header", ".nhdr"), ("image", ".raw"))
    valid_exts = (".nhdr", ".raw")
