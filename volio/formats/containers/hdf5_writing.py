"""HDF5 files written to streams, which h5py cannot: through a temporary file."""

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

__all__ = ["VoxelStream", "create_hdf5", "write_attributes"]

LONG = 60_000  # bytes of text that do not fit the header of an object
PIECE = 1 << 20  # bytes that are copied at once


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
    h5py = need("h5py", "minc2")
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
        shutil.copyfileobj(temporary, stream, PIECE)


class VoxelStream:
    """A stream whose bytes, voxels in C order, go into a data set, whole chunks at a time.

    Parameters
    ----------
    node : h5py.Dataset
    """

    def __init__(self, node: Any) -> None:
        self._node = node
        self._row = max(1, prod(node.shape[1:]) * node.dtype.itemsize)  # bytes
        self._rows_at_once = node.chunks[0] if node.chunks else 1
        self._pending = bytearray()
        self._done = 0  # rows

    def write(self, data: Any) -> int:
        """Take bytes; return how many."""
        self._pending += data
        self._store(self._rows_at_once)
        return len(data)

    def finish(self) -> None:
        """Store what is left."""
        self._store(1)

    def _store(self, step: int) -> None:
        """Store as many rows as there are, in multiples of a step."""
        count = len(self._pending) // self._row // step * step
        if not count:
            return
        nbytes = count * self._row
        values = np.frombuffer(self._pending[:nbytes], self._node.dtype)
        end = self._done + count
        self._node[self._done : end] = values.reshape(count, *self._node.shape[1:])
        self._done = end
        del self._pending[:nbytes]


def write_attributes(node: Any, attributes: Attributes) -> None:
    """Set attributes of a group or data set: single numbers, arrays, and text as bytes.

    Text that is too long for the header of an object is one of HDF5's texts of any length.
    """
    for name, value in attributes.items():
        if not isinstance(value, bytes):
            node.attrs[name] = value.reshape(()) if value.size == 1 else value
        elif len(value) > LONG:
            text = need("h5py", "minc2").string_dtype()
            node.attrs.create(name, value.rstrip(b"\0"), dtype=text)
        else:
            node.attrs[name] = np.bytes_(value or b"\0")
