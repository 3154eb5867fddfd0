"""Attributes that are text, as programs of microscopy write them to HDF5."""

from __future__ import annotations

from typing import Any

import numpy as np

from volio.extras import need
from volio.formats.containers.hdf5.file import read_attribute

__all__ = ["read_text"]

LONGEST_TEXT = 1 << 20  # bytes


def read_text(node: Any, name: str) -> str:
    """Return an attribute that is text: one piece, or an array of single characters; "" for none.

    Parameters
    ----------
    node : h5py.Group or h5py.Dataset
    name : str
    """
    h5a = need("h5py", "hdf5").h5a
    if not h5a.exists(node.id, name.encode()):
        return ""
    attribute = h5a.open(node.id, name.encode())
    dtype = attribute.dtype
    if dtype.kind == "S" and attribute.shape is not None:
        characters = np.empty(attribute.shape, dtype)
        if characters.nbytes <= LONGEST_TEXT:
            attribute.read(characters)
            return characters.tobytes().rstrip(b"\0").decode("utf-8", "replace")
    value = read_attribute(attribute)
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else ""
