"""Checks of NIfTI headers beyond those that Analyze has too."""

from __future__ import annotations

from math import inf, isfinite
from operator import attrgetter, methodcaller
from typing import Any

from volio.errors import GeometryWarning, HeaderDataError, VolioWarning
from volio.formats.nifti1.codes import xform_codes
from volio.formats.nifti1.placement import OFFSETS, PARTS
from volio.images.headers.checks import Check, Problem, not_negative_check, set_to
from volio.images.headers.dim_checks import LARGEST
from volio.space.affines import rows_span_space, spans_space

__all__ = ["NIFTI_CHECKS"]


def _magic_problem(header: Any) -> Problem:
    """Find a magic number that no NIfTI file has."""
    magic = header.unpacked["magic"]
    known = (header.single_magic, header.pair_magic)
    is_known = magic in known or not magic.strip()
    return None if is_known else f"must be one of {list(known)}, got {magic}"


def _magic_of_other(header: Any) -> Problem:
    """Find no magic number, that of a pair in a single file, and the reverse.

    What the file is has been decided by the choice of the header's class.
    """
    magic = header.unpacked["magic"]
    own = header.own_magic()
    if magic == own or _magic_problem(header):
        return None
    files = "a single file" if header.is_single else "a pair of files"
    return f"must be {own} in {files}, got {magic}"


def _offset_problem(header: Any) -> Problem:
    stated = float(header.unpacked["vox_offset"])
    if not 0 <= stated < inf:
        return f"must be finite and not negative, got {stated}"
    # At 0 and at the end of the fields the size of the file decides; see `place_voxels`.
    if not header.is_single or stated in (0, header.sizeof_hdr):
        return None
    least = header.single_vox_offset
    return None if stated >= least else f"must be {least} or more in a single file, got {stated:g}"


def _offset_without_flag(header: Any) -> Problem:
    """Find voxels that begin where the four bytes on extensions belong."""
    if not header.is_single or header.unpacked["vox_offset"] != header.sizeof_hdr:
        return None
    return (
        f"states {header.sizeof_hdr}, the end of the fields, where four bytes on extensions "
        f"belong: should be {header.single_vox_offset} or more"
    )


def _offset_uneven(header: Any) -> Problem:
    stated = header.unpacked["vox_offset"]
    odd = isfinite(stated) and stated % 16
    return f"should be divisible by 16 for SPM, got {stated:g}" if odd else None


def _qfac_problem(header: Any) -> Problem:
    qfac = header.unpacked["pixdim"][0]
    return None if qfac in (-1, 1) else f"[0] (qfac) should be -1 or 1, got {qfac:g}"


def _repair_qfac(header: Any) -> str:
    header["pixdim"][0] = 1
    return "set to 1"


def _unknown_code_check(field: str) -> Check:
    # Method 2 or 3 holds for any code above 0, also for one that a later standard may define.
    def problem(header: Any) -> Problem:
        code = header.unpacked[field]
        if code <= 0 or code in xform_codes:
            return None
        return f"is not one of the known codes {sorted(xform_codes.value_set())}, got {code}"

    return Check(field, problem, 20)


def _quaternion_problem(header: Any) -> Problem:
    fields = header.unpacked
    length = sum(fields[part] * fields[part] for part in PARTS)
    if fields["qform_code"] <= 0 or length <= 1 + header.quaternion_threshold:
        return None
    return f"squares of b, c and d should not exceed 1, they add up to {length:.9g}"


def _sform_spans_nothing(header: Any) -> Problem:
    """Find an sform that places no voxels, where the file has a better one."""
    code = header.unpacked["sform_code"]
    if code <= 0 or rows_span_space(*_rows(header)):
        return None
    is_finite = _sform_is_finite(header)
    if not is_finite and not _qform_is_good(header):
        return None  # an error, which another check finds
    what = "spans no volume" if is_finite else "is not finite"
    return f"the affine {what}, though sform_code is {code}"


def _repair_sform(header: Any) -> str:
    header["sform_code"] = 0
    instead = "the qform" if _qform_is_good(header) else "the affine of the voxel sizes"
    return f"sform_code set to 0, so that {instead} counts"


def _qform_is_good(header: Any) -> bool:
    if header.unpacked["qform_code"] <= 0:
        return False
    try:
        return spans_space(header.get_qform())
    except HeaderDataError:
        return False


def _rows(header: Any) -> list[tuple[float, ...]]:
    fields = header.unpacked
    return [fields["srow_x"], fields["srow_y"], fields["srow_z"]]


def _sform_is_finite(header: Any) -> bool:
    first, second, third = _rows(header)
    numbers = first + second + third
    if sum(map(abs, numbers)) <= LARGEST:  # so is each; one that is not a number fails this
        return True
    return all(abs(number) <= LARGEST for number in numbers)


def _sform_problem(header: Any) -> Problem:
    if header.unpacked["sform_code"] <= 0 or _sform_is_finite(header):
        return None
    return "must be finite (in single precision) where sform_code is set"


def _qform_spans_nothing(header: Any) -> Problem:
    """Find a qform that cannot be read, where it is the one that counts."""
    fields = header.unpacked
    if fields["qform_code"] <= 0 or fields["sform_code"] > 0 or _qform_is_good(header):
        return None
    is_finite = all(abs(fields[offset]) <= LARGEST for offset in OFFSETS)
    return None if is_finite else "must be finite where qform_code is set"


_SET_MAGIC = set_to("magic", methodcaller("own_magic"))
NIFTI_CHECKS = (
    Check("pixdim", _qfac_problem, 20, _repair_qfac),
    Check("vox_offset", _offset_problem, 40),
    Check(
        "vox_offset",
        _offset_without_flag,
        20,
        set_to("vox_offset", attrgetter("single_vox_offset")),
    ),
    Check("vox_offset", _offset_uneven, 30),
    not_negative_check("qform_code", 30, set_to("qform_code", 0)),
    not_negative_check("sform_code", 30, set_to("sform_code", 0)),
    _unknown_code_check("qform_code"),
    _unknown_code_check("sform_code"),
    Check("quatern_b", _quaternion_problem, 30),
    Check("srow_x", _sform_spans_nothing, 30, _repair_sform, GeometryWarning),
    Check("srow_x", _sform_problem, 40),
    Check("qoffset_x", _qform_spans_nothing, 40),
    # The last, for damaged files fail before.
    Check("magic", _magic_problem, 45, _SET_MAGIC, VolioWarning, has_one_answer=True),
    Check("magic", _magic_of_other, 30, _SET_MAGIC, VolioWarning),
)
