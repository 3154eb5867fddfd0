"""Voxels written as text, decimal or hexadecimal, as codecs of bytes."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from volio.arrays.encodings.text_numbers import parse_numbers
from volio.errors import ImageDataError, UsageError
from volio.files.codecs.table import Codec

__all__ = ["HEX", "decimal_codec"]

#: What separates numbers; a row of them does so once.
SEPARATORS = (b" ", b"\n", b"\r", b"\t", b"\f", b"\v", b",")
LONGEST = 512  # characters of one number; the longest double has some 330
PER_LINE = 16
#: Characters of text for each byte of numbers, and how many there may be besides, of blanks.
MOST_PER_BYTE = 64
MOST_BLANKS = 1 << 25


class TextDecompressor(ABC):
    """Decodes text as it comes, with the interface of the decompressors of codecs.

    A subclass implements `_decoded`, from a piece of text to bytes, and `_split`.
    """

    def __init__(self) -> None:
        self.eof = False
        self._taken = 0  # characters
        self._given = 0  # bytes
        self.unused_data = b""
        self._text = b""  # not decoded yet
        self._ready = b""  # decoded, not handed out yet

    @property
    def needs_input(self) -> bool:
        """Whether the next call needs more text."""
        return not self._ready

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """Return at most `max_length` more bytes; no data means the end of the text."""
        if data:
            self._taken += len(data)
            complete, self._text = self._split(self._text + data)
            self._ready += self._decoded(complete)
            self._check_blanks()
        elif not self._ready:
            self._ready = self._last(self._text)
            self._text = b""
            self.eof = not self._ready
        piece = self._ready[:max_length]
        self._ready = self._ready[max_length:]
        self._given += len(piece)
        return piece

    def _check_blanks(self) -> None:
        """Refuse text of which far too little is numbers: compressed, a few bytes are gigabytes."""
        decoded = self._given + len(self._ready)
        if self._taken > MOST_BLANKS + MOST_PER_BYTE * decoded:
            raise ImageDataError(f"{self._taken} characters are only {decoded} bytes of numbers")

    def _last(self, text: bytes) -> bytes:
        """Return the bytes that the text at the end of the file stands for."""
        return self._decoded(text)

    @abstractmethod
    def _split(self, text: bytes) -> tuple[bytes, bytes]:
        """Split text into what can be decoded now and what may go on in the next piece."""

    @abstractmethod
    def _decoded(self, text: bytes) -> bytes:
        """Return the bytes that complete text stands for."""


class HexDecompressor(TextDecompressor):
    """Decodes two hexadecimal digits a byte; white space is ignored."""

    def _split(self, text: bytes) -> tuple[bytes, bytes]:
        digits = b"".join(text.split())
        cut = len(digits) - len(digits) % 2
        return digits[:cut], digits[cut:]

    def _decoded(self, text: bytes) -> bytes:
        return bytes.fromhex(text.decode("ascii"))


class HexCompressor:
    """Writes two hexadecimal digits a byte."""

    def compress(self, data: memoryview) -> bytes:
        """Return the digits of some bytes, in lines."""
        digits = data.hex().encode()
        return b"".join(digits[at : at + 72] + b"\n" for at in range(0, len(digits), 72))

    def flush(self) -> bytes:
        """Return nothing: nothing is held back."""
        return b""


class DecimalDecompressor(TextDecompressor):
    """Decodes numbers that are separated by white space or commas.

    Parameters
    ----------
    dtype : numpy dtype
        What they become, in its byte order.
    """

    def __init__(self, dtype: npt.DTypeLike) -> None:
        super().__init__()
        self._dtype = np.dtype(dtype)
        self._numbers = 0  # of the pieces before

    def _split(self, text: bytes) -> tuple[bytes, bytes]:
        # A number may go on in the next piece: what follows the last separator waits for it.
        cut = max(text.rfind(separator) for separator in SEPARATORS) + 1
        if len(text) - cut > LONGEST:
            raise ImageDataError(f"{text[cut : cut + 20]!r}... is not a number")
        return text[:cut], text[cut:]

    def _last(self, text: bytes) -> bytes:
        """Return nothing: programs write something after the last number, which else is cut."""
        if text:
            raise EOFError(
                f"the last number, {text[-20:]!r}, may be cut short: no blank and no end of a line "
                "follow it; add one if the file is complete"
            )
        return b""

    def _decoded(self, text: bytes) -> bytes:
        words = text.replace(b",", b" ").split()
        numbers = parse_numbers(words, self._dtype, "voxels", self._place)
        self._numbers += len(numbers)
        return numbers.tobytes()

    def _place(self, word: int) -> str:
        """Return where a word of the piece that is being decoded is, counted from 1."""
        return f"number {self._numbers + word + 1}"


class DecimalCompressor:
    """Writes numbers separated by blanks, in the fewest digits that give them back.

    Parameters
    ----------
    dtype : numpy dtype
        Of the bytes that come.
    """

    def __init__(self, dtype: npt.DTypeLike) -> None:
        self._dtype = np.dtype(dtype)
        self._rest = b""

    def compress(self, data: memoryview) -> bytes:
        """Return some numbers as text, in lines."""
        given = self._rest + bytes(data)
        cut = len(given) - len(given) % self._dtype.itemsize  # after the last whole number
        self._rest = given[cut:]
        words = [str(value) for value in np.frombuffer(given[:cut], self._dtype)]
        starts = range(0, len(words), PER_LINE)
        return "".join(" ".join(words[at : at + PER_LINE]) + "\n" for at in starts).encode()

    def flush(self) -> bytes:
        """Return nothing: numbers are complete."""
        return b""


def _without_level(compressor: Any, level: int | None) -> Any:
    if level is not None:
        raise UsageError(f"level: text is not compressed, got {level}")
    return compressor()


ANY_TEXT = re.compile(rb"")

#: Hexadecimal digits: two characters a byte.
HEX = Codec("hex", "", ANY_TEXT, HexDecompressor, partial(_without_level, HexCompressor), 1)


def decimal_codec(dtype: npt.DTypeLike) -> Codec:
    """Return the codec of decimal numbers that become values of a dtype.

    Parameters
    ----------
    dtype : numpy dtype
        Integer or float.
    """
    kind = np.dtype(dtype)
    write = partial(_without_level, partial(DecimalCompressor, kind))
    read = partial(DecimalDecompressor, kind)
    return Codec("ascii", "", ANY_TEXT, read, write, kind.itemsize)
