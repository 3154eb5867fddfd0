"""Images within strips and tiles (JPEG, JPEG 2000, PNG, WebP ...): their size, before decoding.

Decoders of bytes are handed the size of what they may give. Decoders of images take it from the
bytes: it is looked at here.
"""

from __future__ import annotations

import struct

__all__ = ["check_encoded"]

JPEG = (6, 7, 33007, 34892)
JPEG_2000 = (33003, 33004, 33005, 34712)
PNG = 34933
WEBP = (34927, 50001)
LERC = 34887
JPEG_XR = (22610, 34934)
JPEG_XL = (50002, 52546)

#: Decoders that need the size of what they give: none, CCITT, LZW, deflate, PackBits, LZMA,
#: zstd, PIXTIFF.
OF_BYTES = (1, 2, 3, 4, 5, 8, 32773, 32946, 34925, 34926, 50000, 50013)

#: Pixels that encoders add at the edges: blocks of JPEG are 32 by 32 at most.
SLACK = 4
SMALLEST = 4096


def check_encoded(data: bytes, compression: int, size: int) -> None:
    """Refuse a strip or tile that would decode to far more than it may hold.

    Parameters
    ----------
    data : bytes
        As they are stored.
    compression : int
        Its code in TIFF.
    size : int
        Values that it may hold.

    Raises
    ------
    ValueError
        If it holds more, does not say how much, or is in a codec that is not known here.
    """
    if compression in OF_BYTES:
        return
    try:
        declared = _declared(data, compression)
    except (struct.error, IndexError) as error:
        raise ValueError("ends before it states its size") from error
    if declared is None:
        raise ValueError(f"compression {compression} is not known, or has no size")
    width, height = declared
    if width * height > max(SLACK * size, SMALLEST):
        raise ValueError(f"holds {width} x {height} pixels, at most {size} values fit")


def _declared(data: bytes, compression: int) -> tuple[int, int] | None:
    """Return width and height of an encoded image; None where they are not found."""
    if compression in JPEG:
        return _size_of_jpeg(data)
    if compression in JPEG_2000:
        return _size_of_jpeg_2000(data)
    if compression == PNG:
        return _pair(">II", data, 16) if data.startswith(b"\x89PNG") else None
    if compression in WEBP:
        return _size_of_webp(data)
    if compression == LERC:
        return _size_of_lerc(data)
    if compression in JPEG_XR:
        return _size_of_jpeg_xr(data)
    return _size_of_jpeg_xl(data) if compression in JPEG_XL else None


def _pair(form: str, data: bytes, offset: int) -> tuple[int, int]:
    first, second = struct.unpack_from(form, data, offset)
    return first, second


def _size_of_jpeg(data: bytes) -> tuple[int, int] | None:
    """Return the size in the frame header, the largest where there are several."""
    found = None
    place = 2
    while place + 4 <= len(data) and data[place] == 0xFF:
        marker = data[place + 1]
        if marker in (0xFF, 0x01) or 0xD0 <= marker <= 0xD8:  # without a length
            place += 1 if marker == 0xFF else 2
            continue
        # Frame headers (C0 to CF) but for tables and codes among them; JPEG-LS has F7.
        if marker == 0xF7 or (0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC)):
            height, width = _pair(">HH", data, place + 5)
            found = max(found or (0, 0), (width, height), key=lambda pair: pair[0] * pair[1])
        if marker == 0xDA:  # the voxels begin
            break
        (length,) = struct.unpack_from(">H", data, place + 2)
        place += 2 + max(2, length)
    return found


def _size_of_jpeg_2000(data: bytes) -> tuple[int, int] | None:
    """Return the size in the codestream, which may be in a file of boxes."""
    start = data.find(b"\xff\x4f\xff\x51")  # start of the codestream, SIZ
    if start < 0:
        return None
    width, height, left, top = struct.unpack_from(">IIII", data, start + 8)
    return width - left, height - top


def _size_of_webp(data: bytes) -> tuple[int, int] | None:
    kind = data[12:16]
    if kind == b"VP8 ":
        width, height = _pair("<HH", data, 26)
        return width & 0x3FFF, height & 0x3FFF
    if kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8X":
        width = int.from_bytes(data[24:27], "little") + 1
        return width, int.from_bytes(data[27:30], "little") + 1
    return None


def _size_of_lerc(data: bytes) -> tuple[int, int] | None:
    """Return the size of a blob of LERC 2, where it is not compressed once more."""
    if not data.startswith(b"Lerc2 "):
        return None
    (version,) = struct.unpack_from("<i", data, 6)
    rows, columns = _pair("<ii", data, 14 if version >= 3 else 10)  # a checksum comes before
    depth = struct.unpack_from("<i", data, 22)[0] if version >= 4 else 1
    return columns * max(1, depth), rows


def _size_of_jpeg_xr(data: bytes) -> tuple[int, int] | None:
    """Return the size in the directory of a file of JPEG XR, which is much like that of TIFF."""
    if not data.startswith(b"II\xbc"):
        return None
    (offset,) = struct.unpack_from("<I", data, 4)
    (count,) = struct.unpack_from("<H", data, offset)
    sizes = {}
    for number in range(count):
        tag, kind, _, value = struct.unpack_from("<HHII", data, offset + 2 + 12 * number)
        if tag in (0xBC80, 0xBC81):  # width, height
            sizes[tag] = value & 0xFFFF if kind == 3 else value
    return (sizes[0xBC80], sizes[0xBC81]) if len(sizes) == 2 else None


def _size_of_jpeg_xl(data: bytes) -> tuple[int, int] | None:
    """Return the size in a codestream of JPEG XL, which may be in a file of boxes."""
    start = 0
    if data[4:8] == b"JXL ":
        start = max(data.find(b"jxlc"), data.find(b"jxlp") + 4 * (b"jxlp" in data)) + 4
    if data[start : start + 2] != b"\xff\x0a":
        return None
    bits = _Bits(int.from_bytes(data[start + 2 : start + 14], "little"))
    is_small = bits.take(1)
    height = 8 * (bits.take(5) + 1) if is_small else _long(bits)
    ratio = bits.take(3)
    if not ratio:
        width = 8 * (bits.take(5) + 1) if is_small else _long(bits)
    else:
        above, below = ((1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))[ratio - 1]
        width = height * above // below
    return width, height


class _Bits:
    """Bits of a number, the lowest first."""

    def __init__(self, number: int) -> None:
        self._left = number

    def take(self, count: int) -> int:
        """Return the next bits."""
        taken = self._left & ((1 << count) - 1)
        self._left >>= count
        return taken


def _long(bits: _Bits) -> int:
    """Return a length of 9, 13, 18 or 30 bits, as two bits before it say."""
    return bits.take((9, 13, 18, 30)[bits.take(2)]) + 1
