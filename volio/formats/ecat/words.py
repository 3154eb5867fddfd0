"""What only ECAT7 files say, in words: patient, tracer, reconstruction and how long frames took."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from volio.images.meanings import named_fields

__all__ = ["others_of"]

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
        *("fill", "fill2", "rest"),
    }
)


def others_of(header: Any) -> tuple[str, ...]:
    """Name the fields of the main header and of the sub-headers that say something."""
    main = (n for n in header if n not in MAIN_SPOKEN and _says(header[n]))
    return named_fields("ECAT", [*main, *_of_frames(header)])


def _of_frames(header: Any) -> Iterator[str]:
    frames = header.frames
    for name in frames.dtype.names or ():
        if name == "frame_duration":
            said = bool(np.any(np.abs(header.get_frame_times()[:, 1] - _step(header)) > 1e-3))
        else:
            said = name not in FRAME_SPOKEN and _says(frames[name])
        if said:
            yield name


def _step(header: Any) -> float:
    zooms = header.get_zooms()
    return float(zooms[3]) if len(zooms) > 3 else 0.0


def _says(values: Any) -> bool:
    array = np.asarray(values)
    if array.dtype.kind == "S":
        return any(text.strip(b"\0 ") for text in np.ravel(array).tolist())
    return bool(np.any(array != 0))
