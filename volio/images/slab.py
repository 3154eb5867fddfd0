"""SlabImage: a header, one block of voxels, perhaps a footer; in one file or two."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, BinaryIO, ClassVar, Self, cast

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from volio.arrays.dtypes import DType, native
from volio.arrays.lazy import LazyArray
from volio.arrays.proxy import ArrayProxy, ArraySpec
from volio.caller import warn_caller
from volio.errors import FileHolderError, GeometryWarning, HeaderDataError
from volio.files.filemap import FileHolder, FileMap, copy_file_map
from volio.files.opener import open_companion, open_for_write, open_source
from volio.files.saving.chunk_layout import announce
from volio.files.sources.source import ByteSource
from volio.images.chosen_dtype import dtype_or_word, set_dtype, settled_word
from volio.images.headers.error_context import errors_name
from volio.images.saving.scaling_history import NO_SCALING, for_all, scaling_of
from volio.images.spatial import SpatialImage, same_affine
from volio.space.affines import Affine, spans_space
from volio.space.rotations import affine_difference

if TYPE_CHECKING:
    from volio.arrays.saving.piecewise import VoxelWriter
    from volio.images.saving.outline import Outline
    from volio.images.saving.plan import SavePlan
    from volio.images.saving.target import SaveTarget

__all__ = ["SlabImage"]

Mmap = bool | str | None
NOWHERE = FileHolder()


class SlabImage(SpatialImage):
    """An image whose file is a header and one block of voxels.

    Parameters
    ----------
    dataobj, affine, header, extra, file_map
        As for `SpatialImage`.
    dtype : dtype-like, optional
        dtype of the voxels in the file (default: the header's, or the array's).
    """

    ImageArrayProxy: ClassVar[type[ArrayProxy]] = ArrayProxy
    #: Whether voxels are put into a codec anew whenever the image is saved: such files have no
    #: place for voxels that come later.
    packs_voxels: ClassVar[bool] = False
    #: Parts that are left out where the file map names no file for them.
    optional_parts: ClassVar[tuple[str, ...]] = ()
    #: Whether the voxels end the file; if False, trailing bytes are not an error.
    ends_with_voxels: ClassVar[bool] = True
    #: Bytes of a block: files of voxels are filled up with zeros to a whole number of blocks.
    block_bytes: ClassVar[int] = 1
    #: What the files keep of an affine, where that is not all; and what a user can do about it.
    kept_geometry: ClassVar[str] = ""
    geometry_hint: ClassVar[str] = ""
    #: Whether a flat affine, whose axes span no volume, is written as it is.
    writes_flat_affines: ClassVar[bool] = False

    def __init__(
        self,
        dataobj: Any,
        affine: ArrayLike | None,
        header: Any = None,
        extra: Mapping[str, Any] | None = None,
        file_map: Mapping[str, FileHolder] | None = None,
        dtype: DTypeLike | None = None,
    ) -> None:
        super().__init__(dataobj, affine, header, extra, file_map)
        self._dtype_wanted: str | None = None
        if dtype is not None:
            self.set_data_dtype(dtype)

    def set_data_dtype(self, dtype: DTypeLike) -> None:
        """Set the dtype of the voxels in the file.

        Parameters
        ----------
        dtype : dtype-like, 'exact', 'smallest', 'compat' or 'mask'
            Names leave the choice to the moment of saving, as for `volio.save`:
            'compat' takes a dtype that Analyze has too, int32 or float32 at most. 'mask' is
            uint8.

        Raises
        ------
        HeaderDataError
            If the format has no such dtype.
        """
        self._dtype_wanted = set_dtype(self._header, dtype)

    def get_data_dtype(self, finalize: bool = False) -> DType | str:  # type: ignore[override]
        """Return the dtype of the voxels in the file, or the word that leaves it open.

        Parameters
        ----------
        finalize : bool
            Choose the dtype now, as saving would, and keep to it.

        Raises
        ------
        SaveError
            If no dtype of the format holds the values.
        """
        if finalize:
            self._dtype_wanted = settled_word(self._header, self._dtype_wanted, self._plan)
        found: DType | str = dtype_or_word(self._header, self._dtype_wanted)
        return found

    def _plan(self, header: Any, request: DTypeLike | None = None) -> SavePlan:
        from volio.images.saving.plan import plan_save  # most programs only read

        wanted = self._dtype_wanted if request is None else request
        voxels = header.axis_map.stored(self._data_to_save())
        return plan_save(voxels, header, wanted, implied=header.dtype_is_implied)

    # Reading.

    @classmethod
    def from_file_map(
        cls,
        file_map: Mapping[str, FileHolder],
        *,
        mmap: Mmap = None,
        keep_file_open: bool | None = None,
    ) -> Self:
        """Load an image from its files; voxels are read when they are asked for.

        Parameters
        ----------
        file_map : mapping
            'image', and for formats with two files 'header', to `FileHolder`.
        mmap : {False, True, 'c', 'r'}, optional
            Map the voxels of an uncompressed file into memory: True or 'c' copies on write,
            'r' is read-only. The default is that of `volio.options`.
        keep_file_open : bool, optional
            Whether the file stays open after a read, as one of a few. The default
            is that of `volio.options`.

        Raises
        ------
        ImageFileError
            If a file is missing, damaged, or shorter than its header requires.
        HeaderError, SpaceError
            If the header is not valid; the message names the file.
        """
        if "image" not in file_map:
            raise FileHolderError(f"file_map: has no 'image', only {sorted(file_map)}")
        apart = len(cls.files_types) > 1 and "header" in file_map
        source = open_source(file_map["header" if apart else "image"])
        with errors_name(source):
            header = cls.header_class.from_source(source)
            voxels = cls._open_voxels(file_map["image"], source) if apart else source
            _check_loaded(header, voxels)
            stored = cls.voxels_of(header, voxels, mmap=mmap, keep_file_open=keep_file_open)
            if isinstance(stored, ArrayProxy):
                stored.file_like = file_map["image"].file_like
            data = header.axis_map.view(stored)
            files = copy_file_map(dict(file_map))
            img = cls(data, header.get_best_affine(), header, file_map=files)
        img._read_rest(voxels)
        source.forget_head()
        voxels.forget_head()
        return img

    @classmethod
    def _open_voxels(cls, holder: FileHolder, header: ByteSource) -> ByteSource:
        """Open the file of the voxels of a header that stands alone."""
        return open_companion(holder, header)

    @classmethod
    def voxels_of(cls, header: Any, source: ByteSource, **options: Any) -> LazyArray:
        """Return the voxels that a header describes, in the axis order of the file.

        Parameters
        ----------
        header : header
        source : ByteSource
        **options
            Of `ArrayProxy`.
        """
        shape = header.get_data_shape()
        dtype = header.get_data_dtype()
        spec = ArraySpec(shape, dtype, header.get_data_offset(), *header.get_slope_inter())
        return cls.ImageArrayProxy(source, spec, order=header.data_layout, **options)

    def _read_rest(self, source: ByteSource) -> None:
        """Read what follows the voxels; formats with a footer override this."""

    # Writing.

    def to_file_map(
        self,
        file_map: Mapping[str, FileHolder] | None = None,
        dtype: DTypeLike | None = None,
        compression: str | int | None = None,
    ) -> None:
        """Save the image to its files, replacing what is there in one step.

        Parameters
        ----------
        file_map : mapping, optional
            Files to write (default: those of the image).
        dtype : dtype-like, 'exact' or 'smallest', optional
            dtype of the voxels in the file. Default: the header's, where it holds the values;
            'exact' takes the smallest that keeps every value, 'smallest' the smallest that keeps
            them within a small tolerance.
        compression : {"fast", "balanced", "small"} or int, optional
            How hard to compress files whose names ask for it: a preset (default: "fast"), or a
            level of the codec.

        Raises
        ------
        SaveError, HeaderError
            If the format cannot hold the image; before anything is written.

        Warns
        -----
        PrecisionWarning
            If values had to be rounded; the message states the largest error.
        GeometryWarning
            If the files will not keep the affine, or other programs will not take it.
        """
        from volio.images.saving.target import SaveTarget  # most programs only read

        if not self.rw:
            super().to_file_map(file_map)  # refuses
        files: FileMap = dict(self.file_map if file_map is None else file_map)
        self._check_compression(compression)
        self.update_header()
        header = self._header_to_save()
        plan = self._plan(header, dtype)
        plan.apply_to(header)
        plan.warn()
        self._check_geometry(files)
        parts = self._parts(files)
        holders = [files[part] for part in parts]
        replaces_own = self._reads_from(files)
        with open_for_write(holders, compression, collect=replaces_own) as streams:
            opened = dict(zip(parts, streams, strict=True))
            self._write(SaveTarget(opened, files, compression), header, plan)
        if replaces_own:
            mmap = getattr(self._dataobj, "mmap", False)
            self._dataobj = type(self).from_file_map(files, mmap=mmap).dataobj

    def outlined(self) -> dict[str, Outline]:
        """Return what each file of the image holds around its voxels, which are a `Blank`.

        Raises
        ------
        VoxelsNeededError
            If the format encodes voxels itself, or has them in another order than the image.
        """
        from volio.images.saving.outline import Outline, VoxelsNeededError
        from volio.images.saving.plan import SavePlan
        from volio.images.saving.target import SaveTarget

        self.update_header()
        header = self._header_to_save()
        if self.packs_voxels or not header.axis_map.is_plain:
            raise VoxelsNeededError
        scaling = for_all(scaling_of(header)) or NO_SCALING
        dtype = native(header.get_data_dtype())
        slope, inter = scaling
        plan = SavePlan(self._dataobj, dtype, slope, inter, header.data_layout, raw=False)
        outlines = {part: Outline() for part in self._parts(self.file_map)}
        streams = cast("dict[str, BinaryIO]", outlines)
        self._write(SaveTarget(streams, self.file_map), header, plan)
        self._check_geometry(self.file_map)
        return outlines

    def voxels_by_pieces(
        self, files: FileMap, options: Mapping[str, Any], stack: ExitStack, scratch: Any
    ) -> VoxelWriter | None:
        """Open files for voxels that come in pieces, for formats that store them in chunks.

        Parameters
        ----------
        files : mapping
            To write.
        options : mapping
            Choices of the format for saving.
        stack : ExitStack
            Gets what completes the files, or removes them after an exception.
        scratch : callable
            Makes a scratch file.

        Returns
        -------
        VoxelWriter or None
            None where the files have one place for all voxels, as `outlined` says.
        """
        return None

    def _header_to_save(self) -> Any:
        """Return a copy of the header, for one save alone."""
        return self._header.copy()

    def _check_geometry(self, files: FileMap) -> None:
        """Refuse an affine that no reader could use, and warn of what the files do not keep."""
        if self._affine is not None and not self.writes_flat_affines and 0 not in self.shape:
            self._check_spans_space(self._affine)
        if lost := self._lost_geometry(files):
            warn_caller(f"{type(self).__name__}: {lost}", GeometryWarning)

    def _check_spans_space(self, affine: Affine) -> None:
        if not spans_space(affine):
            raise HeaderDataError(
                f"{type(self).__name__}: affine: its axes span no volume: {affine[:3].tolist()}; "
                "give each voxel axis a direction and a length of its own"
            )

    def _lost_geometry(self, file_map: Mapping[str, FileHolder]) -> str | None:
        """Return what the files will not keep of the affine, for a warning; None for nothing."""
        if self._affine is None or 0 in self.shape or self._keeps_affine(file_map):
            return None
        stored = self._header.get_best_affine()
        degrees, mm = affine_difference(self._affine, stored, self.shape)
        is_mirrored = np.linalg.det(self._affine) * np.linalg.det(stored) < 0
        change = "left and right swapped" if is_mirrored else f"rotated by {degrees:.4g} degrees"
        return (
            f"the files keep {self.kept_geometry} but not the rest of the affine: read back, "
            f"voxels are up to {mm:.4g} mm away, {change}; {self.geometry_hint}"
        )

    def _keeps_affine(self, file_map: Mapping[str, FileHolder]) -> bool:
        """Return whether the files keep the affine, up to the rounding of their header."""
        if not self.kept_geometry or self._affine is None:
            return True
        return same_affine(self._affine, self._header.get_best_affine())

    @classmethod
    def _parts(cls, files: FileMap) -> list[str]:
        """Return the parts in the order in which their files are replaced: the header last."""
        unnamed = [
            part for part in cls.optional_parts if files.get(part, NOWHERE).file_like is None
        ]
        parts = [part for part, _ in cls.files_types if part not in unnamed]
        return sorted(parts, key=lambda part: part == "header")

    @classmethod
    def _check_compression(cls, compression: str | int | None) -> None:
        """Refuse a compression that the format does not have."""

    def _write(self, target: SaveTarget, header: Any, plan: SavePlan) -> None:
        """Write each part to its open file; `header` is a copy, for this save alone."""
        streams = target.streams
        voxels = streams["image"]
        dtype = header.get_data_dtype()
        shape = plan.voxels.shape if plan.order == "F" else plan.voxels.shape[::-1]
        announce(voxels, header.get_data_offset(), dtype.itemsize, shape)
        if "header" in streams:
            header.write_to(streams["header"])
        else:
            header.write_to(voxels)
        voxels.write(b"\0" * (header.get_data_offset() - voxels.tell()))
        plan.write(voxels, dtype)
        self._write_rest(voxels)

    def _write_rest(self, stream: BinaryIO) -> None:
        """Write what follows the voxels; formats with a footer override this."""


def _check_loaded(header: Any, voxels: ByteSource) -> None:
    """Check a header that was read, where the file of its voxels is open."""
    if 0 in header.get_data_shape() and voxels.read_upto(header.get_data_offset(), 1):
        header.fill_zero_lengths()  # there are voxels all the same
    header.check_loaded()
