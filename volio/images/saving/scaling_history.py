"""Slope and intercept of a header: those it has, was read with, and had in another format."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Protocol, Self

import numpy as np

from volio.arrays.dtypes import Array
from volio.errors import HeaderError

__all__ = [
    "NO_SCALING",
    "FactorValue",
    "ScalingFactors",
    "ScalingHistory",
    "factors",
    "for_all",
    "scaling_of",
]

#: A slope or an intercept, or one for each volume or slice.
FactorValue = float | tuple[float, ...]
#: Slope and intercept, as values that compare.
ScalingFactors = tuple[FactorValue, FactorValue]

#: The slope and intercept that change nothing.
NO_SCALING = (1.0, 0.0)


class HasScaling(Protocol):
    """A header with slope and intercept."""

    def get_slope_inter(self) -> tuple[Any, Any]:
        """Return both, numbers or arrays, None for none."""


def factors(slope: float | Array | None, inter: float | Array | None) -> ScalingFactors:
    """Return slope and intercept as values that compare; None changes nothing."""
    return _value(slope, 1.0), _value(inter, 0.0)


def for_all(scaling: ScalingFactors | None) -> tuple[float, float] | None:
    """Return a slope and an intercept by which all volumes and slices can be stored, or None.

    That is the one that they share. Parts of one value may have a slope of 0, as slices of MINC
    without any label do: their intercept must be a whole number of steps.
    """
    slope, inter = scaling or NO_SCALING
    if isinstance(slope, float) and isinstance(inter, float):
        return slope, inter
    pairs = _different_pairs(scaling)
    steps = [pair for pair in pairs if pair[0] != 0]
    if len(steps) != 1 or not np.isfinite(pairs).all():
        return pairs[0] if len(pairs) == 1 else None
    step, start = steps[0]
    values = [(value - start) / step for constant, value in pairs if constant == 0]
    return steps[0] if all(value.is_integer() for value in values) else None


def _different_pairs(scaling: ScalingFactors | None) -> list[tuple[float, float]]:
    """Return every slope and intercept of all volumes or slices, once each."""
    slope, inter = scaling or NO_SCALING
    table = np.stack(np.broadcast_arrays(slope, inter), axis=-1).reshape(-1, 2)
    return list(dict.fromkeys((slope, inter) for slope, inter in table.tolist()))


def _value(factor: float | Array | None, neutral: float) -> FactorValue:
    if factor is None:
        return neutral
    if isinstance(factor, float):
        return float(factor)
    return tuple(np.ravel(factor).tolist()) if np.ndim(factor) else float(factor)


def scaling_of(header: HasScaling) -> ScalingFactors | None:
    """Return the slope and intercept in a header, 1 and 0 for none; None if they make no sense."""
    try:
        return factors(*header.get_slope_inter())
    except HeaderError:
        return None


@dataclass(frozen=True)
class ScalingHistory:
    """The slope and intercept that a header had before.

    A save asks two things of it. Were slope and intercept set since the header was read? Then they
    are the user's, and stored values are what the array holds. And which were the values read with?
    These are used again where they fit, so that saving does not move values a little each time.

    Attributes
    ----------
    read : ScalingFactors or None
        As they were read from a file of this format; None if they made no sense.
    baseline : ScalingFactors or None
        Those that the header has as long as nobody sets others: as they were read, but for what
        the format itself has changed since.
    foreign : ScalingFactors or None
        In the file of another format, from whose header this one was made.
    was_set : bool
        Whether somebody set slope and intercept since, to whatever numbers.
    """

    read: ScalingFactors | None = NO_SCALING
    baseline: ScalingFactors | None = NO_SCALING
    foreign: ScalingFactors | None = None
    was_set: bool = False

    @classmethod
    def of(cls, header: HasScaling) -> Self:
        """Begin the history of a header that has just been read."""
        found = scaling_of(header)
        return cls(read=found, baseline=found)

    def with_baseline(self, baseline: ScalingFactors | None) -> Self:
        """Return the history after a change of slope and intercept that no user has made."""
        return replace(self, baseline=baseline, was_set=False)

    def is_set(self, now: ScalingFactors | None) -> bool:
        """Return whether a header's slope and intercept were set, to any that change values."""
        if now in (None, NO_SCALING):
            return False
        return self.was_set or now != self.baseline

    def to_reuse(self, now: ScalingFactors | None) -> ScalingFactors | None:
        """Return slope and intercept to try before new ones.

        The foreign ones are the exact ones, as this header's own may have been rounded from them.
        """
        if self.foreign is not None and now in (NO_SCALING, self.baseline):
            return self.foreign
        return now

    def pairs(self) -> list[tuple[float, float]]:
        """Return every slope and intercept that was read, of all volumes or slices, once each."""
        return _different_pairs(self.read)
