"""Voxels on their way into tiles: bands of rows of one plane, at every resolution."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from volio.arrays.dtypes import Array, DType
from volio.arrays.saving.pyramid import LevelPlan, halved
from volio.arrays.saving.slab_stream import RowGroups, SlabStream
from volio.extras import need
from volio.files.codecs.table import codec_named
from volio.files.codecs.zstd_writer import zstd_frame
from volio.formats.tiff.saving.directories import TiffFileWriter
from volio.threads import in_parallel

__all__ = ["CODES", "LevelTiles", "TilePlan", "level_tiles", "plane_stream"]

#: Compression tags by the names of codecs.
CODES = {"none": 1, "lzw": 5, "deflate": 8, "zstd": 50000}


class TilePlan(NamedTuple):
    """How planes are stored.

    Attributes
    ----------
    dtype : numpy.dtype
        Of a sample, little-endian.
    samples : int
        Of a pixel.
    tile : (int, int)
        Rows and columns.
    codec : str
        One of `CODES`.
    level : int
        Of the codec.
    labels : bool
        Coarser levels have the most frequent value, not the mean.
    """

    dtype: DType
    samples: int
    tile: tuple[int, int]
    codec: str
    level: int
    labels: bool

    @property
    def predicts(self) -> bool:
        """Whether differences of neighbours are stored: they compress better, of integers."""
        return self.codec != "none" and self.dtype.kind in "iu"

    def encode(self, tile: Array) -> bytes:
        """Return the bytes of a tile, (rows, columns, samples)."""
        stored = np.ascontiguousarray(tile)
        if self.predicts:
            numbers = stored.view(f"<u{self.dtype.itemsize}")  # differences wrap
            stored = numbers.copy()
            stored[:, 1:] -= numbers[:, :-1]
        if self.codec == "none":
            return stored.tobytes()
        if self.codec == "lzw":
            return bytes(need("imagecodecs", "tiff").lzw_encode(stored.tobytes()))
        if self.codec == "zstd":
            return zstd_frame(stored.data.cast("B"), self.level)
        name = "zlib" if self.codec == "deflate" else self.codec
        compressor = codec_named(name).compressor(self.level)
        return bytes(compressor.compress(stored.data.cast("B"))) + bytes(compressor.flush())


class LevelTiles:
    """Takes rows of planes of one resolution, writes tiles, and makes the rows of the next one.

    Parameters
    ----------
    writer : TiffFileWriter
    plan : TilePlan
    level : LevelPlan
    coarser : LevelTiles or None
        Of the next resolution.

    Attributes
    ----------
    tables : list of (list of int, list of int)
        Offsets and sizes of the tiles of each plane.
    """

    def __init__(
        self, writer: TiffFileWriter, plan: TilePlan, level: LevelPlan, coarser: LevelTiles | None
    ) -> None:
        self._writer = writer
        self._plan = plan
        self._coarser = coarser
        _, self._rows, self._columns = level.shape
        _, self._row_step, self._column_step = level.step
        self.tables: list[tuple[list[int], list[int]]] = []
        self._bands = RowGroups(plan.tile[0])
        self._pairs = RowGroups(1 if coarser is None else coarser._row_step)
        self._left = 0  # rows of the plane that are to come

    def add(self, rows: Array) -> None:
        """Take rows, (rows, columns, samples), in order."""
        if not self._left:
            self._left = self._rows
            self.tables.append(([], []))
        self._left -= len(rows)
        is_last = not self._left
        height = self._plan.tile[0]
        complete = self._bands.add(rows, is_last=is_last)
        for start in range(0, len(complete), height):
            self._write_band(complete[start : start + height])
        if self._coarser is not None:
            self._hand_on(self._coarser, rows, is_last=is_last)

    def _hand_on(self, coarser: LevelTiles, rows: Array, *, is_last: bool) -> None:
        # Pairs of rows are joined; the last one of a plane may stand alone.
        joined = self._pairs.add(rows, is_last=is_last)
        if len(joined):
            factors = (coarser._row_step, coarser._column_step, 1)
            coarser.add(halved(joined, factors, labels=self._plan.labels))

    def _write_band(self, band: Array) -> None:
        """Write a row of tiles."""
        count = -(-self._columns // self._plan.tile[1])
        encoded: list[bytes] = [b""] * count
        in_parallel(partial(self._encode, band, encoded), range(count))
        offsets, sizes = self.tables[-1]
        for data in encoded:
            offsets.append(self._writer.append(data))
            sizes.append(len(data))

    def _encode(self, band: Array, encoded: list[bytes], number: int) -> None:
        height, width = self._plan.tile
        part = band[:, number * width : (number + 1) * width]
        if part.shape[:2] != (height, width):  # tiles at the end are as large as the others
            full = np.zeros((height, width, part.shape[2]), part.dtype)
            full[: part.shape[0], : part.shape[1]] = part
            part = full
        encoded[number] = self._plan.encode(np.ascontiguousarray(part))


def level_tiles(
    writer: TiffFileWriter, plan: TilePlan, levels: Sequence[LevelPlan]
) -> list[LevelTiles]:
    """Return what writes each resolution, the finest first; that takes the rows of all."""
    made: list[LevelTiles] = []
    for level in reversed(levels):
        made.insert(0, LevelTiles(writer, plan, level, made[0] if made else None))
    return made


def plane_stream(finest: LevelTiles, plan: TilePlan, level: LevelPlan) -> SlabStream[int]:
    """Return a stream that takes the bytes of planes in C order, and cuts them into tiles.

    Rows are kept until a row of tiles is complete: one band per resolution.

    Parameters
    ----------
    finest : LevelTiles
    plan : TilePlan
    level : LevelPlan
        The finest.
    """
    return SlabStream(_bands(plan, level), plan.dtype, lambda _, rows: finest.add(rows))


def _bands(plan: TilePlan, level: LevelPlan) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Go through the rows of tiles of one plane after the other: the first row, and the shape."""
    _, rows, columns = level.shape
    height = plan.tile[0]
    while True:
        for start in range(0, rows, height):
            yield start, (min(height, rows - start), columns, plan.samples)
