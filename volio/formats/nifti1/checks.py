"""Checks of NIfTI headers beyond those that Analyze has too."""

from __future__ import annotations

from math import isfinite
from typing import Any

from volio.formats.nifti1.codes import xform_codes
from volio.images.headers.checks import Check
from volio.images.headers.dim_checks import LARGEST

__all__ = ["NIFTI_CHECKS"]


def _magic_problem(header: Any) -> str | None:
    magic, known = header.plain["magic"], (header.single_magic, header.pair_magic)
    return None if magic in known else f"must be one of {list(known)}, got {magic}"


def _offset_problem(header: Any) -> str | None:
    stated = float(header.plain["vox_offset"])
    if not isfinite(stated) or stated < 0:
        return f"must be finite and not negative, got {stated}"
    if header.plain["magic"] != header.single_magic or stated == 0:
        return None
    least = header.single_vox_offset
    return None if stated >= least else f"must be {least} or more in a single file, got {stated:g}"


def _offset_uneven(header: Any) -> str | None:
    stated = header.plain["vox_offset"]
    odd = isfinite(stated) and stated % 16
    return f"should be divisible by 16 for SPM, got {stated:g}" if odd else None


def _qfac_problem(header: Any) -> str | None:
    qfac = header.plain["pixdim"][0]
    return None if qfac in (-1, 1) else f"[0] (qfac) should be -1 or 1, got {qfac:g}"


def _mend_qfac(header: Any) -> str:
    header["pixdim"][0] = 1
    return "set to 1"


def _code_check(field: str) -> Check:
    def problem(header: Any) -> str | None:
        code = header.plain[field]
        if code in xform_codes:
            return None
        return f"must be one of {sorted(xform_codes.value_set())}, got {code}"

    def mend(header: Any) -> str:
        header[field] = 0
        return "set to 0"

    return Check(field, problem, 30, mend)


def _quaternion_problem(header: Any) -> str | None:
    plain = header.plain
    b, c, d = plain["quatern_b"], plain["quatern_c"], plain["quatern_d"]
    length = b * b + c * c + d * d
    if plain["qform_code"] <= 0 or length <= 1 + header.quaternion_threshold:
        return None
    return f"squares of b, c and d should not exceed 1, they add up to {length:.9g}"


def _sform_problem(header: Any) -> str | None:
    plain = header.plain
    if plain["sform_code"] <= 0:
        return None
    numbers = (*plain["srow_x"], *plain["srow_y"], *plain["srow_z"])
    if all(abs(number) <= LARGEST for number in numbers):
        return None
    return "must be finite (in single precision) where sform_code is set"


NIFTI_CHECKS = (
    Check("pixdim", _qfac_problem, 20, _mend_qfac),
    Check("magic", _magic_problem, 45),
    Check("vox_offset", _offset_problem, 40),
    Check("vox_offset", _offset_uneven, 30),
    _code_check("qform_code"),
    _code_check("sform_code"),
    Check("quatern_b", _quaternion_problem, 30),
    Check("srow_x", _sform_problem, 40),
)
