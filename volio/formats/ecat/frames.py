"""Sub-headers of frames, an array of records: how many, their shape, affine and times.

Sizes and offsets are in cm in the file and in mm here; offsets are those of the centre.
Times are in milliseconds in the file and in seconds here.
Source: https://www.turkupetcentre.net/software/libdoc/libtpcimgio/ecat7_8h_source.html
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.arrays.dtypes import Floats
from volio.arrays.encodings.decimals import decimals, shown_sizes
from volio.errors import HeaderDataError
from volio.formats.ecat.fields import FRAME
from volio.images.headers.frame_times import FrameTimes, common_step
from volio.images.headers.shape_checks import (
    Shape,
    check_alike,
    check_finite,
    check_stored_sizes,
)
from volio.space.affines import Affine, anchored_affine

__all__ = [
    "Records",
    "along_axes",
    "check_records",
    "default_frames",
    "frame_affine",
    "frame_shape",
    "frame_times",
    "rounded_away",
    "set_along_axes",
    "set_frame_times",
    "set_voxel_sizes",
    "time_step",
    "typed_voxel_sizes",
    "uneven_frames",
    "with_count",
]

#: Sub-headers with the fields of `FRAME`, shape (frames,).
Records = NDArray[Any]

#: How far durations may be from the time step, s: a millisecond, and what rounding adds.
STEP_TOLERANCE = 1.001e-3

#: Fields that must be the same in all sub-headers.
ALIKE = ("x_dimension", "y_dimension", "z_dimension", "data_type")

#: Fields that must be finite.
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
    set_along_axes(frames, "pixel_size", [0.1, 0.1, 0.1])  # cm
    return frames


def check_records(frames: Records) -> None:
    """Check that all sub-headers have one shape and one kind of voxels, and finite numbers.

    Raises
    ------
    HeaderDataError
    """
    for name in ALIKE:
        check_alike(name, frames[name], "frames")
    for name in FINITE:
        check_finite(name, frames[name])


def with_count(frames: Records, count: int) -> Records:
    """Return so many frames: the first ones, or more like the last one, one after the other."""
    numbers = np.arange(count)
    same = np.minimum(numbers, len(frames) - 1)
    new = frames[same]
    # ms; what 32 bits cannot hold begins at 0 again.
    new["frame_start_time"] = new["frame_start_time"] + (numbers - same) * new["frame_duration"]
    return new


def along_axes(record: Any, kind: str) -> Floats:
    """Return the fields of x, y and z of a sub-header, shape (3,): 'dimension', 'offset', ..."""
    return np.array([record[f"{axis}_{kind}"] for axis in "xyz"], np.float64)


def set_along_axes(records: Records, kind: str, values: ArrayLike) -> None:
    """Set the fields of x, y and z of all sub-headers."""
    for axis, value in zip("xyz", np.asarray(values).tolist(), strict=True):
        records[f"{axis}_{kind}"] = value


def frame_shape(record: Any) -> Shape:
    """Return the shape of the frame of a sub-header, three numbers."""
    return tuple(along_axes(record, "dimension").astype(int).tolist())


def typed_voxel_sizes(record: Any) -> list[float]:
    """Return the sizes of a voxel, mm, as decimals that were typed in cm."""
    sizes = np.abs(along_axes(record, "pixel_size")).tolist()
    return [float(f"{10 * size:.9g}") for size in decimals(sizes)]


def set_voxel_sizes(frames: Records, sizes: ArrayLike) -> None:
    """Set the sizes of a voxel, mm, in all sub-headers."""
    # Those of an image of 32 bits as they were typed: 0.09 cm, not 0.089999996.
    in_cm = np.array(shown_sizes(np.asarray(sizes, np.float64))) / 10
    check_stored_sizes("pixel_size", in_cm.tolist(), FRAME["x_pixel_size"])
    set_along_axes(frames, "pixel_size", in_cm)


def frame_affine(record: Any) -> Affine:
    """Return the affine of the frame of a sub-header, voxels to RAS+ mm, shape (4, 4)."""
    middle = (along_axes(record, "dimension") - 1) / 2
    sizes = np.abs(along_axes(record, "pixel_size")) * 10
    return anchored_affine(np.diag(sizes), middle, along_axes(record, "offset") * 10)


def frame_times(frames: Records) -> FrameTimes:
    """Return start and duration of each frame, s."""
    return FrameTimes(frames["frame_start_time"] / 1000, frames["frame_duration"] / 1000)


def set_frame_times(frames: Records, times: FrameTimes) -> None:
    """Set start and duration of each frame, s; milliseconds are kept.

    Raises
    ------
    HeaderDataError
        If the file cannot hold one of them.
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
    return times.uneven(time_step(frames), STEP_TOLERANCE) if is_stated else ()


def rounded_away(slopes: Floats) -> NDArray[np.float32]:
    """Return the nearest float32 that are not closer to zero, so that no range gets smaller."""
    near = slopes.astype(np.float32)
    away = np.nextafter(near, np.copysign(np.float32(np.inf), near))
    return np.where(np.abs(near) < np.abs(slopes), away, near)
