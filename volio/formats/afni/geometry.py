"""The affine of an AFNI data set: matrix, origins, steps and directions of its axes.

AFNI's coordinates are those of DICOM, left, posterior, superior (LPS+ mm).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from volio.arrays.dtypes import Floats
from volio.codes import Recoder
from volio.formats.afni.head import AFNIHeaderError
from volio.formats.containers.afni.attributes import Attributes
from volio.images.headers.shape_checks import check_finite
from volio.images.headers.text.geometry import LPS, from_ras, to_ras
from volio.space.affines import Affine, voxel_sizes
from volio.space.orientations import nearest_axes

__all__ = ["affine_attributes", "affine_of", "numbers_of", "space_codes", "steps_of"]

#: Spaces: code in NIfTI, label, name in TEMPLATE_SPACE.
space_codes = Recoder(
    ((0, "unknown", ""), (1, "scanner", "ORIG"), (3, "talairach", "TLRC"), (4, "mni", "MNI")),
    fields=("code", "label", "space"),
)

#: Axis of LPS and direction for each code of ORIENT_SPECIFIC: R-L, L-R, P-A, A-P, I-S, S-I.
DIRECTIONS = ((0, 1), (0, -1), (1, -1), (1, 1), (2, 1), (2, -1))


def numbers_of(attributes: Attributes, name: str, count: int) -> Floats:
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
    except OverflowError:  # an integer beyond all floats
        numbers = np.array([np.inf])
    check_finite(name, numbers, error=AFNIHeaderError)
    return numbers


def steps_of(attributes: Attributes) -> Floats:
    """Return the step along each voxel axis, mm: negative against the axes of LPS."""
    return numbers_of(attributes, "DELTA", 3)


def affine_of(attributes: Attributes) -> Affine:
    """Return voxel indices to RAS+ mm, shape (4, 4): IJK_TO_DICOM_REAL, or origins and steps.

    Raises
    ------
    AFNIHeaderError
        If neither is there, or numbers make no sense.
    """
    if "IJK_TO_DICOM_REAL" in attributes:
        rows = numbers_of(attributes, "IJK_TO_DICOM_REAL", 12).reshape(3, 4)
    else:
        codes = numbers_of(attributes, "ORIENT_SPECIFIC", 3)
        if not np.isin(codes, range(6)).all():
            raise AFNIHeaderError(f"ORIENT_SPECIFIC: codes are 0 to 5, got {codes.tolist()}")
        axes = (codes.astype(int) // 2).tolist()
        rows = _rows(axes, steps_of(attributes), numbers_of(attributes, "ORIGIN", 3))
    return to_ras(rows[:, :3], rows[:, 3], LPS)


def _rows(axes: Sequence[int], steps: Floats, origin: Floats) -> Floats:
    """Return the rows of a matrix whose voxel axes are those of space, shape (3, 4).

    All are given for each voxel axis: its axis of space, its step and the first voxel's position.
    """
    rows = np.zeros((3, 4))
    rows[[*axes], range(3)] = steps
    rows[[*axes], 3] = origin
    return rows


def affine_attributes(affine: Affine) -> dict[str, list[Any]]:
    """Return the attributes that hold an affine.

    Oblique axes are in IJK_TO_DICOM_REAL alone; the other attributes have the axis of LPS that
    each voxel axis is nearest to.
    """
    matrix = np.column_stack(from_ras(affine, LPS))  # shape (3, 4)
    axes, signs = nearest_axes(np.vstack([matrix, [0, 0, 0, 1]]))
    delta = signs * voxel_sizes(affine)
    origin = matrix[[*axes], 3]
    codes = [DIRECTIONS.index(way) for way in zip(axes, signs.tolist(), strict=True)]
    return {
        "ORIENT_SPECIFIC": codes,
        "ORIGIN": origin.tolist(),
        "DELTA": delta.tolist(),
        "IJK_TO_DICOM": _rows(axes, delta, origin).ravel().tolist(),
        "IJK_TO_DICOM_REAL": matrix.ravel().tolist(),
    }
