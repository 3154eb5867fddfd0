"""MRtrix volumes, in one file (.mif) or with their voxels next to the header (.mih).

Source: https://mrtrix.readthedocs.io/en/latest/getting_started/image_data.html
"""

from __future__ import annotations

from volio.formats.mif.header import MifHeader
from volio.images.text_slab import TextSlabImage

__all__ = ["MifHeader", "MifImage", "MifPair"]


class MifImage(TextSlabImage):
    """An MRtrix image in one file, .mif.

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
    >>> img = volio.MifImage(np.arange(24, dtype=np.int16).reshape(2, 3, 4), np.diag([2, 2, 3, 1]))
    >>> volio.save(img, "scan.mif")
    >>> loaded = volio.load("scan.mif")
    >>> loaded.shape, loaded.header.get_zooms(), int(loaded.dataobj[1, 2, 3])
    ((2, 3, 4), (2.0, 2.0, 3.0), 23)
    """

    header_class = MifHeader
    files_types = (("image", ".mif"),)
    valid_exts = (".mif",)


class MifPair(TextSlabImage):
    """An MRtrix header, .mih, and its voxels, .dat.

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
    >>> img = volio.MifPair(np.arange(24, dtype=np.int16).reshape(2, 3, 4), np.diag([2, 2, 3, 1]))
    >>> volio.save(img, "scan.mih")
    >>> loaded = volio.load("scan.mih")
    >>> loaded.shape, loaded.header.get_zooms(), int(loaded.dataobj[1, 2, 3])
    ((2, 3, 4), (2.0, 2.0, 3.0), 23)
    """

    header_class = MifHeader
    header_part = "header"
    header_aliases = (".mif",)
    files_types = (("header", ".mih"), ("image", ".dat"))
    valid_exts = (".mih", ".dat")
