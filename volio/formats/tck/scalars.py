"""Values per point in .tsf files, and weights of lines in text files."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from volio.arrays.encodings.text_numbers import parse_numbers
from volio.errors import CorruptFileError, ImageDataError
from volio.files.limits import read_limited
from volio.files.opener import open_source
from volio.formats.tck.header import TckHeader
from volio.images.headers.error_context import errors_name

__all__ = ["Scalars", "TsfHeader", "pack_scalars", "read_scalars", "read_weights"]

#: Most bytes of a file: it is read whole.
MOST = 4 << 30


class TsfHeader(TckHeader):
    """The header of a .tsf file; parameters and attributes as for `TckHeader`."""

    magic = "mrtrix track scalars"


class Scalars(NamedTuple):
    """What is in a .tsf file.

    Attributes
    ----------
    header : TsfHeader
    values : array of float32 or float64, shape (N,)
    lengths : array of int64, shape (n,)
        Number of values of each line.
    """

    header: TsfHeader
    values: NDArray[Any]
    lengths: NDArray[np.int64]


def read_scalars(where: Any) -> Scalars:
    """Read values per point.

    Parameters
    ----------
    where : str, path, bytes or binary file object
        A .tsf file: NaN ends a line, infinity the file.

    Raises
    ------
    HeaderDataError
        If it is not such a file.
    CorruptFileError
        If values have no end.
    """
    source = open_source(where)
    with errors_name(source):
        header = TsfHeader.read(source)
        data = read_limited(source, MOST, "a .tsf file", header.offset)
        whole = len(data) // header.dtype.itemsize
        stored = np.frombuffer(data, header.dtype, whole)
        ends = np.flatnonzero(np.isinf(stored))
        if not len(ends):
            raise CorruptFileError("the file ends without infinity, which must be its last value")
        values = stored[: ends[0]].astype(header.dtype.newbyteorder("="))
        marks = np.flatnonzero(np.isnan(values))
        if len(values) and (not len(marks) or marks[-1] != len(values) - 1):
            raise CorruptFileError("the last values have no NaN that ends their line")
    keep = np.ones(len(values), bool)
    keep[marks] = False
    return Scalars(header, values[keep], np.diff(marks, prepend=-1) - 1)


def pack_scalars(values: NDArray[np.float32], lengths: NDArray[np.int64]) -> NDArray[Any]:
    """Return values per point of some lines as a .tsf file has them, without its end.

    Raises
    ------
    ImageDataError
        If a value is NaN or infinite, which would end a line.
    """
    if not np.isfinite(values).all():
        raise ImageDataError("values per point: NaN and infinity end lines in a .tsf file")
    packed = np.full(len(values) + len(lengths), np.nan, "<f4")
    keep = np.ones(len(packed), bool)
    keep[np.cumsum(lengths + 1) - 1] = False
    packed[keep] = values
    return packed


def read_weights(where: Any) -> NDArray[np.float64]:
    """Read one number for each line from a text file, as ``tcksift2`` writes it.

    Parameters
    ----------
    where : str, path, bytes or binary file object
        Numbers between blanks or commas; a line that begins with ``#`` is a comment.

    Returns
    -------
    array of float64, shape (n,)

    Raises
    ------
    CorruptFileError
        If a word is not a number.
    """
    source = open_source(where)
    with errors_name(source):
        text = read_limited(source, MOST, "a file of weights")
        lines = [line for line in text.split(b"\n") if not line.lstrip().startswith(b"#")]
        words = b" ".join(lines).replace(b",", b" ").split()
        return parse_numbers(words, np.dtype(np.float64), "weights")
