"""AFNI images: a .HEAD file of text, and the voxels in a .BRIK file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

import numpy as np
from numpy.typing import DTypeLike, NDArray

from volio.arrays.proxy import ArrayProxy
from volio.files.filemap import FileHolder, FileMap
from volio.files.names import COMPRESSED_ENDINGS, split_compression
from volio.files.source import ByteSource
from volio.formats.afni.head import read_head
from volio.formats.afni.header import AFNIHeader
from volio.images.slab import SlabImage
from volio.images.storing import Storing

__all__ = ["AFNIArrayProxy", "AFNIImage"]

VIEW = re.compile(r"\+(orig|acpc|tlrc)\.?(?=$|\.(?:HEAD|BRIK))", re.IGNORECASE)


class AFNIArrayProxy(ArrayProxy):
    """The voxels of a .BRIK file; parameters are those of `ArrayProxy`."""

    @property
    def scaling(self) -> NDArray[np.float64] | None:
        """The factor of each volume, shape (volumes,); None where nothing is scaled."""
        return np.atleast_1d(self.slope) if self.is_scaled else None


class AFNIImage(SlabImage):
    """An AFNI data set, .HEAD and .BRIK (the latter compressed or not).

    Parameters are those of `SlabImage`.
    """

    header_class: ClassVar[type[AFNIHeader]] = AFNIHeader
    files_types = (("header", ".HEAD"), ("image", ".BRIK"))
    valid_exts = (".HEAD", ".BRIK")
    ImageArrayProxy = AFNIArrayProxy
    header: AFNIHeader

    @classmethod
    def filespec_to_file_map(cls, filespec: Any) -> FileMap:
        """Return the file map from the name of either file, or from a name that ends in a view.

        The header is not compressed where that is not asked for by a file that is there; the
        voxels are looked for under each compression.
        """
        name = str(filespec)
        if re.search(r"\+(orig|acpc|tlrc)\.?$", name, re.IGNORECASE):
            name = f"{name.removesuffix('.')}.HEAD"
        file_map = super().filespec_to_file_map(name)
        header = str(file_map["header"].filename)
        plain = split_compression(header)[0]
        if header != plain and (Path(plain).exists() or not Path(header).exists()):
            file_map["header"] = FileHolder(filename=plain)
        file_map["image"] = FileHolder(filename=_there(str(file_map["image"].filename)))
        return file_map

    @classmethod
    def _header_at(cls, source: ByteSource) -> AFNIHeader:
        return cls.header_class(read_head(source))

    def to_file_map(
        self,
        file_map: Mapping[str, FileHolder] | None = None,
        dtype: DTypeLike | None = None,
        compression: str | int | None = None,
    ) -> None:
        """Save the image; see `SlabImage`. A view in the file's name becomes the header's."""
        files = dict(self.file_map if file_map is None else file_map)
        found = VIEW.search(str(files["header"].filename)) if "header" in files else None
        if found and found[1].lower() != self.header.view:
            self.header.view = found[1].lower()
        super().to_file_map(files, dtype=dtype, compression=compression)

    def _write(self, streams: Mapping[str, BinaryIO], header: Any, storing: Storing) -> None:
        if not storing.raw:
            header.attributes.pop("BRICK_STATS", None)  # of other values
        super()._write(streams, header, storing)


def _there(name: str) -> str:
    """Return a name, or that of the file that is there with another compression."""
    plain = split_compression(name)[0]
    names = [name, plain, *(plain + ending for ending in COMPRESSED_ENDINGS)]
    return next((each for each in names if Path(each).exists()), name)
