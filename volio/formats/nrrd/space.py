"""Space of NRRD files: named spaces, to RAS+ and back."""

from __future__ import annotations

import numpy as np

from volio.arrays.dtypes import Floats
from volio.codes import table_rows

__all__ = ["SPACE", "signs_of", "space_dimension"]

#: The space that is written where a file has none.
SPACE = "left-posterior-superior"

#: Names of spaces, that of one with time the last, and directions of x, y and z against RAS+.
_SPACES = table_rows("""
right-anterior-superior | ras | rast | 1 1 1
left-anterior-superior  | las | last | -1 1 1
left-posterior-superior | lps | lpst | -1 -1 1
""")
SIGNS = {name: signs.split() for *names, signs in _SPACES for name in names}
WITH_TIME = ("-time", "rast", "last", "lpst")


def signs_of(space: str) -> Floats:
    """Return the factors of x, y and z from a named space to RAS+, shape (3,).

    Spaces that do not name the sides of the patient (scanner-xyz, 3D-right-handed, "" for none)
    are taken for left-posterior-superior, as ITK and 3D Slicer take them.
    """
    name = _plain(space).removesuffix("-time")
    return np.array(SIGNS.get(name, SIGNS[SPACE]), np.float64)


def space_dimension(space: str) -> int:
    """Return the number of axes of a named space: 4 with time."""
    return 4 if _plain(space).endswith(WITH_TIME) else 3


def _plain(space: str) -> str:
    return space.strip().strip('"').lower()
