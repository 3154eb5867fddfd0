"""Beside the images themselves: nibabel's other ``filebasedimages`` names."""

from __future__ import annotations

from typing import Any

from volio.errors import CorruptFileError
from volio.images.image import FileImage

__all__ = ["COMPRESSION_ERRORS", "FileSniff", "SerializableImage"]

COMPRESSION_ERRORS: tuple[type[Exception], ...] = (OSError, EOFError, CorruptFileError)
"""What reading a damaged compressed file raises."""

FileSniff = tuple[bytes, str]
"""The first bytes of a file and its name."""


class _EveryImage(type):
    """All images of volio are serializable, whatever they derive from."""

    def __instancecheck__(cls, instance: Any) -> bool:
        return issubclass(type(instance), cls)

    def __subclasscheck__(cls, subclass: type) -> bool:
        if cls is SerializableImage:
            return issubclass(subclass, FileImage)
        return super().__subclasscheck__(subclass)


class SerializableImage(FileImage, metaclass=_EveryImage):
    """An image that can be turned into bytes and back: a base class to add to others.

    In nibabel some image classes have it and some do not. In volio all images can do what it
    stands for, so that it only has to fit beside any of them in a list of base classes.
    """
