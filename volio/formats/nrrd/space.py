"""Space of NRRD files: named spaces, to RAS+ and back."""

from __future__ import annotations

import numpy as np

from volio.arrays.dtypes import Floats

__all__ = ["SPACE", "signs_of", "space_dimension"]

#: The space that is written where a file has none.
SPACE = "left-posterior-superior"

#: Directions of x, y and z in a space, against those of RAS+.
SIGNS = {
    "right-anterior-superior": (1, 1, 1),
    "left-anterior-superior": (-1, 1, 1),
    SPACE: (-1, -1, 1),
    "ras": (1, 1, 1),
    "las": (-1, 1, 1),
    "lps": (-1, -1, 1),
}

#: Short names of spaces with time, and those of the same space without it.
WITH_TIME = {"rast": "ras", "last": "las", "lpst": "lps"}


def signs_of(space: str) -> Floats:
    """Return the factors of x, y and z from a named space to RAS+, shape (3,).

    Spaces that do not name the sides of the patient (scanner-xyz, 3D-right-handed, "" for none)
    are taken for left-posterior-superior, as ITK and 3D Slicer take them.
    """
    name = _plain(space)
    name = WITH_TIME.get(name, name.removesuffix("-time"))
    return np.array(SIGNS.get(name, SIGNS[SPACE]), np.float64)


def space_dimension(space: str) -> int:
    """Return the number of axes of a named space: 4 with time."""
    name = _plain(space)
    return 4 if name in WITH_TIME or name.endswith("-time") else 3


def _plain(space: str) -> str:
    return space.strip().strip('"').lower()
