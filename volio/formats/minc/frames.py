"""Times of frames: a start and a step, or values along the dimension of time.

A dimension that is regular has a start and a step; along an irregular one the variable of the
dimension has a value for each frame, and its width another.
Source: https://en.wikibooks.org/wiki/MINC/Reference/MINC1-programmers-guide
"""

from __future__ import annotations

import numpy as np

from volio.arrays.dtypes import Array
from volio.formats.containers.dataset import Dataset, Variable
from volio.formats.minc.dimensions import default_dimension, is_irregular, standard
from volio.images.headers.frame_times import FrameTimes, common_step, seconds_in

__all__ = ["read_frame_times", "time_step", "time_unit", "write_frame_times", "write_step"]

#: Name of the variable with the duration of each frame.
WIDTH = "time-width"
#: How far into a frame its time is, as a part of its duration.
ALIGNMENTS = {"start": 0.0, "centre": 0.5, "end": 1.0}


def time_unit(dataset: Dataset) -> float | None:
    """Return the seconds in the unit of time; None for what is not one."""
    return seconds_in(dataset.get("time").text("units") or "s")


def time_step(dataset: Dataset) -> float:
    """Return the time between frames, in the unit of the file; 0 where it differs."""
    time = dataset.get("time")
    if not is_irregular(time):
        return time.number("step", 1.0)
    times = _along(time, dataset.dims["time"], "")
    return common_step(times, 1e-6 * abs(times[1] - times[0])) if len(times) > 1 else 0.0


def read_frame_times(dataset: Dataset) -> FrameTimes:
    """Return start and duration of each frame, s; NaN where the file does not state them."""
    count = dataset.dims["time"]
    time = dataset.get("time")
    durations = _along(dataset.get(WIDTH), count, "width")
    times = FrameTimes.regular(count, time_step(dataset), time.number("start", 0.0)).starts
    if is_irregular(time):
        times = _along(time, count, "")
    part = ALIGNMENTS.get(time.text("alignment").rstrip("_"), 0.0)
    seconds = time_unit(dataset) or 1.0
    starts = times - part * np.nan_to_num(durations)
    return FrameTimes(starts * seconds, durations * seconds)


def _along(variable: Variable, count: int, attribute: str) -> Array:
    """Return a value for each frame: those of a variable, or an attribute of all of them."""
    if variable.dims == ("time",) and variable.values is not None and variable.dtype.kind != "S":
        return variable.values.astype(float)
    return np.full(count, variable.number(attribute, np.nan))


def write_frame_times(dataset: Dataset, times: FrameTimes) -> None:
    """Store start and duration of each frame."""
    time = dataset.variables.setdefault("time", default_dimension("time"))
    kept = {name: value for name, value in time.attributes.items() if name not in ("start", "step")}
    stated = {"spacing": b"irregular", "alignment": b"start_", "units": b"s"}
    dataset.variables["time"] = Variable(("time",), attributes={**kept, **stated}, values=times.starts)
    dataset.variables.pop(WIDTH, None)
    if np.isfinite(times.durations).all():
        width = {**standard(b"dim-width____"), "spacing": b"irregular", "filtertype": b"square____"}
        dataset.variables[WIDTH] = Variable(("time",), attributes=width, values=times.durations)


def write_step(dataset: Dataset, step: float, start: float | None = None) -> None:
    """Store the time from frame to frame, in the unit of the file; by default the start is kept."""
    time = dataset.variables.setdefault("time", default_dimension("time"))
    start = time.number("start", 0.0) if start is None else start
    time.attributes |= {"step": np.array([step]), "start": np.array([start])}
    if is_irregular(time):
        time.attributes["spacing"] = b"regular__"
        time.dims = ()
        time.values = np.zeros((), time.dtype)
        dataset.variables.pop(WIDTH, None)
