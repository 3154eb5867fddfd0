"""Errors that name the file they are about."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from volio.errors import HeaderError, ImageDataError, SpaceError
from volio.files.sources.source import ByteSource

__all__ = ["errors_name"]


@contextmanager
def errors_name(source: ByteSource) -> Iterator[None]:
    """Put the name of a file before what errors about its content say, in a ``with`` statement."""
    try:
        yield
    except (HeaderError, ImageDataError, SpaceError) as error:
        if str(error).startswith(f"{source.name}: "):
            raise
        raise type(error)(f"{source.name}: {error}") from error
