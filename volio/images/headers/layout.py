"""Layouts of records: text that names the type of each field, and the dtype it stands for."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["record_layout"]


def record_layout(text: str) -> np.dtype[Any]:
    """Return the dtype of a record from lines that say what its bytes are.

    Parameters
    ----------
    text : str
        On each line a numpy type, the names of one or more fields of that type in the order of the
        bytes, and perhaps a comment after ``#``. A type with ``*8`` has 8 numbers, one with
        ``*3*3`` 3 rows of 3.

    Examples
    --------
    >>> record_layout("i2*3 dims  # lengths of the axes").itemsize
    6
    """
    fields: list[tuple[str, str, tuple[int, ...]]] = []
    for line in text.strip().splitlines():
        numbered, *names = line.partition("#")[0].split()
        kind, *counts = numbered.split("*")
        shape = tuple(map(int, counts))
        fields += [(name, kind, shape) for name in names]
    return np.dtype(fields)
