"""The affines of a NIfTI header: quaternion (qform) and rows (sform), voxels to RAS+ mm.

Source: nifti1.h, "3D image (volume) orientation and location in space", methods 1 to 3.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.errors import CodeError, HeaderDataError
from volio.formats.nifti1.codes import xform_codes
from volio.images.headers.record import Record
from volio.space.affines import check_affine, voxel_sizes
from volio.space.quaternions import fillpositive, mat2quat, quat2mat
from volio.space.rotations import nearest_rotation

__all__ = ["read_qform", "read_quaternion", "read_sform", "store_qform", "store_sform"]

Affine = NDArray[np.float64]

ALIGNED = 2  # code of an affine that is stored without one


def read_sform(record: Record) -> Affine:
    """Return the affine of the three rows."""
    fields = record.unpacked
    rows = (fields["srow_x"], fields["srow_y"], fields["srow_z"], (0, 0, 0, 1))
    return np.array(rows, np.float64)


def store_sform(record: Record, affine: ArrayLike | None, code: int | str | None) -> None:
    """Store the rows of an affine; None sets the code to 0 and leaves the rows."""
    if affine is None:
        record["sform_code"] = _code(code, 0, int(record["sform_code"]))
        return
    matrix = check_affine(affine)
    before = int(record["sform_code"])
    number = _code(code, before or ALIGNED, before)
    for row, axis in zip(matrix[:3], "xyz", strict=True):
        record[f"srow_{axis}"] = row
    record["sform_code"] = number


def read_quaternion(record: Record, tolerance: float) -> Affine:
    """Return the unit quaternion (w, x, y, z); the file has its last three parts.

    Parameters
    ----------
    record : Record
    tolerance : float
        How far the squares of the stored parts may exceed 1.
    """
    parts = np.array([record[f"quatern_{name}"] for name in "bcd"], np.float64)
    # Added one by one: on the edge of the tolerance the order of additions counts.
    excess = sum(part * part for part in parts.tolist()) - 1
    if not excess <= tolerance:
        raise HeaderDataError(
            f"quatern_b, quatern_c, quatern_d: their squares must add up to 1 at most, "
            f"got {1 + excess:.9g}; set_qform stores a proper rotation"
        )
    return np.asarray(fillpositive(parts, -tolerance), np.float64)


def read_qform(record: Record, quaternion: NDArray[np.floating]) -> Affine:
    """Return the affine of a unit quaternion and the record's voxel sizes and offsets."""
    affine = np.eye(4)
    affine[:3, :3] = quat2mat(quaternion) * _signed_sizes(record)
    affine[:3, 3] = [record[f"qoffset_{axis}"] for axis in "xyz"]
    return affine


def _signed_sizes(record: Record) -> Affine:
    """Return the voxel sizes, the third negative for a left-handed image (qfac -1)."""
    sizes = record["pixdim"][1:4].astype(np.float64)
    if not np.all(sizes >= 0):
        raise HeaderDataError(f"pixdim: voxel sizes must not be negative, got {sizes.tolist()}")
    qfac = -1.0 if record["pixdim"][0] == -1 else 1.0
    signed: Affine = sizes * (1, 1, qfac)
    return signed


def store_qform(
    record: Record, affine: ArrayLike | None, code: int | str | None, strip_shears: bool
) -> None:
    """Store rotation, voxel sizes and offset of an affine; None sets the code to 0."""
    if affine is None:
        record["qform_code"] = _code(code, 0, int(record["qform_code"]))
        return
    matrix = check_affine(affine)
    before = int(record["qform_code"])
    number = _code(code, before or ALIGNED, before)
    sizes = voxel_sizes(matrix)
    directions = matrix[:3, :3] / np.where(sizes > 0, sizes, 1)
    qfac = -1.0 if np.linalg.det(directions) < 0 else 1.0
    directions = directions * (1, 1, qfac)  # right-handed, as a quaternion must be
    rotation = nearest_rotation(directions)
    if not strip_shears and not np.allclose(rotation, directions):
        raise HeaderDataError("qform: the affine has shears, which a quaternion cannot hold")
    record["pixdim"][0] = qfac
    record["pixdim"][1:4] = sizes
    for name, part in zip("bcd", mat2quat(rotation)[1:], strict=True):
        record[f"quatern_{name}"] = part
    for axis, offset in zip("xyz", matrix[:3, 3], strict=True):
        record[f"qoffset_{axis}"] = offset
    record["qform_code"] = number


def _code(code: int | str | None, default: int, before: int) -> int:
    """Return the number of a code; one that the record has already may be of a later standard."""
    if code is None:
        return default
    if code == before:
        return int(before)
    if code not in xform_codes:
        known = sorted({str(label) for label in xform_codes.label.values()})
        raise CodeError(f"xform code: must be one of {known}, got {code!r}")
    return int(xform_codes[code])
