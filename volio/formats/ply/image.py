"""PlySurface: a mesh, colours and values of a PLY file."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from volio.errors import HeaderDataError, LossWarning
from volio.files.filemap import FileHolder
from volio.files.sources.source import ByteSource
from volio.formats.ply.body import Column, Lists, read_body
from volio.formats.ply.header import LARGEST, TYPE_NAMES, parse_header
from volio.formats.ply.polygons import NAMES, read_faces
from volio.images.headers.error_context import warn_of_content
from volio.surfaces.array_reader import ArrayReader
from volio.surfaces.contents import SurfaceContents
from volio.surfaces.single_file import SingleFileSurface, float32_vertices
from volio.surfaces.stored_values import stored_as
from volio.surfaces.vertex_data import StoredVertexData, VertexArray

__all__ = ["PlySurface"]

POSITION = ("x", "y", "z")
COLOUR = ("red", "green", "blue")
OPACITY = "alpha"
TEXTS = ("comment", "obj_info")
#: Types of values that PLY does not have, and those they are written in.
WRITTEN = {"b1": "u1", "i8": "i4", "u8": "u4", "f2": "f4"}


class PlySurface(SingleFileSurface):
    """A surface in PLY: vertices, faces, colours of vertices, and a number for each vertex by name.

    Polygons are read as triangles around their first corner. Red, green, blue and alpha of bytes
    are `colors`; every other property of vertices is in `data`. Comments are in `meta`.

    Parameters
    ----------
    *args, **kwargs
        As for `Surface`.

    Examples
    --------
    >>> corners = [[0, 0, 0], [1, 0, 0], [0, 1, 0]]
    >>> volio.save(volio.Surface(corners, [[0, 1, 2]], {"height": [1.5, 2.5, 3.5]}), "part.ply")
    >>> volio.load("part.ply").data["height"].tolist()
    [1.5, 2.5, 3.5]
    """

    files_types = (("image", ".ply"),)

    @classmethod
    def _read(cls, source: ByteSource, holder: FileHolder) -> Self:
        reader = ArrayReader(source, "a PLY file")
        header = parse_header(reader.rest(LARGEST))
        reader.offset = header.length
        columns = read_body(reader.raw(reader.left, "the elements"), header)
        _warn_of_unread(columns)
        vertices = columns.get("vertex", {})
        colours = _read_colours(vertices)
        return cls(
            _read_positions(vertices),
            read_faces(columns),
            StoredVertexData(_read_values(vertices, colours is not None)),
            colors=colours,
            meta=header.texts,
        )

    @classmethod
    def from_contents(cls, contents: SurfaceContents) -> Self:
        """Return a surface in PLY with what it can hold of some contents.

        Raises
        ------
        SaveError
            If there are no vertices.
        ImageDataError
            If coordinates or values are beyond what the format holds.
        """
        return cls(
            float32_vertices(contents, "PLY"),
            contents.faces,
            StoredVertexData(_held_arrays(contents.arrays)),
            colors=contents.colours,
            meta={key: contents.meta[key] for key in TEXTS if key in contents.meta},
        )

    def _pieces(self) -> Iterable[bytes]:
        """Return the file, in little-endian binary."""
        vertices = stored_as(self._needed_vertices(), np.dtype(np.float32), "vertices")
        columns = dict(zip(POSITION, vertices.T, strict=True))
        if self.colors is not None:
            columns |= dict(zip((*COLOUR, OPACITY), self.colors.T, strict=True))
        columns |= {array.name: array.values for array in _held_arrays(self.data.arrays())}
        rows = _rows(columns, len(vertices))
        yield self._first_lines(columns).encode("utf-8", "surrogateescape")
        yield rows.tobytes()
        if self.faces is not None:
            yield _face_rows(self.faces).tobytes()

    def _first_lines(self, columns: Mapping[str, NDArray[Any]]) -> str:
        lines = ["ply", "format binary_little_endian 1.0"]
        for keyword in TEXTS:
            lines += [f"{keyword} {line}" for line in self.meta.get(keyword, "").splitlines()]
        lines.append(f"element vertex {self.n_vertices}")
        for name, values in columns.items():
            lines.append(f"property {TYPE_NAMES[values.dtype.str[1:]][0]} {name}")
        if self.faces is not None:
            lines.append(f"element face {len(self.faces)}")
            lines.append("property list uchar int vertex_indices")
        return "\n".join([*lines, "end_header", ""])


def _read_positions(columns: Mapping[str, Column]) -> NDArray[Any]:
    found = [columns.get(name) for name in POSITION]
    numbers = [column for column in found if isinstance(column, np.ndarray)]
    if len(numbers) < 3:
        raise HeaderDataError("PLY: needs vertices with the numbers x, y and z")
    return np.stack(numbers, axis=1)


def _read_colours(columns: Mapping[str, Column]) -> NDArray[np.uint8] | None:
    """Return colours where they are bytes; of other types they are values as any others."""
    levels = [_level(columns.get(name)) for name in COLOUR]
    found = [level for level in levels if level is not None]
    if len(found) < len(COLOUR):
        return None
    opacity = _level(columns.get(OPACITY))
    if opacity is None:
        opacity = np.full(len(found[0]), 255, np.uint8)
    return np.stack([*found, opacity], axis=1)


def _level(column: Column | None) -> NDArray[np.uint8] | None:
    """Return a property where it is bytes, as levels of colours are."""
    return column if isinstance(column, np.ndarray) and column.dtype == np.uint8 else None


def _read_values(columns: Mapping[str, Column], has_colours: bool) -> list[VertexArray]:
    """Return the values of vertices: all numbers that are neither position nor colour."""
    known = {*POSITION}
    if has_colours:
        known |= {*COLOUR}
        known |= set() if _level(columns.get(OPACITY)) is None else {OPACITY}
    return [
        VertexArray(name, column)
        for name, column in columns.items()
        if isinstance(column, np.ndarray) and name not in known
    ]


def _warn_of_unread(columns: Mapping[str, Mapping[str, Column]]) -> None:
    """Tell what of a file a surface has no place for."""
    unread = [name for name in columns if name not in ("vertex", "face", "tristrips")]
    for element in ("face", "tristrips"):
        names = [name for name in columns.get(element, {}) if name not in NAMES]
        unread += [f"{name} of {element}" for name in names]
    vertices = columns.get("vertex", {})
    lists = [name for name, column in vertices.items() if isinstance(column, Lists)]
    unread += [f"{name} of vertex" for name in lists]
    if unread:
        warn_of_content(f"not read: {', '.join(unread[:8])}", LossWarning)


def _held_arrays(arrays: Collection[VertexArray]) -> list[VertexArray]:
    """Return the values that a file holds: one number of each vertex, by a name of one word."""
    held: list[VertexArray] = []
    taken = {*POSITION, *COLOUR, OPACITY}
    for array in arrays:
        code = array.values.dtype.str[1:]
        dtype = np.dtype(WRITTEN.get(code, code))
        if array.values.ndim == 1 and dtype.str[1:] in TYPE_NAMES:
            name = _property_name(array.name, taken)
            taken.add(name)
            held.append(VertexArray(name, stored_as(array.values, dtype, array.name)))
    return held


def _property_name(name: str, taken: Collection[str]) -> str:
    """Return a name as one word that no other property has."""
    word = "_".join(re.sub(r"[\x00-\x20\x7f-\xa0]+", " ", name).split()) or "values"
    number = 2
    free = word
    while free in taken:
        free = f"{word}_{number}"
        number += 1
    return free


def _rows(columns: Mapping[str, NDArray[Any]], count: int) -> NDArray[Any]:
    """Return numbers of vertices as the rows of a file."""
    fields = [(name, f"<{values.dtype.str[1:]}") for name, values in columns.items()]
    rows = np.zeros(count, np.dtype(fields))
    for name, values in columns.items():
        rows[name] = values
    return rows


def _face_rows(faces: NDArray[np.int32]) -> NDArray[Any]:
    rows = np.zeros(len(faces), np.dtype([("count", "u1"), ("corners", "<i4", (3,))]))
    rows["count"] = 3
    rows["corners"] = faces
    return rows
