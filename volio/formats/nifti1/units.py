"""Units of space and time in a NIfTI header.

Source: nifti1.h, "units of spatial and temporal dimensions": xyzt_units is the sum of a code of
space (1 to 7) and a code of time (8 and more).
"""

from __future__ import annotations

from volio.errors import CodeError, HeaderDataError
from volio.formats.nifti1.codes import unit_codes
from volio.images.headers.record import Record

__all__ = ["get_xyzt_units", "set_xyzt_units"]

#: Codes of time are multiples of it.
FIRST_TIME = 8


def get_xyzt_units(record: Record) -> tuple[str, str]:
    """Return the units of space and time, such as ('mm', 'sec')."""
    code = int(record["xyzt_units"])
    space = code % FIRST_TIME
    labels = unit_codes.label
    return labels.get(space, "unknown"), labels.get(code - space, "unknown")


def set_xyzt_units(
    record: Record, xyz: int | str | None = None, t: int | str | None = None
) -> None:
    """Set the units of space and time (codes or names; None is 'unknown').

    Raises
    ------
    CodeError
        If a unit is unknown.
    HeaderDataError
        If a unit of time is given for space, or the other way round.
    """
    space = _code(xyz)
    time = _code(t)
    if space >= FIRST_TIME or 0 < time < FIRST_TIME:
        raise HeaderDataError(
            f"xyzt_units: {xyz!r} must be a unit of space and {t!r} a unit of time"
        )
    record["xyzt_units"] = space + time


def _code(unit: int | str | None) -> int:
    if unit is None:
        return 0
    if unit not in unit_codes:
        known = sorted(set(unit_codes.label.values()))
        raise CodeError(f"xyzt_units: must be one of {known}, got {unit!r}")
    return int(unit_codes[unit])
