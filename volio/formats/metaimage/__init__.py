"""MetaImage volumes, in one file (.mha) or with their voxels next to the header (.mhd).

Source: https://itk.org/Wiki/MetaIO/Documentation
"""

from __future__ import annotations

from volio.formats.metaimage.header import MetaHeader
from volio.images.text_slab import TextSlabImage

__all__ = ["MetaHeader", "MetaImage", "MetaPair"]


class MetaImage(TextSlabImage):
    """A MetaImage in one file, .mha.

    New files are not compressed, so that slices are read without the rest;
    ``img.header["CompressedData"] = "True"`` makes `to_filename` compress.

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
    >>> img = volio.MetaImage(np.arange(24, dtype=np.int16).reshape(2, 3, 4), np.diag([2, 2, 3, 1]))
    >>> volio.save(img, "scan.mha")
    >>> loaded = volio.load("scan.mha")
    >>> loaded.shape, loaded.header.get_zooms(), int(loaded.dataobj[1, 2, 3])
    ((2, 3, 4), (2.0, 2.0, 3.0), 23)
    """

    header_class = MetaHeader
    files_types = (("image", ".mha"),)
    valid_exts = (".mha",)


class MetaPair(TextSlabImage):
    """A MetaImage header, .mhd, and its voxels.

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
    >>> img = volio.MetaPair(np.arange(24, dtype=np.int16).reshape(2, 3, 4), np.diag([2, 2, 3, 1]))
    >>> volio.save(img, "scan.mhd")
    >>> loaded = volio.load("scan.mhd")
    >>> loaded.shape, loaded.header.get_zooms(), int(loaded.dataobj[1, 2, 3])
    ((2, 3, 4), (2.0, 2.0, 3.0), 23)
    """

    header_class = MetaHeader
    header_part = "header"
    header_aliases = (".mha",)
    files_types = (("header", ".mhd"), ("image", ".raw"))
    valid_exts = (".mhd", ".raw")
