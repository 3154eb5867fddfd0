"""OpenedTiff: one of the images of a file, its arrays and where their voxels are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.arrays.array_spec import ArraySpec
from volio.arrays.chunked import ChunkedArray
from volio.arrays.lazy import LazyArray
from volio.arrays.proxy import ArrayProxy
from volio.errors import UsageError
from volio.formats.tiff.axes import axes_by_user, axes_of_series, level_factors
from volio.formats.tiff.chunks import TiffChunks
from volio.formats.tiff.contents import Contents, Opener
from volio.formats.tiff.raw_pages import RawPages
from volio.formats.tiff.series import Series
from volio.images.microscopy import MicroscopyFacts
from volio.images.multiscale import OpenedLevels
from volio.images.named_axes import length_in_mm

__all__ = ["OpenedTiff"]


class OpenedTiff(OpenedLevels):
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
        if number not in range(count):
            raise UsageError(f"series: {source.name} has images 0 to {count - 1}, got {number!r}")
        self._source = source
        self._opener = opener
        self._number = number
        self._found: Series | None = contents.series[number]
        self._options = options
        series = self._series
        axes = axes_of_series(series) if letters is None else axes_by_user(letters, series)
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
        """Return the array of a level: one in the file, pages, or chunks."""
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
        """Return voxel indices of a level to positions; see `OpenedLevels.matrix`.

        A size that the file does not state counts as 1 of its unit; None where it states none.
        """
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

    def world(self, level: int) -> tuple[NDArray[np.float64] | None, bool]:
        """Return the affine of a level; a file of one slice may state how thick it is."""
        affine, anatomical = super().world(level)
        scale = self._series.scale
        if affine is not None and self.shown.axes[2] is None and "Z" in scale.sizes:
            affine[2, 2] = scale.sizes["Z"] * length_in_mm(scale.unit)
        return affine, anatomical

    def facts(self, *, anatomical: bool) -> MicroscopyFacts:
        """Return axes, channels, and what else the file says."""
        series = self._series
        return MicroscopyFacts(
            self.shown.names,
            self.file_axes,
            series.channels,
            "",
            anatomical,
            {"kind": series.kind, "name": series.name, **(series.metadata or {})},
        )
