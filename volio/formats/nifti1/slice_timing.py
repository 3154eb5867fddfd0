"""When the slices of a NIfTI image were acquired: encoding axes, order, duration and times.

Source: nifti1.h, sections on dim_info and slice timing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from volio.arrays.encodings.decimals import decimals, field_decimal
from volio.errors import HeaderDataError, HeaderError
from volio.formats.nifti1.codes import slice_order_codes
from volio.images.headers.record import Record
from volio.images.headers.shape_checks import in_range

if TYPE_CHECKING:
    from volio.formats.nifti1.header import Nifti1Header

__all__ = [
    "get_dim_info",
    "get_n_slices",
    "get_slice_duration",
    "get_slice_times",
    "known_slice_times",
    "set_dim_info",
    "set_slice_duration",
    "set_slice_times",
    "slice_order",
]

#: An axis, 0 to 2; None for unknown.
Axis = int | None

#: Start of each slice; None for slices that were not acquired.
Times = Sequence[float | None]

#: First bit of the frequency, the phase and the slice axis in dim_info; two bits each.
SHIFTS = (0, 2, 4)


def get_dim_info(record: Record) -> tuple[Axis, Axis, Axis]:
    """Return the axes (0 to 2) of frequency, phase and slice encoding; None if unknown."""
    packed = int(record["dim_info"])
    codes = (packed >> shift & 3 for shift in SHIFTS)
    frequency, phase, slices = (code - 1 if code else None for code in codes)
    return frequency, phase, slices


def set_dim_info(record: Record, freq: Axis = None, phase: Axis = None, slice: Axis = None) -> None:
    """Set the axes (0 to 2) of frequency, phase and slice encoding; None for unknown.

    Raises
    ------
    HeaderDataError
        If an axis is not 0, 1, 2 or None.
    """
    axes = (freq, phase, slice)
    if any(axis not in (None, 0, 1, 2) for axis in axes):
        raise HeaderDataError(f"dim_info: axes must be 0, 1, 2 or None, got {axes}")
    coded = zip(axes, SHIFTS, strict=True)
    record["dim_info"] = sum((axis + 1) << shift for axis, shift in coded if axis is not None)


def _slice_axis(header: Nifti1Header) -> int:
    axis = header.get_dim_info()[2]
    if axis is None:
        raise HeaderDataError("dim_info: the slice axis is unknown; set_dim_info(slice=...)")
    return axis


def get_n_slices(header: Nifti1Header) -> int:
    """Return the number of slices.

    Raises
    ------
    HeaderDataError
        If the slice axis is unknown, or the image has no such axis.
    """
    axis = _slice_axis(header)
    shape = header.get_data_shape()
    if axis >= len(shape):
        raise HeaderDataError(f"dim_info: slice axis {axis} is not in shape {shape}")
    return shape[axis]


def get_slice_duration(header: Nifti1Header) -> float:
    """Return the time that one slice takes, in the header's unit of time.

    Raises
    ------
    HeaderDataError
        If the slice axis is unknown.
    """
    _slice_axis(header)
    return field_decimal(header["slice_duration"])


def set_slice_duration(header: Nifti1Header, duration: float) -> None:
    """Set the time that one slice takes, in the header's unit of time.

    Raises
    ------
    HeaderDataError
        If the slice axis is unknown.
    """
    _slice_axis(header)
    header["slice_duration"] = duration


def get_slice_times(header: Nifti1Header) -> tuple[float | None, ...]:
    """Return the start of each slice, in the header's unit of time.

    Returns
    -------
    tuple
        One entry a slice; None for slices outside slice_start to slice_end. An end of 0
        stands for the last slice, as programs leave it that do not set it.

    Raises
    ------
    HeaderDataError
        If slice axis, order or duration are not known, or the range makes no sense.
    """
    count = header.get_n_slices()
    duration = header.get_slice_duration()
    label = _stated_order(header)
    last = in_range("slice_end", int(header["slice_end"]) or count - 1, 0, count - 1)
    first = in_range("slice_start", int(header["slice_start"]), 0, last)
    if duration <= 0:
        raise HeaderDataError(f"slice_duration: must be positive, got {duration}")
    # Of each slice, its number in the order of acquisition.
    ranks = np.argsort(slice_order(label, last - first + 1))
    times = (ranks * duration).tolist()
    if header["slice_duration"].dtype.itemsize == 4:
        times = decimals(times)
    return (*[None] * first, *times, *[None] * (count - 1 - last))


def _stated_order(record: Record) -> str:
    """Return the name of the order in which slices were acquired."""
    code = int(record["slice_code"])
    if code == 0 or code not in slice_order_codes:
        raise HeaderDataError(f"slice_code: the order of the slices is not stated, got {code}")
    return str(slice_order_codes.label[code])


def known_slice_times(header: Nifti1Header) -> Times:
    """Return the start of each slice; () where they are not known."""
    try:
        return header.get_slice_times()
    except HeaderError:
        return ()


def set_slice_times(header: Nifti1Header, slice_times: Times) -> None:
    """Find order, duration and range that give these times, and store them.

    Parameters
    ----------
    slice_times : sequence of float or None
        Start of each slice in the header's unit of time; None, at the ends only, for slices
        that were not acquired.

    Raises
    ------
    HeaderDataError
        If no order that NIfTI knows gives these times.
    """
    count = header.get_n_slices()
    if len(slice_times) != count:
        raise HeaderDataError(f"slice times: {count} are needed, got {len(slice_times)}")
    timed = {index: time for index, time in enumerate(slice_times) if time is not None}
    first = min(timed, default=0)
    last = first + len(timed) - 1
    if not timed or max(timed) != last:
        raise HeaderDataError("slice times: None may stand only before and after all times")
    label, duration = _find_order([*timed.values()])
    header.update(
        {
            "slice_code": slice_order_codes[label],
            "slice_duration": duration,
            "slice_start": first,
            "slice_end": last,
        }
    )


def slice_order(label: str, count: int) -> list[int]:
    """Return the slices 0 to count - 1 in the order they were acquired.

    Parameters
    ----------
    label : str
        A name of `slice_order_codes`.
    count : int
        Number of slices.
    """
    step = 2 if label.startswith("alternating") else 1
    first = label.endswith("2")
    # Sorting keeps the order within the even slices, and within the odd ones.
    rising = sorted(range(count), key=lambda index: (index + first) % step)
    return rising if "increasing" in label else [count - 1 - index for index in rising]


def _find_order(times: Sequence[float]) -> tuple[str, float]:
    """Return the name of the order that gives these times, and the duration of a slice."""
    steps = np.diff(np.sort(times))
    if len(times) < 2 or not np.allclose(steps, steps[0]) or steps[0] <= 0:
        raise HeaderDataError(f"slice times: must be evenly spaced, got {times}")
    acquired = np.argsort(times).tolist()
    _, *labels = dict.fromkeys(slice_order_codes.label.values())  # the first is "unknown"
    for label in labels:
        if slice_order(label, len(times)) == acquired:
            return label, float(np.mean(steps))
    raise HeaderDataError(f"slice times: NIfTI cannot state their order {acquired}")
