"""The extensions of a NIfTI header: a list, and which class handles which code.

Source: nifti1.h, section on extended header structure, and the registry of ecodes kept by the
NIfTI authors (https://nifti.nimh.nih.gov/nifti-1/documentation/nifti1fields/nifti1fields_pages).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from itertools import count
from typing import Any, BinaryIO, Self

from volio.codes import coded_rows
from volio.errors import HeaderDataError
from volio.formats.nifti1.contents import (
    AfniExtension,
    CaretExtension,
    Cifti2Extension,
    JsonExtension,
    Nifti1DicomExtension,
)
from volio.formats.nifti1.extension import (
    Nifti1Extension,
    NiftiExtension,
    code_of,
    extension_codes,
)
from volio.images.headers.record import native_order, swapped_order

__all__ = ["Nifti1Extensions", "extension_codes"]

#: Classes of the extensions whose content is known; the bytes of others are kept as they are.
HANDLERS: dict[int, type[NiftiExtension]] = {
    **dict.fromkeys((0, 6, 8, 10, 12, 14, 16), Nifti1Extension),
    2: Nifti1DicomExtension,
    4: AfniExtension,
    30: CaretExtension,
    32: Cifti2Extension,
    44: JsonExtension,
}

extension_codes.add_codes(
    (code, label, HANDLERS.get(code, NiftiExtension))
    for code, label in coded_rows("""
0  | ignore
2  | dicom
4  | afni
6  | comment
8  | xcede
10 | jimdiminfo
12 | workflow_fwds
14 | freesurfer
16 | pypickle
18 | mind_ident
20 | b_value
22 | spherical_direction
24 | dt_component
26 | shc_degreeorder
28 | voxbo
30 | caret
32 | cifti
34 | variable_frame_timing
36 | unassigned
38 | eval
40 | matlab
42 | quantiphyse
44 | mrs
""")
)


#: Most extensions of a header, and most bytes that they may have together.
MOST = 10_000
MOST_BYTES = 1 << 28


class Nifti1Extensions(list[NiftiExtension]):
    """The extensions of one header, in the order of the file.

    Attributes
    ----------
    problem : str
        What is wrong with those in the file they were read from; "" for nothing.
    """

    problem: str = ""

    def count(self, ecode: Any) -> int:
        """Return how many extensions have this code (a number or a name)."""
        code = code_of(ecode) if isinstance(ecode, int | str) else ecode.get_code()
        return self.get_codes().count(code)

    def get_codes(self) -> list[int]:
        """Return the code of each extension."""
        return [extension.get_code() for extension in self]

    def get_sizeondisk(self) -> int:
        """Return the bytes that all of them take in a file."""
        return sum(extension.get_sizeondisk() for extension in self)

    def write_to(self, fileobj: BinaryIO, byteswap: bool = False) -> None:
        """Write them one after the other."""
        for extension in self:
            extension.write_to(fileobj, byteswap)

    @classmethod
    def from_fileobj(cls, fileobj: BinaryIO, size: int, byteswap: bool) -> Self:
        """Read extensions from a file object at its position.

        Parameters
        ----------
        fileobj : file object
        size : int
            Bytes up to the voxels; negative reads to the end of the file.
        byteswap : bool
            Size and code are in the byte order that is not the machine's.

        Raises
        ------
        HeaderDataError
            If an extension's size makes no sense, the file ends within it, or there are too
            many.
        """
        return cls(_read_all(fileobj, size, byteswap))

    @classmethod
    def read_undamaged(cls, fileobj: BinaryIO, size: int, byteswap: bool) -> Self:
        """Read extensions up to the first that is damaged; parameters as for `from_fileobj`.

        What is wrong with it, or with a size that could be read all the same, is in `problem`.
        """
        found = cls()
        try:
            for extension in _read_all(fileobj, size, byteswap):
                found.append(extension)
                if len(extension.content) % 16 != 8:
                    found.problem = f"{_named(extension.code)}: its size is not a multiple of 16"
        except HeaderDataError as error:
            found.problem = f"{error}; it and what follows it are dropped"
        return found


def _named(code: int) -> str:
    return f"header extension with code {code}"


def _read_all(fileobj: BinaryIO, size: int, byteswap: bool) -> Iterator[NiftiExtension]:
    """Yield the extensions in the next `size` bytes (if negative, to the end of the file)."""
    order = swapped_order if byteswap else native_order
    read = 0
    for number in count():
        room = size - read if size >= 0 else MOST_BYTES
        head = fileobj.read(8) if room >= 16 else b""
        if not head and (size < 0 or room < 16):
            return
        if len(head) < 8:
            raise HeaderDataError("header extension: the file ends within its size and code")
        length, code = struct.unpack(f"{order}2i", head)
        if length == code == 0:  # padding before the voxels
            return
        if number == MOST or 0 < MOST_BYTES - read < length <= room:
            raise HeaderDataError(
                f"header extensions: {MOST} of {MOST_BYTES >> 20} MiB together are the most"
            )
        yield _read_one(fileobj, length, code, room)
        read += length


def _read_one(fileobj: BinaryIO, length: int, code: int, room: int) -> NiftiExtension:
    if not 8 <= length <= room:
        raise HeaderDataError(f"{_named(code)}: its size must be 8 to {room} bytes, got {length}")
    content = _read_in_pieces(fileobj, length - 8)
    if len(content) < length - 8:
        raise HeaderDataError(f"{_named(code)}: declares {length} bytes, {len(content) + 8} found")
    handler = extension_codes.handler.get(code, NiftiExtension)
    extension: NiftiExtension = handler(code, content)
    return extension


def _read_in_pieces(fileobj: BinaryIO, count: int) -> bytes:
    # A wrong size must not take memory that the file cannot fill.
    content = bytearray()
    while len(content) < count:
        piece = fileobj.read(min(count - len(content), 1 << 20))
        if not piece:
            break
        content += piece
    return bytes(content)
