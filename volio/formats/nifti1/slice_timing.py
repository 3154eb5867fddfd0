"""When the slices of a NIfTI image were acquired: encoding axes, order, duration and times.

Source: nifti1.h, sections on dim_info and slice timing.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from volio.errors import HeaderDataError
from volio.formats.nifti1.codes import slice_order_codes
from volio.images.headers.record import Record

__all__ = [
    "read_encoding_axes",
    "read_slice_times",
    "slice_order",
    "store_encoding_axes",
    "store_slice_times",
]

#: First bit of the frequency, the phase and the slice axis in dim_info; two bits each.
SHIFTS = (0, 2, 4)


def read_encoding_axes(record: Record) -> tuple[int | None, int | None, int | None]:
    """Return the axes (0 to 2) of frequency, phase and slice encoding; None if unknown."""
    packed = int(record["dim_info"])
    frequency, phase, slices = (_axis(packed >> shift & 3) for shift in SHIFTS)
    return frequency, phase, slices


def _axis(code: int) -> int | None:
    return code - 1 if code else None


def store_encoding_axes(record: Record, axes: Sequence[int | None]) -> None:
    """Store the axes (0 to 2) of frequency, phase and slice encoding; None for unknown."""
    if any(axis not in (None, 0, 1, 2) for axis in axes):
        raise HeaderDataError(f"dim_info: axes must be 0, 1, 2 or None, got {tuple(axes)}")
    packed = 0
    for axis, shift in zip(axes, SHIFTS, strict=True):
        code = 0 if axis is None else axis + 1
        packed |= code << shift
    record["dim_info"] = packed


def read_slice_times(record: Record, count: int, duration: float) -> tuple[float | None, ...]:
    """Return the start of each of `count` slices, in the unit of `duration`.

    None for slices outside slice_start to slice_end; an end of 0 stands for the last slice.
    """
    label = _order_label(record)
    first = int(record["slice_start"])
    last = int(record["slice_end"]) or count - 1
    if not 0 <= first <= last < count:
        raise HeaderDataError(
            f"slice_start, slice_end: must lie within 0 to {count - 1}, got {first} to {last}"
        )
    if duration <= 0:
        raise HeaderDataError(f"slice_duration: must be positive, got {duration}")
    order = slice_order(label, last - first + 1)
    ranks = np.argsort(order)  # of each slice, its place in the order of acquisition
    times = [float(rank) * duration for rank in ranks]
    before = [None] * first
    after = [None] * (count - 1 - last)
    return (*before, *times, *after)


def _order_label(record: Record) -> str:
    code = int(record["slice_code"])
    if code == 0 or code not in slice_order_codes:
        raise HeaderDataError(f"slice_code: the order of the slices is not stated, got {code}")
    return str(slice_order_codes.label[code])


def store_slice_times(record: Record, count: int, slice_times: Sequence[float | None]) -> None:
    """Find order, duration and range that give the times of `count` slices, and store them."""
    if len(slice_times) != count:
        raise HeaderDataError(f"slice times: {count} are needed, got {len(slice_times)}")
    timed = [index for index, time in enumerate(slice_times) if time is not None]
    if not timed or timed != list(range(timed[0], timed[-1] + 1)):
        raise HeaderDataError("slice times: None may stand only before and after all times")
    times = np.array([slice_times[index] for index in timed], np.float64)
    label, duration = _find_order(times)
    record["slice_code"] = slice_order_codes[label]
    record["slice_duration"] = duration
    record["slice_start"] = timed[0]
    record["slice_end"] = timed[-1]


def slice_order(label: str, count: int) -> list[int]:
    """Return the slices 0 to count - 1 in the order they were acquired.

    Parameters
    ----------
    label : str
        A name of `slice_order_codes`.
    count : int
        Number of slices.
    """
    rising = list(range(count))
    orders = {
        "sequential increasing": rising,
        "alternating increasing": rising[::2] + rising[1::2],
        "alternating increasing 2": rising[1::2] + rising[::2],
    }
    if label in orders:
        return orders[label]
    mirrored = orders[label.replace("decreasing", "increasing")]
    return [count - 1 - index for index in mirrored]


def _find_order(times: NDArray[np.float64]) -> tuple[str, float]:
    """Return the name of the order that gives these times, and the duration of a slice."""
    steps = np.diff(np.sort(times))
    if len(times) < 2 or not np.allclose(steps, steps[0]) or steps[0] <= 0:
        raise HeaderDataError(f"slice times: must be evenly spaced, got {times.tolist()}")
    acquired = np.argsort(times).tolist()
    labels = dict.fromkeys(slice_order_codes.label.values())
    for label in labels:
        if label != "unknown" and slice_order(label, len(times)) == acquired:
            return str(label), float(np.mean(steps))
    raise HeaderDataError(f"slice times: NIfTI cannot state their order {acquired}")
