"""One NIfTI header extension: a code and its content, kept byte for byte.

Source: nifti1.h, section on extended header structure.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, Self

import numpy as np

from volio.codes import Recoder
from volio.errors import CodeError, HeaderDataError
from volio.json_text import parse_json

__all__ = ["Nifti1Extension", "NiftiExtension", "code_of", "extension_codes"]

#: ecodes, their names and the class that handles their content; `extensions` fills it.
extension_codes = Recoder((), fields=("code", "label", "handler"))


@contextmanager
def content_errors(what: str, *errors: type[Exception]) -> Iterator[None]:
    """Raise errors about a content as `HeaderDataError`, with what it is not and the reason."""
    try:
        yield
    except errors as error:
        raise HeaderDataError(f"{what} ({error})") from error


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
    encoding = None

    def __init__(self, code: int | str, content: Any = b"", object: Any = None) -> None:
        self.code = code_of(code)
        self._raw: bytes | None = None
        self._object: Any = object
        self._packed: bytes | None = None  # what a mutable object read from `_raw` packs to
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
        """The content as bytes: those that were read, unless the object has been edited."""
        if self._raw is not None and self._is_as_read():
            return self._raw
        return self._as_bytes(self._object)

    def _is_as_read(self) -> bool:
        """Return whether the object is still what the bytes say."""
        return self._packed is None or self._as_bytes(self._object) == self._packed

    @property
    def text(self) -> str:
        """The content as text: UTF-8 unless the class knows another encoding.

        Raises
        ------
        HeaderDataError
            If it is not such text.
        """
        with content_errors(f"extension {self.code}: is not text", UnicodeDecodeError):
            return self.content.rstrip(b"\0").decode(self.encoding or "utf-8")

    def json(self) -> Any:
        """Return the content parsed as JSON.

        Raises
        ------
        HeaderDataError
            If it is not JSON.
        LimitError
            If it is too long, or has too many levels.
        """
        return parse_json(self.text, f"extension {self.code}")

    def get_code(self) -> int:
        """Return the ecode."""
        return self.code

    def get_object(self) -> Any:
        """Return the content as an object of the kind this class handles."""
        if self._object is None:
            self._object = self._unpack(self._raw or b"")
            if not isinstance(self._object, bytes | str):
                self._packed = self._as_bytes(self._object)
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

    def _as_bytes(self, value: Any) -> bytes:
        if isinstance(value, str):
            return value.encode(self.encoding or "utf-8")
        return value if isinstance(value, bytes) else self._pack(value)

    # What subclasses override.

    def _unpack(self, raw: bytes) -> Any:
        """Return the object that bytes stand for."""
        return raw

    def _pack(self, value: Any) -> bytes:
        """Return the bytes of an object that is neither bytes nor text."""
        raise HeaderDataError(
            f"extension {self.code}: content must be bytes or text, got {type(value).__name__}"
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, NiftiExtension):
            return NotImplemented
        padding = b"\0"
        same = self.content.rstrip(padding) == other.content.rstrip(padding)
        return same and self.code == other.code

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        name = extension_codes.label.get(self.code, self.code)
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


def code_of(code: Any) -> int:
    """Return the ecode for a code, or for a name or class of the table."""
    if code in extension_codes:
        return int(extension_codes[code])
    if not isinstance(code, int | np.integer):
        raise CodeError(f"extension code: {code!r} is not a known name")
    return int(code)
