"""tifffile over any source of bytes: its log kept apart, its errors those of volio."""

from __future__ import annotations

import logging
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any

from volio.errors import CorruptFileError, VolioError
from volio.extras import need
from volio.files.guarded_files import GuardedReader
from volio.files.sources.source import ByteSource

__all__ = ["DAMAGE", "ErrorsOfTifffile", "axes_of", "every_series", "open_tiff", "tifffile"]

#: What tifffile and imagecodecs raise for files that make no sense.
DAMAGE = (
    ValueError,
    RuntimeError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    MemoryError,
    AssertionError,
    OSError,
    struct.error,
    zlib.error,
)

#: What tifffile logs as an error although all of the image can be read: tags that nobody needs, and
#: names of axes that do not fit.
HARMLESS = ("TiffTag", "axes do not match shape", "failed to reshape")

#: Errors that tifffile has logged, where it runs for volio; None elsewhere.
_LOGGED: ContextVar[list[str] | None] = ContextVar("volio_tifffile_log", default=None)


class _OnlyOthers(logging.Filter):
    """Keeps records that are made while tifffile runs for volio out of the log."""

    def filter(self, record: logging.LogRecord) -> bool:
        logged = _LOGGED.get()
        if logged is None:
            return True
        if record.levelno >= logging.ERROR:
            logged.append(record.getMessage())
        return False


@cache
def tifffile() -> Any:
    """Return the module.

    Raises
    ------
    MissingPackageError
        If it is not installed.
    """
    module = need("tifffile", "tiff")
    need("imagecodecs", "tiff")
    logging.getLogger("tifffile").addFilter(_OnlyOthers())
    return module


class ErrorsOfTifffile:
    """Turns errors of tifffile into those of volio, in a ``with`` statement.

    The statement gives the list of errors that tifffile has logged and got over.

    Parameters
    ----------
    name : str
        Of the file, for messages.
    chunk : tuple of int, optional
        Which chunk is read.

    Raises
    ------
    CorruptFileError
        Instead of anything that tifffile raises.
    """

    def __init__(self, name: str, chunk: tuple[int, ...] | None = None) -> None:
        self._name = name
        self._chunk = chunk

    def __enter__(self) -> list[str]:
        logged: list[str] = []
        self._before = _LOGGED.set(logged)
        return logged

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        _LOGGED.reset(self._before)
        if isinstance(error, VolioError) or not isinstance(error, DAMAGE):
            return
        if isinstance(error, OSError) and error.errno is not None:  # of the source of the bytes
            return
        what = self._name if self._chunk is None else f"{self._name}: chunk {self._chunk}"
        words = str(error) or type(error).__name__
        raise CorruptFileError(f"{what}: cannot be decoded: {words}") from error


@contextmanager
def open_tiff(source: ByteSource) -> Iterator[Any]:
    """Open a file as a ``tifffile.TiffFile`` for reading, in a ``with`` statement.

    OME-XML is not looked at: it names other files.

    Raises
    ------
    MissingPackageError
        If tifffile is not installed.
    CorruptFileError
        If tifffile cannot read what it is asked for, or has logged an error.
    """
    module = tifffile()
    with (
        ErrorsOfTifffile(source.name) as logged,
        GuardedReader(source) as raw,
        module.TiffFile(raw, is_ome=False) as file,
    ):
        yield file
        for words in logged:
            if not any(harmless in words for harmless in HARMLESS):
                raise CorruptFileError(f"{source.name}: {words}")


def every_series(file: Any) -> list[Any]:
    """Return the series of an open ``tifffile.TiffFile``, with their axes of length 1."""
    series = file.series
    # Until 2026.3 it was a list, of series that had both shapes.
    return list(series(squeeze=False) if callable(series) else series)


def axes_of(series: Any) -> tuple[str, tuple[int, ...]]:
    """Return the letters and lengths of the axes of a series of `every_series`, of length 1 too."""
    if not hasattr(series, "get_axes"):
        return series.axes, tuple(map(int, series.shape))
    return series.get_axes(squeeze=False), tuple(map(int, series.get_shape(squeeze=False)))
