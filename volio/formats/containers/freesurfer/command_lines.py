"""Command lines among FreeSurfer's tags, which are the history of an MGH file."""

from __future__ import annotations

import struct

__all__ = ["split_tags", "tag_of_line"]

#: Before a command line: int32 tag 3, then the int64 length of the text with its final zero.
COMMAND = struct.pack(">i", 3)
HEAD = 12


def tag_of_line(line: str) -> bytes:
    """Return the tag that holds a line of the history."""
    text = line.encode("utf-8", "surrogateescape") + b"\0"
    return COMMAND + struct.pack(">q", len(text)) + text


def split_tags(tags: bytes) -> tuple[list[str], bytes]:
    """Return the command lines at the end of the tags, and the tags without them.

    Lengths of some older tags are not stated, so tags can only be followed from a command line on.
    """
    ends = _ends_of_lines(tags)
    first = min(ends, default=len(tags))
    lines = []
    start = first
    while start in ends:
        text = tags[start + HEAD : ends[start]].rstrip(b"\0")
        lines.append(text.decode("utf-8", "surrogateescape"))
        start = ends[start]
    return lines, tags[:first]


def _ends_of_lines(tags: bytes) -> dict[int, int]:
    """Return the end of each command line that only command lines follow, by its start."""
    ends: dict[int, int] = {}
    start = tags.rfind(COMMAND)
    while start >= 0:
        length = int.from_bytes(tags[start + len(COMMAND) : start + HEAD], "big")
        end = start + HEAD + length
        if end == len(tags) or end in ends:
            ends[start] = end
        start = tags.rfind(COMMAND, 0, start)
    return ends
