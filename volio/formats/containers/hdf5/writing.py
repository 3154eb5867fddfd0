"""HDF5 files written to streams, which h5py cannot: through a temporary file."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from tempfile import TemporaryFile
from typing import Any

import numpy as np

from volio.errors import SaveError
from volio.extras import need
from volio.files.guarded_files import GuardedWriter
from volio.files.saving.atomic import Replacement
from volio.formats.containers.dataset import Attributes

__all__ = ["create_hdf5", "storage_in_chunks", "write_attributes"]

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


def storage_in_chunks(shape: Sequence[int], edges: Sequence[int], level: int) -> dict[str, Any]:
    """Return the options of a new data set that is stored in chunks; none where it has no values.

    Parameters
    ----------
    shape : sequence of int
    edges : sequence of int
        Length of a chunk along each axis, where the data set is not shorter.
    level : int
        Of deflate; 0 for none.
    """
    if 0 in shape:
        return {}
    deflate = {"compression": "gzip", "compression_opts": level, "shuffle": True} if level else {}
    return {"chunks": tuple(map(min, shape, edges)), **deflate}
