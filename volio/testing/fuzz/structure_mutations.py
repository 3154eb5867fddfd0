"""Damage that knows what files are made of: fields, lengths, offsets, texts inside each other."""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from random import Random

__all__ = ["HEAD", "STRUCTURE_MUTATIONS", "piece_of", "place_in"]

HEAD = 2000  # where most headers are
TAIL = 600  # where directories of zip files and others are
MOST_FIELD = 8

#: What opens a list, an object or an element; one inside the other, as often as it is repeated.
OPENINGS = (b"[", b'{"a":', b"<a>", b"(", b"{", b"<a b='")
LEVELS = (3, 65, 1001, 30000)

#: Bytes that are not text, or text that shows as something else.
NO_TEXT = (
    b"\xe9", b"\xff\xfe", b"\0", b"\x1b[31m", b"\xc0\xaf", b"\xed\xb3\xa9", b"\xe2\x80\xae",
    b"\r", b"\x85", b"\\", b"%s", b"&#0;", b"&#xD800;", b"\\ud800", b"\xc2\xb2", b"\xef\xbc\x91",
)  # fmt: skip

ENTITIES = b'<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]>'
STATED = re.compile(rb'"[^"\n]{1,40}"\s*:\s*[^,{}\[\]\n]+|[\w:]+="[^"\n]*"|[^\n=]{1,40}=[^\n]*')


def place_in(data: bytes, random: Random) -> int:
    """Return a place in a file, in its beginning as a rule, and now and then near its end."""
    where = random.random()
    if not data:
        return 0
    if where < 0.2:
        return random.randrange(len(data))
    if where < 0.3:
        return len(data) - 1 - random.randrange(min(len(data), TAIL))
    return random.randrange(min(len(data), HEAD))


def piece_of(data: bytes, random: Random) -> tuple[int, int]:
    """Return the ends of a piece of a file."""
    start = place_in(data, random)
    return start, start + random.choice([1, 2, 4, 16, 100, 1000])


def transplant(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    """Take a piece of another file of the format that has the same place there."""
    start, stop = piece_of(data, random)
    return data[:start] + random.choice(others)[start:stop].ljust(stop - start, b"\0") + data[stop:]


def copy(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    """Copy a field over another one, so that two name or point to the same."""
    size = random.choice([1, 2, 4, 8, 8, 16])
    source = place_in(data, random)
    target = place_in(data, random) & ~(min(size, MOST_FIELD) - 1)
    field = data[source : source + size]
    return data[:target] + field + data[target + len(field) :]


def nudge(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    """Make a number a little larger or smaller, or twice as large."""
    code, size = random.choice([("h", 2), ("i", 4), ("i", 4), ("q", 8)])
    at = place_in(data, random) & ~(size - 1)
    if at + size > len(data):
        return data
    form = random.choice("<>") + code
    (value,) = struct.unpack_from(form, data, at)
    changed = random.choice([value + 1, value - 1, value + size, 2 * value, -value, ~value])
    limit = 1 << (8 * size - 1)
    field = struct.pack(form, (changed + limit) % (2 * limit) - limit)
    return data[:at] + field + data[at + size :]


def point(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    """Set a field to a place in the file: its own, another one, the end, or just beyond it."""
    size, code = random.choice([(4, "I"), (8, "Q")])
    at = place_in(data, random) & ~3
    length = len(data)
    places = [at, place_in(data, random), length, length - 1, length + 1, length - at, 0]
    field = struct.pack(random.choice("<>") + code, max(0, random.choice(places)))
    return data[:at] + field + data[at + size :]


def nest(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    """Open lists, objects or elements, one inside the other."""
    at = place_in(data, random)
    return data[:at] + random.choice(OPENINGS) * random.choice(LEVELS) + data[at:]


def entity(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    """Declare entities of XML before the first element, and use one in a text."""
    begin = max(0, data.find(b"?>") + 2)
    at = data.find(b">", begin + random.randrange(200))
    if at < 0:
        at = place_in(data, random)
        return data[:at] + ENTITIES + data[at:]
    return data[:begin] + ENTITIES + data[begin : at + 1] + b"&c;" + data[at + 1 :]


def state_twice(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    """State a key, an attribute or a field twice, perhaps with another value."""
    found = list(STATED.finditer(data[: 4 * HEAD]))
    if not found:
        return copy(data, random, others)
    stated = random.choice(found)
    between = random.choice([b",", b" ", b"\n"])
    again = random.choice(found)[0] if random.random() < 0.3 else stated[0]
    return data[: stated.end()] + between + again + data[stated.end() :]


def no_text(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    """Put bytes that are not text, or mislead, into a word."""
    words = list(re.finditer(rb"[A-Za-z]{3,}", data[: 8 * HEAD]))
    at = random.choice(words).start() + 1 if words else place_in(data, random)
    over = random.choice([0, 1, 2])
    return data[:at] + random.choice(NO_TEXT) + data[at + over :]


#: Every way to damage what bytes mean.
STRUCTURE_MUTATIONS = (
    transplant, transplant, copy, nudge, nudge, nudge, point, nest, entity, state_twice, no_text,
    no_text,
)  # fmt: skip
