"""The affines of a NIfTI header: quaternion (qform) and rows (sform), voxels to RAS+ mm.

Source: nifti1.h, "3D image (volume) orientation and location in space", methods 1 to 3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, overload

import numpy as np
from numpy.typing import ArrayLike

from volio.codes import known_code
from volio.errors import HeaderDataError, HeaderError
from volio.flags import as_flag
from volio.formats.nifti1.codes import xform_codes
from volio.images.headers.dim_checks import LARGEST
from volio.images.headers.record import Record
from volio.images.headers.shape_checks import check_stored_sizes
from volio.space.affines import (
    Affine,
    affine_and_last_row,
    directions,
    spans_space,
    voxel_sizes,
)
from volio.space.quaternions import fillpositive, mat2quat, quat2mat
from volio.space.rotations import nearest_rotation

if TYPE_CHECKING:
    from volio.formats.nifti1.header import Nifti1Header

__all__ = [
    "Code",
    "CodedAffine",
    "get_qform",
    "get_qform_quaternion",
    "get_sform",
    "has_two_spaces",
    "move_to",
    "set_affine",
    "set_qform",
    "set_sform",
]

#: Space that an affine leads to, by code or name; None for the one it has.
Code = int | str | None

#: An affine and its code, the affine None where the code is 0.
CodedAffine = tuple[Affine | None, int]

ALIGNED = 2  # code of an affine that is stored without one
PARTS = ("quatern_b", "quatern_c", "quatern_d")
OFFSETS = ("qoffset_x", "qoffset_y", "qoffset_z")
ROWS = ("srow_x", "srow_y", "srow_z")


@overload
def get_sform(record: Record, coded: Literal[False] = False) -> Affine: ...
@overload
def get_sform(record: Record, coded: Literal[True]) -> CodedAffine: ...


def get_sform(record: Record, coded: bool = False) -> Affine | CodedAffine:
    """Return the affine of the three stored rows, shape (4, 4).

    Parameters
    ----------
    coded : bool
        Return ``(affine, code)``, the affine None where the code is 0.
    """
    as_flag("coded", coded)
    fields = record.unpacked
    code: int = fields["sform_code"]
    if coded and code <= 0:
        return None, 0
    affine = np.array([*(fields[row] for row in ROWS), (0, 0, 0, 1)], np.float64)
    return (affine, code) if coded else affine


def set_sform(record: Record, affine: ArrayLike | None, code: Code = None) -> None:
    """Store the rows of an affine.

    Parameters
    ----------
    affine : (4, 4) array-like or None
        Voxels to RAS+ mm; None sets the code to 0 and leaves the rest.
    code : int or str, optional
        Space it leads to (default: as it is, or 'aligned' if that is 0; 0 for affine None).

    Raises
    ------
    HeaderDataError
        If the fields cannot hold so small or large numbers.
    CodeError
        If the space is unknown.

    Warns
    -----
    GeometryWarning
        If the last row is not 0 0 0 1, for which there is no field.
    """
    number = _code(record, "sform_code", code, affine is not None)
    if affine is not None:
        rows = _checked_affine(affine)[:3]
        steps = np.abs(rows[:, :3]).max(axis=0).tolist()  # the most of each axis is in them
        check_stored_sizes(", ".join(ROWS), steps, record.layout[ROWS[0]].base)
        if np.abs(rows).max() > LARGEST:  # in float64 too: it could not be read again
            raise HeaderDataError(
                f"{', '.join(ROWS)}: positions and steps up to {LARGEST:.2g} are read, got "
                f"{rows.tolist()}"
            )
        record.update(zip(ROWS, rows, strict=True))
    record["sform_code"] = number


def get_qform_quaternion(header: Nifti1Header) -> Affine:
    """Return the unit quaternion (w, x, y, z) of the qform's rotation.

    Raises
    ------
    HeaderDataError
        If the squares of the stored parts add up to more than 1.
    """
    parts = [header.unpacked[part] for part in PARTS]
    tolerance = header.quaternion_threshold
    # Added one by one: on the edge of the tolerance the order of additions counts.
    excess = sum(part * part for part in parts) - 1
    if not excess <= tolerance:
        raise HeaderDataError(
            f"{', '.join(PARTS)}: their squares must add up to 1 at most, got {1 + excess:.9g}; "
            "set_qform stores a proper rotation"
        )
    return np.asarray(fillpositive(parts, -tolerance), np.float64)


@overload
def get_qform(header: Nifti1Header, coded: Literal[False] = False) -> Affine: ...
@overload
def get_qform(header: Nifti1Header, coded: Literal[True]) -> CodedAffine: ...


def get_qform(header: Nifti1Header, coded: bool = False) -> Affine | CodedAffine:
    """Return the affine of quaternion, offsets and voxel sizes, shape (4, 4).

    Parameters
    ----------
    coded : bool
        Return ``(affine, code)``, the affine None where the code is 0.

    Raises
    ------
    HeaderDataError
        If a voxel size is negative or the stored parts are not of a unit quaternion.
    """
    as_flag("coded", coded)
    code = int(header["qform_code"])
    if coded and code <= 0:
        return None, 0
    affine = np.eye(4)
    affine[:3, :3] = quat2mat(header.get_qform_quaternion()) * _signed_sizes(header)
    affine[:3, 3] = [header[offset] for offset in OFFSETS]
    return (affine, code) if coded else affine


def _signed_sizes(record: Record) -> Affine:
    """Return the voxel sizes, the third negative for a left-handed image (qfac -1)."""
    qfac, *sizes = record.unpacked["pixdim"][:4]
    if not all(size >= 0 for size in sizes):
        raise HeaderDataError(f"pixdim: voxel sizes must not be negative, got {sizes}")
    return np.array(sizes, np.float64) * (1, 1, -1 if qfac == -1 else 1)


def set_qform(
    record: Nifti1Header, affine: ArrayLike | None, code: Code = None, strip_shears: bool = True
) -> None:
    """Store rotation, voxel sizes and offset of an affine.

    Parameters
    ----------
    affine : (4, 4) array-like or None
        Voxels to RAS+ mm; None sets the code to 0 and leaves the rest.
    code : int or str, optional
        Space it leads to (default: as it is, or 'aligned' if that is 0; 0 for affine None).
    strip_shears : bool
        Store the nearest rotation of an affine with shears; False refuses such an affine.

    Raises
    ------
    HeaderDataError
        If the affine has shears and they may not be dropped, or the fields cannot hold so small
        or large numbers.
    CodeError
        If the space is unknown.

    Warns
    -----
    GeometryWarning
        If the last row is not 0 0 0 1, for which there is no field.
    """
    as_flag("strip_shears", strip_shears)
    number = _code(record, "qform_code", code, affine is not None)
    if affine is not None:
        _store_rotation(record, _checked_affine(affine), strip_shears)
        record.sizes_of_qform = record.get_zooms()[:3]
    record["qform_code"] = number


def _checked_affine(affine: ArrayLike) -> Affine:
    """Return an affine whose last row is 0 0 0 1; another one is left out, with a warning."""
    why = "a header of NIfTI has no place for it, so that it is left out"
    return affine_and_last_row(affine, why)[0]


def _store_rotation(record: Record, matrix: Affine, strip_shears: bool) -> None:
    """Store voxel sizes, rotation and offset of an affine."""
    axes = directions(matrix)
    qfac = -1.0 if np.linalg.det(axes) < 0 else 1.0
    right_handed = axes * (1, 1, qfac)  # as a quaternion must be
    rotation = nearest_rotation(right_handed)
    if not strip_shears and not np.allclose(rotation, right_handed):
        raise HeaderDataError("qform: the affine has shears, which a quaternion cannot hold")
    sizes = voxel_sizes(matrix).tolist()
    check_stored_sizes("pixdim", sizes, record.layout["pixdim"].base)
    record["pixdim"][:4] = (qfac, *sizes)
    record.update(zip(PARTS, mat2quat(rotation)[1:], strict=True))
    record.update(zip(OFFSETS, matrix[:3, 3], strict=True))


def _code(record: Record, field: str, code: Code, has_affine: bool) -> int:
    """Return the number of a code; one that the record has already may be of a later standard."""
    before = int(record[field])
    if code is None:
        return (before or ALIGNED) if has_affine else 0
    if code == before:
        return before
    return known_code("xform code", code, xform_codes)


# The two together.


def set_affine(header: Nifti1Header, affine: ArrayLike) -> None:
    """Store an affine in sform ('aligned'), and its rigid part in qform without a code.

    Parameters
    ----------
    affine : (4, 4) array-like
        Voxel indices to RAS+, in the header's unit of length: mm unless xyzt_units has another.
    """
    header.set_sform(affine, code="aligned")
    header.set_qform(affine, code="unknown")


def move_to(header: Nifti1Header, affine: ArrayLike, voxels: Affine | None = None) -> None:
    """Store an affine that leads to the same space as before: the codes stay.

    A qform that differs from the sform moves with the voxels too; where a quaternion
    cannot hold it, or `voxels` is None, its code becomes 0.

    Parameters
    ----------
    affine : (4, 4) array-like
        Voxels to RAS+ mm.
    voxels : (4, 4) array, optional
        Voxel indices under this affine to those under the one before.
    """
    sform_code = int(header["sform_code"])
    qform_code = int(header["qform_code"])
    if sform_code <= 0 and qform_code <= 0:
        header.set_affine(affine)
        return
    other = header.get_qform() if _forms_differ(header) else None
    header.set_sform(affine, code=sform_code)
    header.set_qform(affine, code=qform_code)
    if other is not None:
        _move_qform(header, other, voxels)


def _forms_differ(header: Nifti1Header) -> bool:
    """Return whether sform and qform both count and are different affines."""
    if header["sform_code"] <= 0 or header["qform_code"] <= 0:
        return False
    try:
        return not _is_near(header.get_qform(), header.get_sform())
    except HeaderError:
        return False


def _is_near(one: Affine, other: Affine) -> bool:
    return np.allclose(one, other, rtol=1e-4, atol=1e-3)


def _move_qform(header: Nifti1Header, before: Affine, voxels: Affine | None) -> None:
    """Store a qform under which the voxels are where they were; code 0 where there is none."""
    if voxels is not None and spans_space(voxels):
        moved = before @ voxels
        header.set_qform(moved)
        if _is_near(header.get_qform(), moved):
            return
    header["qform_code"] = 0


def has_two_spaces(header: Nifti1Header) -> bool:
    """Return whether sform and qform lead to different spaces by different affines."""
    return bool(header["sform_code"] != header["qform_code"]) and _forms_differ(header)
