"""NIfTI-1 images: one file, or a pair of .hdr and .img."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.arrays.lazy import LazyArray
from volio.files.filemap import FileHolder
from volio.files.sources.source import ByteSource
from volio.flags import as_flag
from volio.formats.nifti1.header import Nifti1Header, Nifti1PairHeader
from volio.formats.nifti1.voxel_start import place_voxels
from volio.images.file_image import FilesTypes
from volio.images.headers.shape_checks import first_axes
from volio.images.slab import SlabImage
from volio.space.affines import voxel_sizes
from volio.space.rotations import is_sheared

__all__ = ["Nifti1Image", "Nifti1Pair"]

Affine = NDArray[np.float64]


class Nifti1Pair(SlabImage):
    """A NIfTI-1 image in two files, .hdr and .img.

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
    >>> img = volio.Nifti1Pair(np.zeros((2, 3, 4), np.int16), np.eye(4))
    >>> volio.save(img, "scan.img")
    >>> volio.load("scan.hdr").shape
    (2, 3, 4)
    """

    counts_as = ("AnalyzeImage",)
    header_class: ClassVar[type[Nifti1Header]] = Nifti1PairHeader
    files_types: ClassVar[FilesTypes] = (("header", ".hdr"), ("image", ".img"))
    writes_flat_affines = True
    header: Nifti1Header

    @classmethod
    def voxels_of(cls, header: Nifti1Header, source: ByteSource, **options: Any) -> LazyArray:
        """Return the voxels that a header describes; see `SlabImage.voxels_of`."""
        place_voxels(header, source)
        return super().voxels_of(header, source, **options)

    @overload
    def get_qform(self, coded: Literal[False] = False) -> Affine: ...
    @overload
    def get_qform(self, coded: Literal[True]) -> tuple[Affine | None, int]: ...
    def get_qform(self, coded: bool = False) -> Affine | tuple[Affine | None, int]:
        """Return the header's qform affine (and with `coded` its code)."""
        return (
            self.header.get_qform(coded=True)
            if as_flag("coded", coded)
            else self.header.get_qform()
        )

    @overload
    def get_sform(self, coded: Literal[False] = False) -> Affine: ...
    @overload
    def get_sform(self, coded: Literal[True]) -> tuple[Affine | None, int]: ...
    def get_sform(self, coded: bool = False) -> Affine | tuple[Affine | None, int]:
        """Return the header's sform affine (and with `coded` its code)."""
        return (
            self.header.get_sform(coded=True)
            if as_flag("coded", coded)
            else self.header.get_sform()
        )

    def set_qform(
        self,
        affine: ArrayLike | None,
        code: int | str | None = None,
        strip_shears: bool = True,
        *,
        update_affine: bool = True,
    ) -> None:
        """Set the header's qform, and the image's affine to what then counts.

        Parameters
        ----------
        affine : (4, 4) array-like or None
            Voxels to RAS+ mm.
        code : int or str, optional
            Space it leads to.
        strip_shears : bool
            Store the nearest rotation of an affine with shears; False refuses such an affine.
        update_affine : bool
            Set the affine of the image too.
        """
        as_flag("update_affine", update_affine)
        self.header.set_qform(affine, code, strip_shears)
        if update_affine:
            self._take_header_affine()

    def set_sform(
        self, affine: ArrayLike | None, code: int | str | None = None, *, update_affine: bool = True
    ) -> None:
        """Set the header's sform, and the image's affine to what then counts.

        Parameters
        ----------
        affine : (4, 4) array-like or None
            Voxels to RAS+ mm.
        code : int or str, optional
            Space it leads to.
        update_affine : bool
            Set the affine of the image too.
        """
        as_flag("update_affine", update_affine)
        self.header.set_sform(affine, code)
        if update_affine:
            self._take_header_affine()

    def _take_header_affine(self) -> None:
        affine = self.header.get_best_affine()
        if self._affine is None:
            self._affine = affine
        else:
            self._affine[:] = affine

    def _lost_geometry(self, file_map: Mapping[str, FileHolder]) -> str | None:
        if self._affine is None:
            return None
        dtype = self.header["srow_x"].dtype
        mm = _rounding(self._affine, dtype, self.shape)
        if 2 * mm > voxel_sizes(self._affine).min():
            return (
                f"as {dtype.name} the affine is rounded: read back, voxels are up to {mm:.3g} mm "
                "away, more than half of a voxel; NIfTI-2 and OME-Zarr keep it"
            )
        if not is_sheared(self._affine):
            return None
        return (
            "the axes of the affine are not square to each other: the sform keeps it, a qform "
            "cannot, and programs based on ITK refuse it; volio.resample_to_output squares it"
        )

    def update_header(self) -> None:
        """Bring shape, voxel sizes, affine and kind of file in the header up to the image's."""
        self.header["magic"] = self.header.own_magic()
        super().update_header()


def _rounding(affine: Affine, dtype: np.dtype[Any], shape: Sequence[int]) -> float:
    """Return how far voxels can be moved where an affine is stored as numbers of a dtype, in mm."""
    error = np.abs(affine.astype(dtype) - affine)[:3]
    return float(np.linalg.norm(error @ (*first_axes(shape), 1)))


class Nifti1Image(Nifti1Pair):
    """A NIfTI-1 image in one file, .nii.

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
    >>> affine = np.diag([2.0, 2.0, 3.0, 1.0])
    >>> img = volio.Nifti1Image(np.arange(24, dtype=np.int16).reshape(2, 3, 4), affine)
    >>> img.header.set_xyzt_units("mm", "sec")
    >>> volio.save(img, "scan.nii.gz")
    >>> loaded = volio.load("scan.nii.gz")
    >>> loaded.header.get_zooms(), int(loaded.dataobj[1, 2, 3])
    ((2.0, 2.0, 3.0), 23)
    """

    header_class = Nifti1Header
    files_types = (("image", ".nii"),)
