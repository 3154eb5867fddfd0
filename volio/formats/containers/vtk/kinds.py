"""Which cells a file of VTK has, seen without reading their numbers."""

from __future__ import annotations

import re

from volio.files.sources.source import ByteSource

__all__ = ["has_lines_alone"]

WINDOW = 4096
#: Most bytes of a text that are looked through.
LARGEST = 1 << 30
POINTS = re.compile(rb"\n[ \t]*POINTS[ \t]+(\d{1,18})[ \t]+(\w+)[ \t]*\r?\n", re.IGNORECASE)
HEAD = re.compile(rb"# vtk DataFile Version (\d+)\.\d+[^\n]*\n[^\n]*\n\s*(\w+)", re.IGNORECASE)
BLOCK = re.compile(rb"\s*(\w+)(?:[ \t]+(\d{1,18})[ \t]+(\d{1,18}))?[^\n]*\n")
#: A line that says the type of numbers of cells, since version 5.
TYPED = re.compile(rb"\s*\w+[ \t]+vtktypeint(32|64)[ \t]*\r?\n", re.IGNORECASE)
LINES = re.compile(rb"\n[ \t]*LINES[ \t]+[0-9]", re.IGNORECASE)
FACES = re.compile(rb"\n[ \t]*(?:POLYGONS|TRIANGLE_STRIPS)[ \t]+[1-9]", re.IGNORECASE)
FACE_BLOCKS = (b"POLYGONS", b"TRIANGLE_STRIPS")
#: Bytes of a coordinate.
SIZES = {b"float": 4, b"double": 8, b"int": 4, b"long": 8, b"short": 2}
XML_COUNT = re.compile(rb"""NumberOf(Lines|Polys|Strips)\s*=\s*["']\s*([0-9]+)""")
#: Blocks that may stand before the faces.
BLOCKS = 8


def has_lines_alone(source: ByteSource) -> bool:
    """Return whether a file has lines, and neither polygons nor strips.

    Parameters
    ----------
    source : ByteSource
        A file of VTK in either format.
    """
    begin = bytes(source.head())
    found = HEAD.match(begin)
    if found is None:
        counts = XML_COUNT.findall(begin)
        there = {name for name, count in counts if int(count[:18])}
        return (there or {name for name, _ in counts}) == {b"Lines"}
    if found[2].upper() == b"BINARY":
        return _binary_has_lines_alone(source, begin, int(found[1]) >= 5)
    text = source.read_upto(0, min(LARGEST, source.usual_most()))
    return LINES.search(text) is not None and FACES.search(text) is None


def _binary_has_lines_alone(source: ByteSource, begin: bytes, has_offsets: bool) -> bool:
    """Go from block to block over their numbers."""
    points = POINTS.search(begin)
    if points is None or points[2].lower() not in SIZES:
        return False
    # Three coordinates of each point follow the line that announces them.
    offset = points.end() + 3 * int(points[1]) * SIZES[points[2].lower()]
    has_lines = False
    for _ in range(BLOCKS):
        window = bytes(source.read_upto(offset, WINDOW))
        block = BLOCK.match(window)
        kind = b"" if block is None else block[1].upper()
        if block is None or kind not in (b"METADATA", b"VERTICES", b"LINES"):
            break
        if kind == b"METADATA":  # a text that an empty line ends
            end = window.find(b"\n\n")
            if end < 0:
                break
            offset += end + 2
            continue
        has_lines = has_lines or kind == b"LINES"
        counts = (int(block[2] or 0), int(block[3] or 0))
        after_line = offset + block.end()
        if has_offsets:
            offset = _after_offsets(source, after_line, counts)
        else:  # the second count is of all numbers, of four bytes each
            offset = after_line + 4 * counts[1]
    has_faces = block is not None and kind in FACE_BLOCKS and int(block[2] or 0) > 0
    return has_lines and not has_faces


def _after_offsets(source: ByteSource, offset: int, counts: tuple[int, int]) -> int:
    """Return where offsets and corners end, of which each follows its type."""
    for count in counts:
        typed = TYPED.match(bytes(source.read_upto(offset, WINDOW)))
        if typed is None:
            return offset
        # The type is that of integers of so many bits.
        offset += typed.end() + count * int(typed[1]) // 8
    return offset
