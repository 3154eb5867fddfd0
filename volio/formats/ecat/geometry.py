"""Where the voxels of a frame lie, and which of its axes run backwards in the file.

Sizes and offsets are in cm; the offset is that of the centre of the volume.
Source: https://www.turkupetcentre.net/software/libdoc/libtpcimgio/ecat7_8h_source.html
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.errors import UsageError
from volio.formats.ecat.fields import FEET_FIRST, HEAD_FIRST

__all__ = ["AXES", "flipped_axes", "frame_affine", "frame_shape"]

AXES = "xyz"


def frame_shape(record: Any) -> tuple[int, ...]:
    """Return the shape of the frame of a sub-header, three numbers."""
    return tuple(int(record[f"{axis}_dimension"]) for axis in AXES)


def frame_affine(record: Any) -> NDArray[np.float64]:
    """Return the affine of the frame of a sub-header, voxels to RAS+ mm, shape (4, 4)."""
    sizes = np.array([abs(float(record[f"{axis}_pixel_size"])) * 10 for axis in AXES])
    centre = np.array([float(record[f"{axis}_offset"]) * 10 for axis in AXES])
    affine = np.diag([*sizes, 1.0])
    affine[:3, 3] = centre - (np.array(frame_shape(record)) - 1) / 2 * sizes
    return affine


def flipped_axes(orientation: int | str) -> tuple[int, ...]:
    """Return the axes that run backwards in a file.

    Parameters
    ----------
    orientation : int or {'neurological', 'radiological'}
        A code of patient_orientation: head first x, y and z do, feet first y and z; where the
        orientation is unknown, none. Or the word for one of the two.

    Raises
    ------
    UsageError
        For another word.
    """
    if orientation == "neurological" or orientation in HEAD_FIRST:
        return (0, 1, 2)
    if orientation == "radiological" or orientation in FEET_FIRST:
        return (1, 2)
    if isinstance(orientation, str):
        words = "'neurological' or 'radiological'"
        raise UsageError(f"orientation: must be None, {words}, got {orientation!r}")
    return ()
