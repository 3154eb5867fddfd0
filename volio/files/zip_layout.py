"""Where the members of a zip file will be, known before their bytes are.

Data begin at multiples of 64 bytes, so that they can be mapped as arrays. The extra field that
fills the gap is as long in the header before the data as in the directory: some readers take the
length of one for that of the other.

Source: APPNOTE.TXT, .ZIP File Format Specification, https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from zipfile import ZIP_DEFLATED, ZIP_STORED

__all__ = ["PlannedMember", "ZipLayout"]

ALIGNMENT = 64
MOST_32 = 0xFFFFFFFF
MOST_16 = 0xFFFF

LOCAL = struct.Struct("<4s5H3L2H")
CENTRAL = struct.Struct("<4s6H3L5H2L")
END = struct.Struct("<4s4H2LH")
END_64 = struct.Struct("<4sQ2H2L4Q")
LOCATOR = struct.Struct("<4sLQL")

#: Version of the format, times ten, that a reader needs for deflate and folders.
VERSION = 20
#: The same for 64-bit sizes.
VERSION_64 = 45
UTF_8 = 1 << 11  # bit of the flags
# 1980-01-01 00:00, the first moment that a zip file can state: files of one content are equal.
TIME = 0
DATE = 1 << 5 | 1  # years since 1980 << 9, month << 5, day
#: Permissions of a file that its owner may write, in the upper half, as on Unix.
ATTRIBUTES = 0o100644 << 16
MADE_BY_UNIX = 3 << 8

#: Identifier of an extra field with 64-bit sizes.
SIZES_64 = 0x0001
#: Identifier of an extra field that aligns data, as Android's does.
ALIGNING = 0xD935
#: Bytes of the largest field of sizes: identifier, length, two sizes and an offset.
ROOM_64 = 4 + 24


class PlannedMember(NamedTuple):
    """A member that will be written.

    Attributes
    ----------
    name : str
    size : int
        Bytes of its data.
    stored : int
        Bytes that they take in the file.
    is_deflated : bool
    """

    name: str
    size: int
    stored: int
    is_deflated: bool = False


class ZipLayout:
    """Places of the members of a zip file.

    Parameters
    ----------
    members : sequence of PlannedMember

    Attributes
    ----------
    begins : dict of str to int
        Byte at which the data of each member begin.
    end : int
        Byte at which the directory begins.
    """

    def __init__(self, members: Sequence[PlannedMember]) -> None:
        self.members = {member.name: member for member in members}
        self.begins: dict[str, int] = {}
        self._headers: dict[str, int] = {}
        place = 0
        for member in members:
            # Room for the sizes of the directory's extra field, which is as long.
            least = place + LOCAL.size + len(member.name.encode()) + ROOM_64 + 6
            begin = -(-least // ALIGNMENT) * ALIGNMENT
            self._headers[member.name] = place
            self.begins[member.name] = begin
            place = begin + member.stored
        self.end = place

    def header(self, name: str, crc: int) -> tuple[int, bytes]:
        """Return where the header of a member is, and its bytes up to the data.

        Parameters
        ----------
        name : str
        crc : int
            CRC-32 of the data.
        """
        member = self.members[name]
        place = self._headers[name]
        encoded = name.encode()
        length = self.begins[name] - place - LOCAL.size - len(encoded)
        is_large = max(member.size, member.stored) >= MOST_32
        sizes = [member.size, member.stored] if is_large else []
        fields = LOCAL.pack(
            b"PK\x03\x04",
            VERSION_64 if is_large else VERSION,
            _flags(name),
            ZIP_DEFLATED if member.is_deflated else ZIP_STORED,
            TIME,
            DATE,
            crc,
            MOST_32 if is_large else member.stored,
            MOST_32 if is_large else member.size,
            len(encoded),
            length,
        )
        return place, fields + encoded + _extra(sizes, length)

    def directory(self, checksums: Mapping[str, int]) -> bytes:
        """Return the bytes from `end` on.

        Parameters
        ----------
        checksums : mapping of str to int
            CRC-32 of the data of each member.
        """
        entries = b"".join(self._entry(name, checksums[name]) for name in self.members)
        count = len(self.members)
        is_large = count >= MOST_16 or max(self.end, len(entries)) >= MOST_32
        last = b""
        if is_large:
            versions = (MADE_BY_UNIX | VERSION_64, VERSION_64)
            size = END_64.size - 12  # of what follows the field itself
            numbers = (count, count, len(entries), self.end)
            last += END_64.pack(b"PK\x06\x06", size, *versions, 0, 0, *numbers)
            last += LOCATOR.pack(b"PK\x06\x07", 0, self.end + len(entries), 1)
        shown = (MOST_16, MOST_16, MOST_32, MOST_32) if is_large else None
        numbers_32 = shown or (count, count, len(entries), self.end)
        last += END.pack(b"PK\x05\x06", 0, 0, *numbers_32, 0)
        return entries + last

    def _entry(self, name: str, crc: int) -> bytes:
        member = self.members[name]
        place = self._headers[name]
        encoded = name.encode()
        length = self.begins[name] - place - LOCAL.size - len(encoded)
        is_large = max(member.size, member.stored) >= MOST_32
        is_far = place >= MOST_32
        # In this order, and only those that the fields have no room for.
        sizes = [member.size, member.stored] if is_large else []
        if is_far:
            sizes.append(place)
        fields = CENTRAL.pack(
            b"PK\x01\x02",
            MADE_BY_UNIX | VERSION_64,
            VERSION_64 if sizes else VERSION,
            _flags(name),
            ZIP_DEFLATED if member.is_deflated else ZIP_STORED,
            TIME,
            DATE,
            crc,
            MOST_32 if is_large else member.stored,
            MOST_32 if is_large else member.size,
            len(encoded),
            length,
            0,  # comment
            0,  # disk
            0,  # not text
            ATTRIBUTES,
            MOST_32 if is_far else place,
        )
        return fields + encoded + _extra(sizes, length)


def _flags(name: str) -> int:
    return 0 if name.isascii() else UTF_8


def _extra(sizes: Sequence[int], length: int) -> bytes:
    """Return an extra field of some length: 64-bit sizes, and zeros that align the data."""
    first = b""
    if sizes:
        first = struct.pack(f"<2H{len(sizes)}Q", SIZES_64, 8 * len(sizes), *sizes)
    rest = length - len(first) - 4  # after identifier and length
    return first + struct.pack("<3H", ALIGNING, rest, ALIGNMENT) + bytes(rest - 2)
