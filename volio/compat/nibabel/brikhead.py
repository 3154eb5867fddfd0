"""nibabel's functions for .HEAD files of AFNI that volio's own modules do not need."""

from __future__ import annotations

import re
from os import PathLike
from typing import Any, BinaryIO

from volio.formats.afni import AFNIHeader

__all__ = ["DATA_OFFSET", "NAME_RE", "TYPE_RE", "parse_AFNI_header"]

#: Byte at which the voxels of a .BRIK begin.
DATA_OFFSET = 0
#: The lines of an attribute that state its type and its name.
TYPE_RE = re.compile(r"type\s*=\s*(string|integer|float)-attribute\s*\n")
NAME_RE = re.compile(r"name\s*=\s*(\w+)\s*\n")


def parse_AFNI_header(fobj: BinaryIO | str | PathLike[str]) -> dict[str, Any]:
    """Return the attributes of a .HEAD file: str, a number, or a list of numbers by name.

    Parameters
    ----------
    fobj : str, path or file object

    Raises
    ------
    AFNIHeaderError
        If it is not such a file.
    """
    return AFNIHeader.from_fileobj(fobj).info
