"""The text of a ``Data`` element of GIFTI: values in the encoding that is asked for."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.arrays.encodings.base64_text import base64_pieces
from volio.files.codecs.presets import chosen_level
from volio.files.codecs.table import ZLIB
from volio.files.codecs.zlib_writer import zlib_pieces
from volio.formats.gifti.data_block import ASCII, EXTERNAL
from volio.formats.gifti.data_block import ZLIB as COMPRESSED

__all__ = ["data_text"]


def data_text(
    values: NDArray[Any], encoding: int, order: str, compression: str | int | None
) -> list[Any]:
    """Return the text of a ``Data`` element in pieces; of external values, their bytes.

    Parameters
    ----------
    values : array
        Of the dtype that is written, in the byte order that is written.
    encoding : int
        The code of GIFTI.
    order : {"C", "F"}
        Which axis varies fastest.
    compression : {"fast", "balanced", "small"} or int, optional
        How hard to compress.

    Returns
    -------
    list of bytes-like
    """
    if encoding == ASCII:
        return [_as_numbers(values, order)]
    data = _stored_bytes(values, order)
    if encoding == EXTERNAL:
        return [data]
    if encoding == COMPRESSED:
        assert ZLIB.levels is not None
        level = chosen_level(ZLIB.name, ZLIB.levels, compression)
        return list(base64_pieces(zlib_pieces(data, level)))
    return list(base64_pieces([data]))


def _stored_bytes(values: NDArray[Any], order: str) -> memoryview:
    """Return values in the order of the file; those that are in memory so are not copied."""
    flat = values.ravel(order="F" if order == "F" else "C")
    return flat.view(np.uint8).data


def _as_numbers(values: NDArray[Any], order: str) -> bytes:
    """Return numbers in the fewest digits that give them back, a row of the array on each line.

    One on each line where rows are not together: some programs want lines of one length.
    """
    flat = values.ravel(order="F" if order == "F" else "C")
    words = [str(value) for value in flat]
    width = values.shape[-1] if values.ndim > 1 and order != "F" else 1
    starts = range(0, len(words), max(width, 1))
    lines = [" ".join(words[start : start + width]) for start in starts]
    return "\n".join(lines).encode()
