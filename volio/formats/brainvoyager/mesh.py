"""BrainVoyagerMesh: vertices, faces and colours (.srf)."""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import NDArray

from volio.errors import CorruptFileError, HeaderDataError
from volio.files.filemap import FileHolder
from volio.files.sources.source import ByteSource
from volio.formats.brainvoyager.fields import Fields
from volio.formats.containers.polygons import warn_of_left_out
from volio.surfaces.single_file import SingleFileSurface

__all__ = ["BrainVoyagerMesh"]

#: Versions of one layout; the older one has no name at its end.
VERSIONS = (3, 4)
# BrainVoyager's axes run from front to back, from top to bottom and from right to left.
ANTERIOR = 0
SUPERIOR = 1
RIGHT = 2
#: Numbers of colours from here on are colours themselves: blue is their lowest byte.
FIRST_COLOUR = 0x3F000000
CONVEX = 0
CONCAVE = 1
MOST_NEIGHBOURS = 1 << 16
LINKED = "linked MTC"


class BrainVoyagerMesh(SingleFileSurface):
    """A surface of BrainVoyager: vertices, faces, and the colour of each vertex.

    Vertices are turned from BrainVoyager's axes to right, anterior and superior, in mm from the
    centre of the mesh; where that is in the head, or whether it is Talairach's, the file does not
    say. Files are only read.

    Parameters
    ----------
    *args, **kwargs
        As for `Surface`.

    Attributes
    ----------
    centre : tuple of float
        The centre of the mesh, mm along BrainVoyager's axes.

    Examples
    --------
    A vertex 10 mm in front of the centre, 20 above it and 30 to the right:

    >>> import struct
    >>> begin = struct.pack("<f3i3f", 4, 0, 1, 0, 128, 128, 128)
    >>> vertex = struct.pack("<3f", 118, 108, 98)
    >>> volio.load(begin + vertex + bytes(12 + 32 + 4 + 4 + 4 + 1)).vertices.tolist()
    [[30.0, 10.0, 20.0]]
    """

    files_types = (("image", ".srf"),)
    makeable = False
    rw = False
    centre = (0.0, 0.0, 0.0)

    @classmethod
    def _read(cls, source: ByteSource, holder: FileHolder) -> Self:
        fields = Fields(source)
        version = fields.number("f4", "the version")
        if version not in VERSIONS:
            raise HeaderDataError(f"the version must be 3 or 4, got {version}")
        fields.number("i4", "the type of surface")
        vertices = fields.number("i4", "the number of vertices")
        triangles = fields.number("i4", "the number of triangles")
        centre = fields.array("<f4", (3,), "the centre")
        places = fields.array("<f4", (3, vertices), "vertices")
        fields.array("<f4", (3, vertices), "normals")
        tones = fields.array("<f4", (2, 4), "colours of both curvatures")
        numbers = fields.array("<i4", (vertices,), "colours of vertices")
        _skip_neighbours(fields, vertices)
        faces = fields.array("<i4", (triangles, 3), "triangles")
        strips = fields.number("i4", "the number of elements of strips")
        fields.array("<i4", (strips,), "strips of triangles")
        name = fields.text("the name of the linked MTC") if fields.left else ""
        fields.check_end()
        # What is far along an axis of BrainVoyager is left, posterior or inferior.
        from_centre = centre[:, np.newaxis] - places
        turned = from_centre[[RIGHT, ANTERIOR, SUPERIOR]].T
        made = cls(turned, faces, colors=_colours(numbers, tones))
        made.centre = tuple(centre.tolist())
        if name:
            made.meta[LINKED] = name
        return made


def _skip_neighbours(fields: Fields, vertices: int) -> None:
    """Read past the neighbours of each vertex, which follow their number."""
    # Each vertex has a number at least: what the file cannot have is refused before all are read.
    start = fields.offset
    fields.array("<i4", (vertices,), "neighbours of vertices")
    fields.offset = start
    whole_numbers = fields.left // 4 * 4  # bytes of them
    rest = np.frombuffer(fields.source.read_upto(start, whole_numbers), "<i4").tolist()
    at = 0
    for vertex in range(vertices):
        count = rest[at] if at < len(rest) else 0
        if not 0 <= count <= MOST_NEIGHBOURS:
            raise CorruptFileError(f"vertex {vertex} cannot have {count} neighbours")
        at += count + 1
    fields.raw(4 * at, "neighbours of vertices")


def _colours(numbers: NDArray[np.int32], tones: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return the colour of each vertex, which its number is, or names."""
    if not ((tones >= 0) & (tones <= 1)).all():
        raise HeaderDataError(f"colours of curvatures must be from 0 to 1, got {tones.tolist()}")
    levels = np.rint(tones * 255).astype(np.uint8)
    # Colours of maps and patches are in tables of BrainVoyager's, and not in the file.
    is_colour = numbers >= FIRST_COLOUR
    unknown = int((~is_colour & (numbers != CONVEX) & (numbers != CONCAVE)).sum())
    if unknown:
        warn_of_left_out([f"the colours of {unknown} vertices, which the file does not have"])
    colours: NDArray[np.uint8] = levels[np.where(numbers == CONCAVE, CONCAVE, CONVEX)]
    # Red, green and blue are the second, third and fourth byte of a number.
    rgb = numbers[is_colour, np.newaxis] >> [16, 8, 0] & 255
    colours[is_colour, :3] = rgb
    colours[is_colour, 3] = 255
    return colours
