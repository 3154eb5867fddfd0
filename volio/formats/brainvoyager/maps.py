"""BrainVoyagerMaps: maps of values per vertex (.smp)."""

from __future__ import annotations

from typing import NamedTuple, Self

from volio.errors import HeaderDataError
from volio.files.filemap import FileHolder
from volio.files.sources.source import ByteSource
from volio.formats.brainvoyager.fields import Fields
from volio.surfaces.single_file import StatedSpaceSurface
from volio.surfaces.vertex_data import StoredVertexData, VertexArray, distinct_name

__all__ = ["BrainVoyagerMaps"]

VERSIONS = (2, 3, 4, 5)
#: The map that says at which delay a correlation is largest.
CROSS_CORRELATION = 3
MESH = "mesh"


class BrainVoyagerMaps(StatedSpaceSurface):
    """Maps of values per vertex of a surface of BrainVoyager, by name.

    What a file says of a map is in ``data.array(name).meta``: its type, threshold and degrees of
    freedom. ``meta["mesh"]`` is the surface that it was made for. Files are only read.

    Parameters
    ----------
    *args, **kwargs
        As for `Surface`.

    Examples
    --------
    >>> import struct
    >>> begin = struct.pack("<hih", 4, 3, 1) + b"lh.srf" + bytes(1)
    >>> about = struct.pack("<2iB2f4i", 1, 4, 0, 1.5, 8, 0, 17, 0, 0) + bytes(17)
    >>> values = b"faces" + bytes(1) + struct.pack("<3f", 1, 2, 3)
    >>> maps = volio.BrainVoyagerMaps.from_bytes(begin + about + values)
    >>> maps.data["faces"].tolist(), maps.data.array("faces").meta["threshold"]
    ([1.0, 2.0, 3.0], '1.5 8')
    """

    files_types = (("image", ".smp"),)
    makeable = False
    rw = False

    @classmethod
    def _read(cls, source: ByteSource, holder: FileHolder) -> Self:
        fields = Fields(source)
        version = fields.number("i2", "the version")
        if version not in VERSIONS:
            raise HeaderDataError(f"the version must be from 2 to 5, got {version}")
        vertices = fields.number("i4", "the number of vertices")
        count = fields.number("i2", "the number of maps")
        if count < 0:
            raise HeaderDataError(f"the number of maps must not be negative, got {count}")
        mesh = fields.text("the name of the surface")
        arrays: dict[str, VertexArray] = {}
        for number in range(count):
            about = _read_map(fields, version)
            name = distinct_name(about.name or f"map {number + 1}", arrays)
            values = fields.array("<f4", (vertices,), f"values of the map {name!r}")
            arrays[name] = VertexArray(name, values, meta=about.texts)
        fields.check_end()
        return cls(data=StoredVertexData(arrays.values()), meta={MESH: mesh} if mesh else {})


class _Map(NamedTuple):
    """What a file says of a map."""

    name: str
    texts: dict[str, str]


def _read_map(fields: Fields, version: int) -> _Map:
    """Read what stands before the values of a map."""
    kind = fields.number("i4", "the type of a map")
    if version >= 3 and kind == CROSS_CORRELATION:
        fields.array("<i4", (4,), "delays of a map")
    fields.number("i4", "the size of clusters")
    fields.number("u1", "whether clusters are limited")
    lowest, highest = fields.array("<f4", (2,), "thresholds of a map").tolist()
    if version >= 4:
        fields.number("i4", "what is above the threshold")
    first, second = fields.array("<i4", (2,), "degrees of freedom of a map").tolist()
    if version >= 5:
        fields.number("i4", "which signs are shown")
    fields.number("i4", "the correction of a map")
    # Red, green and blue of the lowest and highest values, since version 4 of negative ones, too.
    fields.raw(12 if version >= 4 else 6, "colours of a map")
    fields.number("u1", "whether a map has a table of colours")
    if version >= 5:
        fields.text("the table of colours of a map")
    fields.number("f4", "the opacity of a map")
    texts = {
        "type": str(kind),
        "threshold": f"{lowest:g} {highest:g}",
        "degrees of freedom": f"{first} {second}",
    }
    return _Map(fields.text("the name of a map"), texts)
