"""Cifti2Extension: the header extension of NIfTI-2 that holds the XML of CIFTI-2."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from volio.errors import HeaderDataError
from volio.formats.cifti2.header import Cifti2Header, check_version
from volio.formats.nifti1.extension import Nifti1Extension
from volio.formats.nifti1.extensions import Handlers, Nifti1Extensions, extension_codes
from volio.formats.nifti2 import CIFTI_EXTENSION

__all__ = ["Cifti2Extension", "Cifti2Extensions"]

#: The root element, with its version.
ROOT = re.compile(rb"<CIFTI\s[^>]*?\bVersion\s*=\s*(['\"])(?P<version>.*?)\1", re.DOTALL)
BEGINNING = 4096  # bytes within which the root element is, after a declaration and comments


class Cifti2Extension(Nifti1Extension):
    """The extension that says what rows and columns of a CIFTI-2 matrix are (ecode 32).

    `get_content` gives a `Cifti2Header`, parsed when it is first asked for.
    Source: https://www.nitrc.org/projects/cifti
    """

    code = CIFTI_EXTENSION

    def __init__(self, code: int | str | None = None, content: Any = b"", object: Any = None):
        super().__init__(CIFTI_EXTENSION if code is None else code, content, object)

    def get_object(self) -> Any:
        """Return the content as a `Cifti2Header`; it is the same one every time."""
        if self._object is None:
            self._object = self._unpack(self._raw or b"")
        return self._object

    def get_content(self) -> Cifti2Header:
        """Return the content as a `Cifti2Header`; it is the same one every time.

        Raises
        ------
        CorruptFileError, HeaderDataError
            If it is not the XML of CIFTI-2.
        """
        content: Cifti2Header = self.get_object()
        return content

    @property
    def content(self) -> bytes:
        """The XML: the bytes that were read, unless the header has been edited."""
        if self._raw is not None and (self._object is None or self._is_as_read()):
            return self._raw
        return self._as_bytes(self._object)

    def _is_as_read(self) -> bool:
        # Reading the text again takes less time than writing it whenever a header is looked at.
        return bool(self._unpack(self._raw or b"") == self._object)

    def check_version(self) -> None:
        """Refuse CIFTI-1, by the first bytes of the XML.

        Raises
        ------
        HeaderDataError
            If the version is another one than 2.
        """
        found = ROOT.search((self._raw or b"")[:BEGINNING])
        if found:
            check_version(found["version"].decode("latin-1"))

    def _unpack(self, raw: bytes) -> Cifti2Header:
        return Cifti2Header.from_xml(raw.rstrip(b"\0"))

    def _pack(self, value: Any) -> bytes:
        if not isinstance(value, Cifti2Header):
            raise HeaderDataError(
                f"extension {self.code}: must be a Cifti2Header, got {type(value).__name__}"
            )
        return value.to_xml()


class Cifti2Extensions(Nifti1Extensions):
    """The extensions of a CIFTI-2 file, of which one is its XML."""

    handlers: ClassVar[Handlers] = {**extension_codes.handler, CIFTI_EXTENSION: Cifti2Extension}
