"""HDF5 files written to streams, which h5py cannot: through a temporary file."""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import prod
from tempfile import TemporaryFile
from typing import Any

import numpy as np

from volio.errors import SaveError
from volio.extras import need
from volio.files.saving.atomic import Replacement
from volio.formats.containers.dataset import Attributes

__all__ = ["VoxelStream", "create_hdf5", "write_attributes"]

LONG = 60_000  # bytes of text that do not fit the header of an object
PIECE = 1 << 20  # bytes that are copied at once


class GuardedFile(io.RawIOBase):
    """A file for h5py to write, which crashes the process where an error comes out of it.

    The first error, as of a full disk, is kept for `check`; what is written after it is lost.

    Parameters
    ----------
    file : binary file object
    """

    def __init__(self, file: Any) -> None:
        super().__init__()
        self.error: BaseException | None = None
        self._file = file
        self._position = 0
        self._size = 0

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move to a position, from the beginning or the end."""
        self._position = offset + (self._size if whence == os.SEEK_END else 0)
        return self._position

    def tell(self) -> int:
        """Return the position."""
        return self._position

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer, with zeros after an error."""
        self._attempt(lambda: self._file.readinto(buffer))
        if self.error is not None:
            buffer[:] = bytes(len(buffer))
        return len(buffer)

    def write(self, data: Any) -> int:
        """Write all of a buffer."""
        self._size = max(self._size, self._position + len(data))
        self._attempt(lambda: self._file.write(data))
        return len(data)

    def truncate(self, size: int | None = None) -> int:
        """Set the size."""
        self._size = self._position if size is None else size
        self._attempt(lambda: self._file.truncate(size))
        return self._size

    def check(self) -> None:
        """Raise the error that was kept."""
        if self.error is not None:
            raise self.error

    def _attempt(self, act: Callable[[], object]) -> None:
        try:
            if self.error is None:
                self._file.seek(self._position)
                act()
        except BaseException as error:
            self.error = error


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
        guarded = GuardedFile(temporary)
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
        self._pending = bytearray()
        self._done = 0  # rows

    def write(self, data: Any) -> int:
        """Take bytes; return how many."""
        self._pending += data
        rows = self._node.chunks[0] if self._node.chunks else 1
        self._store(len(self._pending) // self._row // rows * rows)
        return len(data)

    def finish(self) -> None:
        """Store what is left."""
        self._store(len(self._pending) // self._row)

    def _store(self, rows: int) -> None:
        if not rows:
            return
        count = rows * self._row
        values = np.frombuffer(bytes(self._pending[:count]), self._node.dtype)
        shape = (rows, *self._node.shape[1:])
        self._node[self._done : self._done + rows] = values.reshape(shape)
        self._done += rows
        del self._pending[:count]


def write_attributes(node: Any, attributes: Attributes) -> None:
    """Set attributes of a group or data set, text in bytes of fixed length where it fits."""
    for name, value in attributes.items():
        if isinstance(value, bytes) and len(value) > LONG:
            text = need("h5py", "minc2").string_dtype()
            node.attrs.create(name, value.rstrip(b"\0"), dtype=text)
        else:
            node.attrs[name] = np.array(value or b"\0") if isinstance(value, bytes) else value
