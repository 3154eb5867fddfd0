"""When frames were recorded: values along the dimension of time, and how long each took.

A dimension that is regular has a start and a step; along an irregular one the variable of the
dimension has a value for each frame, and its width another.
Source: https://en.wikibooks.org/wiki/MINC/Reference/MINC1-programmers-guide
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.caller import warn_caller
from volio.errors import HeaderDataError, VolioWarning
from volio.formats.containers.dataset import Dataset, MincError, Variable
from volio.formats.minc.default import dimension
from volio.formats.minc.geometry import SPACE, is_irregular, step_of
from volio.images.headers.error_context import with_file_name

__all__ = [
    "WIDTH",
    "check_spacing",
    "frame_times",
    "has_uneven_frames",
    "put_frame_times",
    "put_step",
]

#: Name of the variable with the duration of each frame.
WIDTH = "time-width"
#: How far into a frame its time is, as a part of its duration.
ALIGNMENTS = {"start": 0.0, "centre": 0.5, "end": 1.0}
Times = NDArray[np.float64]


def check_spacing(dataset: Dataset, name: str) -> None:
    """Check what a dimension of the image says of its spacing.

    Raises
    ------
    MincError
        If it is irregular and no dimension of time.

    Warns
    -----
    VolioWarning
        If it is a word that MINC does not have.
    """
    if is_irregular(dataset, name) and name in SPACE:
        raise MincError(
            f"{name}: its spacing is irregular, which no affine can say; "
            "resample the file with the tools of MINC (mincresample) first"
        )
    spacing = dataset.variables[name].text("spacing") if name in dataset.variables else ""
    if spacing.rstrip("_") not in ("", "regular", "irregular"):
        what = f"{name}: its spacing must be regular__ or irregular, got {spacing!r}"
        warn_caller(with_file_name(f"{what}; it is taken as regular"), VolioWarning)


def frame_times(dataset: Dataset) -> Times:
    """Return start and duration of each frame, shape (frames, 2), in the unit of the file.

    Both are NaN where the file does not say them.
    """
    count = dataset.dims["time"]
    time = dataset.variables.get("time") or Variable((), np.dtype("f8"))
    widths = _along(dataset.variables.get(WIDTH), count, "width")
    times = _along(time, count, "")
    if not is_irregular(dataset, "time"):
        steps = np.arange(count, dtype=np.float64) * step_of(dataset, "time")
        times = (time.number("start", 0.0) + steps).astype(np.float64)
    part = ALIGNMENTS.get(time.text("alignment").rstrip("_"), 0.0)
    before = part * np.nan_to_num(widths)
    return np.stack([times - before, widths], axis=-1)


def has_uneven_frames(dataset: Dataset) -> bool:
    """Tell whether one start and one step do not say all of the times of frames."""
    if "time" not in dataset.variables["image"].dims:
        return False
    step, widths = step_of(dataset, "time"), frame_times(dataset)[:, 1]
    return not step or not np.all(np.isnan(widths) | np.isclose(widths, step))


def _along(variable: Variable | None, count: int, attribute: str) -> Times:
    """Return a value for each frame: those of a variable, or an attribute of all of them."""
    if variable is None:
        return np.full(count, np.nan)
    if variable.dims == ("time",) and variable.values is not None and variable.dtype.kind != "S":
        return variable.values.astype(np.float64)
    return np.full(count, variable.number(attribute, np.nan))


def put_frame_times(dataset: Dataset, starts: ArrayLike, durations: ArrayLike) -> None:
    """State start and duration of each frame.

    Raises
    ------
    HeaderDataError
        If there are not as many as frames, or they are not finite.
    """
    count = dataset.dims["time"]
    times, widths = (np.asarray(values, np.float64) for values in (starts, durations))
    widths = np.broadcast_to(widths, times.shape)
    if times.shape != (count,) or not np.isfinite([times, widths]).all():
        raise HeaderDataError(f"times of frames: must be {count} finite numbers, got {times}")
    time = dataset.variables.setdefault("time", dimension("time"))
    time.dims, time.dtype, time.values = ("time",), np.dtype("f8"), times.copy()
    time.attributes.update(spacing=b"irregular", alignment=b"start_")
    for name in ("start", "step"):
        time.attributes.pop(name, None)
    standard: dict[str, Any] = {
        name: time.attributes[name] for name in ("varid", "version") if name in time.attributes
    }
    more = {"vartype": b"dim-width____", "spacing": b"irregular", "filtertype": b"square____"}
    dataset.variables[WIDTH] = Variable(
        ("time",), np.dtype("f8"), {**standard, **more}, widths.copy()
    )


def put_step(dataset: Dataset, step: float, start: float | None = None) -> None:
    """State that frames follow each other at equal steps."""
    time = dataset.variables.setdefault("time", dimension("time"))
    time.attributes["step"] = np.array([step])
    if start is not None or "start" not in time.attributes:
        time.attributes["start"] = np.array([start or 0.0])
    if is_irregular(dataset, "time"):
        time.attributes["spacing"] = b"regular__"
        time.dims, time.values = (), np.zeros((), time.dtype)
        dataset.variables.pop(WIDTH, None)
