"""What FreeSurfer writes behind the footer: tags, of which command lines are the history."""

from __future__ import annotations

import struct

__all__ = ["split_tags", "tag_of_line"]

TAG_COMMAND = 3  # a command line: int32 tag, int64 length, text


def tag_of_line(line: str) -> bytes:
    """Return the tag that holds a line of the history."""
    text = line.encode() + b"\0"
    return struct.pack(">iq", TAG_COMMAND, len(text)) + text


def split_tags(tags: bytes) -> tuple[list[str], bytes]:
    """Return the command lines at the end of the tags, and the tags without them.

    Lengths of some older tags are not stated, so only tags from a command line on are read.
    """
    lines: list[str] = []
    head = struct.pack(">i", TAG_COMMAND)
    start = tags.find(head)
    while start >= 0:
        at, lines = start, []
        while tags[at : at + 4] == head and len(tags) >= at + 12:
            (length,) = struct.unpack_from(">q", tags, at + 4)
            if not 0 <= length <= len(tags) - at - 12:
                break
            lines.append(tags[at + 12 : at + 12 + length].rstrip(b"\0").decode("utf-8", "replace"))
            at += 12 + length
        if at == len(tags):
            return lines, tags[:start]
        start = tags.find(head, start + 1)
    return [], tags
