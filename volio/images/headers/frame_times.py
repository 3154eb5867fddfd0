"""Times of frames: when each volume of a series begins, how long it lasts, in seconds.

Files state one step for all (a fourth voxel size), or start and duration of each frame.
`Metadata` has the first as `step`, `unit` and `start`, the second as `frames`.
"""

from __future__ import annotations

from typing import NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.errors import HeaderDataError
from volio.images.headers.metadata import Metadata

__all__ = ["FrameTimes", "common_step"]

Times = NDArray[np.float64]


def common_step(starts: Times, tolerance: float) -> float:
    """Return the step between frames that follow each other evenly; 0 where they do not.

    Parameters
    ----------
    starts : ndarray, shape (frames,)
        Start of each frame.
    tolerance : float
        How far a single step may be from the first, in the unit of `starts`.
    """
    steps = np.diff(starts)
    is_even = len(steps) > 0 and steps[0] > 0 and np.all(np.abs(steps - steps[0]) <= tolerance)
    return float(starts[-1] - starts[0]) / len(steps) if is_even else 0.0


class FrameTimes(NamedTuple):
    """Start and duration of each frame.

    Parameters
    ----------
    starts : ndarray, shape (frames,)
        Seconds.
    durations : ndarray, shape (frames,)
        Seconds; NaN where unknown.
    """

    starts: Times
    durations: Times

    @classmethod
    def checked(cls, starts: ArrayLike, durations: ArrayLike, count: int) -> Self:
        """Return times of `count` frames; one duration may stand for all.

        Raises
        ------
        HeaderDataError
            If there are not as many starts as frames, or numbers are not finite.
        """
        first = np.asarray(starts, np.float64)
        lasting = np.asarray(durations, np.float64)
        fits = first.shape == (count,) and lasting.shape in ((), (count,))
        if not fits or not np.isfinite(first).all() or not np.isfinite(lasting).all():
            raise HeaderDataError(
                f"times of frames: must be {count} finite numbers, s, got starts "
                f"{first.tolist()} and durations {lasting.tolist()}"
            )
        return cls(first.copy(), np.broadcast_to(lasting, count).copy())

    @classmethod
    def regular(cls, count: int, step: float, start: float = 0.0) -> Self:
        """Return the times of frames that follow each other without a gap, `step` seconds each."""
        starts: Times = start + np.arange(count, dtype=np.float64) * step
        return cls(starts, np.full(count, step, np.float64))

    @classmethod
    def from_metadata(cls, metadata: Metadata, count: int) -> Self | None:
        """Return the times of `count` frames that a header states; None where it does not."""
        if len(metadata.frames) == count:
            starts, durations = np.array(metadata.frames, np.float64).reshape(count, 2).T
            return cls(starts, durations)
        if not metadata.step or metadata.unit not in ("s", ""):
            return None
        return cls.regular(count, metadata.step, metadata.start)

    @classmethod
    def from_points(cls, points: Times, durations: Times, part: float) -> Self:
        """Return the times of frames from points in them: 0 for their starts, 1 for their ends."""
        return cls(points - part * np.nan_to_num(durations), durations)

    def scaled(self, seconds: float) -> Self:
        """Return times that are in a unit of so many seconds."""
        return type(self)(self.starts * seconds, self.durations * seconds)

    def table(self) -> Times:
        """Return start and duration of each frame, s, shape (frames, 2)."""
        return np.stack(self, axis=-1)

    def uneven(self, step: float, tolerance: float) -> tuple[tuple[float, float], ...]:
        """Return start and duration of each frame where one step is not enough.

        Parameters
        ----------
        step : float
            Of all frames, s; 0 where they differ.
        tolerance : float
            How far a duration may be from the step, s; an unknown one is taken for it.

        Returns
        -------
        tuple of (start, duration)
            As `Metadata.frames` has them; empty where `step` is enough.
        """
        if step and not np.any(np.abs(self.durations - step) > tolerance):
            return ()
        return tuple((start, duration) for start, duration in self.table().tolist())
