"""TckTractogram: tracts in a .tck file."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np

from volio.errors import SaveError, VolioWarning
from volio.files.filemap import FileHolder
from volio.files.names import split_compression
from volio.files.opener import open_source
from volio.files.pairs import read_together
from volio.formats.tck.contents import read_contents
from volio.formats.tck.header import TckHeader
from volio.formats.tck.reading import TckLines
from volio.formats.tck.scalars import TsfHeader
from volio.formats.tck.writing import ValueFile, write_lines
from volio.images.headers.error_context import errors_name, warn_of_content
from volio.tracts.beside import LinesBeside
from volio.tracts.contents import Holds, warn_before_saving
from volio.tracts.lines import Column
from volio.tracts.rounding import Rounding
from volio.tracts.saving import are_own_lines, open_for_lines
from volio.tracts.sources import LineSource
from volio.tracts.tractogram import Tractogram

__all__ = ["TckTractogram"]


class TckTractogram(Tractogram):
    """Tracts in a .tck file of MRtrix: points, scanner RAS+ mm, and free texts.

    Values are in files of their own, see `from_file_map` and `to_file_map`.

    Parameters
    ----------
    *args, **kwargs
        As for `Tractogram`.

    Examples
    --------
    >>> tracts = volio.Tractogram([[0, 0, 0], [1, 2, 3]], per_point={"fa": [0.5, 0.75]})
    >>> volio.save(tracts, "bundle.tck", scalars=True)
    >>> volio.load("bundle.tck", scalars=["bundle_fa.tsf"]).per_point["bundle_fa"].tolist()
    [0.5, 0.75]
    """

    header_class: ClassVar[type[Any]] = TckHeader
    files_types = (("image", ".tck"),)
    holds = Holds(per_point=False, per_line=False, groups=False, grid=False)

    @classmethod
    def from_file_map(
        cls,
        file_map: Mapping[str, FileHolder],
        *,
        scalars: str | PathLike[str] | Sequence[str | PathLike[str]] = (),
        weights: str | PathLike[str] | None = None,
        permissive: bool = False,
    ) -> Self:
        """Load tracts from their file: the header; lines are read when they are asked for.

        Parameters
        ----------
        file_map : mapping
        scalars : str, path or sequence of them, optional
            Files of values per point (.tsf), which are named as the files without the ending.
        weights : str or path, optional
            A text file with one number for each line: ``per_line["weights"]``.
        permissive : bool
            Take the lines before the end of a file that is not complete.

        Raises
        ------
        HeaderDataError
            If the header makes no sense.
        TruncatedFileError
            If a file is not complete.
        ImageDataError
            If there are not as many values as points, or weights as lines.

        Warns
        -----
        VolioWarning
            If the header lacks a field, or values were made from another file by their timestamps.
        """
        names = _names_of(scalars)
        weight_names = [] if weights is None else [weights]
        read = partial(read_contents, file_map, names, weights, permissive)
        found = read_together(read, file_map, values=[*names, *weight_names])
        with errors_name(found.source):
            for note in found.notes:
                warn_of_content(note, VolioWarning)
        return cls.from_source(found.lines, header=found.header, file_map=file_map)

    def to_file_map(
        self,
        file_map: Mapping[str, FileHolder] | None = None,
        *,
        scalars: bool = False,
        weights: bool = False,
        compression: str | int | None = None,
    ) -> None:
        """Save the tracts.

        Rows that come from a .tck file are copied as they are.

        Parameters
        ----------
        file_map : mapping, optional
        scalars : bool
            Write values per point to files of their own next to it: ``bundle_fa.tsf``.
        weights : bool
            Write values per line to text files: ``bundle_weights.txt``.
        compression : {"fast", "balanced", "small"} or int, optional

        Raises
        ------
        SaveError
            If files of values are asked for, and the file has no name.
        ImageDataError
            If values per point are NaN or infinite, which end lines in their files.

        Warns
        -----
        LossWarning
            If the file has no place for all there is; the message lists what is lost.
        PrecisionWarning
            If numbers are rounded to float32.
        """
        holder = (file_map or self.file_map)["image"]
        lines = self._source_for_saving()
        is_own = are_own_lines(lines, holder)
        if is_own and (lines.layout.per_point or lines.layout.per_line):
            self.held()  # the file that they come from is about to have less
        header = self._header_for_saving(lines)
        files = _value_files(lines, scalars, weights)
        if files:
            header.meta.setdefault("timestamp", f"{time.time():.10f}")
        holds = Holds(per_point=scalars, per_line=weights, groups=False, grid=False)
        warn_before_saving("tck", self.contents(), holds)
        rounding = Rounding("tck")
        holders = [_holder_beside(holder, file) for file in files]
        heads = [_tsf_header(header) if file.is_per_point else None for file in files]
        with open_for_lines([*holders, holder], lines, compression) as streams:
            beside = list(zip(streams[:-1], files, heads, strict=True))
            write_lines(streams[-1], header, lines, beside, rounding)
        if is_own:
            source = open_source(holder)
            self._lines = TckLines(source, TckHeader.read(source))
        rounding.warn()

    def _header_for_saving(self, lines: LineSource) -> TckHeader:
        """Return a header that says how numbers are stored: as the file had them, if unchanged."""
        header: TckHeader = self.header.copy()
        if not header.is_as_read:
            is_double = lines.layout.dtype == np.float64
            header.dtype = np.dtype("<f8" if is_double else "<f4")
        stamp = header.meta.get("timestamp")
        if stamp is not None and stamp == header.fields.get("timestamp"):
            own = lines.source if isinstance(lines, LinesBeside) else lines
            if not isinstance(own, TckLines):
                # It is that of the lines in the file, by which files of values belong to them.
                del header.meta["timestamp"]
        return header


def _names_of(
    scalars: str | PathLike[str] | Sequence[str | PathLike[str]],
) -> Sequence[str | PathLike[str]]:
    """Return names of files, of which one may be given alone."""
    return [scalars] if isinstance(scalars, str | PathLike) else scalars


def _value_files(lines: LineSource, scalars: bool, weights: bool) -> list[ValueFile]:
    """Return the files that values get, one for each column."""
    found = []
    wanted: list[tuple[Mapping[str, Column], bool]] = []
    if scalars:
        wanted.append((lines.layout.per_point, True))
    if weights:
        wanted.append((lines.layout.per_line, False))
    for columns, is_per_point in wanted:
        for name, column in columns.items():
            numbers = range(column.width) if column.width else [None]
            found += [ValueFile(name, number, is_per_point) for number in numbers]
    return found


def _holder_beside(holder: FileHolder, file: ValueFile) -> FileHolder:
    """Return where values go: next to the tracts."""
    if holder.filename is None or holder.fileobj is not None:
        raise SaveError("scalars, weights: are files of their own; save the tracts under a name")
    if "/" in file.name or "\\" in file.name:
        raise SaveError(f"{file.name!r}: cannot be part of a file name")
    path = Path(holder.filename)
    stem = split_compression(path.name)[0].removesuffix(".tck")
    return FileHolder(filename=path.with_name(f"{stem}{file.ending}"))


def _tsf_header(header: TckHeader) -> TsfHeader:
    """Return the header of values that belong to tracts."""
    return TsfHeader({"timestamp": header.meta["timestamp"]})
