"""Where a NIfTI image lies: quaternion (qform), affine (sform), and which of them counts.

Source: nifti1.h, "3D image (volume) orientation and location in space", methods 1 to 3.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.errors import CodeError, HeaderDataError, HeaderError
from volio.formats.nifti1.codes import xform_codes
from volio.images.headers.binary import BinaryHeader
from volio.space.affines import check_affine, voxel_sizes
from volio.space.quaternions import fillpositive, mat2quat, quat2mat
from volio.space.rotations import nearest_rotation

__all__ = ["Placement"]

Affine = NDArray[np.float64]


class Placement(BinaryHeader):
    """The part of a NIfTI header that says where the voxels lie (all affines to RAS+ mm)."""

    #: How far below zero 1 - b*b - c*c - d*d may fall before the quaternion is refused.
    quaternion_threshold: ClassVar[float] = float(np.finfo(np.float32).eps) * 3

    @property
    def affine(self) -> Affine:
        """Voxel indices to RAS+ mm: sform if it has a code, else qform, else the voxel sizes."""
        plain = self.plain
        if plain["sform_code"] > 0:
            return self.get_sform()
        if plain["qform_code"] > 0:
            return self.get_qform()
        return self.get_base_affine()

    def set_affine(self, affine: ArrayLike) -> None:
        """Store an affine in sform ('aligned'), and its rigid part in qform without a code."""
        self.set_sform(affine, code="aligned")
        self.set_qform(affine, code="unknown")

    def move_to(self, affine: ArrayLike) -> None:
        """Store an affine that leads to the same space as before: the codes stay."""
        coded = int(self["sform_code"]) > 0, int(self["qform_code"]) > 0
        if not any(coded):
            self.set_affine(affine)
            return
        self.set_sform(affine, code=int(self["sform_code"]))
        self.set_qform(affine, code=int(self["qform_code"]))

    def has_two_places(self) -> bool:
        """Tell whether sform and qform lead to different spaces by different affines."""
        codes = int(self["sform_code"]), int(self["qform_code"])
        if min(codes) <= 0 or codes[0] == codes[1]:
            return False
        try:
            return not np.allclose(self.get_qform(), self.get_sform(), rtol=1e-4, atol=1e-3)
        except HeaderError:
            return False

    def get_qform_quaternion(self) -> NDArray[np.floating[Any]]:
        """Return the unit quaternion (w, x, y, z) of the qform's rotation.

        Raises
        ------
        HeaderDataError
            If the stored parts are no unit quaternion.
        """
        parts = np.array([self[f"quatern_{name}"] for name in "bcd"], np.float64)
        excess = sum(part * part for part in parts.tolist()) - 1
        if not excess <= self.quaternion_threshold:
            raise HeaderDataError(
                f"quatern_b, quatern_c, quatern_d: their squares must add up to 1 at most, "
                f"got {1 + excess:.9g}; set_qform stores a proper rotation"
            )
        return fillpositive(parts, -self.quaternion_threshold)

    @overload
    def get_qform(self, coded: Literal[False] = False) -> Affine: ...
    @overload
    def get_qform(self, coded: Literal[True]) -> tuple[Affine | None, int]: ...
    @overload
    def get_qform(self, coded: bool) -> Affine | tuple[Affine | None, int]: ...
    def get_qform(self, coded: bool = False) -> Affine | tuple[Affine | None, int]:
        """Return the affine of quaternion, offsets and voxel sizes, shape (4, 4).

        Parameters
        ----------
        coded : bool
            Return ``(affine, code)``, the affine None where the code is 0.

        Raises
        ------
        HeaderDataError
            If a voxel size is negative or the stored parts are no unit quaternion.
        """
        code = int(self["qform_code"])
        if coded and code <= 0:
            return None, 0
        affine = np.eye(4)
        affine[:3, :3] = quat2mat(self.get_qform_quaternion()) * self._signed_sizes()
        affine[:3, 3] = [self[f"qoffset_{axis}"] for axis in "xyz"]
        return (affine, code) if coded else affine

    def _signed_sizes(self) -> Affine:
        sizes = self["pixdim"][1:4].astype(np.float64)
        if not np.all(sizes >= 0):
            raise HeaderDataError(f"pixdim: voxel sizes must not be negative, got {sizes.tolist()}")
        qfac = -1.0 if self["pixdim"][0] == -1 else 1.0
        return sizes * (1, 1, qfac)

    def set_qform(
        self, affine: ArrayLike | None, code: int | str | None = None, strip_shears: bool = True
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
            If the affine has shears and they may not be dropped.
        """
        if affine is None:
            self["qform_code"] = _code(code, 0)
            return
        matrix = check_affine(affine)
        number = _code(code, int(self["qform_code"]) or 2)
        sizes = voxel_sizes(matrix)
        rotation = matrix[:3, :3] / np.where(sizes > 0, sizes, 1)
        qfac = -1.0 if np.linalg.det(rotation) < 0 else 1.0
        rotation = rotation * (1, 1, qfac)
        proper = nearest_rotation(rotation)
        if not strip_shears and not np.allclose(proper, rotation):
            raise HeaderDataError("qform: the affine has shears, which a quaternion cannot hold")
        self._store_rigid(mat2quat(proper), qfac, sizes, matrix[:3, 3])
        self["qform_code"] = number

    def _store_rigid(self, quat: Affine, qfac: float, sizes: Affine, origin: Affine) -> None:
        self["pixdim"][0] = qfac
        self["pixdim"][1:4] = sizes
        for name, part in zip("bcd", quat[1:], strict=True):
            self[f"quatern_{name}"] = part
        for axis, place in zip("xyz", origin, strict=True):
            self[f"qoffset_{axis}"] = place

    @overload
    def get_sform(self, coded: Literal[False] = False) -> Affine: ...
    @overload
    def get_sform(self, coded: Literal[True]) -> tuple[Affine | None, int]: ...
    @overload
    def get_sform(self, coded: bool) -> Affine | tuple[Affine | None, int]: ...
    def get_sform(self, coded: bool = False) -> Affine | tuple[Affine | None, int]:
        """Return the affine of the three stored rows, shape (4, 4).

        Parameters
        ----------
        coded : bool
            Return ``(affine, code)``, the affine None where the code is 0.
        """
        plain = self.plain
        code: int = plain["sform_code"]
        if coded and code <= 0:
            return None, 0
        rows = plain["srow_x"], plain["srow_y"], plain["srow_z"], (0, 0, 0, 1)
        affine = np.array(rows, np.float64)
        return (affine, code) if coded else affine

    def set_sform(self, affine: ArrayLike | None, code: int | str | None = None) -> None:
        """Store the rows of an affine.

        Parameters
        ----------
        affine : (4, 4) array-like or None
            Voxels to RAS+ mm; None sets the code to 0 and leaves the rest.
        code : int or str, optional
            Space it leads to (default: as it is, or 'aligned' if that is 0; 0 for affine None).
        """
        if affine is None:
            self["sform_code"] = _code(code, 0)
            return
        matrix = check_affine(affine)
        number = _code(code, int(self["sform_code"]) or 2)
        for row, axis in zip(matrix[:3], "xyz", strict=True):
            self[f"srow_{axis}"] = row
        self["sform_code"] = number


def _code(code: int | str | None, default: int) -> int:
    if code is None:
        return default
    if code not in xform_codes:
        known: list[Any] = sorted(xform_codes.label.values())
        raise CodeError(f"xform code: must be one of {sorted(set(known))}, got {code!r}")
    return int(xform_codes[code])
