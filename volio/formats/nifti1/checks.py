"""Checks of NIfTI headers beyond those that Analyze has too."""

from __future__ import annotations

from math import hypot, isfinite
from typing import Any

from volio.errors import GeometryWarning, HeaderDataError, VolioWarning
from volio.formats.nifti1.codes import xform_codes
from volio.images.headers.checks import Check
from volio.images.headers.dim_checks import LARGEST
from volio.images.headers.error_context import warn_of_content
from volio.space.affines import spans_space

__all__ = ["NIFTI_CHECKS"]

#: Volume of three axes of length 1 that are in one plane, but for rounding in single precision.
ROUNDING = 2.0**-20


def _magic_problem(header: Any) -> str | None:
    magic = header.unpacked["magic"]
    known = (header.single_magic, header.pair_magic)
    is_known = magic in known or not magic.strip()
    return None if is_known else f"must be one of {list(known)}, got {magic}"


def _magic_of_other(header: Any) -> str | None:
    """Find no magic number, that of a pair in a single file, and the reverse.

    What the file is has been decided by the choice of the header's class.
    """
    magic = header.unpacked["magic"]
    own = header.own_magic()
    files = "a single file" if header.is_single else "a pair of files"
    is_odd = magic != own and _magic_problem(header) is None
    return f"must be {own} in {files}, got {magic}" if is_odd else None


def _mend_magic(header: Any) -> str:
    found = header.unpacked["magic"]
    header["magic"] = header.own_magic()
    done = f"taken as {header.own_magic()}"
    warn_of_content(f"magic: is {found}, {done}", VolioWarning)
    return done


def _offset_problem(header: Any) -> str | None:
    stated = float(header.unpacked["vox_offset"])
    if not isfinite(stated) or stated < 0:
        return f"must be finite and not negative, got {stated}"
    # At 0 and at the end of the fields the size of the file decides; see `place_voxels`.
    if not header.is_single or stated in (0, header.sizeof_hdr):
        return None
    least = header.single_vox_offset
    return None if stated >= least else f"must be {least} or more in a single file, got {stated:g}"


def _offset_uneven(header: Any) -> str | None:
    stated = header.unpacked["vox_offset"]
    odd = isfinite(stated) and stated % 16
    return f"should be divisible by 16 for SPM, got {stated:g}" if odd else None


def _qfac_problem(header: Any) -> str | None:
    qfac = header.unpacked["pixdim"][0]
    return None if qfac in (-1, 1) else f"[0] (qfac) should be -1 or 1, got {qfac:g}"


def _mend_qfac(header: Any) -> str:
    header["pixdim"][0] = 1
    return "set to 1"


def _negative_code_check(field: str) -> Check:
    def problem(header: Any) -> str | None:
        code = header.unpacked[field]
        return f"must not be negative, got {code}" if code < 0 else None

    def mend(header: Any) -> str:
        header[field] = 0
        return "set to 0"

    return Check(field, problem, 30, mend)


def _unknown_code_check(field: str) -> Check:
    # Method 2 or 3 holds for any code above 0, also for one that a later standard may define.
    def problem(header: Any) -> str | None:
        code = header.unpacked[field]
        if code <= 0 or code in xform_codes:
            return None
        return f"is not one of the known codes {sorted(xform_codes.value_set())}, got {code}"

    return Check(field, problem, 20)


def _quaternion_problem(header: Any) -> str | None:
    plain = header.unpacked
    b = plain["quatern_b"]
    c = plain["quatern_c"]
    d = plain["quatern_d"]
    length = b * b + c * c + d * d
    if plain["qform_code"] <= 0 or length <= 1 + header.quaternion_threshold:
        return None
    return f"squares of b, c and d should not exceed 1, they add up to {length:.9g}"


def _sform_spans_nothing(header: Any) -> str | None:
    """Find an sform that is no place for voxels, where the file has a better one."""
    if header.unpacked["sform_code"] <= 0:
        return None
    is_finite = _sform_is_finite(header)
    if is_finite and _rows_span_space(header):
        return None
    if not is_finite and not _qform_is_good(header):
        return None  # an error, which another check finds
    what = "spans no volume" if is_finite else "is not finite"
    return f"the affine {what}, though sform_code is {header.unpacked['sform_code']}"


def _rows_span_space(header: Any) -> bool:
    """Return whether the three axes of the rows are not in one plane.

    In plain numbers, for every header that is read comes this way.
    """
    fields = header.unpacked
    ax, bx, cx, _ = fields["srow_x"]
    ay, by, cy, _ = fields["srow_y"]
    az, bz, cz, _ = fields["srow_z"]
    volume = ax * (by * cz - bz * cy) - ay * (bx * cz - bz * cx) + az * (bx * cy - by * cx)
    lengths = hypot(ax, ay, az) * hypot(bx, by, bz) * hypot(cx, cy, cz)
    return bool(abs(volume) > ROUNDING * lengths)


def _mend_sform(header: Any) -> str:
    header["sform_code"] = 0
    instead = "the qform" if _qform_is_good(header) else "the affine of the voxel sizes"
    done = f"sform_code set to 0, so that {instead} counts"
    warn_of_content(f"srow_x, srow_y, srow_z: make no affine; {done}", GeometryWarning)
    return done


def _qform_is_good(header: Any) -> bool:
    if header.unpacked["qform_code"] <= 0:
        return False
    try:
        return spans_space(header.get_qform())
    except HeaderDataError:
        return False


def _sform_is_finite(header: Any) -> bool:
    fields = header.unpacked
    numbers = (*fields["srow_x"], *fields["srow_y"], *fields["srow_z"])
    return all(abs(number) <= LARGEST for number in numbers)


def _sform_problem(header: Any) -> str | None:
    if header.unpacked["sform_code"] <= 0 or _sform_is_finite(header):
        return None
    return "must be finite (in single precision) where sform_code is set"


def _qform_spans_nothing(header: Any) -> str | None:
    """Find a qform that cannot be read, where it is the one that counts."""
    fields = header.unpacked
    if fields["qform_code"] <= 0 or fields["sform_code"] > 0 or _qform_is_good(header):
        return None
    is_finite = all(abs(fields[f"qoffset_{axis}"]) <= LARGEST for axis in "xyz")
    return None if is_finite else "must be finite where qform_code is set"


NIFTI_CHECKS = (
    Check("pixdim", _qfac_problem, 20, _mend_qfac),
    Check("magic", _magic_problem, 45),
    Check("vox_offset", _offset_problem, 40),
    Check("vox_offset", _offset_uneven, 30),
    _negative_code_check("qform_code"),
    _negative_code_check("sform_code"),
    _unknown_code_check("qform_code"),
    _unknown_code_check("sform_code"),
    Check("quatern_b", _quaternion_problem, 30),
    Check("srow_x", _sform_spans_nothing, 30, _mend_sform),
    Check("srow_x", _sform_problem, 40),
    Check("qoffset_x", _qform_spans_nothing, 40),
    Check("magic", _magic_of_other, 30, _mend_magic),  # last, for damaged files fail before
)
