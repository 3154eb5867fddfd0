"""Numbers of MR acquisitions: nibabel's ``mriutils`` names."""

from __future__ import annotations

from volio.errors import UsageError
from volio.ops.dwelltime import (
    GYROMAGNETIC_RATIO,
    PROTON_WATER_FAT_SHIFT,
    calculate_dwell_time,
)

__all__ = ["GYROMAGNETIC_RATIO", "PROTON_WATER_FAT_SHIFT", "MRIError", "calculate_dwell_time"]

MRIError = UsageError
