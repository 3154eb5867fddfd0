"""Small tools for headers and streams: the part of nibabel's ``volumeutils`` that stands alone."""

from __future__ import annotations

import bz2
import gzip
import sys
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from volio.codes import Recoder
from volio.errors import UsageError

__all__ = [
    "COMPRESSED_FILE_LIKES",
    "DtypeMapper",
    "default_compresslevel",
    "fname_ext_ul_case",
    "make_dt_codes",
    "pretty_mapping",
    "rec2dict",
    "seek_tell",
    "sys_is_le",
    "write_zeros",
]

sys_is_le = sys.byteorder == "little"
"""Whether this machine stores the least significant byte first."""

default_compresslevel = 1
"""Level at which nibabel compresses; volio's own savers choose theirs."""


def _compressed_types() -> Iterator[type]:
    yield from (bz2.BZ2File, gzip.GzipFile)
    for name in ("compression.zstd", "backports.zstd"):
        with suppress(ImportError):
            yield import_module(name).ZstdFile
            return


COMPRESSED_FILE_LIKES = tuple(_compressed_types())
"""File objects that decompress, and so cannot be mapped into memory."""


class DtypeMapper(dict[Hashable, Any]):
    """A dictionary in which a dtype is found by any dtype equal to it.

    Structured dtypes can be equal and yet differ in their hash (titles, alignment).
    """

    def __missing__(self, key: Hashable) -> Any:
        """Look for an equal dtype among the keys."""
        if isinstance(key, np.dtype):
            for known, value in self.items():
                if isinstance(known, np.dtype) and known == key:
                    return value
        raise KeyError(key)


def make_dt_codes(codes_seqs: Sequence[Sequence[Any]]) -> Recoder:
    """Make a table of datatypes that also answers to dtypes of either byte order.

    Parameters
    ----------
    codes_seqs : sequence of sequences
        Rows of code, label and numpy type, and perhaps the name in the NIfTI standard.

    Returns
    -------
    Recoder
        Columns ``code, label, type[, niistring], dtype, sw_dtype``.

    Raises
    ------
    UsageError
        If the rows differ in length, or have neither three nor four values.
    """
    lengths = {len(row) for row in codes_seqs}
    if lengths not in ({3}, {4}):
        raise UsageError(f"codes_seqs: each row must have 3 values, or each 4, got {lengths}")
    named = ("code", "label", "type", "niistring")[: lengths.pop()]
    rows = []
    for row in codes_seqs:
        dtype = np.dtype(row[2])
        rows.append((*row, dtype, dtype.newbyteorder("S")))
    return Recoder(rows, (*named, "dtype", "sw_dtype"))


def pretty_mapping(
    mapping: Mapping[Any, Any], getterfunc: Callable[[Any, Any], Any] | None = None
) -> str:
    """Write a mapping as lines of ``key  : value`` with the colons below each other."""
    width = max(len(str(key)) for key in mapping)
    get = getterfunc or (lambda table, key: table[key])
    return "\n".join(f"{key!s:<{width}}  : {get(mapping, key)}" for key in mapping)


def rec2dict(rec: Any) -> dict[str, Any]:
    """Return the fields of one structured record as scalars and arrays, by name."""
    return {name: rec[name][()] for name in rec.dtype.names}


def fname_ext_ul_case(fname: str) -> str:
    """Return a file name with its ending in the case in which the file exists.

    The name itself when it exists as it is, or in neither case, or has a mixed ending.
    """
    ending = Path(fname).suffix
    other = ending.swapcase()
    mixed = ending not in (ending.lower(), ending.upper())
    if not ending or mixed or Path(fname).exists() or not Path(fname).with_suffix(other).exists():
        return fname
    return fname[: -len(ending)] + other


def seek_tell(fileobj: Any, offset: int, write0: bool = False) -> None:
    """Move a file object to an offset, counted from its start.

    Parameters
    ----------
    fileobj : file object
    offset : int
        Byte at which the object is to stand.
    write0 : bool, optional
        Write zeros up to the offset if the object cannot seek there (some compressed streams).

    Raises
    ------
    OSError
        If the object cannot go there.
    """
    try:
        fileobj.seek(offset)
    except OSError:
        gap = offset - fileobj.tell()
        if gap < 0 or (gap and not write0):
            raise
        write_zeros(fileobj, gap)


def write_zeros(fileobj: Any, count: int, block_size: int = 8194) -> None:
    """Write `count` zero bytes, at most `block_size` of them at a time."""
    whole, rest = divmod(int(count), block_size)
    for _ in range(whole):
        fileobj.write(bytes(block_size))
    fileobj.write(bytes(rest))
