"""Payload: where the voxels of an image are and how they are encoded."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Payload"]


class Payload(NamedTuple):
    """Where the voxels of an image are and how they are encoded.

    Attributes
    ----------
    encoding : str
        As `volio.arrays.encodings.table.decode` names it.
    names : tuple of str
        Data files, in the order of their voxels; none for the file of the header.
    starts : tuple of int
        Byte of each file at which they begin; () for the first, or the one after the header.
    lines : int
        Lines of text to skip before the bytes.
    skip : int
        Bytes to skip before the voxels, decoded ones where they are compressed; -1 where the voxels
        are the last bytes there are.
    length : int or None
        Encoded bytes, where the header states how many.
    skips : tuple of int
        For each file what `skip` is for all; () where one number is for all.
    """

    encoding: str = "raw"
    names: tuple[str, ...] = ()
    starts: tuple[int, ...] = ()
    lines: int = 0
    skip: int = 0
    length: int | None = None
    skips: tuple[int, ...] = ()

    def of_file(self, number: int) -> Payload:
        """Return what is true of one of the files."""
        return self._replace(skip=self.skips[number], skips=()) if self.skips else self
