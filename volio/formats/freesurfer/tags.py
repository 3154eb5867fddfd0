"""What follows the faces of a FreeSurfer surface: tags, one of which is the volume's geometry."""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np

from volio.errors import AffineError, TruncatedFileError
from volio.formats.containers.freesurfer.numbers import packed
from volio.numerals import parse_float
from volio.space.volume_geometry import VolumeGeometry

__all__ = ["Tags", "pack_tags", "parse_tags", "parse_volume_text", "volume_text"]

#: Tags: command lines that made the surface, whether coordinates are the scanner's, the volume.
COMMAND = 3
REAL_RAS = 2
VOLUME = 20

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
    """

    is_scanner: bool = False
    texts: dict[str, str] = {}
    commands: tuple[str, ...] = ()

    @property
    def geometry(self) -> VolumeGeometry | None:
        """The geometry of the volume; None where it is not stated, or not valid."""
        return _geometry(self.texts)


def parse_tags(data: bytes) -> Tags:
    """Return what tags say; of an unknown tag, and what follows it, nothing is known.

    Raises
    ------
    TruncatedFileError
        If a tag is cut.
    """
    is_scanner = False
    texts: dict[str, str] = {}
    commands: list[str] = []
    offset = 0
    while offset < len(data):
        tag = _integer(data, offset, 4)
        offset += 4
        if tag == REAL_RAS:
            is_scanner = _integer(data, offset, 4) == 1
            offset += 4
        elif tag == VOLUME:
            texts, length = parse_volume_text(data[offset:])
            offset += length
        elif tag == COMMAND:
            length = _integer(data, offset, 8)
            offset += 8
            if not 0 <= length <= len(data) - offset:
                raise TruncatedFileError(
                    f"a command line of {length} bytes, the file has {len(data) - offset}"
                )
            text = data[offset : offset + length].rstrip(b"\0")
            commands.append(text.decode("utf-8", "surrogateescape"))
            offset += length
        else:
            break
    return Tags(is_scanner, texts, tuple(commands))


def _integer(data: bytes, offset: int, size: int) -> int:
    if offset + size > len(data):
        raise TruncatedFileError("a tag after the faces is cut")
    return int.from_bytes(data[offset : offset + size], "big", signed=True)


def parse_volume_text(data: bytes) -> tuple[dict[str, str], int]:
    """Return the lines about the volume by name, and the bytes that they take.

    Raises
    ------
    TruncatedFileError
        If the file ends before the last of them.
    """
    texts: dict[str, str] = {}
    offset = 0
    for name in NAMES:
        line = LINE.match(data, offset)
        if line is None and b"\n" not in data[offset:]:
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


def pack_tags(is_scanner: bool, geometry: VolumeGeometry | None) -> bytes:
    """Return tags that state the space of coordinates, and the volume where it is known."""
    data = packed(REAL_RAS, int(is_scanner))
    if geometry is not None:
        data += packed(VOLUME) + volume_text(geometry)
    return data
