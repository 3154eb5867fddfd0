"""What follows the faces of a FreeSurfer surface: tags, one of which is the volume's geometry.

Source: include/tags.h, utils/tags.cpp and utils/mrisurf_io.cpp of
https://github.com/freesurfer/freesurfer
"""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np

from volio.errors import AffineError, TruncatedFileError
from volio.formats.containers.freesurfer.numbers import packed
from volio.formats.containers.freesurfer.tags import REAL_RAS, tags_in
from volio.numerals import parse_float
from volio.space.volume_geometry import VolumeGeometry

__all__ = ["Tags", "pack_tags", "parse_tags", "parse_volume_text", "volume_text"]

#: Command lines that made the surface.
COMMAND = 3
#: Whether coordinates are the scanner's, with a length, which `REAL_RAS` does not have.
SIZED_REAL_RAS = 4
#: The volume, as text that has no length.
VOLUME = 20
#: Tags that say where coordinates are: the volume, the space, and a matrix to another space.
POSITION = (REAL_RAS, SIZED_REAL_RAS, VOLUME, 21, 22, 23, 24)

#: The lines of the text about the volume, in order.
LINE = re.compile(rb"\s*(valid|filename|volume|voxelsize|[xyzc]ras)[ \t]*=([^\n]*)\n")
NAMES = ("valid", "filename", "volume", "voxelsize", "xras", "yras", "zras", "cras")


class Tags(NamedTuple):
    """What the tags of a file say.

    Attributes
    ----------
    is_scanner : bool
        Whether coordinates are those of the scanner, not FreeSurfer's surface RAS.
    texts : dict of str to str
        The lines about the volume, by name; empty where there are none.
    commands : tuple of str
        Command lines that made the surface.
    others : bytes
        The tags that say nothing of positions, command lines among them, as they are.
    """

    is_scanner: bool = False
    texts: dict[str, str] = {}
    commands: tuple[str, ...] = ()
    others: bytes = b""

    @property
    def geometry(self) -> VolumeGeometry | None:
        """The geometry of the volume; None where it is not stated, or not valid."""
        return _geometry(self.texts)


def parse_tags(data: bytes) -> Tags:
    """Return what tags say; tags that are not known are gone past, as far as their ends are known.

    Raises
    ------
    TruncatedFileError
        If a tag is cut.
    """
    is_scanner = False
    texts: dict[str, str] = {}
    commands: list[str] = []
    others: list[bytes] = []
    start = 0
    while start < len(data):
        number = _integer(data, start, 4)
        content, end = _extent(data, start, number)
        if end == start:
            break
        if number in (REAL_RAS, SIZED_REAL_RAS):
            is_scanner = int.from_bytes(data[content:end], "big") == 1
        elif number == VOLUME:
            texts = parse_volume_text(data, content)[0]
        elif number == COMMAND:
            text = data[content:end].rstrip(b"\0")
            commands.append(text.decode("utf-8", "surrogateescape"))
        if number not in POSITION:
            others.append(data[start:end])
        start = end
    return Tags(is_scanner, texts, tuple(commands), b"".join(others))


def _extent(data: bytes, start: int, number: int) -> tuple[int, int]:
    """Return where the content of a tag begins and ends; `start` for an end that is not known."""
    content = start + 4
    if number == REAL_RAS:
        _integer(data, content, 4)
        return content, content + 4
    if number == VOLUME:
        end = parse_volume_text(data, content)[1]
        return content, start if end == content else end
    if number == COMMAND:
        length = _integer(data, content, 8)
        content += 8
        if not 0 <= length <= len(data) - content:
            raise TruncatedFileError(
                f"a command line of {length} bytes, the file has {len(data) - content}"
            )
        return content, content + length
    tag = next(tags_in(data, start), None)
    return (content, start) if tag is None else (tag.content, tag.end)


def _integer(data: bytes, offset: int, size: int) -> int:
    if offset + size > len(data):
        raise TruncatedFileError("a tag after the faces is cut")
    return int.from_bytes(data[offset : offset + size], "big", signed=True)


def parse_volume_text(data: bytes, start: int) -> tuple[dict[str, str], int]:
    """Return the lines about the volume by name, and the byte after the last of them.

    Raises
    ------
    TruncatedFileError
        If the file ends before the last of them.
    """
    texts: dict[str, str] = {}
    offset = start
    for name in NAMES:
        line = LINE.match(data, offset)
        if line is None and data.find(b"\n", offset) < 0:
            raise TruncatedFileError(f"the text about the volume ends before {name!r}")
        if line is None or line[1].decode() != name:
            break
        texts[name] = line[2].decode("utf-8", "surrogateescape").strip()
        offset = line.end()
    return texts, offset


def _geometry(texts: dict[str, str]) -> VolumeGeometry | None:
    """Return the geometry that lines state, where they are valid and complete."""
    if not texts.get("valid", "").startswith("1") or set(NAMES) - set(texts):
        return None
    try:
        numbers = {name: [parse_float(word) for word in texts[name].split()] for name in NAMES[2:]}
        directions = np.array([numbers["xras"], numbers["yras"], numbers["zras"]]).T
        x, y, z = (int(length) for length in numbers["volume"])
        size_x, size_y, size_z = numbers["voxelsize"]
        c_r, c_a, c_s = numbers["cras"]
        rows = tuple((row[0], row[1], row[2]) for row in directions.tolist())
        return VolumeGeometry((x, y, z), (size_x, size_y, size_z), rows, (c_r, c_a, c_s))
    except (AffineError, ValueError, IndexError):
        return None


def volume_text(geometry: VolumeGeometry, filename: str = "") -> bytes:
    """Return the lines about a volume, as FreeSurfer writes them."""
    columns = np.array(geometry.directions).T
    rows = {
        "valid": "1  # volume info valid",
        "filename": filename,
        "volume": " ".join(str(length) for length in geometry.shape),
        "voxelsize": _numbers(geometry.voxel_sizes),
        "xras": _numbers(columns[0]),
        "yras": _numbers(columns[1]),
        "zras": _numbers(columns[2]),
        "cras": _numbers(geometry.centre),
    }
    lines = [f"{name:<6} = {text}\n" for name, text in rows.items()]
    return "".join(lines).encode("utf-8", "surrogateescape")


def _numbers(values: object) -> str:
    return " ".join(f"{value:.15e}" for value in np.asarray(values, float).tolist())


def pack_tags(is_scanner: bool, geometry: VolumeGeometry | None, others: bytes = b"") -> bytes:
    """Return tags that state the space of coordinates, the volume where it is known, and others."""
    data = packed(REAL_RAS, int(is_scanner))
    if geometry is not None:
        data += packed(VOLUME) + volume_text(geometry)
    return data + others
