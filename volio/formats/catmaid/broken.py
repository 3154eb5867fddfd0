"""Which slices stand in for a broken one."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Set
from typing import NamedTuple

import numpy as np

from volio.arrays.dtypes import Array
from volio.cached import cached_property
from volio.errors import UsageError

__all__ = ["BROKEN_CHOICES", "BrokenSlices", "Substitute", "interpolated"]

FAR = 3  # slices; a substitute as far as this is worth a warning


class Substitute(NamedTuple):
    """What is shown in place of a broken slice.

    Attributes
    ----------
    wanted : int
        The broken slice.
    slices : tuple of int
        None for the fill value, one that is shown, or two to interpolate between.
    weight : float
        Of the second of two slices, 0 to 1.
    """

    wanted: int
    slices: tuple[int, ...] = ()
    weight: float = 0.0

    @property
    def distance(self) -> int:
        """How many slices away the farthest of them is."""
        return max((abs(each - self.wanted) for each in self.slices), default=0)


class BrokenSlices:
    """The broken slices of a stack, and what stands in for them.

    Parameters
    ----------
    broken : set of int
    depth : int
        Slices of the stack.
    handling : {"fill", "above", "below", "closest", "interpolate"}
        Nothing; the nearest valid slice with a lower z; with a higher z; the one that the server
        names, else the nearest; or what is between the nearest on both sides.
    replacements : mapping of int to int, optional
        Broken slices to the offset of one to show instead, as the server says.

    Raises
    ------
    UsageError
        If there is no such handling.
    """

    def __init__(
        self,
        broken: Set[int],
        depth: int,
        handling: str = "fill",
        replacements: Mapping[int, int] | None = None,
    ) -> None:
        if handling not in BROKEN_CHOICES:
            known = ", ".join(BROKEN_CHOICES)
            raise UsageError(f"broken slices: must be one of {known}, got {handling!r:.60}")
        self.handling = str(handling)
        self._broken = broken
        self._depth = depth
        self._replacements = dict(replacements or {})

    def __contains__(self, z: int) -> bool:
        return z in self._broken

    def substitute(self, z: int) -> Substitute:
        """Return what is shown in place of a broken slice.

        Parameters
        ----------
        z : int
        """
        return BROKEN_CHOICES[self.handling](self, z)

    def note(self, z: int) -> str:
        """Return what a user should know of what stands in for a broken slice; "" for nothing.

        Parameters
        ----------
        z : int
        """
        found = self.substitute(z)
        if self.handling == "fill" or (found.slices and found.distance < FAR):
            return ""
        if not found.slices:
            return f"slice {z} is broken, and no slice can stand in for it: it is filled"
        farthest = max(found.slices, key=lambda each: abs(each - z))
        return (
            f"slice {z} is broken: slice {farthest} stands in for it, {found.distance} slices away"
        )

    def _fill(self, z: int) -> Substitute:
        return Substitute(z)

    def _above(self, z: int) -> Substitute:
        return Substitute(z, tuple(self._nearest(z, -1)))

    def _below(self, z: int) -> Substitute:
        return Substitute(z, tuple(self._nearest(z, 1)))

    def _closest(self, z: int) -> Substitute:
        named = self._named_by_server(z)
        if named is not None:
            return Substitute(z, (named,))
        both = [*self._nearest(z, -1), *self._nearest(z, 1)]
        # The lower one comes first, so that it is taken where both are as near.
        return Substitute(z, tuple(sorted(both, key=lambda each: abs(each - z))[:1]))

    def _interpolate(self, z: int) -> Substitute:
        both = (*self._nearest(z, -1), *self._nearest(z, 1))
        if len(both) < 2:
            return Substitute(z, both)
        lower, upper = both
        return Substitute(z, both, (z - lower) / (upper - lower))

    def _named_by_server(self, z: int) -> int | None:
        """Follow the offsets that the server states, as long as they lead to broken slices."""
        visited = set()
        while z in self._broken:
            if z in visited or z not in self._replacements:
                return None
            visited.add(z)
            z += self._replacements[z]
        return z if 0 <= z < self._depth else None

    def _nearest(self, z: int, step: int) -> Iterator[int]:
        """Yield the nearest valid slice in a direction, if there is one."""
        run = self._runs[bisect_right(self._runs, z, key=_first_of) - 1]
        found = run[0] - 1 if step < 0 else run[1]
        if 0 <= found < self._depth:
            yield found

    @cached_property
    def _runs(self) -> list[tuple[int, int]]:
        """Broken slices that follow each other: the first, and the one after the last.

        There may be a million, of which each would look for the end of its run.
        """
        ordered = sorted(self._broken)
        firsts = [z for z in ordered if z - 1 not in self._broken]
        ends = [z + 1 for z in ordered if z + 1 not in self._broken]
        return list(zip(firsts, ends, strict=True))


def _first_of(run: tuple[int, int]) -> int:
    return run[0]


BROKEN_CHOICES: dict[str, Callable[[BrokenSlices, int], Substitute]] = {
    "fill": BrokenSlices._fill,
    "above": BrokenSlices._above,
    "below": BrokenSlices._below,
    "closest": BrokenSlices._closest,
    "interpolate": BrokenSlices._interpolate,
}


def interpolated(lower: Array, upper: Array, weight: float) -> Array:
    """Return what is between two slices.

    Parameters
    ----------
    lower, upper : ndarray
        Of one shape and dtype.
    weight : float
        Of the upper one, 0 to 1.

    Returns
    -------
    ndarray
        Of their dtype; integers are rounded, half to even.
    """
    between = lower * (1.0 - weight) + upper * weight
    if np.issubdtype(lower.dtype, np.integer):
        between = np.rint(between)
    return between.astype(lower.dtype)
