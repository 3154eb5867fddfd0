"""Kinds of voxels of the volumes (AFNI's sub-bricks) of a data set: BRICK_TYPES.

Source: https://afni.nimh.nih.gov/pub/dist/doc/program_help/README.attributes.html
"""

from __future__ import annotations

import numpy as np

from volio.arrays.dtypes import RGB, RGBA, DType
from volio.errors import ImageDataError
from volio.formats.afni.head import AFNIHeaderError
from volio.formats.containers.afni.attributes import Attributes, numbers_in

__all__ = ["WRITTEN", "AFNIImageError", "data_types", "dtype_for_all", "nearest_code", "types_of"]


#: Kinds of voxels by their code in BRICK_TYPES.
data_types: dict[int, DType] = {
    **{code: np.dtype(kind) for code, kind in enumerate(("u1", "i2", "i4", "f4", "f8", "c8"))},
    6: RGB,
    7: RGBA,
}
WRITTEN = (0, 1, 3, 5, 6)  # which AFNI's programs take for a data set


class AFNIImageError(ImageDataError):
    """The voxels of an AFNI data set cannot be read."""


def types_of(attributes: Attributes, volumes: int) -> list[int]:
    """Return the code of each volume; the last one that is stated is that of all that follow.

    Raises
    ------
    AFNIHeaderError
        If none is stated.
    AFNIImageError
        If one is unknown.
    """
    codes = numbers_in(attributes, "BRICK_TYPES")
    if not codes:
        raise AFNIHeaderError("BRICK_TYPES: must state the type of each volume")
    found = [*codes, *codes[-1:] * (volumes - len(codes))][: max(1, volumes)]
    if unknown := set(found) - set(data_types):
        raise AFNIImageError(f"BRICK_TYPES: must be of 0 to 7, got {unknown.pop()}")
    return found


def dtype_for_all(codes: list[int]) -> DType:
    """Return the smallest dtype that holds volumes of several types.

    Raises
    ------
    AFNIImageError
        If some are colours and others are not.
    """
    dtypes = {data_types[code] for code in codes}
    if len(dtypes) > 1 and any(dtype.names for dtype in dtypes):
        raise AFNIImageError(
            f"BRICK_TYPES: colours and numbers, or two kinds of colours, do not make one array: "
            f"{codes[:20]}; 3dTcat of AFNI takes volumes apart"
        )
    return np.result_type(*dtypes) if len(dtypes) > 1 else dtypes.pop()


def nearest_code(codes: list[int]) -> int:
    """Return the type to write instead of several, the only one if there is one."""
    wanted = dtype_for_all(codes)
    known = {dtype: code for code, dtype in data_types.items()}
    return known.get(wanted, 5 if wanted.kind == "c" else 3)
