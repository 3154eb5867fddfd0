"""Which image of a REC file is which slice of which volume, and whether any are missing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from itertools import count

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.errors import UsageError, VolioWarning
from volio.formats.parrec.parse import Info, PARRECError, Records
from volio.images.headers.error_context import warn_of_content

__all__ = [
    "check_times",
    "check_truncation",
    "file_indices",
    "is_full",
    "lax_order",
    "strict_order",
    "vol_is_full",
    "vol_numbers",
    "with_orientation",
]

Order = NDArray[np.intp]

#: What is counted, and the general information that has the number to expect.
EXPECTED = {
    "slice": "max_slices",
    "echo": "max_echoes",
    "dynamic scan": "max_dynamics",
    "diffusion b value": "max_diffusion_values",
    "gradient orientation": "max_gradient_orient",
}


def vol_numbers(slice_nos: Iterable[int]) -> list[int]:
    """Return for each slice how often its number came before: the number of its volume.

    Parameters
    ----------
    slice_nos : iterable of int
    """
    counters: defaultdict[int, count[int]] = defaultdict(count)
    return [next(counters[number]) for number in slice_nos]


def vol_is_full(slice_nos: ArrayLike, slice_max: int, slice_min: int = 1) -> NDArray[np.bool_]:
    """Return for each slice whether its volume has all slices.

    Parameters
    ----------
    slice_nos : sequence of int
    slice_max, slice_min : int
        Numbers of the last and first slice of a volume.

    Raises
    ------
    UsageError
        If a number is outside.
    """
    numbers = np.asarray(slice_nos)
    if numbers.size and not slice_min <= numbers.min() <= numbers.max() <= slice_max:
        raise UsageError(f"slice numbers: must lie within {slice_min} to {slice_max}")
    volumes = np.array(vol_numbers(numbers.tolist()), np.intp)
    slices = np.bincount(volumes)  # how many each volume has
    return np.asarray(slices[volumes] == slice_max - slice_min + 1)


def check_truncation(info: Info, defs: Records, permit: bool) -> None:
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
    for problem in _missing(info, defs):
        if not permit:
            raise PARRECError(f"{problem}; permit_truncated=True reads what there is")
        warn_of_content(f"Header inconsistency: {problem}", VolioWarning)


def _missing(info: Info, defs: Records) -> Iterator[str]:
    """Yield what was to be recorded and is not there."""
    for name, expected in EXPECTED.items():
        if expected in info and f"{name} number" in (defs.dtype.names or ()):
            found = len(np.unique(defs[f"{name} number"]))
            if found != info[expected]:
                yield f"{found} numbers of {name} are there, {info[expected]} were expected"
    if not np.all(is_full(info, defs)):
        yield "one or more volumes lack slices"


def check_times(info: Info) -> None:
    """Warn where a scan has several repetition times.

    Warns
    -----
    VolioWarning
        The time step is the first then.
    """
    times = np.atleast_1d(info.get("repetition_time", 0.0))
    if info.get("dyn_scan") and len(times) > 1:
        warn_of_content(
            f"multiple TRs: repetition_time has {times.tolist()} ms; the first one is taken for "
            "the time step",
            VolioWarning,
        )


def is_full(info: Info, defs: Records) -> NDArray[np.bool_]:
    """Return for each image whether its volume is complete."""
    if "max_slices" not in info:
        raise PARRECError("max_slices: the number of slices is not stated")
    try:
        return vol_is_full(defs["slice number"], info["max_slices"])
    except UsageError as error:
        raise PARRECError(str(error)) from error


def file_indices(defs: Records, images: int) -> NDArray[np.int64]:
    """Return the index of each image among the `images` of the REC file: as stated, or its line's.

    The lines count where the indices that are stated are not different ones of the file.
    """
    indices: NDArray[np.int64] = defs["index in REC file"]
    are_valid = len(np.unique(indices)) == len(indices) and np.isin(indices, range(images)).all()
    return indices if are_valid else np.arange(len(indices))


def with_orientation(defs: Records, code: int, images: int) -> Records:
    """Return the images of one slice orientation, slices numbered from 1, with their indices."""
    chosen = defs["slice orientation"] == code
    found: Records = defs[chosen]
    found["index in REC file"] = file_indices(defs, images)[chosen]
    found["slice number"] = np.unique(found["slice number"], return_inverse=True)[1] + 1
    return found


def lax_order(info: Info, defs: Records) -> Order:
    """Return the images by volume and slice; volumes in the order of the header's lines."""
    slices = defs["slice number"]
    volumes = np.array(vol_numbers(slices.tolist()))
    return np.lexsort((slices, volumes, ~is_full(info, defs)))


def strict_order(info: Info, defs: Records) -> Order:
    """Return the images by kind, dynamic, label, b-value, gradient, phase, echo and slice.

    The first is the slowest. Volumes that these leave alike follow in the order of the lines;
    volumes that are not complete come last.
    """
    names = defs.dtype.names or ()
    keys = ["image_type_mr", "dynamic scan number", "label type"]
    keys += _diffusion_keys(names) if info.get("diffusion") else []
    keys += ["cardiac phase number", "echo number", "slice number"]
    # lexsort sorts by the last key first.
    first = np.lexsort([defs[key] for key in reversed(keys) if key in names])
    in_order = defs[first]
    volumes = np.array(vol_numbers(in_order["slice number"].tolist()))
    return np.asarray(first[np.lexsort((volumes, ~is_full(info, in_order)))])


def _diffusion_keys(names: Collection[str]) -> list[str]:
    """Return the fields that distinguish gradients: their numbers, where the version has them."""
    numbers = ["diffusion b value number", "gradient orientation number"]
    return numbers if numbers[0] in names else ["diffusion_b_factor"]
