"""MNI objects (.obj): polygons with normals and colours, as text and binary.

Source: David MacDonald, MNI-Display File Formats, and the library that reads and writes them,
https://github.com/BIC-MNI/bicpl (Objects/object_io.c)
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from volio.errors import CorruptFileError, HeaderDataError
from volio.files.filemap import FileHolder
from volio.files.sources.source import ByteSource
from volio.formats.containers.polygons import faces_of_polygons, warn_of_left_out
from volio.formats.containers.text_rows import lines_of
from volio.formats.containers.text_words import TextWords
from volio.formats.meshes.colours import colours_of
from volio.space.meshes import vertex_normals
from volio.surfaces.array_reader import ArrayReader
from volio.surfaces.single_file import BareMesh

__all__ = ["MniObjSurface"]

TEXT = b"P"
BINARY = b"p"
#: Ambient, diffuse and specular reflection, shininess and opacity.
PROPERTIES = (0.3, 0.3, 0.4, 10.0, 1.0)
#: What colours are of: all, each polygon, each vertex.
ONE, OF_POLYGONS, OF_VERTICES = range(3)
WHITE = (1.0, 1.0, 1.0, 1.0)
PER_LINE = 8


class _Numbers(Protocol):
    """What both kinds of files are read with."""

    def array(self, dtype: str, shape: tuple[int, ...], what: str) -> NDArray[Any]:
        """Return an array of numbers."""


class MniObjSurface(BareMesh):
    """A surface of an MNI object of polygons: vertices, faces, and colours of vertices.

    Polygons are cut into triangles, and colours of polygons are left out, with a
    warning. Normals follow from the mesh. Nothing in the file says where the vertices are.

    Parameters
    ----------
    *args, **kwargs
        As for `Surface`.

    Attributes
    ----------
    properties : tuple of float
        How the surface is lit: ambient, diffuse and specular reflection, shininess, opacity.
    colour : tuple of float
        Red, green, blue and opacity of the whole surface, 0 to 1, where vertices have no colours.

    Notes
    -----
    The last line of a text may have no end: that its last number is cut short is not seen.

    Examples
    --------
    >>> surf = volio.Surface([[0, 0, 0], [1, 0, 0], [0, 1, 0]], [[0, 1, 2]])
    >>> volio.save(surf, "one.obj", format="mniobj")
    >>> volio.load("one.obj").faces.tolist()
    [[0, 1, 2]]
    """

    files_types = (("image", ".obj"),)
    title = "an MNI object"
    has_colours = True

    def _set_file_defaults(self) -> None:
        self.properties: tuple[float, ...] = PROPERTIES
        self.colour: tuple[float, ...] = WHITE

    @classmethod
    def _read(cls, source: ByteSource, holder: FileHolder) -> Self:
        kind = source.head()[:1]
        if kind == TEXT:
            return cls._read_text(TextWords(source, "an MNI object"))
        if kind == BINARY:
            return cls._read_binary(ArrayReader(source, "an MNI object", offset=1))
        raise HeaderDataError(f"begins with {kind!r}, not with P: it is not of polygons")

    @classmethod
    def _read_text(cls, words: TextWords) -> Self:
        first = words.word("the kind of object")
        if first != TEXT.decode():
            raise HeaderDataError(f"begins with {first[:20]!r}, not with P: it is not of polygons")
        made = cls._read_numbers(words, "")
        words.check_end()
        return made

    @classmethod
    def _read_binary(cls, reader: ArrayReader) -> Self:
        """Read numbers in the byte order of the machine that wrote them."""
        order = _byte_order(reader)
        made = cls._read_numbers(reader, order)
        if reader.left:
            raise CorruptFileError(f"{reader.left} bytes more than the file says that it has")
        return made

    @classmethod
    def _read_numbers(cls, numbers: _Numbers, order: str) -> Self:
        """Read what follows the letter; the byte order is "" for texts."""
        real = f"{order}f4"
        integer = f"{order}i4"
        properties = numbers.array(real, (5,), "properties of the surface")
        (vertices,) = numbers.array(integer, (1,), "the number of vertices").tolist()
        places = numbers.array(real, (vertices, 3), "vertices")
        numbers.array(real, (vertices, 3), "normals")
        (polygons,) = numbers.array(integer, (1,), "the number of polygons").tolist()
        (kind,) = numbers.array(integer, (1,), "the kind of colours").tolist()
        n_colours = {ONE: 1, OF_POLYGONS: polygons, OF_VERTICES: vertices}
        if kind not in n_colours:
            raise HeaderDataError(f"the kind of colours must be 0, 1 or 2, got {kind}")
        colours = _read_colours(numbers, n_colours[kind], is_text=not order)
        if kind == OF_POLYGONS:
            warn_of_left_out(["colours of polygons"])
        made = cls(places, _read_faces(numbers, integer, polygons, vertices))
        made.properties = tuple(properties.tolist())
        if kind == OF_VERTICES:
            made.colors = colours
        elif kind == ONE:
            made.colour = tuple((colours[0] / 255).tolist())
        return made

    def _pieces(self) -> Iterable[bytes]:
        """Return the text, in the digits that give every number back."""
        vertices = self._needed_vertices().astype(np.float32)
        faces = self._written_faces()
        normals = np.nan_to_num(vertex_normals(vertices, faces)).round(6).tolist()
        properties = " ".join(f"{number:g}" for number in self.properties)
        ends = range(3, 3 * len(faces) + 3, 3)  # of triangles among the corners
        positions = [f" {line}" for line in lines_of(vertices)]
        parts = [
            [f"P {properties} {len(vertices)}", *positions],
            [f" {x:g} {y:g} {z:g}" for x, y, z in normals],
            [f" {len(faces)}", *self._colour_lines()],
            _lines(ends),
            _lines(faces.ravel().tolist()),
        ]
        # An empty line between parts.
        texts = ["\n".join(part) for part in parts]
        yield ("\n\n".join(texts) + "\n").encode()

    def _colour_lines(self) -> list[str]:
        if self.colors is None:
            channels = " ".join(f"{part:g}" for part in self.colour)
            return [f" {ONE} {channels}"]
        # A quarter more gives the level back, whether programs round fractions or cut them.
        levels = np.minimum((self.colors + 0.25) / 255, 1)
        rows = [f" {r:.6f} {g:.6f} {b:.6f} {a:.6f}" for r, g, b, a in levels.tolist()]
        return [f" {OF_VERTICES}", *rows]


def _lines(numbers: Iterable[int]) -> list[str]:
    """Return lines of a few integers each."""
    words = list(map(str, numbers))
    starts = range(0, len(words), PER_LINE)
    return [" " + " ".join(words[start : start + PER_LINE]) for start in starts]


def _read_faces(numbers: _Numbers, integer: str, polygons: int, vertices: int) -> NDArray[np.int32]:
    """Return triangles: where each polygon ends among the corners comes first, then the corners."""
    # An end is one after the last corner of a polygon, counted over all polygons.
    ends = numbers.array(integer, (polygons,), "ends of polygons").astype(np.int64)
    # Neighbours are compared: the difference of two numbers that are far apart may overflow.
    if ends.size and (ends[0] < 0 or (ends[1:] < ends[:-1]).any()):
        raise HeaderDataError("ends of polygons must rise from 0")
    counts = np.diff(ends, prepend=0)
    corners = numbers.array(integer, (int(counts.sum()),), "corners of polygons")
    return faces_of_polygons(corners.astype(np.int64), counts, vertices)


def _read_colours(numbers: _Numbers, count: int, is_text: bool) -> NDArray[np.uint8]:
    """Return colours: fractions in texts, else bytes from opacity to red."""
    if not is_text:
        return numbers.array("u1", (count, 4), "colours")[:, ::-1].copy()
    fractions = numbers.array("f8", (count, 4), "colours")
    if not ((fractions >= 0) & (fractions <= 1)).all():
        raise CorruptFileError(f"colours: must be from 0 to 1, got {fractions.min()} to "
                               f"{fractions.max()}")  # fmt: skip
    return colours_of(fractions)


def _byte_order(reader: ArrayReader) -> str:
    """Return the byte order in which the file can have as many vertices as it says."""
    start = reader.offset
    fitting = []
    for order in "<>":
        reader.array("f4", (5,), "properties of the surface")
        (vertices,) = reader.array(f"{order}i4", (1,), "the number of vertices").tolist()
        # Positions and normals, of 12 bytes each, and the number of polygons.
        if 0 <= 24 * vertices + 4 <= reader.left:
            fitting.append(order)
        reader.offset = start
    return fitting[0] if fitting else "<"
