"""When a NIfTI image was acquired: encoding axes, slice order, duration and times.

Source: nifti1.h, sections on dim_info and slice timing.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from volio.errors import HeaderDataError
from volio.formats.nifti1.codes import slice_order_codes
from volio.images.headers.binary import BinaryHeader

__all__ = ["SliceTiming", "slice_order"]


class SliceTiming(BinaryHeader):
    """The part of a NIfTI header that says how and when its slices were acquired."""

    def get_dim_info(self) -> tuple[int | None, int | None, int | None]:
        """Return the axes (0 to 2) of frequency, phase and slice encoding; None if unknown."""
        info = int(self["dim_info"])
        freq, phase, slices = ((info >> shift & 3) for shift in (0, 2, 4))
        return (
            freq - 1 if freq else None,
            phase - 1 if phase else None,
            slices - 1 if slices else None,
        )

    def set_dim_info(
        self, freq: int | None = None, phase: int | None = None, slice: int | None = None
    ) -> None:
        """Set the axes (0 to 2) of frequency, phase and slice encoding; None for unknown.

        Raises
        ------
        HeaderDataError
            If an axis is not 0, 1, 2 or None.
        """
        axes = (freq, phase, slice)
        if any(axis not in (None, 0, 1, 2) for axis in axes):
            raise HeaderDataError(f"dim_info: axes must be 0, 1, 2 or None, got {axes}")
        codes = [0 if axis is None else axis + 1 for axis in axes]
        self["dim_info"] = codes[0] | codes[1] << 2 | codes[2] << 4

    def get_n_slices(self) -> int:
        """Return the number of slices.

        Raises
        ------
        HeaderDataError
            If the slice axis is unknown, or the image has no such axis.
        """
        axis, shape = self._slice_axis(), self.get_data_shape()
        if axis >= len(shape):
            raise HeaderDataError(f"dim_info: slice axis {axis} is not in shape {shape}")
        return shape[axis]

    def _slice_axis(self) -> int:
        axis = self.get_dim_info()[2]
        if axis is None:
            raise HeaderDataError("dim_info: the slice axis is unknown; set_dim_info(slice=...)")
        return axis

    def get_slice_duration(self) -> float:
        """Return the time that one slice takes, in the header's unit of time.

        Raises
        ------
        HeaderDataError
            If the slice axis is unknown.
        """
        self._slice_axis()
        return float(self["slice_duration"])

    def set_slice_duration(self, duration: float) -> None:
        """Set the time that one slice takes, in the header's unit of time.

        Raises
        ------
        HeaderDataError
            If the slice axis is unknown.
        """
        self._slice_axis()
        self["slice_duration"] = duration

    def get_slice_times(self) -> tuple[float | None, ...]:
        """Return the start of each slice, in the header's unit of time.

        Returns
        -------
        tuple
            One entry a slice; None for slices outside slice_start to slice_end. An end of 0
            stands for the last slice, as programs leave it that do not set it.

        Raises
        ------
        HeaderDataError
            If slice axis, order or duration are not stated, or the range makes no sense.
        """
        count, duration = self.get_n_slices(), self.get_slice_duration()
        label = self._order_label()
        first, last = int(self["slice_start"]), int(self["slice_end"]) or count - 1
        if not (0 <= first <= last < count):
            raise HeaderDataError(
                f"slice_start, slice_end: must lie within 0 to {count - 1}, got {first} to {last}"
            )
        if duration <= 0:
            raise HeaderDataError(f"slice_duration: must be positive, got {duration}")
        places = np.argsort(slice_order(label, last - first + 1))
        times = [float(place) * duration for place in places]
        return (*[None] * first, *times, *[None] * (count - 1 - last))

    def _order_label(self) -> str:
        code = int(self["slice_code"])
        if code == 0 or code not in slice_order_codes:
            raise HeaderDataError(f"slice_code: the order of the slices is not stated, got {code}")
        return str(slice_order_codes.label[code])

    def set_slice_times(self, slice_times: Sequence[float | None]) -> None:
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
        count = self.get_n_slices()
        if len(slice_times) != count:
            raise HeaderDataError(f"slice times: {count} are needed, got {len(slice_times)}")
        timed = [index for index, time in enumerate(slice_times) if time is not None]
        if not timed or timed != list(range(timed[0], timed[-1] + 1)):
            raise HeaderDataError("slice times: None may stand only before and after all times")
        times = np.array([slice_times[index] for index in timed], np.float64)
        label, duration = _find_order(times)
        self["slice_code"] = slice_order_codes[label]
        self["slice_duration"] = duration
        self["slice_start"], self["slice_end"] = timed[0], timed[-1]


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


def _find_order(times: np.ndarray) -> tuple[str, float]:
    ranks = np.sort(times)
    steps = np.diff(ranks)
    if len(times) < 2 or not np.allclose(steps, steps[0]) or steps[0] <= 0:
        raise HeaderDataError(f"slice times: must be evenly spaced, got {times.tolist()}")
    acquired = np.argsort(times).tolist()
    labels = dict.fromkeys(slice_order_codes.label.values())
    for label in labels:
        if label != "unknown" and slice_order(label, len(times)) == acquired:
            return str(label), float(np.mean(steps))
    raise HeaderDataError(f"slice times: their order {acquired} is none that NIfTI can state")
