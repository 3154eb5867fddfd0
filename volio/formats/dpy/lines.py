"""The lines of a .dpy file: two data sets of an HDF5 file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from volio.errors import CorruptFileError
from volio.files.sources.source import ByteSource
from volio.formats.containers.hdf5.file import open_hdf5, read_box, read_whole
from volio.tracts.lines import LineLayout, Lines
from volio.tracts.sources import BLOCK, LineSource

__all__ = ["DpyLines"]

#: Points of all lines.
POINTS = "streamlines/tracks"
#: The number of points before each line, and after the last.
OFFSETS = "streamlines/offsets"


class OpenedLines(NamedTuple):
    """The data sets of an open file."""

    points: Any
    offsets: Any


class DpyLines(LineSource):
    """The lines of a .dpy file.

    Parameters
    ----------
    source : ByteSource

    Raises
    ------
    CorruptFileError
        If the data sets are not there, or are not of points and offsets.
    LimitError, TruncatedFileError
        If the file cannot hold what they declare.
    """

    def __init__(self, source: ByteSource) -> None:
        self.source = source
        self._offsets: NDArray[np.int64] | None = None
        with self._open() as opened:
            double = opened.points.dtype.itemsize == 8
            self._n_points = int(opened.points.shape[0])
            self._count = max(0, int(opened.offsets.shape[0]) - 1)
        self.layout = LineLayout(np.dtype(np.float64 if double else np.float32))

    @contextmanager
    def _open(self) -> Iterator[OpenedLines]:
        with open_hdf5(self.source) as opened:
            # Those in the file itself: links into other files are not followed.
            data_sets = opened.data_sets(opened.file)
            missing = [name for name in (POINTS, OFFSETS) if name not in data_sets]
            if missing:
                raise CorruptFileError(f"{self.source.name}: has no {' and no '.join(missing)}")
            points = data_sets[POINTS]
            offsets = data_sets[OFFSETS]
            if len(points.shape) != 2 or points.shape[1] != 3 or points.dtype.kind != "f":
                found = f"{points.dtype} of shape {points.shape}"
                raise CorruptFileError(f"{self.source.name}: {POINTS}: must be points, got {found}")
            if len(offsets.shape) != 1 or offsets.dtype.kind not in "iu":
                found = f"{offsets.dtype} of shape {offsets.shape}"
                raise CorruptFileError(
                    f"{self.source.name}: {OFFSETS}: must be whole numbers, got {found}"
                )
            for node in (points, offsets):
                opened.check_held(node)
            yield OpenedLines(points, offsets)

    @property
    def offsets(self) -> NDArray[np.int64]:
        """Number of the first point of each line, and the number of points, shape (n + 1,).

        Raises
        ------
        CorruptFileError
            If they do not ascend from 0 to the number of points.
        """
        if self._offsets is None:
            with self._open() as opened:
                found = read_whole(opened.offsets)
            total = self._n_points
            found = found if found.size else np.zeros(1, np.int64)
            outside = int(found.min()) < 0 or int(found.max()) > total
            offsets = found.astype(np.int64)
            if outside or (np.diff(offsets) < 0).any() or offsets[0] or offsets[-1] != total:
                raise CorruptFileError(
                    f"{self.source.name}: {OFFSETS}: must ascend from 0 to {total} points"
                )
            self._offsets = offsets
        return self._offsets

    def blocks(self, points: int = BLOCK) -> Iterator[Lines]:
        """Go through the lines, in order."""
        offsets = self.offsets
        with self._open() as opened:
            first = 0
            while first < self._count:
                last = int(np.searchsorted(offsets, offsets[first] + points, "right")) - 1
                last = min(max(last, first + 1), self._count)
                begin = int(offsets[first])
                end = int(offsets[last])
                rows = np.empty((end - begin, 3), opened.points.dtype)
                if len(rows):
                    read_box(opened.points.id, (begin, 0), rows)
                yield Lines.compact(
                    rows.astype(self.layout.dtype, copy=False), np.diff(offsets[first : last + 1])
                )
                first = last

    def line_lengths(self) -> NDArray[np.int64]:
        """Return the number of points of each line."""
        return np.diff(self.offsets)

    def n_lines(self) -> int:
        """Return the number of lines."""
        return self._count

    def stated_lines(self) -> int | None:
        """Return the number of lines, which the sizes of the data sets state."""
        return self._count

    def n_points(self) -> int:
        """Return the number of points."""
        return self._n_points

    def stated_points(self) -> int | None:
        """Return the number of points, which the sizes of the data sets state."""
        return self._n_points

    def most_points(self) -> int:
        """Return the number of points."""
        return self._n_points

    def check_there(self) -> None:
        """Check that the file is as it was."""
        self.source.open().close()

    def is_in(self, where: Any) -> bool:
        """Return whether the lines come from a path or a file object."""
        return self.source.is_in(where)
