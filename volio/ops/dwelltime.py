"""Times of echo-planar acquisitions."""

from __future__ import annotations

from volio.errors import UsageError

__all__ = ["GYROMAGNETIC_RATIO", "PROTON_WATER_FAT_SHIFT", "calculate_dwell_time"]

GYROMAGNETIC_RATIO = 42.576
"""Of the proton, in MHz per tesla."""

PROTON_WATER_FAT_SHIFT = 3.4
"""Between water and fat, in parts per million."""


def calculate_dwell_time(
    water_fat_shift: float, echo_train_length: int, field_strength: float
) -> float:
    """Return the time between two lines of an echo train, in seconds.

    A shift of so many pixels along the phase axis gives the bandwidth of a pixel there, from
    which the time for all echoes follows; the train is one echo longer than its gaps.

    Parameters
    ----------
    water_fat_shift : float
        Between water and fat, in pixels.
    echo_train_length : int
        Echoes per excitation.
    field_strength : float
        In tesla.

    Raises
    ------
    UsageError
        For a field that is not positive or a train without echoes.
    """
    if field_strength <= 0:
        raise UsageError(f"field_strength: must be above 0, got {field_strength}")
    if echo_train_length <= 0:
        raise UsageError(f"echo_train_length: must be 1 or more, got {echo_train_length}")
    shift_in_hertz = PROTON_WATER_FAT_SHIFT * GYROMAGNETIC_RATIO * field_strength
    return (echo_train_length - 1) * water_fat_shift / (shift_in_hertz * (echo_train_length + 1))
