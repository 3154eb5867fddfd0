"""OmeZarrImage: a multiscale of OME-Zarr, or an array of Zarr alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import DTypeLike

from volio.arrays.chunked import ChunkedArray
from volio.arrays.dtypes import is_colour, native
from volio.arrays.encodings.colours import samples_of
from volio.arrays.lazy import LazyArray
from volio.arrays.saving.piecewise import VoxelWriter
from volio.arrays.views import lazy_slice
from volio.caller import warn_caller
from volio.errors import GeometryWarning, SaveError, SourceChangedError, UsageError
from volio.files.filemap import FileHolder, FileMap
from volio.files.opener import open_for_write
from volio.files.remote.addresses import is_address, is_url
from volio.files.saving.folder import replaced_folder
from volio.files.stores import open_store
from volio.formats.containers.image_stores import image_store
from volio.formats.zarr.header import OmeZarrHeader
from volio.formats.zarr.metadata import read_node
from volio.formats.zarr.nifti_header import nifti_with_scaling, scaling_of_nifti
from volio.formats.zarr.opened import OpenedZarr
from volio.formats.zarr.saving.array_writer import ArrayWriter
from volio.formats.zarr.saving.blocks import write_coarser
from volio.formats.zarr.saving.choices import Choices
from volio.formats.zarr.saving.pieces import KeyedVoxels
from volio.formats.zarr.saving.plan import MultiscalePlan
from volio.formats.zarr.saving.targets import FolderTarget, FsspecTarget, ZipTarget
from volio.formats.zarr.search import MARKS, find_image
from volio.formats.zarr.voxels import zarr_array
from volio.images.multiscale import MultiscaleImage
from volio.images.saving.axis_order import in_file_order
from volio.images.saving.plan import SavePlan, plan_save

__all__ = ["OmeZarrImage"]


class OmeZarrImage(MultiscaleImage):
    """An image in a Zarr store: a multiscale of OME-Zarr 0.1 to 0.6, or an array alone.

    Axes are shown as x, y, z, t, c, then others; the affine is in mm. It leads to RAS+ where the
    file names anatomical directions, and to the axes of the microscope otherwise
    (``img.header.anatomical``).

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
    >>> img = volio.OmeZarrImage(np.zeros((4, 3, 2), np.uint8), np.diag([0.1, 0.1, 0.3, 1]))
    >>> img.to_filename("brain.ome.zarr")
    >>> loaded = volio.load("brain.ome.zarr")
    >>> loaded.shape, loaded.header.axes, loaded.header.get_zooms()
    ((4, 3, 2), ('x', 'y', 'z'), (0.1, 0.1, 0.3))
    """

    header_class = OmeZarrHeader
    header: OmeZarrHeader
    files_types = (("image", ".ozx"),)
    valid_exts = (".ozx", ".ome.zarr", ".zarr", ".zarr.zip")

    @classmethod
    def from_file_map(
        cls,
        file_map: Mapping[str, FileHolder],
        *,
        path: str = "",
        level: int = 0,
        axes: str | None = None,
        allow_external: bool = False,
        mmap: bool | str | None = None,
        keep_file_open: bool | None = None,
    ) -> Self:
        """Load an image from its folder or zip file; voxels are read when they are asked for.

        Parameters
        ----------
        file_map : mapping
            'image' to the `FileHolder` of the folder or zip file.
        path : str, optional
            Of a group or an array in it (default: the first multiscale, or the only array).
        level : int, optional
            Of a multiscale, 0 for the finest.
        axes : str, optional
            Letters of the axes of an array that does not name them, in the order of the file:
            ``"TCZYX"``. By default the last one is x.
        allow_external : bool
            Take names in documents that lead out of the folder, too.
        mmap, keep_file_open : optional
            Of no use here: chunks are decoded.

        Raises
        ------
        ImageFileError
            If there is no image, or several; the message lists them.
        HeaderError
            If the documents make no sense.
        UsageError
            If there is no such level, or the axes do not fit.
        """
        store = image_store(file_map, MARKS, allow_external=allow_external)
        opened = OpenedZarr(store, find_image(store, path), axes)
        return cls._of_level(opened, level, file_map)

    @classmethod
    def _of_level(cls, opened: Any, level: int, file_map: Any) -> Self:
        img = super()._of_level(opened, level, file_map)
        if opened.nifti is not None:
            img.header.nifti = opened.nifti.copy()
            img.header.keeps_scaling = scaling_of_nifti(opened.nifti) is not None
        return img

    # Writing.

    def to_file_map(
        self,
        file_map: Mapping[str, FileHolder] | None = None,
        dtype: DTypeLike | None = None,
        compression: str | int | None = None,
        *,
        version: str = "0.5",
        chunks: Sequence[int] | None = None,
        shards: Sequence[int] | None = None,
        levels: int | str = "auto",
        labels: bool | None = None,
    ) -> None:
        """Save the image with a pyramid of coarser levels, replacing what is there in one step.

        The voxels are read once. A slab of each level is in memory: the planes that a chunk or
        shard has a part of. Where these take more than 512 MiB, images of which any part can be
        read at will are gone through in blocks of whole chunks instead; a compressed file that is
        read forward is not. A name that ends in ``.zarr`` is a folder, others are zip files. At an
        address (``s3://…``) an old folder is removed first, and the document that makes an image
        of the arrays is written last.

        Parameters
        ----------
        file_map : mapping, optional
            Files to write (default: those of the image).
        dtype : dtype-like, 'exact' or 'smallest', optional
            As for `SlabImage.to_file_map`.
        compression : {"fast", "balanced", "small"} or int, optional
            Of chunks: a preset (default: "fast"), or a level of zstd, 0 for none.
        version : {"0.5", "0.4", "0.6"}
            Of OME-Zarr; 0.4 is version 2 of Zarr, with blosc. 0.6 holds any affine. Earlier ones
            hold those that run along the axes; a NIfTI header next to the levels, as NIfTI-Zarr
            has it, holds others, and is written for names that end in ``.nii.zarr``.
        chunks : (int, int, int), optional
            Voxels of a chunk along x, y, z (default: 64 each; planes of 512 x 512 where voxels are
            more than four times as long along z).
        shards : (int, int, int), optional
            Voxels of a file along x, y, z, a multiple of the chunks (default: those of a chunk, or
            of 8 chunks along each axis where there would be more than 10,000 files; of fewer along
            z where that many planes take more than 512 MiB of memory).
        levels : int or "auto"
            Resolutions at most; 1 writes no pyramid. "auto" halves until a chunk holds all. 0
            writes an array of Zarr alone, which says nothing of positions.
        labels : bool, optional
            Whether values are labels: then coarser levels have the most frequent one, otherwise
            the mean (default: what the header says).

        Raises
        ------
        SaveError, HeaderError
            If the format cannot hold the image; before anything is written.
        UsageError
            If a choice makes no sense.
        ImageFileError
            If the target is a folder that is not of Zarr.

        Warns
        -----
        PrecisionWarning
            If values had to be rounded; the message states the largest error.
        GeometryWarning
            If there is an affine that an array alone does not keep.
        """
        choices = Choices(version, chunks, shards, levels, labels, compression)
        choices.check()
        files = dict(self.file_map if file_map is None else file_map)
        self.update_header()
        self._check_geometry(files)
        header = self._header.copy()
        as_nifti = header.keeps_scaling or _is_nifti(files["image"])
        voxels = self._plan(header, dtype, as_nifti=as_nifti)
        voxels.apply_to(header)
        plan = self._multiscale_plan(files, header, _stored(voxels), choices)
        voxels.warn()
        self._write_plan(plan, files, compression)
        self._take_new_voxels(files)

    def _write_plan(
        self, plan: MultiscalePlan, files: FileMap, compression: str | int | None
    ) -> None:
        """Write a folder, at an address or on disk, or a zip file."""
        holder = files["image"]
        if _is_address(holder):
            if self._reads_from(files):
                raise UsageError(
                    f"{holder.filename}: the image is read from there; save it elsewhere"
                )
            with FsspecTarget.replacing(str(holder.filename), MARKS) as bucket:
                plan.write(bucket)
        elif _is_folder(holder):
            with replaced_folder(Path(str(holder.filename)), MARKS) as folder:
                plan.write(FolderTarget(folder))
        else:
            collect = self._reads_from(files)
            with (
                open_for_write([holder], compression, collect=collect) as (stream,),
                ZipTarget(stream) as target,
            ):
                plan.write(target)

    @classmethod
    def writes_to(cls, address: str) -> bool:
        """Return whether images can be saved at an address: folders, where fsspec can write."""
        return not is_url(address) and address.lower().endswith(".zarr")

    def voxels_by_pieces(
        self, files: FileMap, options: Mapping[str, Any], stack: ExitStack, scratch: Any
    ) -> VoxelWriter | None:
        """Open a folder for chunks that are written one by one; see `SlabImage`."""
        holder = files["image"]
        has_colours = is_colour(self._header.get_data_dtype())
        if has_colours or not _is_folder(holder) or _is_address(holder):
            return None
        choices = Choices(**options)
        choices.check()
        self.update_header()
        self._check_geometry(files)
        header = self._header.copy()
        blank = in_file_order(self._dataobj)
        voxels = SavePlan(blank, native(header.get_data_dtype()), 1.0, 0.0, "C", raw=False)
        plan = self._multiscale_plan(files, header, voxels, choices)
        folder = stack.enter_context(replaced_folder(Path(str(holder.filename)), MARKS))
        return _open_pieces(plan, folder, self.shape, stack, scratch)

    def _multiscale_plan(
        self, files: FileMap, header: Any, voxels: SavePlan, choices: Choices
    ) -> MultiscalePlan:
        named_nifti = _is_nifti(files["image"])
        affine = header.get_best_affine()
        is_placed = self._affine is not None and not np.array_equal(affine, np.eye(4))
        if choices.levels == 0 and is_placed:
            name = files["image"].filename
            warn_caller(f"{name}: an array of Zarr alone keeps no affine", GeometryWarning)
        return MultiscalePlan(header, affine, voxels, choices, nifti=named_nifti)

    def _plan(
        self, header: Any, request: DTypeLike | None = None, *, as_nifti: bool = False
    ) -> SavePlan:
        wanted = self._dtype_wanted if request is None else request
        voxels = self._data_to_save()
        if not is_colour(voxels.dtype):
            voxels = in_file_order(voxels)
        fields = header
        if as_nifti and header.nifti is not None and not is_colour(voxels.dtype):
            fields = nifti_with_scaling(header)
        plan = plan_save(voxels, fields, wanted, implied=header.dtype_is_implied)
        return plan._replace(order=header.data_layout)

    def _take_new_voxels(self, files: FileMap) -> None:
        """Read from the new files where the voxels were in those that they have replaced."""
        if not isinstance(self._dataobj, LazyArray):
            return
        try:
            self._dataobj.check()
        except SourceChangedError:
            self._dataobj = type(self).from_file_map(files).dataobj
            self._opened = None


def _open_pieces(
    plan: MultiscalePlan, folder: Path, shape: tuple[int, ...], stack: ExitStack, scratch: Any
) -> KeyedVoxels:
    """Open the finest level for pieces; the others are written when the stack is closed."""
    target = FolderTarget(folder)
    writer = ArrayWriter(target, plan.array, plan.levels[0].shape, plan.array.path(0))
    pieces = KeyedVoxels(target, writer, shape, scratch)

    def complete(kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            pieces.finish()
            finest = _written_level(folder, plan.array.path(0))
            write_coarser(target, plan.array, plan.levels, finest)
            plan.write_documents(target)

    stack.push(complete)
    return pieces


def _stored(plan: SavePlan) -> SavePlan:
    """Return a plan for the samples of colours, as channels; any other plan as it is.

    Raises
    ------
    SaveError
        If there are more axes than OME-Zarr has.
    """
    voxels = plan.voxels
    if not is_colour(plan.dtype):
        return plan
    if voxels.ndim > 4:
        raise SaveError(
            f"shape: colours take the axis of channels, and at most 4 others fit OME-Zarr, "
            f"got {voxels.shape}"
        )
    samples = samples_of(lazy_slice(voxels, (..., *[None] * (4 - voxels.ndim))))
    return plan._replace(voxels=in_file_order(samples), dtype=samples.dtype)


def _written_level(folder: Path, path: str) -> ChunkedArray:
    """Return the finest level of a folder that is being written."""
    store = open_store(str(folder))
    node = read_node(store, path)
    assert node is not None
    return zarr_array(store, node)


def _is_address(holder: FileHolder) -> bool:
    return holder.fileobj is None and is_address(holder.filename)


def _is_nifti(holder: FileHolder) -> bool:
    """Return whether a name stands for NIfTI-Zarr, which has slope and intercept."""
    return str(holder.filename).lower().removesuffix(".zip").endswith(".nii.zarr")


def _is_folder(holder: FileHolder) -> bool:
    name = "" if holder.filename is None else str(holder.filename)
    return holder.fileobj is None and name.lower().endswith(".zarr")
