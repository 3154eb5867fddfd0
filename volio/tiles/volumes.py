"""VolumeRead: a region of a mirror that has no tiles but a volume in chunks, slab by slab."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from volio.arrays.chunked import native_chunks
from volio.arrays.dtypes import Array
from volio.arrays.lazy import LazyArray
from volio.caller import warn_caller
from volio.errors import VolioWarning
from volio.tiles.reading import OnDone, RegionWork

__all__ = ["VolumeRead"]


class VolumeRead:
    """What is read of a volume for a region.

    Parameters
    ----------
    work : RegionWork
        Of a region that is not wholly beyond the level.
    volume : LazyArray
        The level of the stack, axes z, y, x.
    """

    def __init__(self, work: RegionWork, volume: LazyArray) -> None:
        self._work = work
        self._volume = volume

    def run(self, on_slice: OnDone) -> None:
        """Put all of the region into the result.

        Parameters
        ----------
        on_slice : callable
            Called with the number of bytes of each slice.
        """
        region = self._work.region
        inside = region.inside
        if inside is None:
            return
        for z in self._runs(*inside.z):
            if z[0] in self._work.slices:
                pixels = self._work.slice_or_substitute(z[0], self._slice)
            else:
                pixels = self._slab(z)
            self._work.put(region.place(inside.x, inside.y, z), pixels)
            count = z[1] - z[0]
            for _ in range(count):
                on_slice(0 if pixels is None else pixels.nbytes // count)

    def _runs(self, start: int, stop: int) -> Iterator[tuple[int, int]]:
        """Cut a range of slices where chunks end; a broken slice is alone."""
        chunks = native_chunks(self._volume)
        thickness = chunks[0] if chunks else 1
        broken = [depth for depth in range(start, stop) if depth in self._work.slices]
        first = start // thickness * thickness
        ends = {*range(first, stop, thickness), *broken, *[depth + 1 for depth in broken], stop}
        for end in sorted(ends):
            if start < end <= stop:
                yield start, end
                start = end

    def _slice(self, depth: int) -> Array:
        pixels: Array = self._slab((depth, depth + 1))[0]
        return pixels

    def _slab(self, z: tuple[int, int]) -> Array:
        inside = self._work.region.inside
        assert inside is not None
        slab: Array = np.asarray(self._volume[slice(*z), slice(*inside.y), slice(*inside.x)])
        return slab

    def warn(self) -> None:
        """Warn of broken slices for which nothing, or one far away, stands in."""
        for note in filter(None, self._work.notes()):
            warn_caller(note, VolioWarning)
