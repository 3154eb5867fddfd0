"""Parsing GIFTI by hand: nibabel's ``gifti.util`` and ``gifti.parse_gifti_fast`` names."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.compat.nibabel.xmlutils import XmlParser
from volio.errors import HeaderDataError
from volio.formats.gifti.codes import array_index_order_codes, gifti_endian_codes
from volio.formats.gifti.data_array import GiftiDataArray
from volio.formats.gifti.data_block import DataBlock
from volio.formats.gifti.image import GiftiImage
from volio.formats.nifti1.codes import data_type_codes

__all__ = ["GiftiImageParser", "GiftiParseError", "read_data_block"]

GiftiParseError = HeaderDataError
"""What a text raises that is not GIFTI."""

KIND2FMT = {"i": "%d", "u": "%d", "f": "%10.6f", "c": "%10.6f", "V": ""}
"""How nibabel prints numbers by the kind of their dtype; volio writes every digit that counts."""


class GiftiImageParser(XmlParser):
    """Parses the text of a GIFTI file.

    Attributes
    ----------
    img : GiftiImage or None
        The image, once a text was parsed.
    """

    def __init__(
        self,
        encoding: str | None = None,
        buffer_size: int = 35_000_000,
        verbose: int = 0,
        mmap: bool | str = True,
    ) -> None:
        super().__init__(encoding, buffer_size, verbose)
        self.mmap = mmap
        self.img: GiftiImage | None = None

    def _parse_text(self, text: str | bytes) -> None:
        raw = text.encode() if isinstance(text, str) else text
        if isinstance(self.fname, str):
            self.img = GiftiImage.from_filename(self.fname)
        else:
            self.img = GiftiImage.from_bytes(raw)


GiftiImage.parser = GiftiImageParser  # where nilearn looks for it


def read_data_block(darray: GiftiDataArray, fname: Any, data: Any, mmap: Any) -> NDArray[Any]:
    """Return the values that the text of a ``Data`` element stands for.

    Parameters
    ----------
    darray : GiftiDataArray
        Says dtype, encoding, byte order and order of the axes; its `dims` are the shape.
    fname, mmap
        Not needed.
    data : str or bytes
        The text.
    """
    is_big = gifti_endian_codes.byteorder[darray.endian] == "big"
    dtype = np.dtype(data_type_codes.dtype[darray.datatype]).newbyteorder(">" if is_big else "<")
    text = data.encode() if isinstance(data, str) else bytes(data)
    order = str(array_index_order_codes.npcode[darray.ind_ord])
    block = DataBlock(text, darray.encoding, tuple(darray.dims), dtype, order, "Data")
    return block.values()
