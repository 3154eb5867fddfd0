"""Strand tracts (.tsk): the smallest complete format of tracts, to start a new one from.

Source: this module; a real one names the definition of the format here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from volio.errors import HeaderDataError
from volio.files.filemap import FileHolder
from volio.files.opener import open_source
from volio.files.sources.source import ByteSource
from volio.images.headers.error_context import errors_name
from volio.tracts.contents import Holds, warn_before_saving
from volio.tracts.header import TractHeader
from volio.tracts.lines import LineLayout, Lines
from volio.tracts.records.blocks import RecordBlocks
from volio.tracts.records.cutting import join_records, take_records
from volio.tracts.rounding import Rounding
from volio.tracts.saving import are_own_lines, open_for_lines
from volio.tracts.sources import BLOCK, FileLines, LineSource
from volio.tracts.tractogram import Tractogram

__all__ = ["StrandTractogram"]

MAGIC = b"TSK1"
WORD = np.dtype("<u4")  # the number of lines, and before each line that of its points
START = len(MAGIC) + WORD.itemsize  # byte of the first line
COLUMNS = 3  # x, y, z of each point as float32, scanner RAS+ mm


class StrandLines(FileLines):
    """The lines of a strand file, one after the other.

    Parameters
    ----------
    source : ByteSource
    count : int
        How many there are.
    """

    layout = LineLayout()

    def __init__(self, source: ByteSource, count: int) -> None:
        super().__init__(source)
        self.count = count
        self.records = RecordBlocks(source, START, count)

    def blocks(self, points: int = BLOCK) -> Iterator[Lines]:
        """Go through the lines, in order."""
        for words, records in self.records.cut(points):
            rows, _ = take_records(words, records, COLUMNS, 0)
            yield Lines.compact(rows.view(np.float32), records.counts)

    def n_lines(self) -> int:
        """Return the number of lines: that of the header."""
        return self.count

    def stated_lines(self) -> int | None:
        """Return the number of lines that the header states."""
        return self.count

    def unmoved(self, affine: NDArray[np.float64]) -> LineSource | None:
        """Return the same lines, where coordinates of the file are RAS+ mm."""
        return self if np.array_equal(affine, np.eye(4)) else None


class StrandTractogram(Tractogram):
    """Tracts of a strand file: points alone.

    Parameters
    ----------
    *args, **kwargs
        As for `Tractogram`.

    Examples
    --------
    >>> from volio.formats.skeletons.tracts import StrandTractogram
    >>> tracts = StrandTractogram([[0, 0, 0], [1, 2, 3]], [1, 1])
    >>> StrandTractogram.from_bytes(tracts.to_bytes()).points.tolist()
    [[0.0, 0.0, 0.0], [1.0, 2.0, 3.0]]
    """

    header_class: ClassVar[type[Any]] = TractHeader
    files_types = (("image", ".tsk"),)
    holds = Holds(per_point=False, per_line=False, groups=False, grid=False, texts=False)

    @classmethod
    def from_file_map(cls, file_map: Mapping[str, FileHolder]) -> Self:
        """Load tracts from their file; lines are read when they are asked for.

        Parameters
        ----------
        file_map : mapping

        Raises
        ------
        HeaderDataError, TruncatedFileError
            If the file does not begin as it must.
        """
        source = open_source(file_map["image"])
        with errors_name(source):
            head = source.read(0, START)
            magic = head[: len(MAGIC)]
            if magic != MAGIC:
                raise HeaderDataError(f"magic: must be {MAGIC!r}, got {magic!r}")
            count = int(np.frombuffer(head, WORD, 1, len(MAGIC))[0])
        return cls.from_source(StrandLines(source, count), file_map=file_map)

    def to_file_map(
        self,
        file_map: Mapping[str, FileHolder] | None = None,
        *,
        compression: str | int | None = None,
    ) -> None:
        """Save the tracts, block by block.

        Parameters
        ----------
        file_map : mapping, optional
        compression : {"fast", "balanced", "small"} or int, optional

        Warns
        -----
        LossWarning
            If the format has no place for all there is; the message lists what is lost.
        PrecisionWarning
            If points are rounded to float32.
        """
        holder = (file_map or self.file_map)["image"]
        lines = self._source_for_saving()
        warn_before_saving("strand", self.contents(), self.holds)
        rounding = Rounding("strand")
        with open_for_lines([holder], lines, compression) as (stream,):
            count = lines.n_lines()
            stream.write(MAGIC + np.array(count, WORD).tobytes())
            for block in lines.blocks():
                points = np.ascontiguousarray(rounding.points(block.points)).view(np.uint32)
                nothing = np.empty((len(block), 0), np.uint32)
                words = join_records(points, block.lengths, nothing)
                stream.write(words.astype(WORD).data)
        if are_own_lines(lines, holder):
            self._lines = StrandLines(open_source(holder), count)
        rounding.warn()
