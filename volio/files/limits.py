"""How much an untrusted file may ask for: never more than its bytes can hold."""

from __future__ import annotations

from volio.errors import LimitError, TruncatedFileError
from volio.files.sources.source import ByteSource

__all__ = ["check_declared", "read_limited"]


def check_declared(source: ByteSource, need: int, what: str) -> None:
    """Check that a source can hold what its header declares, before memory is taken for it.

    Parameters
    ----------
    source : ByteSource
    need : int
        Bytes that must be there, counted from the start of the (decompressed) source.
    what : str
        What needs them, for the message: ``"voxels of shape (512, 512, 300), int16"``.

    Raises
    ------
    TruncatedFileError
        If the source is known to be shorter.
    LimitError
        If the number is negative, or compressed bytes can never expand to so many.
    """
    size = source.size()
    if size is not None and 0 <= need <= size:
        return
    which = f"{source.name}: {what}"
    if need < 0:
        raise LimitError(f"{which}: a negative number of bytes, {need}")
    if size is not None:
        raise TruncatedFileError(f"{which}: needs {need} bytes, the file has {size}")
    if need > (most := source.most()):
        raise LimitError(
            f"{which}: needs {need} bytes, the compressed file can hold at most {most}; its header "
            "is wrong or the file is not complete"
        )


def read_limited(source: ByteSource, limit: int, what: str, start: int = 0) -> bytes:
    """Read a source to its end, if that is not too far.

    Parameters
    ----------
    source : ByteSource
    limit : int
        Most bytes to read.
    what : str
        What they should be, for the message: ``"a .HEAD file of AFNI"``.
    start : int
        The first byte to read.

    Raises
    ------
    LimitError
        If there are more bytes than `limit`, or more than so few compressed bytes hold of numbers
        or text.
    """
    # What is before `start` was asked for by a header, so that only what follows counts.
    most = min(limit, source.usual_most())
    data = source.read_upto(start, most + 1)
    if len(data) <= most:
        return data
    if most == limit:
        where = f" after byte {start}" if start else ""
        raise LimitError(f"{source.name}: more than {limit} bytes{where}, too many for {what}")
    source.check_usual(len(data), what)
    return data
