"""Symptoms of units, and of the time from volume to volume."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from volio.ops.symptoms.finding import Finding

__all__ = ["unit_symptoms"]

# Repetition times: no fMRI takes minutes or less than some milliseconds a volume. PET frames take
# minutes, so that seconds are only mended where many frames would add up to hours.
LONG_SECONDS = 300.0
MANY_LONG = 1000.0
MANY = 10
SHORT_MSEC = 20.0


def unit_symptoms(header: Any) -> Iterator[Finding]:
    """Look at the units that a header states, if it can."""
    if not hasattr(header, "get_xyzt_units"):
        return
    space, time = header.get_xyzt_units()
    if space == "unknown":
        yield Finding("info", "xyzt_units", "the unit of space is unknown: taken as mm")
    elif space != "mm":
        yield Finding(
            "odd",
            "xyzt_units",
            f"the unit of space is {space}: nearly all programs take the affine as mm anyway",
            "check whether the voxel sizes are in mm",
        )
    shape = header.get_data_shape()
    if len(shape) > 3 and shape[3] > 1:
        yield from _step_symptoms(float(header.get_zooms()[3]), time, shape[3])


def _step_symptoms(step: float, unit: str, volumes: int) -> Iterator[Finding]:
    if unit in ("hz", "ppm", "rads"):
        return
    if not step > 0:
        yield Finding("odd", "pixdim", f"the time from volume to volume is {step:g}", "set it")
    elif unit == "unknown":
        found = f"the unit of time is unknown: is {step:g} in seconds?"
        yield Finding("info", "xyzt_units", found)
    elif unit == "sec" and step >= LONG_SECONDS:
        sure = step >= MANY_LONG and volumes >= MANY
        yield Finding(
            "odd",
            "xyzt_units",
            f"{step:g} sec from volume to volume: probably milliseconds",
            "mending states msec" if sure else "set the unit if so",
            _stating("msec") if sure else None,
        )
    elif unit == "msec" and step < SHORT_MSEC:
        found = f"{step:g} msec from volume to volume: probably seconds"
        yield Finding("odd", "xyzt_units", found, "mending states sec", _stating("sec"))


def _stating(unit: str) -> Callable[[Any], None]:
    def mend(img: Any) -> None:
        img.header.set_xyzt_units(img.header.get_xyzt_units()[0], unit)

    return mend
