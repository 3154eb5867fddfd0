"""Which image of a REC file is which slice of which volume, and whether any are missing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.caller import warn_caller
from volio.errors import UsageError, VolioWarning
from volio.formats.parrec.parse import PARRECError
from volio.images.headers.error_context import with_file_name

__all__ = [
    "check_times",
    "check_truncation",
    "lax_order",
    "strict_order",
    "vol_is_full",
    "vol_numbers",
]

Order = NDArray[np.intp]


def vol_numbers(slice_nos: Sequence[int]) -> list[int]:
    """Return for each slice how often its number came before: the number of its volume.

    Parameters
    ----------
    slice_nos : sequence of int
    """
    seen: dict[int, int] = {}
    numbers = []
    for number in slice_nos:
        seen[number] = seen.get(number, -1) + 1
        numbers.append(seen[number])
    return numbers


def vol_is_full(slice_nos: ArrayLike, slice_max: int, slice_min: int = 1) -> NDArray[np.bool_]:
    """Tell for each slice whether its volume has all slices.

    Parameters
    ----------
    slice_nos : sequence of int
    slice_max, slice_min : int
        Numbers of the last and first slice of a volume.

    Raises
    ------
    UsageError
        If a number lies outside.
    """
    numbers = np.asarray(slice_nos)
    if numbers.size and not slice_min <= numbers.min() <= numbers.max() <= slice_max:
        raise UsageError(f"slice numbers: must lie within {slice_min} to {slice_max}")
    volumes = np.array(vol_numbers(numbers.tolist()), np.intp)
    counts = np.bincount(volumes) if volumes.size else np.zeros(1, int)
    return np.asarray(counts[volumes] == slice_max - slice_min + 1)


def check_truncation(info: dict[str, Any], defs: NDArray[Any], permit: bool) -> None:
    """Compare what was to be recorded with what was.

    Raises
    ------
    PARRECError
        If something is missing, unless that is permitted.

    Warns
    -----
    VolioWarning
        If it is permitted.
    """

    def tell(message: str) -> None:
        if not permit:
            raise PARRECError(f"{message}; permit_truncated=True reads what there is")
        warn_caller(with_file_name(f"Header inconsistency: {message}"), VolioWarning)

    for name, expected in (
        ("slice", "max_slices"),
        ("echo", "max_echoes"),
        ("dynamic scan", "max_dynamics"),
        ("diffusion b value", "max_diffusion_values"),
        ("gradient orientation", "max_gradient_orient"),
    ):
        if expected in info and f"{name} number" in (defs.dtype.names or ()):
            found = len(np.unique(defs[f"{name} number"]))
            if found != info[expected]:
                tell(f"{found} numbers of {name} are there, {info[expected]} were expected")
    if not np.all(is_full(info, defs["slice number"])):
        tell("one or more volumes lack slices")


def check_times(info: dict[str, Any]) -> None:
    """Tell when a scan has several repetition times.

    Warns
    -----
    VolioWarning
        The time step is the first then.
    """
    times = np.atleast_1d(info.get("repetition_time", 0.0))
    if info.get("dyn_scan") and len(times) > 1:
        what = f"multiple TRs: repetition_time has {times.tolist()} ms"
        message = f"{what}; the first one is taken for the time step"
        warn_caller(with_file_name(message), VolioWarning)


def is_full(info: dict[str, Any], slice_nos: NDArray[Any]) -> NDArray[np.bool_]:
    """Tell for each image whether its volume is complete."""
    if "max_slices" not in info:
        raise PARRECError("max_slices: the number of slices is not stated")
    try:
        return vol_is_full(slice_nos, info["max_slices"])
    except UsageError as error:
        raise PARRECError(str(error)) from error


def lax_order(info: dict[str, Any], defs: NDArray[Any]) -> Order:
    """Return the images by volume and slice; volumes in the order of the header's lines."""
    slices = defs["slice number"]
    volumes = np.array(vol_numbers(slices.tolist()))
    return np.lexsort((slices, volumes, ~is_full(info, slices)))


def strict_order(info: dict[str, Any], defs: NDArray[Any]) -> Order:
    """Return the images by kind, dynamic, label, b-value, gradient, phase, echo and slice.

    The first is the slowest. Volumes that these leave alike follow in the order of the lines;
    volumes that are not complete come last.
    """
    names = defs.dtype.names or ()
    key: Callable[[str], NDArray[Any]] = defs.__getitem__
    keys = [key("slice number"), key("echo number"), key("cardiac phase number")]
    if info.get("diffusion", 0) != 0:
        known = "diffusion b value number" in names
        keys += [key("gradient orientation number")] if known else []
        keys.append(key("diffusion b value number" if known else "diffusion_b_factor"))
    keys += [key("label type")] if "label type" in names else []
    first = np.lexsort((*keys, key("dynamic scan number"), key("image_type_mr")))
    slices = key("slice number")[first]
    full = is_full(info, slices)
    volumes = np.array(vol_numbers(slices.tolist()))
    return np.asarray(first[np.lexsort((volumes, ~full))])
