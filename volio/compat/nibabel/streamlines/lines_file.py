"""LinesFile: streamline files with one header, whose lines volio reads and writes in order."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, NamedTuple, Self, TypeAlias

import numpy as np

from volio.compat.nibabel.streamlines.header import Field
from volio.compat.nibabel.streamlines.lines import items_of, tractogram_of
from volio.compat.nibabel.streamlines.places import (
    begins_with,
    data_errors,
    holder_of,
    position_kept,
    start_of,
)
from volio.compat.nibabel.streamlines.tractogram import LazyTractogram
from volio.compat.nibabel.streamlines.tractogram_file import TractogramFile
from volio.files.opener import open_for_write, open_source
from volio.files.sources.source import ByteSource
from volio.tracts.sources import HeldLines, LineSource

__all__ = ["HeaderDict", "LinesFile", "OpenedLines", "opened_for_lines"]

HeaderDict: TypeAlias = dict[str, Any]


class OpenedLines(NamedTuple):
    """A file whose header was read."""

    header: HeaderDict
    lines: LineSource


class LinesFile(TractogramFile):
    """The base of streamline files: a class has `_open`, `save` and its `MAGIC_NUMBER`.

    Parameters
    ----------
    tractogram : Tractogram
    header : dict, optional
    """

    MAGIC_NUMBER: ClassVar[bytes]

    @classmethod
    def is_correct_format(cls, fileobj: Any) -> bool:
        """Return whether a file begins as one of this format; an open one stays where it stands."""
        return begins_with(fileobj, cls.MAGIC_NUMBER)

    @classmethod
    @abstractmethod
    def _open(cls, source: ByteSource, start: int) -> OpenedLines:
        """Read the header of a file.

        Parameters
        ----------
        source : ByteSource
        start : int
            Where the source begins in the file that the user named or has open.
        """

    @classmethod
    def load(cls, fileobj: Any, lazy_load: bool = False) -> Self:
        """Load a file; points come in scanner RAS+ mm.

        Parameters
        ----------
        fileobj : str, path-like or binary file object
            An open file stays where it stands, at the beginning of the header.
        lazy_load : bool, optional
            Read streamlines when they are asked for, not now.

        Raises
        ------
        HeaderError
            If the header makes no sense.
        DamagedDataError
            If the file ends within a streamline, or before all that the format says are there.

        Warns
        -----
        HeaderWarning
            If the header lacks a field, so that something is assumed, or has an odd one.
        """
        with position_kept(fileobj):
            header, lines = cls._open(open_source(holder_of(fileobj)), start_of(fileobj))
            if not lazy_load:
                with data_errors():
                    held = lines.read()
                header[Field.NB_STREAMLINES] = len(held)
                return cls(tractogram_of(held), header)

        def items() -> Any:
            with position_kept(fileobj), data_errors():
                yield from items_of(lines.blocks(), count)

        def count(number: int) -> None:
            header[Field.NB_STREAMLINES] = number

        tractogram = LazyTractogram.from_data_func(items)
        tractogram.affine_to_rasmm = np.eye(4)
        return cls(tractogram, header)

    @classmethod
    def _read_header(cls, fileobj: Any) -> HeaderDict:
        with position_kept(fileobj):
            return cls._open(open_source(holder_of(fileobj)), start_of(fileobj)).header


@contextmanager
def opened_for_lines(fileobj: Any, lines: LineSource) -> Iterator[tuple[Any, LineSource]]:
    """Open a file that lines are written to.

    Parameters
    ----------
    fileobj : str, path-like or binary file object
    lines : LineSource

    Yields
    ------
    stream, lines
        The lines are in memory where the stream cannot write their number at the end: they are
        counted first, and then gone through again.
    """
    with open_for_write([holder_of(fileobj)]) as (stream,):
        if not hasattr(stream, "write_at"):
            lines = HeldLines(lines.read())
        yield stream, lines
