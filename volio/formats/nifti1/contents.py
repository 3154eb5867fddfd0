"""NIfTI header extensions whose content is known: JSON, XML of AFNI and CIFTI, DICOM."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

from volio.errors import HeaderDataError
from volio.extras import need
from volio.files.xml_events import parse_xml
from volio.files.xml_text import xml_bytes
from volio.formats.nifti1.extension import Nifti1Extension, NiftiExtension, content_errors

if TYPE_CHECKING:
    from volio.formats.cifti2.header import Cifti2Header

__all__ = [
    "AfniExtension",
    "CaretExtension",
    "Cifti2Extension",
    "JsonExtension",
    "Nifti1DicomExtension",
    "XmlExtension",
]


NOT_DICOM = "Nifti1DicomExtension: is not DICOM"


class JsonExtension(Nifti1Extension):
    """An extension whose content is JSON, such as the metadata of NIfTI-MRS (ecode 44)."""

    code = 44

    def _unpack(self, raw: bytes) -> Any:
        return self.json()

    def _pack(self, value: Any) -> bytes:
        import json  # rarely needed, and not quick to import

        return json.dumps(value).encode()


class XmlExtension(Nifti1Extension):
    """An extension whose content is XML; `get_object` gives its root element."""

    def _unpack(self, raw: bytes) -> Any:
        return parse_xml(raw.rstrip(b"\0"), type(self).__name__)

    def _pack(self, value: Any) -> bytes:
        return xml_bytes(value)


#: The root element of CIFTI, with its version.
CIFTI_ROOT = rb"<CIFTI\s[^>]*?\bVersion\s*=\s*(['\"])(?P<version>.*?)\1"
BEGINNING = 4096  # bytes within which the root element is, after a declaration and comments


class Cifti2Extension(Nifti1Extension):
    """The extension that says what rows and columns of a CIFTI-2 matrix are (ecode 32).

    `get_content` gives a `volio.Cifti2Header`, parsed when it is first asked for.
    Source: https://www.nitrc.org/projects/cifti

    Parameters
    ----------
    code : int or str, optional
        32, 'cifti'.
    content : bytes or Cifti2Header, optional
    object : Cifti2Header, optional
    """

    code = 32

    def __init__(
        self, code: int | str | None = None, content: Any = b"", object: Any = None
    ) -> None:
        super().__init__(type(self).code if code is None else code, content, object)

    def get_object(self) -> Cifti2Header:
        """Return the content as a `Cifti2Header`; it is the same one every time.

        Raises
        ------
        CorruptFileError, HeaderDataError
            If it is not the XML of CIFTI-2.
        """
        if self._object is None:
            self._object = self._unpack(self._raw or b"")
        found: Cifti2Header = self._object
        return found

    get_content = get_object

    def _is_as_read(self) -> bool:
        # Reading the text again takes less time than writing it whenever a header is looked at.
        return self._object is None or bool(self._unpack(self._raw or b"") == self._object)

    def check_version(self) -> None:
        """Refuse CIFTI-1, by the first bytes of the XML.

        Raises
        ------
        HeaderDataError
            If the version is another one than 2.
        """
        from volio.formats.cifti2.header import check_version  # few files have it

        found = re.search(CIFTI_ROOT, (self._raw or b"")[:BEGINNING], re.DOTALL)
        if found:
            check_version(found["version"].decode("latin-1"))

    def _unpack(self, raw: bytes) -> Cifti2Header:
        from volio.formats.cifti2.header import Cifti2Header  # few files have it

        return Cifti2Header.from_xml(raw.rstrip(b"\0"))

    def _pack(self, value: Any) -> bytes:
        from volio.formats.cifti2.header import Cifti2Header  # few files have it

        if not isinstance(value, Cifti2Header):
            raise HeaderDataError(
                f"extension {self.code}: must be a Cifti2Header, got {type(value).__name__}"
            )
        return value.to_xml()


class CaretExtension(XmlExtension):
    """An extension that describes volumes as Connectome Workbench does, their labels (ecode 30).

    `get_object` gives the root element, ``CaretExtension``, of its XML.
    """

    code = 30


class AfniExtension(XmlExtension):
    """An extension that holds the attributes of an AFNI data set as XML (ecode 4).

    `get_object` gives the root element, `attributes` their values.
    Source: https://afni.nimh.nih.gov/pub/dist/doc/program_help/README.attributes.html
    """

    code = 4

    @property
    def attributes(self) -> dict[str, Any]:
        """Names of the attributes to their values: str, or a list of numbers.

        Raises
        ------
        HeaderDataError
            If the XML is not well-formed, or numbers are none.
        """
        from volio.formats.containers.afni.xml_attributes import (
            attributes_in_xml,  # few files have them
        )

        with content_errors("AfniExtension: a value is not a number", ValueError):
            return attributes_in_xml(self.get_object())

    @classmethod
    def from_attributes(cls, attributes: Mapping[str, str | Sequence[float]]) -> Self:
        """Return an extension that holds attributes: strings, or lists of all int or of float."""
        from volio.formats.containers.afni.xml_attributes import (
            xml_of_attributes,  # few files have them
        )

        return cls.from_bytes(xml_of_attributes(attributes))


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
    _is_implicit = False

    def __init__(self, code: int | str, content: Any = b"", parent_hdr: Any = None) -> None:
        order = getattr(parent_hdr, "endianness", None)
        self._is_little_endian = order != ">"
        super().__init__(code, content)

    get_content = NiftiExtension.get_content  # a ``pydicom.Dataset``

    def _unpack(self, raw: bytes) -> Any:
        pydicom = need("pydicom", "dicom")
        # An explicit element carries two letters for its type after the four bytes of its tag.
        self._is_implicit = not raw[4:6].isalpha()
        if not raw:
            return pydicom.Dataset()
        with content_errors(NOT_DICOM, Exception):  # pydicom has many
            return pydicom.filereader.read_dataset(
                io.BytesIO(raw), self._is_implicit, self._is_little_endian
            )

    def _pack(self, value: Any) -> bytes:
        pydicom = need("pydicom", "dicom")
        buffer = pydicom.filebase.DicomIO(io.BytesIO())
        buffer.is_little_endian = self._is_little_endian
        buffer.is_implicit_VR = self._is_implicit
        with content_errors(NOT_DICOM, Exception):  # elements are read only here
            pydicom.filewriter.write_dataset(buffer, value)
        packed: bytes = buffer.parent.getvalue()
        return packed
