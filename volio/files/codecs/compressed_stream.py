"""Streams compressed as a whole, on the calling thread."""

from __future__ import annotations

from typing import Any

from volio.files.codecs.encoding import EncodedStream
from volio.files.codecs.presets import Compression
from volio.files.codecs.table import Codec

__all__ = ["CompressedStream"]


class CompressedStream(EncodedStream):
    """Compresses what is written to it into another stream, on the calling thread.

    Parameters
    ----------
    target : object with ``write(bytes)``
    codec : Codec
    compression : {"fast", "balanced", "small"} or int, optional
    """

    def __init__(self, target: Any, codec: Codec, compression: Compression = None) -> None:
        super().__init__(target)
        self._compressor = codec.compressor(codec.level(compression))

    def _take(self, view: memoryview) -> None:
        self._put(self._compressor.compress(view))

    def finish(self) -> None:
        """Write the end of the compressed stream; the target stays open."""
        self._put(self._compressor.flush())

    def _put(self, ready: bytes) -> None:
        if ready:
            self._target.write(ready)
