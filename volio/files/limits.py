"""How much an untrusted file may ask for: never more than its bytes can hold."""

from __future__ import annotations

from volio.errors import LimitError, TruncatedFileError
from volio.files.sources.source import ByteSource

__all__ = ["check_declared", "check_usual", "read_limited", "unusual_size"]


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


def check_usual(source: ByteSource, reached: int, what: str) -> None:
    """Check that reading on, as far as a file goes, does not fill memory.

    Parameters
    ----------
    source : ByteSource
    reached : int
        Decoded bytes that were read.
    what : str
        What they are, for the message: ``"tracts"``.

    Raises
    ------
    LimitError
        If compressed bytes expand to far more than such data do.
    """
    most = source.usual_most()
    if reached > most:
        raise unusual_size(source, most, what)


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
    most = min(limit, max(0, source.usual_most() - start))
    data = source.read_upto(start, most + 1)
    if len(data) <= most:
        return data
    where = f" after byte {start}" if start else ""
    if most == limit:
        raise LimitError(f"{source.name}: more than {most} bytes{where}, too many for {what}")
    raise unusual_size(source, most, what, where)


def unusual_size(source: ByteSource, most: int, what: str, where: str = "") -> LimitError:
    """Return the error of a compressed file that may be made to fill memory.

    Parameters
    ----------
    source : ByteSource
    most : int
        Decoded bytes that were expected at most.
    what : str
        What they should be.
    where : str
        From which byte on they were counted.
    """
    return LimitError(
        f"{source.name}: decodes to more than {most} bytes{where}, far more than {what} does that "
        "takes so little compressed: it may be made to fill memory. Decompress the file, and load "
        "that, if it is meant"
    )
