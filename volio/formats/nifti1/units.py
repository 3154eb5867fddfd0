"""Units of space and time in a NIfTI header.

Source: nifti1.h, "units of spatial and temporal dimensions": xyzt_units is the sum of a code of
space (1 to 7) and a code of time (8 and more).
"""

from __future__ import annotations

from volio.codes import known_code
from volio.errors import HeaderDataError
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
    space = 0 if xyz is None else known_code("xyzt_units", xyz, unit_codes)
    time = 0 if t is None else known_code("xyzt_units", t, unit_codes)
    if space >= FIRST_TIME or 0 < time < FIRST_TIME:
        raise HeaderDataError(
            f"xyzt_units: {xyz!r} must be a unit of space and {t!r} a unit of time"
        )
    record["xyzt_units"] = space + time
