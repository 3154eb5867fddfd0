"""The lines of a .trk file, block by block."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.files.sources.source import ByteSource
from volio.formats.trk.header import HEADER, TrkHeader
from volio.space.points import move_points
from volio.surfaces.vertex_data import distinct_name
from volio.tracts.gatherer import Gatherer
from volio.tracts.lines import Column, LineLayout, Lines
from volio.tracts.records.blocks import RecordBlocks
from volio.tracts.records.cutting import take_records
from volio.tracts.sources import BLOCK, FileLines, LineSource

__all__ = ["TrkLines"]

FLOAT = np.dtype(np.float32)
WORD = 4
Words = NDArray[np.uint32]

#: Names, and the columns of each.
Places = dict[str, slice]


class TrkLines(FileLines):
    """The lines of a .trk file.

    Parameters
    ----------
    source : ByteSource
    header : TrkHeader
        Of the file.
    affine : array of float64, shape (4, 4), optional
        From coordinates of the file to those of the points; None leaves them as they are.
    permissive : bool
        Take the lines before the end of a file that is not complete.
    """

    def __init__(
        self,
        source: ByteSource,
        header: TrkHeader,
        affine: NDArray[np.float64] | None,
        permissive: bool = False,
    ) -> None:
        super().__init__(source)
        self.header = header
        self.affine = affine
        self.permissive = permissive
        self._columns = 3 + int(header["n_scalars"])
        self._extra = int(header["n_properties"])
        # 0 is what programs write that do not count lines.
        self._count = int(header["n_count"]) or None
        self._records = RecordBlocks(
            source,
            HEADER.itemsize,
            self._count,
            header.endianness,
            self._columns,
            self._extra,
            "n_count",
            permissive,
        )
        self._scalars = _places(header, "scalar_name", 3)
        self._properties = _places(header, "property_name", 0)
        self.layout = LineLayout(FLOAT, _declared(self._scalars), _declared(self._properties))

    def blocks(self, points: int = BLOCK) -> Iterator[Lines]:
        """Go through the lines, in order."""
        for words, records in self._records.cut(points):
            rows, values = take_records(words, records, self._columns, self._extra)
            # Points without values next to them are moved where they are.
            is_free = self._columns == 3
            room = rows.view(FLOAT) if is_free else np.empty((len(rows), 3), FLOAT)
            yield self._lines(rows, records.counts, values, room)

    def read(self) -> Lines:
        """Return all lines; points go to their place at once."""
        gathered = Gatherer(self.layout, self.most_points())
        for words, records in self._records.cut(BLOCK):
            rows, values = take_records(words, records, self._columns, self._extra)
            room = gathered.room(len(rows))
            gathered.append(self._lines(rows, records.counts, values, room))
        return gathered.lines()

    def _lines(
        self,
        rows: Words,
        counts: NDArray[np.int64],
        values: Words,
        points: NDArray[np.float32],
    ) -> Lines:
        """Return lines with their points in an array that is given, shape (n, 3)."""
        self._place(rows, points)
        scalars = rows.view(FLOAT)
        properties = values.view(FLOAT)
        return Lines.compact(
            points,
            counts,
            {name: _chosen(scalars, place) for name, place in self._scalars.items()},
            {name: _chosen(properties, place) for name, place in self._properties.items()},
        )

    def _place(self, rows: Words, points: NDArray[np.float32]) -> None:
        """Put the first three columns of rows into an array, moved."""
        if rows.shape[1] == 3:
            source = rows.view(FLOAT)
        else:
            # One item for three numbers: numpy moves them at once.
            item = np.dtype((np.void, 3 * WORD))
            items = np.ndarray((len(rows),), item, rows, strides=(rows.shape[1] * WORD,))
            points.view(item)[:, 0] = items
            source = points
        move_points(source, np.eye(4) if self.affine is None else self.affine, points)

    def _counts(self) -> Iterator[NDArray[np.int64]]:
        for _, records in self._records.cut(BLOCK):
            yield records.counts

    def n_lines(self) -> int:
        """Return the number of lines: that of the header, where it has one."""
        if self._count is None or self.permissive:
            return super().n_lines()
        return self._count

    def stated_lines(self) -> int | None:
        """Return the number of lines of the header; None where it is not recorded."""
        is_empty = self.source.size() == HEADER.itemsize
        return 0 if is_empty and self._count is None else self._count

    def most_points(self) -> int:
        """Return how many points fit into the file."""
        return self._records.most_points()

    def stated_points(self) -> int | None:
        """Return the number of points, if the file has the lines of its header and nothing else."""
        return self._records.stated_points()

    def unmoved(self, affine: NDArray[np.float64]) -> LineSource | None:
        """Return the same lines as the file has them, where its coordinates are those."""
        if self.affine is None or not np.array_equal(self.affine, affine):
            return None
        return TrkLines(self.source, self.header, None, self.permissive)


def _places(header: TrkHeader, field: str, first: int) -> Places:
    """Return which columns each name has; `first` is the number of the first one."""
    names = header.names(field)
    ends = list(accumulate([columns for _, columns in names], initial=first))
    places: Places = {}
    for (name, columns), end in zip(names, ends, strict=False):
        places[distinct_name(name, places)] = slice(end, end + columns)
    return places


def _declared(places: Places) -> Mapping[str, Column]:
    widths = {name: place.stop - place.start for name, place in places.items()}
    return {name: Column(FLOAT, 0 if width == 1 else width) for name, width in widths.items()}


def _chosen(rows: NDArray[Any], place: slice) -> NDArray[Any]:
    """Return the columns of a name: of shape (n,) where it is one."""
    return rows[:, place.start] if place.stop - place.start == 1 else rows[:, place]
