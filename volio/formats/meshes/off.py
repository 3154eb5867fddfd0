"""OFF, the object file format of Geomview: vertices, polygons and colours as text.

Source: http://www.geomview.org/docs/html/OFF.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import chain
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from volio.arrays.encodings.text_numbers import parse_numbers
from volio.errors import CorruptFileError, HeaderDataError, TruncatedFileError
from volio.files.filemap import FileHolder
from volio.files.sources.source import ByteSource
from volio.formats.containers.polygons import (
    faces_of_polygons,
    polygon_of_corner,
    warn_of_left_out,
)
from volio.formats.containers.text_rows import TextRows, lines_of, read_rows
from volio.formats.meshes.colours import colours_of
from volio.surfaces.single_file import BareMesh

__all__ = ["OffSurface"]

#: Texture, colour and normal of each vertex; four coordinates, or as many as are stated.
KEYWORD = re.compile(rb"(?P<texture>ST)?(?P<colour>C)?(?P<normal>N)?(?P<more>4?n?)OFF")
COUNTS = 3  # vertices, faces and edges


class VertexLayout(NamedTuple):
    """What a line of a vertex has: its position, normal, colour and place in a texture."""

    has_normal: bool = False
    has_colour: bool = False
    has_texture: bool = False

    @property
    def before_colour(self) -> int:
        """Numbers before the colour."""
        return 6 if self.has_normal else 3

    @property
    def after_colour(self) -> int:
        """Numbers after the colour."""
        return 2 if self.has_texture else 0

    @property
    def widths(self) -> list[int]:
        """How many numbers a line may have."""
        fixed = self.before_colour + self.after_colour
        return [fixed + 3, fixed + 4] if self.has_colour else [fixed]

    @property
    def left_out(self) -> list[str]:
        """What a surface has no place for."""
        normals = ["normals"] if self.has_normal else []
        return [*normals, "places in a texture"] if self.has_texture else normals


class OffSurface(BareMesh):
    """A surface of an OFF file: vertices and faces, and a colour of each vertex where it has them.

    Nothing in the file says where the vertices are. Polygons are cut into triangles, with
    a warning, which also names what else of the file is left out: normals, texture and colours of
    faces.

    Parameters
    ----------
    *args, **kwargs
        As for `Surface`.

    Examples
    --------
    >>> surf = volio.Surface([[0, 0, 0], [1, 0, 0], [0, 1, 0]], [[0, 1, 2]])
    >>> volio.save(surf, "one.off")
    >>> volio.load("one.off").faces.tolist()
    [[0, 1, 2]]
    """

    files_types = (("image", ".off"),)
    title = "OFF"
    has_colours = True

    @classmethod
    def _read(cls, source: ByteSource, holder: FileHolder) -> Self:
        rows = read_rows(source, "an OFF file")
        layout, rows = _split_keyword(rows)
        vertices, faces, rows = _split_counts(rows)
        if len(rows) < vertices + faces:
            raise TruncatedFileError(
                f"{source.name}: {vertices} vertices and {faces} faces need as many lines, "
                f"got {len(rows)}"
            )
        positions, colours = _read_vertices(rows[:vertices], layout)
        triangles, has_colours = _read_faces(rows[vertices : vertices + faces], vertices)
        left_out = list(layout.left_out)
        if has_colours:
            left_out.append("colours of faces")
        warn_of_left_out(left_out)
        return cls(positions, triangles, colors=colours)

    def _pieces(self) -> Iterable[bytes]:
        """Return the text, in the digits that give every number back."""
        vertices = self._needed_vertices().astype(np.float32)
        rows = lines_of(vertices)
        keyword = "OFF"
        if self.colors is not None:
            keyword = "COFF"
            colours = lines_of(self.colors)
            rows = [f"{row} {colour}" for row, colour in zip(rows, colours, strict=True)]
        sides = [f"3 {line}" for line in lines_of(self._written_faces())]
        counts = f"{len(rows)} {len(sides)} 0"  # edges are not counted
        return ["\n".join([keyword, counts, *rows, *sides, ""]).encode()]


def _split_keyword(rows: TextRows) -> tuple[VertexLayout, TextRows]:
    """Return what the keyword says of vertices, and what follows it; it may be missing."""
    first = rows.words[0][0] if len(rows) else b""
    kind = KEYWORD.fullmatch(first)
    if kind is None:
        return VertexLayout(), rows
    if kind["more"]:
        raise HeaderDataError(f"{first.decode()}: vertices of a surface have three coordinates")
    rest = rows.words[0][1:]
    if rest[:1] == [b"BINARY"]:
        raise HeaderDataError("OFF BINARY is not read; save it as text")
    layout = VertexLayout(bool(kind["normal"]), bool(kind["colour"]), bool(kind["texture"]))
    if not rest:
        return layout, rows[1:]
    return layout, TextRows([rest, *rows.words[1:]], rows.lines)


def _split_counts(rows: TextRows) -> tuple[int, int, TextRows]:
    """Return the numbers of vertices and faces, and the lines that follow."""
    counts = rows[:1].table("i8", "numbers of vertices, faces and edges")
    if counts.shape != (1, COUNTS) or counts.min() < 0:
        raise HeaderDataError(
            f"must begin with the numbers of vertices, faces and edges, got {counts.tolist()}"
        )
    vertices, faces, _ = counts[0].tolist()
    return vertices, faces, rows[1:]


def _read_vertices(
    rows: TextRows, layout: VertexLayout
) -> tuple[NDArray[np.float32], NDArray[np.uint8] | None]:
    """Return positions and colours."""
    if not len(rows):
        return np.zeros((0, 3), np.float32), None
    table = rows.table("f4", "vertices")
    width = table.shape[1]
    if width not in layout.widths:
        expected = " or ".join(map(str, layout.widths))
        raise CorruptFileError(
            f"vertices: the keyword says {expected} numbers in a line, got {width}"
        )
    levels = table[:, layout.before_colour : width - layout.after_colour]
    colours = colours_of(levels) if layout.has_colour else None
    return table[:, :3].copy(), colours


def _read_faces(rows: TextRows, vertices: int) -> tuple[NDArray[np.int32], bool]:
    """Return triangles, and whether polygons have colours: numbers after those of their corners."""

    def line_of(number: int) -> str:
        return f"line {rows.lines[number]}"

    # A line has the number of its corners, the corners, and maybe a colour.
    first_words = [row[0] for row in rows.words]
    counts = parse_numbers(first_words, np.dtype(np.int64), "corners of faces", line_of)
    widths = np.array([len(row) - 1 for row in rows.words], np.int64)
    wrong = (counts < 0) | (counts > widths)
    if wrong.any():
        first = int(np.argmax(wrong))
        raise CorruptFileError(
            f"faces: {line_of(first)} has {widths[first]} numbers for {counts[first]} corners"
        )

    def line_of_corner(number: int) -> str:
        return line_of(polygon_of_corner(counts, number))

    corners = [row[1 : count + 1] for row, count in zip(rows.words, counts.tolist(), strict=True)]
    flat = list(chain.from_iterable(corners))
    numbers = parse_numbers(flat, np.dtype(np.int64), "faces", line_of_corner)
    has_colours = bool((widths > counts).any())
    return faces_of_polygons(numbers, counts, vertices), has_colours
