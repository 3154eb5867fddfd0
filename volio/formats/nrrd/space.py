"""Space of NRRD files: named spaces and units, to RAS+ mm and back."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["LENGTHS", "SECONDS", "signs_of"]

#: What of x, y and z points the other way than in RAS+.
_SPACES = {
    "right-anterior-superior": (1, 1, 1),
    "left-anterior-superior": (-1, 1, 1),
    "left-posterior-superior": (-1, -1, 1),
}
_SHORT = {"ras": "right-anterior-superior", "las": "left-anterior-superior"}
_SHORT["lps"] = "left-posterior-superior"

#: Millimetres in a unit of length.
LENGTHS = {
    "mm": 1.0,
    "millimeter": 1.0,
    "millimeters": 1.0,
    "cm": 10.0,
    "m": 1e3,
    "meter": 1e3,
    "meters": 1e3,
    "um": 1e-3,
    "µm": 1e-3,
    "μm": 1e-3,
    "micron": 1e-3,
    "microns": 1e-3,
    "micrometer": 1e-3,
    "nm": 1e-6,
}

#: Seconds in a unit of time.
SECONDS = {
    "s": 1.0,
    "sec": 1.0,
    "second": 1.0,
    "seconds": 1.0,
    "ms": 1e-3,
    "msec": 1e-3,
    "millisecond": 1e-3,
    "milliseconds": 1e-3,
    "us": 1e-6,
    "µs": 1e-6,
    "usec": 1e-6,
    "min": 60.0,
}


def signs_of(space: str | None) -> NDArray[np.float64]:
    """Return the factors of x, y and z that lead from a named space to RAS+, shape (3,).

    Spaces that do not say where the patient lies (scanner-xyz, 3D-right-handed, none at all) are
    taken for left-posterior-superior, as ITK and 3D Slicer take them.
    """
    name = (space or "").strip().strip('"').lower().removesuffix("-time")
    name = _SHORT.get(name[:3], name) if name in (*_SHORT, "rast", "last", "lpst") else name
    return np.array(_SPACES.get(name, (-1, -1, 1)), np.float64)


def space_dimension(space: str | None, stated: int | None) -> int:
    """Return the number of axes of a space."""
    if space is None:
        return 3 if stated is None else stated
    name = space.strip().strip('"').lower()
    return 4 if name.endswith("-time") or name in ("rast", "last", "lpst") else 3


def padded(vector: Sequence[float]) -> NDArray[np.float64]:
    """Return the first three components of a vector, 0 for those it has not."""
    return np.array([*vector, 0.0, 0.0, 0.0][:3], np.float64)
