"""What only ECAT7 files say, in words: patient, tracer, reconstruction and how long frames took."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.images.headers.metadata import Metadata, named_fields

__all__ = ["others_of", "times_said", "uneven_frames"]

Times = NDArray[np.float64]
MILLISECOND = 1.001e-3

#: Fields that say how the file is made, or what other formats say too.
MAIN_SPOKEN = frozenset(
    {
        *("magic_number", "original_filename", "sw_version", "system_type", "file_type"),
        *("ecat_calibration_factor", "compression_code", "study_description", "fill"),
        *("patient_orientation", "num_planes", "num_frames", "num_gates", "num_bed_pos"),
        *("plane_separation", "user_process_code"),
    }
)
FRAME_SPOKEN = frozenset(
    {
        *("data_type", "num_dimensions", "x_dimension", "y_dimension", "z_dimension"),
        *("x_offset", "y_offset", "z_offset", "scale_factor", "image_min", "image_max"),
        *("x_pixel_size", "y_pixel_size", "z_pixel_size", "frame_start_time"),
        "frame_duration",
        *("fill", "fill2", "rest"),
    }
)


def others_of(header: Any) -> tuple[str, ...]:
    """Name the fields of the main header and of the sub-headers that say something."""
    main = (n for n in header if n not in MAIN_SPOKEN and _says(header[n]))
    return named_fields("ECAT", [*main, *_of_frames(header)])


def _of_frames(header: Any) -> Iterator[str]:
    for name in header.frames.dtype.names or ():
        if name not in FRAME_SPOKEN and _says(header.frames[name]):
            yield name


def uneven_frames(header: Any) -> tuple[tuple[float, float], ...]:
    """Return start and duration of each frame, s, where no single step says them."""
    times, sizes = header.get_frame_times(), header.get_zooms()
    if len(sizes) < 4 or len(times) < 2 or not times.any():
        return ()
    if sizes[3] and np.all(np.abs(times[:, 1] - sizes[3]) <= MILLISECOND):
        return ()
    return tuple((start, duration) for start, duration in times.tolist())


def times_said(metadata: Metadata, frames: int) -> tuple[Times, Times]:
    """Return starts and durations of frames that a meaning states, s; empty where it does not."""
    if len(metadata.frames) == frames:
        times: Times = np.array(metadata.frames, np.float64)
        return times[:, 0], np.nan_to_num(times[:, 1])
    if not metadata.step or metadata.unit not in ("s", ""):
        return np.zeros(0), np.zeros(0)
    starts = metadata.start + np.arange(frames, dtype=np.float64) * metadata.step
    return starts, np.array([metadata.step] * frames, np.float64)


def _says(values: Any) -> bool:
    array = np.asarray(values)
    if array.dtype.kind == "S":
        return any(text.strip(b"\0 ") for text in np.ravel(array).tolist())
    return bool(np.any(array != 0))
