"""NIfTI header extensions: typed where their content is known, byte for byte where it is not.

Source: nifti1.h, section on extended header structure, and the registry of ecodes kept by the
NIfTI authors (https://nifti.nimh.nih.gov/nifti-1/documentation/nifti1fields/nifti1fields_pages).
"""

from __future__ import annotations

import json
import re
from typing import Any, BinaryIO, ClassVar, Self
from xml.etree import ElementTree

import numpy as np

from volio.codes import Recoder
from volio.errors import HeaderDataError
from volio.extras import need

__all__ = [
    "AfniExtension",
    "JsonExtension",
    "Nifti1DicomExtension",
    "Nifti1Extension",
    "Nifti1Extensions",
    "NiftiExtension",
    "extension_codes",
]


class NiftiExtension:
    """One header extension: a code and its content, kept as the bytes that were read.

    Parameters
    ----------
    code : int or str
        ecode of the extension, or its name, such as 'comment'.
    content : bytes, str or object
        Bytes as they stand in the file, or an object of the kind that the class handles.
    object : object, optional
        The content as an object, in place of `content`.
    """

    code: int = 0
    encoding: ClassVar[str | None] = None

    def __init__(self, code: int | str, content: Any = b"", object: Any = None) -> None:
        self.code = _code_of(code)
        self._raw: bytes | None = None
        self._object: Any = object
        if object is None:
            if isinstance(content, bytes | bytearray | memoryview):
                self._raw = bytes(content)
            else:
                self._object = content

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """Return an extension of this class's own code from bytes."""
        return cls(cls.code, content)

    @classmethod
    def from_object(cls, obj: Any) -> Self:
        """Return an extension of this class's own code from an object."""
        return cls(cls.code, object=obj)

    @property
    def content(self) -> bytes:
        """The content as bytes."""
        if self._raw is None or (self._object is not None and self._is_mutable(self._object)):
            return self._pack(self._object)
        return self._raw

    @property
    def text(self) -> str:
        """The content as text: UTF-8 unless the class knows another encoding."""
        return self.content.rstrip(b"\0").decode(self.encoding or "utf-8")

    def json(self) -> Any:
        """Return the content parsed as JSON."""
        return json.loads(self.text)

    def get_code(self) -> int:
        """Return the ecode."""
        return self.code

    def get_object(self) -> Any:
        """Return the content as an object of the kind this class handles."""
        if self._object is None:
            self._object = self._unpack(self._raw or b"")
        return self._object

    def get_content(self) -> Any:
        """Return the content as users of this kind of extension expect it."""
        return self.get_object()

    def get_sizeondisk(self) -> int:
        """Return the bytes it takes in a file: 8 for size and code, padded to a multiple of 16."""
        return -(-(len(self.content) + 8) // 16) * 16

    def write_to(self, fileobj: BinaryIO, byteswap: bool = False) -> None:
        """Write size, code and padded content.

        Parameters
        ----------
        fileobj : file object
            Where to write, at its position.
        byteswap : bool
            Write size and code in the byte order that is not the machine's.
        """
        size = self.get_sizeondisk()
        info = np.array((size, self.code), np.int32)
        fileobj.write((info.byteswap() if byteswap else info).tobytes())
        fileobj.write(self.content.ljust(size - 8, b"\0"))

    # What subclasses override.

    def _unpack(self, raw: bytes) -> Any:
        return raw

    def _pack(self, value: Any) -> bytes:
        if isinstance(value, bytes):
            return value
        if isinstance(value, str):
            return value.encode(self.encoding or "utf-8")
        raise HeaderDataError(
            f"extension {self.code}: content must be bytes or text, got {type(value).__name__}"
        )

    @staticmethod
    def _is_mutable(value: Any) -> bool:
        return not isinstance(value, bytes | str)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, NiftiExtension):
            return NotImplemented
        return (self.code, self.content) == (other.code, other.content)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        name = extension_codes.label[self.code] if self.code in extension_codes else self.code
        shown = self.content[:40]
        more = "..." if len(self.content) > 40 else ""
        return f"{type(self).__name__}({name!r}, {shown!r}{more})"


class Nifti1Extension(NiftiExtension):
    """An extension whose content is text, given as bytes without the padding.

    `text` gives it as str, `json` parses it, `content` are the bytes as they stand in the file.
    """

    def _unpack(self, raw: bytes) -> Any:
        return raw.rstrip(b"\0")

    def get_content(self) -> Any:
        """Return the bytes of the text, without the padding."""
        return self.content.rstrip(b"\0")


class JsonExtension(Nifti1Extension):
    """An extension whose content is JSON, such as the metadata of NIfTI-MRS (ecode 44)."""

    code = 44

    def _unpack(self, raw: bytes) -> Any:
        return self.json()

    def _pack(self, value: Any) -> bytes:
        if isinstance(value, bytes | str):
            return super()._pack(value)
        return json.dumps(value).encode()


class AfniExtension(Nifti1Extension):
    """An extension that holds the attributes of an AFNI data set as XML (ecode 4).

    `get_object` gives a dict from the name of an attribute to its value: str, or a list of
    numbers. Source: https://afni.nimh.nih.gov/pub/dist/doc/program_help/README.attributes.html
    """

    code = 4

    def _unpack(self, raw: bytes) -> Any:
        try:
            root = ElementTree.fromstring(raw.rstrip(b"\0"))
        except ElementTree.ParseError as error:
            raise HeaderDataError(f"AFNI extension: not well-formed XML ({error})") from error
        return {node.get("atr_name"): _afni_value(node) for node in root.iter("AFNI_atr")}


def _afni_value(node: ElementTree.Element) -> str | list[float] | list[int]:
    text = (node.text or "").strip()
    kind = node.get("ni_type", "String").lower()
    if kind == "float":
        return [float(word) for word in text.split()]
    if kind == "int":
        return [int(word) for word in text.split()]
    lines = re.findall(r'"((?:[^"\\]|\\.)*)"', text) or [text]
    return "".join(lines)


class Nifti1DicomExtension(Nifti1Extension):
    """An extension that holds a DICOM data set (ecode 2).

    Parameters
    ----------
    code : int or str
        2, 'dicom'.
    content : bytes or pydicom.Dataset, optional
        Explicit-VR data elements without the file preamble, or a data set.
    parent_hdr : Nifti1Header, optional
        The header it stands in, for its byte order.

    Notes
    -----
    The bytes are kept as they are; pydicom (the extra ``dicom``) is needed only by `get_content`.
    """

    code = 2

    def __init__(self, code: int | str, content: Any = b"", parent_hdr: Any = None) -> None:
        order = getattr(parent_hdr, "endianness", None)
        self._is_little_endian = order != ">"
        super().__init__(code, content)

    def _unpack(self, raw: bytes) -> Any:
        import io

        pydicom = need("pydicom", "dicom")
        self._is_implicit = _looks_implicit(raw)
        reader = need("pydicom.filereader", "dicom").read_dataset
        if not raw:
            return pydicom.Dataset()
        return reader(io.BytesIO(raw), self._is_implicit, self._is_little_endian)

    def _pack(self, value: Any) -> bytes:
        if isinstance(value, bytes | str):
            return super()._pack(value)
        import io

        pydicom = need("pydicom", "dicom")
        buffer = pydicom.filebase.DicomIO(io.BytesIO())
        buffer.is_little_endian = self._is_little_endian
        buffer.is_implicit_VR = getattr(self, "_is_implicit", False)
        pydicom.filewriter.write_dataset(buffer, value)
        packed: bytes = buffer.parent.getvalue()
        return packed


class Nifti1Extensions(list[NiftiExtension]):
    """The extensions of one header, in the order of the file."""

    def count(self, ecode: Any) -> int:
        """Return how many extensions have this code (a number or a name)."""
        code = _code_of(ecode) if isinstance(ecode, int | str) else ecode.get_code()
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
            If an extension's size makes no sense or the file ends within it.
        """
        found = cls()
        while size < 0 or size >= 16:
            head = fileobj.read(8)
            if not head and size < 0:
                break
            if len(head) < 8:
                raise HeaderDataError("header extension: the file ends within its size and code")
            numbers = np.frombuffer(head, np.int32)
            length, code = (int(number) for number in (numbers.byteswap() if byteswap else numbers))
            if length == code == 0:  # padding before the voxels
                break
            found.append(_read_one(fileobj, length, code, size))
            size = size - length if size > 0 else size
        return found


def _read_one(fileobj: BinaryIO, length: int, code: int, room: int) -> NiftiExtension:
    if length < 8 or (0 <= room < length):
        raise HeaderDataError(
            f"header extension with code {code}: its size must be 8 to {room} bytes, got {length}"
        )
    content = _read_in_pieces(fileobj, length - 8)
    if len(content) < length - 8:
        raise HeaderDataError(
            f"header extension with code {code}: declares {length} bytes, {len(content) + 8} found"
        )
    handler = extension_codes.handler[code] if code in extension_codes else NiftiExtension
    extension: NiftiExtension = handler(code, content)
    return extension


def _read_in_pieces(fileobj: BinaryIO, count: int) -> bytes:
    # A size that lies must not take memory that the file cannot fill.
    content = bytearray()
    while len(content) < count:
        piece = fileobj.read(min(count - len(content), 1 << 20))
        if not piece:
            break
        content += piece
    return bytes(content)


def _code_of(code: int | str) -> int:
    if isinstance(code, str):
        if code not in extension_codes:
            raise HeaderDataError(f"extension code: {code!r} is no known name")
        return int(extension_codes[code])
    return int(code)


def _looks_implicit(raw: bytes) -> bool:
    # An explicit element carries two letters for its type after the four bytes of its tag.
    return not raw[4:6].isalpha()


#: ecodes, their names and the class that handles their content.
extension_codes = Recoder(
    (
        (0, "ignore", Nifti1Extension),
        (2, "dicom", Nifti1DicomExtension),
        (4, "afni", AfniExtension),
        (6, "comment", Nifti1Extension),
        (8, "xcede", Nifti1Extension),
        (10, "jimdiminfo", Nifti1Extension),
        (12, "workflow_fwds", Nifti1Extension),
        (14, "freesurfer", Nifti1Extension),
        (16, "pypickle", Nifti1Extension),
        (18, "mind_ident", NiftiExtension),
        (20, "b_value", NiftiExtension),
        (22, "spherical_direction", NiftiExtension),
        (24, "dt_component", NiftiExtension),
        (26, "shc_degreeorder", NiftiExtension),
        (28, "voxbo", NiftiExtension),
        (30, "caret", NiftiExtension),
        (32, "cifti", Nifti1Extension),
        (34, "variable_frame_timing", NiftiExtension),
        (36, "unassigned", NiftiExtension),
        (38, "eval", NiftiExtension),
        (40, "matlab", NiftiExtension),
        (42, "quantiphyse", NiftiExtension),
        (44, "mrs", JsonExtension),
    ),
    fields=("code", "label", "handler"),
)
