"""TiffImage: an image in a TIFF file, read from its strips and tiles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO, Self

import numpy as np
from numpy.typing import DTypeLike, NDArray

from volio.arrays.array_spec import ArraySpec
from volio.arrays.chunked import ChunkedArray
from volio.arrays.dtypes import Array
from volio.arrays.lazy import LazyArray
from volio.arrays.proxy import ArrayProxy
from volio.arrays.views import lazy_slice
from volio.errors import FileHolderError, UsageError
from volio.files.filemap import FileHolder
from volio.files.names import split_compression
from volio.files.opener import open_for_write, open_source
from volio.formats.tiff.contents import Contents, Opener
from volio.formats.tiff.header import TiffHeader
from volio.formats.tiff.raw_pages import RawPages
from volio.formats.tiff.saving.choices import TiffChoices
from volio.formats.tiff.saving.plan import TiffPlan, in_page_order, is_imagej
from volio.formats.tiff.series import Series
from volio.formats.tiff.voxels import TiffChunks
from volio.images.headers.error_context import errors_name
from volio.images.microscopy import MicroscopyFacts
from volio.images.multiscale import MultiscaleImage, OpenedLevels
from volio.images.named_axes import FileAxis, axes_of_letters
from volio.images.saving.outline import VoxelsNeededError
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
            opened = _OpenedTiff(contents, opener, series, axes, options)
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
        holder = files["image"]
        self.update_header()
        header = self._header.copy()
        voxels = self._plan(header, dtype)
        name = str(holder.filename or "")
        for_imagej = is_imagej(choices, split_compression(name)[0], voxels.dtype, header)
        if for_imagej and header.get_data_shape()[4:] > (1,):
            voxels = self._plan(header, dtype, imagej=True)
        self._check_geometry(files)
        voxels.apply_to(header)
        plan = TiffPlan(header, voxels, choices, self._voxel_lengths(), imagej=for_imagej)
        voxels.warn()
        around = compression if split_compression(name)[1] else None
        replaces_own = self._reads_from(files)
        with open_for_write([holder], around, collect=replaces_own) as (stream,):
            plan.write(stream)
        if replaces_own:
            loaded = type(self).from_file_map(files)
            self._dataobj = _with_axes(loaded.dataobj, self.ndim)
            self._opened = None

    def _plan(
        self, header: Any, request: DTypeLike | None = None, *, imagej: bool = False
    ) -> SavePlan:
        wanted = self._dtype_wanted if request is None else request
        voxels = in_page_order(self._voxels_to_save(), imagej=imagej)
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

    def _write(self, streams: Mapping[str, BinaryIO], header: Any, plan: SavePlan) -> None:
        raise VoxelsNeededError  # tiles are encoded: there is no place for voxels to come


def _with_axes(voxels: LazyArray, ndim: int) -> LazyArray | Array:
    """Return voxels with `ndim` axes, of length 1 where some are added or taken away at the end."""
    if voxels.ndim < ndim:
        return lazy_slice(voxels, (..., *[None] * (ndim - voxels.ndim)))
    return lazy_slice(voxels, (..., *[0] * (voxels.ndim - ndim))) if voxels.ndim > ndim else voxels


class _OpenedTiff(OpenedLevels):
    """One of the images of a file.

    Parameters
    ----------
    contents : Contents
    opener : Opener
    number : int
        Of the image.
    letters : str or None
        Of the axes, as the user names them.
    options : mapping
        Of `ArrayProxy`.
    """

    def __init__(
        self,
        contents: Contents,
        opener: Opener,
        number: int,
        letters: str | None,
        options: Mapping[str, Any],
    ) -> None:
        source = contents.source
        count = len(contents.series)
        if not 0 <= number < count:
            raise UsageError(f"series: {source.name} has images 0 to {count - 1}, got {number}")
        self._source = source
        self._opener = opener
        self._number = number
        self._found: Series | None = contents.series[number]
        self._options = options
        axes = _named(self._series) if letters is None else _by_user(letters, self._series)
        super().__init__(source.name, axes, len(self._series.levels))

    @property
    def _series(self) -> Series:
        """The image, opened anew after pickling."""
        if self._found is None:
            self._found = self._opener.contents().series[self._number]
        return self._found

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_found": None}

    def stored(self, level: int) -> LazyArray:
        found = self._series.levels[level]
        voxels = found.voxels
        if found.start is not None:
            dtype = voxels.dtype.newbyteorder(voxels.byteorder)
            spec = ArraySpec(voxels.shape, dtype, found.start)
            return ArrayProxy(self._source, spec, order="C", **self._options)
        chunks = TiffChunks(self._source, self._opener, self._number, level, voxels)
        fill = np.zeros((), voxels.dtype) if voxels.dtype.names else voxels.keyframe.nodata
        chunked = ChunkedArray(voxels.shape, voxels.dtype, voxels.chunks, chunks, fill=fill)
        has_rows = voxels.grid.is_raw and voxels.grid.chunk[0] == 1
        return RawPages(chunked) if has_rows else chunked

    def matrix(self, level: int) -> NDArray[np.float64] | None:
        scale = self._series.scale
        if not any(axis in scale.sizes for axis in "XYZ") and self.count == 1:
            return None
        finest = self._series.levels[0].voxels.shape
        factors = level_factors(finest, self._series.levels[level].voxels.shape)
        sizes = [scale.sizes.get(axis.name.upper(), 1.0) for axis in self.file_axes]
        matrix = np.diag([*[f * size for f, size in zip(factors, sizes, strict=True)], 1.0])
        for axis, factor in enumerate(factors):
            # The centre of the first voxel is between those that it stands for.
            matrix[axis, -1] = (factor - 1) / 2 * sizes[axis]
        return matrix

    def facts(self, *, anatomical: bool) -> MicroscopyFacts:
        series = self._series
        return MicroscopyFacts(
            self.shown.names,
            self.file_axes,
            series.channels,
            "",
            anatomical,
            {"kind": series.kind, "name": series.name, **(series.metadata or {})},
        )


def level_factors(finest: Sequence[int], coarser: Sequence[int]) -> list[float]:
    """Return by what each axis of a level is coarser, which files do not state.

    Lengths are rounded, up or down: the factor of the longest axis is that of all axes that it
    fits.

    Parameters
    ----------
    finest, coarser : sequence of int
        Shapes.
    """
    longest = max(range(len(finest)), key=lambda axis: finest[axis], default=0)
    shared = round(finest[longest] / coarser[longest]) if finest else 1
    factors = []
    for whole, part in zip(finest, coarser, strict=True):
        if whole == part:
            factors.append(1.0)
            continue
        own = round(whole / part)
        fitting = [by for by in (shared, own) if part in (-(-whole // by), max(1, whole // by))]
        factors.append(float(fitting[0]) if fitting else whole / part)
    return factors


def _by_user(given: str, series: Series) -> tuple[FileAxis, ...]:
    """Return axes that a user has named; samples are channels where nothing else is.

    Raises
    ------
    UsageError
        If there are neither as many as arrays have axes, nor as many as the file has.
    """
    letters = given.upper()
    own = series.letters
    if len(letters) == len(series.all_axes) != len(own):
        pairs = zip(series.places, own, strict=True)
        letters = "".join([usual if at is None else letters[at] for at, usual in pairs])
    if len(letters) != len(own):
        raise UsageError(f"axes: must be {len(own)} letters, for {own!r}, got {given!r}")
    words = letters if "C" in letters else letters.replace("S", "C")
    return tuple([_with_unit(axis, series) for axis in axes_of_letters(words, len(own))])


def _named(series: Series) -> tuple[FileAxis, ...]:
    """Return axes by their letters in a file.

    Pages that the file does not name are slices, and samples that are no colour are channels, where
    it has no others.
    """
    letters = series.letters
    kinds = {"T": "time", "C": "channel", "Z": "space", "Y": "space", "X": "space"}
    if "C" not in letters:
        kinds["S"] = "channel"
    slices = -1 if "Z" in letters else max(letters.rfind("I"), letters.rfind("Q"))
    axes: list[FileAxis] = []
    for place, letter in enumerate(letters):
        kind = "space" if place == slices else kinds.get(letter, "")
        repeats = letters[:place].count(letter)
        name = f"{letter}{repeats + 1}" if repeats else letter
        axes.append(_with_unit(FileAxis(name.lower(), kind), series))
    return tuple(axes)


def _with_unit(axis: FileAxis, series: Series) -> FileAxis:
    units = {"space": series.scale.unit, "time": series.scale.time_unit}
    return axis._replace(unit=units.get(axis.kind, ""))
