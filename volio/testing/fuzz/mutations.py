"""Damaged files, made from good ones in ways that know what files are made of."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Sequence
from random import Random

from volio.files.codecs.table import CODECS
from volio.files.opener import open_source
from volio.testing.fuzz.structure_mutations import HEAD, STRUCTURE_MUTATIONS, piece_of, place_in

__all__ = ["MUTATIONS", "mutated", "unpacked"]

LINES = 80  # lines of most headers
MOST = 1 << 17  # bytes of a damaged file, before it is compressed

#: Numbers at the ends of what fields hold, and the odd ones between.
NUMBERS = [
    struct.pack(order + kind, value)
    for order in "<>"
    for kind, values in {
        "h": (-1, 0, 1, 7, 8, 32767, -32768),
        "i": (-1, 0, 348, 540, 2**31 - 1, -(2**31)),
        "q": (-1, 0, 2**32, 2**62, 2**63 - 1, -(2**63)),
        "f": (float("nan"), float("inf"), -0.0, 1e-45, 3e38, -1.0, 352.5),
        "d": (float("nan"), float("-inf"), 5e-324, 1e308, 4e9),
    }.items()
    for value in values
]

#: What may stand in a text where a number or a name is expected.
WORDS = (
    b"-1", b"0", b"1", b"99999999999999999999", b"2147483648", b"4294967296", b"1e308", b"-1e-320",
    b"nan", b"inf", b"", b" ", b"\0", b"\xff\xfe", b"0x10", b"1_0", b"../../etc/passwd",
    b"/dev/zero", b"%d%s%n", b"\xe2\x80\xae", b"<![CDATA[", b"&lol;", b"'", b'"', b"}", b"LIST",
    b"9" * 5000, b"0x" + b"f" * 5000, b"1e999", b"\xef\xbc\x91", b"\xc2\xb2", b"--5", b"ten",
    b"true", b"null", b"[]", b"{}", b"1.5", b"-9223372036854775809",
)  # fmt: skip

Mutation = Callable[[bytes, Random, Sequence[bytes]], bytes]


def unpacked(data: bytes) -> bytes:
    """Return the bytes of a good file, decompressed where they are compressed."""
    source = open_source(data)
    return source.read_upto(0, source.most())


def flip(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    """Flip a few bits."""
    damaged = bytearray(data)
    for _ in range(random.randint(1, 8) if data else 0):
        damaged[place_in(data, random)] ^= 1 << random.randrange(8)
    return bytes(damaged)


def cut(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    """End early."""
    return data[: place_in(data, random)]


def grow(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    """Add bytes after the end."""
    more = random.choice([b"\0", b"\xff", random.randbytes(16), data[:100]])
    return data + more * random.randint(1, 300)


def drop(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    """Leave a piece out."""
    start, stop = piece_of(data, random)
    return data[:start] + data[stop:]


def repeat(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    """Repeat a piece, perhaps many times."""
    start, stop = piece_of(data, random)
    times = random.choice([1, 2, 1000])
    return data[:stop] + data[start:stop] * times + data[stop:]


def fill(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    """Overwrite a piece with one value."""
    start, stop = piece_of(data, random)
    value = random.choice([b"\0", b"\xff", b"\x7f", b" "])
    return data[:start] + value * (stop - start) + data[stop:]


def splice(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    """Take a piece of another file."""
    start, stop = piece_of(data, random)
    other = random.choice(others) or b"\0"
    low, high = piece_of(other, random)
    return data[:start] + other[low:high] + data[stop:]


def number(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    """Set fields to unusual numbers, where fields are: at even offsets."""
    damaged = bytearray(data)
    for _ in range(random.randint(1, 3)):
        value = random.choice(NUMBERS)
        place = place_in(data, random) & ~1
        damaged[place : place + len(value)] = value
    return bytes(damaged)


def word(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    """Put another word where a number or a name stands in a text."""
    words = list(re.finditer(rb"[\w.+-]+", data[: 4 * HEAD]))
    if not words:
        return number(data, random, others)
    chosen = random.choice(words)
    return data[: chosen.start()] + random.choice(WORDS) + data[chosen.end() :]


def line(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    """Drop a line, repeat it, or put it elsewhere, within the first lines."""
    lines = data.split(b"\n")
    if len(lines) < 3:
        return drop(data, random, others)
    taken = lines.pop(random.randrange(min(len(lines), LINES)))
    for _ in range(random.choice([0, 1, 2, 500])):
        lines.insert(random.randrange(min(len(lines), LINES) + 1), taken)
    return b"\n".join(lines)


#: Every way to damage bytes, and what they mean.
MUTATIONS: tuple[Mutation, ...] = (
    flip, cut, grow, drop, repeat, fill, splice, number, number, number, word, word, word, line,
    *STRUCTURE_MUTATIONS,
)  # fmt: skip


def mutated(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    """Damage a file: what is in it, how it is compressed, or both.

    Parameters
    ----------
    data : bytes
        A good file, not compressed.
    random : Random
        Equal states give equal files.
    others : sequence of bytes
        Good files, to take pieces from.
    """
    damaged = data
    for _ in range(random.choice([0, 1, 1, 1, 2, 3])):
        damaged = _once(damaged, random, others)[:MOST]
    if random.random() < 0.5:
        return damaged
    packed = _packed(damaged, random)
    for _ in range(random.choice([0, 1, 2])):
        packed = _once(packed, random, others)
    return packed


def _once(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    """Damage bytes in one way."""
    mutation = random.choice(MUTATIONS)
    return mutation(data, random, others)


def _packed(data: bytes, random: Random) -> bytes:
    """Compress; now and then with 32 MiB of zeros after it."""
    compressor = random.choice(CODECS).compressor(1)
    packed = compressor.compress(memoryview(data))
    if random.random() < 0.02:
        for _ in range(32):
            packed += compressor.compress(memoryview(bytes(1 << 20)))
    return packed + compressor.flush()
