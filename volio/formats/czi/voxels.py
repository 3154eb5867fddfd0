"""CziArray: the pixels of a scene as a lazy array, drawn from the tiles that touch a box."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from volio.arrays.dtypes import Array
from volio.arrays.indexing.request import Box
from volio.arrays.indexing.runs import BLOCK, StorageLayout, part_of
from volio.arrays.lazy import LazyArray
from volio.cached import cached_property
from volio.files.sources.reader import SHARE
from volio.files.sources.source import ByteSource
from volio.files.sources.store import Store
from volio.formats.czi.drawing import BoxDrawing
from volio.formats.czi.file import CziFile
from volio.formats.czi.mosaic import Mosaic
from volio.settings import options
from volio.threads import in_parallel

__all__ = ["CziArray"]

RAW_BLOCK = 16 * BLOCK  # bytes of rows of raw tiles that are best read at once


class CziArray(LazyArray):
    """The pixels of a scene at one resolution, read from the tiles that touch what is asked for.

    Made by `CziReader.array`. Where tiles overlap the one with the highest M counts; what no tile
    covers is 0. It pickles as the file that it reads from.

    Parameters
    ----------
    file : CziFile
    scene : int or None
        None for all scenes, in one plane.
    level : int
        0 for the finest.
    colours_apart : bool
        Whether samples of colours are channels of their own.
    """

    order = "C"

    def __init__(self, file: CziFile, scene: int | None, level: int, colours_apart: bool) -> None:
        self._file = file
        self._scene = scene
        self._level = level
        extents = file.scene(scene).extents
        self.samples = file.scene(scene).samples(colours_apart)
        channels = self.samples.channels
        self.has_channels = "C" in extents.letters or len(channels) > 1
        others = [
            length
            for letter, length in zip(extents.letters, extents.lengths, strict=True)
            if letter != "C"
        ]
        middle = [len(channels)] if self.has_channels else []
        self.shape = (*others, *middle, self.mosaic.height, self.mosaic.width)
        self.dtype = self.samples.dtype

    @property
    def axes(self) -> str:
        """Letters of the axes: of T, Z, B, H, V, R, I, C those there are, then Y and X."""
        letters = self._file.scene(self._scene).extents.letters.replace("C", "")
        return letters + ("C" if self.has_channels else "") + "YX"

    @property
    def mosaic(self) -> Mosaic:
        """Its tiles."""
        return self._file.scene(self._scene).levels[self._level]

    @property
    def source(self) -> ByteSource:
        """The file."""
        return self._file.source

    @property
    def sources(self) -> tuple[ByteSource | Store, ...]:
        """The file."""
        return (self.source,)

    @cached_property
    def layout(self) -> StorageLayout:
        """The order of storage; see `LazyArray.layout`."""
        return super().layout

    @cached_property
    def chunks(self) -> tuple[int, ...]:
        """The plane of a common tile; some rows of one whose rows can be read alone."""
        width, height = np.median(self.mosaic.table.stored, axis=0).astype(int).tolist()
        if self.mosaic.is_raw:
            height = min(height, max(1, RAW_BLOCK // (width * self.dtype.itemsize)))
        ones = [1] * (self.ndim - 2)
        return (*ones, min(height, self.shape[-2]), min(width, self.shape[-1]))

    def check(self) -> None:
        """Raise an error if the file has changed, or was closed."""
        self._file.check_open()
        self.source.open().close()

    def fill(self, out: Array, box: Box) -> None:
        """Fill `out` with a box of values; see `LazyArray.fill`.

        Raises
        ------
        CorruptFileError, TruncatedFileError
            If a subblock that is needed is damaged; the message has its place in the file.
        ImageFileError, MissingPackageError
            If its compression is not known, or needs a package.
        """
        if 0 in out.shape:
            return
        if not self.has_channels:
            out = part_of(out, [None, slice(None), slice(None)])
            box = (*box[:-2], (0, 1), *box[-2:])
        bands = self._bands(out, box)
        if len(bands) == 1:  # without waking other threads
            self._draw(bands[0])
        else:
            in_parallel(self._draw, bands)

    def _draw(self, band: tuple[Array, Box]) -> None:
        out, box = band
        BoxDrawing(self._file, self.mosaic, self.samples, out, box).run()

    def _bands(self, out: Array, box: Box) -> list[tuple[Array, Box]]:
        """Cut rows into as many bands as there are threads, where each reads rows of its own.

        Tiles that are decoded as a whole are decoded on threads anyhow.
        """
        (top, bottom), columns = box[-2:]
        count = min(options.threads, bottom - top)
        if count < 2 or out.nbytes < 2 * SHARE or not self.mosaic.is_raw:
            return [(out, box)]
        cuts = np.linspace(0, bottom - top, count + 1).astype(int).tolist()
        return [
            (out[..., start:stop, :], (*box[:-2], (top + start, top + stop), columns))
            for start, stop in pairwise(cuts)
        ]

    def __dask_tokenize__(self) -> tuple[str, Any]:
        """Return what dask makes names of."""
        which = (self._scene, self._level, self.shape, str(self.dtype))
        return type(self).__qualname__, (self._file.identity, which)

    def __repr__(self) -> str:
        facts = f"axes={self.axes!r}, shape={self.shape}, dtype={self.dtype}"
        return f"{type(self).__name__}({self.source.name!r}, {facts})"
