"""nibabel's names about ECAT7 that volio's own modules do not need."""

from __future__ import annotations

import warnings
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from volio.errors import UsageError
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
    data_type_codes,
)
from volio.formats.ecat.header import EcatHeader

__all__ = [
    "BLOCK_SIZE",
    "EcatSubHeader",
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
    "read_subheaders",
    "subhdr_dtype",
    "subheader_dtd",
]

BLOCK_SIZE = BLOCK
hdr_dtype, subhdr_dtype = MAIN, SUBHEADER
main_header_dtd, subheader_dtd = MAIN.descr, SUBHEADER.descr
file_type_codes, patient_orient_codes = FILE_TYPES, ORIENTATIONS
ft_defs, patient_orient_defs = tuple(FILE_TYPES.items()), tuple(ORIENTATIONS.items())
patient_orient_radiological, patient_orient_neurological = list(FEET_FIRST), list(HEAD_FIRST)

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
        warnings.warn(
            f"frames are stored out of order: {order.tolist()}", UserWarning, stacklevel=2
        )
    return {frame: [row, numbers[row]] for frame, row in enumerate(order)}


def get_series_framenumbers(mlist: Rows) -> dict[int, int]:
    """Return for each frame its place in the series, from 1; rows that are empty come first."""
    missing = len(mlist) - (found := len(get_frame_order(mlist)))
    if any(row >= found for row, _ in get_frame_order(mlist).values()):
        raise OSError("mlist: has empty rows before others, their order is unknown")
    return {n: int(row) + missing + 1 for n, (row, _) in get_frame_order(mlist).items()}


def read_subheaders(fileobj: BinaryIO, mlist: Rows, endianness: str) -> list[Rows]:
    """Return the sub-header of each row of a directory, up to one without a block."""
    source, found = _source(fileobj), []
    dtype = SUBHEADER.newbyteorder(endianness)  # type: ignore[arg-type]  # one of them
    for start in np.asarray(mlist)[:, 1].tolist():
        if start == 0:
            break
        block = source.read((start - 1) * BLOCK, SUBHEADER.itemsize)
        found.append(np.ndarray((), dtype, block))
    return found


def _source(fileobj: BinaryIO) -> Any:
    fileobj.seek(0)
    return open_source(fileobj)


class EcatSubHeader:
    """The sub-headers of a file, and the voxels behind them.

    Parameters
    ----------
    hdr : EcatHeader
    mlist : ndarray, shape (frames, 4)
    fileobj : binary file object
    """

    _subhdrdtype = SUBHEADER
    _data_type_codes = data_type_codes

    def __init__(self, hdr: EcatHeader, mlist: Rows, fileobj: BinaryIO) -> None:
        self._header, self._mlist, self.fileobj = hdr, mlist, fileobj
        self.endianness = hdr.endianness
        self.subheaders = read_subheaders(fileobj, mlist, hdr.endianness)
        self._all = EcatHeader.from_source(_source(fileobj))

    def get_shape(self, frame: int = 0) -> tuple[int, ...]:
        """Return the shape of a frame."""
        return tuple(int(self.subheaders[frame][f"{axis}_dimension"]) for axis in "xyz")

    def get_nframes(self) -> int:
        """Return the number of frames."""
        return len(get_frame_order(self._mlist))

    def get_frame_affine(self, frame: int = 0) -> NDArray[np.float64]:
        """Return the affine of a frame, voxels to RAS+ mm, shape (4, 4)."""
        return self._all.frame_affine(frame)

    def get_zooms(self, frame: int = 0) -> tuple[float, ...]:
        """Return the sizes of a voxel of a frame, mm, and 1."""
        return (*(float(self.subheaders[frame][f"{axis}_pixel_size"]) * 10 for axis in "xyz"), 1)

    def raw_data_from_fileobj(self, frame: int = 0, orientation: str | None = None) -> Rows:
        """Read stored voxels of a frame, shape (x, y, z).

        Parameters
        ----------
        frame : int
        orientation : {None, 'neurological', 'radiological'}
            How axes are turned; None for what the main header says.
        """
        dtype, shape = self._all.dtype, self.get_shape(frame)
        start = int(self._mlist[frame][1]) * BLOCK
        data = _source(self.fileobj).read(start, int(np.prod(shape)) * dtype.itemsize)
        return _turned(
            np.frombuffer(data, dtype).reshape(shape, order="F"), self._code(orientation)
        )

    def data_from_fileobj(self, frame: int = 0, orientation: str | None = None) -> Rows:
        """Read the values of a frame, shape (x, y, z); parameters as above."""
        raw = self.raw_data_from_fileobj(frame, orientation)
        scale = float(self.subheaders[frame]["scale_factor"])
        calibrated: Rows = raw * float(self._header["ecat_calibration_factor"]) * scale
        return calibrated

    def _code(self, orientation: str | None) -> int:
        if orientation is None:
            return int(self._header["patient_orientation"])
        codes = {"neurological": HEAD_FIRST[0], "radiological": FEET_FIRST[0]}
        if orientation not in codes:
            raise UsageError(f"orientation: must be None or one of {[*codes]}, got {orientation!r}")
        return codes[orientation]


def _turned(raw: Rows, code: int) -> Rows:
    if code in HEAD_FIRST:
        return raw[::-1, ::-1, ::-1]
    return raw[:, ::-1, ::-1] if code in FEET_FIRST else raw
