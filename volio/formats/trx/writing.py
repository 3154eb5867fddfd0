"""Lines and what belongs to them as a TRX file, in one pass over the lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from volio.files.filemap import FileHolder
from volio.files.saving.folder import replaced_folder
from volio.files.zip_members import Member
from volio.formats.trx.columns import FixedMember, LineColumn
from volio.formats.trx.opened import HEADER
from volio.formats.trx.sinks import DeflatedSink, FolderSink, Sink, StoredSink
from volio.tracts.saving import open_for_lines
from volio.tracts.sources import LineSource

__all__ = ["TrxPlan", "copied_members", "write_file"]

#: Bytes of an unknown member that are copied at once.
PIECE = 1 << 22


class TrxPlan(NamedTuple):
    """The members of a file.

    Attributes
    ----------
    fixed : list of FixedMember
    columns : list of LineColumn
    renamed : dict of str to str
        Names that files cannot have, and those that they get.
    """

    fixed: list[FixedMember]
    columns: list[LineColumn]
    renamed: dict[str, str]


def write_file(
    plan: TrxPlan,
    lines: LineSource,
    holder: FileHolder,
    compression: str | int | None,
    as_folder: bool,
) -> None:
    """Write the members of a file.

    Raises
    ------
    MiscountError
        If lines have other numbers of points than was planned; the file is as it was.
    """
    with _sink_for(holder, plan, compression, lines, as_folder) as sink:
        _write_members(sink, plan.fixed, plan.columns, lines)
        sink.finish()


@contextmanager
def _sink_for(
    holder: FileHolder,
    plan: TrxPlan,
    compression: str | int | None,
    lines: LineSource,
    as_folder: bool,
) -> Iterator[Sink]:
    """Open what members are written to; it is put in place at the end."""
    sizes = _sizes(plan.fixed, plan.columns)
    if as_folder:
        with replaced_folder(Path(str(holder.filename)), (HEADER,)) as folder:
            yield from _closing(FolderSink(folder, sizes))
        return
    with open_for_lines([holder], lines, compression) as (stream,):
        if compression is None:
            yield from _closing(StoredSink(stream, sizes))
        else:
            yield from _closing(DeflatedSink(stream, sizes, compression))


def _closing(sink: Sink) -> Iterator[Sink]:
    try:
        yield sink
    finally:
        sink.close()


def copied_members(others: Mapping[str, Member]) -> list[FixedMember]:
    """Return members that are copied from another file."""
    return [
        FixedMember(name, member.size, partial(_pieces, member)) for name, member in others.items()
    ]


def _pieces(member: Member) -> Iterator[bytes]:
    with member.source.open() as reader:
        for start in range(0, member.size, PIECE):
            yield reader.read(start, min(PIECE, member.size - start))


def _sizes(fixed: Sequence[FixedMember], columns: Sequence[LineColumn]) -> list[tuple[str, int]]:
    """Return name and size of all members, the header first."""
    sizes = [(member.name, member.size) for member in fixed]
    return [*sizes, *((column.name, column.size) for column in columns)]


def _write_members(
    sink: Sink, fixed: Sequence[FixedMember], columns: Sequence[LineColumn], lines: LineSource
) -> None:
    """Write all members.

    Parameters
    ----------
    sink : Sink
        For these members.
    fixed : sequence of FixedMember
    columns : sequence of LineColumn
    lines : LineSource
        Gone through once.
    """
    for member in fixed:
        for piece in member.pieces():
            sink.put(member.name, piece)
    for column in columns:
        if column.first is not None:
            sink.put(column.name, column.first.view(np.uint8))
    points = 0
    for block in lines.blocks():
        for column in columns:
            values = column.values(block, points)
            stored = np.ascontiguousarray(values, values.dtype.newbyteorder("<"))
            sink.put(column.name, stored.reshape(-1).view(np.uint8))
        points += len(block.points)
