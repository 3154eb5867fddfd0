"""The encodings of voxels within their file: none, a codec, text, or bits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy.typing as npt

from volio.arrays.encodings.bits import BitSource, BitStream
from volio.arrays.encodings.text import HEX, decimal_codec
from volio.files.codecs.presets import Compression
from volio.files.codecs.table import Codec, codec_named
from volio.files.opener import decoded, encoded
from volio.files.sources.source import ByteSource

__all__ = ["COMPRESSED", "decode", "encode"]

GZIP = codec_named("gzip")

#: Encodings for which a level of compression makes sense.
COMPRESSED = ("gzip", "bzip2", "zlib", "xz", "zstd")


def decode(source: ByteSource, encoding: str, dtype: npt.DTypeLike) -> ByteSource:
    """Return the bytes of voxels as numpy has them in memory.

    Parameters
    ----------
    source : ByteSource
        From the first encoded byte on.
    encoding : {"raw", "gzip", "bzip2", "zlib", "xz", "zstd", "ascii", "hex", "bits"}
        'bits' gives a byte of 0 or 1 for each bit, the highest of a byte first.
    dtype : numpy dtype
        Of the voxels; the numbers of 'ascii' become values of it.
    """
    if encoding == "raw":
        return source
    if encoding == "bits":
        return BitSource(source)
    codec = _codec(encoding, dtype)
    if encoding == "zlib" and GZIP.magic.match(source.head()):  # readers of MetaImage take either
        codec = GZIP
    return decoded(source, codec)


@contextmanager
def encode(
    stream: Any, encoding: str, dtype: npt.DTypeLike, compression: Compression = None
) -> Iterator[Any]:
    """Open a stream that encodes the bytes of voxels into another one; see `decode`.

    Parameters
    ----------
    stream : object with ``write(bytes)``
        Stays open.
    encoding, dtype
        As for `decode`.
    compression : {"fast", "balanced", "small"} or int, optional
        As for `volio.files.opener.open_for_write`; other encodings have none.
    """
    if encoding == "raw":
        yield stream
        return
    compression = compression if encoding in COMPRESSED else None
    if encoding == "bits":
        bits = BitStream(stream)
        yield bits
        bits.finish()
        return
    encoder = encoded(stream, _codec(encoding, dtype), compression)
    try:
        yield encoder
        encoder.finish()
    finally:
        encoder.discard()


def _codec(encoding: str, dtype: npt.DTypeLike) -> Codec:
    if encoding == "hex":
        return HEX
    return decimal_codec(dtype) if encoding == "ascii" else codec_named(encoding)
