"""SeriesHeader: headers of files that always have four axes, the last that of volumes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from volio.arrays.dtypes import Floats
from volio.images.headers.format import FormatHeader
from volio.images.headers.shape_checks import Shape, Sizes, check_shape, check_zooms, first_axes

__all__ = ["SeriesHeader"]


class SeriesHeader(FormatHeader):
    """A header of files that always have four axes, and a slope for each volume.

    An array of three axes is written as one volume; its header has three axes until then.

    A format implements the methods for four lengths, the voxel sizes and the time step.
    """

    can_scale = "slope"
    scales_volumes = True
    #: Name of the format, for messages.
    holder: ClassVar[str]
    #: The longest axis.
    longest: ClassVar[int] = 2**31 - 1

    _axes = 4

    def _lengths(self) -> Shape:
        """Return the lengths of the four axes."""
        raise NotImplementedError

    def _set_lengths(self, lengths: Sequence[int]) -> None:
        raise NotImplementedError

    def _voxel_sizes(self) -> list[float]:
        """Return the three voxel sizes, mm."""
        raise NotImplementedError

    def _set_voxel_sizes(self, sizes: Sequence[float]) -> None:
        raise NotImplementedError

    def _time_step(self) -> float:
        """Return the time step in its unit; 0 where there is none."""
        raise NotImplementedError

    def _set_time_step(self, step: float) -> None:
        raise NotImplementedError

    @property
    def shape(self) -> Shape:
        """Shape of the voxel array: four axes, the last that of volumes, in files always."""
        return self._lengths()[: self._axes]

    @shape.setter
    def shape(self, value: Sequence[int]) -> None:
        lengths = check_shape(value, axes=4, largest=self.longest, holder=self.holder)
        self._axes = max(3, len(lengths))
        if first_axes(lengths, 4) != self._lengths():
            self._set_lengths(first_axes(lengths, 4))

    @property
    def zooms(self) -> Sizes:
        """Sizes of a voxel, mm; of four axes also the time step, 0 where steps differ."""
        return (*self._voxel_sizes(), self._time_step())[: self._axes]

    @zooms.setter
    def zooms(self, value: Sequence[float]) -> None:
        sizes = check_zooms(value, self._axes, fewest=3)
        if sizes[:3] != self._voxel_sizes():
            self._set_voxel_sizes(sizes[:3])
        if len(sizes) > 3 and sizes[3] != self._time_step():
            self._set_time_step(sizes[3])

    def volume_slopes(self, slope: ArrayLike | None, inter: float | None) -> Floats:
        """Return the slope of each volume, from one for all or one for each, which is to be set.

        Raises
        ------
        HeaderTypeError
            If there is an intercept.
        """
        super().set_slope_inter(None, inter)
        slopes = np.asarray(1.0 if slope is None else slope, np.float64)
        return np.broadcast_to(slopes, self._lengths()[3])
