"""A .tck file and the files of its values, opened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

from numpy.typing import NDArray

from volio.files.filemap import FileHolder
from volio.files.names import split_compression
from volio.files.opener import open_source
from volio.files.sources.source import ByteSource
from volio.formats.tck.header import TckHeader
from volio.formats.tck.reading import TckLines
from volio.formats.tck.scalars import read_scalars, read_weights
from volio.images.headers.error_context import errors_name
from volio.surfaces.vertex_data import distinct_name
from volio.tracts.beside import LinesBeside
from volio.tracts.sources import LineSource

__all__ = ["TckContents", "read_contents"]

#: Name of values per line that are read from a file of weights.
WEIGHTS = "weights"


class TckContents(NamedTuple):
    """What is read when a file is opened.

    Attributes
    ----------
    source : ByteSource
        Of the points.
    header : TckHeader
    lines : LineSource
    notes : list of str
        What there is to warn of.
    """

    source: ByteSource
    header: TckHeader
    lines: LineSource
    notes: list[str]


def read_contents(
    file_map: Mapping[str, FileHolder],
    scalars: Sequence[str | PathLike[str]],
    weights: str | PathLike[str] | None,
    permissive: bool,
) -> TckContents:
    """Read the header of a file, and the values in others.

    Parameters
    ----------
    file_map : mapping
    scalars : sequence of str or path
        Files of values per point.
    weights : str or path, optional
        A file of one number for each line.
    permissive : bool
        Take the lines before the end of a file that is not complete.

    Raises
    ------
    HeaderDataError
        If a header makes no sense.
    CorruptFileError
        If values have no end.
    """
    source = open_source(file_map["image"])
    notes = []
    with errors_name(source):
        header = TckHeader.read(source)
        for field in header.missing:
            assumed = {"datatype": "Float32LE", "file": f". {header.offset}"}[field]
            notes.append(f"{field}: is not in the header; {assumed} is assumed")
    lines: LineSource = TckLines(source, header.copy(), permissive)
    if scalars or weights is not None:
        lines, others = _with_values(lines, header, scalars, weights)
        notes += others
    return TckContents(source, header, lines, notes)


def _with_values(
    lines: LineSource,
    header: TckHeader,
    scalars: Sequence[str | PathLike[str]],
    weights: str | PathLike[str] | None,
) -> tuple[LineSource, list[str]]:
    """Return lines with the values of other files, and what there is to warn of."""
    notes = []
    per_point: dict[str, NDArray[Any]] = {}
    lengths = None
    for where in scalars:
        found = read_scalars(where)
        stamp = found.header.meta.get("timestamp")
        own_stamp = header.meta.get("timestamp")
        if stamp is not None and own_stamp is not None and stamp != own_stamp:
            notes.append(
                f"{where}: timestamp: is {stamp}, that of the tracts is {own_stamp}: these may be "
                "values of other tracts"
            )
        name = split_compression(str(Path(where).name))[0].removesuffix(".tsf")
        per_point[distinct_name(name, per_point)] = found.values
        lengths = found.lengths
    per_line = {} if weights is None else {WEIGHTS: read_weights(weights)}
    return LinesBeside(lines, per_point, per_line, lengths), notes
