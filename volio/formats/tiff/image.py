"""TiffImage: an image in a TIFF file, read from its strips and tiles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import DTypeLike

from volio.arrays.dtypes import Array
from volio.arrays.lazy import LazyArray
from volio.arrays.views import lazy_slice
from volio.errors import FileHolderError
from volio.files.filemap import FileHolder, FileMap
from volio.files.names import split_compression
from volio.files.opener import open_for_write, open_source
from volio.formats.tiff.contents import Opener
from volio.formats.tiff.header import TiffHeader
from volio.formats.tiff.opened import OpenedTiff
from volio.formats.tiff.saving.choices import TiffChoices
from volio.formats.tiff.saving.plan import TiffPlan, in_page_order, is_imagej
from volio.images.headers.error_context import errors_name
from volio.images.multiscale import MultiscaleImage
from volio.images.saving.plan import SavePlan, plan_save
from volio.images.spatial import same_affine
from volio.space.affines import voxel_sizes
from volio.space.rotations import affine_difference

__all__ = ["TiffHeader", "TiffImage"]


class TiffImage(MultiscaleImage):
    """An image in a TIFF file: OME-TIFF, a hyperstack of ImageJ, tiled, pyramidal or plain.

    Axes are shown as x, y, z, t, c, then others, without those of length 1 after the last that the
    file has. The affine is in mm, along the axes of the microscope, not in RAS+; None where the
    file states no size. Pages without a name are slices along z; pixels of red, green and blue
    are records.

    Parameters
    ----------
    dataobj : array-like
        Voxels, axes (x, y, z, t, c, ...); an array or a lazy array.
    affine : (4, 4) array-like or None
        Voxel indices (voxel centres at integers) to mm; None for unknown.
    header : header, optional
        What else is known, of any class (default: a new one with the array's dtype).
    extra : mapping, optional
        Anything to keep with the image; not saved.
    file_map : mapping, optional
        Files of the image.
    dtype : dtype-like, optional
        dtype of the voxels in the file (default: the header's, or the array's).

    Examples
    --------
    >>> from volio.testing.samples import samples_of
    >>> img = volio.load(samples_of("tiff")[0].path)
    >>> img.shape, img.header.axes, img.header.channel_names
    ((45, 37, 3, 1, 2), ('x', 'y', 'z', 't', 'c'), ('DAPI', 'GFP'))
    >>> [level.shape[:2] for level in img.levels]
    [(45, 37), (23, 19)]
    """

    header_class = TiffHeader
    header: TiffHeader
    files_types = (("image", ".tif"),)
    valid_exts = (".tif", ".tiff", ".ome.tif", ".ome.tiff", ".tf8", ".btf", ".lsm")
    kept_geometry = "voxel sizes"
    geometry_hint = "OME-Zarr keeps it"

    @classmethod
    def from_file_map(
        cls,
        file_map: Mapping[str, FileHolder],
        *,
        series: int = 0,
        level: int = 0,
        axes: str | None = None,
        allow_external: bool = False,
        mmap: bool | str | None = None,
        keep_file_open: bool | None = None,
    ) -> Self:
        """Load an image from a file; voxels are read when they are asked for.

        Parameters
        ----------
        file_map : mapping
            'image' to the `FileHolder` of the file.
        series : int, optional
            Which of the images in the file, from 0 on.
        level : int, optional
            Of a pyramid, 0 for the finest.
        axes : str, optional
            Letters of the axes in the order of the file, as ``"TZCYX"``; S for the samples of a
            pixel (default: what the file says).
        allow_external : bool
            Read further files of OME-TIFF that are not in the folder of the file.
        mmap, keep_file_open : optional
            As for `ArrayProxy`, of voxels that are stored as one array.

        Raises
        ------
        ImageFileError
            If the file is damaged, or a file of the image is missing.
        HeaderError
            If its pages or documents make no sense.
        UsageError
            If there is no such image or level, or the axes do not fit.
        MissingPackageError
            If tifffile or imagecodecs is not installed.
        """
        if "image" not in file_map:
            raise FileHolderError(f"file_map: has no 'image', only {sorted(file_map)}")
        holder = file_map["image"]
        source = open_source(holder)
        with errors_name(source):
            opener = Opener(source, holder, allow_external=allow_external)
            contents = opener.open()
            options = {"mmap": mmap, "keep_file_open": keep_file_open}
            opened = OpenedTiff(contents, opener, series, axes, options)
            img = cls._of_level(opened, level, file_map)
        source.forget_head()
        return img

    # Writing.

    def to_file_map(
        self,
        file_map: Mapping[str, FileHolder] | None = None,
        dtype: DTypeLike | None = None,
        compression: str | int | None = None,
        *,
        imagej: bool | None = None,
        codec: str | None = None,
        tile: Sequence[int] | None = None,
        levels: int | str = "auto",
        labels: bool | None = None,
        bigtiff: bool | None = None,
    ) -> None:
        """Save the image as OME-TIFF with a pyramid, or for ImageJ, replacing the file in one step.

        The voxels are read once, from the first to the last, and a band of each level is in
        memory.

        Parameters
        ----------
        file_map : mapping, optional
            Files to write (default: those of the image).
        dtype : dtype-like, 'exact' or 'smallest', optional
            As for `SlabImage.to_file_map`.
        compression : {"fast", "balanced", "small"} or int, optional
            Of tiles: a preset (default: "fast"), or a level of the codec, 0 for none.
        imagej : bool, optional
            Write a hyperstack of ImageJ, which is not compressed: uint8, uint16, float32 or RGB.
            By default names that end in ``.tif`` but not in ``.ome.tif`` are, where the dtype is
            one of these and channels have no names.
        codec : {"deflate", "zstd", "lzw", "none"}, optional
            Of tiles (default: "deflate", which all programs read).
        tile : (int, int), optional
            Voxels of a tile along x and y, multiples of 16 (default: 256 each).
        levels : int or "auto"
            Resolutions at most; 1 writes no pyramid. "auto" halves x and y until a tile holds all.
        labels : bool, optional
            Whether values are labels: then coarser levels have the most frequent one, otherwise
            the mean (default: what the header says).
        bigtiff : bool, optional
            Write a BigTIFF (default: where the file may have 4 GiB).

        Raises
        ------
        SaveError, HeaderError
            If the format cannot hold the image; before anything is written.
        UsageError
            If a choice makes no sense.

        Warns
        -----
        PrecisionWarning
            If values had to be rounded; the message states the largest error.
        GeometryWarning
            If the affine is more than voxel sizes: position, directions, RAS+.
        """
        choices = TiffChoices(imagej, codec, tile, levels, labels, bigtiff, compression)
        choices.check()
        files = dict(self.file_map if file_map is None else file_map)
        plan = self._file_plan(files, dtype, choices)
        name = str(files["image"].filename or "")
        around = compression if split_compression(name)[1] else None
        replaces_own = self._reads_from(files)
        with open_for_write([files["image"]], around, collect=replaces_own) as (stream,):
            plan.write(stream)
        if replaces_own:
            loaded = type(self).from_file_map(files)
            self._dataobj = _with_axes(loaded.dataobj, self.ndim)
            self._opened = None

    def _file_plan(self, files: FileMap, dtype: DTypeLike | None, choices: TiffChoices) -> TiffPlan:
        """Decide how the image is stored, and warn of what is lost."""
        self.update_header()
        header = self._header.copy()
        voxels = self._plan(header, dtype)
        name = split_compression(str(files["image"].filename or ""))[0]
        imagej = is_imagej(choices, name, voxels.dtype, header)
        if imagej and header.get_data_shape()[4:] > (1,):
            voxels = self._plan(header, dtype, imagej=True)
        self._check_geometry(files)
        voxels.apply_to(header)
        plan = TiffPlan(header, voxels, choices, self._voxel_lengths(), imagej=imagej)
        voxels.warn()
        return plan

    def _plan(
        self, header: Any, request: DTypeLike | None = None, *, imagej: bool = False
    ) -> SavePlan:
        wanted = self._dtype_wanted if request is None else request
        voxels = in_page_order(self._data_to_save(), imagej=imagej)
        return plan_save(voxels, header, wanted, implied=header.dtype_is_implied)

    def _voxel_lengths(self) -> list[float]:
        """Return the sizes of a voxel along x, y and z, mm; none where there is no affine."""
        return [] if self._affine is None else voxel_sizes(self._affine).tolist()

    def _lost_geometry(self, file_map: Mapping[str, FileHolder]) -> str | None:
        """Return what the file will not keep of the affine: all but the sizes of voxels."""
        if self._affine is None:
            return None
        kept = np.diag([*self._voxel_lengths(), 1.0])
        if same_affine(self._affine, kept):
            return None
        degrees, mm = affine_difference(self._affine, kept, self.shape)
        return (
            f"the file keeps {self.kept_geometry} but not the rest of the affine: read back, "
            f"voxels are up to {mm:.4g} mm away, rotated by {degrees:.4g} degrees; "
            f"{self.geometry_hint}"
        )


def _with_axes(voxels: LazyArray | Array, ndim: int) -> LazyArray | Array:
    """Return voxels with `ndim` axes, of length 1 where some are added or taken away at the end."""
    if voxels.ndim < ndim:
        return lazy_slice(voxels, (..., *[None] * (ndim - voxels.ndim)))
    return lazy_slice(voxels, (..., *[0] * (voxels.ndim - ndim))) if voxels.ndim > ndim else voxels
