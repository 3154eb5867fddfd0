"""Units of space and time in a NIfTI header.

Source: nifti1.h, "units of spatial and temporal dimensions": xyzt_units is the sum of a code of
space (1 to 7) and a code of time (8 and more).
"""

from __future__ import annotations

from volio.errors import CodeError, HeaderDataError
from volio.formats.nifti1.codes import unit_codes
from volio.images.headers.record import Record

__all__ = ["MILLIMETRES", "SECONDS", "read_units", "store_units"]

#: Seconds in each unit of time.
SECONDS = {"sec": 1.0, "msec": 1e-3, "usec": 1e-6}

#: Millimetres in each unit of space.
MILLIMETRES = {"meter": 1e3, "mm": 1.0, "micron": 1e-3}

#: Codes of time are multiples of it.
FIRST_TIME = 8


def read_units(record: Record) -> tuple[str, str]:
    """Return the units of space and time, such as ('mm', 'sec')."""
    code = int(record["xyzt_units"])
    space = code % FIRST_TIME
    labels = unit_codes.label
    return labels.get(space, "unknown"), labels.get(code - space, "unknown")


def store_units(record: Record, space: int | str | None, time: int | str | None) -> None:
    """Store the units of space and time, codes or names; None is 'unknown'."""
    space_code = _code(space)
    time_code = _code(time)
    if space_code >= FIRST_TIME or 0 < time_code < FIRST_TIME:
        raise HeaderDataError(
            f"xyzt_units: {space!r} must be a unit of space and {time!r} a unit of time"
        )
    record["xyzt_units"] = space_code + time_code


def _code(unit: int | str | None) -> int:
    if unit is None:
        return 0
    if unit not in unit_codes:
        known = sorted(set(unit_codes.label.values()))
        raise CodeError(f"xyzt_units: must be one of {known}, got {unit!r}")
    return int(unit_codes[unit])
