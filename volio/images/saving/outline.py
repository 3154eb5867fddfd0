"""Files written around voxels that are not there yet: what comes before them, and what after."""

from __future__ import annotations

from typing import Any

import numpy as np

from volio.arrays.dtypes import Array
from volio.arrays.indexing.request import Box
from volio.arrays.lazy import LazyArray
from volio.arrays.saving.piecewise import VoxelBlock
from volio.files.saving.chunk_layout import ChunkLayout

__all__ = ["Blank", "Outline", "VoxelsNeededError"]


class VoxelsNeededError(Exception):
    """A format needs the voxels before it can write its files; never leaves this package."""


class Blank(LazyArray):
    """The voxels of an image that is to be written piece by piece.

    Parameters
    ----------
    shape : tuple of int
    dtype : numpy dtype
    """

    def __init__(self, shape: tuple[int, ...], dtype: Any) -> None:
        self.shape = shape
        self.dtype = np.dtype(dtype)

    def fill(self, out: Array, box: Box) -> None:
        """Raise VoxelsNeededError."""
        raise VoxelsNeededError

    def leave_room(self, stream: Any, dtype: Any, order: str) -> None:
        """Note in an outline where the voxels belong.

        Raises
        ------
        VoxelsNeededError
            If the stream is none: a format that encodes voxels itself needs them.
        """
        if not isinstance(stream, Outline) or stream.room is not None:
            raise VoxelsNeededError
        stream.leave_room(VoxelBlock(self.shape, np.dtype(dtype), order))


class Outline:
    """A stream that notes what a file holds before and after its voxels.

    Attributes
    ----------
    before, after : bytearray
    room : VoxelBlock or None
        The voxels between them; None for a file that has none.
    layout : Layout or None
        What compressed files are cut by.
    """

    def __init__(self) -> None:
        self.before = bytearray()
        self.after = bytearray()
        self.room: VoxelBlock | None = None
        self.layout: ChunkLayout | None = None

    def lay_out(self, layout: ChunkLayout) -> None:
        """Note how the file will be laid out."""
        self.layout = layout

    def write(self, data: Any) -> int:
        """Note bytes."""
        view = memoryview(data)
        (self.before if self.room is None else self.after).extend(view.tobytes())
        return view.nbytes

    def leave_room(self, room: VoxelBlock) -> None:
        """Note that the voxels come here."""
        self.room = room

    def tell(self) -> int:
        """Return how many bytes the file has so far, the voxels included."""
        return len(self.before) + len(self.after) + (self.room.nbytes if self.room else 0)

    def flush(self) -> None:
        """Do nothing: nothing is held back."""
