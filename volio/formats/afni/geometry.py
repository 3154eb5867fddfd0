"""Where the voxels of an AFNI data set lie: matrix, origins, steps and directions of its axes.

AFNI's coordinates are those of DICOM, left, posterior, superior (LPS+ mm).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.codes import Recoder
from volio.formats.afni.head import AFNIHeaderError
from volio.space.affines import voxel_sizes
from volio.space.orientations import io_orientation

__all__ = ["affine_of", "attributes_of_place", "space_codes", "space_of", "steps_of"]

#: Spaces: code in NIfTI, label, name in TEMPLATE_SPACE.
space_codes = Recoder(
    ((0, "unknown", ""), (1, "scanner", "ORIG"), (3, "talairach", "TLRC"), (4, "mni", "MNI")),
    fields=("code", "label", "space"),
)

LPS = np.diag([-1.0, -1, 1, 1])

#: Axis of LPS and direction for each code of ORIENT_SPECIFIC: R-L, L-R, P-A, A-P, I-S, S-I.
DIRECTIONS = ((0, 1), (0, -1), (1, -1), (1, 1), (2, 1), (2, -1))


def affine_of(attributes: Mapping[str, Any]) -> NDArray[np.float64]:
    """Return voxel indices to RAS+ mm, shape (4, 4): IJK_TO_DICOM_REAL, or origins and steps.

    Raises
    ------
    AFNIHeaderError
        If neither is there, or numbers make no sense.
    """
    if "IJK_TO_DICOM_REAL" in attributes:
        rows = numbers_of(attributes, "IJK_TO_DICOM_REAL", 12)
        return np.asarray(LPS @ np.vstack([rows.reshape(3, 4), [0, 0, 0, 1]]), np.float64)
    matrix = np.eye(4)
    matrix[:3, :3] = 0
    origin, delta = numbers_of(attributes, "ORIGIN", 3), steps_of(attributes)
    for voxel_axis, code in enumerate(numbers_of(attributes, "ORIENT_SPECIFIC", 3).astype(int)):
        if not 0 <= code < 6:
            raise AFNIHeaderError(f"ORIENT_SPECIFIC: codes are 0 to 5, got {code}")
        axis = DIRECTIONS[code][0]
        matrix[axis, voxel_axis], matrix[axis, 3] = delta[voxel_axis], origin[voxel_axis]
    return np.asarray(LPS @ matrix, np.float64)


def steps_of(attributes: Mapping[str, Any]) -> NDArray[np.float64]:
    """Return the step along each voxel axis, mm: negative against the axes of LPS."""
    return numbers_of(attributes, "DELTA", 3)


def numbers_of(attributes: Mapping[str, Any], name: str, count: int) -> NDArray[np.float64]:
    """Return the first numbers of an attribute.

    Raises
    ------
    AFNIHeaderError
        If there are too few, or some are not finite.
    """
    found = attributes.get(name, [])
    if isinstance(found, str) or len(found) < count:
        raise AFNIHeaderError(f"{name}: {count} numbers are needed, got {found!r:.60}")
    try:
        numbers = np.array(found[:count], np.float64)
    except OverflowError:
        numbers = np.array([np.inf])
    if not np.isfinite(numbers).all():
        raise AFNIHeaderError(f"{name}: must be finite, got {found[:count]}")
    return numbers


def attributes_of_place(affine: NDArray[np.float64]) -> dict[str, list[Any]]:
    """Return the attributes that say an affine.

    Oblique axes stand in IJK_TO_DICOM_REAL alone; the other attributes tell the axis of LPS that
    each voxel axis is nearest to, as AFNI has it.
    """
    matrix = LPS @ affine
    nearest = io_orientation(matrix)
    sizes = voxel_sizes(affine)
    orient, origin, delta, plain = [], [], [], np.zeros((3, 4))
    for voxel_axis, (axis, sign) in enumerate(nearest):
        at = int(axis) if np.isfinite(axis) else voxel_axis
        direction = -1 if sign < 0 else 1
        orient.append(DIRECTIONS.index((at, direction)))
        origin.append(float(matrix[at, 3]))
        delta.append(float(direction * sizes[voxel_axis]))
        plain[at, voxel_axis], plain[at, 3] = delta[-1], origin[-1]
    return {
        "ORIENT_SPECIFIC": orient,
        "ORIGIN": origin,
        "DELTA": delta,
        "IJK_TO_DICOM": [float(number) for number in plain.ravel()],
        "IJK_TO_DICOM_REAL": [float(number) for number in matrix[:3].ravel()],
    }


def space_of(attributes: Mapping[str, Any]) -> str:
    """Return the name of the space that attributes state, as ORIG; "" where they do not."""
    stated = attributes.get("TEMPLATE_SPACE", "")
    return str(space_codes.space[stated] if stated in space_codes else stated)
