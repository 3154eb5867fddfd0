"""PolyDataTractogram: what tracts in the two formats of VTK share."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from volio.errors import GeometryWarning, HeaderDataError, LossWarning, UsageError
from volio.files.filemap import FileHolder
from volio.files.opener import open_source
from volio.files.sources.source import ByteSource
from volio.formats.containers.vtk.poly_data import PolyData
from volio.formats.containers.vtk.streamed import StreamedValues, stored_dtype
from volio.formats.vtk_lines.lines import PolyDataLines
from volio.images.headers.error_context import errors_name, warn_of_content
from volio.tracts.changes import ChosenColumns
from volio.tracts.contents import Holds, warn_before_saving
from volio.tracts.lines import Column
from volio.tracts.saving import open_for_lines
from volio.tracts.sources import LineSource
from volio.tracts.tractogram import Tractogram

__all__ = ["SPACE", "PolyDataTractogram", "point_pieces", "written_values"]

#: What a title says of the space, and the name of a text that does.
SPACE = "SPACE"
STATED = re.compile(r"\s*\bSPACE\s*=\s*(RAS|LPS)\b\s*", re.IGNORECASE)
#: What coordinates are multiplied with to be RAS+.
TURNS = {"RAS": np.array([1.0, 1.0, 1.0]), "LPS": np.array([-1.0, -1.0, 1.0])}
TITLE = "title"


class PolyDataTractogram(Tractogram):
    """Tracts of VTK: lines, and values per point and per line.

    Parameters
    ----------
    *args, **kwargs
        As for `Tractogram`.
    """

    title: ClassVar[str]

    @classmethod
    @abstractmethod
    def _read_poly_data(cls, source: ByteSource) -> PolyData:
        """Return what a file holds."""

    @abstractmethod
    def _pieces(self, lines: LineSource) -> Iterator[bytes]:
        """Yield the bytes of the file."""

    def _lost_texts(self) -> list[str]:
        """Return what of the texts has no place, as words for a warning."""
        return [f"texts ({', '.join(names)})"] if (names := list(self.texts())) else []

    @classmethod
    def from_file_map(cls, file_map: Mapping[str, FileHolder], *, space: str | None = None) -> Self:
        """Load tracts from their file.

        Parameters
        ----------
        file_map : mapping
        space : {"RAS", "LPS"}, optional
            What coordinates are, where the file does not say so, or is wrong.

        Raises
        ------
        HeaderDataError
            If it is not of lines, or they name points that are not there.
        CorruptFileError
            If a word is not a number, or cannot be decoded.
        TruncatedFileError
            If it ends early.
        UsageError
            If there is no such space.

        Warns
        -----
        GeometryWarning
            If nothing says what the coordinates are: they are taken for RAS+.
        LossWarning
            If the file holds what tracts have no place for.
        """
        if space is not None and space not in TURNS:
            raise UsageError(f"space: must be RAS or LPS, got {space!r}")
        source = open_source(file_map["image"])
        with errors_name(source):
            found = cls._read_poly_data(source)
            _check_lines(found)
            known = space or _stated_space(found)
            if known is None:
                warn_of_content(
                    "space: the file does not say what its coordinates are; they are taken for "
                    "RAS+, space='LPS' takes them for LPS+",
                    GeometryWarning,
                )
            lines = PolyDataLines(found, TURNS[known or "RAS"])
        stated = "unknown" if known is None else "scanner"
        made = cls.from_source(lines, space=stated, file_map=file_map)
        made.header.meta.update(_texts(found))
        return made

    def to_file_map(
        self,
        file_map: Mapping[str, FileHolder] | None = None,
        *,
        compression: str | int | None = None,
    ) -> None:
        """Save the tracts, with scanner RAS+ coordinates, which the file says.

        Raises
        ------
        SaveError
            If values are complex, or there are more points than 32 bits count.

        Warns
        -----
        LossWarning
            If the file has no place for all there is; the message lists what is lost.
        GeometryWarning
            If the space is unknown.
        """
        lines = self._source_for_saving()
        warn_before_saving(self.title, self.contents(), Holds(groups=False, grid=False),
                           self._lost_texts())  # fmt: skip
        holder = (file_map or self.file_map)["image"]
        with open_for_lines([holder], lines, compression) as (stream,):
            for piece in self._pieces(lines):
                stream.write(piece)


def _check_lines(found: PolyData) -> None:
    """Refuse files without lines, and tell what tracts have no place for."""
    counts = {kind: len(each) for kind, (_, each) in found.cells.items()}
    if not counts["LINES"] and any(counts.values()):
        there = ", ".join(f"{count} {kind}" for kind, count in counts.items() if count)
        raise HeaderDataError(f"has no lines, but {there}")
    parts = list(found.left_out)
    parts += [f"{count} cells of {kind}" for kind, count in counts.items()
              if count and kind != "LINES"]  # fmt: skip
    if parts:
        warn_of_content(f"tracts have no place for {', '.join(parts)}", LossWarning)


def _stated_space(found: PolyData) -> str | None:
    """Return the space that a title or a text says."""
    in_title = STATED.search(found.title)
    stated = found.texts.get(SPACE, in_title[1] if in_title else "").upper()
    return stated if stated in TURNS else None


def _texts(found: PolyData) -> dict[str, str]:
    """Return texts besides the space."""
    title = STATED.sub(" ", found.title).strip()
    texts = {TITLE: title} if title else {}
    return texts | {name: text for name, text in found.texts.items() if name != SPACE}


def point_pieces(lines: LineSource) -> Iterable[NDArray[Any]]:
    """Return the points of lines, block by block."""
    return (block.points for block in ChosenColumns(lines).blocks())


def written_values(
    lines: LineSource, which: str, columns: Mapping[str, Column], count: int
) -> list[StreamedValues]:
    """Return values per point or per line as they are written.

    Parameters
    ----------
    lines : LineSource
    which : {"per_point", "per_line"}
    columns : mapping of str to Column
    count : int
        Of points or lines.
    """
    found = []
    for name, column in columns.items():
        dtype = stored_dtype(name, column.dtype)
        pieces = partial(_value_pieces, lines, which, name, dtype)
        found.append(StreamedValues(name, dtype, max(column.width, 1), count, pieces))
    return found


def _value_pieces(
    lines: LineSource, which: str, name: str, dtype: np.dtype[Any]
) -> Iterable[NDArray[Any]]:
    chosen = ChosenColumns(lines, **{which: [name]})
    return (getattr(block, which)[name].astype(dtype, copy=False) for block in chosen.blocks())
