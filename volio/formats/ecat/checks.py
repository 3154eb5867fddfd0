"""What the headers of an ECAT7 image must say to be read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.errors import HeaderDataError
from volio.formats.ecat.directory import Matrix
from volio.formats.ecat.fields import FILE_TYPES, IMAGES
from volio.formats.ecat.place import AXES
from volio.images.headers.checks import Check

__all__ = ["MAIN_CHECKS", "check_matrices", "check_records"]

ALIKE = (*(f"{axis}_dimension" for axis in AXES), "data_type")
FINITE = ("scale_factor", *(f"{axis}_{kind}" for axis in AXES for kind in ("pixel_size", "offset")))


def _magic_problem(header: Any) -> str | None:
    magic = header["magic_number"].item()
    return None if magic.startswith(b"MATRIX7") else f"must begin with MATRIX7, got {magic!r}"


def _type_problem(header: Any) -> str | None:
    code = int(header["file_type"])
    if code in IMAGES:
        return None
    names = ", ".join(FILE_TYPES[each] for each in IMAGES if each)
    kind = FILE_TYPES.get(code, "none that is known")
    return f"is {code}, {kind}; images and volumes are read ({names}), no sinograms or other data"


MAIN_CHECKS = (Check("magic_number", _magic_problem, 40), Check("file_type", _type_problem, 40))


def check_matrices(matrices: Sequence[Matrix], file_type: int) -> None:
    """Check that each frame, at each gate and position of the bed, is one matrix.

    Raises
    ------
    HeaderDataError
        If planes have matrices of their own.
    """
    frames = {(each.gate, each.bed, each.frame) for each in matrices}
    if len(frames) < len(matrices):
        raise HeaderDataError(
            f"file_type: is {FILE_TYPES.get(file_type, file_type)}, with {len(matrices)} matrices "
            f"for {len(frames)} frames: planes in matrices of their own are not read"
        )


def check_records(frames: NDArray[Any]) -> None:
    """Check that all sub-headers have one shape and one kind of voxels, and finite numbers.

    Raises
    ------
    HeaderDataError
    """
    for name in ALIKE:
        values = frames[name]
        if np.any(values != values[0]):
            found = np.unique(values).tolist()
            raise HeaderDataError(f"{name}: must be the same in all frames, got {found}")
    for name in FINITE:
        if not np.isfinite(frames[name]).all():
            raise HeaderDataError(f"{name}: must be finite in all frames")
