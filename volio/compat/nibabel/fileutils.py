"""Strings in binary files: nibabel's ``fileutils`` names."""

from __future__ import annotations

from typing import Any

from volio.errors import TruncatedFileError

__all__ = ["read_zt_byte_strings"]


def read_zt_byte_strings(fobj: Any, n_strings: int = 1, bufsize: int = 1024) -> list[bytes]:
    """Read byte strings that end in a zero byte each; the file object stands after the last.

    Parameters
    ----------
    fobj : file object
    n_strings : int, optional
    bufsize : int, optional
        Bytes to read at a time.

    Raises
    ------
    TruncatedFileError
        If the file ends before that many strings do.
    """
    data = b""
    while data.count(b"\0") < n_strings:
        block = fobj.read(bufsize)
        if not block:
            raise TruncatedFileError(
                f"{n_strings} strings are needed, got {data.count(0)}: the file is incomplete"
            )
        data += block
    *strings, rest = data.split(b"\0", n_strings)
    fobj.seek(-len(rest), 1)
    return strings
