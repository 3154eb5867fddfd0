"""FreeSurferSurface: vertices and faces of a hemisphere, as lh.pial."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

import numpy as np

from volio.errors import HeaderDataError, SaveError
from volio.files.filemap import FileHolder
from volio.files.sources.source import ByteSource
from volio.formats.containers.freesurfer.numbers import NumberReader, packed
from volio.formats.freesurfer.names import structure_of
from volio.formats.freesurfer.quads import read_new_quads, read_old_quads
from volio.formats.freesurfer.tags import Tags, pack_tags, parse_tags
from volio.surfaces.contents import SurfaceContents
from volio.surfaces.conversion import in_own_space
from volio.surfaces.single_file import StatedSpaceSurface
from volio.surfaces.stored_values import stored_as

__all__ = ["STAMP", "FreeSurferSurface"]

TRIANGLES = b"\xff\xff\xfe"
NEW_QUADS = b"\xff\xff\xfd"
OLD_QUADS = b"\xff\xff\xff"

SPACES = ("scanner", "tkras")
STAMP = "created by volio"
#: Bytes of the line that says who made a surface.
LONGEST_STAMP = 4096
USUAL_STAMP = 512
#: Bytes after the faces: command lines of long pipelines take some kilobytes.
MOST_TAGS = 16 << 20


class FreeSurferSurface(StatedSpaceSurface):
    """A surface of FreeSurfer: triangles, or quadrangles, which are read as two triangles each.

    Vertices are in FreeSurfer's surface RAS ('tkras') unless the file says that they are the
    scanner's; the geometry of the volume follows the faces. What follows them is written again as
    it is, as long as space and geometry stay what they are; of tags that are known, those that say
    nothing of positions stay in any case.

    Parameters
    ----------
    *args, **kwargs
        As for `Surface`.

    Attributes
    ----------
    stamp : str
        Who made the file.
    commands : tuple of str
        Command lines that made the surface, oldest first.

    Examples
    --------
    >>> corners = [[0, 0, 0], [1, 0, 0], [0, 1, 0]]
    >>> surf = volio.Surface(corners, [[0, 1, 2]], space="tkras", structure="cortex_left")
    >>> volio.save(surf, "lh.white")
    >>> found = volio.load("lh.white")
    >>> found.space, found.structure, found.stamp
    ('tkras', 'cortex_left', 'created by volio')
    """

    files_types = (("image", ""),)
    _named_structure = staticmethod(structure_of)

    def _set_file_defaults(self) -> None:
        self.stamp = STAMP
        self._tags = Tags()
        self._tag_bytes: bytes | None = None

    @property
    def commands(self) -> tuple[str, ...]:
        """Command lines that made the surface, oldest first."""
        return self._tags.commands

    @property
    def tags(self) -> Tags:
        """What the file says after the faces."""
        return self._tags

    def set_tags(self, data: bytes) -> None:
        """Set what follows the faces, and with it the space and the geometry."""
        self._tags = parse_tags(data)
        self._tag_bytes = data
        self.space = "scanner" if self._tags.is_scanner else "tkras"
        self.geometry = self._tags.geometry

    @classmethod
    def _read(cls, source: ByteSource, holder: FileHolder) -> Self:
        reader = NumberReader(source)
        magic = reader.raw(3, "the magic number")
        if magic == TRIANGLES:
            made = cls._read_triangles(reader)
        elif magic == NEW_QUADS:
            made = cls(*read_new_quads(reader), space="tkras")
        elif magic == OLD_QUADS:
            made = cls(*read_old_quads(reader), space="tkras")
        else:
            raise HeaderDataError(f"begins with {magic!r}, not as FreeSurfer's surfaces do")
        made.structure = structure_of(holder)
        return made

    @classmethod
    def _read_triangles(cls, reader: NumberReader) -> Self:
        stamp = _read_stamp(reader)
        vertices, faces = (int(count) for count in reader.array(">i4", (2,), "vertices and faces"))
        reader.check_array(">f4", (vertices, 3), "vertices")
        reader.check_array(">i4", (faces, 3), "faces")
        # Numbers of four bytes follow each other: they are read and swapped as one block.
        block = reader.array(">i4", (vertices + faces, 3), "faces")
        made = cls(block[:vertices].view(np.float32), block[vertices:])
        made.stamp = stamp
        made.set_tags(reader.rest(MOST_TAGS))
        return made

    @classmethod
    def from_contents(cls, contents: SurfaceContents) -> Self:
        """Return a surface of FreeSurfer with the mesh of some contents.

        Vertices in a space that FreeSurfer does not have are moved to the scanner's or to tkRAS,
        where something says how.

        Raises
        ------
        SaveError
            If there is no mesh.

        Warns
        -----
        GeometryWarning
            If vertices are moved.
        """
        contents = in_own_space(contents, SPACES, cls.__name__)
        if contents.vertices is None or contents.faces is None:
            raise SaveError("FreeSurfer's surfaces have vertices and faces; this has only values")
        return cls(
            stored_as(contents.vertices, np.dtype(np.float32), "vertices"),
            contents.faces,
            space=contents.space if contents.space == "scanner" else "tkras",
            structure=contents.structure,
            geometry=contents.geometry,
        )

    def _pieces(self) -> Iterable[bytes]:
        """Return the file, with triangles."""
        vertices = self._needed_vertices()
        faces = self._written_faces()
        yield TRIANGLES + self.stamp.encode("utf-8", "surrogateescape") + b"\n\n"
        yield packed(len(vertices), len(faces))
        yield vertices.astype(">f4").tobytes()
        yield faces.astype(">i4").tobytes()
        yield self._written_tags()

    def _written_tags(self) -> bytes:
        """Return what follows the faces: as it was read, as far as that is still true."""
        was = ("scanner" if self._tags.is_scanner else "tkras", self._tags.geometry)
        if self._tag_bytes is not None and was == (self.space, self.geometry):
            return self._tag_bytes
        return pack_tags(self.space == "scanner", self.geometry, self._tags.others)


def _read_stamp(reader: NumberReader) -> str:
    """Read the line that says who made a file, and the empty line that mostly follows it."""
    begin = reader.ahead(USUAL_STAMP)  # which was read already, to recognise the file
    end = begin.find(b"\n", 0, USUAL_STAMP - 1)  # and the byte after it
    if end < 0:
        begin = reader.ahead(LONGEST_STAMP)
        end = begin.find(b"\n")
    if end < 0:
        raise HeaderDataError(f"no end of the first line within {LONGEST_STAMP} bytes")
    stamp = begin[:end].decode("utf-8", "surrogateescape")
    # A number of vertices that begins with a line feed would be over 160 million.
    reader.offset += end + 1 + (begin[end + 1 : end + 2] == b"\n")
    return stamp
