"""Beside the images themselves: nibabel's other ``filebasedimages`` names."""

from __future__ import annotations

from volio.errors import CorruptFileError

__all__ = ["COMPRESSION_ERRORS", "FileSniff"]

COMPRESSION_ERRORS: tuple[type[Exception], ...] = (OSError, EOFError, CorruptFileError)
"""What reading a damaged compressed file raises."""

FileSniff = tuple[bytes, str]
"""The first bytes of a file and its name."""
