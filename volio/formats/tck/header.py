"""The text at the beginning of .tck and .tsf files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np

from volio.errors import HeaderDataError, LimitError, TruncatedFileError
from volio.files.sources.source import ByteSource
from volio.images.headers.text.lines import as_integer
from volio.numerals import is_count
from volio.tracts.header import TractHeader

__all__ = ["DATATYPES", "PackedHeader", "TckHeader"]

#: Most bytes of the text.
MOST = 1 << 20

DATATYPES: dict[str, np.dtype[Any]] = {
    "Float32LE": np.dtype("<f4"),
    "Float32BE": np.dtype(">f4"),
    "Float64LE": np.dtype("<f8"),
    "Float64BE": np.dtype(">f8"),
}
#: Without a word for the byte order it is that of the machine; files come from such as this one.
DATATYPES["Float32"] = DATATYPES["Float32LE"]
DATATYPES["Float64"] = DATATYPES["Float64LE"]

#: Fields of the format itself; all others are free texts.
FIELDS = ("count", "datatype", "file")
#: Digits of the number of lines: the text keeps its length when that is written last.
DIGITS = 10
#: Bytes to a multiple of which points begin, as MRtrix writes them.
ALIGNMENT = 4


class PackedHeader(NamedTuple):
    """The bytes before the points.

    Attributes
    ----------
    data : bytes
    count_at : int
        Byte at which the digits of the number of lines begin.
    """

    data: bytes
    count_at: int


class TckHeader(TractHeader):
    r"""The header of a .tck file: free texts by key, and how numbers are stored.

    Parameters
    ----------
    meta : mapping of str to str, optional
        Texts of several lines are written as lines of the same key.

    Attributes
    ----------
    dtype : numpy dtype
        Of the numbers in the file: float32 or float64 in a byte order.
    offset : int
        Byte at which the points begin.
    count : int or None
        Number of lines that the file states.
    fields : dict of str to str
        All fields as the file has them, those of the format too.
    missing : tuple of str
        Fields that the file lacks although the format asks for them.

    Examples
    --------
    >>> header = volio.TckHeader({"method": "iFOD2"})
    >>> header.packed(12).data.split(b"\n")[:4]
    [b'mrtrix tracks', b'count: 0000000012', b'datatype: Float32LE', b'method: iFOD2']
    """

    #: The first line of a file, and what it is called in messages.
    magic: ClassVar[str] = "mrtrix tracks"
    alignment: ClassVar[int] = ALIGNMENT

    def __init__(self, meta: Mapping[str, str] | None = None) -> None:
        super().__init__(meta)
        self.dtype: np.dtype[Any] = np.dtype("<f4")
        self.offset = 0
        self.count: int | None = None
        self.missing: tuple[str, ...] = ()
        self.fields: dict[str, str] = {}
        # What the file has before its points, and the texts that were parsed from it.
        self._block = b""
        self._parsed: tuple[Any, ...] = ()

    @classmethod
    def from_header(cls, header: Any = None) -> Self:
        """Return a header with the texts of another; a copy of one of this class."""
        made = cls(getattr(header, "meta", None))
        if isinstance(header, TckHeader):
            vars(made).update({**vars(header), "meta": made.meta})
        return made

    @classmethod
    def read(cls, source: ByteSource) -> Self:
        """Read the header of a file.

        Raises
        ------
        HeaderDataError
            If it is not one of this format, or its fields make no sense.
        LimitError, TruncatedFileError
            If it has no end.
        """
        text, end = _read_text(source, cls.magic)
        made = cls()
        made.meta = _parse(text)
        made.fields = dict(made.meta)
        made.missing = tuple(key for key in ("datatype", "file") if key not in made.meta)
        datatype = made.meta.pop("datatype", "Float32LE")
        if datatype not in DATATYPES:
            known = ", ".join(DATATYPES)
            raise HeaderDataError(f"datatype: must be one of {known}, got {datatype!r}")
        made.dtype = DATATYPES[datatype]
        made.offset = _offset(made.meta.pop("file", f". {end}"), end, source.size())
        # A file may have two counts: the last one is that of a program that has changed it.
        counts = made.meta.pop("count", "").split("\n")
        made.count = int(counts[-1]) if is_count(counts[-1]) else None
        made._block = source.read(0, made.offset)
        made._parsed = made._state()
        return made

    def _state(self) -> tuple[Any, ...]:
        return tuple(self.meta.items()), self.dtype

    @property
    def is_as_read(self) -> bool:
        """Whether nothing was changed since the header was read from a file."""
        return bool(self._block) and self._state() == self._parsed

    def packed(self, count: int | None) -> PackedHeader:
        """Return the bytes of a header.

        Parameters
        ----------
        count : int or None
            Number of lines; None where its digits are written last.

        Raises
        ------
        HeaderDataError
            If a key has a colon or more than one line.
        """
        if self.is_as_read and (found := self._as_read(count)):
            return found
        begin = f"{self.magic}\ncount: "
        datatype = next(name for name, dtype in DATATYPES.items() if dtype == self.dtype)
        lines = [f"{begin}{count or 0:0{DIGITS}}", f"datatype: {datatype}"]
        for key, text in self.meta.items():
            if key in FIELDS:
                continue
            if not key.strip() or ":" in key or "\n" in key:
                raise HeaderDataError(f"{key!r}: a key must be one line without a colon")
            lines += [f"{key}: {part}" for part in text.split("\n")]
        head = "\n".join(lines).encode("utf-8", "surrogateescape")
        offset = self._offset_after(len(head) + len("\nfile: . \nEND\n"))
        data = head + f"\nfile: . {offset}\nEND\n".encode()
        return PackedHeader(data.ljust(offset, b"\0"), len(begin))

    def _offset_after(self, length: int) -> int:
        """Return where points begin after so many bytes and the digits that say where."""
        digits = 1
        while True:
            offset = -(-(length + digits) // self.alignment) * self.alignment
            if len(str(offset)) <= digits:
                return offset
            digits += 1

    def _as_read(self, count: int | None) -> PackedHeader | None:
        """Return the bytes of the file, where its number of lines is right or can be changed."""
        place = self._block.rfind(b"\ncount: ") + len(b"\ncount: ")
        digits = self._block[place:].split(b"\n", 1)[0]
        is_wide = len(digits) >= DIGITS and digits.isdigit() and place >= len(b"\ncount: ")
        if count is None:
            return PackedHeader(self._block, place) if is_wide else None
        return (
            PackedHeader(self._block, place) if digits.isdigit() and count == self.count else None
        )

    @property
    def can_change_count(self) -> bool:
        """Whether the number of lines can be written last."""
        return not self.is_as_read or self._as_read(None) is not None


def _read_text(source: ByteSource, magic: str) -> tuple[str, int]:
    """Return the lines between the first and ``END``, and the byte after them."""
    size = 4096
    first = magic.encode()
    while True:
        data = source.read_upto(0, min(size, MOST))
        line, _, rest = data.partition(b"\n")
        if line.strip() != first:
            raise HeaderDataError(f"the first line must be {magic!r}, got {line[:40]!r}")
        begin = len(line) + 1
        for number in _line_starts(rest):
            if rest[number:].split(b"\n", 1)[0].strip() == b"END" and b"\n" in rest[number:]:
                text = rest[:number].decode("utf-8", "surrogateescape")
                end = begin + rest.index(b"\n", number) + 1
                return text, end
        if len(data) < min(size, MOST):
            raise TruncatedFileError("END: the header has no such line")
        if size >= MOST:
            raise LimitError(f"END: is not among the first {MOST} bytes")
        size *= 16


def _line_starts(text: bytes) -> list[int]:
    """Return where lines begin that may be the last one: with END, perhaps after blanks."""
    found = []
    place = text.find(b"END")
    while place >= 0:
        start = text.rfind(b"\n", 0, place) + 1
        if not text[start:place].strip():
            found.append(start)
        place = text.find(b"END", place + 1)
    return found


def _parse(text: str) -> dict[str, str]:
    """Return texts by key; several of one key, and lines without a key, are joined."""
    found: dict[str, list[str]] = {}
    key = ""
    for number, line in enumerate(text.split("\n"), 2):
        if not line.strip():
            continue
        before, colon, after = line.partition(":")
        if colon:
            key = before.strip()
            line = after
        if not key:
            raise HeaderDataError(f"line {number}: must be 'key: value', got {line[:40]!r}")
        found.setdefault(key, []).append(line.strip())
    return {key: "\n".join(lines) for key, lines in found.items()}


def _offset(text: str, end: int, size: int | None) -> int:
    """Return the byte at which points begin, by the field of the file."""
    words = text.split("\n")[-1].split()
    if len(words) != 2 or words[0] != ".":
        raise HeaderDataError(
            f"file: must be '. OFFSET', for points in the same file, got {text!r}"
        )
    offset = as_integer("file", words[1])
    if offset < end or (size is not None and offset > size):
        most = "" if size is None else f" and at most {size}"
        raise HeaderDataError(f"file: offset must be at least {end}{most}, got {offset}")
    return offset
