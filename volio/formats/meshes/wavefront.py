"""Wavefront OBJ: vertices, polygons and names of objects as text.

Source: Wavefront Advanced Visualizer, appendix B1, Object Files; http://paulbourke.net/dataformats/obj/
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import Self

import numpy as np
from numpy.typing import NDArray

from volio.arrays.encodings.text_numbers import parse_numbers
from volio.caller import warn_caller
from volio.errors import CorruptFileError, HeaderDataError, LossWarning
from volio.files.filemap import FileHolder
from volio.files.sources.source import ByteSource
from volio.formats.containers.polygons import (
    faces_of_polygons,
    polygon_of_corner,
    warn_of_left_out,
)
from volio.formats.containers.text_rows import TextRows, lines_of, read_rows
from volio.formats.meshes.colours import colours_of
from volio.images.labels import Label, Labels
from volio.surfaces.contents import SurfaceContents
from volio.surfaces.single_file import SingleFileSurface, faces_or_none, float32_vertices
from volio.surfaces.vertex_data import VertexArray

__all__ = ["WavefrontSurface"]

#: The array that says which object a vertex is of.
OBJECT = "object"
#: What a surface has no place for, by the word that a line begins with.
LEFT_OUT = {
    b"vt": "places in a texture",
    b"g": "groups of faces",
    b"mtllib": "materials",
    b"usemtl": "materials",
    b"l": "lines",
    b"p": "points",
    b"vp": "curves",
    b"cstype": "curves",
    b"curv": "curves",
    b"curv2": "curves",
    b"surf": "curves",
}
#: Normals follow from the mesh; the others say how curves are drawn.
IGNORED = frozenset(
    b"vn s deg bmat step parm trim hole scrv sp end con mg bevel c_interp d_interp lod usemap "
    b"maplib shadow_obj trace_obj ctech stech".split()
)
OPAQUE = 255
VERTEX = b"v"
FACE = b"f"
NAME = b"o"


class WavefrontSurface(SingleFileSurface):
    """A surface of an OBJ file: vertices and faces, and colours of vertices where it has them.

    Nothing in the file says where the vertices are. Where it has several objects, they are one
    mesh, and ``data["object"]`` says which of them each vertex is of. Polygons are cut into
    triangles. A warning says so, and what else of the file is left out, as textures. Files of
    materials are never opened.

    Parameters
    ----------
    *args, **kwargs
        As for `Surface`.

    Notes
    -----
    The format says nowhere how much there is to come: of a file that was cut between two lines
    the rest is not missed.

    Examples
    --------
    >>> surf = volio.Surface([[0, 0, 0], [1, 0, 0], [0, 1, 0]], [[0, 1, 2]])
    >>> volio.save(surf, "one.obj")
    >>> volio.load("one.obj").faces.tolist()
    [[0, 1, 2]]
    """

    files_types = (("image", ".obj"),)

    @classmethod
    def _read(cls, source: ByteSource, holder: FileHolder) -> Self:
        rows = read_rows(source, "an OBJ file", joins_lines=True)
        words = [row[0] for row in rows.words]
        warn_of_left_out(_left_out(rows, words))
        positions, colours = _read_vertices(_beginning_with(VERTEX, rows, words))
        made = cls(positions, _read_faces(rows, words, len(positions)), colors=colours)
        numbers, names = _objects(rows, words)
        if len(names) > 1:
            labels = Labels(Label(number, name) for number, name in enumerate(names))
            made.data.put(VertexArray(OBJECT, numbers, labels))
        elif any(names):
            made.meta[OBJECT] = names[0]
        return made

    @classmethod
    def from_contents(cls, contents: SurfaceContents) -> Self:
        """Return a surface with the mesh, the colours and the objects of some contents.

        Raises
        ------
        SaveError
            If there are no vertices.
        """
        stored = float32_vertices(contents, "Wavefront OBJ")
        made = cls(stored, faces_or_none(contents.faces), colors=_opaque(contents.colours))
        objects = [found for found in map(_kept_objects, contents.arrays) if found is not None]
        name = contents.meta.get(OBJECT, "")
        if objects:
            made.data.put(objects[0])
        elif name and _is_written_as_it_is(name):
            made.meta[OBJECT] = name
        return made

    def _pieces(self) -> Iterable[bytes]:
        """Return the text, in the digits that give every number back."""
        vertices = self._needed_vertices().astype(np.float32)
        rows = [f"v {line}" for line in lines_of(vertices)]
        if self.colors is not None:
            # A fraction of four digits gives the level back.
            fractions = (self.colors[:, :3] / OPAQUE).tolist()
            colours = [f"{red:.4f} {green:.4f} {blue:.4f}" for red, green, blue in fractions]
            rows = [f"{row} {colour}" for row, colour in zip(rows, colours, strict=True)]
        corners = self._written_faces().astype(np.int64) + 1  # the first vertex is 1
        sides = [f"f {line}" for line in lines_of(corners)]
        text = "\n".join(["# written by volio", *self._with_names(rows), *sides, ""])
        return [text.encode("utf-8", "surrogateescape")]

    def _with_names(self, rows: list[str]) -> list[str]:
        """Return lines of vertices, with the name of an object before the first vertex of each."""
        objects = [found for found in map(_kept_objects, self.data.arrays()) if found is not None]
        if not objects or objects[0].labels is None:
            return [f"o {self.meta[OBJECT]}", *rows] if self.meta.get(OBJECT) else rows
        numbers = objects[0].values  # which rise from 0
        starts = np.searchsorted(numbers, np.arange(numbers[-1] + 1)).tolist()
        named = list(rows)
        for start, label in zip(starts, objects[0].labels, strict=True):
            named[start] = f"o {label.name}\n{rows[start]}"
        return named


def _beginning_with(word: bytes, rows: TextRows, words: list[bytes]) -> TextRows:
    """Return the lines that begin with a word, without it."""
    numbers = [number for number, found in enumerate(words) if found == word]
    chosen = [rows.words[number][1:] for number in numbers]
    return TextRows(chosen, [rows.lines[number] for number in numbers])


def _left_out(rows: TextRows, words: list[bytes]) -> list[str]:
    """Return what a surface has no place for; refuse lines that are not of an OBJ file."""
    known = {VERTEX, FACE, NAME, *LEFT_OUT, *IGNORED}
    if strange := set(words) - known:
        first = next(number for number, word in enumerate(words) if word in strange)
        raise CorruptFileError(
            f"line {rows.lines[first]} begins with {words[first][:20]!r}, as no line of OBJ does"
        )
    there = [LEFT_OUT[word] for word in dict.fromkeys(words) if word in LEFT_OUT]
    return list(dict.fromkeys(there))


def _read_vertices(rows: TextRows) -> tuple[NDArray[np.float32], NDArray[np.uint8] | None]:
    """Return positions and colours; a fourth number alone is a weight, of curves only."""
    table = rows.table("f4", "vertices")
    width = table.shape[1] if len(table) else 3
    if width not in (3, 4, 6, 7):
        raise CorruptFileError(f"vertices: 3, 4, 6 or 7 numbers in a line, got {width}")
    positions = table.reshape(-1, width)[:, :3].copy()
    return positions, colours_of(table[:, 3:]) if width > 4 else None


def _read_faces(rows: TextRows, words: list[bytes], vertices: int) -> NDArray[np.int32]:
    """Return triangles; a negative number counts back from the vertices before its line."""
    # How many vertices there are up to each line of the file.
    vertices_so_far = np.cumsum([word == VERTEX for word in words], dtype=np.int64)
    is_face = np.array([word == FACE for word in words], bool)
    polygons = _beginning_with(FACE, rows, words)
    counts = np.array([len(row) for row in polygons.words], np.int64)

    def line_of(number: int) -> str:
        return f"line {polygons.lines[polygon_of_corner(counts, number)]}"

    # Of a/b/c, b is a place in a texture and c a normal.
    corners = [corner.partition(b"/")[0] for corner in chain.from_iterable(polygons.words)]
    numbers = parse_numbers(corners, np.dtype(np.int64), "faces", line_of)
    is_zero = numbers == 0
    if is_zero.any():
        line = line_of(int(np.argmax(is_zero)))
        raise HeaderDataError(f"faces: {line} names vertex 0; the first is 1")
    # -1 is the last vertex before the line, 1 the first of the file.
    known = np.repeat(vertices_so_far[is_face], counts)
    from_zero = np.where(numbers < 0, known + numbers, numbers - 1)
    return faces_of_polygons(from_zero, counts, vertices)


def _objects(rows: TextRows, words: list[bytes]) -> tuple[NDArray[np.int32], list[str]]:
    """Return which object each vertex is of, and the names of those that have vertices."""
    names = [""]
    numbers: list[int] = []
    for row, word in zip(rows.words, words, strict=True):
        if word == NAME:
            names.append(b" ".join(row[1:]).decode("utf-8", "surrogateescape"))
        elif word == VERTEX:
            numbers.append(len(names) - 1)
    used, of_vertices = np.unique(np.array(numbers, np.int32), return_inverse=True)
    return of_vertices.astype(np.int32), [names[number] for number in used.tolist()]


def _is_written_as_it_is(name: str) -> bool:
    """Return whether a name comes back from a line that it is written in."""
    is_plain = name == " ".join(name.split()) and name.isprintable()
    return is_plain and "#" not in name and not name.endswith("\\")


def _kept_objects(array: VertexArray) -> VertexArray | None:
    """Return an array that lines of names can say, objects numbered from 0; None for another."""
    if array.labels is None or array.name != OBJECT or array.values.dtype.kind not in "iu":
        return None
    used, numbers = np.unique(array.values, return_inverse=True)
    is_in_order = array.values.ndim == 1 and bool((np.diff(numbers) >= 0).all())
    if not is_in_order or len(used) < 2 or not all(key in array.labels for key in used.tolist()):
        return None
    names = [array.labels[key].name for key in used.tolist()]
    if not all(map(_is_written_as_it_is, names)):
        return None
    labels = Labels(Label(number, name) for number, name in enumerate(names))
    return VertexArray(OBJECT, numbers.astype(np.int32), labels)


def _opaque(colours: NDArray[np.uint8] | None) -> NDArray[np.uint8] | None:
    """Return colours without opacity, which OBJ has no place for; with a warning."""
    if colours is None or (colours[:, 3] == OPAQUE).all():
        return colours
    warn_caller("Wavefront OBJ: has no place for the opacity of colours", LossWarning)
    made = colours.copy()
    made[:, 3] = OPAQUE
    return made
