"""Start and duration of the frames of an ECAT7 image; milliseconds in the file, seconds here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from volio.arrays.dtypes import Floats
from volio.errors import HeaderDataError
from volio.images.headers.frame_times import FrameTimes, common_step

if TYPE_CHECKING:
    from volio.formats.ecat.header import EcatHeader

__all__ = ["get_frame_times", "set_frame_times", "set_time_step", "time_step", "uneven_frames"]

#: How far durations may be from the time step, s: a millisecond, and what rounding adds.
TOLERANCE = 1.001e-3


def _frame_times(header: EcatHeader) -> FrameTimes:
    frames = header.frames
    return FrameTimes(frames["frame_start_time"] / 1000, frames["frame_duration"] / 1000)


def get_frame_times(header: EcatHeader) -> Floats:
    """Return start and duration of each frame, s, shape (frames, 2)."""
    return _frame_times(header).table()


def set_frame_times(header: EcatHeader, starts: ArrayLike, durations: ArrayLike) -> None:
    """Set start and duration of each frame, s; milliseconds are kept.

    Parameters
    ----------
    starts : array-like, shape (frames,)
    durations : array-like, shape (frames,), or float
        One may stand for all.

    Raises
    ------
    HeaderDataError
        If there are not as many as frames, or numbers that the file cannot hold.
    """
    times = FrameTimes.checked(starts, durations, len(header.frames))
    milliseconds = np.rint(times.table() * 1000)
    if milliseconds.min() < 0 or milliseconds.max() >= 2**32:
        raise HeaderDataError(f"times of frames: must be 0 to {2**32 - 1} ms")
    header.frames["frame_start_time"], header.frames["frame_duration"] = milliseconds.T


def time_step(header: EcatHeader) -> float:
    """Return the time step of frames that follow each other evenly, s; 0 where they do not."""
    frames = header.frames
    if len(frames) == 1:
        return float(frames["frame_duration"][0]) / 1000
    return common_step(frames["frame_start_time"].astype(np.float64), tolerance=1) / 1000


def set_time_step(header: EcatHeader, step: float) -> None:
    """Let frames follow each other, each of so many seconds."""
    header.set_frame_times(*FrameTimes.regular(len(header.frames), step))


def uneven_frames(header: EcatHeader) -> tuple[tuple[float, float], ...]:
    """Return start and duration of each frame, s, where they are not all that of the time step."""
    times = _frame_times(header)
    is_stated = len(header.frames) > 1 and times.table().any()
    return times.uneven(time_step(header), TOLERANCE) if is_stated else ()
