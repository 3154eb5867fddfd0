"""Sizes of voxels as files state them: one that no voxel can have counts as not stated."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite

from volio.errors import GeometryWarning
from volio.images.headers.error_context import warn_of_content

__all__ = ["known_sizes"]


def known_sizes(stated: Mapping[str, float], field: str) -> dict[str, float]:
    """Return the sizes along axes that voxels can have, of those that a file states.

    Where there are some, the others count as 1, with a warning; without any the image has no
    affine.

    Parameters
    ----------
    stated : mapping of str to float
        By axis, in any unit.
    field : str
        What states them: the name of an axis follows it in warnings.
    """
    known = {axis: size for axis, size in stated.items() if isfinite(size) and size > 0}
    if known:
        for axis in stated.keys() - known.keys():
            problem = f"must be finite and above 0, got {stated[axis]:g}; 1 is taken"
            warn_of_content(f"{field}{axis}: {problem}", GeometryWarning)
    return known
