"""Tables of labels in images that are loaded, or in their files."""

from __future__ import annotations

from os import PathLike
from typing import Any

from volio.errors import UsageError

__all__ = ["labels_of_image", "labels_of_map"]


def _loaded(where: Any) -> Any:
    from volio.io import load  # a door: the file may be of any format

    return load(where) if isinstance(where, str | PathLike) else where


def labels_of_image(where: Any) -> Any:
    """Return the table of a surface or another image, or of the file of one; None without one."""
    image = _loaded(where)
    if callable(getattr(image, "as_labels", None)):
        return image.as_labels()
    table = getattr(image, "labeltable", None)
    return getattr(image, "labels", None) if table is None else table.as_labels()


def labels_of_map(where: Any, number: int) -> Any:
    """Return the table of a map of a CIFTI-2 file, an image or an axis of one.

    Raises
    ------
    UsageError
        If it has no maps of labels, or not so many.
    """
    image = _loaded(where)
    if callable(getattr(image, "as_labels", None)):
        return image.as_labels()
    axes = getattr(image, "axes", (image,))
    found = [getattr(axis, "labels", None) for axis in axes]
    tables = next((each for each in found if isinstance(each, tuple)), ())
    if not 0 <= number < len(tables):
        raise UsageError(f"map: there are {len(tables)} maps of labels, got {number}")
    return tables[number]
