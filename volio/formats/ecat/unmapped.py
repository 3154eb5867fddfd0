"""Fields that only ECAT7 files have: of patient, tracer and reconstruction."""

from __future__ import annotations

from typing import Any

from volio.images.headers.metadata import named_fields

__all__ = ["unmapped_fields"]

#: Fields that describe the file itself, or that other formats have too.
MAPPED = frozenset(
    {
        "magic_number",
        "original_filename",
        "sw_version",
        "system_type",
        "file_type",
        "ecat_calibration_factor",
        "compression_code",
        "study_description",
        "fill",
        "patient_orientation",
        "num_planes",
        "num_frames",
        "num_gates",
        "num_bed_pos",
        "plane_separation",
        "user_process_code",
        # Of sub-headers:
        "data_type",
        "num_dimensions",
        "x_dimension",
        "y_dimension",
        "z_dimension",
        "x_offset",
        "y_offset",
        "z_offset",
        "scale_factor",
        "image_min",
        "image_max",
        "x_pixel_size",
        "y_pixel_size",
        "z_pixel_size",
        "frame_start_time",
        "frame_duration",
        "fill2",
        "rest",
    }
)


def unmapped_fields(header: Any) -> tuple[str, ...]:
    """Name the fields of main header and sub-headers that other formats do not have."""
    frames = header.frames
    of_frames = [(name, frames[name]) for name in frames.dtype.names]
    return named_fields("ECAT", [*header.items(), *of_frames], MAPPED)
