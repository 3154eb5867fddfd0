"""Base64 text to bytes and back: by pybase64 where it is installed, ten times as fast.

Else text becomes bytes by a table of pairs of letters, which is twice as fast as one by one.

Source: https://www.rfc-editor.org/rfc/rfc4648 section 4
"""

from __future__ import annotations

import binascii
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.errors import CorruptFileError

__all__ = [
    "Base64Writer",
    "base64_pieces",
    "decode_base64",
    "decoded_pieces",
    "encode_base64",
]

LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
BLANKS = b" \t\r\n"
#: What is not a pair of letters; pairs stand for 12 bits.
NO_PAIR = 0xFFFF
#: Groups of four letters that are decoded at once: they stay in the processor's cache.
BLOCK = 1 << 15
#: Groups that are decoded one by one: so few take less time than the steps of an array.
FEW = 1 << 10


def decode_base64(text: bytes | memoryview, what: str) -> NDArray[np.uint8]:
    """Return the bytes that a text in base64 stands for.

    Parameters
    ----------
    text : bytes
        Blanks and line ends may be anywhere in it.
    what : str
        What the text is, for messages.

    Returns
    -------
    array of uint8, shape (n,)
        It may be written to.

    Raises
    ------
    CorruptFileError
        If there are other characters, or the text is not as long as base64 is.
    """
    view = _without_outer_blanks(memoryview(text))
    if (whole := _decode_fast(view)) is not None:
        return np.frombuffer(whole, np.uint8)
    # The last group may be padded, and is left to the standard library.
    groups = max(len(view) - 1, 0) // 4
    decoded = np.empty(groups * 3 + 3, np.uint8)
    last_group = bytes(view[groups * 4 :])
    is_plain = not last_group.translate(None, LETTERS + b"=")
    if not is_plain or not _decode_groups(view[: groups * 4], decoded):
        return _decode_slowly(bytes(view), what)
    last = _standard(last_group, what)
    length = groups * 3 + len(last)
    decoded[groups * 3 : length] = np.frombuffer(last, np.uint8)
    return decoded[:length]


def decoded_pieces(texts: Iterable[bytes | memoryview], what: str) -> Iterator[bytes | bytearray]:
    """Go through the bytes that a text in base64 stands for, a piece after the other.

    Parameters
    ----------
    texts : iterable of bytes
        The pieces of the text, cut anywhere. None is needed any more when the next one is asked
        for.
    what : str
        What the text is, for messages.

    Yields
    ------
    bytes

    Raises
    ------
    CorruptFileError
        As from `decode_base64`, once that piece is come to.
    """
    rest = b""  # the last group, which may be padded, and letters of an incomplete one
    for text in texts:
        letters = rest + bytes(text)
        decoded = _whole_groups(letters)
        if decoded is None:
            letters = _without_blanks(letters, what)
            decoded = _whole_groups(letters)
        if decoded is None:
            raise CorruptFileError(f"{what}: is not base64 (it goes on after its end)")
        yield decoded
        rest = letters[len(decoded) // 3 * 4 :]
    yield _standard(_without_blanks(rest, what), what)


def _whole_groups(text: bytes) -> bytes | bytearray | None:
    """Decode all groups but the last one; None where there is anything but letters in them."""
    groups = max(len(text) - 1, 0) // 4
    if _pybase64() is not None:
        fast = _decode_fast(memoryview(text)[: groups * 4])
        # A group in the middle that is padded ends the text there.
        return fast if fast is not None and len(fast) == groups * 3 else None
    if groups < FEW:
        whole = text[: groups * 4]
        return None if whole.translate(None, LETTERS) else binascii.a2b_base64(whole)
    decoded = np.empty(groups * 3, np.uint8)
    are_letters = _decode_groups(memoryview(text)[: groups * 4], decoded)
    return decoded.tobytes() if are_letters else None


def _without_blanks(text: bytes, what: str) -> bytes:
    """Leave out blanks; refuse what is not base64."""
    if foreign := text.translate(None, LETTERS + BLANKS + b"="):
        raise CorruptFileError(f"{what}: {foreign[:8]!r} is not base64")
    return text.translate(None, BLANKS)


def _without_outer_blanks(view: memoryview) -> memoryview:
    first = 0
    stop = len(view)
    while first < stop and view[first] in BLANKS:
        first += 1
    while stop > first and view[stop - 1] in BLANKS:
        stop -= 1
    return view[first:stop]


@cache
def _pybase64() -> Any:
    """Return the package that does it by vector instructions; None where it is not installed."""
    try:
        import pybase64
    except ImportError:
        return None
    # Without its compiled part it is slower than what is here.
    return pybase64 if "C extension active" in pybase64.get_version() else None


def _decode_fast(text: memoryview) -> bytearray | None:
    """Decode a text by pybase64; None where that is not there, or refuses the text."""
    library = _pybase64()
    if library is None:
        return None
    try:
        decoded: bytearray = library.b64decode_as_bytearray(text, validate=True)
    except ValueError:  # blanks, perhaps: what is wrong is found out slowly
        return None
    return decoded


@cache
def _pairs() -> NDArray[np.uint16]:
    """Return the 12 bits of two letters, by the number that they are in little-endian order."""
    bits = np.full(256, NO_PAIR, np.uint16)
    bits[np.frombuffer(LETTERS, np.uint8)] = np.arange(64)
    first = bits[np.newaxis, :]  # the first letter is the lower byte
    second = bits[:, np.newaxis]
    are_letters = (first != NO_PAIR) & (second != NO_PAIR)
    return np.where(are_letters, first << 6 | second, NO_PAIR).astype(np.uint16).ravel()


def _decode_groups(text: memoryview, decoded: NDArray[np.uint8]) -> bool:
    """Decode groups of four letters to three bytes each; return whether they were all letters."""
    table = _pairs()
    numbers = np.frombuffer(text, "<u2")
    rows = decoded[: len(numbers) // 2 * 3].reshape(-1, 3)
    for start in range(0, len(rows), BLOCK):
        pairs = table.take(numbers[2 * start : 2 * (start + BLOCK)])
        if pairs.max() == NO_PAIR:
            return False
        first = pairs[0::2]
        second = pairs[1::2]
        row = rows[start : start + BLOCK]
        # 12 bits and 12 bits are 8, 4 + 4 and 8; what is above 8 bits is cut by the assignment.
        row[:, 0] = first >> 4
        row[:, 1] = first << 4 | second >> 8
        row[:, 2] = second
    return True


def _decode_slowly(text: bytes, what: str) -> NDArray[np.uint8]:
    """Decode a text with line ends in it, or refuse it."""
    decoded = _standard(_without_blanks(text, what), what)
    return np.frombuffer(bytearray(decoded), np.uint8)


def _standard(text: bytes, what: str) -> bytes:
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except binascii.Error as error:
        raise CorruptFileError(f"{what}: is not base64 ({error})") from error


def base64_pieces(pieces: Iterable[bytes | memoryview]) -> Iterator[bytes]:
    """Write bytes in base64, without line ends, as they come.

    Parameters
    ----------
    pieces : iterable of bytes-like

    Yields
    ------
    bytes
        Together the text of all pieces together.
    """
    writer = Base64Writer()
    for piece in pieces:
        yield writer.text_of(piece)
    yield writer.rest()


class Base64Writer:
    """Writes bytes in base64, piece by piece."""

    def __init__(self) -> None:
        self._left: bytes = b""  # less than three bytes, which stand for four letters

    def text_of(self, piece: bytes | memoryview) -> bytes:
        """Return the text of another piece, but for the last of its bytes."""
        data = memoryview(self._left + piece if self._left else piece)
        whole = len(data) // 3 * 3
        self._left = bytes(data[whole:])
        return encode_base64(data[:whole])

    def rest(self) -> bytes:
        """Return the end of the text; another one may follow."""
        data = self._left
        self._left = b""
        return encode_base64(data)


def encode_base64(data: bytes | memoryview) -> bytes:
    """Return bytes as a text in base64, without line ends."""
    library = _pybase64()
    if library is None:
        return binascii.b2a_base64(data, newline=False)
    text: bytes = library.b64encode(data)
    return text
