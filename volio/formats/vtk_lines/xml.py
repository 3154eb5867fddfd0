"""VtpTractogram: tracts in the XML format of VTK (.vtp)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
from numpy.typing import NDArray

from volio.files.sources.source import ByteSource
from volio.formats.containers.vtk.poly_data import PolyData
from volio.formats.containers.vtk.streamed import StreamedValues
from volio.formats.containers.vtk.xml_reader import read_xml
from volio.formats.containers.vtk.xml_writing import (
    WrittenCells,
    WrittenPiece,
    checked_name,
    pack_xml,
)
from volio.formats.vtk_lines.tractogram import (
    SPACE,
    PolyDataTractogram,
    point_pieces,
    written_values,
)
from volio.tracts.sources import BLOCK, LineSource

__all__ = ["VtpTractogram"]


class VtpTractogram(PolyDataTractogram):
    """Tracts in an XML file of VTK, its arrays as text, base64 or bytes, compressed or not.

    A text of the name SPACE may say that coordinates are RAS+ or LPS+, as 3D Slicer writes it; new
    files say that they are RAS+. Values are as the file has them: vectors are not turned.

    Parameters
    ----------
    *args, **kwargs
        As for `Tractogram`.

    Examples
    --------
    >>> tracts = volio.Tractogram([[0, 0, 0], [1, 2, 3]], per_line={"weight": [0.5]})
    >>> volio.save(tracts, "bundle.vtp")
    >>> volio.load("bundle.vtp").per_line["weight"].tolist()
    [0.5]
    """

    files_types = (("image", ".vtp"),)
    title = "vtp"

    @classmethod
    def _read_poly_data(cls, source: ByteSource) -> PolyData:
        return read_xml(source)

    def _pieces(self, lines: LineSource) -> Iterator[bytes]:
        """Yield the file, with its arrays as bytes."""
        lengths = lines.line_lengths()
        count = int(lengths.sum())
        points = StreamedValues(
            "Points", lines.layout.dtype, 3, count, partial(point_pieces, lines)
        )
        corners = StreamedValues("connectivity", np.dtype("i8"), 1, count, partial(_numbers, count))
        ends = StreamedValues.of("offsets", np.cumsum(lengths, dtype=np.int64))
        for name in (*lines.layout.per_point, *lines.layout.per_line):
            checked_name(name)
        written = WrittenPiece(
            points,
            {"LINES": WrittenCells(corners, ends)},
            written_values(lines, "per_point", lines.layout.per_point, count),
            written_values(lines, "per_line", lines.layout.per_line, len(lengths)),
            texts={SPACE: "RAS"},
        )
        return pack_xml(written)


def _numbers(count: int) -> Iterator[NDArray[np.int64]]:
    """Yield the numbers of points, which follow each other."""
    for first in range(0, count, BLOCK):
        yield np.arange(first, min(first + BLOCK, count))
