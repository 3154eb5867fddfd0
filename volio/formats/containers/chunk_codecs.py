"""Codecs of chunks that turn bytes into bytes: one row each, with a limit to what they may give.

gzip, zlib, bzip2, xz, zstd and crc32c need nothing else. blosc, lz4 and the filters of numcodecs
come with the extra ``zarr``. Only codecs named here are used: nothing is imported by a name that
is in a file.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from volio.errors import CorruptFileError, VolioError
from volio.extras import need
from volio.files.codecs.table import Decompressor, codec_named
from volio.files.codecs.zstd_writer import zstd_frame, zstd_library
from volio.formats.containers.crc32c import crc32c

__all__ = ["BYTES_CODECS", "BytesCodec", "Settings", "decode_bytes"]

Settings = Mapping[str, Any]

#: Filters of version 2 that change numbers.
NUMBER_FILTERS = ("delta", "fixedscaleoffset", "quantize", "astype")
WIDER = -8  # a byte may be stored as a number of 8 bytes


class BytesCodec(NamedTuple):
    """A codec.

    Attributes
    ----------
    decode : callable
        ``decode(data, limit, settings)`` returns the decoded bytes, or raises CorruptFileError
        where they are more than `limit`, without having taken memory for them.
    encode : callable
        ``encode(data, settings)``.
    added : int
        Bytes that encoding adds at most, where that is a fixed number. -1 for compression, which
        may add an eighth to bytes that cannot be compressed; -8 for what may store eight times
        as many.
    """

    decode: Callable[[bytes, int, Settings], bytes]
    encode: Callable[[bytes, Settings], bytes]
    added: int = -1

    def limit(self, decoded: int) -> int:
        """Return how many bytes may be stored for as many decoded ones."""
        if self.added >= 0:
            return decoded + self.added
        return 8 * decoded if self.added == WIDER else decoded + decoded // 8 + 4096


def _check_size(size: int, limit: int) -> None:
    if size > limit:
        raise CorruptFileError(f"decodes to {size} bytes, at most {limit} fit")


def _stream_codec(name: str, level: str) -> BytesCodec:
    """Return a codec that is one of those of files.

    Parameters
    ----------
    name : str
        Of the codec of files.
    level : str
        What its level is called in the settings.
    """

    def decode(data: bytes, limit: int, settings: Settings) -> bytes:
        pieces = []
        left = limit + 1
        while data:  # members may follow each other
            decompressor = codec_named(name).decompressor()
            pieces.append(_decode_member(decompressor, data, left))
            left -= len(pieces[-1])
            _check_size(limit + 1 - left, limit)
            data = decompressor.unused_data
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def encode(data: bytes, settings: Settings) -> bytes:
        compressor = codec_named(name).compressor(settings.get(level, 1))
        packed: bytes = compressor.compress(memoryview(data))
        return packed + compressor.flush()

    return BytesCodec(decode, encode)


def _decode_zstd(data: bytes, limit: int, settings: Settings) -> bytes:
    """Decode one frame at once where it states its size, as nearly all do."""
    zstd = zstd_library()
    size = zstd.get_frame_info(data).decompressed_size
    if size is None or not _is_one_frame(data):
        return ZSTD_STREAM.decode(data, limit, settings)
    _check_size(size, limit)
    decoded: bytes = zstd.decompress(data)
    return decoded


def _is_one_frame(data: bytes) -> bool:
    """Return whether bytes are one whole frame of zstd and nothing more."""
    zstd = zstd_library()
    try:
        length: int = zstd.get_frame_size(data)
    except zstd.ZstdError:  # it ends early, or is damaged: decoding says which
        return False
    return length == len(data)


def _encode_zstd(data: bytes, settings: Settings) -> bytes:
    return zstd_frame(data, settings.get("level", 1))


def _decode_member(decompressor: Decompressor, data: bytes, most: int) -> bytes:
    """Return what one member decodes to, `most` bytes of it where it is longer."""
    decoded = decompressor.decompress(data, most)
    while not decompressor.eof and len(decoded) < most:
        piece = decompressor.decompress(b"", most - len(decoded))
        if not piece and not decompressor.eof:
            raise CorruptFileError("ends early")
        decoded += piece
    return decoded


def _decode_crc32c(data: bytes, limit: int, settings: Settings) -> bytes:
    body = data[:-4]
    if len(data) < 4 or struct.unpack("<I", data[-4:])[0] != crc32c(body):
        raise CorruptFileError("its checksum is not that of its bytes")
    _check_size(len(body), limit)
    return body


def _encode_crc32c(data: bytes, settings: Settings) -> bytes:
    return data + struct.pack("<I", crc32c(data))


def _decode_blosc(data: bytes, limit: int, settings: Settings) -> bytes:
    if len(data) < 16:
        raise CorruptFileError("is shorter than the header of blosc")
    decoded, _, packed = struct.unpack_from("<III", data, 4)
    _check_size(decoded, limit)
    if packed != len(data):
        raise CorruptFileError(f"blosc must have {packed} bytes, got {len(data)}")
    found: bytes = need("numcodecs.blosc", "zarr").decompress(data)
    return found


def _encode_blosc(data: bytes, settings: Settings) -> bytes:
    shuffles = {"noshuffle": 0, "shuffle": 1, "bitshuffle": 2}
    shuffle = settings.get("shuffle", 1)
    blosc = need("numcodecs", "zarr").Blosc(
        cname=settings.get("cname", "zstd"),
        clevel=settings.get("clevel", 5),
        shuffle=shuffles.get(shuffle, shuffle),
        blocksize=settings.get("blocksize", 0),
    )
    # Bytes are shuffled by the size of the numbers that blosc is given.
    size = math.gcd(int(settings.get("typesize") or 1), 8)
    packed: bytes = blosc.encode(np.frombuffer(data, f"u{size}"))
    return packed


def _decode_lz4(data: bytes, limit: int, settings: Settings) -> bytes:
    _check_size(struct.unpack_from("<I", data)[0] if len(data) > 3 else 0, limit)
    found: bytes = need("numcodecs.lz4", "zarr").decompress(data)
    return found


def _encode_lz4(data: bytes, settings: Settings) -> bytes:
    packed: bytes = need("numcodecs.lz4", "zarr").compress(data, settings.get("acceleration", 1))
    return packed


def _shuffled(data: bytes, settings: Settings, forward: bool) -> bytes:
    """Put the first bytes of all elements together, then the second ones, or undo that."""
    size = int(settings.get("elementsize", 4))
    if size < 1 or len(data) % size:
        raise CorruptFileError(f"{len(data)} bytes are not elements of {size} bytes")
    shape = (-1, size) if forward else (size, -1)
    return np.frombuffer(data, np.uint8).reshape(shape).T.tobytes()


def _decode_shuffle(data: bytes, limit: int, settings: Settings) -> bytes:
    _check_size(len(data), limit)
    return _shuffled(data, settings, forward=False)


def _encode_shuffle(data: bytes, settings: Settings) -> bytes:
    return _shuffled(data, settings, forward=True)


def _decode_unchanged(data: bytes, limit: int, settings: Settings) -> bytes:
    _check_size(len(data), limit)
    return data


def _encode_unchanged(data: bytes, settings: Settings) -> bytes:
    return data


def _numcodecs_filter(name: str) -> BytesCodec:
    """Return a filter of version 2 that changes numbers, one of numcodecs."""

    def filter_of(settings: Settings) -> Any:
        for dtype in (settings.get("dtype"), settings.get("astype")):
            check_number(dtype)
        return need("numcodecs", "zarr").get_codec({**settings, "id": name})

    def decode(data: bytes, limit: int, settings: Settings) -> bytes:
        decoded = np.asarray(filter_of(settings).decode(data)).tobytes()
        _check_size(len(decoded), limit)
        return decoded

    def encode(data: bytes, settings: Settings) -> bytes:
        return np.asarray(filter_of(settings).encode(data)).tobytes()

    return BytesCodec(decode, encode, WIDER)


def check_number(dtype: Any) -> None:
    """Refuse what is not the name of a dtype of numbers.

    Raises
    ------
    CorruptFileError
    """
    if not isinstance(dtype, str | None) or np.dtype(dtype).kind not in "biuf":
        raise CorruptFileError(f"{dtype!r} is not the dtype of numbers")


ZSTD_STREAM = _stream_codec("zstd", "level")

#: Codecs by their name in version 3 of Zarr, or ``id`` in version 2.
BYTES_CODECS: dict[str, BytesCodec] = {
    "gzip": _stream_codec("gzip", "level"),
    "zlib": _stream_codec("zlib", "level"),
    "bz2": _stream_codec("bzip2", "level"),
    "lzma": _stream_codec("xz", "preset"),
    "zstd": BytesCodec(_decode_zstd, _encode_zstd),
    "crc32c": BytesCodec(_decode_crc32c, _encode_crc32c, 4),
    "blosc": BytesCodec(_decode_blosc, _encode_blosc),
    "lz4": BytesCodec(_decode_lz4, _encode_lz4),
    "shuffle": BytesCodec(_decode_shuffle, _encode_shuffle, 0),
    # Numbers were rounded before they were written: nothing is to be undone.
    "bitround": BytesCodec(_decode_unchanged, _encode_unchanged, 0),
    **{name: _numcodecs_filter(name) for name in NUMBER_FILTERS},
}


def decode_bytes(
    name: str, data: bytes, limit: int, settings: Settings = MappingProxyType({})
) -> bytes:
    """Return what a codec makes of some bytes.

    Parameters
    ----------
    name : str
        One of `BYTES_CODECS`.
    data : bytes
    limit : int
        Bytes that they may decode to.
    settings : mapping, optional

    Raises
    ------
    CorruptFileError
        If they are not what the codec writes, or decode to more.
    """
    try:
        return BYTES_CODECS[name].decode(data, limit, settings)
    except (VolioError, MemoryError):
        raise
    except Exception as error:  # each library, and each version of it, has its own classes
        raise CorruptFileError(f"{name} cannot be decoded: {error}") from error
