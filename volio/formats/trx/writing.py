"""Lines and what belongs to them as the members of a TRX file, in one pass over the lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

import numpy as np

from volio.files.zip_members import Member
from volio.formats.trx.columns import FixedMember, LineColumn
from volio.formats.trx.sinks import Sink
from volio.tracts.sources import LineSource

__all__ = ["copied_members", "member_sizes", "write_members"]

#: Bytes of an unknown member that are copied at once.
PIECE = 1 << 22


def copied_members(others: Mapping[str, Member]) -> list[FixedMember]:
    """Return members that are copied from another file."""
    return [
        FixedMember(name, member.size, partial(_pieces, member)) for name, member in others.items()
    ]


def _pieces(member: Member) -> Iterator[bytes]:
    with member.source.open() as reader:
        for start in range(0, member.size, PIECE):
            yield reader.read(start, min(PIECE, member.size - start))


def member_sizes(
    fixed: Sequence[FixedMember], columns: Sequence[LineColumn]
) -> list[tuple[str, int]]:
    """Return name and size of all members, the header first."""
    sizes = [(member.name, member.size) for member in fixed]
    return [*sizes, *((column.name, column.size) for column in columns)]


def write_members(
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
