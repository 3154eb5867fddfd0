"""Voxels on their way into tiles: bands of rows of one plane, at every resolution."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from math import prod
from typing import Any, NamedTuple

import numpy as np

from volio.arrays.dtypes import Array, DType
from volio.arrays.saving.pyramid import LevelPlan, halved
from volio.files.codecs.table import codec_named
from volio.formats.tiff.saving.directories import TiffFileWriter
from volio.threads import in_parallel

__all__ = ["CODES", "LevelTiles", "PlaneStream", "TilePlan"]

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
            from imagecodecs import lzw_encode

            return bytes(lzw_encode(stored.tobytes()))
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
        self._pending: list[Array] = []  # rows that do not make a row of tiles yet
        self._carry: list[Array] = []  # a row that waits for the one it is joined with
        self._left = 0  # rows of the plane that are to come

    def add(self, rows: Array) -> None:
        """Take rows, (rows, columns, samples), in order."""
        if not self._left:
            self._left = self._rows
            self.tables.append(([], []))
        self._left -= len(rows)
        is_last = not self._left
        height = self._plan.tile[0]
        self._pending.append(rows)
        while sum(map(len, self._pending)) >= height or (is_last and self._pending):
            band = np.concatenate(self._pending) if len(self._pending) > 1 else self._pending[0]
            self._pending = [band[height:]] if len(band) > height else []
            self._write_band(band[:height])
        if self._coarser is not None:
            self._hand_on(self._coarser, rows, is_last=is_last)

    def _hand_on(self, coarser: LevelTiles, rows: Array, *, is_last: bool) -> None:
        joined = np.concatenate([*self._carry, rows]) if self._carry else rows
        step = coarser._row_step
        # Pairs of rows are joined; the last one of a plane may stand alone.
        ready = len(joined) if is_last else len(joined) - len(joined) % step
        self._carry = [joined[ready:].copy()] if ready < len(joined) else []
        if ready:
            factors = (step, coarser._column_step, 1)
            coarser.add(halved(joined[:ready], factors, labels=self._plan.labels))

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


class PlaneStream:
    """A stream that takes the bytes of planes in C order, and cuts them into tiles.

    Rows are kept until a row of tiles is complete: one band per resolution.

    Parameters
    ----------
    writer : TiffFileWriter
    plan : TilePlan
    levels : sequence of LevelPlan
        The finest first.

    Attributes
    ----------
    levels : list of LevelTiles
    """

    def __init__(self, writer: TiffFileWriter, plan: TilePlan, levels: Sequence[LevelPlan]) -> None:
        self.levels: list[LevelTiles] = []
        coarser = None
        for level in reversed(levels):
            coarser = LevelTiles(writer, plan, level, coarser)
            self.levels.insert(0, coarser)
        _, rows, columns = levels[0].shape
        self._plan = plan
        self._row = (columns, plan.samples)
        self._rows = rows
        self._left = 0  # rows of the plane that are to come
        self._band = np.empty(0, np.uint8)
        self._filled = 0  # bytes of the band

    def write(self, data: Any) -> int:
        """Take bytes; return how many."""
        view = memoryview(data).cast("B")
        todo = np.frombuffer(view, np.uint8)
        while todo.size:
            if not self._band.size:
                self._begin_band()
            count = min(todo.size, self._band.size - self._filled)
            self._band[self._filled : self._filled + count] = todo[:count]
            self._filled += count
            todo = todo[count:]
            if self._filled == self._band.size:
                rows = self._band.view(self._plan.dtype).reshape(-1, *self._row)
                self._left -= len(rows)
                self._band = np.empty(0, np.uint8)
                self.levels[0].add(rows)
        return view.nbytes

    def _begin_band(self) -> None:
        self._left = self._left or self._rows
        rows = min(self._plan.tile[0], self._left)
        self._band = np.empty(rows * prod(self._row) * self._plan.dtype.itemsize, np.uint8)
        self._filled = 0
