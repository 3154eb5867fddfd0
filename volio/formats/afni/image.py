"""AFNI images: a .HEAD file of text, and the voxels in a .BRIK file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import DTypeLike

from volio.arrays.dtypes import Floats, native
from volio.arrays.lazy import LazyArray
from volio.arrays.proxy import ArrayProxy
from volio.arrays.saving.writing import copy_raw
from volio.arrays.volumes import VolumesArray
from volio.errors import ImageFileError
from volio.files.filemap import FileHolder, FileMap
from volio.files.names import compressed_names, is_there, split_compression
from volio.files.saving.chunk_layout import announce
from volio.files.sources.source import ByteSource
from volio.formats.afni.header import AFNIHeader
from volio.images.file_image import Filename
from volio.images.saving.plan import SavePlan
from volio.images.saving.target import SaveTarget
from volio.images.slab import SlabImage

__all__ = ["AFNIArrayProxy", "AFNIImage"]

COMPRESS = b"\x1f\x9d"
VIEW = re.compile(r"\+(orig|acpc|tlrc)\.?(?=$|\.(?:HEAD|BRIK))", re.IGNORECASE)


def _scaling(voxels: Any) -> Floats | None:
    """Return the factor of each volume, shape (volumes,); None where nothing is scaled."""
    return np.atleast_1d(voxels.slope) if voxels.is_scaled else None


class AFNIArrayProxy(ArrayProxy):
    """The voxels of a .BRIK file; parameters are those of `ArrayProxy`."""

    scaling = property(_scaling)


class AFNIMixedArray(VolumesArray):
    """The voxels of a .BRIK file whose volumes are of several types; see `VolumesArray`."""

    scaling = property(_scaling)


class AFNIImage(SlabImage):
    """An AFNI data set, .HEAD and .BRIK (the latter compressed or not).

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
    >>> img = volio.AFNIImage(np.arange(24, dtype=np.int16).reshape(2, 3, 4), np.diag([2, 2, 3, 1]))
    >>> volio.save(img, "scan+orig.HEAD")
    >>> loaded = volio.load("scan+orig.HEAD")
    >>> loaded.shape, loaded.header.get_zooms()
    ((2, 3, 4, 1), (2.0, 2.0, 3.0, 0.0))
    """

    header_class = AFNIHeader
    files_types = (("header", ".HEAD"), ("image", ".BRIK"))
    valid_exts = (".HEAD", ".BRIK")
    ImageArrayProxy = AFNIArrayProxy
    header: AFNIHeader

    @classmethod
    def filespec_to_file_map(cls, filespec: Filename) -> FileMap:
        """Return the file map from the name of either file, or from a name that ends in a view.

        The header is not compressed where that is not asked for by a file that is there; the
        voxels are looked for under each compression.
        """
        name = str(filespec)
        if re.search(r"\+(orig|acpc|tlrc)\.?$", name, re.IGNORECASE):
            name = f"{name.removesuffix('.')}.HEAD"
        if name.endswith(".BRIK.Z"):
            name = name.removesuffix(".Z")
        file_map = super().filespec_to_file_map(name)
        header = str(file_map["header"].filename)
        plain = split_compression(header)[0]
        if header != plain and (is_there(plain) or not is_there(header)):
            file_map["header"] = FileHolder(filename=plain)
        file_map["image"] = FileHolder(filename=_there(str(file_map["image"].filename)))
        return file_map

    @classmethod
    def _open_voxels(cls, holder: FileHolder, header: ByteSource) -> ByteSource:
        source = super()._open_voxels(holder, header)
        if source.name.endswith(".Z") and source.head().startswith(COMPRESS):
            raise ImageFileError(
                f"{source.name}: is compressed in the way of 'compress', which volio does not "
                "read; 'gunzip' decompresses it"
            )
        return source

    @classmethod
    def voxels_of(cls, header: Any, source: ByteSource, **options: Any) -> LazyArray:
        """Return the voxels that a header describes, of several dtypes too; see `SlabImage`."""
        dtypes = header.volume_dtypes
        if not header.is_mixed:
            return super().voxels_of(header, source, **options)
        keep = options.get("keep_file_open")
        return AFNIMixedArray(source, header.shape, dtypes, header.get_data_scaling(), keep)

    def _plan(self, header: Any, request: DTypeLike | None = None) -> SavePlan:
        found = super()._plan(header, request)
        if header.is_mixed and not _is_kept(found.voxels, header):
            header.set_data_dtype(found.dtype)  # one type for all volumes
        return found

    def _write(self, target: SaveTarget, header: Any, plan: SavePlan) -> None:
        _take_view(header, target.files)
        if _is_kept(plan.voxels, header):
            _write_mixed(target.streams, header, plan.voxels)
            return
        if not plan.raw:
            header.attributes.pop("BRICK_STATS", None)  # of other values
        super()._write(target, header, plan)


def _take_view(header: AFNIHeader, files: FileMap) -> None:
    """Let the view of a header be that in the name of its file."""
    found = VIEW.search(str(files["header"].filename)) if "header" in files else None
    if found and found[1].lower() != header.view:
        header.view = found[1].lower()


def _is_kept(voxels: Any, header: AFNIHeader) -> bool:
    """Return whether voxels are those of a file as they are stored, volumes of several types."""
    if not isinstance(voxels, VolumesArray) or voxels.is_scaled:
        return False
    return [native(dtype) for dtype in voxels.dtypes] == [*map(native, header.volume_dtypes)]


def _write_mixed(streams: Mapping[str, BinaryIO], header: AFNIHeader, voxels: VolumesArray) -> None:
    """Copy the stored bytes of volumes of several types."""
    dtypes = header.volume_dtypes
    sizes = (*voxels.shape[:-1], sum(dtype.itemsize for dtype in dtypes))
    announce(streams["image"], 0, 1, sizes)
    header.write_to(streams["header"])
    for run in voxels.runs:
        copy_raw(run.proxy, streams["image"], dtypes[run.start])


def _there(name: str) -> str:
    """Return a name, or that of the file that is there with another compression."""
    names = [*compressed_names(name), f"{split_compression(name)[0]}.Z"]
    return next((each for each in names if is_there(each)), name)
