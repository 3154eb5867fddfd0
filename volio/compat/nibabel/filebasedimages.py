"""Besides the images themselves: nibabel's other ``filebasedimages`` names."""

from __future__ import annotations

from typing import ClassVar

from volio.compat.wide_base import WideBase
from volio.errors import CorruptFileError
from volio.images.file_image import FileImage

__all__ = ["COMPRESSION_ERRORS", "FileSniff", "SerializableImage"]

COMPRESSION_ERRORS: tuple[type[Exception], ...] = (OSError, EOFError, CorruptFileError)
"""What reading a damaged compressed file raises."""

FileSniff = tuple[bytes, str]
"""The first bytes of a file and its name."""


class SerializableImage(FileImage, metaclass=WideBase):
    """An image that can be turned into bytes and back: a base class to add to others.

    In nibabel some image classes have it and some do not. In volio all images can do what it
    stands for, so that it only has to fit together with any of them in a list of base classes.
    """

    counts: ClassVar[type] = FileImage
