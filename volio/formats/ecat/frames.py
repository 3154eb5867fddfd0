"""Sub-headers of frames, an array of records: shape, affine, slopes and times.

Sizes and offsets are in cm in the file and in mm here, times in ms and in s; offsets
are those of the centre.
Source: https://www.turkupetcentre.net/software/libdoc/libtpcimgio/ecat7_8h_source.html
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.arrays.encodings.decimals import decimals
from volio.errors import HeaderDataError
from volio.formats.ecat.fields import FRAME
from volio.images.headers.frame_times import FrameTimes, common_step
from volio.images.headers.shape_checks import Shape
from volio.space.affines import Affine, anchored_affine

__all__ = [
    "Records",
    "along_axes",
    "check_records",
    "default_frames",
    "frame_affine",
    "frame_shape",
    "frame_times",
    "scale_factors",
    "set_along_axes",
    "set_frame_times",
    "slopes_of",
    "time_step",
    "typed_voxel_sizes",
    "uneven_frames",
    "voxel_sizes_of",
    "with_count",
]

#: Sub-headers with the fields of `FRAME`, shape (frames,).
Records = NDArray[Any]

Numbers = NDArray[np.float64]

#: How far durations may be from the time step, s: a millisecond, and what rounding adds.
TOLERANCE = 1.001e-3

#: Fields that must be the same in all sub-headers, and those that must be finite.
ALIKE = ("x_dimension", "y_dimension", "z_dimension", "data_type")
FINITE = (
    "scale_factor",
    "x_pixel_size",
    "y_pixel_size",
    "z_pixel_size",
    "x_offset",
    "y_offset",
    "z_offset",
)


def default_frames(count: int, order: Any) -> Records:
    """Return sub-headers of int16 voxels of 1 mm, with a scale of 1."""
    frames = np.zeros(count, FRAME.newbyteorder(order))
    frames["data_type"] = 6
    frames["num_dimensions"] = 3
    frames["scale_factor"] = 1
    for axis in "xyz":
        frames[f"{axis}_pixel_size"] = 0.1  # cm
    return frames


def check_records(frames: Records) -> None:
    """Check that all sub-headers have one shape and one kind of voxels, and finite numbers.

    Raises
    ------
    HeaderDataError
    """
    for name in ALIKE:
        found = np.unique(frames[name]).tolist()
        if len(found) > 1:
            raise HeaderDataError(f"{name}: must be the same in all frames, got {found}")
    for name in FINITE:
        if not np.isfinite(frames[name]).all():
            raise HeaderDataError(f"{name}: must be finite in all frames")


def with_count(frames: Records, count: int) -> Records:
    """Return so many frames: the first ones, or more like the last one, one after the other."""
    more = max(0, count - len(frames))
    new = np.repeat(frames[-1:], more)
    later = new["frame_duration"].astype(np.int64) * np.arange(1, more + 1)  # ms
    new["frame_start_time"] += (later % 2**32).astype(np.uint32)
    return np.concatenate([frames[:count], new]).astype(frames.dtype)


def along_axes(record: Any, kind: str) -> Numbers:
    """Return the fields of x, y and z of a sub-header, shape (3,): 'dimension', 'offset', ..."""
    return np.array([record[f"{axis}_{kind}"] for axis in "xyz"], np.float64)


def set_along_axes(records: Records, kind: str, values: ArrayLike) -> None:
    """Set the fields of x, y and z of all sub-headers."""
    for axis, value in zip("xyz", np.asarray(values).tolist(), strict=True):
        records[f"{axis}_{kind}"] = value


def frame_shape(record: Any) -> Shape:
    """Return the shape of the frame of a sub-header, three numbers."""
    return tuple(along_axes(record, "dimension").astype(int).tolist())


def voxel_sizes_of(record: Any) -> Numbers:
    """Return the sizes of a voxel of the frame of a sub-header, mm, shape (3,)."""
    return np.abs(along_axes(record, "pixel_size")) * 10


def typed_voxel_sizes(record: Any) -> list[float]:
    """Return the sizes of a voxel, mm, as decimals that were typed in cm."""
    sizes = np.abs(along_axes(record, "pixel_size")).tolist()
    return [float(f"{10 * size:.9g}") for size in decimals(sizes)]


def frame_affine(record: Any) -> Affine:
    """Return the affine of the frame of a sub-header, voxels to RAS+ mm, shape (4, 4)."""
    middle = (along_axes(record, "dimension") - 1) / 2
    return anchored_affine(
        np.diag(voxel_sizes_of(record)), middle, along_axes(record, "offset") * 10
    )


def slopes_of(frames: Records, calibration: float) -> Numbers:
    """Return the slope of each frame, shape (frames,); a factor of 0 counts as 1."""
    scales = frames["scale_factor"].astype(np.float64)
    return np.where(scales == 0, 1.0, scales) * (calibration or 1.0)


def scale_factors(slopes: Numbers, calibration: float) -> tuple[NDArray[np.float32], float]:
    """Return the scale_factor of each frame, and the calibration factor, that give slopes.

    The calibration stays where the slopes are exact under it, else it is 1.

    Raises
    ------
    HeaderDataError
        If slopes are 0 or not finite, as float32 too.
    """
    with np.errstate(over="ignore"):
        scales = (slopes / (calibration or 1.0)).astype(np.float32)
        if np.any(scales.astype(np.float64) * (calibration or 1.0) != slopes):
            calibration = 1.0
            scales = _rounded_away(slopes)
    if not np.isfinite(scales).all() or np.any(scales == 0):
        problem = "must be finite and not 0, as float32 too"
        raise HeaderDataError(f"scale_factor: {problem}, got {slopes.tolist()}")
    return scales, calibration


def _rounded_away(values: Numbers) -> NDArray[np.float32]:
    """Return the nearest float32 that are not closer to zero, so that no range gets smaller."""
    near = values.astype(np.float32)
    smaller = np.abs(near.astype(np.float64)) < np.abs(values)
    further = np.nextafter(near, np.copysign(np.inf, values).astype(np.float32))
    return np.where(smaller, further, near)


def frame_times(frames: Records) -> FrameTimes:
    """Return start and duration of each frame; milliseconds in the file."""
    return FrameTimes(frames["frame_start_time"] / 1000, frames["frame_duration"] / 1000)


def set_frame_times(frames: Records, times: FrameTimes) -> None:
    """Set start and duration of each frame, to the millisecond.

    Raises
    ------
    HeaderDataError
        If they are negative, or too long for the file.
    """
    milliseconds = np.rint(times.table() * 1000)
    if milliseconds.min() < 0 or milliseconds.max() >= 2**32:
        raise HeaderDataError(f"times of frames: must be 0 to {2**32 - 1} ms")
    frames["frame_start_time"], frames["frame_duration"] = milliseconds.T


def time_step(frames: Records) -> float:
    """Return the time step of frames that follow each other evenly, s; 0 where they do not."""
    if len(frames) == 1:
        return float(frames["frame_duration"][0]) / 1000
    return common_step(frames["frame_start_time"].astype(np.float64), tolerance=1) / 1000


def uneven_frames(frames: Records) -> tuple[tuple[float, float], ...]:
    """Return start and duration of each frame, s, where they are not all that of the time step."""
    times = frame_times(frames)
    is_stated = len(frames) > 1 and times.table().any()
    return times.uneven(time_step(frames), TOLERANCE) if is_stated else ()
