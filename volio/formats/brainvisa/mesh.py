"""BrainVisaMesh: vertices and faces at one time or several (.mesh)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from volio.errors import HeaderDataError
from volio.files.filemap import FileHolder
from volio.files.sources.source import ByteSource
from volio.formats.brainvisa.fields import (
    LITTLE_ENDIAN,
    FieldReader,
    distinct_instant,
    open_fields,
    packed_word,
)
from volio.formats.containers.polygons import faces_of_polygons
from volio.space.meshes import vertex_normals
from volio.surfaces.contents import SurfaceContents
from volio.surfaces.single_file import BareMesh

__all__ = ["BrainVisaMesh", "MeshStep"]

#: What the file says of textures, which are in files of their own.
NO_TEXTURE = "VOID"
SEGMENTS = 2
#: Corners of polygons that programs know.
CORNERS = (3, 4)


class MeshStep(NamedTuple):
    """The mesh at one time.

    Attributes
    ----------
    instant : int
        Number of the time.
    vertices : array of float32, shape (V, 3)
    faces : array of int32, shape (F, 3)
    """

    instant: int
    vertices: NDArray[Any]
    faces: NDArray[np.int32]


class BrainVisaMesh(BareMesh):
    """A surface of BrainVISA: vertices and faces, at one time or several.

    `vertices` and `faces` are those of the first time. Quadrangles are cut into triangles, with a
    warning; normals follow from the mesh. Where vertices are is stated in the ``.minf`` next to the
    file, if anywhere, which is not read.

    Parameters
    ----------
    *args, **kwargs
        As for `Surface`.

    Attributes
    ----------
    instant : int
        Number of the first time.
    further : tuple of MeshStep
        The mesh at the times after the first.

    Examples
    --------
    >>> surf = volio.Surface([[0, 0, 0], [1, 0, 0], [0, 1, 0]], [[0, 1, 2]])
    >>> volio.save(surf, "one.mesh")
    >>> volio.load("one.mesh").faces.tolist()
    [[0, 1, 2]]
    """

    files_types = (("image", ".mesh"),)
    title = "a mesh of BrainVISA"

    def _set_file_defaults(self) -> None:
        self.instant = 0
        self.further: tuple[MeshStep, ...] = ()

    @property
    def steps(self) -> tuple[MeshStep, ...]:
        """The mesh at each time, the first included."""
        first = MeshStep(self.instant, self._needed_vertices(), self._written_faces())
        return (first, *self.further)

    @classmethod
    def _read(cls, source: ByteSource, holder: FileHolder) -> Self:
        fields = open_fields(source)
        texture = fields.word("the type of texture")
        if texture != NO_TEXTURE:
            raise HeaderDataError(f"has a texture of type {texture[:20]!r}, and is not a mesh")
        corners = fields.integer("corners of a polygon")
        if corners == SEGMENTS:
            raise HeaderDataError("is of segments (polygons of two corners), and not a surface")
        if corners not in CORNERS:
            raise HeaderDataError(f"polygons must have 3 or 4 corners, got {corners}")
        count = fields.integer("the number of times")
        if not count:
            raise HeaderDataError("has a mesh at no time")
        instants: dict[int, None] = {}
        steps = [_read_step(fields, corners, instants) for _ in range(count)]
        fields.check_end()
        made = cls(steps[0].vertices, steps[0].faces)
        made.instant = steps[0].instant
        made.further = tuple(steps[1:])
        return made

    def contents(self) -> SurfaceContents:
        """Return all that can be handed to another class of surfaces, and what cannot."""
        held = super().contents()
        if not self.further:
            return held
        return replace(held, only_here=(f"the mesh at {len(self.further)} further times",))

    def copy(self) -> Self:
        """Return a copy with vertices and faces of its own; it has no file."""
        made = super().copy()
        made.further = tuple(
            MeshStep(step.instant, step.vertices.copy(), step.faces.copy()) for step in self.further
        )
        return made

    def _pieces(self) -> Iterable[bytes]:
        """Return the file, in little-endian binary."""
        steps = self.steps
        yield LITTLE_ENDIAN + packed_word(NO_TEXTURE)
        yield _packed(3, len(steps))
        for step in steps:
            vertices = step.vertices.astype("<f4")
            normals = np.nan_to_num(vertex_normals(vertices, step.faces)).astype("<f4")
            yield _packed(step.instant, len(vertices)) + vertices.tobytes()
            yield _packed(len(normals)) + normals.tobytes()
            yield _packed(0, len(step.faces)) + step.faces.astype("<u4").tobytes()


def _packed(*numbers: int) -> bytes:
    return np.array(numbers, "<u4").tobytes()


def _read_step(fields: FieldReader, corners: int, instants: dict[int, None]) -> MeshStep:
    """Read the mesh at one time."""
    instant = distinct_instant(fields, instants)
    count = fields.integer("the number of vertices")
    vertices = fields.array("f4", (count, 3), "vertices")
    normals = fields.integer("the number of normals")
    if normals not in (0, count):
        raise HeaderDataError(f"{count} vertices must have as many normals or none, got {normals}")
    fields.array("f4", (normals, 3), "normals")
    if textures := fields.integer("the number of textures"):
        raise HeaderDataError(f"{textures} textures in a mesh, which has none")
    polygons = fields.integer("the number of polygons")
    numbers = fields.array("u4", (polygons, corners), "polygons").astype(np.int64)
    counts = np.full(polygons, corners, np.int64)
    return MeshStep(instant, vertices, faces_of_polygons(numbers.ravel(), counts, count))
