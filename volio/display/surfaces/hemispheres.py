"""Which hemisphere a surface is of: named views depend on it."""

from __future__ import annotations

from typing import Any

import numpy as np

from volio.caller import warn_caller
from volio.errors import GeometryWarning, UsageError
from volio.surfaces.structures import SIDES, hemisphere_of_name

__all__ = ["as_hemisphere", "hemisphere_of", "stated_hemisphere"]


def as_hemisphere(given: Any) -> str:
    """Return 'left' or 'right' for one of the ways to write it: left, L, lh, ...

    Raises
    ------
    UsageError
        If it is none of them.
    """
    side = SIDES.get(str(given).lower())
    if side is None:
        raise UsageError(f"hemi: must be 'left' or 'right', got {given!r}")
    return side


def stated_hemisphere(surface: Any) -> str:
    """Return 'left' or 'right' as the structure or the file name says; "" where neither does."""
    side = surface.structure.rpartition("_")[2]
    if side in ("left", "right"):
        return str(side)
    return hemisphere_of_name(str(surface.get_filename() or ""))


def hemisphere_of(surface: Any, given: Any = None) -> str:
    """Return the hemisphere that a surface is of.

    Parameters
    ----------
    surface : Surface
        With vertices.
    given : str, optional
        What the caller says.

    Returns
    -------
    str
        'left' or 'right': as given, else by the structure, else by the name of the file, else by
        the sign of the mean x, RAS+.

    Raises
    ------
    UsageError
        If what is given is not a hemisphere.

    Warns
    -----
    GeometryWarning
        If only the coordinates tell.
    """
    if given is not None:
        return as_hemisphere(given)
    stated = stated_hemisphere(surface)
    if stated:
        return stated
    mean_x = float(np.nanmean(np.asarray(surface.vertices)[:, 0], dtype=np.float64))
    side = "right" if mean_x > 0 else "left"
    warn_caller(
        f"{surface.get_filename() or 'surface'}: neither its structure nor its name says which "
        f"hemisphere it is; taken for the {side} one, since its mean x is {mean_x:.3g} mm; "
        "hemi= says it",
        GeometryWarning,
    )
    return side
