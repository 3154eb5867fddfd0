"""The text of ``Data`` elements of GIFTI: values in the encoding that is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from volio.arrays.encodings.base64_text import Base64Writer
from volio.files.codecs.presets import chosen_level
from volio.files.codecs.table import ZLIB
from volio.files.codecs.zlib_writer import zlib_jobs
from volio.formats.gifti.data_block import ASCII
from volio.formats.gifti.data_block import ZLIB as COMPRESSED
from volio.settings import options
from volio.threads import BackgroundWork

__all__ = ["DataPiece", "data_pieces", "stored_bytes", "text_of_pieces"]

Made = bytes | memoryview


class DataPiece(NamedTuple):
    """Some text of a file, and what makes the values that follow it.

    Attributes
    ----------
    text : bytes
        Written as it is.
    values : callable, optional
        Returns bytes, on any thread; they are written after the text, in base64 with those of
        the next pieces up to one that has a text.
    """

    text: bytes
    values: Callable[[], Made] | None = None


def data_pieces(
    values: NDArray[Any], encoding: int, order: str, compression: str | int | None
) -> Iterator[DataPiece]:
    """Go through the pieces of a ``Data`` element.

    Parameters
    ----------
    values : array
        Of the dtype that is written, in the byte order that is written.
    encoding : int
        The code of GIFTI, of one that has a text.
    order : {"C", "F"}
        Which axis varies fastest.
    compression : {"fast", "balanced", "small"} or int, optional
        How hard to compress.

    Yields
    ------
    DataPiece
    """
    if encoding == ASCII:
        yield DataPiece(_as_numbers(values, order))
        return
    data = stored_bytes(values, order)
    if encoding != COMPRESSED:
        yield DataPiece(b"", lambda: data)
        return
    assert ZLIB.levels is not None
    level = chosen_level(ZLIB.name, ZLIB.levels, compression)
    for job in zlib_jobs(data, level):
        yield DataPiece(b"", job)


def text_of_pieces(pieces: Iterable[DataPiece]) -> Iterator[bytes]:
    """Make what pieces stand for, on several threads, and go through it in order.

    Yields
    ------
    bytes
    """
    writer = Base64Writer()
    with BackgroundWork[tuple[bytes, Made]](2 * options.threads) as background:
        for text, values in _made(pieces, background):
            if text:
                yield writer.rest()
                yield text
            yield writer.text_of(values)


def _made(
    pieces: Iterable[DataPiece], background: BackgroundWork[tuple[bytes, Made]]
) -> Iterator[tuple[bytes, Made]]:
    """Go through texts and the values that follow them."""
    text = b""
    for piece in pieces:
        text += piece.text
        if piece.values is None:
            continue
        done = background.do(partial(_with_text, text, piece.values))
        text = b""
        if done is not None:
            yield done
    yield from background.rest()
    yield text, b""


def _with_text(text: bytes, values: Callable[[], Made]) -> tuple[bytes, Made]:
    return text, values()


def stored_bytes(values: NDArray[Any], order: str) -> memoryview:
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
