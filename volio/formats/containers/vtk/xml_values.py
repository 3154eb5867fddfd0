"""Decoding the arrays of XML files of VTK: text, base64 and bytes, compressed or not."""

from __future__ import annotations

import binascii
import lzma
import re
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.arrays.encodings.text_numbers import parse_numbers
from volio.errors import CorruptFileError, HeaderDataError, TruncatedFileError
from volio.formats.containers.vtk.xml_document import XmlArray, XmlDocument
from volio.numerals import is_count

__all__ = ["TYPES", "ValueDecoder"]

#: What the types of arrays are; the byte order is that of the file.
TYPES = {
    "Int8": "i1",
    "UInt8": "u1",
    "Int16": "i2",
    "UInt16": "u2",
    "Int32": "i4",
    "UInt32": "u4",
    "Int64": "i8",
    "UInt64": "u8",
    "Float32": "f4",
    "Float64": "f8",
}
BYTE_ORDERS = {"LittleEndian": "<", "BigEndian": ">"}
HEADERS = ("UInt32", "UInt64")
LONGEST_TEXT = 1024
#: The number of a letter.
LETTER = re.compile(r"[01]?\d?\d|2[0-4]\d|25[0-5]", re.ASCII)


COMPRESSORS: dict[str, Any] = {
    "vtkZLibDataCompressor": zlib.decompressobj,
    "vtkLZMADataCompressor": lzma.LZMADecompressor,
}


class ValueDecoder:
    """Decodes the arrays of one file.

    Parameters
    ----------
    document : XmlDocument

    Raises
    ------
    HeaderDataError
        If its byte order, the type of its headers or its compression is not known.
    """

    def __init__(self, document: XmlDocument) -> None:
        stated = document.attributes
        order = _stated(stated.get("byte_order", "LittleEndian"), tuple(BYTE_ORDERS), "byte order")
        header = _stated(stated.get("header_type", "UInt32"), HEADERS, "type of headers")
        self._order = BYTE_ORDERS[order]
        self._header = np.dtype(self._order + TYPES[header])
        self._compressor = stated.get("compressor", "")
        if self._compressor:
            _stated(self._compressor, tuple(COMPRESSORS), "compression")
        self._appended = document.appended
        self._is_raw = document.is_raw

    def values(self, array: XmlArray, count: int) -> NDArray[Any]:
        """Return the numbers of an array, in native byte order.

        Parameters
        ----------
        array : XmlArray
        count : int
            How many there must be.

        Raises
        ------
        HeaderDataError
            If there are more or fewer, or the type or the format is not known.
        CorruptFileError
            If they cannot be decoded.
        TruncatedFileError
            If the file ends before.
        """
        what = f"the array {array.name!r}"
        kind = _stated(array.attributes.get("type", ""), tuple(TYPES), f"type of {what}")
        dtype = np.dtype(TYPES[kind])
        if array.attributes.get("format", "ascii") == "ascii":
            return _from_text(array, dtype, count, what)
        if not count:
            return np.zeros(0, dtype)
        size = count * dtype.itemsize
        parts = self._parts(array, what)
        unpack = self._decompressed if self._compressor else self._stored
        stored = np.dtype(self._order + TYPES[kind])
        return np.frombuffer(unpack(parts, size, what), stored).astype(dtype)

    def text(self, array: XmlArray) -> str:
        """Return a short text; "" for a longer one, and for several."""
        if array.attributes.get("format", "ascii") == "ascii":
            words = "".join(array.text).split()
            is_text = len(words) <= LONGEST_TEXT and all(map(LETTER.fullmatch, words))
            return _joined_letters(bytes(map(int, words))) if is_text else ""
        what = f"the array {array.name!r}"
        size = self._size(self._parts(array, what))
        if not 0 < size <= LONGEST_TEXT:
            return ""
        unpack = self._decompressed if self._compressor else self._stored
        return _joined_letters(unpack(self._parts(array, what), size, what))

    def _size(self, parts: _Parts) -> int:
        """Return the number of bytes of an array, which its header says."""
        if not self._compressor:
            return int(np.frombuffer(parts.begin(self._header.itemsize), self._header)[0])
        head = np.frombuffer(parts.begin(3 * self._header.itemsize), self._header)
        blocks, each, last = (int(number) for number in head)
        return (blocks - bool(last)) * each + last

    def _parts(self, array: XmlArray, what: str) -> _Parts:
        """Return what reads the bytes of an array, which begin with their header."""
        form = _stated(array.attributes["format"], ("binary", "appended"), f"format of {what}")
        if form == "binary":
            text = "".join("".join(array.text).split())
            return _Base64Parts(memoryview(text.encode("ascii", "replace")), what)
        offset = array.attributes.get("offset", "")
        if not is_count(offset):
            raise HeaderDataError(f"{what}: the offset must be a count, got {offset[:40]!r}")
        rest = self._appended[int(offset) :]
        return _Parts(rest, what) if self._is_raw else _Base64Parts(rest, what)

    def _stored(self, parts: _Parts, size: int, what: str) -> bytes:
        """Return bytes that are not compressed: how many there are, and they, are one part."""
        found = parts.next(self._header.itemsize + size)
        stated = int(np.frombuffer(found, self._header, 1)[0])
        if stated != size:
            raise HeaderDataError(f"{what}: must have {size} bytes, its header says {stated}")
        return found[self._header.itemsize :]

    def _decompressed(self, parts: _Parts, size: int, what: str) -> bytes:
        """Return bytes that are compressed in blocks, which have a header of their own.

        It is the number of blocks, the length of each and of the last, where that is shorter, and
        how long each is compressed.
        """
        head = np.frombuffer(parts.begin(3 * self._header.itemsize), self._header)
        blocks, each, last = head.tolist()
        whole = blocks - bool(last)  # a last length of 0 is that of the others
        if whole * each + last != size or each < 1:
            raise HeaderDataError(
                f"{what}: must have {size} bytes, its header says {blocks} blocks of {each}, the "
                f"last of {last}"
            )
        header = np.frombuffer(parts.next((3 + blocks) * self._header.itemsize), self._header)
        sizes = header[3:].tolist()
        packed = memoryview(parts.next(sum(sizes)))
        lengths = [each] * whole
        if last:
            lengths.append(last)
        found = []
        start = 0
        for size_of_block, length in zip(sizes, lengths, strict=True):
            stop = start + size_of_block
            found.append(self._block(packed[start:stop], length, what))
            start = stop
        return b"".join(found)

    def _block(self, data: memoryview, length: int, what: str) -> bytes:
        """Return a decompressed block, of just the length that it must have."""
        decompressor = COMPRESSORS[self._compressor]()
        try:
            found: bytes = decompressor.decompress(data, length + 1)
        except (zlib.error, lzma.LZMAError) as error:
            raise CorruptFileError(f"{what}: cannot be decompressed ({error})") from error
        if len(found) != length or not decompressor.eof:
            raise CorruptFileError(f"{what}: a block of {length} bytes has more, or fewer")
        return found


class _Parts:
    """Reads parts of bytes, one after the other.

    Parameters
    ----------
    data : memoryview
        From the first part to the end of the file, or further.
    what : str
        What they are of, for messages.
    """

    def __init__(self, data: memoryview, what: str) -> None:
        self._data = data
        self._what = what

    def begin(self, count: int) -> bytes:
        """Return the first bytes of the next part."""
        return self._taken(count)[:count]

    def next(self, count: int) -> bytes:
        """Return the next part, which has so many bytes."""
        found = self._taken(count)
        self._data = self._data[self._letters(count) :]
        if len(found) != count:
            raise CorruptFileError(f"{self._what}: must be {count} bytes, it is {len(found)}")
        return found

    def _taken(self, count: int) -> bytes:
        letters = self._letters(count)
        if letters > len(self._data):
            raise TruncatedFileError(
                f"{self._what}: needs {letters} bytes of the file, there are {len(self._data)}"
            )
        return self._decoded(self._data[:letters])

    def _letters(self, count: int) -> int:
        """Return how many bytes of the file a number of bytes takes."""
        return count

    def _decoded(self, data: memoryview) -> bytes:
        return bytes(data)


class _Base64Parts(_Parts):
    """Reads parts that are each in base64: four letters are three bytes."""

    def _letters(self, count: int) -> int:
        return -(-count // 3) * 4

    def _decoded(self, data: memoryview) -> bytes:
        try:
            return binascii.a2b_base64(data, strict_mode=True)
        except binascii.Error as error:
            raise CorruptFileError(f"{self._what}: is not base64 ({error})") from error


def _joined_letters(data: bytes) -> str:
    """Return a text that ends with a zero; "" for several."""
    text, _, rest = data.partition(b"\0")
    return "" if rest else text.decode("utf-8", "surrogateescape")


def _from_text(array: XmlArray, dtype: np.dtype[Any], count: int, what: str) -> NDArray[Any]:
    words = "".join(array.text).encode("utf-8", "replace").split()
    if len(words) != count:
        raise HeaderDataError(f"{what}: must have {count} numbers, it has {len(words)}")
    return parse_numbers(words, dtype, what)


def _stated(value: str, known: tuple[str, ...], what: str) -> str:
    """Return one of the values that are known."""
    if value not in known:
        raise HeaderDataError(f"{what}: must be one of {', '.join(known)}, got {value[:40]!r}")
    return value
