"""nibabel's names about ECAT7 that volio's own modules do not need."""

from __future__ import annotations

from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from volio.caller import warn_caller
from volio.files.opener import open_source
from volio.formats.ecat.directory import read_directory
from volio.formats.ecat.fields import (
    BLOCK,
    FEET_FIRST,
    FILE_TYPES,
    HEAD_FIRST,
    MAIN,
    ORIENTATIONS,
    SUBHEADER,
)

__all__ = [
    "BLOCK_SIZE",
    "file_type_codes",
    "ft_defs",
    "get_frame_order",
    "get_series_framenumbers",
    "hdr_dtype",
    "main_header_dtd",
    "patient_orient_codes",
    "patient_orient_defs",
    "patient_orient_neurological",
    "patient_orient_radiological",
    "read_mlist",
    "subhdr_dtype",
    "subheader_dtd",
]

BLOCK_SIZE = BLOCK
hdr_dtype = MAIN
subhdr_dtype = SUBHEADER
main_header_dtd = MAIN.descr
subheader_dtd = SUBHEADER.descr
file_type_codes = FILE_TYPES
patient_orient_codes = ORIENTATIONS
ft_defs = tuple(FILE_TYPES.items())
patient_orient_defs = tuple(ORIENTATIONS.items())
patient_orient_radiological = list(FEET_FIRST)
patient_orient_neurological = list(HEAD_FIRST)

Rows = NDArray[Any]


def read_mlist(fileobj: BinaryIO, endianness: str) -> Rows:
    """Return the directory of a file.

    Parameters
    ----------
    fileobj : binary file object
    endianness : {'<', '>'}

    Returns
    -------
    ndarray of int32, shape (frames, 4)
        Number of the matrix, its first and last block, and its status; frames that exist.
    """
    fileobj.seek(0)
    found = read_directory(open_source(fileobj), endianness)
    return np.array(found, np.int32).reshape(-1, 4)


def get_frame_order(mlist: Rows) -> dict[int, list[Any]]:
    """Return for each frame its row in the directory and its number there.

    Warns
    -----
    UserWarning
        If frames are stored in another order than their numbers.
    """
    numbers = np.asarray(mlist)[:, 0]
    rows = np.flatnonzero(numbers > 0)
    order = rows[np.argsort(numbers[rows], kind="stable")]
    if not np.array_equal(order, np.sort(order)):
        warn_caller(f"frames are stored out of order: {order.tolist()}", UserWarning)
    return {frame: [row, numbers[row]] for frame, row in enumerate(order)}


def get_series_framenumbers(mlist: Rows) -> dict[int, int]:
    """Return for each frame its place in the series, from 1; rows that are empty come first."""
    missing = len(mlist) - (found := len(get_frame_order(mlist)))
    if any(row >= found for row, _ in get_frame_order(mlist).values()):
        raise OSError("mlist: has empty rows before others, their order is unknown")
    return {n: int(row) + missing + 1 for n, (row, _) in get_frame_order(mlist).items()}
