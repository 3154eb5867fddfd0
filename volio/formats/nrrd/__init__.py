"""NRRD volumes, with the header attached (.nrrd) or alone (.nhdr).

Source: https://teem.sourceforge.net/nrrd/format.html
"""

from __future__ import annotations

from volio.formats.nrrd.header import NrrdHeader
from volio.images.text_slab import TextSlabImage

__all__ = ["NrrdHeader", "NrrdImage", "NrrdPair"]


class NrrdImage(TextSlabImage):
    """An NRRD image in one file, .nrrd.

    New files are not compressed, so that slices are read without the rest;
    ``img.header["encoding"] = "gzip"`` makes `to_filename` compress.

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
    >>> img = volio.NrrdImage(np.arange(24, dtype=np.int16).reshape(2, 3, 4), np.diag([2, 2, 3, 1]))
    >>> volio.save(img, "scan.nrrd")
    >>> loaded = volio.load("scan.nrrd")
    >>> loaded.shape, loaded.header.get_zooms(), int(loaded.dataobj[1, 2, 3])
    ((2, 3, 4), (2.0, 2.0, 3.0), 23)
    """

    header_class = NrrdHeader
    files_types = (("image", ".nrrd"),)
    valid_exts = (".nrrd",)


class NrrdPair(TextSlabImage):
    """An NRRD header that stands alone, .nhdr, and its voxels.

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
    >>> img = volio.NrrdPair(np.arange(24, dtype=np.int16).reshape(2, 3, 4), np.diag([2, 2, 3, 1]))
    >>> volio.save(img, "scan.nhdr")
    >>> loaded = volio.load("scan.nhdr")
    >>> loaded.shape, loaded.header.get_zooms(), int(loaded.dataobj[1, 2, 3])
    ((2, 3, 4), (2.0, 2.0, 3.0), 23)
    """

    header_class = NrrdHeader
    header_part = "header"
    header_aliases = (".nrrd",)
    files_types = (("header", ".nhdr"), ("image", ".raw"))
    valid_exts = (".nhdr", ".raw")
