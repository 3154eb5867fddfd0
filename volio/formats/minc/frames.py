"""Times of frames: a start and a step, or values along the dimension of time.

A dimension that is regular has a start and a step; along an irregular one the variable of the
dimension has a value for each frame, and its width another.
Source: https://en.wikibooks.org/wiki/MINC/Reference/MINC1-programmers-guide
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from volio.arrays.dtypes import Floats
from volio.errors import HeaderDataError
from volio.formats.containers.dataset import Dataset, Variable
from volio.formats.minc.dimensions import dimension, is_irregular, standard_variable
from volio.images.headers.frame_times import FrameTimes, common_step
from volio.images.headers.metadata import Metadata
from volio.images.headers.units import seconds_in

__all__ = [
    "count_frames",
    "read_frame_times",
    "read_timing",
    "time_step",
    "time_unit",
    "write_frame_times",
    "write_frames",
    "write_step",
    "write_timing",
]

#: Name of the variable with the duration of each frame.
WIDTH = "time-width"
#: How far into a frame its time is, as a part of its duration.
ALIGNMENTS = {"start": 0.0, "centre": 0.5, "end": 1.0}
OTHER_UNITS = ("Hz", "ppm", "rad/s")  # of what is not a time, though the dimension is called that


def count_frames(dataset: Dataset) -> int:
    """Return how many frames an image has.

    Raises
    ------
    HeaderDataError
        If it has no dimension of time.
    """
    dims = dataset.variables["image"].dims
    if "time" not in dims:
        raise HeaderDataError(f"times of frames: dimensions are {dims}, none is time")
    return dataset.dims["time"]


def time_unit(dataset: Dataset) -> float | None:
    """Return the seconds in the unit of time; None for what is not one."""
    return seconds_in(dataset.get("time").text("units") or "s")


def time_step(dataset: Dataset) -> float:
    """Return the time between frames, in the unit of the file; 0 where it differs."""
    time = dataset.get("time")
    if not is_irregular(time):
        return time.number("step", 1.0)
    times = _times(dataset)
    return common_step(times, 1e-6 * np.abs(np.diff(times[:2])).sum())


def _times(dataset: Dataset) -> Floats:
    """Return the time that is stored for each frame, in the unit of the file."""
    time = dataset.get("time")
    count = count_frames(dataset)
    if is_irregular(time):
        return _along(time, count, "")
    return time.number("start", 0.0) + np.arange(count, dtype=np.float64) * time.number("step", 1.0)


def read_frame_times(dataset: Dataset) -> FrameTimes:
    """Return start and duration of each frame, s; NaN where the file does not state them."""
    times = _times(dataset)
    durations = _along(dataset.get(WIDTH), len(times), "width")
    alignment = dataset.get("time").text("alignment").rstrip("_")
    part = ALIGNMENTS.get(alignment, 0.0)
    return FrameTimes.from_points(times, durations, part).scaled(time_unit(dataset) or 1.0)


def _along(variable: Variable, count: int, attribute: str) -> Floats:
    """Return a value for each frame: those of a variable, or an attribute of all of them."""
    if variable.dims == ("time",) and variable.dtype.kind != "S":
        return variable.values.astype(float)
    return np.full(count, variable.number(attribute, np.nan))


def write_frame_times(dataset: Dataset, times: FrameTimes) -> None:
    """Store start and duration of each frame."""
    time = dimension(dataset, "time")
    time.set(spacing="irregular", alignment="start_", units="s", start=None, step=None)
    time.set_values(("time",), times.starts)
    dataset.variables.pop(WIDTH, None)
    if not np.isnan(times.durations).any():
        width = standard_variable("dim-width____", spacing="irregular", filtertype="square____")
        width.set_values(("time",), times.durations)
        dataset.variables[WIDTH] = width


def write_frames(dataset: Dataset, frames: Sequence[tuple[float, float]]) -> None:
    """Store times of frames as `Metadata` has them, if there are as many as frames."""
    if frames and len(frames) == count_frames(dataset):
        write_frame_times(dataset, FrameTimes(*np.transpose(frames)))


def write_step(dataset: Dataset, name: str, step: float) -> None:
    """Store the step along a dimension, in the unit of the file."""
    variable = dimension(dataset, name)
    variable.set(step=step)
    if is_irregular(variable):
        variable.set(spacing="regular__")
        variable.set_values((), np.zeros(()))
        dataset.variables.pop(WIDTH, None)


def read_timing(dataset: Dataset, known: Metadata) -> Metadata:
    """Return metadata with the times of frames, and the unit of what is not a time."""
    times = read_frame_times(dataset)
    step = time_step(dataset) * (time_unit(dataset) or 1.0)
    unit = dataset.get("time").text("units")
    return replace(
        known,
        unit=unit if unit in OTHER_UNITS else known.unit,
        start=times.starts[0].item() if known.unit and len(times.starts) else 0.0,
        frames=times.uneven(step, 1e-5 * abs(step)),
    )


def write_timing(dataset: Dataset, metadata: Metadata) -> None:
    """Store step, unit and start of the fourth axis, or the times of its frames."""
    if metadata.step is not None:
        write_step(dataset, "time", metadata.step)
        dimension(dataset, "time").set(start=metadata.start, units=metadata.unit or "s")
        write_frames(dataset, metadata.frames)
