"""Files of numpy's that hold ragged arrays: rows, and the places of the arrays in them."""

from __future__ import annotations

import os
from typing import BinaryIO
from zipfile import ZipFile

import numpy as np

from volio.arrays.dtypes import Array
from volio.arrays.ragged.rows import Places, check_places
from volio.errors import ImageDataError
from volio.files.filemap import FileHolder
from volio.files.opener import open_for_write

__all__ = ["load_rows", "save_rows"]

PARTS = ("data", "offsets", "lengths")


def save_rows(
    filename: str | os.PathLike[str] | BinaryIO, data: Array, offsets: Places, lengths: Places
) -> None:
    """Save rows and the places of arrays, as ``numpy.savez`` names them.

    Parameters
    ----------
    filename : str, path-like or binary file object
        A name gets the ending ``.npz`` if it has another one.
    data : ndarray, shape (rows, ...)
    offsets, lengths : ndarray of intp, shape (n,)
    """
    parts = dict(zip(PARTS, (data, offsets, lengths), strict=True))
    if not isinstance(filename, str | os.PathLike):
        _write_parts(filename, parts)
        return
    name = os.fspath(filename)
    holder = FileHolder(name if name.endswith(".npz") else f"{name}.npz")
    with open_for_write([holder]) as files:
        _write_parts(files[0], parts)


def _write_parts(file: BinaryIO, parts: dict[str, Array]) -> None:
    with ZipFile(file, "w") as archive:
        for name, array in parts.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)


def load_rows(filename: str | os.PathLike[str] | BinaryIO) -> tuple[Array, Places, Places]:
    """Load rows and the places of arrays.

    Returns
    -------
    data : ndarray, shape (rows, ...)
    offsets, lengths : ndarray of intp, shape (n,)

    Raises
    ------
    ImageDataError
        If a part is missing, or an array is outside the rows.
    """
    with np.load(filename) as parts:
        missing = [name for name in PARTS if name not in parts]
        if missing:
            raise ImageDataError(f"{filename}: has no {', '.join(missing)}")
        data = parts["data"]
        offsets, lengths, problem = check_places(parts["offsets"], parts["lengths"], len(data))
    if problem:
        raise ImageDataError(f"{filename}: {problem}")
    return data, offsets, lengths
