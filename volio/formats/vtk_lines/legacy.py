"""VtkTractogram: tracts in the legacy format of VTK (.vtk, .fib)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
from numpy.typing import NDArray

from volio.errors import SaveError
from volio.files.sources.source import ByteSource
from volio.formats.containers.vtk.legacy_blocks import read_legacy
from volio.formats.containers.vtk.legacy_writing import (
    LONGEST_TITLE,
    packed_block,
    packed_fields,
    packed_head,
    type_name,
)
from volio.formats.containers.vtk.poly_data import PolyData
from volio.formats.containers.vtk.streamed import StreamedValues
from volio.formats.vtk_lines.tractogram import (
    SPACE,
    TITLE,
    PolyDataTractogram,
    point_pieces,
    written_values,
)
from volio.tracts.sources import LineSource

__all__ = ["VtkTractogram"]

RAS = f"{SPACE}=RAS"
LARGEST = 2**31 - 1
#: Lines whose points are numbered at once.
AT_ONCE = 1 << 14


class VtkTractogram(PolyDataTractogram):
    """Tracts in a legacy file of VTK, of versions 1 to 5, text or binary.

    The title of the file may say that coordinates are RAS+ or LPS+, as 3D Slicer writes it; new
    files say that they are RAS+. What the title says besides is ``header.meta["title"]``. Values
    are as the file has them: vectors and tensors are not turned.

    Parameters
    ----------
    *args, **kwargs
        As for `Tractogram`.

    Examples
    --------
    >>> tracts = volio.Tractogram([[0, 0, 0], [1, 2, 3]], per_point={"fa": [0.5, 0.75]})
    >>> volio.save(tracts, "bundle.vtk")
    >>> found = volio.load("bundle.vtk")
    >>> found.points.tolist(), found.per_point["fa"].tolist(), found.space
    ([[0.0, 0.0, 0.0], [1.0, 2.0, 3.0]], [0.5, 0.75], 'scanner')
    """

    files_types = (("image", ".vtk"),)
    valid_exts = (".vtk", ".fib")
    title = "vtk"

    @classmethod
    def _read_poly_data(cls, source: ByteSource) -> PolyData:
        return read_legacy(source)

    def _written_title(self) -> str:
        """Return the title, where it has room next to the space."""
        title = self.texts().get(TITLE, "")
        full = f"{title} {RAS}"
        fits = title and title.isprintable() and len(full.encode()) < LONGEST_TITLE
        return full if fits else RAS

    def _lost_texts(self) -> list[str]:
        kept = {TITLE} if self._written_title() != RAS else set()
        names = [name for name in self.texts() if name not in kept]
        return [f"texts ({', '.join(names)})"] if names else []

    def _pieces(self, lines: LineSource) -> Iterator[bytes]:
        """Yield the file, binary, as version 3.0, which every program reads."""
        lengths = lines.line_lengths()
        count = int(lengths.sum())
        if count + len(lengths) > LARGEST:
            raise SaveError(f"vtk: {count} points are more than 32 bits count; save as .vtp")
        points = StreamedValues(
            "points", lines.layout.dtype, 3, count, partial(point_pieces, lines)
        )
        yield packed_head(self._written_title())
        yield from packed_block(f"POINTS {count} {type_name(points)}", points)
        size = count + len(lengths)
        cells = StreamedValues("lines", np.dtype("i4"), 1, size, partial(_cells, lengths))
        yield from packed_block(f"LINES {len(lengths)} {size}", cells)
        per_line = written_values(lines, "per_line", lines.layout.per_line, len(lengths))
        if per_line:
            yield f"CELL_DATA {len(lengths)}\n".encode()
            yield from packed_fields(per_line)
        per_point = written_values(lines, "per_point", lines.layout.per_point, count)
        if per_point:
            yield f"POINT_DATA {count}\n".encode()
            yield from packed_fields(per_point)


def _cells(lengths: NDArray[np.int64]) -> Iterator[NDArray[np.int32]]:
    """Yield how many points each line has, and their numbers, which follow each other."""
    done = 0
    for first in range(0, len(lengths), AT_ONCE):
        part = lengths[first : first + AT_ONCE]
        total = int(part.sum())
        # Where the number of points of each line stands among all numbers.
        places = np.cumsum(part + 1) - (part + 1)
        numbers = np.empty(total + len(part), np.int32)
        is_point = np.ones(len(numbers), bool)
        is_point[places] = False
        numbers[places] = part
        numbers[is_point] = np.arange(done, done + total, dtype=np.int32)
        yield numbers
        done += total
