"""Signatures of tracts: how well a file fits each format."""

from __future__ import annotations

import struct

from volio.files.names import split_ending
from volio.formats.containers.vtk.kinds import has_lines_alone
from volio.formats.peek import Peek
from volio.formats.signatures import MAGIC, SURE

__all__ = ["dsi_studio", "has_tracts", "tinytrack", "trackvis", "trx", "vtk_lines"]

#: The size of a header of TrackVis, its last field, in both byte orders.
SIZES = struct.pack("<i", 1000), struct.pack(">i", 1000)
SIZE_AT = 996
TRACTS_GROUP = b"streamlines"
#: The name of the first variable of DSI Studio's files.
DIMENSION = b"\0dimension\0"
#: Those that files of tracts have before their lines, and files of volumes do not.
OF_LINES = (
    b"\0track\0",
    b"\0cluster\0",
    b"\0color\0",
    b"\0parameter_id\0",
    b"\0trans_to_mni\0",
)
SIZES_OF_VOXELS = b"\0voxel_size\0"
#: The first byte of a matrix, little-endian: the kind of its numbers, or of its text.
KINDS = (b"\0", b"\n", b"\x14", b"\x1e", b"\x28", b"\x32", b"\x33")


def trackvis(peek: Peek) -> int:
    """Score a header of TrackVis: its first word, and its size at its end."""
    if not peek.head.startswith(b"TRACK"):
        return 0
    if peek.head.startswith(SIZES, SIZE_AT):
        return MAGIC
    return SURE if peek.head.startswith(b"TRACK\0") else 0


def tinytrack(peek: Peek) -> int:
    """Score variables of MATLAB that begin with a grid, as of lines and of fibres.

    Lines follow colours and clusters, which may be longer than what is looked at.
    """
    # The first number says how the grid is stored: 0 and 20 are float64 and int32.
    if peek.head[:4] not in (bytes(4), b"\x14\0\0\0") or DIMENSION not in peek.head[:40]:
        return 0
    has_lines = any(name in peek.head for name in (b"\0track\0", b"\0cluster\0", b"\0color\0"))
    return MAGIC if has_lines or b"\0parameter_id\0" in peek.head else 0


def dsi_studio(peek: Peek) -> int:
    """Score variables of MATLAB that begin with a grid, and are not of lines."""
    head = peek.head
    is_matrix = head[:1] in KINDS and head[1:4] == bytes(3)
    if not is_matrix or DIMENSION not in head or any(name in head for name in OF_LINES):
        return 0
    # Where MATLAB saved the file, names are in the order of the alphabet.
    is_named = split_ending(peek.name, (".fib", ".fz", ".src", ".sz"))[1] != ""
    return MAGIC if SIZES_OF_VOXELS in head or is_named else 0


def has_tracts(peek: Peek) -> bool:
    """Return whether an HDF5 file has the group that dipy's files have."""
    if TRACTS_GROUP in peek.head:  # where most files have the names of the root
        return True
    if not split_ending(peek.name, (".dpy",))[1]:
        return False  # others are not opened for it
    from volio.formats.containers.hdf5.file import open_hdf5  # most files are not HDF5

    with open_hdf5(peek.source) as opened:
        return TRACTS_GROUP in opened.file


def trx(peek: Peek) -> int:
    """Score a zip file or folder that has the header of TRX: it counts the lines.

    A damaged header is that of TRX where the name says so.
    """
    if peek.listing is None or "header.json" not in peek.listing:
        return 0
    counts_lines = b'"NB_STREAMLINES"' in peek.begin_of("header.json")
    is_named = split_ending(peek.name, (".trx",))[1] != ""
    return MAGIC if counts_lines or is_named else 0


def vtk_lines(peek: Peek) -> bool:
    """Return whether a file of VTK is of tracts: it has lines, and no faces."""
    return has_lines_alone(peek.source)
