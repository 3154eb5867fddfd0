"""Issues of units, and of the time from volume to volume."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from volio.ops.checks.issue import Issue
from volio.ops.checks.places import are_usual
from volio.space.affines import voxel_sizes

__all__ = ["unit_issues"]

# Repetition times: no fMRI takes minutes or less than some milliseconds a volume. PET frames take
# minutes, so that seconds are only repaired where many frames would add up to hours.
LONG_SECONDS = 300.0
MANY_LONG = 1000.0
MANY = 10
SHORT_MSEC = 20.0


def unit_issues(img: Any, header: Any) -> Iterator[Issue]:
    """Look at the units that a header states, if it can, and at the voxel sizes in them."""
    if not hasattr(header, "get_xyzt_units"):
        return
    space, time = header.get_xyzt_units()
    if space == "unknown":
        yield Issue("info", "xyzt_units", "the unit of space is unknown: taken as mm")
    elif space != "mm":
        yield from _length_issues(img, space, header.length_unit)
    shape = header.get_data_shape()
    if len(shape) > 3 and shape[3] > 1:
        yield from _step_issues(float(header.get_zooms()[3]), time, shape[3])


def _length_issues(img: Any, unit: str, mm: float) -> Iterator[Issue]:
    """Look at voxel sizes in another unit than mm, which has so many mm."""
    sizes = voxel_sizes(img.affine)
    shown = ", ".join(f"{size:.6g}" for size in sizes)
    found = f"the unit of space is {unit}, in which voxels are {shown}; nearly all programs take mm"
    if are_usual(sizes * mm):
        yield Issue(
            "suspicious", "xyzt_units", found, "repairing stores the same lengths in mm", _in_mm
        )
    elif mm > 1 and are_usual(sizes):
        time = img.header.get_xyzt_units()[1]
        yield Issue("suspicious", "xyzt_units", found, "repairing sets mm", _stating(time, "mm"))
    else:
        yield Issue("suspicious", "xyzt_units", found, "check whether the voxel sizes are in mm")


def _in_mm(img: Any) -> None:
    """Convert affines and voxel sizes of a header to mm."""
    header = img.header
    scale = np.diag([*[header.length_unit] * 3, 1.0])
    forms = [
        (header.set_sform, *header.get_sform(True)),
        (header.set_qform, *header.get_qform(True)),
    ]
    sizes = header.get_zooms()
    header.set_zooms((*np.multiply(sizes[:3], scale[0, 0]).tolist(), *sizes[3:]))
    for store, affine, code in forms:
        if affine is not None:
            store(scale @ affine, code)
    header.set_xyzt_units("mm", header.get_xyzt_units()[1])
    img.affine[:] = scale @ img.affine


def _step_issues(step: float, unit: str, volumes: int) -> Iterator[Issue]:
    if unit in ("hz", "ppm", "rads"):
        return
    if not step > 0:
        yield Issue("suspicious", "pixdim", f"the time from volume to volume is {step:g}", "set it")
    elif unit == "unknown":
        found = f"the unit of time is unknown: is {step:g} in seconds?"
        yield Issue("info", "xyzt_units", found)
    elif unit == "sec" and step >= LONG_SECONDS:
        sure = step >= MANY_LONG and volumes >= MANY
        yield Issue(
            "suspicious",
            "xyzt_units",
            f"{step:g} sec from volume to volume: probably milliseconds",
            "repairing sets msec" if sure else "set the unit if so",
            _stating("msec") if sure else None,
        )
    elif unit == "msec" and step < SHORT_MSEC:
        found = f"{step:g} msec from volume to volume: probably seconds"
        yield Issue("suspicious", "xyzt_units", found, "repairing sets sec", _stating("sec"))


def _stating(time: str, space: str | None = None) -> Callable[[Any], None]:
    def repair(img: Any) -> None:
        img.header.set_xyzt_units(space or img.header.get_xyzt_units()[0], time)

    return repair
