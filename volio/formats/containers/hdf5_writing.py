"""HDF5 files written to streams, which h5py cannot: through a temporary file; slabs of voxels."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from tempfile import TemporaryFile
from typing import Any

import numpy as np

from volio.errors import SaveError
from volio.extras import need
from volio.files.guarded_files import GuardedWriter
from volio.files.saving.atomic import Replacement
from volio.formats.containers.dataset import Attributes

__all__ = ["VolumeStream", "create_hdf5", "write_attributes"]

LONG = 60_000  # bytes of text that do not fit the header of an object


@contextmanager
def create_hdf5(stream: Any) -> Iterator[Any]:
    """Create a file, in a ``with`` statement that gives its ``h5py.File``.

    Parameters
    ----------
    stream : binary file object
        Gets the bytes of the file once it is complete. The temporary file is in the folder of
        the target, which must have room for it, or of the system where that is not known.

    Raises
    ------
    SaveError
        If h5py cannot store what it gets.
    OSError
        As of a full disk.
    """
    h5py = need("h5py", "hdf5")
    folder = stream.path.parent if isinstance(stream, Replacement) else None
    with TemporaryFile(dir=folder) as temporary:
        guarded = GuardedWriter(temporary)
        try:
            with h5py.File(guarded, "w") as file:
                yield file
        except (ValueError, TypeError, RuntimeError) as error:
            guarded.check()
            raise SaveError(f"HDF5 cannot hold the image: {error}") from error
        guarded.check()
        temporary.seek(0)
        shutil.copyfileobj(temporary, stream)


def write_attributes(node: Any, attributes: Attributes) -> None:
    """Set attributes of a group or data set: single numbers, arrays, and text as bytes.

    Text that is too long for the header of an object is one of HDF5's texts of any length.
    """
    for name, value in attributes.items():
        if not isinstance(value, bytes):
            node.attrs[name] = value.reshape(()) if value.size == 1 else value
        elif len(value) > LONG:
            text = need("h5py", "hdf5").string_dtype()
            node.attrs.create(name, value.rstrip(b"\0"), dtype=text)
        else:
            node.attrs[name] = np.bytes_(value or b"\0")


class VolumeStream:
    """A stream whose bytes, voxels in C order, go into the volumes of a data set.

    A slab is in memory: as many planes as a chunk has, so that each chunk is written once.

    Parameters
    ----------
    node : h5py.Dataset
        Its last three axes are those of a volume.
    """

    def __init__(self, node: Any) -> None:
        self._node = node
        self._slabs = self._keys()
        self._key: tuple[Any, ...] = ()
        self._slab = np.empty(0, np.uint8)
        self._filled = 0  # bytes of the slab

    def write(self, data: Any) -> int:
        """Take bytes; return how many."""
        todo = np.frombuffer(memoryview(data).cast("B"), np.uint8)
        nbytes = todo.size
        while todo.size:
            if not self._slab.size:
                self._begin_slab()
            count = min(todo.size, self._slab.size - self._filled)
            self._slab[self._filled : self._filled + count] = todo[:count]
            self._filled += count
            todo = todo[count:]
            if self._filled == self._slab.size:
                self._end_slab()
        return nbytes

    def _keys(self) -> Iterator[tuple[Any, ...]]:
        """Go through the slabs: which volume, and which of its planes."""
        *outer, length, _, _ = self._node.shape
        depth = self._node.chunks[-3] if self._node.chunks else 1
        for volume in np.ndindex(*outer):
            for first in range(0, length, depth):
                yield (*volume, slice(first, min(first + depth, length)))

    def _begin_slab(self) -> None:
        self._key = next(self._slabs)
        planes = self._key[-1].stop - self._key[-1].start
        nbytes = planes * prod(self._node.shape[-2:]) * self._node.dtype.itemsize
        self._slab = np.empty(nbytes, np.uint8)
        self._filled = 0

    def _end_slab(self) -> None:
        planes = self._slab.view(self._node.dtype)
        self._node[self._key] = planes.reshape(-1, *self._node.shape[-2:])
        self._slab = np.empty(0, np.uint8)
