"""Images in memory and facts about arrays: nibabel's ``testing.helpers`` names."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["assert_data_similar", "bytesio_filemap", "bytesio_round_trip", "have_scipy"]

have_scipy = find_spec("scipy") is not None
"""Whether scipy is installed; volio needs it."""


def bytesio_filemap(klass: Any) -> Any:
    """Return a file map for an image class whose files are in memory."""
    file_map = klass.make_file_map()
    for holder in file_map.values():
        holder.fileobj = BytesIO()
        holder.pos = 0
    return file_map


def bytesio_round_trip(img: Any) -> Any:
    """Write an image to memory and read it back."""
    file_map = bytesio_filemap(type(img))
    img.to_file_map(file_map)
    for holder in file_map.values():
        holder.pos = 0
    return type(img).from_file_map(file_map)


def assert_data_similar(arr: ArrayLike, params: Mapping[str, Any]) -> None:
    """Check an array against what is known of it.

    Parameters
    ----------
    arr : array-like
    params : mapping
        Either ``data``, the values, or ``data_summary`` with ``min``, ``max`` and ``mean``.
    """
    values = np.asarray(arr)
    if "data" in params:
        np.testing.assert_array_almost_equal(values, params["data"])
        return
    facts = params["data_summary"]
    found = {"min": values.min(), "max": values.max(), "mean": values.mean()}
    for name, value in found.items():
        assert np.allclose(facts[name], value), f"{name}: {facts[name]} expected, got {value}"
