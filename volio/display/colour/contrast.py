"""Contrast limits: the values of the first and the last colour.

All pictures take their limits from here: sections, renderings, pages, windows and commands.
"""

from __future__ import annotations

from math import isfinite
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.arrays.dtypes import integer_limits
from volio.arrays.slabs import as_array, iterate_slabs, natural_order
from volio.display.base.channels import plain
from volio.display.base.choices import as_numbers
from volio.display.base.far_numbers import difference, exact_number, is_far, moved
from volio.display.colour.labels import are_labels
from volio.display.colour.samples import (
    finite_values,
    sample_of,
    thinned,
    three_planes,
)
from volio.errors import UsageError
from volio.flags import as_flag

__all__ = [
    "RULES",
    "ZEROS",
    "FoundLimits",
    "Pair",
    "checked_pair",
    "find_limits",
    "joined",
    "limits_of_projection",
    "quick_ends",
    "survey",
]

Pair = tuple[float, float]

RULES = ("robust", "napari", "exact", "dtype")

#: Percentiles of the robust rule.
PERCENTILES = (0.5, 99.5)
#: Outliers are there, and cut off, if the full range is wider than that of the percentiles by this.
OUTLYING = 1.25
#: So few values of a sample are not enough to find limits: all voxels are looked at.
TOO_FEW = 1000
#: Of more voxels a sample has to do, whatever it holds: reading all would take minutes.
MOST_EXACT = 2**30
#: Share of the largest values up to which those of the other sign are noise.
NOISE = 1 / 20
#: What is hidden where 0 is: no other number that pictures can tell from it.
ZEROS = (-1e-38, 1e-38)


def find_limits(
    data: ArrayLike,
    rule: str = "robust",
    rgb: bool = False,
    hidden: Pair | None = None,
    labels: bool | None = None,
) -> Pair:
    """Return contrast limits for the values of an array.

    Parameters
    ----------
    data : array-like
        With the colours of RGB last.
    rule : {"robust", "napari", "exact", "dtype"}
        ``"robust"``: least and greatest value, or percentiles 0.5 and 99.5 if outliers make the
        range more than 1.25 times as wide. Of arrays of more than 2**20 values some slices are
        looked at, the same ones in memory and in a file. No label of a label image is an
        outlier, and no value that a threshold leaves: all voxels are looked at then, up to 2**30.
        ``"napari"``: 0 and 255 for uint8, else least and greatest value, of three planes if there
        are more than 10 million; ``"exact"``: least and greatest of all values; ``"dtype"``: what
        the dtype can hold, 0 and 1 for floats.
    rgb : bool
    hidden : (float, float), optional
        Values between the two are not shown, and do not count. If there are some, the colours
        start at 0, or end there; with values on both sides of them the limits are symmetric.
    labels : bool, optional
        Whether the values are labels (default: found out where the rule is robust).

    Returns
    -------
    (float, float)
        Rising. NaN and infinite values do not count. If all values are the same, 0 or 1 is the
        other limit; 0 and 1 if there are none.

    Raises
    ------
    UsageError
        If there is no such rule.

    Examples
    --------
    >>> volio.display.find_limits(np.arange(11), rule="exact")
    (0.0, 10.0)
    >>> volio.display.find_limits(np.array([-0.3, 0.1, 4.0, -6.0]), hidden=(-2, 2))
    (-6.0, 6.0)
    """
    return survey(data, rule, rgb, hidden, labels).limits


def _check_hidden(hidden: Pair) -> None:
    """Refuse what is not a pair of numbers that rise; they may be infinite."""
    ends = as_numbers("hidden", hidden)
    if ends.shape != (2,) or not ends[0] <= ends[1]:
        raise UsageError(f"hidden: must be two numbers that rise, got {hidden!r}")


class FoundLimits(NamedTuple):
    """The limits of an array, and whether its values are labels."""

    limits: Pair
    labels: bool


def survey(
    data: Any,
    rule: str = "robust",
    rgb: bool = False,
    hidden: Pair | None = None,
    labels: bool | None = None,
) -> FoundLimits:
    """Return contrast limits, and whether the values are labels; see `find_limits`."""
    if not isinstance(rule, str) or rule not in RULES:
        raise UsageError(f"rule: must be one of {RULES}, got {rule!r}")
    as_flag("rgb", rgb)
    if labels is not None:
        as_flag("labels", labels)
    if hidden is not None:
        _check_hidden(hidden)
    fixed = _limits_of_dtype(data.dtype, rule, rgb)
    if fixed is not None:
        return FoundLimits(fixed, data.dtype.kind == "b" and not rgb)
    if rule == "robust":
        return _robust(data, hidden, False if rgb else labels)
    ends = _exact(data, None) if rule == "exact" else _ends(three_planes(data, 2 + rgb))
    return FoundLimits(widened(ends), bool(labels))


def quick_ends(data: Any) -> Pair:
    """Return the least and the greatest of about a million values, the same if all are; or 0, 1."""
    return _ends(thinned(data)) or (0.0, 1.0)


def _limits_of_dtype(dtype: np.dtype[Any], rule: str, rgb: bool) -> Pair | None:
    """Return limits that do not depend on the values; None where they do."""
    channel = dtype[0] if dtype.names else dtype
    if channel.kind == "b":
        return 0.0, 1.0
    if rule == "dtype" and channel.kind in "iu":
        low, high = integer_limits(channel)
        return float(low), float(high)
    if rule == "dtype":
        return 0.0, 1.0
    if channel == np.uint8 and (rgb or rule == "napari"):
        return 0.0, 255.0
    return None


def checked_pair(name: str, value: Any) -> Pair:
    """Return a pair of rising, finite numbers; integers that float64 rounds stay integers.

    Raises
    ------
    UsageError
        If it is none.
    """
    try:
        low, high = (exact_number(number) for number in value)
    except (TypeError, ValueError) as error:
        raise UsageError(f"{name}: must be two numbers, got {value!r}") from error
    if not (isfinite(low) and isfinite(high) and low < high):
        raise UsageError(f"{name}: must be two finite numbers that rise, got {value!r}")
    return low, high


def widened(ends: Pair | None) -> Pair:
    """Return limits that are not the same; 0 and 1 for those of nothing."""
    low, high = ends or (0.0, 0.0)
    return (low, high) if low < high else (min(low, 0.0), max(high, 1.0))


def joined(one: Pair | None, other: Pair) -> Pair:
    """Return the range that holds two, or the other one alone."""
    return other if one is None else (min(one[0], other[0]), max(one[1], other[1]))


# Of values.


def _robust(data: Any, hidden: Pair | None, labels: bool | None) -> FoundLimits:
    """Return limits without outliers; of labels, and of what a threshold leaves, all count."""
    sample = sample_of(data)
    is_label_image = are_labels(sample) if labels is None else labels
    values = finite_values(sample.few)
    seen = _visible(values, hidden)
    is_chosen = hidden not in (None, ZEROS)
    ends = _ends(sample.values)
    if is_chosen or is_label_image or _is_too_little(ends, len(seen), len(values)):
        is_enough = sample.is_whole or data.size > MOST_EXACT
        ends = _exact(sample.values if is_enough else data, hidden)
    else:
        ends = ends if hidden is None else _ends(_visible(sample.values, hidden))
        ends = _without_outliers(seen, ends)
    if ends is not None and hidden is not None:
        ends = _around_0(ends, hidden, is_chosen or len(seen) < len(values))
    return FoundLimits(widened(ends), is_label_image)


def _is_too_little(ends: Pair | None, seen: int, values: int) -> bool:
    """Return whether a sample holds one value, or hides nearly all: it is not like the array."""
    if ends is None or ends[0] == ends[1]:
        return True
    return seen < max(1, min(TOO_FEW, values))


def _around_0(ends: Pair, hidden: Pair, hides: bool) -> Pair:
    """Return limits for values of which some, around 0, are hidden.

    With values on both sides of them the limits are as far from 0 as each other; but where no
    threshold has chosen them, few that are a little below 0 (or above) are noise.

    Parameters
    ----------
    ends : (float, float)
        The least and the greatest value that is not hidden.
    hidden : (float, float)
    hides : bool
        Whether there are values that are hidden: colours start at 0 then.
    """
    low, high = ends
    lesser, larger = sorted((-low, high))
    least = 0.0 if hidden != ZEROS else NOISE * larger
    if lesser > least and hidden[0] < 0 < hidden[1]:
        return -larger, larger
    return (min(low, 0.0), max(high, 0.0)) if hides else ends


def _visible(values: NDArray[Any], hidden: Pair | None) -> NDArray[Any]:
    """Return the values that are not hidden."""
    if hidden is None:
        return values
    if values.dtype == np.float16:  # in which the numbers next to 0 that are hidden are 0
        values = values.astype(np.float32)
    low, high = hidden
    seen: NDArray[Any] = values[(values <= low) | (values >= high)]
    return seen


def _ends(values: NDArray[Any]) -> Pair | None:
    """Return the least and the greatest finite value; None without any."""
    if not values.size:
        return None
    least = exact_number(values.min())
    greatest = exact_number(values.max())
    if isfinite(least) and isfinite(greatest):
        return least, greatest
    finite = finite_values(values)
    return (float(finite.min()), float(finite.max())) if finite.size else None


def _without_outliers(values: NDArray[Any], ends: Pair | None) -> Pair | None:
    """Return the ends of values, or percentiles of some of them if the ends are far outside."""
    if ends is None:
        return None
    origin = ends[0] if values.dtype.kind in "iu" and is_far(*ends) else 0
    # float64, as percentiles of values that are scaled are: the same in memory and in a file.
    floats = difference(values, origin) if origin else values.astype(np.float64)
    low, high = (moved(origin, float(limit)) for limit in np.percentile(floats, PERCENTILES))
    has_outliers = ends[1] - ends[0] > OUTLYING * (high - low)
    return (low, high) if low < high and has_outliers else ends


def _exact(data: Any, hidden: Pair | None) -> Pair | None:
    """Return the least and the greatest finite value of all that are not hidden."""
    if isinstance(data, np.ndarray):
        return _ends(_visible(plain(data), hidden))
    array = as_array(data)
    found: Pair | None = None
    for slab in iterate_slabs(array, order=natural_order(array)):
        ends = _ends(_visible(plain(slab.values), hidden))
        found = found if ends is None else joined(found, ends)
    return found


# Of projections.


def limits_of_projection(values: NDArray[Any], limits: Pair, rendering: str) -> Pair:
    """Return limits for the values of a picture of a volume, which are not those of slices.

    Parameters
    ----------
    values : ndarray
        Of the picture, NaN for nothing.
    limits : (float, float)
        Of the volume: one of them is kept.
    rendering : str
        "minip" reaches values below the higher one, others values above the lower one.

    Returns
    -------
    (float, float)
        The other limit leaves outliers out.
    """
    low, high = limits
    finite = finite_values(values)
    if rendering == "minip":
        shown = finite[finite < high]
        return (float(np.percentile(shown, PERCENTILES[0])), high) if shown.size else limits
    shown = finite[finite > low]
    return (low, float(np.percentile(shown, PERCENTILES[1]))) if shown.size else limits
