"""MGH images."""

from __future__ import annotations

from typing import BinaryIO, ClassVar

from volio.formats.mgh.header import MGHHeader
from volio.images.slab import SlabImage

__all__ = ["MGHImage"]


class MGHImage(SlabImage):
    """An MGH image, .mgh or (in gzip) .mgz.

    Parameters are those of `SlabImage`.
    """

    header_class: ClassVar[type[MGHHeader]] = MGHHeader
    files_types = (("image", ".mgh"),)
    valid_exts = (".mgh", ".mgz")
    ends_with_voxels = False

    def _write_rest(self, stream: BinaryIO) -> None:
        self._header.write_footer_to(stream)
