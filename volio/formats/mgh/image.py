"""MGH images."""

from __future__ import annotations

from typing import BinaryIO

from volio.formats.mgh.header import MGHHeader
from volio.images.slab import SlabImage

__all__ = ["MGHImage"]


class MGHImage(SlabImage):
    """An MGH image, .mgh or (in gzip) .mgz.

    Parameters
    ----------
    dataobj : array-like
        Voxels, axes (i, j, k, ...); an array or a lazy array.
    affine : (4, 4) array-like or None
        Voxel indices (voxel centres at integers) to scanner RAS+ mm; None for unknown.
    header : header, optional
        What else is known, of any class (default: a new one with the array's dtype).
    extra : mapping, optional
        Anything to keep with the image; not saved.
    file_map : mapping, optional
        Files of the image.
    dtype : dtype-like, optional
        dtype of the voxels in the file (default: the header's, or the array's).

    Raises
    ------
    AffineError
        If the affine is not 4x4 and finite.
    HeaderDataError
        If the format cannot hold the shape or the dtype.

    Examples
    --------
    >>> img = volio.MGHImage(np.arange(24, dtype=np.int16).reshape(2, 3, 4), np.diag([2, 2, 3, 1]))
    >>> volio.save(img, "scan.mgz")
    >>> loaded = volio.load("scan.mgz")
    >>> loaded.shape, loaded.header.get_zooms(), int(loaded.dataobj[1, 2, 3])
    ((2, 3, 4), (2.0, 2.0, 3.0), 23)
    """

    header_class = MGHHeader
    files_types = (("image", ".mgh"),)
    valid_exts = (".mgh", ".mgz")
    writes_flat_affines = True  # surface values have voxel sizes of 0 in files of FreeSurfer
    ends_with_voxels = False

    def _write_rest(self, stream: BinaryIO) -> None:
        self._header.write_footer_to(stream)
