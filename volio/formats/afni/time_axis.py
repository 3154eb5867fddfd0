"""The time axis of an AFNI data set: TAXIS_NUMS, TAXIS_FLOATS, TAXIS_OFFSETS.

Source: https://afni.nimh.nih.gov/pub/dist/doc/program_help/README.attributes.html
"""

from __future__ import annotations

from math import isfinite
from typing import Any, NamedTuple

from volio.formats.containers.afni.attributes import (
    TIME_UNITS,
    Attributes,
    numbers_in,
    time_unit_of,
)

__all__ = ["TimeAxis", "read_time_axis", "store_time_axis"]

#: Codes of units; a step without a unit is in seconds.
CODES = {"": 77002, **{unit: code for code, unit in TIME_UNITS.items()}}
NONE = -999


class TimeAxis(NamedTuple):
    """The time axis of a data set.

    Parameters
    ----------
    step : float
        From volume to volume, in `unit`; 0 where there is no time axis.
    unit : {'ms', 's', 'Hz', ''}
        '' where none is stated.
    start : float
        Time of the first volume, in `unit`.
    slice_times : tuple of float
        Start of each slice, in `unit`.
    """

    step: float = 0.0
    unit: str = ""
    start: float = 0.0
    slice_times: tuple[float, ...] = ()


def read_time_axis(attributes: Attributes) -> TimeAxis:
    """Return the time axis that attributes state; numbers that are not finite count as 0."""
    floats = [*numbers_in(attributes, "TAXIS_FLOATS")[:2], 0.0, 0.0]
    start, step, *_ = (float(number) if isfinite(number) else 0.0 for number in floats)
    offsets = tuple(numbers_in(attributes, "TAXIS_OFFSETS"))
    return TimeAxis(abs(step), time_unit_of(attributes), start, offsets)


def store_time_axis(attributes: Attributes, volumes: int, axis: TimeAxis) -> None:
    """Store a time axis; without a step, or in a unit that AFNI does not have, there is none."""
    before = numbers_in(attributes, "TAXIS_FLOATS")
    for name in ("TAXIS_NUMS", "TAXIS_FLOATS", "TAXIS_OFFSETS"):
        attributes.pop(name, None)
    if not axis.step or axis.unit not in CODES:
        return
    floats = [axis.start, axis.step, *_later_floats(before)]
    if axis.slice_times:
        attributes["TAXIS_OFFSETS"] = list(map(float, axis.slice_times))
        # Position of the first slice, and the step from slice to slice, mm.
        floats[3:5] = float(attributes["ORIGIN"][2]), float(attributes["DELTA"][2])
    attributes["TAXIS_NUMS"] = [volumes, len(axis.slice_times), CODES[axis.unit], *[NONE] * 5]
    attributes["TAXIS_FLOATS"] = floats


def _later_floats(floats: list[Any]) -> list[Any]:
    """Return the numbers of TAXIS_FLOATS after start and step: three or more, 0 if missing."""
    later = floats[2:]
    return [*later, *[0.0] * (3 - len(later))]
