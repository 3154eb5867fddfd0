"""TiffImage: an image in a TIFF file, read from its strips and tiles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from volio.arrays.array_spec import ArraySpec
from volio.arrays.chunked import ChunkedArray
from volio.arrays.dtypes import RGB, RGBA, DType
from volio.arrays.lazy import LazyArray
from volio.arrays.proxy import ArrayProxy
from volio.errors import FileHolderError, UsageError
from volio.files.filemap import FileHolder
from volio.files.opener import open_source
from volio.formats.tiff.contents import Contents, Opener
from volio.formats.tiff.raw_pages import RawPages
from volio.formats.tiff.series import Series
from volio.formats.tiff.voxels import TiffChunks
from volio.images.headers.error_context import errors_name
from volio.images.microscopy import MicroscopyFacts, MicroscopyHeader
from volio.images.multiscale import MultiscaleImage, OpenedLevels
from volio.images.named_axes import FileAxis, axes_of_letters

__all__ = ["TiffHeader", "TiffImage"]


class TiffHeader(MicroscopyHeader):
    """The header of an image in a TIFF file: axes, unit, channels, shape, dtype and affine.

    Parameters
    ----------
    facts : MicroscopyFacts, optional
        What the file says (default: axes x, y, z of an image in RAS+).

    Examples
    --------
    >>> header = volio.TiffHeader()
    >>> header.axes, header.unit
    (('x', 'y', 'z'), '')
    """

    @classmethod
    def supported_dtypes(cls) -> list[DType]:
        """Return the dtypes that voxels can have."""
        return [*super().supported_dtypes(), RGB, RGBA]


class TiffImage(MultiscaleImage):
    """An image in a TIFF file: OME-TIFF, a hyperstack of ImageJ, tiled, pyramidal or plain.

    Axes are shown as x, y, z, t, c, then others, without those of length 1 after the last that the
    file has. The affine is in mm, along the axes of the microscope; None where the file states no
    size. Pages without a name are slices along z; pixels of red, green and blue are records.

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
    makeable = False
    rw = False

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
